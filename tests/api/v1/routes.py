"""The routes of our own API, and what the token of each kind of account gets there."""

from tests.api.routes import EVERYBODY, MAIN_ONLY, Route

ROOT = "/api/v1"
ACCOUNT = f"{ROOT}/accounts/{{int:pk}}"
TOKEN = f"{ROOT}/tokens/{{int:pk}}"
FILTERS = f"{ACCOUNT}/filters"
FILTER = f"{FILTERS}/{{int:filter_pk}}"
LOG_TOKEN = {"kind": "logs", "name": "new"}
VIEWS = f"{ACCOUNT}/views"
VIEW = f"{VIEWS}/{{int:view_pk}}"
DASHBOARD = {"title": "new", "address": "https://grafana.example.com/d/new"}
CHILD = {"kind": "sub", "name": "new", "max_daily_gb": 1}
CLAUSE = {"field": "new", "value": "new"}
# What a token gets in an account of its own that has no such thing.
ABSENT = "404 404 404"


def of_things(thing, status=200, body=None):
    """Return a route about things that only the main and the sub account have."""
    how = {"body": body} if body is not None else {}
    return Route(f"{status} {status} {ABSENT}", thing=thing, near=True, **how)


ROUTES = {
    ("GET", f"{ROOT}/whoami"): Route(EVERYBODY),
    ("GET", f"{ROOT}/accounts"): Route(EVERYBODY),
    ("POST", f"{ROOT}/accounts"): Route("201 403 403 403 403", CHILD),
    ("GET", ACCOUNT): of_things("account"),
    ("PATCH", ACCOUNT): Route(
        f"200 403 {ABSENT}", {"name": "new"}, thing="account", near=True
    ),
    # The main account is never deleted: this is a child of it.
    ("DELETE", ACCOUNT): Route(f"204 404 {ABSENT}", thing="spare", near=True),
    ("GET", f"{ROOT}/tokens"): Route(EVERYBODY),
    ("POST", f"{ACCOUNT}/tokens"): of_things("account", 201, LOG_TOKEN),
    ("GET", TOKEN): of_things("log"),
    ("PATCH", TOKEN): of_things("log", body={"name": "new"}),
    ("DELETE", TOKEN): of_things("log", 204),
    ("POST", f"{TOKEN}/enable"): of_things("log"),
    ("POST", f"{TOKEN}/disable"): of_things("log"),
    ("POST", f"{TOKEN}/rotate"): of_things("log", 201),
    ("POST", f"{TOKEN}/finish-rotation"): of_things("rotating"),
    ("POST", f"{TOKEN}/roll-back"): of_things("rotating"),
    ("POST", f"{TOKEN}/restore"): of_things("deleted"),
    ("POST", f"{TOKEN}/reveal"): of_things("log"),
    ("GET", f"{TOKEN}/usage"): of_things("log"),
    ("GET", f"{TOKEN}/filters"): of_things("share"),
    ("PUT", f"{TOKEN}/filters"): of_things("share", body={"shows_everything": True}),
    ("POST", f"{ROOT}/verify"): Route(EVERYBODY, {"token": "nonsense"}),
    ("GET", FILTERS): of_things("account"),
    ("POST", FILTERS): of_things("account", 201, CLAUSE),
    ("GET", FILTER): of_things("filter"),
    ("PATCH", FILTER): of_things("filter", body={"value": "new"}),
    ("DELETE", FILTER): of_things("filter", 204),
    ("GET", f"{ACCOUNT}/shared-tokens"): of_things("account"),
    ("GET", VIEWS): of_things("account"),
    ("POST", VIEWS): of_things("account", 201, DASHBOARD),
    ("GET", VIEW): of_things("view"),
    ("PATCH", VIEW): of_things("view", body={"title": "new"}),
    ("DELETE", VIEW): of_things("view", 204),
    ("GET", f"{ROOT}/policies"): Route(EVERYBODY),
    ("PUT", f"{ROOT}/policies"): Route(MAIN_ONLY, {"items": []}),
    ("POST", f"{ROOT}/policies/preview"): Route(MAIN_ONLY, {"items": []}),
    ("GET", f"{ROOT}/audit"): Route(EVERYBODY),
}
# Where the main account's token is not stopped by a child that is not accessible.
OPEN_TO_MAIN = {("GET", ACCOUNT), ("PATCH", ACCOUNT), ("DELETE", ACCOUNT)}
