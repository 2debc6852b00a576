"""Whether an organisation's plan still adds up.

The plan's volumes are shared out among the accounts that are not deleted. Without
flexible volume the main account has what its children leave, as in Logz.io.
"""

from dataclasses import dataclass

from django.db.models import Count, Max, Sum

from accounts.models import LOG_KINDS, AccountKind
from accounts.rule_violations import RuleViolation

LIMITS = {
    AccountKind.SUB: "max_sub_accounts",
    AccountKind.METRICS: "max_metrics_accounts",
    AccountKind.TRACING: "max_tracing_accounts",
    AccountKind.SECURITY: "max_security_accounts",
}
MIN_MAIN_RESERVED_GB = 1
MIN_WARM_TIER_RETENTION_DAYS = 4


@dataclass(frozen=True, slots=True)
class VolumeShare:
    """How much of one volume of the plan is given out."""

    total: float
    used: float

    @property
    def left(self):
        return self.total - self.used

    @property
    def percent(self):
        return min(100, round(100 * self.used / self.total)) if self.total else 0


def daily_gb(organisation, *, without=None):
    """Return the share of the daily log volume that is given out or reserved."""
    accounts = _others(organisation, without).of_kind(*LOG_KINDS)
    fixed = accounts.children()
    if not organisation.is_flexible:
        return VolumeShare(organisation.daily_gb, _sum(fixed, "max_daily_gb"))
    # Children of a flexible plan may still have a fixed volume of their own.
    used = _sum(accounts.filter(is_flexible=True), "reserved_daily_gb")
    used += _sum(fixed.filter(is_flexible=False), "max_daily_gb")
    return VolumeShare(organisation.daily_gb, used)


def unique_time_series(organisation, *, without=None):
    accounts = _others(organisation, without).of_kind(AccountKind.METRICS)
    return VolumeShare(organisation.unique_time_series, _sum(accounts, "plan_uts"))


def monthly_spans(organisation, *, without=None):
    accounts = _others(organisation, without).of_kind(AccountKind.TRACING)
    return VolumeShare(organisation.monthly_spans, _sum(accounts, "monthly_spans"))


def accounts_of(organisation, kind):
    """Return how many accounts of a kind there are and may be."""
    return accounts_by_kind(organisation)[kind]


def accounts_by_kind(organisation):
    """Return for each kind of child how many accounts there are and may be."""
    kinds = organisation.accounts.not_deleted().order_by().values_list("kind")
    used = dict(kinds.annotate(number=Count("pk")))
    return {
        kind: VolumeShare(getattr(organisation, limit), used.get(kind, 0))
        for kind, limit in LIMITS.items()
    }


def _others(organisation, without):
    accounts = organisation.accounts.not_deleted()
    return accounts.exclude(pk=without.pk) if without and without.pk else accounts


def _sum(accounts, field):
    return accounts.aggregate(total=Sum(field))["total"] or 0


def check_room(organisation, kind):
    """Raise RuleViolation when no further account of a kind fits the plan."""
    if kind == AccountKind.SUB and not organisation.entitlement.sub_accounts:
        raise RuleViolation(
            "plan_has_no_sub_accounts", "Sub accounts need the Pro or Enterprise plan."
        )
    room = accounts_of(organisation, kind)
    if room.left < 1:
        raise RuleViolation(
            "account_limit",
            f"The plan allows {room.total} {AccountKind(kind).label.lower()} accounts "
            "and all of them are in use.",
        )


def check(account):
    """Raise RuleViolation when the plan does not add up with an account as it is given.

    `parameters["reason"]` says by how much.
    """
    CHECKS[account.kind](account)


def _check_logs(account):
    _check_consumption(account)
    _check_warm_tier(account)
    if account.is_flexible:
        _check_flexible(account)
    elif not account.is_main:
        _check_fixed(account)


def _check_consumption(account):
    if account.soft_limit_gb is None:
        return
    organisation = account.organisation
    if not organisation.is_consumption:
        _illegal("soft_limit_gb", "a usage limit exists on consumption plans only")
    if account.soft_limit_gb <= 0:
        _illegal("soft_limit_gb", "the usage limit must be above 0 GB")
    others = _others(organisation, account).of_kind(*LOG_KINDS)
    over = _sum(others, "soft_limit_gb") + account.soft_limit_gb
    over -= organisation.hard_cap_gb
    if over > 0:
        _illegal("soft_limit_gb", f"the usage limits exceed the cap by {over:g} GB")


