"""How secrets leave through the API: the audit trail is told of it first."""

from typing import Annotated

from django.db import transaction
from pydantic import InstanceOf, PlainSerializer

from accounts.audit import record
from accounts.locks import repeated
from accounts.models import Action
from tokens.models import StoredSecret
from tokens.secrets import Secret

# A Secret in an answer: its text appears when the answer is written, not before.
SecretText = Annotated[
    InstanceOf[Secret], PlainSerializer(lambda secret: secret.reveal(), return_type=str)
]


@repeated
def hand_out(tokens, *, by):
    """Return the secrets of tokens of one account, by the tokens' ids.

    They are revealed in one audit event, however many they are.
    """
    stored = StoredSecret.objects.current().filter(token__in=tokens)
    with transaction.atomic():
        secrets = {row.token_id: row.open() for row in stored.select_related("token")}
        _record_revealed(tokens, by)
    return secrets


def _record_revealed(tokens, by):
    if len(tokens) == 1:
        tokens[0].record(Action.TOKEN_REVEALED, by)
    elif tokens:
        record(
            Action.TOKEN_REVEALED,
            by=by,
            account=tokens[0].account,
            target=f"{len(tokens)} {tokens[0].get_kind_display().lower()}s",
            token_ids=[token.pk for token in tokens],
        )
