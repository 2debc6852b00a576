"""How time-based accounts, those that take logs, look in answers."""

from itertools import batched
from typing import Annotated

from pydantic import Field

from accounts import quotas
from accounts.api.account_fields import (
    ACCESSIBLE,
    ACCOUNT_ID,
    ACCOUNT_NAME,
    ACCOUNT_TOKEN,
    DOC_SIZE_SETTING,
    FREQUENCY_MINUTES,
    IS_CAPPED,
    IS_FLEXIBLE,
    MAX_DAILY_GB,
    MAY_USE_OBJECTS,
    RESERVED_DAILY_GB,
    RETENTION_DAYS,
    SEARCHABLE,
    SNAP_SEARCH_RETENTION_DAYS,
    SOFT_LIMIT_GB,
    UTILIZATION,
    UTILIZATION_ENABLED,
)
from accounts.api.examples import MILLISECONDS
from accounts.api.logzio.associated import ACCOUNT_TYPES
from accounts.api.plumbing.default_tokens import TokenText
from accounts.api.plumbing.fields import Answer, epoch_milliseconds
from accounts.api.plumbing.streams import CHUNK
from accounts.lists import listed

SHARING = "sharing_objects_accounts"
Gigabytes = float | None


class AccountMade(Answer):
    account_id: Annotated[int, ACCOUNT_ID]
    account_token: Annotated[TokenText, ACCOUNT_TOKEN]


class AccountName(Answer):
    account_id: Annotated[int, ACCOUNT_ID]
    account_name: Annotated[str, ACCOUNT_NAME]


class UtilizationSettings(Answer):
    frequency_minutes: Annotated[int | None, FREQUENCY_MINUTES]
    utilization_enabled: Annotated[bool, UTILIZATION_ENABLED]


class TimeBasedAccount(Answer):
    account_id: Annotated[int, ACCOUNT_ID]
    # Whom it was made for; it has members now.
    email: None = Field(
        None, description="Always null when an account is read.", examples=[None]
    )
    account_name: Annotated[str, ACCOUNT_NAME]
    is_flexible: Annotated[bool, IS_FLEXIBLE]
    reserved_daily_gb: Annotated[Gigabytes, RESERVED_DAILY_GB]
    max_daily_gb: Annotated[Gigabytes, MAX_DAILY_GB]
    retention_days: Annotated[int, RETENTION_DAYS]
    searchable: Annotated[bool, SEARCHABLE]
    accessible: Annotated[bool, ACCESSIBLE]
    doc_size_setting: Annotated[bool, DOC_SIZE_SETTING]
    sharing_objects_accounts: Annotated[list[AccountName], MAY_USE_OBJECTS]
    utilization_settings: Annotated[UtilizationSettings, UTILIZATION]
    snap_search_retention_days: Annotated[int | None, SNAP_SEARCH_RETENTION_DAYS]
    is_capped: Annotated[bool, IS_CAPPED]
    shared_gb: Annotated[
        Gigabytes,
        Field(
            alias="sharedGB",
            description="What is left of the plan for all, when flexible.",
            examples=[None],
        ),
    ]
    total_gb: Annotated[
        Gigabytes,
        Field(
            alias="totalTimeBasedDailyGB",
            description="The plan's gigabytes a day, when flexible.",
            examples=[None],
        ),
    ]
    is_owner: bool = Field(
        description="Whether it is the main account.", examples=[False]
    )
    soft_limit_gb: Annotated[Gigabytes, SOFT_LIMIT_GB]


class SubAccountRelation(Answer):
    owner_account_id: int = Field(description="The main account's id.", examples=[1])
    sub_account_id: Annotated[int, ACCOUNT_ID]
    searchable: Annotated[bool, SEARCHABLE]
    accessible: Annotated[bool, ACCESSIBLE]
    created_date: int = Field(
        description="When it was made, in milliseconds since 1970.",
        examples=[MILLISECONDS],
    )
    last_updated_date: int = Field(
        description="When it was changed last, in milliseconds since 1970.",
        examples=[MILLISECONDS],
    )
    last_updater_user_id: int | None = Field(
        description="The id of the person who changed it last.", examples=[7]
    )
    type: str = Field(description="The kind of account.", examples=["SUB_ACCOUNT"])


class AccountView(Answer):
    account_id: Annotated[int, ACCOUNT_ID]
    account_name: Annotated[str, ACCOUNT_NAME]
    account_token: Annotated[TokenText, ACCOUNT_TOKEN]
    active: bool = Field(description="Whether it works right now.", examples=[True])
    es_index_prefix: str = Field(
        description="What the names of its indices begin with.",
        examples=["account-1042"],
    )
    is_flexible: Annotated[bool, IS_FLEXIBLE]
    reserved_daily_gb: Annotated[Gigabytes, RESERVED_DAILY_GB]
    max_daily_gb: Annotated[Gigabytes, MAX_DAILY_GB]
    retention_days: Annotated[int, RETENTION_DAYS]
    soft_limit_gb: Annotated[Gigabytes, SOFT_LIMIT_GB]


