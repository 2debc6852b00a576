"""The routes of the API, and what the token of each kind of account gets there."""

from dataclasses import dataclass

from tests.api.calls import NOTHING

KINDS = ("main", "sub", "metrics", "tracing", "security")
EVERYBODY = "200 200 200 200 200"
NO_TOKENS_THERE = "200 200 404 404 404"
NO_SHARES_THERE = "200 200 400 400 400"


@dataclass
class Route:
    """What the token of each kind of account gets in its own account.

    `thing` is what the path's id names: in an account that has none of its own, and
    for the routes of strangers, the id of another account's. The main account reaches
    it in its children, too, when it is `near`.
    """

    statuses: str
    body: object = NOTHING
    thing: str = ""
    unknown: int = 403
    near: bool = False

    def status(self, kind):
        return int(self.statuses.split()[KINDS.index(kind)])


LOGS = "/v1/log-shipping/tokens"
SHARED = "/v1/shared-tokens"
SEARCH = {"filter": {"enabled": True}}
SHARE = {"tokenName": "new", "filters": []}
FILTER = {"field": "new", "value": "new"}
# The id of a child is put in when there is one.
MINT = {"name": "new", "accountId": None}
# The id that a path would name is put in.
THING = object()
MANAGEMENT = "/v1/account-management"
ACCOUNTS = f"{MANAGEMENT}/time-based-accounts"
METRICS = f"{MANAGEMENT}/metrics-accounts"
TRACING = f"{MANAGEMENT}/consumption/tracing-accounts"
USERS = "/v1/user-management"
OWNER = "owner@acme.example"
MAIN_ONLY = "200 403 403 403 403"
SUB_ACCOUNT = {"email": OWNER, "accountName": "new", "retentionDays": 1}
CHILD = {"email": OWNER, "accountName": "new"}
TRACING_BODY = CHILD | {"authorizedAccountIds": [], "maxDailyGB": 1}
LIMIT = {"tracingAccountId": THING, "softLimitGB": 1}
USER = {
    "username": "new@acme.example",
    "fullName": "New",
    "role": "USER_ROLE_REGULAR",
    "accountID": THING,
}


def _of_main(status=200, body=NOTHING, thing=""):
    return Route(f"{status} 403 403 403 403", body, thing, near=bool(thing))


def _of_people(statuses, body=NOTHING, thing="person"):
    return Route(statuses, body, thing, near=True)


