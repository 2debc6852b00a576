"""Whether this process lives, and whether it can answer: for whoever routes traffic."""

import time

from django.core import checks
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection
from django.http import HttpResponse
from django.utils.decorators import sync_only_middleware
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.clock import clock
from accounts.crypto.checks import check_keys
from accounts.rate_limits import call_rates
from accounts.web import draining

KEYS_LOOKED_AT_EVERY_SECONDS = 30
_keys = {"sound": False, "looked_at": None}


@require_safe
@never_cache
def livez(request):
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def readyz(request):
    """Answer 200 or 503; what is wrong stands in the log, not in the answer.

    A host whose clock is not the database's judges tokens rightly all the same, but
    sessions, codes and signed links by its own time: people are better off elsewhere.
    Without its cache service it is as good as any other, which has none either.
    """
    call_rates.counts.check()
    ready = (
        not draining.has_begun()
        and _database_answers()
        and _keys_are_sound()
        and not clock.is_skewed
    )
    body = "ready\n" if ready else "not ready\n"
    return HttpResponse(body, status=200 if ready else 503, content_type="text/plain")


PROBES = {"/livez": livez, "/readyz": readyz}


@sync_only_middleware
def HealthMiddleware(get_response):  # noqa: N802 -- named like its siblings
    """Answer probes before anything asks for https, or for a host that it knows.

    Whoever probes calls a process by its address, and takes a redirect for health.
    """

    def middleware(request):
        probe = PROBES.get(request.path_info)
        return probe(request) if probe else get_response(request)

    return middleware


def _database_answers():
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _keys_are_sound():
    now = time.monotonic()
    looked_at = _keys["looked_at"]
    if looked_at is None or now - looked_at > KEYS_LOOKED_AT_EVERY_SECONDS:
        _keys.update(sound=_look_at_keys(), looked_at=now)
    return _keys["sound"]


def _look_at_keys():
    messages = check_keys(databases=[DEFAULT_DB_ALIAS])
    return not any(message.level >= checks.ERROR for message in messages)
