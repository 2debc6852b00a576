"""How the audit trail looks in Logz.io's answers."""

from typing import Annotated

from pydantic import Field

from accounts.api.examples import MILLISECONDS
from accounts.api.plumbing.fields import Answer


class AuditEventUser(Answer):
    id: int = Field(description="The id of the person or token, or 0.", examples=[7])
    full_name: str = Field(
        description="The name of the person or token.", examples=["Dana Levi"]
    )
    deleted: bool = Field(description="Whether the person is gone.", examples=[False])
    user_token: bool = Field(
        description="Whether a token did it, and not a person.", examples=[False]
    )


class ExtraData(Answer):
    field_name: str = Field(description="What changed.", examples=["Name"])
    old_value: str | None = Field(description="What it was before.", examples=["Beats"])
    new_value: str | None = Field(
        description="What it is now.", examples=["Fluent Bit"]
    )


class Event(Answer):
    audit_event_user: AuditEventUser = Field(
        description="Who did it: a person or a token."
    )
    date: int = Field(
        description="When it happened, in milliseconds since 1970.",
        examples=[MILLISECONDS],
    )
    audit_event_type_title: str = Field(
        description="The kind of event in words.", examples=["Created a token"]
    )
    ip: str | None = Field(
        description="The address that it was done from.", examples=["203.0.113.9"]
    )
    # Where an address is on the map is not looked up.
    geo_location: None = Field(
        None, description="Always null: addresses are not looked up.", examples=[None]
    )
    extra_data_list: list[ExtraData] = Field(
        description="What it happened to, and what changed."
    )
    valid: bool = Field(default=True, description="Always true.", examples=[True])


class AuditEventType(Answer):
    audit_event_type: str = Field(
        description="A kind of event by its code or its title.",
        examples=["TOKEN_CREATED"],
    )
    audit_event_type_title: str = Field(
        description="The kind of event in words.", examples=["Created a token"]
    )


class AuditTrail(Answer):
    page_size: int = Field(description="How many were asked for.", examples=[500])
    start: Annotated[
        int,
        Field(alias="from", description="How many events to leave out.", examples=[0]),
    ]
    total: int = Field(
        description="How many there are, counted up to 500.", examples=[1]
    )
    results: list[Event] = Field(description="What was found.")
    audit_event_users_list: list[AuditEventUser] = Field(
        description="Everybody who did something, when asked for."
    )
    audit_event_types_list: list[AuditEventType] = Field(
        description="The kinds that there are, when asked for."
    )


class EventTypes(Answer):
    event_types: list[str] = Field(
        description="The codes of what happened.", examples=[["LOGIN", "TOKEN_CREATED"]]
    )
