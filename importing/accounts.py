"""How accounts move in: with their settings, their flags and their default token."""

from functools import wraps

from accounts import lifecycle
from accounts.models import AccountKind, Organisation
from importing.inventory import ImportOutcome
from importing.target import Done, held
from tokens.importing import remember, take_place
from tokens.kinds import Kind

# What of a main account belongs to its plan, or never changes.
OF_THE_PLAN = {"name", "searchable", "accessible", "is_flexible", "max_daily_gb"}
FLAGS = ("searchable", "accessible")
UNTOLD = "a new token, since the source does not show its own"
SUSPENDED = "It was suspended where it came from"


def once(opens):
    """Make a step of a function that opens an account and says what it got."""

    @wraps(opens)
    def act(target, found, **rest):
        account = target.arrived(found.account_id)
        if account:
            return Done(ImportOutcome.THERE, account.pk)
        account, detail = opens(target, found, **rest)
        target.arrive(account, found.account_id)
        return Done(ImportOutcome.NEW, account.pk, detail)

    return act


def enter_main(target, found):
    """Take the main account of an organisation for the one over there."""
    main = target.organisation.main
    if target.arrived(found.account_id) is None:
        target.arrive(main, found.account_id)
    return Done(ImportOutcome.THERE, main.pk, "its settings stay as they are")


@once
def open_main(target, found, default, room):
    main = lifecycle.found_organisation(
        name=target.new_name or found.account_name,
        plan=target.plan,
        by=target.by,
        **room,
    )
    values = found.values()
    own = {name: values[name] for name in values.keys() - OF_THE_PLAN}
    lifecycle.edit_account(main, by=target.by, **own)
    token = _settle(main, default, by=target.by)
    size = f"{room['daily_gb']:g} GB a day"
    return main, f"organisation {main.organisation_id}, {size}, {token}"


def room_for(inventory):
    """Return how large a plan has to be for everything that moves in."""
    blank, main = Organisation(), inventory.main
    logs = [main, *inventory.subs]
    soft_limits = [account.soft_limit_gb or 0 for account in logs]
    series = sum(account.plan_uts for account in inventory.metrics)
    flexible = bool(main.is_flexible)
    return {
        "is_flexible": flexible,
        "is_consumption": any(soft_limits) and not flexible,
        "daily_gb": main.total_gb or sum(each.max_daily_gb or 0 for each in logs),
        "hard_cap_gb": max(blank.hard_cap_gb, sum(soft_limits)),
        "warm_tier": any(each.snap_search_retention_days for each in logs),
        "unique_time_series": max(blank.unique_time_series, series),
        "max_sub_accounts": max(blank.max_sub_accounts, len(inventory.subs)),
        "max_metrics_accounts": max(blank.max_metrics_accounts, len(inventory.metrics)),
    }


@once
def open_sub(target, found, default):
    values = found.values()
    account = lifecycle.open_account(
        target.home, kind=AccountKind.SUB, by=target.by, **values
    )
    token = _settle(account, default, by=target.by)
    volume = account.max_daily_gb
    size = "no cap" if volume is None else f"{volume:g} GB a day"
    flags = [name for name in FLAGS if values[name]]
    days = f"{account.retention_days} days"
    return account, ", ".join([size, days, *flags, token])


@once
def open_metrics(target, found):
    account = lifecycle.open_account(
        target.home,
        kind=AccountKind.METRICS,
        name=found.account_name,
        plan_uts=found.plan_uts,
        by=target.by,
    )
    words = f"{found.plan_uts:,} time series"
    if found.token is None:
        return account, f"{words}, {UNTOLD}"
    held(account, Kind.METRICS, found.token)
    token = take_place(
        account,
        Kind.METRICS,
        found.token,
        note=found.note,
        by=target.by,
        **found.restrictions,
    )
    return account, f"{words}, {token.masked}"


def _settle(account, default, *, by):
    """Let a new account's token be the default one of over there; say which it is."""
    if default is None:
        return UNTOLD
    held(account, Kind.LOGS, default.token)
    token = take_place(
        account,
        Kind.LOGS,
        default.token,
        note=default.note,
        by=by,
        **default.restrictions,
    )
    if default.label != token.name:
        token.rename(default.label, by=by)
    remember(token, created_at=default.created_at, created_by=default.created_by)
    return token.masked


def share_out(target, there, name, others, missing):
    """Fill a list of other accounts that an account has."""
    account = target.account(there)
    before = account.version
    listed = [target.account(other) for other in others]
    lifecycle.edit_account(account, by=target.by, **{name: listed})
    names = [each.name for each in listed]
    left_out = [f"without account {other} of over there" for other in missing]
    return _changed(account, before, ", ".join(names + left_out))


def suspend(target, there):
    account = target.account(there)
    before = account.version
    lifecycle.suspend_account(account, by=target.by, reason=SUSPENDED)
    return _changed(account, before)


def _changed(account, before, detail=""):
    outcome = ImportOutcome.THERE if account.version == before else ImportOutcome.NEW
    return Done(outcome, account.pk, detail)