def _check_warm_tier(account):
    has_days = bool(account.snap_search_retention_days)
    if has_days and not account.organisation.warm_tier:
        _illegal("snap_search_retention_days", "the plan has no warm tier")
    _check_warm_days(account)
    if not has_days:
        return
    if account.retention_days < MIN_WARM_TIER_RETENTION_DAYS:
        _illegal(
            "retention_days",
            f"the warm tier needs at least {MIN_WARM_TIER_RETENTION_DAYS} days of "
            "hot retention",
        )


def _check_warm_days(account):
    """Raise RuleViolation when a sub account would have more warm days than the main one."""
    days = account.snap_search_retention_days or 0
    if account.is_main:
        children = _others(account.organisation, account).of_kind(AccountKind.SUB)
        most = children.aggregate(most=Max("snap_search_retention_days"))["most"] or 0
        if days < most:
            _illegal(
                "snap_search_retention_days",
                f"a sub account has {most} days in the warm tier, and none has more "
                "than the main account",
            )
    elif days > (account.main.snap_search_retention_days or 0):
        _illegal(
            "snap_search_retention_days",
            "a sub account has at most as many days in the warm tier as the main "
            "account",
        )


def _check_flexible(account):
    if not account.organisation.is_flexible:
        _illegal("is_flexible", "the plan has no flexible volume")
    reserved = account.reserved_daily_gb
    if reserved is None:
        _illegal("reserved_daily_gb", "flexible volume needs a reserved daily volume")
    if account.is_main and reserved < MIN_MAIN_RESERVED_GB:
        _illegal("reserved_daily_gb", "the main account needs at least 1 GB reserved")
    left = daily_gb(account.organisation, without=account).left
    if reserved > left:
        _illegal(
            "reserved_daily_gb",
            f"the reserved volume exceeds what is left of the plan by "
            f"{reserved - left:g} GB",
        )
    _check_cap(account, left)


def _check_cap(account, left):
    cap, reserved = account.max_daily_gb, account.reserved_daily_gb
    if cap is None:
        return
    if reserved > cap:
        _illegal(
            "max_daily_gb",
            f"reserved daily volume={reserved:g} is bigger than max daily "
            f"volume={cap:g}",
        )
    if cap > left:
        _illegal(
            "max_daily_gb",
            f"the cap exceeds the reserved and shared volume by {cap - left:g} GB",
        )


def _check_fixed(account):
    if account.reserved_daily_gb:
        _illegal("reserved_daily_gb", "only flexible accounts reserve volume")
    if account.max_daily_gb is None:
        _illegal("max_daily_gb", "an account without flexible volume needs a volume")
    over = account.max_daily_gb - daily_gb(account.organisation, without=account).left
    if over > 0:
        _illegal(
            "max_daily_gb", f"the daily volume exceeds what is left by {over:g} GB"
        )


def _check_metrics(account):
    _check_amount(
        "plan_uts", account.plan_uts, unique_time_series, account, "time series"
    )


def _check_tracing(account):
    if account.soft_limit_gb is not None:
        if not account.organisation.is_consumption:
            _illegal("soft_limit_gb", "a usage limit exists on consumption plans only")
        if account.soft_limit_gb < 0:
            _illegal("soft_limit_gb", "the usage limit must not be below 0 GB")
    _check_amount(
        "monthly_spans", account.monthly_spans, monthly_spans, account, "spans"
    )


def _check_amount(field, amount, shared, account, unit):
    over = (amount or 0) - shared(account.organisation, without=account).left
    if over > 0:
        _illegal(field, f"that is {over:,} {unit} more than the plan has left")


def _check_security(account):
    """Return: what a security account scans is not shared out."""


CHECKS = {
    AccountKind.MAIN: _check_logs,
    AccountKind.SUB: _check_logs,
    AccountKind.METRICS: _check_metrics,
    AccountKind.TRACING: _check_tracing,
    AccountKind.SECURITY: _check_security,
}


def _illegal(field, reason):
    raise RuleViolation(
        "illegal_plan",
        f"The plan does not add up: {reason}.",
        field=field,
        reason=reason,
    )