ROUTES = {
    ("GET", "/v2/whoami"): Route(EVERYBODY),
    ("GET", "/v1/account-management/whoami"): Route(EVERYBODY),
    ("GET", "/v1/associated-accounts"): Route(EVERYBODY),
    ("POST", LOGS): Route("201 201 400 400 400", {"name": "new"}),
    ("GET", f"{LOGS}/{{int:pk}}"): Route(NO_TOKENS_THERE, thing="log"),
    ("PUT", f"{LOGS}/{{int:pk}}"): Route(NO_TOKENS_THERE, {"name": "new"}, "log"),
    ("DELETE", f"{LOGS}/{{int:pk}}"): Route(NO_TOKENS_THERE, thing="log"),
    ("GET", f"{LOGS}/limits"): Route(EVERYBODY),
    ("POST", f"{LOGS}/search"): Route(EVERYBODY, SEARCH),
    ("GET", SHARED): Route(EVERYBODY),
    ("POST", SHARED): Route(NO_SHARES_THERE, SHARE),
    ("GET", f"{SHARED}/{{int:pk}}"): Route(NO_SHARES_THERE, thing="share"),
    ("PUT", f"{SHARED}/{{int:pk}}"): Route(NO_SHARES_THERE, {"filters": []}, "share"),
    ("DELETE", f"{SHARED}/{{int:pk}}"): Route("204 204 400 400 400", thing="share"),
    ("GET", f"{SHARED}/filters"): Route(EVERYBODY),
    ("POST", f"{SHARED}/filters"): Route(NO_SHARES_THERE, FILTER),
    ("GET", f"{SHARED}/filters/{{int:pk}}"): Route(NO_SHARES_THERE, thing="filter"),
    ("DELETE", f"{SHARED}/filters/{{int:pk}}"): Route(NO_SHARES_THERE, thing="filter"),
    ("POST", "/v1/api-tokens/sub-account"): Route(MAIN_ONLY, MINT, unknown=401),
    ("GET", ACCOUNTS): _of_main(),
    ("POST", ACCOUNTS): _of_main(body=SUB_ACCOUNT),
    ("POST", MANAGEMENT): _of_main(body=SUB_ACCOUNT),
    ("GET", f"{ACCOUNTS}/{{int:pk}}"): _of_main(thing="account"),
    ("PUT", f"{ACCOUNTS}/{{int:pk}}"): _of_main(204, {"accountName": "new"}, "account"),
    # The main account is never deleted.
    ("DELETE", f"{ACCOUNTS}/{{int:pk}}"): _of_main(400, thing="account"),
    ("GET", f"{ACCOUNTS}/detailed"): _of_main(),
    ("GET", f"{ACCOUNTS}/detailed/{{int:pk}}"): _of_main(thing="account"),
    ("GET", METRICS): _of_main(),
    ("POST", METRICS): _of_main(body=CHILD),
    ("GET", f"{METRICS}/{{int:pk}}"): _of_main(thing="metrics"),
    ("PUT", f"{METRICS}/{{int:pk}}"): _of_main(body={}, thing="metrics"),
    ("DELETE", f"{METRICS}/{{int:pk}}"): _of_main(thing="metrics"),
    ("PUT", f"{ACCOUNTS}/{{int:pk}}/retention-details"): _of_main(
        body={"snapSearchRetentionDays": 5}, thing="account"
    ),
    ("GET", TRACING): _of_main(),
    ("POST", TRACING): _of_main(body=TRACING_BODY),
    ("GET", f"{TRACING}/{{int:pk}}"): _of_main(thing="tracing"),
    ("PUT", f"{TRACING}/{{int:pk}}"): _of_main(body=TRACING_BODY, thing="tracing"),
    ("DELETE", f"{TRACING}/{{int:pk}}"): _of_main(thing="tracing"),
    ("GET", f"{TRACING}/{{int:pk}}/soft-limit"): _of_main(thing="tracing"),
    ("PUT", f"{TRACING}/{{int:pk}}/soft-limit"): _of_main(body=LIMIT, thing="tracing"),
    ("POST", "/v2/account-management/siem"): _of_main(body=CHILD),
    ("GET", USERS): Route(EVERYBODY),
    ("POST", USERS): _of_people(NO_TOKENS_THERE, USER, "account"),
    ("GET", f"{USERS}/{{int:pk}}"): _of_people(NO_TOKENS_THERE),
    ("PUT", f"{USERS}/{{int:pk}}"): _of_people(NO_TOKENS_THERE, {"fullName": "New"}),
    ("DELETE", f"{USERS}/{{int:pk}}"): _of_people("204 204 401 401 401"),
    ("POST", f"{USERS}/suspend/{{int:pk}}"): _of_people("204 204 404 404 404"),
    ("POST", f"{USERS}/unsuspend/{{int:pk}}"): _of_people("204 204 404 404 404"),
    ("GET", f"{USERS}/recursive"): _of_main(),
    ("DELETE", f"{USERS}/{{int:pk}}/recursive"): _of_main(thing="person"),
    ("PUT", f"{USERS}/{{int:pk}}/suspend/recursive"): _of_main(thing="person"),
    ("PUT", f"{USERS}/{{int:pk}}/unsuspend/recursive"): _of_main(thing="person"),
    ("GET", "/v1/authentication/groups"): Route(EVERYBODY),
    ("POST", "/v1/authentication/groups"): Route(EVERYBODY, []),
    ("POST", "/v1/audit-trail"): Route(EVERYBODY),
    ("POST", "/v1/audit-trail/event-types"): Route(EVERYBODY),
}
