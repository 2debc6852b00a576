"""Account, kind and name, which tell one thing of an organisation from another."""

import unicodedata

LOG_KINDS = ("main", "sub")
# A kind of token -> the kinds of accounts that it can be in.
LIVES_IN = {
    "logs": LOG_KINDS,
    "metrics": ("metrics",),
    "traces": ("tracing",),
    "api": ("main", "sub", "metrics", "tracing", "security"),
}
# Kinds of which an account has exactly one, from the start and for good.
SINGLE = ("metrics", "traces")


def key(name):
    """Return what two names share that the server takes for one."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def account_key(account):
    return account["kind"], key(account["name"])


def token_key(token):
    return token.get("kind", "logs"), key(token["name"])


def filter_key(each):
    return each["field"], each["value"]


def view_keys(views):
    """Return a key for each view: its title, and the how manieth of that title it is."""
    seen = {}
    for view in views:
        title = view["title"].strip()
        seen[title] = seen.get(title, 0) + 1
        yield title, seen[title]


def label(account):
    return f"{account['name']} ({account['kind']})"


def clause(each):
    return f"{each['field']}: {each['value']}"
