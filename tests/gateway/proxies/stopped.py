"""Tokens that open nothing, by what became of them."""

MADE = """
from accounts.lifecycle import *
from accounts.models import Organisation
gone = {"logs": {}, "metrics": {}, "traces": {}, "query": {}}
for key, kind in (("logs", "logs"), ("query", "api")):
    made = {what: TokenFactory(account=main, kind=kind) for what in ("disabled", "deleted")}
    gone[key] = {what: token.secret_text for what, token in made.items()}
    made["disabled"].disable(by=BY)
    made["deleted"].delete_softly(by=BY)
for key, kind in (("metrics", METRICS), ("traces", TRACING)):
    child = ChildFactory(main=MainFactory(), kind=kind)
    gone[key] = {"suspended": secret_of(child.tokens.get())}
    suspend_account(child, by=BY)
said = gone
"""
UNKNOWN = "{}_0000000000000000000000000000000000000000000000000"
PREFIXES = {"logs": "tgl", "metrics": "tgm", "traces": "tgt"}


def tokens(world, stopped, route):
    """Yield (what it is, its text, the status it is refused with) at a route."""
    yield "none", "", 401
    yield "malformed", "tgl_x", 401
    yield "of somebody else", "x" * 32, 401
    yield "unknown", UNKNOWN.format(PREFIXES.get(route.signal, "tga")), 401
    yield "of another kind", world.secrets[route.closed_to], 403
    yield "of a gateway", world.secrets["gateway"], 403
    kind = route.signal.partition("-")[0]
    for what, secret in stopped[kind].items():
        yield what, secret, 403
