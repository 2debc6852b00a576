"""The secrets of accounts' default shipping tokens, as far as the caller may have them."""

from typing import Annotated

from pydantic import PlainSerializer

from accounts import hooks
from accounts.audit.trail import Actor
from accounts.permissions import Operation, token_may


def _text(secret):
    return secret and secret.reveal()


# It stays wrapped until the answer is written.
TokenText = Annotated[object, PlainSerializer(_text, return_type=str | None)]


def revealed(request, accounts):
    """Return the secrets that the policy lets the caller have, by the accounts' ids."""
    allowed = [
        account
        for account in accounts
        if token_may(request.auth, Operation.SHIP_REVEAL, account)
    ]
    return _from_sources(request, allowed)


def of_new_account(request, account):
    """Return the secret that an account was made with; who made it gets it once."""
    return _from_sources(request, [account]).get(account.pk)


def _from_sources(request, accounts):
    by = Actor.calling(request)
    return {
        account: secret
        for source in hooks.default_secrets
        for account, secret in source(accounts, by=by).items()
    }
