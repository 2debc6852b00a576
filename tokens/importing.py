"""Tokens that move in from elsewhere, with the secrets that shippers already have."""

import csv
import io
import json

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from accounts.ids import is_id
from accounts.models import Account
from accounts.rule_violations import RuleViolation
from accounts.scopes import EVERYTHING_SCOPE, as_scopes
from tokens.kinds import RULES, Kind
from tokens.models import Token
from tokens.secrets import recognise

NEEDED = ("account", "kind", "name", "secret")
# Shared tokens come with filters, gateway tokens are made by staff only.
KINDS = (Kind.API, Kind.LOGS, Kind.METRICS, Kind.TRACES)
TRUE = ("1", "true", "yes")


def read(text, form):
    """Return the rows of a CSV with a header, or of JSON lines, as dicts of text.

    Raises ValueError for what is neither.
    """
    if form == "csv":
        return list(csv.DictReader(io.StringIO(text), strict=True, restval=""))
    lines = [line for line in text.splitlines() if line.strip()]
    return [_texts(number, line) for number, line in enumerate(lines, start=1)]


def _texts(number, line):
    # What the parser says of a broken line quotes it, secret and all.
    try:
        row = json.loads(line)
        return {name: _text(value) for name, value in row.items()}
    except (ValueError, AttributeError, RecursionError):
        raise ValueError(f"line {number} is not a JSON object") from None


def _text(value):
    if isinstance(value, list):
        return " ".join(map(str, value))
    return "" if value is None else str(value)


def take_over(row, *, by):
    """Make the token that a row describes and return it; raises RuleViolation."""
    values = {name: (value or "").strip() for name, value in row.items() if name}
    kind, secret, account = _needed(values)
    note = values.get("note", "")
    restricted = {
        "networks": values.get("networks", "").split(),
        "calls_per_minute": _number(values, "calls_per_minute"),
    }
    if RULES[kind].is_single:
        return take_place(account, kind, secret, note=note, by=by, **restricted)
    return add(
        account,
        kind,
        secret,
        by=by,
        name=values["name"],
        note=note,
        is_disabled=values.get("disabled", "").lower() in TRUE,
        expires_at=_moment(values, "expires_at"),
        created_at=_moment(values, "created_at"),
        created_by=values.get("created_by", ""),
        scopes=as_scopes(_listed(values, "scopes") or [EVERYTHING_SCOPE]),
        accounts=_ids(_listed(values, "accounts")) or None,
        **restricted,
    )


def _needed(values):
    missing = [name for name in NEEDED if not values.get(name)]
    if missing:
        raise RuleViolation("incomplete", f"{', '.join(missing)} is missing.")
    if values["kind"] not in KINDS:
        raise RuleViolation("kind", f"The kind must be one of {', '.join(KINDS)}.")
    secret = recognise(values["secret"])
    if secret is None:
        raise RuleViolation("secret", "The secret is nothing that a token can be.")
    return Kind(values["kind"]), secret, _account(values["account"])


def _listed(values, name):
    return values.get(name, "").replace(",", " ").split()


def _ids(texts):
    """Return ids that were written down; raises RuleViolation for what is none."""
    wrong = [text for text in texts if not is_id(text)]
    if wrong:
        raise RuleViolation("accounts", f"There is no account {wrong[0][:20]}.")
    return [int(text) for text in texts]


def _account(text):
    known = Account.objects.not_deleted().select_related("organisation")
    found = known.filter(pk=text).first() if is_id(text) else None
    if found is None:
        raise RuleViolation("account", f"There is no account {text[:20]}.")
    return found


def take_place(
    account, kind, secret, *, by, note="", networks=(), calls_per_minute=None
):
    """Let the account's oldest token of a kind go on with the secret from elsewhere."""
    found = account.tokens.not_deleted().filter(kind=kind)
    token = found.oldest_first().first()
    if token is None:
        raise RuleViolation("kind", f"{account.name} has no {kind.label.lower()}.")
    is_restricted = bool(networks or calls_per_minute)
    # What it was kept to goes with the secret that it had.
    token.rotate(by=by, secret=secret, unrestricted=is_restricted)
    if note:
        token.set_note(note, by=by)
    if is_restricted:
        token.limit_use(networks=networks, calls_per_minute=calls_per_minute, by=by)
    return token


def add(
    account,
    kind,
    secret,
    *,
    name,
    by,
    note="",
    is_disabled=False,
    expires_at=None,
    scopes="",
    accounts=None,
    networks=(),
    calls_per_minute=None,
    **past,
):
    """Make one more token of an account, with the secret from elsewhere."""
    token, _ = Token.issue(
        account=account,
        kind=kind,
        name=name,
        note=note,
        secret=secret,
        expires_at=expires_at,
        enabled=not is_disabled,
        scopes=scopes,
        accounts=accounts,
        networks=networks,
        calls_per_minute=calls_per_minute,
        by=by,
    )
    if is_disabled:
        token.disabled_reason = "It was disabled where it came from"
    remember(token, **past)
    return token


def remember(token, *, created_at=None, created_by=""):
    """Give a token that moved in the past it had, as far as that is known."""
    token.created_at = created_at or token.created_at
    token.created_by = created_by[:254] or token.created_by
    token.save(update_fields=["created_at", "created_by", "disabled_reason"])


def _number(values, name):
    text = values.get(name, "")
    if not text:
        return None
    if not is_id(text):
        raise RuleViolation(name, f"{name} must be a whole number.")
    return int(text)


def _moment(values, name):
    text = values.get(name, "")
    if not text:
        return None
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None:
        raise RuleViolation(name, f"{name} must look like 2026-11-23T14:00:00Z.")
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
