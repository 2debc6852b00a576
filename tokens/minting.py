"""API tokens that are made with the main account's API token, for any of its children."""

from functools import partial

from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string

from accounts.locks import repeated
from accounts.models import Membership
from accounts.refusals import Refused
from tokens.kinds import Kind
from tokens.models import Token


def check_allowed(organisation):
    """Raise Refused where no token may make tokens, or be told of one again."""
    if not organisation.allows_minting:
        raise Refused(
            "minting_off", "This organisation does not let tokens make API tokens."
        )


@repeated
def mint(account, *, name, by):
    """Make an API token, tell the admins, and return it with its Secret."""
    with transaction.atomic():
        token, secret = Token.issue(account=account, kind=Kind.API, name=name, by=by)
        transaction.on_commit(partial(_tell_admins, token, by), robust=True)
    return token, secret


def _tell_admins(token, by):
    """Mail the admins of the account and of the main one, each on their own."""
    account = token.account
    admins = Membership.objects.admins().filter(account__in=[account, account.main])
    context = {"account": account, "by": by, "token": token}
    text = render_to_string("tokens/mail/minted.txt", context)
    for email in sorted(set(admins.values_list("user__email", flat=True))):
        send_mail(
            subject=f"An API token was made for {account.name} on Tollgate",
            message=text,
            from_email=None,
            recipient_list=[email],
        )
