"""Query arguments that a proxy appends, for backends that keep accounts apart by them.

VictoriaMetrics in one node knows no tenants: a label holds the account, which
`extra_label` sets on what comes in and `extra_filters[]` asks of what goes out. What
narrows a query of VictoriaLogs is in gateway.verify.narrowing.
"""

from urllib.parse import quote

from gateway.verify.signal import DOORS

LABEL = "tollgate_account"
HEADER = "X-Tollgate-Args"


def arguments(door, accounts):
    """Yield the headers that carry the arguments of a door, if it has any."""
    if door is DOORS["metrics"]:
        yield HEADER, argument("extra_label", f"{LABEL}={accounts[0]}")
    elif door is DOORS["query-metrics"]:
        readable = "|".join(map(str, accounts))
        matchers = f'{{{LABEL}=~"{readable}"}}'
        yield HEADER, argument("extra_filters[]", matchers)
        # For proxies that put arguments together themselves.
        yield "X-Tollgate-PromQL", matchers


def argument(name, value):
    """Return an argument as a query takes it."""
    return f"{quote(name, safe='')}={quote(value, safe='')}"
