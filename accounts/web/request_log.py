"""What becomes of each request, for whoever watches the portal."""

from django.conf import settings

from accounts.metrics import request_times, requests
from accounts.web.health import PROBES

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


def note(request, response, seconds):
    """Count a request that was answered, by what strangers cannot invent."""
    area = area_of(request)
    method = request.method if request.method in METHODS else "other"
    requests.add(area, method, str(response.status_code))
    request_times.note((area,), seconds)


def area_of(request):
    path = request.path_info
    if path in PROBES:
        return "probe"
    if path.startswith(settings.STATIC_URL):
        return "static"
    # Where the API begins, everything before that has failed.
    return "api" if getattr(request, "is_api", False) else "page"
