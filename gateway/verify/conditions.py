"""Conditions of a token that are asked of each question, whatever is remembered."""

from accounts.audit.trail import read_agent
from accounts.web.addresses import read_address
from gateway.verify.decisions import STOPPED, TOO_MANY, Decision, said
from gateway.verify.messages import SENTENCES
from gateway.verify.query_check import why_not
from tokens.call_limits import seconds_to_wait
from tokens.networks import holds
from tokens.permissions import OTHER_NETWORK, TOO_MANY_CALLS

ASKED_AGAIN = "HTTP_X_TOLLGATE_AGAIN"


def judged(decision, environ, ask):
    """Return the Decision about a question with a token that may pass.

    `ask` runs a question to the database.
    """
    if decision.networks and not holds(decision.networks, client(environ)):
        return _refused(STOPPED, decision, OTHER_NETWORK)
    # Some proxies have to ask twice about one call.
    most = 0 if ASKED_AGAIN in environ else decision.calls_per_minute
    seconds = most and seconds_to_wait(decision.token_id, most, ask)
    if seconds:
        later = ("Retry-After", str(seconds))
        return _refused(TOO_MANY, decision, TOO_MANY_CALLS, later)
    if decision.judges_query:
        return _judged_query(decision, environ)
    return decision


def _refused(status, decision, reason, *headers):
    what = {"counted_as": decision.counted_as, "reason": reason}
    return Decision(status, *said(SENTENCES[reason], *headers), **what)


def _judged_query(decision, environ):
    address = environ.get("HTTP_X_TOLLGATE_QUERY")
    against = why_not(address, environ.get("HTTP_X_TOLLGATE_FORM"))
    return Decision(STOPPED, *said(against)) if against else decision


def client(environ):
    """Return the address of the client, as the proxy tells it, or an empty text.

    Traefik's question has no X-Real-IP; of X-Forwarded-For a proxy writes the last.
    """
    address = environ.get("HTTP_X_REAL_IP")
    if not address and (hops := environ.get("HTTP_X_FORWARDED_FOR")):
        address = hops.rpartition(",")[2].strip()
    # Who has none need not be read.
    return (address and read_address(address)) or ""


def caller(environ):
    """Return the address and agent of the client, as the proxy tells them."""
    return client(environ), read_agent(environ.get("HTTP_USER_AGENT", ""))
