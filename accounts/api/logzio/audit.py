"""The audit trail of the token's account; main's has that of the organisation too."""

from typing import Annotated

from django.db.models import Q
from pydantic import BeforeValidator, Field, TypeAdapter, WithJsonSchema

from accounts.api.audit_answers import (
    AuditEventType,
    AuditEventUser,
    AuditTrail,
    Event,
    EventTypes,
    ExtraData,
)
from accounts.api.examples import MILLISECONDS
from accounts.api.plumbing import audit_privacy
from accounts.api.plumbing.areas import Area, router_in
from accounts.api.plumbing.bodies import Single, Sparse
from accounts.api.plumbing.fields import (
    NULL,
    Milliseconds,
    OptionalFlag,
    Text,
    Whole,
    epoch_milliseconds,
    whole,
)
from accounts.api.plumbing.guards import accounts_for, requires
from accounts.audit.trail import Actor
from accounts.models import Action, AuditEvent, Membership, User
from accounts.permissions import Operation

ROOT = "/v1/audit-trail"
MOST = 500

router = router_in(Area("audit-trail"))


TEXT = TypeAdapter(Text).json_schema()
CODED = {
    "type": "object",
    "properties": {"auditEventType": {"anyOf": [TEXT, NULL]}},
}


def _code(value):
    """Take an element of auditEventTypesList for its code."""
    return value.get("auditEventType") if isinstance(value, dict) else value


EventType = Annotated[
    Text | None,
    BeforeValidator(_code),
    WithJsonSchema({"anyOf": [TEXT, CODED, NULL]}),
    Single(),
]


class AskedUser(Sparse):
    id: Whole | None = Field(
        None,
        description="The id of the person or token; goes before the name.",
        examples=[7],
    )
    full_name: Text | None = Field(
        None, description="The name or the e-mail address.", examples=["Dana Levi"]
    )
    user_token: OptionalFlag = Field(
        None, description="Whether a token did it, and not a person.", examples=[False]
    )

    def narrow(self, events):
        if self.id is not None:
            column = "actor_token_id" if self.user_token else "user"
            return events.filter(**{column: self.id})
        return events.by([self.full_name]) if self.full_name else events


class AuditQuery(Sparse):
    size: whole(0, MOST) = Field(
        MOST, description="How many events at most.", examples=[50]
    )
    start: Annotated[
        whole(0),
        Field(alias="from", description="How many events to leave out.", examples=[0]),
    ] = 0
    audit_event_user: AskedUser = Field(
        AskedUser(), description="Only what one person or token did."
    )
    audit_event_type: EventType = Field(
        None,
        description="Only events of one kind: its code, its title, or an element of "
        "`auditEventTypesList`.",
        examples=["TOKEN_CREATED"],
    )
    from_date: Milliseconds | None = Field(
        None,
        description="Only events from then on, in milliseconds since 1970.",
        examples=[MILLISECONDS],
    )
    to_date: Milliseconds | None = Field(
        None,
        description="Only events until then, in milliseconds since 1970.",
        examples=[MILLISECONDS],
    )
    sort_descending: OptionalFlag = Field(
        None,
        description="Newest first, which is how it is without it.",
        examples=[True],
    )
    include_filters_data: OptionalFlag = Field(
        None, description="Answer also what there is to narrow by.", examples=[False]
    )

    def narrow(self, events):
        asked = {
            "action__in": _actions(self.audit_event_type),
            "created_at__gte": self.from_date,
            "created_at__lte": self.to_date and _last_of(self.to_date),
        }
        said = {look: value for look, value in asked.items() if value is not None}
        return self.audit_event_user.narrow(events.filter(**said))


