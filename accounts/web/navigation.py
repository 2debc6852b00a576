"""The pages of an account's settings area: who finds which, and where."""

from dataclasses import dataclass

from django.urls import Resolver404, resolve, reverse

from accounts.permissions import Operation, allows


@dataclass(frozen=True, slots=True)
class SettingsPage:
    """A page that every account has, or only the main account.

    `pages` are the beginnings of the names of the pages that belong to it.
    """

    label: str
    name: str
    icon: str
    operation: Operation
    pages: tuple
    main_only: bool = False

    @property
    def id(self):
        return self.name.replace(":", "-")

    def is_open(self, relations, account):
        if self.main_only and not account.is_main:
            return False
        return bool(allows(relations, self.operation, account))

    def url(self, account):
        return reverse(self.name, args=[account.pk])


GENERAL = SettingsPage(
    "General",
    "accounts:general",
    "cog-6-tooth",
    Operation.ACCOUNT_VIEW,
    # An account's own pages belong to Manage accounts, where there is that.
    ("accounts:general", "accounts:account_"),
)
TOKENS_PAGE = SettingsPage(
    "Manage tokens",
    "tokens:shipping",
    "key",
    Operation.ACCOUNT_VIEW,
    ("tokens:", "sharing:"),
)
HEALTH = SettingsPage(
    "Health",
    "tokens:health",
    "heart",
    Operation.API_LIST,
    # A child has no list of all tokens, where what is done to many is done from.
    ("tokens:health", "tokens:bulk_", "tokens:calendar"),
)
SETTINGS_SECTIONS = (
    (None, (GENERAL,)),
    (
        "Tools",
        (
            TOKENS_PAGE,
            SettingsPage(
                "Refused calls",
                "gateway:refused_calls",
                "shield-exclamation",
                Operation.REFUSED_CALLS_LIST,
                ("gateway:",),
            ),
            HEALTH,
        ),
    ),
    (
        "Admin zone",
        (
            SettingsPage(
                "Manage accounts",
                "accounts:account_list",
                "rectangle-stack",
                Operation.ACCOUNT_CREATE,
                ("accounts:account_",),
                main_only=True,
            ),
            SettingsPage(
                "All tokens",
                "tokens:all",
                "queue-list",
                Operation.API_LIST,
                # What is done to many tokens is done from the page over all of them.
                ("tokens:all", "tokens:bulk_", "tokens:calendar"),
                main_only=True,
            ),
            SettingsPage(
                "Policies",
                "tokens:policies",
                "scale",
                Operation.POLICY_VIEW,
                ("tokens:policies", "tokens:policy_", "leaks:"),
            ),
            SettingsPage(
                "Sign-in",
                "accounts:sign_in_settings",
                "identification",
                Operation.POLICY_EDIT,
                ("accounts:sign_in_",),
                main_only=True,
            ),
            SettingsPage(
                "Manage users",
                "accounts:user_list",
                "users",
                Operation.USER_LIST,
                ("accounts:user_",),
            ),
            SettingsPage(
                "Groups",
                "accounts:groups",
                "user-group",
                Operation.GROUP_EDIT,
                ("accounts:group",),
                main_only=True,
            ),
            SettingsPage(
                "Audit trail",
                "accounts:audit_list",
                "clipboard-document-list",
                Operation.AUDIT_VIEW,
                ("accounts:audit_",),
            ),
        ),
    ),
)
TABS = (
    SettingsPage("Shared tokens", "sharing:list", "link", Operation.SHARED_LIST, ()),
    SettingsPage("API tokens", "tokens:api", "command-line", Operation.API_LIST, ()),
)
# A person's own pages: label, name, icon and the beginning of the names of its parts.
PROFILE = (
    ("Profile", "accounts:profile", "user-circle", "accounts:profile"),
    ("Password", "account_change_password", "lock-closed", "account_change_password"),
    ("Passkeys and two-step login", "mfa_index", "finger-print", "mfa_"),
    ("Invitations", "accounts:invitations", "envelope-open", "accounts:invitation"),
    ("Sessions", "usersessions_list", "computer-desktop", "usersessions_"),
)
# The pages of the operators' console, in the same form.
STAFF_PAGES = (
    (
        "Organisations",
        "accounts:staff_organisations",
        "building-office-2",
        "accounts:staff_",
    ),
    (
        "Sign-in providers",
        "accounts:staff_providers",
        "identification",
        "accounts:staff_provider",
    ),
    ("Gateway tokens", "tokens:gateway", "key", "tokens:gateway"),
    ("Scanner tokens", "tokens:scanner", "viewfinder-circle", "tokens:scanner"),
    ("Whose is this?", "tokens:whose", "magnifying-glass", "tokens:whose"),
)
SETTINGS_PAGES = (
    *(place for _, places in SETTINGS_SECTIONS for place in places),
    *TABS,
)


def page_at(path):
    """Return the place and the account's id that an address names, or Nones."""
    try:
        match = resolve(path)
    except Resolver404:
        return None, None
    return _place_of(match.view_name), match.kwargs.get("account_id")


def _place_of(name):
    """Return the place with a page's name, or the one that the page belongs to."""
    named = {place.name: place for place in SETTINGS_PAGES}
    if name in named:
        return named[name]
    belonging = {page: place for place in SETTINGS_PAGES for page in place.pages}
    found = [page for page in belonging if name.startswith(page)]
    return belonging[max(found, key=len)] if found else None


def counterpart(place, relations, account):
    """Return the address of the same place in another account, else of its home."""
    there = place if place and place.is_open(relations, account) else None
    # What is listed of the account's tokens takes more than the page that it is on.
    if there is None or (
        there is TOKENS_PAGE and not _lists_tokens(relations, account)
    ):
        return home(relations, account)
    return there.url(account)


def home(relations, account):
    """Return the address where a person can work in an account, or whom to ask."""
    return (TOKENS_PAGE if _lists_tokens(relations, account) else GENERAL).url(account)


def _lists_tokens(relations, account):
    return bool(allows(relations, Operation.SHIP_LIST, account))
