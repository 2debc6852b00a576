"""The OpenAPI document and its page, for whoever logs in or calls the API."""

import json
from functools import cache, wraps

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.api.plumbing.error_bodies import message_only
from accounts.forms.find import SearchForm
from accounts.reference import curl, sections
from accounts.web.middleware import LoginRequiredMiddleware

CREDENTIALS = ("X-API-TOKEN", "Authorization")
NO_TOKEN = "Send an API token that works, or log in."


def for_callers_too(view):
    """Let in who has logged in, and who calls with an API token that works."""

    @require_safe
    @gzip_page
    @login_not_required
    @vary_on_headers("Cookie", *CREDENTIALS)
    @wraps(view)
    def guarded(request, api):
        if request.user.is_authenticated:
            return view(request, api)
        if not any(name in request.headers for name in CREDENTIALS):
            return LoginRequiredMiddleware(view).handle_no_permission(request, view)
        if not any(auth(request) for auth in api.auth):
            return message_only(401, NO_TOKEN)
        return view(request, api)

    return guarded


@for_callers_too
def document(request, api):
    return HttpResponse(_serialised(api), content_type="application/json")


@for_callers_too
def page(request, api):
    form = SearchForm(request.GET)
    parts = _searched(api, form.text) if form.text else _whole(api)
    return render(request, "reference/page.html", parts | {"sought": form.text})


@cache
def _serialised(api):
    return json.dumps(api.get_openapi_schema(), ensure_ascii=False)


@cache
def _whole(api):
    return _searched(api, "")


def _searched(api, sought):
    """Return the two long parts of the page, rendered."""
    document = api.get_openapi_schema()
    server = document["servers"][0]["url"]
    context = {
        "sections": sections(document, sought),
        "server": server,
        "hello": curl("GET", f"{server}/v2/whoami", "X-API-TOKEN"),
        "sought": sought,
    }
    return {
        part: render_to_string(f"reference/_{part}.html", context)
        for part in ("index", "contents")
    }
