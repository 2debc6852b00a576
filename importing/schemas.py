"""Answers of a Logz.io-compatible server, read as leniently as they are written."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import (
    AliasChoices,
    BeforeValidator,
    Field,
    PlainValidator,
    ValidationError,
)

from accounts.api.logzio.account_bodies import AccountName, NewTimeBasedAccount
from accounts.api.logzio.user_bodies import FullName, RoleName
from accounts.api.plumbing.bodies import Single, Sparse
from accounts.api.plumbing.fields import Number, OptionalFlag, Text, Whole, Wholes
from sharing.scope import Operator
from tokens.secrets import recognise

# Above it, a number of seconds would be in the year 5138: those are milliseconds.
MOST_SECONDS = 10**11


def _secret(value):
    secret = recognise(value) if isinstance(value, str) else None
    if secret is None:
        raise ValueError("is nothing that a token can be")
    return secret


def _moment(value):
    try:
        number = float(value)
        seconds = number / 1000 if number > MOST_SECONDS else number
        return datetime.fromtimestamp(seconds, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        raise ValueError("is no time") from None


def _ids(rows):
    if not isinstance(rows, list):
        return rows
    return [row.get("accountId") if isinstance(row, dict) else row for row in rows]


SecretText = Annotated[object, PlainValidator(_secret)]
Moment = Annotated[datetime, PlainValidator(_moment)]


class Owner(Sparse):
    account_id: Whole
    account_name: Text


class LogAccount(NewTimeBasedAccount):
    """The main account or a sub account with its settings."""

    account_id: Whole
    email: object = None
    is_owner: OptionalFlag = None
    total_gb: Annotated[Number | None, Field(alias="totalTimeBasedDailyGB")] = None
    sharing_objects_accounts: Annotated[Wholes, BeforeValidator(_ids)] = []


class AccountView(Sparse):
    account_id: Whole
    account_token: SecretText | None = None
    active: OptionalFlag = None


class Detailed(Sparse):
    account: AccountView


class KnownToken(Sparse):
    """A token as a Tollgate shows it: with what Logz.io has no words for."""

    id: Whole
    account_id: Annotated[Whole, Field(alias="account_id")]
    note: Text = ""
    disabled_at: Annotated[object, Field(alias="disabled_at")] = None
    networks: list[Text] = []
    calls_per_minute: Annotated[Whole | None, Field(alias="calls_per_minute")] = None


class Learning(Sparse):
    """Settings that Logz.io has no words for; a Tollgate tells of them at another place."""

    note: Text = ""
    is_paused: bool = False
    networks: list[Text] = []
    calls_per_minute: Whole | None = None

    def learn(self, known):
        """Take over what is known of the token, if anything is."""
        if known:
            self.note, self.is_paused = known.note, known.disabled_at is not None
            self.networks = known.networks
            self.calls_per_minute = known.calls_per_minute

    @property
    def restrictions(self):
        return {
            "networks": self.networks,
            "calls_per_minute": self.calls_per_minute,
        }


class MetricsAccount(Learning):
    account_id: Annotated[Whole, Field(alias="id")]
    account_name: AccountName
    token: SecretText | None = None
    plan_uts: Whole = 0
    authorized_accounts_ids: Wholes = []


class AssociatedAccount(Sparse):
    account_id: Whole
    account_name: Text
    type: Text


class Person(Sparse):
    id: Whole
    username: Text
    full_name: FullName = ""
    account_id: Annotated[
        Whole, Field(validation_alias=AliasChoices("accountID", "accountId"))
    ]
    role: RoleName
    active: OptionalFlag = None


class LogToken(Learning):
    id: Whole
    label: Annotated[Text, Field(alias="name")]
    token: SecretText
    enabled: OptionalFlag = None
    created_at: Moment | None = None
    created_by: Text = ""


class QueryFilter(Sparse):
    id: Whole
    field: Text
    value: Text
    description: Text = ""

    @property
    def label(self):
        return f"{self.field}: {self.value}"


class SharedToken(Learning):
    id: Whole
    label: Annotated[Text, Field(alias="name")]
    token: SecretText
    filters: Annotated[
        Wholes, Field(validation_alias=AliasChoices("filters", "filterIds"))
    ] = []
    filters_operator: Annotated[Operator | None, Single()] = None
    expiration_date: Annotated[Moment | None, Single()] = None
    # Ours: a link that lost a filter has none that would say so.
    shows: Text = ""


def read(model, row):
    """Return a row as a model; raises ValueError that says what is wrong with it."""
    try:
        return model.model_validate(row)
    except ValidationError as error:
        # Without what was read: it may be a token.
        problems = error.errors(include_input=False, include_url=False)
        raise ValueError(
            " ".join(
                f"{'.'.join(map(str, each['loc']))}: {each['msg']}."
                for each in problems
            )
        ) from None
