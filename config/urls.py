from django.conf import settings
from django.urls import include, path

from accounts.admin import site
from accounts.views import reference
from accounts.web.errors import not_offered
from config.api import api

# What allauth brings and Tollgate does not offer: people are added by an admin and are
# known by one address. allauth asks for the names of these routes, so they stay.
CLOSED = (
    "signup/",
    "email/",
    "confirm-email/",
    "confirm-email/<str:key>/",
    "login/code/confirm/",
    "password/set/",
    "3rdparty/",
    "3rdparty/signup/",
    "3rdparty/login/cancelled/",
    "3rdparty/login/error/",
    "social/signup/",
    "social/connections/",
    "social/login/cancelled/",
    "social/login/error/",
)

# ninja would answer "/" too, which is the portal's.
routes, *names = api.urls
API_ROUTES = [route for route in routes if route.name != "api-root"], *names

urlpatterns = [
    # First, since Django tries them one by one, and programs call more than people.
    path("", API_ROUTES),
    *(path(route, not_offered) for route in CLOSED),
    path("", include("accounts.urls")),
    path("", include("tokens.urls")),
    path("", include("sharing.urls")),
    path("", include("gateway.urls")),
    path("", include("leaks.urls")),
    path("", include("allauth.urls")),
    path("api/openapi.json", reference.document, {"api": api}, name="api_document"),
    path("api/docs", reference.page, {"api": api}, name="api_reference"),
]
if settings.DJANGO_ADMIN:
    urlpatterns.append(path("django-admin/", site.urls))

handler400 = "accounts.web.errors.malformed"
handler403 = "accounts.web.errors.forbidden"
handler404 = "accounts.web.errors.not_found"
handler500 = "accounts.web.errors.broken"
