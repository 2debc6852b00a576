"""Words for refused calls and their reasons."""

from django import template

from gateway.models import Reason

register = template.Library()

# What was tried, and what it takes.
TRIED = {
    "logs": ("ship logs", "a log shipping token"),
    "metrics": ("ship metrics", "a metrics shipping token"),
    "traces": ("ship traces", "a tracing shipping token"),
    "query-logs": ("query logs", "an API token or a shared token"),
    "query-logsql": ("query logs", "an API token or a shared token"),
    "query-metrics": ("query metrics", "an API token"),
    "query-traces": ("query traces", "an API token"),
    "api": ("call the API", "an API token"),
}


@register.filter
def tried(signal):
    return TRIED[signal][0]


@register.filter
def it_takes(signal):
    return TRIED[signal][1]


@register.filter
def with_article(label):
    """Return the name of a kind as it stands inside a sentence."""
    return f"an {label}" if label.startswith("API") else f"a {label.lower()}"


BECAUSE = {
    Reason.DELETED: "It was deleted",
    Reason.DISABLED: "It is disabled",
    Reason.PAUSED: "It is paused",
    Reason.EXPIRED: "It has expired",
    Reason.ROTATED: "It was rotated, and they have an old secret",
    Reason.ACCOUNT_STOPPED: "The account is suspended or deleted",
    Reason.NO_API_ON_PLAN: "API tokens are not in the plan",
    Reason.SHOWS_NOTHING: "Its filters show nothing",
    Reason.OTHER_NETWORK: "It is kept to networks, and they call from another",
    Reason.TOO_MANY_CALLS: "It has a limit of calls a minute, and they made more",
    Reason.OUT_OF_SCOPE: "It is kept to other scopes",
    Reason.KEPT_ELSEWHERE: "It is kept to other accounts",
}


@register.filter
def because(refused):
    """Return why a token is refused, as a sentence without its end."""
    if refused.reason == Reason.WRONG_KIND:
        what, needed = TRIED[refused.signal]
        return f"It was used to {what}, which takes {needed}"
    return BECAUSE[refused.reason]
