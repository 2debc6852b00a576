"""The plan for API tokens: one makes others for children, and narrows none but itself."""

from client.declaring.changes import Change, Phase
from client.declaring.names import account_key, label
from client.declaring.restrictions import is_less, scopes_meant

# What one that is made for a child account has from the start.
GIVEN = ("name", "scopes")
MADE_BY_PEOPLE = "it is not there, and people make it: in the portal"
SET_BY_PEOPLE = "no API token sets that of one that it makes: set it in the portal"
CHANGED_BY_PEOPLE = "no API token changes another one: change it in the portal"
OF_ITSELF = "no API token changes that of itself: change it in the portal"


def create(token):
    """Plan a new token of a child; note what people have to do."""
    said = [(name, None, token.said[name]) for name in token.sayable("scopes")]
    said += [("accounts", [], _labels(token, wanted)) for wanted in _wanted(token)]
    if token.account.said["kind"] == "main":
        _by_hand(token, MADE_BY_PEOPLE, said)
        return
    given = [field for field in said if field[0] in GIVEN]
    token.add("+", given)
    token.change.call(Phase.MAKE, lambda run: run.mint(token))
    left = [field for field in said if field[0] not in GIVEN]
    if left:
        _by_hand(token, SET_BY_PEOPLE, left)


def update(token, fields):
    """Plan that the calling token narrows itself; note all else that differs.

    `fields` are what differs besides scopes and accounts.
    """
    less = [*_scopes(token), *_accounts(token)]
    is_itself = token.existing["id"] == token.state.caller
    if less and is_itself:
        token.add("~", less)
        names = [name for name, *_ in less]
        # It may do less from then on.
        token.change.call(
            Phase.ITSELF, lambda run: run.change(token.thing, _body(token, names))
        )
    left = fields if is_itself else [*fields, *less]
    if left:
        _by_hand(token, OF_ITSELF if is_itself else CHANGED_BY_PEOPLE, left)


def _scopes(token):
    old, new = token.existing["scopes"], token.said.get("scopes")
    if not new or scopes_meant(new) == {*old}:
        return
    if not is_less(scopes_meant(new), {*old}):
        token.widens("scopes")
    yield "scopes", old, new


def _wanted(token):
    """Yield the accounts that the file keeps a token to, as Things, if it says so."""
    if "accounts" not in token.said:
        return
    others, found = token.account.others, []
    for each in token.said["accounts"]:
        if account_key(each) in others:
            found.append(others[account_key(each)])
        else:
            token.problem(f"is kept to {label(each)}, and there is no such account.")
    yield [*dict.fromkeys(found)]


def _accounts(token):
    for wanted in _wanted(token):
        held = _held(token)
        if held is not None and {*wanted} == {*held}:
            return
        if held is not None and not {*wanted} <= {*held}:
            token.widens("accounts")
        yield "accounts", held and _labels(token, held), _labels(token, wanted)


def _held(token):
    """Return the accounts that a token is kept to and that there are, or None for all."""
    if token.existing["accounts"] is None:
        return None
    by_id, others = token.state.by_id, token.account.others
    there = [by_id[pk] for pk in token.existing["accounts"] if pk in by_id]
    return [others[account_key(each)] for each in there]


def _labels(token, things):
    return [token.account.labels[each] for each in things]


def _body(token, names):
    """Return what a token is kept to, with the ids of accounts that are there by now."""
    body = {name: token.said[name] for name in names if name != "accounts"}
    if "accounts" in names:
        (wanted,) = _wanted(token)
        body["accounts"] = [each.id for each in wanted]
    return body


def _by_hand(token, remark, fields):
    change = Change("!", token.account.label, "API token", token.name, fields)
    change.remark = remark
    token.made.by_hand.append(change)