class DailyCount(Answer):
    date: int = Field(
        description="The day, in milliseconds since 1970.", examples=[MILLISECONDS]
    )
    bytes: int = Field(description="How much arrived that day.", examples=[1048576])


class DailyUsages(Answer):
    usage: list[DailyCount] = Field(
        description="One element for each day.", examples=[[]]
    )


class DetailedTimeBasedAccount(Answer):
    sub_account_relation: SubAccountRelation = Field(
        description="How the account stands to the main account."
    )
    account: AccountView = Field(description="The account itself.")
    sharing_objects_accounts: Annotated[list[AccountView], MAY_USE_OBJECTS]
    utilization_settings: Annotated[UtilizationSettings, UTILIZATION]
    daily_usages_list: DailyUsages = Field(
        description="What arrived on each day. Tollgate does not count it."
    )
    doc_size_setting: Annotated[bool, DOC_SIZE_SETTING]
    snap_search_retention_days: Annotated[int | None, SNAP_SEARCH_RETENTION_DAYS]
    is_capped: Annotated[bool, IS_CAPPED]
    soft_limit_gb: Annotated[Gigabytes, SOFT_LIMIT_GB]


class AccountSerializer:
    """Data that one organisation's accounts have in common, read once."""

    def __init__(self, main):
        self.main = main
        self.organisation = main.organisation
        self.left_gb = quotas.daily_gb(self.organisation).left
        self.sharing = {}

    def plain(self, accounts):
        """Yield accounts as they look in answers, with a few queries for each chunk."""
        for some in batched(accounts, CHUNK):
            self.sharing = listed(SHARING, some)
            yield from map(self._plain, some)

    def detailed(self, accounts, secrets):
        """Return the accounts with their tokens, as far as there are `secrets`."""
        self.sharing = listed(SHARING, accounts)
        return [self._detailed(account, secrets) for account in accounts]

    def max_daily_gb(self, account):
        """Return an account's volume; without flexible volume, main has what is left."""
        if account.is_main and not account.is_flexible:
            return self.left_gb
        return account.max_daily_gb

    def _plain(self, account):
        flexible = account.is_flexible
        return TimeBasedAccount(
            account_id=account.pk,
            account_name=account.name,
            is_flexible=flexible,
            reserved_daily_gb=account.reserved_daily_gb,
            max_daily_gb=self.max_daily_gb(account),
            retention_days=account.retention_days,
            searchable=account.searchable,
            accessible=account.accessible,
            doc_size_setting=account.doc_size_setting,
            sharing_objects_accounts=[
                AccountName(account_id=each.pk, account_name=each.name)
                for each in self.sharing[account.pk]
            ],
            utilization_settings=_utilization(account),
            snap_search_retention_days=account.snap_search_retention_days or None,
            is_capped=_is_capped(account),
            shared_gb=self.left_gb if flexible else None,
            total_gb=self.organisation.daily_gb if flexible else None,
            is_owner=account.is_main,
            soft_limit_gb=account.soft_limit_gb,
        )

    def _detailed(self, account, secrets):
        return DetailedTimeBasedAccount(
            sub_account_relation=self._relation(account),
            account=self._view(account, secrets.get(account.pk)),
            sharing_objects_accounts=[
                self._view(each) for each in self.sharing[account.pk]
            ],
            utilization_settings=_utilization(account),
            # What accounts ship is not counted here.
            daily_usages_list=DailyUsages(usage=[]),
            doc_size_setting=account.doc_size_setting,
            snap_search_retention_days=account.snap_search_retention_days or None,
            is_capped=_is_capped(account),
            soft_limit_gb=account.soft_limit_gb,
        )

    def _relation(self, account):
        return SubAccountRelation(
            owner_account_id=self.main.pk,
            sub_account_id=account.pk,
            searchable=account.searchable,
            accessible=account.accessible,
            created_date=epoch_milliseconds(account.created_at),
            last_updated_date=epoch_milliseconds(account.updated_at),
            last_updater_user_id=account.updated_by_id,
            type=ACCOUNT_TYPES[account.kind],
        )

    def _view(self, account, secret=None):
        return AccountView(
            account_id=account.pk,
            account_name=account.name,
            account_token=secret,
            active=not (account.suspended_at or self.organisation.suspended_at),
            es_index_prefix=f"account-{account.pk}",
            is_flexible=account.is_flexible,
            reserved_daily_gb=account.reserved_daily_gb,
            max_daily_gb=self.max_daily_gb(account),
            retention_days=account.retention_days,
            soft_limit_gb=account.soft_limit_gb,
        )


def _utilization(account):
    return UtilizationSettings(
        frequency_minutes=account.utilization_frequency_minutes,
        utilization_enabled=account.utilization_enabled,
    )


def _is_capped(account):
    return account.is_flexible and account.max_daily_gb is not None
