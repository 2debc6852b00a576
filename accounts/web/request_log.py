"""One line of the log for each request, for whoever watches the portal."""

import logging

from django.conf import settings

from accounts.metrics import request_times, requests
from accounts.web.addresses import client_address
from accounts.web.health import PROBES

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


logger = logging.getLogger("tollgate.requests")


def note(request, method, response, seconds):
    """Count a request that was answered, by what strangers cannot invent, and log it.

    The log has its route and not its address, which may hold the secret of a link.
    """
    area, status = area_of(request), response.status_code
    method = method if method in METHODS else "other"
    requests.add(area, method, str(status))
    request_times.note((area,), seconds)
    if logger.isEnabledFor(logging.INFO):
        fields = {"area": area, "method": method, "status": status}
        fields |= {"seconds": round(seconds, 4), **particulars(request)}
        route = fields["route"]
        logger.info("%s %s %d", method, route, status, extra={"fields": fields})


def particulars(request):
    """Return what is known of a request: where to, for which account, by whom."""
    match = getattr(request, "resolver_match", None)
    # To look who it is would be a query more; whoever needed to know has looked.
    user = getattr(request, "_cached_user", None)
    return {
        "route": f"/{match.route}" if match else "",
        "account": match.kwargs.get("account_id", "") if match else "",
        "user": (user and user.pk) or "",
        "token": getattr(getattr(request, "auth", None), "pk", ""),
        "address": client_address(request) or "",
    }


def area_of(request):
    path = request.path_info
    if path in PROBES:
        return "probe"
    if path.startswith(settings.STATIC_URL):
        return "static"
    # Where the API begins, everything before that has failed.
    return "api" if getattr(request, "is_api", False) else "page"
