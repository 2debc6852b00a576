from typing import NamedTuple


class Undo(NamedTuple):
    """The way back of a change: the notice that tells of the change has a form for it.

    `fields` are sent to `url`, and the answer takes the place of what the selector `row`
    names; without one the page is left.
    """

    url: str
    row: str
    fields: dict
