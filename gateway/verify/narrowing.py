"""The headers that narrow what a shared token reads, for a proxy to enforce."""

from functools import lru_cache

from gateway.verify.arguments import ARGUMENTS_HEADER, argument
from gateway.verify.query_filters import logql, logsql, opensearch, promql

SCOPES_KEPT = 256


def write(scope, *, by_logsql):
    """Return the headers that hold a scope in the languages of the stores.

    VictoriaLogs has a signal of its own, where queries are judged: nowhere else is told
    what narrows it.
    """
    if by_logsql:
        return (
            ("X-Tollgate-LogsQL", logsql(scope)),
            (ARGUMENTS_HEADER, argument("extra_filters", logsql(scope))),
        )
    return (
        ("X-Tollgate-LogQL", logql(scope)),
        ("X-Tollgate-PromQL", promql(scope)),
        ("X-Tollgate-OpenSearch", opensearch(scope)),
    )


# Every visitor's ticket has a Decision of its own; the texts of a link are there once.
narrowing = lru_cache(SCOPES_KEPT)(write)


def length(scope):
    """Return how many bytes of answers the headers of a scope take, all together."""
    headers = (*write(scope, by_logsql=True), *write(scope, by_logsql=False))
    return sum(len(f"{name}: {value}\r\n") for name, value in headers)
