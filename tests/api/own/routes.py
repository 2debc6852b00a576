"""The routes of our own API, and what the token of each kind of account gets there."""

from tests.api.routes import EVERYBODY, Route

ROOT = "/api/v1"
ACCOUNT = f"{ROOT}/accounts/{{int:pk}}"
# What a token gets in an account of its own that has no such thing.
ABSENT = "404 404 404"


def of_things(thing, status=200, **how):
    """Return a route about things that only the main and the sub account have."""
    return Route(f"{status} {status} {ABSENT}", thing=thing, near=True, **how)


ROUTES = {
    ("GET", f"{ROOT}/whoami"): Route(EVERYBODY),
    ("GET", f"{ROOT}/accounts"): Route(EVERYBODY),
    ("GET", ACCOUNT): of_things("account"),
}
# Where the main account's token is not stopped by a child that is not accessible.
OPEN_TO_MAIN = {("GET", ACCOUNT)}
