"""Rules for a token's name and note; asked while the account's lock is held."""

import re
import unicodedata

from django.apps import apps

from accounts.names import check_seen
from accounts.prepared import Prepared
from accounts.rule_violations import RuleViolation

MAX_NAME = 100
MAX_NOTE = 500
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def check_name(token):
    """Raise RuleViolation for a name that cannot be given."""
    _check_letters(token.name)
    check_name_is_free(token)


def _named(*given):
    """Return the tokens of a kind with a name, in an account or in none."""
    kind, name_key, *account = given
    rows = apps.get_model("tokens.Token").objects.not_deleted()
    account = account[0] if account else None
    rows = rows.filter(account=account, kind=kind, name_key=name_key)
    return rows.values_list("pk")


_NAMED = Prepared(_named)


def check_name_is_free(token):
    where = () if token.account_id is None else (token.account_id,)
    named = _NAMED.rows(token.kind, token.name_key, *where)
    if {pk for [pk] in named} - {token.pk}:
        raise RuleViolation(
            "name_taken",
            f"There is already a token named {token.name} here.",
            field="name",
        )


def _check_letters(name):
    if not any(unicodedata.category(letter)[0] in "LNPS" for letter in name):
        raise RuleViolation("name_required", "Give the token a name.", field="name")
    if len(name) > MAX_NAME:
        raise RuleViolation(
            "name_too_long", f"Names have up to {MAX_NAME} characters.", field="name"
        )
    if CONTROL.search(name):
        raise RuleViolation(
            "name_unprintable", "Control characters are not allowed.", field="name"
        )
    check_seen(name=name)


def check_note(token):
    """Raise RuleViolation for a note that cannot be taken."""
    note = token.note
    if len(note) > MAX_NOTE:
        raise RuleViolation(
            "note_too_long", f"A note has up to {MAX_NOTE} characters.", field="note"
        )
    if CONTROL.search(note.replace("\n", "")):
        raise RuleViolation(
            "note_unprintable", "Control characters are not allowed.", field="note"
        )
    check_seen(note=note)
