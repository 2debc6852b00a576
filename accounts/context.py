"""What the frame around every page of the settings area needs."""

from django.urls import reverse

from accounts.places import SECTIONS

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
    staff = request.user.is_staff
    operator = (
        [{"heading": "Operator", "items": _plain(request, STAFF)}] if staff else []
    )
    if account is not None:
        return [*_account_nav(request, account), *operator]
    return [*operator, {"heading": "Your profile", "items": _plain(request, PROFILE)}]


def _account_nav(request, account):
    for heading, places in SECTIONS:
        items = [
            _item(request, place.label, place.url(account), place.icon)
            for place in places
            if place.is_open(request.relations, account)
        ]
        if items:
            yield {"heading": heading, "items": items}


def _plain(request, entries):
    return [_item(request, label, reverse(name), icon) for label, name, icon in entries]


def _item(request, label, url, icon):
    # The tabs of a page share its place in the navigation.
    place = url.removesuffix("shipping/")
    other = "/tokens/all/" if place.endswith("/tokens/") else None
    current = request.path.startswith(place) and not (
        other and request.path.endswith(other)
    )
    return {"label": label, "url": url, "icon": icon, "current": current}
