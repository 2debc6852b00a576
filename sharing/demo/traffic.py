"""Who called with the demo's tokens: last uses, and two weeks of counted calls."""

from datetime import timedelta

from accounts.models import Account
from sharing.demo.credentials import AGENTS
from tokens.kinds import SHIPPING, Kind
from tokens.models import Token, TokenUsage

DAYS = 14
COUNTED_API_TOKENS = 10
COLUMNS = ["last_used_at", "last_used_address", "last_used_agent"]


def tell_uses(story):
    """Say of each token when it was last used, and count calls for some."""
    lives = {life.token.pk: life.used for life in story.lives}
    accounts = Account.objects.filter(pk__in=[a.pk for a in story.accounts.values()])
    tokens = Token.objects.filter(account__in=accounts).select_related("account")
    used = [token for token in tokens if lives.get(token.pk, 0.01) is not None]
    for token in used:
        _use(story, token, lives.get(token.pk, 0.01))
    Token.objects.bulk_update(used, COLUMNS, batch_size=100)
    counted = list(_counted(used, story))
    rows = [row for token in counted for row in _calls(story, token)]
    TokenUsage.objects.bulk_create(rows, batch_size=1000)


def _use(story, token, days):
    account = token.account
    closed = account.suspended_at or account.deleted_at
    moment = story.past.ago(days)
    token.last_used_at = max(min(moment, closed or moment), token.created_at)
    token.last_used_address = f"198.51.100.{story.dice.randint(2, 250)}"
    token.last_used_agent = story.dice.choice(AGENTS[token.kind])


def _counted(tokens, story):
    recent = story.past.now - timedelta(days=1)
    busy = [token for token in tokens if token.last_used_at > recent]
    yield from (token for token in busy if token.kind in SHIPPING)
    api = [token for token in busy if token.kind == Kind.API]
    yield from api[:COUNTED_API_TOKENS]


def _calls(story, token):
    """Yield what two callers did in some hours of the last two weeks."""
    hour = story.past.now.replace(minute=0, second=0, microsecond=0)
    callers = [
        (token.last_used_address, token.last_used_agent),
        (f"198.51.100.{story.dice.randint(2, 250)}", AGENTS[token.kind][0]),
    ]
    step = 1 if token.kind == Kind.API else 6
    for back in range(0, DAYS * 24, step):
        moment = hour - timedelta(hours=back)
        if moment < token.created_at:
            return
        address, agent = callers[story.dice.random() < 0.3]
        calls = story.dice.randint(1, 400) * step
        yield TokenUsage(
            token=token, hour=moment, address=address, agent=agent, calls=calls
        )
