"""The router that every part of our own API is built with."""

from functools import wraps

from accounts.api.plumbing.areas import router_in
from accounts.api.v1.problems import Problem, ProblemArea

ROOT = "/api/v1"
# What any call can end in, whatever it asks for.
ALWAYS = (401, 403, 404, 422, 429, 500, 503)
CHANGING = (400, 409, 411, 412, 413)


def own_router(name, hints=None):
    """Return a router whose errors are problems, under a name in the document."""
    router = router_in(ProblemArea(name, hints=hints or {}))
    router.add_decorator(_tells_allowance, mode="view")
    return router


def reads(schema):
    """Return the answers of a call that changes nothing."""
    return {200: schema} | dict.fromkeys(ALWAYS, Problem)


def changes(schema, status=200):
    """Return the answers of a call that changes something."""
    return {status: schema} | dict.fromkeys((*ALWAYS, *CHANGING), Problem)


def _tells_allowance(run):
    @wraps(run)
    def running(request, *args, **kwargs):
        response = run(request, *args, **kwargs)
        if hasattr(request, "allowance"):
            request.allowance.announce(response)
        return response

    return running
