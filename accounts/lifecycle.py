"""How accounts come, change and go: each in one transaction with its audit event."""

from django.utils import timezone

from accounts import hooks, quotas
from accounts import lists as listing
from accounts.audit.changes import changes_of
from accounts.audit.trail import record
from accounts.lists import LISTS
from accounts.locks import locked, repeated
from accounts.models import Account, AccountKind, Action, Organisation, User
from accounts.models.accounts import RESTORABLE_DAYS, RESTORABLE_FOR
from accounts.names import check_no_secret, check_seen
from accounts.rule_violations import Gone, RuleViolation, Stale


@repeated
def found_organisation(*, name, by, **fields):
    """Create an organisation and return its main account; raises RuleViolation."""
    check_no_secret(name=name)
    with locked():
        organisation = Organisation.objects.create(name=name, **fields)
        main = Account(
            organisation=organisation,
            kind=AccountKind.MAIN,
            name=name,
            **_volume(organisation),
        )
        record(
            Action.ORGANISATION_CREATED, by=by, organisation=organisation, target=name
        )
        return _open(main, {}, by)


@repeated
def open_account(organisation, *, kind, by, **fields):
    """Create a child account with its shipping token and return it.

    Raises RuleViolation when the plan, a limit or the name stands against it.
    """
    lists = {name: fields.pop(name) for name in LISTS if name in fields}
    with locked(organisation.main):
        organisation.refresh_from_db()
        quotas.check_room(organisation, kind)
        account = Account(organisation=organisation, kind=kind, **fields)
        check_no_secret(name=account.name)
        _check_name(account)
        quotas.check(account)
        return _open(account, lists, by)


def _open(account, lists, by):
    account.updated_by = _person(by)
    account.save(force_insert=True)
    for name, accounts in lists.items():
        listing.write(account, name, accounts)
    record(
        Action.ACCOUNT_CREATED,
        by=by,
        account=account,
        target=account.name,
        kind=account.kind,
    )
    for provision in hooks.account_parts:
        provision(account, by=by)
    return account


def name_is_taken(account):
    """Whether another account of its kind has its name, in whatever letter case."""
    others = account.organisation.accounts.not_deleted().exclude(pk=account.pk)
    return others.of_kind(account.kind).filter(name__iexact=account.name).exists()


def _person(by):
    """Return who acts: behind a token stands who made it, behind a command nobody."""
    return by.user or User.objects.filter(email=by.on_behalf_of).first()


def _check_name(account):
    if name_is_taken(account):
        noun = AccountKind(account.kind).noun
        raise RuleViolation(
            "name_taken",
            f"The organisation already has a {noun} named {account.name}.",
            field="name",
        )


@repeated
def edit_account(account, *, by, version=None, **fields):
    """Change fields and lists of an account; raises RuleViolation, or Stale for `version`."""
    lists = {name: fields.pop(name) for name in LISTS if name in fields}
    with locked(account.main, account):
        _read_again(account, version)
        if account.deleted_at:
            raise Gone(account.name)
        changes = _assign(account, fields)
        check_no_secret(**{name: new for name, _, new in changes if name == "name"})
        _check_name(account)
        quotas.check(account)
        changes += _assign_lists(account, lists)
        if changes:
            _save(account, by, *fields)
            record(
                Action.ACCOUNT_UPDATED,
                by=by,
                account=account,
                target=account.name,
                changes=changes,
            )


def _read_again(account, version):
    account.refresh_from_db()
    if version is not None and version != account.version:
        raise Stale(account.name)


def _assign(account, fields):
    changes = changes_of(account, fields)
    for name, _, new in changes:
        setattr(account, name, new)
    return changes


def _assign_lists(account, lists):
    changes = []
    for name, accounts in lists.items():
        old, new = listing.write(account, name, accounts)
        if old != new:
            changes.append([name, old, new])
    return changes


def _save(account, by, *fields):
    account.version += 1
    account.updated_at = timezone.now()
    account.updated_by = _person(by)
    account.save(update_fields=[*fields, "version", "updated_at", "updated_by"])


