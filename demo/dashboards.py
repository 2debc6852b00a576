"""The dashboards that the demo's links open, and how often somebody came in."""

from django.db.models import Sum

from demo.people import ACME, MAIN, PEOPLE
from sharing.models import Share, SharedView

VIEWS = (
    ("Payments overview", "https://grafana.acme.test/d/payments/overview?from=now-6h"),
    ("Errors by service", "https://grafana.acme.test/d/errors/by-service"),
    (
        "Checkout funnel of the European shops",
        "https://dashboards.acme.test/app/dashboards#/view/checkout-funnel",
    ),
    (
        "Latency, seen from the browser",
        "https://perses.acme.test/projects/web/dashboards/rum",
    ),
)
CALLS_OF_A_VISIT = 40


def plan_views(story):
    for number, view in enumerate(VIEWS):
        story.past.add(38 - 7 * number, add_view, story, (ACME, MAIN), view)
    story.past.add(30, add_view, story, (ACME, "Payments"), VIEWS[0])


def add_view(moment, story, place, view):
    account = story.accounts[place]
    title, address = view
    by = story.actors[PEOPLE[0].email]
    return [SharedView.add(account=account, title=title, address=address, by=by)]


def tell_visits(story):
    """Say that whoever called with a link came in by it first."""
    ours = Share.objects.filter(token__account__in=story.accounts.values())
    used = ours.exclude(token__last_used_at=None)
    for share in used.annotate(calls=Sum("token__usage__calls", default=0)):
        share.visits = 1 + share.calls // CALLS_OF_A_VISIT
        share.save(update_fields=["visits"])
