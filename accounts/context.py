"""What the frame around every page of the settings area needs."""

from django.urls import reverse

from accounts.permissions import Operation, allows

# Heading, then label, URL name, icon, operation that opens it, main account only.
SECTIONS = (
    (None, (("General", "accounts:general", "cog-6-tooth", "ACCOUNT_VIEW", False),)),
    (
        "Tools",
        (("Manage tokens", "tokens:shipping", "key", "ACCOUNT_VIEW", False),),
    ),
    (
        "Admin zone",
        (
            (
                "Manage accounts",
                "accounts:account_list",
                "rectangle-stack",
                "ACCOUNT_CREATE",
                True,
            ),
            ("All tokens", "tokens:all", "queue-list", "API_LIST", True),
            ("Manage users", "accounts:user_list", "users", "USER_LIST", False),
            (
                "Audit trail",
                "accounts:audit_list",
                "clipboard-document-list",
                "AUDIT_VIEW",
                False,
            ),
        ),
    ),
)
PROFILE = (
    ("Profile", "accounts:profile", "user-circle"),
    ("Password", "account_change_password", "lock-closed"),
    ("Two-factor", "mfa_index", "shield-check"),
    ("Sessions", "usersessions_list", "computer-desktop"),
)
STAFF = (
    ("Organisations", "accounts:staff_organisations", "building-office-2"),
    ("Gateway tokens", "tokens:gateway", "key"),
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
    if account is not None and hasattr(request, "relations"):
        return list(_account_nav(request, account))
    sections = [{"heading": "Your profile", "items": _plain(request, PROFILE)}]
    if request.user.is_staff:
        sections.insert(0, {"heading": "Operator", "items": _plain(request, STAFF)})
    return sections


def _account_nav(request, account):
    for heading, entries in SECTIONS:
        items = [
            _item(request, label, reverse(name, args=[account.pk]), icon)
            for label, name, icon, operation, main_only in entries
            if (account.is_main or not main_only)
            and allows(request.relations, Operation[operation], account)
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
