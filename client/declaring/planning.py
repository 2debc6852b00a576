"""From a file and the present state to a plan: account by account, part by part."""

from client.declaring import (
    names,
    plan_accounts,
    plan_filters,
    plan_policies,
    plan_tokens,
    plan_views,
)
from client.declaring.changes import Phase, Plan
from client.declaring.problems import Problem, Unusable
from client.declaring.state import State


def plan(server, declared, *, prune=False, name=""):
    """Return the Plan; raises Unusable when what is declared cannot be had."""
    made = Plan()
    state = State(server)
    accounts = plan_accounts.matched(state, declared["accounts"], made)
    _read(state, accounts)
    if "policies" in declared:
        state.read_policies()
        plan_policies.plan(state, declared["policies"], made, prune=prune)
    for account in accounts:
        plan_accounts.plan(account, made)
        _parts(state, account, made, prune=prune)
    if declared.get("all_accounts"):
        _remove_others(state, accounts, made, prune=prune)
    if made.problems:
        raise Unusable([Problem(0, "", each) for each in made.problems], name)
    return made


def _read(state, accounts):
    there = [each for each in accounts if each.is_readable]
    state.read_tokens(
        [each.existing for each in there if each.says("tokens", "shared_tokens")]
    )
    for each in there:
        if each.says("filters", "shared_tokens"):
            state.read_sharing(each.existing)
        if each.says("views"):
            state.read_views(each.existing)


def _parts(state, account, made, *, prune):
    if account.is_shut:
        then = " Plan again once it is." if account.said.get("accessible") else ""
        made.notes.append(
            f"{account.label} is not accessible: what is in it is left alone.{then}"
        )
        return
    filters = plan_filters.plan(state, account, made, prune=prune)
    plan_tokens.plan(state, account, filters, made, prune=prune)
    plan_views.plan(state, account, made, prune=prune)


def _remove_others(state, accounts, made, *, prune):
    declared = {each.existing["id"] for each in accounts if each.existing}
    for other in state.accounts:
        if other["id"] in declared or other["kind"] == "main":
            continue
        if not prune:
            made.left += 1
            continue
        thing = plan_accounts.thing(other)
        change = made.add("-", names.label(other), "account", other["name"])
        change.remark = "its tokens stop at once; staff can restore it for a while"
        change.call(Phase.DELETE_ACCOUNT, lambda run, thing=thing: run.delete(thing))
