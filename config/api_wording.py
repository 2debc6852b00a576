"""The words of the document of the HTTP API that belong to no single route."""

from http import HTTPStatus

from accounts.permissions import ANY_SCOPE, NO_SCOPE, POLICY, SCOPE_OF
from accounts.relations import Relation

PATIENCE = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
ABOUT = (
    "The API of Logz.io for tokens, accounts and users, which unchanged clients of it "
    "can call, and Tollgate's own additions under `/api/v1`. A path that there is not is "
    "answered with 404, a method that a path does not take with 405 and `Allow`."
)
PARTS = {
    "logzio": "Logz.io's API",
    "own": "Tollgate's own API",
    "gateways": "For gateways",
    "scanners": "For scanners",
}
# What areas are about, in the order in which they are read.
AREAS = {
    "logzio": {
        "whoami": ("Whoami", "Whose token is this."),
        "log-shipping-token": (
            "Log shipping tokens",
            "Tokens that logs are shipped with, in the account of the API token.",
        ),
        "shared-token": (
            "Shared tokens and filters",
            "Tokens that open shared dashboards of the account's logs, and the filters "
            "that narrow what they show.",
        ),
        "api-token": ("API tokens", "API tokens for the main account's children."),
        "TimeBasedAccount": (
            "Log accounts",
            "The main account and its sub accounts, with the main account's token.",
        ),
        "METRICS_ACCOUNT": (
            "Metrics accounts",
            "Accounts for metrics, with the main account's token.",
        ),
        "tracing-accounts": (
            "Tracing accounts",
            "Accounts for traces of a consumption plan, with the main account's token.",
        ),
        "SIEM": (
            "Security accounts",
            "Accounts that scan the logs of others, with the main account's token.",
        ),
        "associated-accounts": ("Associated accounts", "What a token can reach."),
        "user-management": (
            "Users",
            "The people of the token's account, and of its children for the main "
            "account's token.",
        ),
        "authentication": (
            "Authentication groups",
            "Which role a group of a single sign-on has in the token's account.",
        ),
        "audit-trail": ("Audit trail", "What happened in the account, and who did it."),
    },
    "own": {
        "whoami": ("Token and account", "What the token is, and its account."),
        "accounts": ("Accounts", "The accounts that the token knows of."),
        "tokens": ("Tokens", "Every kind of token, in all accounts in reach."),
        "filters": ("Filters", "What shared tokens are narrowed by."),
        "policies": ("Policies", "What an organisation asks of its tokens."),
        "views": ("Shared views", "The dashboards that links open."),
        "audit": ("Audit", "What happened, as JSON lines."),
        "verify": ("Verify", "What a token is good for."),
    },
    "gateways": {
        "introspection": (
            "Introspection",
            "What a token opens (RFC 7662), asked with a gateway token.",
        ),
    },
    "scanners": {
        "leaks": (
            "Leaks",
            "Tokens that a scanner found, told with a scanner token or by GitHub.",
        ),
    },
}
# What a call can end in besides success: what that means, and an example of the words.
FAILURE_MEANINGS = {
    400: (
        "A field is not as it must be, or a rule of the product stands against it.",
        "There is already a token named Fluent Bit here.",
    ),
    401: ("There is no token, or none that works.", "Insufficient privileges"),
    403: (
        "There is no token, none that works, or it may not do this.",
        "Insufficient privileges",
    ),
    404: (
        "There is no such thing, or none that the token may know of.",
        "log shipping token 77 not found",
    ),
    409: (
        "A rule of the product stands against it.",
        "There is already a token named Fluent Bit here.",
    ),
    411: (
        "The body comes in chunks, and without a `Content-Length`.",
        "Send the body with a Content-Length, not in chunks.",
    ),
    412: ("It has changed since it was read.", "Fluent Bit was changed meanwhile."),
    413: (
        "The body is larger than 2.5 MB, or a report larger than 16 MB.",
        "The body is too large.",
    ),
    422: (
        "A field is not as it must be.",
        "Something in the call is not as it must be.",
    ),
    429: (
        "Too many calls in a minute. Wait as long as `Retry-After` says.",
        "Too many calls. Wait and try again.",
    ),
    500: (
        "A fault of ours; nothing was changed.",
        "Something went wrong on our side.",
    ),
    503: (
        "The database does not answer; nothing was changed. Try again. With the code "
        "`outcome_unknown` nobody knows whether it was: look first, or repeat the call "
        "with the same `Idempotency-Key`.",
        "The database does not answer. Nothing was changed; try again.",
    ),
}
HEADERS = {
    "X-Request-Id": {
        "description": "The id of the call, to name it to the operator.",
        "required": True,
        "schema": {"type": "string", "format": "uuid"},
    },
    "Retry-After": {
        "description": "Seconds to wait before the next try.",
        "required": True,
        "schema": {"type": "integer", "minimum": 0},
    },
}
ALLOWANCE = {
    "RateLimit-Policy": "How many calls a minute there may be.",
    "RateLimit": "How many of them are left, and for how many seconds.",
}
# What the answer to a call tells that takes a parameter.
TOLD = {
    "cursor": ("Link", "Where the next page is, while there is one."),
    "Idempotency-Key": (
        "Idempotent-Replayed",
        "`true` when the same was answered before, and nothing was done now.",
    ),
    "If-Match": ("ETag", "The version, to send back as If-Match."),
}
HEADERS |= {
    name: {"description": about, "schema": {"type": "string"}}
    for name, about in (*ALLOWANCE.items(), *TOLD.values())
}
CHALLENGE = "WWW-Authenticate"
HEADERS[CHALLENGE] = {
    "description": "How to send a token.",
    "required": True,
    "schema": {"type": "string"},
}
# Whose token a part takes that is for no account.
OTHERS = {
    "gateways": "A gateway token",
    "scanners": "A scanner token, or the signature of GitHub's secret scanning",
}
BEARER = {
    "type": "http",
    "scheme": "bearer",
    "description": (
        "The same token as `Authorization: Bearer …`, or as the password of Basic "
        "authentication."
    ),
}
SECURITY = {
    "X-API-TOKEN": (
        "apiToken",
        "An API token of the account that the call acts in; a scanner token for reports.",
    ),
    "X-Tollgate-Gateway": (
        "gatewayToken",
        "A gateway token, which the operator makes.",
    ),
}


