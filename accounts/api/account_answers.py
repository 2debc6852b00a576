"""How time-based accounts, those that take logs, look in answers."""

from itertools import batched
from typing import Annotated

from pydantic import Field

from accounts import quotas
from accounts.api.associated import TYPES
from accounts.api.default_tokens import TokenText
from accounts.api.fields import Answer, epoch_milliseconds
from accounts.api.streams import CHUNK
from accounts.lists import listed

SHARING = "sharing_objects_accounts"
Gigabytes = float | None


class AccountMade(Answer):
    account_id: int
    account_token: TokenText


class AccountName(Answer):
    account_id: int
    account_name: str


class UtilizationSettings(Answer):
    frequency_minutes: int | None
    utilization_enabled: bool


class TimeBasedAccount(Answer):
    account_id: int
    # Whom it was made for; it has members now.
    email: None = None
    account_name: str
    is_flexible: bool
    reserved_daily_gb: Annotated[Gigabytes, Field(alias="reservedDailyGB")]
    max_daily_gb: Annotated[Gigabytes, Field(alias="maxDailyGB")]
    retention_days: int
    searchable: bool
    accessible: bool
    doc_size_setting: bool
    sharing_objects_accounts: list[AccountName]
    utilization_settings: UtilizationSettings
    snap_search_retention_days: int | None
    is_capped: bool
    shared_gb: Annotated[Gigabytes, Field(alias="sharedGB")]
    total_gb: Annotated[Gigabytes, Field(alias="totalTimeBasedDailyGB")]
    is_owner: bool
    soft_limit_gb: Annotated[Gigabytes, Field(alias="softLimitGB")]


class SubAccountRelation(Answer):
    owner_account_id: int
    sub_account_id: int
    searchable: bool
    accessible: bool
    created_date: int
    last_updated_date: int
    last_updater_user_id: int | None
    type: str


class AccountView(Answer):
    account_id: int
    account_name: str
    account_token: TokenText
    active: bool
    es_index_prefix: str
    is_flexible: bool
    reserved_daily_gb: Annotated[Gigabytes, Field(alias="reservedDailyGB")]
    max_daily_gb: Annotated[Gigabytes, Field(alias="maxDailyGB")]
    retention_days: int
    soft_limit_gb: Annotated[Gigabytes, Field(alias="softLimitGB")]


class DailyCount(Answer):
    date: int
    bytes: int


class DailyUsages(Answer):
    usage: list[DailyCount]


class DetailedTimeBasedAccount(Answer):
    sub_account_relation: SubAccountRelation
    account: AccountView
    sharing_objects_accounts: list[AccountView]
    utilization_settings: UtilizationSettings
    daily_usages_list: DailyUsages
    doc_size_setting: bool
    snap_search_retention_days: int | None
    is_capped: bool
    soft_limit_gb: Annotated[Gigabytes, Field(alias="softLimitGB")]


class Shelf:
    """What the answers about accounts of one organisation have in common, read once."""

    def __init__(self, main):
        self.main = main
        self.organisation = main.organisation
        self.left_gb = quotas.daily_gb(self.organisation).left
        self.sharing = {}

    def plain(self, accounts):
        """Yield accounts as they look in answers, with a few queries for each chunk."""
        for some in batched(accounts, CHUNK, strict=False):
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
            type=TYPES[account.kind],
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