@repeated
def suspend_account(account, *, by, reason=""):
    """Stop an account's tokens from the next request on, until it is reactivated."""
    refuse_main(account, "suspended")
    check_seen(reason=reason)
    with locked(account.main, account):
        account.refresh_from_db()
        if account.suspended_at is None:
            account.suspended_at, account.suspension_reason = timezone.now(), reason
            _save(account, by, "suspended_at", "suspension_reason")
            record(
                Action.ACCOUNT_SUSPENDED,
                by=by,
                account=account,
                target=account.name,
                reason=reason,
            )


@repeated
def reactivate_account(account, *, by):
    with locked(account.main, account):
        account.refresh_from_db()
        if account.suspended_at is not None:
            account.suspended_at, account.suspension_reason = None, ""
            _save(account, by, "suspended_at", "suspension_reason")
            record(
                Action.ACCOUNT_REACTIVATED, by=by, account=account, target=account.name
            )


@repeated
def delete_account(account, *, by, version=None):
    """Delete softly: tokens stop at once, staff can restore it for a while."""
    refuse_main(account, "deleted")
    with locked(account.main, account):
        _read_again(account, version)
        if account.deleted_at is None:
            account.deleted_at = timezone.now()
            _save(account, by, "deleted_at")
            record(Action.ACCOUNT_DELETED, by=by, account=account, target=account.name)


@repeated
def restore_account(account, *, by):
    """Bring a deleted account back, if the plan has room for it again."""
    with locked(account.main, account):
        account.refresh_from_db()
        if account.deleted_at is None:
            return
        if account.deleted_at < timezone.now() - RESTORABLE_FOR:
            raise RuleViolation(
                "too_late",
                f"Deleted accounts can be restored for {RESTORABLE_DAYS} days.",
            )
        quotas.check_room(account.organisation, account.kind)
        _check_name(account)
        quotas.check(account)
        account.deleted_at = None
        _save(account, by, "deleted_at")
        record(Action.ACCOUNT_RESTORED, by=by, account=account, target=account.name)


def refuse_main(account, verb):
    """Raise RuleViolation for the one account that an organisation cannot be without."""
    if account.is_main:
        raise RuleViolation("main_account", f"The main account cannot be {verb}.")


@repeated
def edit_organisation(organisation, *, by, **fields):
    """Change the plan, volumes, limits or policies of an organisation."""
    with locked(organisation.main):
        organisation.refresh_from_db()
        changes = [
            [name, _plain(old), _plain(new)]
            for name, old, new in changes_of(organisation, fields)
        ]
        if not changes:
            return
        for name, value in fields.items():
            setattr(organisation, name, value)
        organisation.save(update_fields=list(fields))
        record(
            Action.ORGANISATION_UPDATED,
            by=by,
            organisation=organisation,
            target=organisation.name,
            changes=changes,
        )
        if "is_flexible" in {name for name, *_ in changes}:
            _take_along(organisation, by)


def _take_along(organisation, by):
    """Let the main account be flexible as its plan is, or not any more."""
    main = organisation.main
    fields = _volume(organisation) | {"max_daily_gb": None}
    changes = _assign(main, fields)
    _save(main, by, *fields)
    record(
        Action.ACCOUNT_UPDATED, by=by, account=main, target=main.name, changes=changes
    )


def _volume(organisation):
    """Return what a main account has of its plan's volume to begin with."""
    least = quotas.MIN_MAIN_RESERVED_GB if organisation.is_flexible else None
    return {"is_flexible": organisation.is_flexible, "reserved_daily_gb": least}


def _plain(value):
    return value.isoformat() if hasattr(value, "isoformat") else value


@repeated
def suspend_organisation(organisation, *, by, reason=""):
    """Stop every token of an organisation until it is reactivated."""
    with locked(organisation.main):
        organisation.refresh_from_db()
        if organisation.suspended_at is None:
            organisation.suspended_at = timezone.now()
            organisation.suspension_reason = reason
            organisation.save(update_fields=["suspended_at", "suspension_reason"])
            record(
                Action.ORGANISATION_SUSPENDED,
                by=by,
                organisation=organisation,
                target=organisation.name,
                reason=reason,
            )


@repeated
def resume_organisation(organisation, *, by):
    with locked(organisation.main):
        organisation.refresh_from_db()
        if organisation.suspended_at is not None:
            organisation.suspended_at, organisation.suspension_reason = None, ""
            organisation.save(update_fields=["suspended_at", "suspension_reason"])
            record(
                Action.ORGANISATION_RESUMED,
                by=by,
                organisation=organisation,
                target=organisation.name,
            )