@router.post(
    ROOT,
    response=AuditTrail,
    summary="Search the audit trail",
    description="No address of a person is in it: `ip` is null for what people did, a "
    "person without a name has an empty `fullName`, and `(e-mail)` stands for any in "
    "texts. What tokens did has all of that.",
)
@requires(Operation.AUDIT_VIEW)
def audit_trail(request, body: AuditQuery | None = None):
    asked, events = body or AuditQuery(), events_for(request)
    found = asked.narrow(events)
    order = "pk" if asked.sort_descending is False else "-pk"
    page = found.select_related("user").order_by(order)
    rows = page[asked.start : asked.start + asked.size]
    full = asked.include_filters_data
    return AuditTrail(
        page_size=asked.size,
        start=asked.start,
        total=found.order_by()[:MOST].count(),
        results=_shown(request, rows),
        audit_event_users_list=_actors(request, events) if full else [],
        audit_event_types_list=_types(events) if full else [],
    )


@router.post(
    f"{ROOT}/event-types", response=EventTypes, summary="What kinds of event there were"
)
@requires(Operation.AUDIT_VIEW)
def audit_event_types(request):
    types = _types(events_for(request))
    return EventTypes(event_types=[each.audit_event_type for each in types])


def events_for(request):
    """Return the events of accounts as the policy allows, and of none, which are main's."""
    accounts = accounts_for(request, Operation.AUDIT_VIEW)
    near = AuditEvent.objects.of_account(request.auth.account)
    return near.filter(Q(account__in=accounts) | Q(account=None))


def _actions(name):
    """Return the actions with a code or a title, or None for all of them."""
    if not name:
        return None
    name = name.casefold()
    return [
        action for action in Action if name in (action.value, action.label.casefold())
    ]


def _last_of(moment):
    """Return the end of a millisecond, since an event's time is shown cut to it."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000 + 999)


def _types(events):
    occurred = set(events.order_by().values_list("action", flat=True).distinct())
    return [
        AuditEventType(
            audit_event_type=action.name, audit_event_type_title=action.label
        )
        for action in Action
        if action in occurred
    ]


def _actors(request, events):
    columns = ("actor_label", "actor_token_id", "user_id")
    actors = events.order_by(*columns).values_list(*columns).distinct()[:MOST]
    rows = [AuditEvent(**dict(zip(columns, row, strict=True))) for row in actors]
    people = User.objects.in_bulk({row.user_id for row in rows if row.user_id})
    for row in rows:
        row.user = people.get(row.user_id)
    names = _names(request, rows)
    return [_actor(row, names) for row in rows]


def _names(request, events):
    """Return what the organisation calls its people, by their ids.

    Who has several names goes by the one in the caller's own account.
    """
    own = request.auth.account
    homes = Membership.objects.filter(
        account__organisation=own.organisation_id,
        user__in={event.user_id for event in events},
    )
    rows = sorted(
        homes.select_related("user"),
        key=lambda row: (row.account_id == own.pk, -row.pk),
    )
    return {row.user_id: row.called for row in rows}


def _actor(event, names):
    """Return who did it: a person, a token, a person who is gone, or the operator."""
    is_token = event.actor_token_id is not None
    is_nobody = event.user is None and not is_token
    return AuditEventUser(
        id=event.actor_token_id or event.user_id or 0,
        full_name=names.get(event.user_id) or _own_name(event),
        deleted=is_nobody and event.actor_label != Actor.console().label,
        user_token=is_token,
    )


def _own_name(event):
    return event.user.full_name if event.user else audit_privacy.actor(event) or ""


def _shown(request, events):
    names = _names(request, events)
    return [
        Event(
            audit_event_user=_actor(event, names),
            date=epoch_milliseconds(event.created_at),
            audit_event_type_title=event.get_action_display(),
            ip=audit_privacy.address(event),
            extra_data_list=list(_extras(event)),
        )
        for event in events
    ]


def _extras(event):
    event.data = audit_privacy.without_emails(event.data)
    target = audit_privacy.target(event)
    if target:
        yield ExtraData(field_name="Name", old_value=None, new_value=target)
    raw = event.data.get("changes", [])
    for (name, *words), (_, *values) in zip(event.changes, raw, strict=True):
        old, new = map(_or_null, words, values)
        yield ExtraData(field_name=name, old_value=old, new_value=new)
    for name, value in event.particulars:
        yield ExtraData(field_name=name, old_value=None, new_value=str(value))


def _or_null(words, value):
    return None if value in (None, "", []) else str(words)
