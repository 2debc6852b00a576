"""An organisation that exists as a file, of which a plan says that nothing is to be done."""

import yaml

from client.declaring.names import LOG_KINDS, SINGLE, filter_key
from client.declaring.plan_accounts import LISTS
from client.declaring.restrictions import RESTRICTIONS
from client.declaring.state import State

HEAD = "# Written by `tollgate export`. Secrets are in no such file: see tollgate apply --help.\n"
# What of an account is no setting of it.
APART = ("id", "name", "kind", "state", "created_at", "version")
# The main account stays open, and only logs are searched from it.
LEFT = {
    "main": ("accessible", "searchable"),
    "sub": (),
    **dict.fromkeys(("metrics", "tracing", "security"), ("searchable",)),
}


def export(server, names):
    """Return the text of a file for some accounts, for all where none is named.

    Raises click.UsageError for a name that no account has.
    """
    state = State(server)
    accounts = [each for each in state.accounts if not names or each["name"] in names]
    accounts.sort(key=lambda each: (each["kind"] != "main", each["name"].casefold()))
    _read(state, accounts)
    found = {} if names else {"all_accounts": True}
    if not names:
        found |= _policies(state)
    found["accounts"] = [_account(state, each) for each in accounts]
    return HEAD + dump(found)


def dump(value):
    """Return YAML that is read as it was, line by line for whoever compares files."""
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=100)


def _read(state, accounts):
    accounts = [each for each in accounts if each["accessible"]]
    state.read_tokens(accounts)
    for account in accounts:
        if account["kind"] in LOG_KINDS:
            state.read_sharing(account)
            state.read_views(account)


def _policies(state):
    state.read_policies()
    said = [_policy(each) for each in state.policies.values()]
    asking = [each for each in said if each.keys() > {"kind"}]
    return {"policies": asking} if asking else {}


def _policy(policy):
    # A longest lifetime asks for an expiry by itself.
    implied = {"expiry_required"} if policy["longest_days"] else set()
    return {
        name: value for name, value in policy.items() if value and name not in implied
    }


def _account(state, account):
    found = {
        "kind": account["kind"],
        "name": account["name"],
        **_settings(state, account),
    }
    if not account["accessible"]:
        return found
    tokens = state.tokens[account["id"]]
    others = [each for each in tokens if each["kind"] != "shared"]
    found["tokens"] = [_token(state, each) for each in others]
    if account["kind"] in LOG_KINDS:
        found |= _sharing(state, account, tokens)
    return found


def _settings(state, account):
    left = {*APART, *LEFT[account["kind"]]}
    return {
        name: _named(state, value) if name in LISTS else value
        for name, value in account.items()
        if name not in left and value not in (None, [])
    }


def _named(state, ids):
    found = (state.by_id[pk] for pk in ids)
    return [{"kind": each["kind"], "name": each["name"]} for each in found]


def _token(state, token):
    found = {"kind": token["kind"], "name": token["name"]}
    if token["kind"] == "api" and token["scopes"] != ["everything"]:
        found["scopes"] = token["scopes"]
    # Of those that are gone by now nothing can be said.
    there = [pk for pk in token["accounts"] or () if pk in state.by_id]
    if there:
        found["accounts"] = _named(state, there)
    if token["kind"] in SINGLE:
        return found | _said(token)
    return found | _said(token) | _working(token)


def _said(token):
    """Return what a token has only where somebody wrote it."""
    names = ("note", *RESTRICTIONS)
    return {name: token[name] for name in names if token[name]}


def _working(token):
    return {
        "enabled": token["disabled_at"] is None,
        "expires_at": token["expires_at"],
    }


def _sharing(state, account, tokens):
    filters = {each["id"]: each for each in state.filters[account["id"]]}
    shared = [each for each in tokens if each["kind"] == "shared"]
    views = state.views[account["id"]]
    return {
        "filters": [*map(_filter, _each_once(filters.values()))],
        "shared_tokens": [
            _link(each, state.scope_of(each), filters) for each in shared
        ],
        "views": [
            {"title": each["title"], "address": each["address"]} for each in views
        ],
    }


def _each_once(filters):
    """Return filters without those that say what an older one says."""
    found = {}
    for each in filters:
        found.setdefault(filter_key(each), each)
    return found.values()


def _filter(each):
    description = {"description": each["description"]} if each["description"] else {}
    return _clause(each) | description


def _clause(each):
    return {"field": each["field"], "value": each["value"]}


def _link(token, scope, filters):
    return (
        {"name": token["name"]}
        | _said(token)
        | _working(token)
        | _shown(scope, filters)
    )


def _shown(scope, filters):
    if scope["lost_filter"] or not (scope["filters"] or scope["shows_everything"]):
        # Nobody has decided yet what it is to show.
        return {}
    if scope["shows_everything"]:
        return {"shows_everything": True}
    narrowing = _each_once(filters[pk] for pk in scope["filters"])
    return {"filters": [*map(_clause, narrowing)], "operator": scope["operator"]}
