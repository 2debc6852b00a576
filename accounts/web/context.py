"""The template context of the frame around every page."""

from functools import partial

from django.urls import reverse

from accounts import hooks
from accounts.web.navigation import PROFILE, SETTINGS_SECTIONS, STAFF_PAGES


def settings_area(request):
    account = getattr(request, "account", None)
    theme = request.COOKIES.get("tollgate_theme", "")
    return {
        "account": account,
        "person": getattr(request, "user", None),
        "theme": theme if theme in ("light", "dark") else "",
        "nav": _nav(request, account),
        "request_id": getattr(request, "request_id", ""),
    }


def _nav(request, account):
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return []
    return _with_current(request.resolver_match, list(_sections(request, account)))


def _with_current(match, sections):
    """Mark the item that has the longest beginning of the page's name."""
    name = match.view_name if match else ""
    pages = {
        beginning: item
        for section in sections
        for item in section["items"]
        for beginning in item["pages"]
    }
    found = [beginning for beginning in pages if name.startswith(beginning)]
    current = pages[max(found, key=len)] if found else None
    for section in sections:
        for item in section["items"]:
            item["current"] = item is current
    return sections


def _sections(request, account):
    if account is not None:
        yield from _account_nav(request, account)
    if request.user.is_staff:
        yield {"heading": "Operator", "items": _plain(STAFF_PAGES)}
    if account is None:
        yield {"heading": "Your profile", "items": _plain(_profile(request.user))}


def _profile(person):
    """Return a person's own pages; who has no password has none to change."""
    has_password = person.has_usable_password()
    return [
        place
        for place in PROFILE
        if has_password or place[1] != "account_change_password"
    ]


def _account_nav(request, account):
    for heading, places in SETTINGS_SECTIONS:
        items = [
            _item(place.label, place.url(account), place.icon, place.pages)
            | {"id": place.id, "count": _counter(request, account, place)}
            for place in places
            if place.is_open(request.relations, account)
        ]
        if items:
            yield {"heading": heading, "items": items}


def _counter(request, account, place):
    """Return what the template calls for a count: parts of a page have no use for it."""
    counter = dict(hooks.waiting_counters).get(place.name)
    return counter and partial(counter, request.user, account)


def _plain(entries):
    return [
        _item(label, reverse(name), icon, (beginning,))
        for label, name, icon, beginning in entries
    ]


def _item(label, url, icon, pages):
    return {"label": label, "url": url, "icon": icon, "pages": pages}
