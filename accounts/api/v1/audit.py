"""The audit trail as lines of JSON, for whoever keeps it elsewhere too."""

from datetime import datetime
from itertools import batched
from typing import Any, Literal

from django.http import StreamingHttpResponse
from ninja import Query
from pydantic import Field

from accounts.api.examples import TIME
from accounts.api.logzio.audit import events_for
from accounts.api.plumbing import audit_privacy
from accounts.api.plumbing.fields import Text
from accounts.api.plumbing.guards import account_for, requires
from accounts.api.v1.fields import Asked, AskedId, Moment, Resource
from accounts.api.v1.routers import ROOT, own_router, reads
from accounts.models import Action
from accounts.permissions import Operation

router = own_router("audit")

MEDIA_TYPE = "application/x-ndjson"
CHUNK = 500
LOOKUPS = {
    "since": "created_at__gte",
    "until": "created_at__lt",
    "token": "token_id",
    "account": "account_id",
    "after": "pk__gt",
}


class AuditAsked(Asked):
    since: Moment | None = Field(None, description="From when on.", examples=[TIME])
    until: Moment | None = Field(None, description="Until when.", examples=[TIME])
    action: list[Literal[tuple(Action.values)]] = Field(
        [], description="Only events of these kinds."
    )
    actor: list[Text] = Field(
        [],
        max_length=100,
        description="E-mails or token names.",
        examples=[["Terraform"]],
    )
    token: AskedId | None = Field(None, description="Only events of this token.")
    account: AskedId | None = Field(None, description="Only events of this account.")
    after: AskedId | None = Field(None, description="`id` of the last event seen.")
    limit: int = Field(1000, ge=1, le=10_000, description="How many events at most.")

    def narrow(self, events):
        asked = {look: getattr(self, name) for name, look in LOOKUPS.items()}
        said = {look: value for look, value in asked.items() if value is not None}
        events = events.filter(**said)
        if self.action:
            events = events.filter(action__in=self.action)
        return events.by(self.actor) if self.actor else events


class AuditLine(Resource):
    id: int = Field(description="Its id.", examples=[77])
    time: datetime = Field(description="When it happened.", examples=[TIME])
    action: str = Field(
        description="What was done, for programs.", examples=["token_created"]
    )
    title: str = Field(
        description="What was done, in words.", examples=["Created a token"]
    )
    actor: str | None = Field(
        description="The name of the token that did it; null for a person.",
        examples=["Terraform"],
    )
    user_id: int | None = Field(
        description="The id of the person who did it.", examples=[None]
    )
    actor_token_id: int | None = Field(
        description="The id of the token that did it.", examples=[77]
    )
    account_id: int | None = Field(
        description="The id of the account that it belongs to.", examples=[1042]
    )
    target: str = Field(
        description="What it was done to.", examples=["Fluent Bit (tgl_8fJ2kQ1x…GgHh)"]
    )
    token_id: int | None = Field(
        description="The id of the token that it is about.", examples=[77]
    )
    address: str | None = Field(
        description="The address that the call came from.", examples=["203.0.113.9"]
    )
    agent: str = Field(
        description="The client, as it calls itself.", examples=["Fluent-Bit"]
    )
    data: dict[str, Any] = Field(description="What else is known of it.", examples=[{}])
    sequence: int = Field(
        description="Its place in the organisation's trail.", examples=[4]
    )
    digest: str = Field(
        description="The end of the chain that this event is a link of.",
        examples=["9f2c64b1"],
    )


@router.get(
    f"{ROOT}/audit",
    response=reads(AuditLine),
    summary="Read the audit trail as lines of JSON, the oldest first",
    description="Each line is one event. To go on, ask for what is `after` the id of "
    "the last one. The events are those of the token's account, and of the "
    "organisation itself when that is the main account. No address of a person is in "
    "it: what people did has their `user_id`, with `actor` and `address` null and "
    "`agent` empty; `target` is empty where it is a person, and `(e-mail)` stands for "
    "any in other texts. What tokens did has all of that. `digest` covers what is left "
    "out, too.",
    openapi_extra={"x-lines": MEDIA_TYPE},
)
@requires(Operation.AUDIT_VIEW)
def own_audit(request, asked: Query[AuditAsked]):
    if asked.account is not None:
        account_for(request, asked.account, Operation.AUDIT_VIEW)
    events = asked.narrow(events_for(request))
    events = events.order_by("pk")[: asked.limit]
    return StreamingHttpResponse(_chunks(events), content_type=MEDIA_TYPE)


def _chunks(events):
    for some in batched(events.iterator(chunk_size=CHUNK), CHUNK):
        yield "".join(f"{_line(event).model_dump_json()}\n" for event in some)


def _line(event):
    return AuditLine(
        id=event.pk,
        time=event.created_at,
        action=event.action,
        title=event.get_action_display(),
        actor=audit_privacy.actor(event),
        user_id=event.user_id,
        actor_token_id=event.actor_token_id,
        account_id=event.account_id,
        target=audit_privacy.target(event),
        token_id=event.token_id,
        address=audit_privacy.address(event),
        agent=audit_privacy.agent(event),
        data=audit_privacy.without_emails(event.data),
        sequence=event.sequence,
        digest=bytes(event.digest).hex(),
    )
