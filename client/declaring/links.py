"""The plan for a shared token's filters, so that no link shows more in between."""

from client.declaring.changes import Phase
from client.declaring.names import clause


def create(token):
    """Plan a new link; it is paused before anybody can have it, if it is to be."""
    said = token.said
    if not (said.get("filters") or said.get("shows_everything")):
        token.made.problems.append(
            f"{token.label} needs filters, or shows_everything: true."
        )
    for name in ("operator", "shows_everything"):
        if name in said:
            token.change.fields.append((name, None, said[name]))
    if said.get("filters"):
        token.change.fields.append(("filters", None, _clauses(said["filters"])))
    token.change.call(Phase.MAKE, lambda run: run.make_token(token, _new(token)))
    if said.get("enabled") is False:
        token.change.call(Phase.MAKE, lambda run: run.act(token.thing, "disable"))


def differences(token):
    """Return what a link shows now and is to show, field by field."""
    said, scope = token.said, token.state.scope_of(token.existing)
    fields = []
    if "filters" in said or "shows_everything" in said:
        before = _present(token, scope)
        after = _wanted(said)
        if before != after:
            fields.append(("shows", before, after))
    operator = said.get("operator", scope["operator"])
    if operator != scope["operator"]:
        fields.append(("operator", scope["operator"], operator))
    _check_moved(token, scope, fields)
    return fields


def _present(token, scope):
    if scope["lost_filter"]:
        return f"nothing: its filter {scope['lost_filter']} was deleted"
    if scope["shows_everything"]:
        return "everything"
    found = {token.filters.clauses[pk] for pk in scope["filters"]}
    return sorted(f"{field}: {value}" for field, value in found)


def _wanted(said):
    return "everything" if said.get("shows_everything") else _clauses(said["filters"])


def _clauses(filters):
    return sorted({clause(each) for each in filters})


def _check_moved(token, scope, fields):
    """Note a problem where a link would show what nobody wants for a moment.

    A filter that is changed in place takes its links along, before these are changed.
    """
    if fields and token.filters.moved & {*scope["filters"]}:
        token.made.problems.append(
            f"{token.label} would get other filters while one that it has is changed. "
            "Apply one after the other."
        )


def narrow(token):
    """Plan what else a link shows."""
    scope = token.state.scope_of(token.existing)

    def body():
        if token.said.get("shows_everything"):
            return {"shows_everything": True}
        operator = token.said.get("operator", scope["operator"])
        if "filters" not in token.said:
            return {"filters": scope["filters"], "operator": operator}
        return {"filters": _ids(token), "operator": operator}

    token.change.call(Phase.NARROW, lambda run: run.narrow(token.thing, body()))


def _new(token):
    names = ("operator", "shows_everything")
    said = {name: token.said[name] for name in names if name in token.said}
    body = {name: value for name, value in token.body().items() if name != "enabled"}
    return body | said | {"filters": _ids(token)}


def _ids(token):
    return [each.id for each in token.wanted_filters()]
