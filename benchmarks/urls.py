"""The product's addresses and an empty page: never part of an installation."""

from django.http import HttpResponse
from django.template import engines
from django.urls import include, path
from django.views.decorators.http import require_safe

from accounts.permissions import Operation, for_account
from config.urls import handler403, handler404  # noqa: F401 -- Django looks here

EMPTY = '{% extends "settings.html" %}{% block page %}{% endblock page %}'


@require_safe
@for_account(Operation.ACCOUNT_VIEW)
def empty(request, account):
    """Answer with the frame of every page of an account, around nothing."""
    page = engines["django"].from_string(EMPTY)
    return HttpResponse(page.render({}, request))


urlpatterns = [
    path("accounts/<int:account_id>/empty/", empty),
    path("", include("config.urls")),
]
