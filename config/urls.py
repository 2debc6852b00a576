from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from accounts import health
from config.api import api

urlpatterns = [
    path("livez", health.livez),
    path("readyz", health.readyz),
    path("", include("accounts.urls")),
    path("", include("tokens.urls")),
    path("", include("sharing.urls")),
    path("", include("allauth.urls")),
    path("", api.urls),
]
if settings.DJANGO_ADMIN:
    urlpatterns.append(path("django-admin/", admin.site.urls))

handler403 = "accounts.errors.forbidden"
handler404 = "accounts.errors.not_found"
