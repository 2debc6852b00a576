"""Where apps above add what the code below calls, since imports only point down.

Each app registers its parts in `ready()` of its `apps.py`, and nowhere else.
"""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple


class Hook:
    """Goes over what was registered, in the order of the installed apps."""

    def __init__(self, description):
        self.__doc__ = description
        self._parts = []

    def register(self, part):
        self._parts.append(part)

    def __iter__(self):
        return iter(self._parts)


class SealedRows(NamedTuple):
    """Rows with something encrypted in them, for the command that rotates keys."""

    # Returns the ids of the rows under an old key.
    old: Callable
    # Encrypts the rows with these ids anew; returns how many there were.
    renew: Callable
    # Opens all and returns how many there are; raises Unavailable.
    check: Callable


class Keeper(NamedTuple):
    """Keeps the secrets of an answer by the rows that hold them, never as text."""

    # Returns the rows of an answer's secrets, by the names of their fields.
    rows: Callable
    # Returns the secrets for that and an actor, once the audit trail is told.
    open_again: Callable


class RefusedCalls(NamedTuple):
    """The calls of a caller with a token that were refused for one reason.

    `because` says why, as a sentence without its end; the address of those that are not
    told apart is blank.
    """

    id: int
    address: str
    agent: str
    because: str
    calls: int
    last_at: datetime


class FoundPlace(NamedTuple):
    """A place where a token's secret was found; blank when it was not said."""

    place: str
    found_by: str
    found_at: datetime


secrets_within = Hook("(text) -> whether there is a whole secret in it.")
key_rows = Hook("(purpose, key id) -> how many rows are under the key.")
sealed_rows = Hook("SealedRows of an app, besides the secrets of tokens.")
account_parts = Hook("(account, by=Actor): makes what has to exist in a new account.")
default_secrets = Hook(
    "(accounts, by=Actor) -> the Secrets of their default shipping tokens, by the "
    "accounts' ids, once the audit trail is told."
)
secret_keepers = Hook("The one Keeper, which the app that knows secrets registers.")
finders = Hook(
    "A heading of Jump to, and (user, current account or None, text) -> Results that "
    "the person may see."
)
waiting_counters = Hook(
    "The name of a place, and (user, account) -> how many things wait for somebody "
    "there, as it is shown; a blank for none."
)
token_findings = Hook(
    "A Finding of the page Health: what can be wrong with a token, and its remedy."
)
row_texts = Hook(
    "A kind, and (token) -> what the rows of its list say besides, by the names that "
    "their template has for it."
)
leak_readers = Hook(
    "(token) -> the FoundPlaces of the secret that it has now, the last one first."
)
background_jobs = Hook("(): does what waits to be done, in turns with other workers.")
token_checks = Hook("(token): raises RuleViolation when it may not be brought to life.")
policy_checks = Hook(
    "(token): raises PolicyViolation where it does not keep to its organisation's policy."
)
unfiltered_tokens = Hook(
    "() -> the condition, as a Q, of shared tokens that nothing narrows."
)
scope_lengths = Hook("(scope) -> how many bytes it takes where it is handed on.")
refused_call_writers = Hook(
    "({(token id, stored secret id, reason, signal, address, agent): calls}): keeps "
    "uses of tokens that do not work."
)
refused_call_readers = Hook(
    "(token, how many) -> its latest RefusedCalls, the last one first."
)
purges = Hook('() -> what was too old and is gone, in words such as "3 notes".')
