"""Creates that are safe to repeat: an idempotency key is good for one of them."""

from hashlib import sha256
from typing import Annotated

from ninja import Header

from accounts.audit import Actor
from accounts.models import Action, RecordedCall
from tokens.models import StoredSecret
from tokens.secrets import Secret

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="A text of your own: a repeat with it within 24 hours is answered "
        "as the first call was, with the same secret, and changes nothing.",
    ),
]


def once(request, key, schema, act):
    """Return the answer of `act`, or what it was when the same call came before.

    `schema` is the answer's. Belongs in the transaction of what is done, behind the
    question whether the caller may do it: that may have changed since.
    """
    if key is None:
        return act()
    call, is_new = RecordedCall.claim(
        token_id=request.auth.pk, key=key, fingerprint=_fingerprint(request)
    )
    if is_new:
        return _kept(call, act())
    request.is_replayed = True
    return schema(**call.answer, **_secrets(call, by=Actor.calling(request)))


def _fingerprint(request):
    called = f"{request.method} {request.path}\n".encode()
    return sha256(called + request.body).digest()


def _kept(call, answer):
    shown = {name: value for name, value in answer if isinstance(value, Secret)}
    rows = {
        name: StoredSecret.objects.matching(secret).get().pk
        for name, secret in shown.items()
    }
    call.keep(answer.model_dump(mode="json", exclude=set(shown)), rows)
    return answer


def _secrets(call, *, by):
    """Return the secrets of an earlier answer; the audit trail is told of it."""
    rows = StoredSecret.objects.select_related("token__account").in_bulk(
        call.secrets.values()
    )
    for row in rows.values():
        row.token.record(Action.TOKEN_REVEALED, by, repeated_call=True)
    return {name: rows[pk].open() for name, pk in call.secrets.items()}
