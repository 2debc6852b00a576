"""Parts of a plan: things, changes of them, and the calls that make these."""

from dataclasses import dataclass, field
from enum import IntEnum


class Phase(IntEnum):
    """When a call is made. No link shows more in between than before or after.

    What opens an account comes first and what shuts it last, since nothing in a shut
    one can be changed; policies come before what they allow or ask for. Links are
    paused, or kept to fewer networks, before they show something else. Things are made
    before others are stopped: an account always has a log token that works. At the very
    end the calling token narrows itself.
    """

    OPEN = 1
    SHRINK = 2
    MAKE_ACCOUNT = 3
    ACCOUNT = 4
    POLICY = 5
    PAUSE = 6
    FILTER = 7
    NARROW = 8
    MAKE = 9
    TOKEN = 10
    ENABLE = 11
    EXPIRE = 12
    DISABLE = 13
    VIEW = 14
    ORDER = 15
    DELETE_TOKEN = 16
    DELETE_FILTER = 17
    DELETE_VIEW = 18
    DELETE_ACCOUNT = 19
    SHUT = 20
    ITSELF = 21


@dataclass(eq=False)
class Thing:
    """Something on the server, or that will be; it has no id until it is made."""

    root: str
    id: int | None = None
    version: int | None = None

    @property
    def path(self):
        return f"{self.root}/{self.id}"

    def found(self, answer):
        self.id, self.version = answer["id"], answer["version"]


@dataclass(eq=False)
class Inside(Thing):
    """A thing that is addressed by its account, too."""

    account: Thing = None

    @property
    def path(self):
        return f"{self.account.path}/{self.root}/{self.id}"


# The last one is for people: no API token may do it.
ACTIONS = {"+": "create", "~": "change", "-": "delete", "!": "by_hand"}


@dataclass(eq=False)
class Change:
    """One thing that comes, changes or goes; `calls` are pairs of a Phase and a function."""

    sign: str
    account: str
    noun: str
    name: str
    fields: list = field(default_factory=list)
    remark: str = ""
    calls: list = field(default_factory=list)

    def call(self, phase, function):
        self.calls.append((phase, function))

    def __str__(self):
        if self.noun == "account":
            return f"{ACTIONS[self.sign]} account {self.account}"
        return f"{ACTIONS[self.sign]} {self.noun} {self.name} in {self.account}"

    @property
    def plain(self):
        return {
            "action": ACTIONS[self.sign],
            "account": self.account,
            "thing": self.noun.replace(" ", "_"),
            "name": self.name,
            "fields": [
                {"name": name, "from": old, "to": new} for name, old, new in self.fields
            ],
            "remark": self.remark,
        }


@dataclass(eq=False)
class Plan:
    changes: list = field(default_factory=list)
    problems: list = field(default_factory=list)
    # How many things are not in the file and stay.
    left: int = 0
    notes: list = field(default_factory=list)
    # Changes that only people may make.
    by_hand: list = field(default_factory=list)
    # Tokens of the file: a Thing with what is said of its secret.
    tokens: list = field(default_factory=list)

    def add(self, sign, account, noun, name, **more):
        change = Change(sign, account, noun, name, **more)
        self.changes.append(change)
        return change

    @property
    def plain(self):
        return {
            "changes": [change.plain for change in self.changes],
            "create": self.count("+"),
            "change": self.count("~"),
            "delete": self.count("-"),
            "left": self.left,
            "notes": self.notes,
            "by_hand": [change.plain for change in self.by_hand],
        }

    @property
    def differs(self):
        """Whether the organisation is not as the file says."""
        return bool(self.changes or self.by_hand)

    def count(self, sign):
        return sum(change.sign == sign for change in self.changes)

    @property
    def calls(self):
        """The calls in the order in which they are made, each with its change."""
        found = [
            (phase, function, change)
            for change in self.changes
            for phase, function in change.calls
        ]
        return sorted(found, key=lambda each: each[0])
