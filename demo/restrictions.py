"""Restrictions of some of the demo's tokens, and Acme's policies."""

from datetime import timedelta

from demo.people import ACME, MAIN
from demo.token_names import LINK_NAMES
from demo.tokens import DemoToken
from tokens.kinds import Kind
from tokens.models import TokenPolicy
from tokens.models.policies import policies_of
from tokens.policies import ends
from tokens.policies.saving import draft, save_policies

# All that call in the demo do it from there.
OFFICE, CLUSTERS = "198.51.100.0/24", "192.0.2.0/24"
# Made lately, so that they are on top of their lists: name, kind, age, what it is kept to.
KEPT = (
    (
        "Grafana dashboards",
        Kind.API,
        1.4,
        {
            "scopes": "logs:read metrics:read traces:read",
            "networks": [OFFICE, CLUSTERS],
            "calls_per_minute": 600,
        },
    ),
    ("Trail to the SIEM", Kind.API, 1.1, {"scopes": "audit:read"}),
    (
        "Terraform plan",
        Kind.API,
        0.8,
        {"scopes": "read", "places": ("Staging", "Development")},
    ),
    (
        "payments edge",
        Kind.LOGS,
        1.2,
        {"networks": [OFFICE, CLUSTERS], "calls_per_minute": 6000},
    ),
)
KEPT_LINK = LINK_NAMES[2]
# What ends by it is announced two weeks ahead, and within the month that lists look at.
DATE = timedelta(days=23)


def plan_restrictions(story):
    for name, kind, age, kept_to in KEPT:
        life = DemoToken(story, (ACME, MAIN), kind, name)
        story.tokens.append(life)
        story.past.add(age, begin, life, kept_to)
    story.past.add(15, keep_link, story)
    story.past.add(0.4, set_policies, story)


def begin(moment, life, kept_to):
    life.kept_to = dict(kept_to)
    places = life.kept_to.pop("places", None)
    if places:
        accounts = life.story.accounts
        life.kept_to["accounts"] = [accounts[ACME, each].pk for each in places]
    return life.begin(moment)


def keep_link(moment, story):
    account = story.accounts[ACME, MAIN]
    token = account.tokens.get(kind=Kind.SHARED, name=KEPT_LINK)
    token.set_networks([OFFICE, CLUSTERS], by=story.admin_of(account))
    return [token]


def set_policies(moment, story):
    account = story.accounts[ACME, MAIN]
    asked = {
        Kind.API: {"unused_days": 180},
        Kind.METRICS: {"least_overlap_hours": 24},
        Kind.SHARED: {
            "filters_required": True,
            "ends_outside_at": story.past.now + DATE,
        },
    }
    before = policies_of(account.organisation_id)
    drafts = [draft(before[kind], values) for kind, values in asked.items()]
    save_policies(account, drafts, by=story.admin_of(account))
    return []


def plan_ends(story):
    """Plan what the policies end, once it is known which tokens are used."""
    organisation = story.accounts[ACME, MAIN].organisation
    for policy in TokenPolicy.objects.filter(ends.ENDING, organisation=organisation):
        ends.plan(policy, story.past.now)
