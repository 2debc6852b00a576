"""API tokens that are made with the main account's API token, for any of its children."""

from django.db import transaction

from accounts.locks import repeated
from accounts.mail import link, send
from accounts.models import Action, Membership
from accounts.names import quoted
from accounts.rate_limits.mail_limits import lately
from accounts.rule_violations import RuleViolation
from tokens.kind_pages import page_of
from tokens.kinds import Kind
from tokens.models import Token

# In a day, of the same organisation.
MOST_TOLD = 20


def check_allowed(organisation):
    """Raise RuleViolation where no token may make tokens, or be told of one again."""
    if not organisation.allows_minting:
        raise RuleViolation(
            "minting_off", "This organisation does not let tokens make API tokens."
        )


@repeated
def mint(account, *, name, by):
    """Make an API token, tell the admins, and return it with its Secret."""
    with transaction.atomic():
        token, secret = Token.issue(account=account, kind=Kind.API, name=name, by=by)
        # Here, where those that are made at the same moment wait for each other.
        times = _made_lately(account)
        if times <= MOST_TOLD:
            _tell_admins(token, by, is_last=times == MOST_TOLD)
    return token, secret


def _made_lately(account):
    made = lately(account, [Action.TOKEN_CREATED]).exclude(actor_token_id=None)
    return made.filter(data__kind=Kind.API).count()


def _tell_admins(token, by, *, is_last):
    """Mail the admins of the account and of the main one, each on their own."""
    account = token.account
    admins = (
        Membership.objects.admins()
        .entered()
        .filter(account__in=[account, account.main])
    )
    context = {"account": account, "by": by, "token": token, "is_last": is_last}
    context["page"] = link(page_of(token))
    subject = f"An API token was made for {quoted(account.name)}"
    for email in sorted(set(admins.values_list("user__email", flat=True))):
        send(email, subject, "tokens/mail/minted.html", **context)
