"""What becomes of API tokens: one makes others for children, and narrows none but itself."""

from client.declaring.changes import Change, Phase
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

    `fields` are what differs besides scopes.
    """
    scopes = [*_scopes(token)]
    is_itself = token.existing["id"] == token.state.caller
    if scopes and is_itself:
        ((_, _, new),) = scopes
        token.add("~", scopes)
        # It may do less from then on.
        token.change.call(
            Phase.ITSELF, lambda run: run.change(token.thing, {"scopes": new})
        )
    left = fields if is_itself else [*fields, *scopes]
    if left:
        _by_hand(token, OF_ITSELF if is_itself else CHANGED_BY_PEOPLE, left)


def _scopes(token):
    old, new = token.existing["scopes"], token.said.get("scopes")
    if not new or scopes_meant(new) == {*old}:
        return
    if not is_less(scopes_meant(new), {*old}):
        token.widens("scopes")
    yield "scopes", old, new


def _by_hand(token, remark, fields):
    change = Change("!", token.account.label, "API token", token.name, fields)
    change.remark = remark
    token.made.by_hand.append(change)
