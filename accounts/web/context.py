"""What the frame around every page of the settings area needs."""

from functools import partial

from django.urls import reverse

from accounts.web.navigation import COUNTERS, SECTIONS

PROFILE = (
    ("Profile", "accounts:profile", "user-circle"),
    ("Password", "account_change_password", "lock-closed"),
    ("Two-step login", "mfa_index", "finger-print"),
    ("Sessions", "usersessions_list", "computer-desktop"),
)
STAFF = (
    ("Organisations", "accounts:staff_organisations", "building-office-2"),
    ("Gateway tokens", "tokens:gateway", "key"),
    ("Whose is this?", "tokens:whose", "magnifying-glass"),
)


def settings_area(request):
    account = getattr(request, "account", None)
    theme = request.COOKIES.get("theme", "")
    return {
        "account": account,
        "person": getattr(request, "user", None),
        "theme": theme if theme in ("light", "dark") else "",
        "nav": _nav(request, account),
    }


def _nav(request, account):
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return []
    return _with_current(request.path, list(_sections(request, account)))


def _with_current(path, sections):
    """Mark the item whose address is the longest beginning of the page's."""
    # What is done to many tokens is done from the page over all of them.
    here = path.replace("/tokens/bulk/", "/tokens/all/")
    here = here.replace("/webhook/", "/tokens/dead/")
    items = [item for section in sections for item in section["items"]]
    found = [item for item in items if here.startswith(item["place"])]
    current = max(found, key=lambda item: len(item["place"]), default=None)
    for item in items:
        item["current"] = item is current
    return sections


def _sections(request, account):
    if account is not None:
        yield from _account_nav(request, account)
    if request.user.is_staff:
        yield {"heading": "Operator", "items": _plain(STAFF)}
    if account is None:
        yield {"heading": "Your profile", "items": _plain(PROFILE)}


def _account_nav(request, account):
    for heading, places in SECTIONS:
        items = [
            _item(place.label, place.url(account), place.icon)
            | {"id": place.id, "count": _counter(request, account, place)}
            for place in places
            if place.is_open(request.relations, account)
        ]
        if items:
            yield {"heading": heading, "items": items}


def _counter(request, account, place):
    """Return what the template calls for a count: parts of a page have no use for it."""
    counter = COUNTERS.get(place.name)
    return counter and partial(counter, request.user, account)


def _plain(entries):
    return [_item(label, reverse(name), icon) for label, name, icon in entries]


def _item(label, url, icon):
    # The tabs of a page share its place in the navigation.
    place = url.removesuffix("shipping/")
    return {"label": label, "url": url, "icon": icon, "place": place}
