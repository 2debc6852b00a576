"""Tags of pages over tokens of several accounts and kinds."""

from django import template
from django.contrib.humanize.templatetags.humanize import intcomma
from django.urls import reverse
from django.utils.safestring import SafeString

from accounts.web.shapes import draw
from tokens.kinds import Kind
from tokens.models.bulk import MOST_IN_JOB

register = template.Library()

SHORT = {
    Kind.API: "API",
    Kind.LOGS: "Logs",
    Kind.METRICS: "Metrics",
    Kind.TRACES: "Traces",
    Kind.SHARED: "Shared",
}


@register.simple_tag
def short_kind(kind):
    return SHORT[kind]


# Drawn as they are, without the label of a field.
BARE = {"account"}
# What stands before a field that is not the first.
BEFORE = {"scope": '<p class="muted">API tokens that may:</p>'}


@register.simple_tag
def choice(search, label, *names, counts="", size=""):
    """Show some fields of a TokenSearch, behind a button that opens them.

    It tells how many values of the field `counts` are chosen.
    """
    fields = [search[name] for name in names]
    return draw(
        "tokens/_all_filters.html#choice",
        {
            "chosen": _chosen(search[counts]) if counts else "",
            "fields": SafeString("".join(map(_drawn, fields))),
        },
        label=label,
        size=size,
        stack=len(fields) > 1,
        is_open=any(field.errors for field in fields) or _finds(search, names),
    )


def _chosen(field):
    value = field.value()
    return str(len(value)) if value else ""


def _finds(search, names):
    """Whether more of the values of a field are looked for."""
    return any(search.data.get(f"{name}_like") for name in names)


def _drawn(field):
    if field.name in BARE:
        return f"{field}{field.errors}"
    return BEFORE.get(field.name, "") + field.as_field_group()


@register.simple_tag(takes_context=True)
def bulk_bar(context):
    """Show what is done to the tokens that are ticked, or to all that match."""
    count, account, request = context["count"], context["account"], context["request"]
    query = request.GET.copy()
    query.pop("cursor", None)
    first, *_ = context["buttons"][0]
    start = reverse(f"tokens:bulk_{first}", args=[account.pk])
    return draw(
        "tokens/_all_table.html#bar",
        {
            "start": start.removesuffix(f"{first}/"),
            "query": f"?{query.urlencode()}",
            "count": intcomma(count),
            "most": intcomma(MOST_IN_JOB),
            "csrf_token": SafeString(context["csrf_token"]),
        },
        actions=tuple(context["buttons"]),
        is_one=count == 1,
        is_over=count > MOST_IN_JOB,
        is_narrowed=bool(context.get("chips")),
    )
