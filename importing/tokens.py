"""How an account's log tokens, filters and shared tokens move in, secrets and all."""

from django.utils import timezone

from accounts.rule_violations import RuleViolation
from importing.inventory import ImportOutcome
from importing.target import Done, held
from sharing.models import Filter, Share
from sharing.scope import Operator
from tokens.importing import add
from tokens.kinds import Kind

PAUSED = "It was paused where it came from"


def add_log_token(target, there, found):
    account = target.account(there)
    known = held(account, Kind.LOGS, found.token)
    if known:
        return Done(ImportOutcome.THERE, known.pk, known.state)
    token = add(
        account,
        Kind.LOGS,
        found.token,
        name=found.label,
        note=found.note,
        by=target.by,
        is_disabled=found.enabled is False,
        created_at=found.created_at,
        created_by=found.created_by,
        **found.restrictions,
    )
    return Done(ImportOutcome.NEW, token.pk, f"{token.masked}, {token.state}")


def add_filter(target, there, found):
    account = target.account(there)
    same = account.filters.filter(field=found.field, value=found.value).first()
    if same:
        return Done(ImportOutcome.THERE, same.pk)
    columns = {
        "field": found.field,
        "value": found.value,
        "description": found.description,
    }
    for name, text in columns.items():
        Filter._meta.get_field(name).clean(text, None)
    made = Filter.add(account=account, by=target.by, **columns)
    return Done(ImportOutcome.NEW, made.pk)


def add_share(target, there, found):
    account = target.account(there)
    known = held(account, Kind.SHARED, found.token)
    if known:
        return Done(ImportOutcome.THERE, known.pk, known.state)
    if found.expiration_date and found.expiration_date <= timezone.now():
        return Done(ImportOutcome.LEFT_OUT, None, "it has expired")
    if found.shows == "nothing":
        return Done(
            ImportOutcome.LEFT_OUT, None, "it shows nothing since a filter is gone"
        )
    if not (found.filters or target.unfiltered):
        raise RuleViolation(
            "unfiltered",
            "It has no filters and would show everything of its account: allow it with"
            " --unfiltered.",
        )
    share = _issue(target, account, there, found)
    detail = f"{share.token.masked}, {share.token.state}, {_shown(share)}"
    return Done(ImportOutcome.NEW, share.pk, detail)


def _issue(target, account, there, found):
    share, _ = Share.issue(
        account=account,
        name=found.label,
        note=found.note,
        by=target.by,
        filters=_filters(target, account, there, found.filters),
        operator=found.filters_operator or Operator.AND,
        shows_everything=not found.filters,
        expires_at=found.expiration_date,
        secret=found.token,
        **found.restrictions,
    )
    if found.is_paused:
        share.token.disable(by=target.by, reason=PAUSED)
    return share


def _filters(target, account, there, numbers):
    pks = [target.filters.get((there, number)) for number in numbers]
    found = account.filters.in_bulk(pks)
    if None in pks or len(found) < len(set(pks)):
        raise RuleViolation("filter_missing", "One of its filters is not here.")
    return list(found.values())


def _shown(share):
    if share.shows_everything:
        return "everything"
    return f" {share.operator} ".join(map(str, share.filters.all()))
