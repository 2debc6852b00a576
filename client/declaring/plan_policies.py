"""The plan for the policies of an organisation: those of each kind are one whole."""

from datetime import datetime

from client.declaring.changes import Phase
from client.failures import NotAuthorised


def plan(state, declared, made, *, prune):
    wanted = {each["kind"]: each for each in declared}
    present = state.policies
    after = {
        kind: _whole(wanted[kind], policy) if kind in wanted else policy
        for kind, policy in present.items()
    }
    for kind, policy in present.items():
        if kind in wanted or not _asks(policy):
            continue
        if prune:
            after[kind] = _whole({"kind": kind}, policy)
        else:
            made.left += 1
    fields = [
        (f"{kind}.{name}", present[kind][name], value)
        for kind, policy in after.items()
        for name, value in policy.items()
        if _meant(present[kind][name]) != _meant(value)
    ]
    if fields:
        _change(state, [*after.values()], fields, made)


def _whole(said, policy):
    """Return a policy with all its rules: those that the file leaves out ask nothing."""
    nothing = {
        name: False if value in (True, False) else None
        for name, value in policy.items()
    }
    found = nothing | said
    found["expiry_required"] |= bool(found["longest_days"])
    return found


def _asks(policy):
    return any(value for name, value in policy.items() if name != "kind")


def _meant(value):
    return (
        datetime.fromisoformat(value)
        if isinstance(value, str) and "T" in value
        else value
    )


def _change(state, items, fields, made):
    change = made.add("~", "Organisation", "policies", "of tokens", fields=fields)
    body, version = {"items": items}, state.policies_version
    outside = _outside(state.server, body)
    if outside:
        change.remark = f"tokens that do not keep to them and work on: {outside}"
    change.call(
        Phase.POLICY,
        lambda run: run.server.change("PUT", "/policies", body, version=version),
    )


def _outside(server, body):
    """Return how many tokens do not keep to policies, as far as the caller may know."""
    try:
        preview = server.post("/policies/preview", body)
    except NotAuthorised:
        # Who may only read can plan all the same.
        return 0
    return sum(each["outside"] for each in preview["items"])
