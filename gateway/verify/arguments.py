"""Query arguments that a proxy appends, for backends that keep accounts apart by them.

VictoriaMetrics in one node knows no tenants: a label holds the account, which
`extra_label` sets on what comes in and `extra_filters[]` asks of what goes out. What
narrows a query of VictoriaLogs is in gateway.verify.narrowing.
"""

from urllib.parse import quote

from gateway.verify.signal import SIGNALS

LABEL = "tollgate_account"
ARGUMENTS_HEADER = "X-Tollgate-Args"


def arguments(signal, accounts):
    """Yield the headers that carry the arguments of a signal, if it has any."""
    if signal is SIGNALS["metrics"]:
        yield ARGUMENTS_HEADER, argument("extra_label", f"{LABEL}={accounts[0]}")
    elif signal is SIGNALS["query-metrics"]:
        readable = "|".join(map(str, accounts))
        matchers = f'{{{LABEL}=~"{readable}"}}'
        yield ARGUMENTS_HEADER, argument("extra_filters[]", matchers)
        # For proxies that put arguments together themselves.
        yield "X-Tollgate-PromQL", matchers


def argument(name, value):
    """Return an argument as a query takes it."""
    return f"{quote(name, safe='')}={quote(value, safe='')}"
