"""Who called with the demo's tokens: last uses, and two weeks of counted calls."""

from datetime import timedelta

from accounts.models import Account
from demo.token_names import AGENTS
from demo.traffic_patterns import RHYTHMS
from tokens.models import Token, TokenUsage

DAYS = 14
SLOTS = (4, 10, 13, 17)
COLUMNS = ["last_used_at", "last_used_address", "last_used_agent"]
HOUR = timedelta(hours=1)


def tell_uses(story):
    """Say of each token when it was last used, and count the calls of two weeks."""
    last_uses = {life.token.pk: life.used for life in story.tokens}
    accounts = Account.objects.filter(pk__in=[a.pk for a in story.accounts.values()])
    tokens = Token.objects.filter(account__in=accounts).select_related("account")
    used = [token for token in tokens if last_uses.get(token.pk, 0.01) is not None]
    for token in used:
        _use(story, token, last_uses.get(token.pk, 0.01))
    Token.objects.bulk_update(used, COLUMNS, batch_size=100)
    since = story.past.now - timedelta(days=DAYS)
    recent = [token for token in used if token.last_used_at > since]
    rows = [row for token in recent for row in _Calls(story, token).told()]
    TokenUsage.objects.bulk_create(rows, batch_size=1000)


def _use(story, token, days):
    account = token.account
    ends = (
        *(account.suspended_at, account.deleted_at),
        *(token.disabled_at, token.deleted_at, token.expires_at),
    )
    moment = min([story.past.ago(days), *filter(None, ends)])
    token.last_used_at = max(moment, token.created_at)
    token.last_used_address = f"198.51.100.{story.dice.randint(2, 250)}"
    token.last_used_agent = story.dice.choice(AGENTS[token.kind])


class _Calls:
    """The calls of one token: a few callers in a rhythm, each with its secret."""

    def __init__(self, story, token):
        self.dice, self.token = story.dice, token
        self.rhythm = self.dice.choice(RHYTHMS)
        self.scale = 10 ** self.dice.uniform(0.5, 4)
        self.secrets = list(token.secrets.order_by("created_at"))
        agents = AGENTS[token.kind]
        count = 4 if token.is_overlapping else self.dice.randint(1, 3)
        # No two alike: a caller has one row in an hour.
        hosts = self.dice.sample(range(2, 250), count - 1)
        others = [
            (f"192.0.2.{host}", agents[number % len(agents)])
            for number, host in enumerate(hosts, start=1)
        ]
        self.callers = [(token.last_used_address, token.last_used_agent), *others]

    def told(self):
        """Yield rows from the last use back, or to where the token began."""
        last = self.token.last_used_at
        yield self._row(last, 0, 1 + self.scale / 10)
        today = last.replace(minute=0, second=0, microsecond=0)
        for back in range(DAYS):
            for slot in SLOTS:
                moment = today.replace(hour=slot) - timedelta(days=back)
                if self.token.created_at < moment < last - HOUR:
                    yield from self._slot(moment, back)

    def _slot(self, moment, back):
        calls = self.rhythm(moment, back) * self.scale * self.dice.uniform(0.7, 1.2)
        for number in range(len(self.callers)):
            share = calls / (number + 1) ** 2
            if share >= 1 and not self._is_away(number, moment):
                late = timedelta(minutes=self.dice.randint(1, 59))
                yield self._row(moment + late, number, share)

    def _is_away(self, number, moment):
        # One of four has not called since the token was rotated.
        return number == 3 and moment > self.secrets[-1].created_at

    def _row(self, moment, number, calls):
        address, agent = self.callers[number]
        return TokenUsage(
            token=self.token,
            stored_secret_id=self._secret(moment, number).pk,
            hour=moment.replace(minute=0, second=0, microsecond=0),
            last_at=moment,
            address=address,
            agent=agent,
            calls=round(calls),
        )

    def _secret(self, moment, number):
        """Return the secret that a caller used then; the third one never moves."""
        newest = self.secrets[-1]
        still = number == 2 and self.token.is_overlapping
        if moment > newest.created_at and not still:
            return newest
        return self.secrets[-2] if len(self.secrets) > 1 else newest
