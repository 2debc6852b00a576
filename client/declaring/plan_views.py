"""The plan for the shared views of an account, and for their order."""

from client.declaring.changes import Inside, Phase
from client.declaring.names import view_keys


def plan(state, account, made, *, prune):
    if not account.says("views"):
        return
    found = state.views_by_key(account.existing) if account.existing else {}
    things, matched = [], []
    declared = account.said["views"]
    for key, said in zip(view_keys(declared), declared, strict=True):
        existing = _existing(found, key, said)
        things.append(_plan_one(account, said, existing, made))
        matched.append(existing)
    others = [
        each for each in found.values() if not any(each is one for one in matched)
    ]
    kept = _rest(account, others, made, prune=prune)
    _plan_order(account, things, [*found.values()], kept, made)


def _existing(found, key, said):
    existing = found.get(key)
    if existing is None and "was" in said:
        existing = found.get((said["was"].strip(), 1))
    return existing


def _plan_one(account, said, existing, made):
    thing = Inside("views", account=account.thing)
    values = {"title": said["title"].strip(), "address": said["address"]}
    if existing is None:
        change = made.add("+", account.label, "view", values["title"])
        change.fields = [("address", None, values["address"])]
        change.call(
            Phase.VIEW,
            lambda run: run.make(thing, f"{account.thing.path}/views", values),
        )
        return thing
    thing.found(existing)
    fields = [
        (name, existing[name], new)
        for name, new in values.items()
        if existing[name] != new
    ]
    if fields:
        change = made.add("~", account.label, "view", values["title"], fields=fields)
        body = {name: new for name, _, new in fields}
        change.call(Phase.VIEW, lambda run: run.change(thing, body))
    return thing


def _rest(account, others, made, *, prune):
    """Plan what becomes of views that are not in the file; return those that stay."""
    if not prune:
        made.left += len(others)
        return others
    for each in others:
        thing = Inside("views", account=account.thing)
        thing.found(each)
        change = made.add("-", account.label, "view", each["title"])
        change.call(Phase.DELETE_VIEW, lambda run, thing=thing: run.delete(thing))
    return []


def _plan_order(account, things, found, kept, made):
    """Plan the order of the file; what is not in it comes below."""
    left = {each["id"] for each in kept} | {each.id for each in things if each.id}
    before = [each["id"] for each in found if each["id"] in left]
    after = [each.id for each in things]
    # What is made comes below all others.
    now = [*before, *(None for each in things if each.id is None)]
    if now[: len(after)] == after:
        return
    change = made.add("~", account.label, "order of views", "as in the file")
    for position, thing in enumerate(things, 1):
        change.call(
            Phase.ORDER,
            lambda run, thing=thing, position=position: run.change(
                thing, {"position": position}
            ),
        )
