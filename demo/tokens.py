"""The demo's tokens: made, rotated, disabled, expired, deleted, used."""

from dataclasses import dataclass, field
from datetime import timedelta

from accounts.models import LOG_KINDS, AccountKind
from demo.accounts import ACCOUNTS, ORGANISATIONS
from demo.people import ACME, GLOBEX, MAIN
from demo.story import main_name
from demo.token_names import API_NAMES, LOG_NAMES, NOTES, ODD_NAMES, SUFFIXES
from tokens.kinds import OVERLAPS, Kind
from tokens.models import Token

# How many API tokens an account has; the first number is the least.
MANY = (68, 68)
SOME = (6, 13)
FEW = (3, 5)


@dataclass(slots=True)
class DemoToken:
    """One token from its first day; `used` is the age of its last use, or None.

    `kept_to` is what Token.issue takes of that.
    """

    story: object
    place: tuple
    kind: Kind
    name: str
    token: Token | None = None
    used: float | None = 0.0
    kept_to: dict = field(default_factory=dict)

    @property
    def by(self):
        return self.story.admin_of(self.token.account)

    def begin(self, moment):
        account = self.story.accounts[self.place]
        by = self.story.admin_of(account)
        self.token, _ = Token.issue(
            account=account,
            kind=self.kind,
            name=self.name,
            note=NOTES.get(self.name, ""),
            by=by,
            **self.kept_to,
        )
        return [self.token]

    def rotate(self, moment, overlap):
        self.token.rotate(by=self.by, overlap=overlap)
        until = moment + overlap
        self.token.secrets.exclude(valid_until=None).update(valid_until=until)
        if overlap:
            Token.objects.filter(pk=self.token.pk).update(overlap_until=until)
            self.token.overlap_until = until
        return [self.token]

    def disable(self, moment, reason):
        self.token.disable(by=self.by, reason=reason)
        return [self.token]

    def delete(self, moment):
        self.token.delete_softly(by=self.by)
        return [self.token]

    def copy(self, moment):
        self.token.reveal(by=self.by)
        return []

    def limit(self, moment, age):
        """Give the token an expiry, which may have come meanwhile."""
        past = self.story.past
        ahead = past.now + timedelta(days=max(1, -age))
        self.token.set_expiry(ahead, by=self.by)
        expires_at = past.now - timedelta(days=age)
        Token.objects.filter(pk=self.token.pk).update(expires_at=expires_at)
        self.token.expires_at = expires_at
        return [self.token]


def plan_tokens(story):
    for each in ORGANISATIONS:
        place = each.name, main_name(each.name)
        plan_account(story, place, AccountKind.MAIN, each.age, 0)
    for each in ACCOUNTS:
        closed = each.suspended or each.deleted or 0
        plan_account(story, (each.organisation, each.name), each.kind, each.age, closed)
    for number, name in enumerate(ODD_NAMES):
        life = DemoToken(story, (ACME, MAIN), Kind.API, name)
        plan_life(story, life, 120 - 20 * number, 0, "busy")


def plan_account(story, place, kind, age, closed):
    if kind != AccountKind.METRICS:
        names = [name + suffix for suffix in SUFFIXES for name in API_NAMES]
        plan_some(story, place, Kind.API, names, api_count(story, place), age, closed)
    if kind in LOG_KINDS and place[0] != GLOBEX:
        count = 9 if place == (ACME, MAIN) else story.dice.randint(*FEW)
        plan_some(story, place, Kind.LOGS, LOG_NAMES, count, age, closed)


def api_count(story, place):
    if place == (ACME, MAIN):
        return story.dice.randint(*MANY)
    return story.dice.randint(*(SOME if place[0] == ACME else FEW))


def plan_some(story, place, kind, names, count, age, closed):
    for name in story.dice.sample(names[: max(count, 20)], count):
        life = DemoToken(story, place, kind, name)
        days = story.dice.uniform(closed + (age - closed) * 0.1, age * 0.95)
        plan_life(story, life, days, closed, story.dice.choices(FATES, WEIGHTS)[0])


def plan_life(story, life, age, closed, fate):
    """Plan a token that is `age` days old and whose account closed days ago."""
    story.tokens.append(life)
    story.past.add(age, life.begin)
    if story.dice.random() < 0.2:
        story.past.add(age - 0.01, life.copy)
    life.used = closed + story.dice.random() * 0.4
    PLANS[fate](story, life, age, closed)


def unused(story, life, age, closed):
    life.used = None


def stale(story, life, age, closed):
    life.used = max(closed, min(age * 0.9, 95 + age * 0.2))


def disabled(story, life, age, closed):
    life.used = closed + (age - closed) * 0.5
    reasons = ("Not needed any more", "Leaked in a log", "")
    reason = story.dice.choice(reasons)
    story.past.add(closed + (age - closed) * 0.4, life.disable, reason)


def expired(story, life, age, closed):
    """Let it stop a while ago; log tokens go on, since pages give them no expiry."""
    if life.kind == Kind.API:
        life.used = closed + (age - closed) * 0.3
        story.past.add(age - 0.02, life.limit, life.used)


def expiring(story, life, age, closed):
    story.past.add(age - 0.02, life.limit, -6)


def rotated(story, life, age, closed):
    story.past.add(closed + (age - closed) * 0.3, life.rotate, OVERLAPS["now"])


def rotating(story, life, age, closed):
    days = closed + min(5, age) * story.dice.uniform(0.1, 0.9)
    story.past.add(days, life.rotate, OVERLAPS["7d"])


def deleted(story, life, age, closed):
    days = closed + (min(28, age) - closed) * story.dice.uniform(0.1, 0.8)
    life.used = days + 0.3
    story.past.add(max(days, closed), life.delete)


def busy(story, life, age, closed):
    """Leave it as it is: used every day."""


PLANS = {
    plan.__name__: plan
    for plan in (
        busy,
        unused,
        stale,
        disabled,
        expired,
        expiring,
        rotated,
        rotating,
        deleted,
    )
}
FATES = tuple(PLANS)
WEIGHTS = (44, 10, 12, 8, 6, 3, 7, 4, 6)
