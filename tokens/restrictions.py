"""Restrictions of a token in words, and the callers that they keep out."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Sum

from accounts.clock import clock
from accounts.plurals import counted
from accounts.scopes import QUERY_AREAS, READ_SCOPE
from tokens.least_privilege import ids_in
from tokens.models import TokenUsage
from tokens.networks import holds

LOOKED_BACK = timedelta(days=7)
CALLERS_SHOWN = 5
NO_BREAK = "\N{NO-BREAK SPACE}"


def in_words(networks, calls_per_minute):
    """Return the sentence that says from where and how often a token works."""
    count = len(networks.split())
    place = f"{counted(count, 'network')} only" if count else "anywhere"
    often = (
        f"up to {counted(calls_per_minute, 'time')} a minute"
        if calls_per_minute
        else "as often as it is called"
    )
    return f"It works from {place}, {often}."


def in_few_words(networks, calls_per_minute):
    """Return the same for a column of many tokens: a line ends between the two or nowhere."""
    count = len(networks.split())
    place = counted(count, "network") if count else "anywhere"
    often = f"{calls_per_minute:,} a minute" if calls_per_minute else "no limit"
    return ", ".join(each.replace(" ", NO_BREAK) for each in (place, often))


def in_a_row(token):
    """Return the same of a token's scopes and accounts, too; blank for one without any."""
    parts = []
    if token.scopes:
        parts.append(_scopes(token.scopes.split()))
    if token.kept_to:
        parts.append(counted(len(ids_in(token.kept_to)), "account"))
    if token.networks:
        parts.append(counted(len(token.networks.split()), "network"))
    if token.calls_per_minute:
        parts.append(f"{token.calls_per_minute:,} a minute")
    return ", ".join(parts)


def _scopes(scopes):
    if all(scope.endswith(READ_SCOPE) for scope in scopes):
        areas = {scope.partition(":")[0] for scope in scopes}
        return "queries only" if areas <= QUERY_AREAS else "reads only"
    return counted(len(scopes), "scope")


@dataclass(frozen=True, slots=True)
class Caller:
    """An address that called in the last days; nobody knows those of the empty one."""

    address: str
    calls: int
    passes: bool


@dataclass(frozen=True, slots=True)
class Forecast:
    """The callers of a token's last days, those that would be kept out first."""

    callers: tuple

    @property
    def calls(self):
        return sum(caller.calls for caller in self.callers)

    @property
    def refused(self):
        """Those whose calls would be refused."""
        return [caller for caller in self.callers if not caller.passes]

    @property
    def refused_calls(self):
        return sum(caller.calls for caller in self.refused)

    @property
    def shown(self):
        return self.callers[:CALLERS_SHOWN]

    @property
    def more(self):
        return len(self.callers) - len(self.shown)


def forecast(token, networks):
    """Return the Forecast of networks that a token may be kept to; one query."""
    return forecasts([token.pk], networks)[token.pk]


def forecasts(tokens, networks):
    """Return the Forecast of networks for each of many tokens' ids; one query.

    `tokens` are ids, or a query of them. One that nobody called has an empty Forecast.
    """
    since = clock.now() - LOOKED_BACK
    usage = TokenUsage.objects.filter(token__in=tokens, hour__gt=since)
    callers = defaultdict(list)
    for token, address, calls in usage.values_list("token", "address").annotate(
        total=Sum("calls")
    ):
        passes = not networks or holds(networks, address)
        callers[token].append(Caller(address, calls, passes))
    found = {token: _sorted(each) for token, each in callers.items()}
    return defaultdict(lambda: Forecast(()), found)


def _sorted(callers):
    return Forecast(
        tuple(
            sorted(callers, key=lambda each: (each.passes, -each.calls, each.address))
        )
    )
