"""The plan for accounts themselves: their names and settings."""

from dataclasses import dataclass, field

from client.declaring.changes import Phase, Thing
from client.declaring.names import account_key, key, label

LISTS = ("sharing_objects_accounts", "authorized_accounts", "accounts_to_scan")
PARTS = ("tokens", "shared_tokens", "filters", "views")
# What an account takes of the plan, of which others need what it gives back.
VOLUMES = (
    "max_daily_gb",
    "reserved_daily_gb",
    "soft_limit_gb",
    "plan_uts",
    "monthly_spans",
)


@dataclass(eq=False)
class Declared:
    """An account of the file, with the one on the server that it is, if there is one."""

    said: dict
    existing: dict | None
    thing: Thing
    others: dict
    labels: dict
    # The token that comes with an account that is not there yet.
    first: Thing = field(default_factory=lambda: Thing("/tokens"))

    def says(self, *parts):
        return any(part in self.said for part in parts)

    @property
    def label(self):
        return label(self.said)

    @property
    def is_shut(self):
        is_open = self.existing is None or self.existing["accessible"]
        return not is_open and self.says(*PARTS)

    @property
    def is_readable(self):
        return self.existing is not None and self.existing["accessible"]

    @property
    def settings(self):
        apart = {"kind", "was", *PARTS}
        return {name: value for name, value in self.said.items() if name not in apart}


def thing(account):
    return Thing("/accounts", account["id"], account["version"])


def matched(state, declared, plan):
    """Return each account of the file with what it is; `others` finds any by its key."""
    others = {key: thing(each) for key, each in state.by_key.items()}
    labels = {others[key]: label(each) for key, each in state.by_key.items()}
    found = []
    for said in declared:
        existing = _existing(state, said)
        own = others[account_key(existing)] if existing else Thing("/accounts")
        others[account_key(said)], labels[own] = own, label(said)
        found.append(Declared(said, existing, own, others, labels))
    for each in found:
        _check_lists(each, plan)
    return found


def _existing(state, said):
    if said["kind"] == "main":
        return state.main
    found = state.by_key.get(account_key(said))
    if found is None and "was" in said:
        found = state.by_key.get((said["kind"], key(said["was"])))
    return found


def _check_lists(account, plan):
    for name in LISTS:
        for each in account.said.get(name, ()):
            if account_key(each) not in account.others:
                plan.problems.append(
                    f"{account.label}: there is no account {label(each)} for {name}."
                )


def plan(account, plan):
    if account.existing is None:
        _create(account, plan)
    else:
        _change(account, plan)


def _create(account, plan):
    said = account.settings
    change = plan.add("+", account.label, "account", said["name"])
    change.fields = [
        (name, None, _shown(value)) for name, value in said.items() if name != "name"
    ]
    shut = {name: said[name] for name in ("accessible",) if said.get(name) is False}
    later = {name: said[name] for name in LISTS if _names_new(account, name)}
    now = {name: value for name, value in said.items() if name not in {*shut, *later}}
    change.call(Phase.MAKE_ACCOUNT, lambda run: run.make_account(account, now))
    if later:
        change.call(
            Phase.ACCOUNT, lambda run: run.change(account.thing, ids(account, later))
        )
    if shut:
        change.call(Phase.SHUT, lambda run: run.change(account.thing, shut))


def _names_new(account, name):
    """Whether a list names an account that is not there yet."""
    return any(
        account.others[account_key(each)].id is None
        for each in account.said.get(name, ())
        if account_key(each) in account.others
    )


def _change(account, plan):
    fields = [
        (name, old, new)
        for name, value in account.settings.items()
        if (old := _present(account, name)) != (new := _wanted(account, name, value))
    ]
    if not fields:
        return
    change = plan.add(
        "~", account.label, "account", account.said["name"], fields=fields
    )
    body = {name: account.settings[name] for name, *_ in fields}
    shut = {name: body.pop(name) for name in ("accessible",) if body.get(name) is False}
    if body:
        phase = _phase(fields, body)
        change.call(phase, lambda run: run.change(account.thing, ids(account, body)))
    if shut:
        change.call(Phase.SHUT, lambda run: run.change(account.thing, shut))


def _phase(fields, body):
    if body.get("accessible"):
        return Phase.OPEN
    lowers = any(
        name in VOLUMES and old is not None and new is not None and new < old
        for name, old, new in fields
    )
    return Phase.SHRINK if lowers else Phase.ACCOUNT


def _present(account, name):
    value = account.existing[name]
    if name not in LISTS:
        return value
    by_id = {each.id: account.labels[each] for each in account.labels if each.id}
    return [by_id[pk] for pk in value]


def _wanted(account, name, value):
    if name not in LISTS:
        return value.strip(" ") if name == "name" else value
    things = [account.others.get(account_key(each)) for each in value]
    return [account.labels[each] for each in things if each]


def ids(account, body):
    """Return a body with ids in place of names, of accounts that are there by now."""
    return {
        name: [account.others[account_key(each)].id for each in value]
        if name in LISTS
        else value
        for name, value in body.items()
    }


def _shown(value):
    return [label(each) for each in value] if isinstance(value, list) else value
