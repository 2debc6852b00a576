"""The refused calls of one token, for its page."""

from accounts.hooks import RefusedCalls
from gateway.models import OTHER_CALLERS, RefusedCall
from gateway.templatetags.refused_calls import because


def latest_refused(token, most):
    """Return the latest RefusedCalls of a token; one query."""
    calls = RefusedCall.objects.filter(refused=token.pk)
    return [_told(call) for call in calls.order_by("-last_seen_at", "-pk")[:most]]


def _told(call):
    address = "" if call.address == OTHER_CALLERS else call.address
    words = because(call)
    return RefusedCalls(
        call.pk, address, call.agent, words, call.calls, call.last_seen_at
    )
