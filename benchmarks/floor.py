"""The least that the server can do: what it costs before anybody decides anything."""

NO_STORE = ("Cache-Control", "no-store")
ACCOUNTS = [str(number) for number in range(1, 11)]
# As many and as long as those that the gate gives to the token that is measured.
LIKE_THE_GATE = [
    NO_STORE,
    ("X-Tollgate-Token", "1"),
    ("X-Tollgate-Kind", "api"),
    ("X-Tollgate-Account", "1"),
    ("X-Tollgate-Accounts", ",".join(ACCOUNTS)),
    ("X-Tollgate-Plan", "enterprise"),
    ("X-Scope-OrgID", "|".join(ACCOUNTS)),
    ("AccountID", "1"),
    ("ProjectID", "0"),
]


def application(environ, start_response):
    empty = environ["PATH_INFO"] == "/"
    start_response("204 No Content", [NO_STORE] if empty else LIKE_THE_GATE)
    return []
