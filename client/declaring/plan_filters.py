"""The plan for the filters of an account."""

from client.declaring.changes import Inside, Phase
from client.declaring.names import clause, filter_key, key

FIELDS = ("field", "value", "description")


class Filters:
    """The filters of an account as they will be, by their clauses."""

    def __init__(self, existing):
        # Of two that say the same the oldest is meant.
        self.existing = {}
        for each in existing:
            self.existing.setdefault(filter_key(each), each)
        self.things = {}
        # What an id on the server will say, and which of those are changed in place.
        self.clauses = {each["id"]: filter_key(each) for each in existing}
        self.moved = set()


def plan(state, account, made, *, prune):
    """Return the Filters of an account, and plan what makes them so."""
    found = state.filters.get(account.existing["id"], ()) if account.existing else ()
    filters = Filters(found)
    declared = account.said.get("filters", ())
    for said in declared:
        _plan_one(account, filters, said, made)
    if account.says("filters"):
        _rest(state, account, filters, found, made, prune=prune)
    return filters


def _plan_one(account, filters, said, made):
    existing = filters.existing.get(filter_key(said))
    if existing is None and "was" in said:
        existing = filters.existing.get(filter_key(said["was"]))
    thing = Inside("filters", account=account.thing)
    filters.things[filter_key(said)] = thing
    values = {name: said[name] for name in FIELDS if name in said}
    if existing is None:
        _create(account, thing, values, made)
        return
    thing.found(existing)
    fields = [
        (name, existing[name], value)
        for name, value in values.items()
        if existing[name] != value
    ]
    if fields:
        change = made.add("~", account.label, "filter", clause(said), fields=fields)
        body = {name: new for name, _, new in fields}
        change.call(Phase.FILTER, lambda run: run.change(thing, body))
    if filter_key(existing) != filter_key(said):
        filters.clauses[existing["id"]] = filter_key(said)
        filters.moved.add(existing["id"])


def _create(account, thing, values, made):
    change = made.add("+", account.label, "filter", clause(values))
    if values.get("description"):
        change.fields.append(("description", None, values["description"]))
    change.call(
        Phase.FILTER,
        lambda run: run.make(thing, f"{account.thing.path}/filters", values),
    )


def _rest(state, account, filters, found, made, *, prune):
    """Plan what becomes of filters that are not in the file."""
    for each in found:
        if filters.clauses[each["id"]] in filters.things:
            continue
        if not prune:
            made.left += 1
            continue
        thing = Inside("filters", account=account.thing)
        thing.found(each)
        change = made.add("-", account.label, "filter", clause(each))
        change.remark = _remark(state, account, each)
        change.call(Phase.DELETE_FILTER, lambda run, thing=thing: run.delete(thing))


def _remark(state, account, each):
    """Return how many links that the file does not speak of deleting a filter pauses."""
    if not any(each["id"] in scope["filters"] for scope in state.scopes.values()):
        return ""
    path = f"/accounts/{account.existing['id']}/filters/{each['id']}"
    paused = {*state.server.get(path)["would_pause"]} - _narrowed(state, account)
    return f"links that are paused without it: {len(paused)}" if paused else ""


def _narrowed(state, account):
    """Return the ids of the links of which the file says what they show."""
    declared = {
        key(each["name"])
        for each in account.said.get("shared_tokens", ())
        if "filters" in each or "shows_everything" in each
    }
    return {
        each["id"]
        for each in state.tokens[account.existing["id"]]
        if each["kind"] == "shared" and key(each["name"]) in declared
    }
