"""How much a token is used, when, and from where."""

from datetime import UTC, datetime, timedelta
from typing import Literal

from django.db.models import F, Max, Sum
from django.db.models.functions import TruncDay
from django.utils import timezone
from ninja import Query
from pydantic import Field

from accounts.api.examples import TIME
from accounts.api.plumbing.guards import requires
from accounts.api.v1.fields import Asked, Moment, Resource
from accounts.api.v1.routers import own_router, reads
from accounts.rule_violations import RuleViolation
from tokens.api.v1.guards import of_tokens, token_for
from tokens.api.v1.tokens import TOKEN_PATH, TokenPk
from tokens.models import TokenUsage

router = own_router("tokens")

UnitName = Literal["hour", "day"]
LONGEST = {"hour": timedelta(days=31), "day": timedelta(days=366)}
DEFAULT = timedelta(days=7)
CALLERS = 20


class UsageQuery(Asked):
    unit: UnitName = Field("day", description="What is counted in.", examples=["day"])
    since: Moment | None = Field(None, description="From when on.", examples=[TIME])
    until: Moment | None = Field(None, description="Until when.", examples=[TIME])

    @property
    def range(self):
        until = self.until or timezone.now()
        since = self.since or until - DEFAULT
        if not timedelta(0) <= until - since <= LONGEST[self.unit]:
            raise RuleViolation(
                "unusable_range",
                f"`until` must follow `since`, for {self.unit}s by at most "
                f"{LONGEST[self.unit].days} days.",
                field="since",
            )
        return since, until


class Calls(Resource):
    start: datetime = Field(description="When the hour or day begins.", examples=[TIME])
    calls: int = Field(description="How many calls there were.", examples=[3])


class UsageCaller(Resource):
    address: str = Field(
        description="The address that the call came from.", examples=["203.0.113.9"]
    )
    agent: str = Field(
        description="The client, as it calls itself.", examples=["Fluent-Bit"]
    )
    calls: int = Field(description="How many calls there were.", examples=[3])
    last_hour: datetime = Field(
        description="The hour of the last call.", examples=[TIME]
    )


class Usage(Resource):
    """Calls of a token, counted by the hour; the last seconds may be missing."""

    day: int = Field(description="Calls in the last 24 hours.", examples=[12])
    week: int = Field(description="Calls in the last 7 days.", examples=[90])
    unit: UnitName = Field(description="What is counted in.", examples=["day"])
    since: datetime = Field(description="From when on.", examples=[TIME])
    until: datetime = Field(description="Until when.", examples=[TIME])
    series: list[Calls] = Field(description="How much it was used, piece by piece.")
    callers: list[UsageCaller] = Field(
        description="From where it was used, the busiest first."
    )


@router.get(
    f"{TOKEN_PATH}/usage",
    response=reads(Usage),
    summary="How much a token is used, when, and from where",
    description="Hours or days without a call are left out. `day` and `week` are the "
    "calls of the last 24 hours and 7 days.",
)
@requires(there=of_tokens("view"))
def own_token_usage(request, pk: TokenPk, asked: Query[UsageQuery]):
    token = token_for(request, pk, "view")
    since, until = asked.range
    usage = TokenUsage.objects.filter(token=token)
    summary = usage.summary()
    within = usage.filter(hour__gte=since, hour__lt=until)
    return Usage(
        day=summary["day"],
        week=summary["week"],
        unit=asked.unit,
        since=since,
        until=until,
        series=_series(within, asked.unit),
        callers=_callers(within),
    )


def _series(usage, unit):
    start = TruncDay("hour", tzinfo=UTC) if unit == "day" else F("hour")
    totals = usage.annotate(start=start).values_list("start").annotate(Sum("calls"))
    return [
        Calls(start=start, calls=calls) for start, calls in totals.order_by("start")
    ]


def _callers(usage):
    callers = usage.values("address", "agent").annotate(
        total=Sum("calls"), last=Max("hour")
    )
    return [
        UsageCaller(
            address=each["address"],
            agent=each["agent"],
            calls=each["total"],
            last_hour=each["last"],
        )
        for each in callers.order_by("-total", "address", "agent")[:CALLERS]
    ]
