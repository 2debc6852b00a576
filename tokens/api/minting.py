"""API tokens that are made with the main account's API token, for any of its children."""

from accounts.locks import locked, repeated
from accounts.mail import link, send
from accounts.models import Action, Membership
from accounts.names import quoted
from accounts.permissions import Operation, require_of_token
from accounts.rate_limits.mail_limits import lately
from accounts.rule_violations import RuleViolation
from accounts.scopes import is_within
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
def mint(account, *, name, by, maker, scopes=None):
    """Make an API token for a child, tell the admins, and return it with its Secret.

    It may do no more than its `maker`, a token of the main account, and without `scopes`
    just as much.
    """
    # A maker that is given less at the same moment holds the main account's lock.
    with locked(account.main, account):
        maker.refresh_from_db(fields=["scopes", "kept_to"])
        require_of_token(maker, Operation.API_MINT, account)
        token, secret = Token.issue(
            account=account,
            kind=Kind.API,
            name=name,
            by=by,
            scopes=_within(maker, scopes),
        )
        # Here, where those that are made at the same moment wait for each other.
        times = _made_lately(account)
        if times <= MOST_TOLD:
            _tell_admins(token, by, is_last=times == MOST_TOLD)
    return token, secret


def _within(maker, scopes):
    if scopes is None:
        return maker.scopes
    if not is_within(scopes, maker.scopes):
        raise RuleViolation(
            "wider",
            "An API token gives others only scopes that it has itself.",
            field="scopes",
        )
    return scopes


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
