"""Creates that are safe to repeat: an idempotency key is good for one of them."""

from collections.abc import Callable
from hashlib import sha256
from typing import Annotated, NamedTuple

from ninja import Header

from accounts.audit.trail import Actor
from accounts.models import RecordedCall

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="A text of your own: a repeat with it within 24 hours is answered "
        "as the first call was, with the same secret, and changes nothing. Where the "
        "token was changed since, it is refused.",
    ),
]


class Keeper(NamedTuple):
    """Keeps the secrets of an answer by the rows that hold them, never as text."""

    # Returns the rows of an answer's secrets, by the names of their fields.
    rows: Callable
    # Returns the secrets for that and an actor, once the audit trail is told.
    open_again: Callable


# Secrets are known above this app, and imports only point down: tokens puts it here.
keeper = None


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
    secrets = keeper.open_again(call.secrets, by=Actor.calling(request))
    return schema(**call.answer, **secrets)


def _fingerprint(request):
    called = f"{request.method} {request.path}\n".encode()
    return sha256(called + request.body).digest()


def _kept(call, answer):
    rows = keeper.rows(answer)
    call.keep(answer.model_dump(mode="json", exclude=set(rows)), rows)
    return answer
