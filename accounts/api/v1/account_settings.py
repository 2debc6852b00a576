"""The settings of accounts: which kind has which, and what they are to a program."""

from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, create_model

from accounts.api.account_fields import (
    ACCESSIBLE,
    ACCOUNT_NAME,
    DOC_SIZE_SETTING,
    FREQUENCY_MINUTES,
    IS_FLEXIBLE,
    MAY_USE_OBJECTS_IDS,
    RETENTION_DAYS,
    SEARCHABLE,
    SNAP_SEARCH_RETENTION_DAYS,
    UTILIZATION_ENABLED,
)
from accounts.api.logzio.account_bodies import SPACED_NAME
from accounts.api.v1.accounts import AccountAnswer
from accounts.api.v1.fields import Flag, Ids, StrictBody, one_of, whole
from accounts.models import AccountKind

MOST_GB = 10**9
MOST_SPANS = 10**15
MOST_MULTIPLIER = 32_767

Name = Annotated[
    str, Field(pattern=SPACED_NAME), AfterValidator(lambda name: name.strip(" "))
]
Gigabytes = Annotated[float, Field(strict=True, ge=0, le=MOST_GB, allow_inf_nan=False)]


def _about(description, example):
    return Field(description=description, examples=[example])


# A setting -> what it is, and what it means. Their names are the account's own.
ACCOUNT_SETTINGS = {
    "name": (Name, ACCOUNT_NAME),
    "accessible": (Flag, ACCESSIBLE),
    "searchable": (Flag, SEARCHABLE),
    "retention_days": (whole(1), RETENTION_DAYS),
    "is_flexible": (Flag, IS_FLEXIBLE),
    "max_daily_gb": (
        Gigabytes | None,
        _about("Gigabytes a day; null for flexible ones without a cap.", 5.0),
    ),
    "reserved_daily_gb": (
        Gigabytes | None,
        _about("Gigabytes a day of its own, when flexible.", None),
    ),
    "soft_limit_gb": (
        Gigabytes | None,
        _about("A cap of a consumption plan, in gigabytes a day.", None),
    ),
    "snap_search_retention_days": (whole() | None, SNAP_SEARCH_RETENTION_DAYS),
    "doc_size_setting": (Flag, DOC_SIZE_SETTING),
    "utilization_enabled": (Flag, UTILIZATION_ENABLED),
    "utilization_frequency_minutes": (whole() | None, FREQUENCY_MINUTES),
    "sharing_objects_accounts": (Ids, MAY_USE_OBJECTS_IDS),
    "plan_uts": (
        whole() | None,
        _about("Unique time series of a metrics account.", 1000),
    ),
    "monthly_spans": (
        whole(most=MOST_SPANS) | None,
        _about("Spans a month of a tracing account.", 1000),
    ),
    "daily_multiplier": (
        whole(most=MOST_MULTIPLIER),
        _about("How many times a day's share of the spans one day may take.", 8),
    ),
    "authorized_accounts": (
        Ids,
        _about("The ids of accounts that may read it, in this order.", [1043]),
    ),
    "accounts_to_scan": (
        Ids,
        _about("The ids of log accounts that a security account reads.", [1043]),
    ),
}
FLAG_FIELDS = ("accessible", "searchable")
OF_LOGS = (
    "retention_days",
    "is_flexible",
    "max_daily_gb",
    "reserved_daily_gb",
    "soft_limit_gb",
    "snap_search_retention_days",
    "doc_size_setting",
    "utilization_enabled",
    "utilization_frequency_minutes",
    "sharing_objects_accounts",
)
OF_KIND = {
    AccountKind.MAIN: ("name", *OF_LOGS),
    AccountKind.SUB: ("name", *FLAG_FIELDS, *OF_LOGS),
    AccountKind.METRICS: ("name", "accessible", "plan_uts", "authorized_accounts"),
    AccountKind.TRACING: (
        *("name", "accessible", "monthly_spans", "daily_multiplier"),
        *("soft_limit_gb", "authorized_accounts"),
    ),
    AccountKind.SECURITY: ("name", "accessible", "accounts_to_scan"),
}


def said(name):
    """Return the field of a setting that may be left out."""
    shape, meaning = ACCOUNT_SETTINGS[name]
    # Left out it is as the model has it, or as it was: the document says no default.
    return Annotated[shape, meaning], Field(default_factory=lambda: None)


def _answered(name):
    shape, meaning = ACCOUNT_SETTINGS[name]
    return Annotated[shape | None, meaning], ...


def _new(kind, title):
    shape, meaning = ACCOUNT_SETTINGS["name"]
    fields = {name: said(name) for name in OF_KIND[kind] if name != "name"}
    fields |= {
        "kind": (Literal[kind.value], Field(description="The kind of account.")),
        "name": (Annotated[shape, meaning], ...),
    }
    return create_model(title, __base__=StrictBody, **fields)


NewAccount = one_of(
    _new(AccountKind.SUB, "SubAccountBody")
    | _new(AccountKind.METRICS, "MetricsAccountBody")
    | _new(AccountKind.TRACING, "TracingAccountBody")
    | _new(AccountKind.SECURITY, "SecurityAccountBody"),
    by="kind",
)


class _AnyKind(StrictBody):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "Staging", "retention_days": 7}]}
    )


AccountChange = create_model(
    "AccountChange",
    __base__=_AnyKind,
    **{name: said(name) for name in ACCOUNT_SETTINGS},
)
AccountWithSettings = create_model(
    "AccountWithSettings",
    __base__=AccountAnswer,
    __doc__="An account with its settings; null for those that its kind does not have.",
    **{
        name: _answered(name)
        for name in ACCOUNT_SETTINGS
        if name not in AccountAnswer.model_fields
    },
)
