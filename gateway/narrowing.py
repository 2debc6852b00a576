"""The headers that narrow what a shared token reads, for a proxy to enforce."""

from functools import lru_cache

from gateway.arguments import HEADER, argument
from gateway.filters import logql, logsql, opensearch, promql

SCOPES_KEPT = 256


def write(scope):
    """Return the headers that hold a scope in the languages of the stores."""
    return (
        ("X-Tollgate-LogQL", logql(scope)),
        ("X-Tollgate-LogsQL", logsql(scope)),
        ("X-Tollgate-PromQL", promql(scope)),
        ("X-Tollgate-OpenSearch", opensearch(scope)),
        (HEADER, argument("extra_filters", logsql(scope))),
    )


# Every visitor's ticket has a Decision of its own; the texts of a link are there once.
narrowing = lru_cache(SCOPES_KEPT)(write)


def length(scope):
    """Return how many bytes of an answer the headers of a scope take."""
    return sum(len(f"{name}: {value}\r\n") for name, value in write(scope))
