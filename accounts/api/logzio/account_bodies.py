"""Bodies that create and change time-based accounts, those that take logs."""

from typing import Annotated

from pydantic import AliasChoices, BeforeValidator, Field, WithJsonSchema

from accounts.api.account_fields import (
    ACCESSIBLE,
    ACCOUNT_NAME,
    DOC_SIZE_SETTING,
    FIRST_ADMIN,
    FREQUENCY_MINUTES,
    IS_FLEXIBLE,
    MAX_DAILY_GB,
    MAY_USE_OBJECTS_IDS,
    RESERVED_DAILY_GB,
    RETENTION_DAYS,
    SEARCHABLE,
    SOFT_LIMIT_GB,
    UTILIZATION,
    UTILIZATION_ENABLED,
)
from accounts.api.plumbing.bodies import Body, Sparse
from accounts.api.plumbing.fields import (
    Number,
    OptionalFlag,
    OptionalWholes,
    Wholes,
    number,
    text,
    whole,
)

NAME = "^[A-Za-z0-9._ -]{1,100}$"
EMAIL = (
    r"^[_A-Za-z0-9-\+]+(\.[_A-Za-z0-9-]+)*"
    r"@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(\.[A-Za-z]{2,})$"
)
# The same with spaces around it, which are dropped.
SPACED_NAME = "^ *[A-Za-z0-9._-]([A-Za-z0-9._ -]{0,98}[A-Za-z0-9._-])? *$"


def _without_spaces_around(value):
    return value.strip(" ") if isinstance(value, str) else value


AccountName = Annotated[
    str,
    Field(pattern=NAME),
    BeforeValidator(_without_spaces_around),
    WithJsonSchema({"type": "string", "pattern": SPACED_NAME}),
]
Email = text(EMAIL, longest=254)
Amount = number(0)
Days = whole(0)


class Utilization(Sparse):
    frequency_minutes: Annotated[Days | None, FREQUENCY_MINUTES] = None
    utilization_enabled: Annotated[OptionalFlag, UTILIZATION_ENABLED] = None


class Settings(Body):
    """What both have. Zero is how the Go client says that something is not set."""

    account_name: Annotated[AccountName, ACCOUNT_NAME]
    is_flexible: Annotated[OptionalFlag, IS_FLEXIBLE] = None
    reserved_daily_gb: Annotated[Amount | None, RESERVED_DAILY_GB] = None
    max_daily_gb: Annotated[Amount | None, MAX_DAILY_GB] = None
    soft_limit_gb: Annotated[Number | None, SOFT_LIMIT_GB] = None
    snap_search_retention_days: Annotated[
        Days | None,
        Field(
            validation_alias=AliasChoices(
                "snapSearchRetentionDays", "snapsearchRetentionDays"
            ),
            description="Days in the warm tier, or null.",
            examples=[None],
        ),
    ] = None

    def volumes(self, *, is_flexible):
        """Return the volumes by the names of the account's own fields."""
        return {
            "is_flexible": is_flexible,
            "reserved_daily_gb": (
                self.reserved_daily_gb
                if is_flexible
                else self.reserved_daily_gb or None
            ),
            "max_daily_gb": (
                self.max_daily_gb if is_flexible else self.max_daily_gb or 0
            ),
            "soft_limit_gb": self.soft_limit_gb or None,
        }


class NewTimeBasedAccount(Sparse, Settings):
    email: Annotated[Email, FIRST_ADMIN]
    retention_days: Annotated[whole(1), RETENTION_DAYS]
    sharing_objects_accounts: Annotated[Wholes, MAY_USE_OBJECTS_IDS] = []
    searchable: Annotated[OptionalFlag, SEARCHABLE] = None
    accessible: Annotated[OptionalFlag, ACCESSIBLE] = None
    doc_size_setting: Annotated[OptionalFlag, DOC_SIZE_SETTING] = None
    utilization_settings: Annotated[Utilization, UTILIZATION] = Utilization()

    def values(self):
        utilization = self.utilization_settings
        return self.volumes(is_flexible=bool(self.is_flexible)) | {
            "name": self.account_name,
            "retention_days": self.retention_days,
            "snap_search_retention_days": self.snap_search_retention_days or None,
            "searchable": bool(self.searchable),
            "accessible": bool(self.accessible),
            "doc_size_setting": bool(self.doc_size_setting),
            "utilization_enabled": bool(utilization.utilization_enabled),
            "utilization_frequency_minutes": utilization.frequency_minutes or None,
        }


class TimeBasedAccountChange(Settings):
    """Replaces all settings: what is left out goes back to its default.

    What is there as null or as an empty text stays as it is, and so does a retention
    of 0 days. Days in the warm tier stay when nothing is said of them.
    """

    retention_days: Days | None = Field(
        None,
        description="How many days logs are kept; 0 or nothing leaves it as it is.",
        examples=[7],
    )
    sharing_objects_accounts: Annotated[OptionalWholes, MAY_USE_OBJECTS_IDS] = []
    searchable: Annotated[OptionalFlag, SEARCHABLE] = False
    accessible: Annotated[OptionalFlag, ACCESSIBLE] = False
    doc_size_setting: Annotated[OptionalFlag, DOC_SIZE_SETTING] = False
    utilization_settings: Annotated[Utilization | None, UTILIZATION] = Utilization(
        utilizationEnabled=False
    )

    def values(self, account):
        """Return what the account gets, without what stays as it is."""
        asked = {
            "name": self.account_name,
            "retention_days": self.retention_days or None,
            "snap_search_retention_days": self.snap_search_retention_days,
            "searchable": self.searchable,
            "accessible": self.accessible,
            "doc_size_setting": self.doc_size_setting,
        }
        said = {name: value for name, value in asked.items() if value is not None}
        return said | self._volumes(account) | self._utilization()

    def _volumes(self, account):
        flexible = account.is_flexible if self.is_flexible is None else self.is_flexible
        volumes = self.volumes(is_flexible=flexible)
        is_null = self.max_daily_gb is None and self.says("max_daily_gb")
        if is_null and not flexible:
            # Only a flexible account can be without a cap.
            del volumes["max_daily_gb"]
        return volumes

    def _utilization(self):
        asked = self.utilization_settings
        if asked is None:
            return {}
        if asked.utilization_enabled is None:
            minutes = asked.frequency_minutes
            return {"utilization_frequency_minutes": minutes} if minutes else {}
        return {
            "utilization_enabled": asked.utilization_enabled,
            "utilization_frequency_minutes": asked.frequency_minutes or None,
        }

    def says(self, name):
        return name in self.model_fields_set
