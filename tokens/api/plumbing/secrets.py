"""How secrets leave through the API: the audit trail is told of it first."""

from typing import Annotated

from pydantic import InstanceOf, PlainSerializer

from accounts.audit.trail import record
from accounts.locks import repeated
from accounts.models import Action
from accounts.rule_violations import RuleViolation
from tokens.defaults import default_tokens
from tokens.kinds import Kind
from tokens.models import StoredSecret
from tokens.secrets import Secret

CHANGED_SINCE = (
    "This was done before, and what it made was changed since: look at it as it is now."
)
# A Secret in an answer: its text appears when the answer is written, not before.
SecretText = Annotated[
    InstanceOf[Secret], PlainSerializer(lambda secret: secret.reveal(), return_type=str)
]


@repeated
def hand_out(tokens, *, by):
    """Return the secrets of tokens of one organisation, by the tokens' ids.

    They are revealed in one audit event, however many they are.
    """
    known = {token.pk: token for token in tokens}
    stored = StoredSecret.objects.current().filter(token__in=list(known))
    rows = list(stored)
    for row in rows:
        row.token = known[row.token_id]
    secrets = {row.token_id: row.open() for row in rows}
    _record_revealed(tokens, by)
    return secrets


def hand_out_defaults(accounts, *, by):
    """Return the secrets of the accounts' default shipping tokens, by the accounts' ids."""
    tokens = default_tokens(accounts)
    secrets = hand_out(list(tokens.values()), by=by)
    return {account: secrets[token.pk] for account, token in tokens.items()}


def rows_of(answer):
    """Return where an answer's secrets are, by the fields' names.

    Each is the id of a row, and the version in which its token is told of.
    """
    found = StoredSecret.objects.select_related("token")
    rows = {
        name: found.matching(value).get()
        for name, value in answer
        if isinstance(value, Secret)
    }
    return {name: [row.pk, row.token.version] for name, row in rows.items()}


def open_again(rows, *, by):
    """Return the secrets of an earlier answer; the audit trail is told of it.

    Raises RuleViolation when the answer is not true any more.
    """
    found = StoredSecret.objects.select_related("token__account")
    return {
        name: _again(found.filter(pk=pk).first(), version, by)
        for name, (pk, version) in rows.items()
    }


def _again(row, version, by):
    if row is None or row.token.version != version or row.token.account.deleted_at:
        raise RuleViolation("changed_since", CHANGED_SINCE)
    secret = row.open()
    row.token.record(Action.TOKEN_REVEALED, by, repeated_call=True)
    return secret


def _record_revealed(tokens, by):
    if tokens:
        record_revealed(tokens, tokens[0].kind, by, **_home(tokens))


def record_revealed(tokens, kind, by, **home):
    """Record that tokens of a kind were revealed: rows with `pk`, `name` and `masked`."""
    if len(tokens) == 1:
        [token] = tokens
        told = {"target": f"{token.name} ({token.masked})", "token_id": token.pk}
    else:
        several = f"{len(tokens)} {Kind(kind).label.lower()}s"
        told = {"target": several, "token_ids": [token.pk for token in tokens]}
    record(Action.TOKEN_REVEALED, by=by, **home, **told)


def _home(tokens):
    """Return whose trail tells of it: the account's that all are of, or the main one's."""
    if len({token.account_id for token in tokens}) == 1:
        return {"account": tokens[0].account}
    return {"organisation": tokens[0].organisation}
