"""The demo's shared tokens and the filters that narrow them."""

from datetime import timedelta

from demo.people import ACME, MAIN
from demo.token_names import FILTERS, LINK_NAMES
from demo.tokens import DemoToken
from sharing.models import Filter, Share
from sharing.scope import Operator
from tokens.kinds import Kind
from tokens.models import Token

# Name, age and rest in days (None: never expires), filters by number, operator.
# What is not narrowed shows everything.
LINKS = (
    (LINK_NAMES[0], 40, 50, (0, 2), Operator.AND),
    (LINK_NAMES[1], 300, None, (), Operator.AND),
    (LINK_NAMES[2], 21, 9, (0, 4), Operator.AND),
    (LINK_NAMES[3], 80, 10, (0,), Operator.AND),
    (LINK_NAMES[4], 33, 60, (5, 6), Operator.OR),
    (LINK_NAMES[5], 9, -2, (7,), Operator.AND),
    (LINK_NAMES[6], 3, 4, (3, 7), Operator.OR),
    (LINK_NAMES[7], 120, -30, (6, 8), Operator.AND),
    (LINK_NAMES[8], 6, 1, (1,), Operator.AND),
    (LINK_NAMES[9], 50, 40, (8,), Operator.AND),
    (LINK_NAMES[10], 26, 4, (1, 3), Operator.AND),
    (LINK_NAMES[11], 200, 165, (), Operator.AND),
)
PAUSED = LINK_NAMES[3]
DELETED = LINK_NAMES[10]
# Links that used this filter are paused when it goes.
PASSING_FILTER = ("tenant", "agency", "Gone with the contract")
OTHERS = ((ACME, "Payments"), (ACME, "Checkout"), (ACME, "Web shop"))


def plan_links(story):
    plan_filters(story, (ACME, MAIN), (*FILTERS, PASSING_FILTER), 350)
    for link in LINKS:
        plan_link(story, (ACME, MAIN), link)
    story.past.add(5, drop_filter, story)
    for number, place in enumerate(OTHERS):
        plan_filters(story, place, FILTERS[:3], 90)
        for link in LINKS[2 * number : 2 * number + 2]:
            plan_link(story, place, (link[0], min(link[1], 80), *link[2:]))


def plan_filters(story, place, filters, age):
    for number, values in enumerate(filters):
        story.past.add(age - number * 0.01, add_filter, story, place, values)


def add_filter(moment, story, place, values):
    account = story.accounts[place]
    field, value, description = values
    added = Filter.add(
        account=account,
        field=field,
        value=value,
        description=description,
        by=story.admin_of(account),
    )
    return [added]


def plan_link(story, place, link):
    name, age, *_ = link
    life = DemoToken(story, place, Kind.SHARED, name)
    age += story.dice.random() / 2
    life.used = story.dice.random() / 2
    story.tokens.append(life)
    story.past.add(age, issue, life, link)
    if name == PAUSED:
        story.past.add(age * 0.2, life.disable, "Until the audit goes on")
    if name == DELETED:
        story.past.add(3, life.delete)


def issue(moment, life, link):
    _, _, rest, numbers, operator = link
    story, account = life.story, life.story.accounts[life.place]
    known = list(account.filters.order_by("created_at", "pk"))
    ahead = rest and story.past.now + timedelta(days=max(1, rest))
    share, _ = Share.issue(
        account=account,
        name=life.name,
        by=story.admin_of(account),
        filters=[known[number % len(known)] for number in sorted(set(numbers))],
        operator=operator,
        shows_everything=not numbers,
        expires_at=ahead,
    )
    life.token = share.token
    if rest and rest < 0:
        life.token.expires_at = story.past.now + timedelta(days=rest)
        life.used = -rest + 0.1
        Token.objects.filter(pk=life.token.pk).update(expires_at=life.token.expires_at)
    return [life.token]


def drop_filter(moment, story):
    account = story.accounts[ACME, MAIN]
    field, value, _ = PASSING_FILTER
    gone = account.filters.get(field=field, value=value)
    stopped = [share.token for share in gone.shares_that_stop()]
    gone.delete_narrowing(by=story.admin_of(account))
    for token in stopped:
        token.refresh_from_db()
    return stopped
