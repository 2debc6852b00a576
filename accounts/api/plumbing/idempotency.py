"""Creates that are safe to repeat: an idempotency key is good for one of them."""

from hashlib import sha256
from typing import Annotated

from ninja import Header

from accounts import hooks
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
    [keeper] = hooks.secret_keepers
    secrets = keeper.open_again(call.secrets, by=Actor.calling(request))
    return schema(**call.answer, **secrets)


def _fingerprint(request):
    called = f"{request.method} {request.path}\n".encode()
    return sha256(called + request.body).digest()


def _kept(call, answer):
    [keeper] = hooks.secret_keepers
    rows = keeper.rows(answer)
    call.keep(answer.model_dump(mode="json", exclude=set(rows)), rows)
    return answer