def tag_of(area):
    return AREAS[area.part][area.namespace][0]


def tags():
    said = (each for areas in AREAS.values() for each in areas.values())
    return [{"name": name, "description": about} for name, about in said]


def tag_groups():
    """Return the parts of the document as its readers know them (x-tagGroups)."""
    return [
        {"name": PARTS[part], "tags": [name for name, _ in areas.values()]}
        for part, areas in AREAS.items()
    ]


def headers(area, details):
    """Return the names of headers that an answer can have besides the id of the call."""
    taken = {each["name"] for each in details["parameters"]}
    told = [name for parameter, (name, _) in TOLD.items() if parameter in taken]
    return [*told, *(ALLOWANCE if area.part == "own" else ())]


def failure_headers(area, status):
    """Return the names of headers that an answer without success has besides."""
    found = ["Retry-After"] if status in PATIENCE else []
    if area.part != "logzio" and status == HTTPStatus.UNAUTHORIZED:
        found.append(CHALLENGE)
    return [*found, *(ALLOWANCE if area.part == "own" else ())]


def whose(operation):
    """Say whose token a call takes."""
    if operation.run.area.part in OTHERS:
        return OTHERS[operation.run.area.part]
    view = operation.view_func
    answers = {POLICY[each][Relation.TOKEN] for each in view.operations}
    if "m" in answers:
        return "The main account's API token"
    if view.there:
        return "An API token of the account, or the main account's"
    return "An API token of any account, which acts in that account"


def scopes(view):
    """Return the scopes of which a call needs one, or nothing when any token will do."""
    here = {SCOPE_OF[each] for each in getattr(view, "operations", ())}
    there = {SCOPE_OF[each] for each in getattr(view, "scoped_there", ())}
    return sorted(_widest(here) | _widest(there))


def _widest(scopes):
    """Leave out what is no scope, and reading where the same area is written, too."""
    named = scopes - {ANY_SCOPE, NO_SCOPE}
    written = {each.replace(":write", ":read") for each in named if ":write" in each}
    return named - written


def security_schemes(header):
    """Return the two ways in which a token is sent, by their names in the document."""
    name, about = SECURITY[header]
    key = {"type": "apiKey", "in": "header", "name": header, "description": about}
    return {name: key, "bearer": BEARER}
