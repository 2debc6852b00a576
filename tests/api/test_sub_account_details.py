"""/v1/account-management/time-based-accounts/detailed: with tokens and relations."""

from datetime import UTC, datetime

import pytest

from accounts import lifecycle
from accounts.audit.trail import Actor
from accounts.models import Account, Action, AuditEvent
from tests.api.calls import Api
from tests.api.sub_accounts import ACCOUNTS, SUB, plain_token
from tests.factories import BY, TokenFactory
from tokens.defaults import default_token
from tokens.kinds import Kind

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MILLISECONDS = 1795435200000


def detailed(main, account, *, kind="SUB_ACCOUNT", **changes):
    """Return an account of these tests as it looks in a detailed answer."""
    return {
        "subAccountRelation": {
            "ownerAccountId": main.pk,
            "subAccountId": account.pk,
            "searchable": True,
            "accessible": True,
            "createdDate": MILLISECONDS,
            "lastUpdatedDate": MILLISECONDS,
            "lastUpdaterUserId": None,
            "type": kind,
        },
        "account": view(account, accountToken=plain_token(account)),
        "sharingObjectsAccounts": [],
        "utilizationSettings": SUB["utilizationSettings"],
        "dailyUsagesList": {"usage": []},
        "docSizeSetting": False,
        "snapSearchRetentionDays": None,
        "isCapped": False,
        "softLimitGB": None,
    } | changes


def view(account, **changes):
    return {
        "accountId": account.pk,
        "accountName": account.name,
        "accountToken": None,
        "active": True,
        "esIndexPrefix": f"account-{account.pk}",
        "isFlexible": False,
        "reservedDailyGB": None,
        "maxDailyGB": 999.0 if account.is_main else 1.0,
        "retentionDays": 7,
        "softLimitGB": None,
    } | changes


@pytest.fixture
def _long_ago(main, sub):
    Account.objects.update(created_at=NOW, updated_at=NOW)


@pytest.mark.usefixtures("_long_ago")
def test_detailed_list_has_the_default_tokens(main, sub, api):
    TokenFactory(account=sub, kind=Kind.LOGS, name="second")

    assert api.get(f"{ACCOUNTS}/detailed") == (
        200,
        [detailed(main, main, kind="OWNER_ACCOUNT"), detailed(main, sub)],
    )


@pytest.mark.usefixtures("_long_ago")
def test_detailed(main, sub, admin, api):
    lifecycle.edit_account(sub, by=BY, sharing_objects_accounts=[main])
    Account.objects.update(updated_at=NOW, updated_by=admin)

    wanted = detailed(main, sub, sharingObjectsAccounts=[view(main)])
    wanted["subAccountRelation"]["lastUpdaterUserId"] = admin.pk

    assert api.get(f"{ACCOUNTS}/detailed/{sub.pk}") == (200, wanted)


def test_detailed_names_the_person_behind_the_token_that_changed_it(main, sub, admin):
    api = Api.of(main, by=Actor(label=admin.email, user=admin))

    api.put(f"{ACCOUNTS}/{sub.pk}", {"accountName": "Stage", "maxDailyGB": 1})

    relation = api.get(f"{ACCOUNTS}/detailed/{sub.pk}")[1]["subAccountRelation"]
    assert relation["lastUpdaterUserId"] == admin.pk


def test_detailed_says_when_an_account_is_suspended(sub, api):
    lifecycle.suspend_account(sub, by=BY)

    assert api.get(f"{ACCOUNTS}/detailed/{sub.pk}")[1]["account"]["active"] is False


def test_detailed_without_an_enabled_token_has_none(sub, api):
    sub.tokens.update(disabled_at=NOW)

    status, body = api.get(f"{ACCOUNTS}/detailed/{sub.pk}")

    assert (status, body["account"]["accountToken"]) == (200, None)


def test_detailed_hides_the_token_of_an_account_that_is_shut(main, sub, api):
    lifecycle.edit_account(sub, by=BY, accessible=False)

    _, shown = api.get(f"{ACCOUNTS}/detailed/{sub.pk}")
    _, listed = api.get(f"{ACCOUNTS}/detailed")

    assert shown["account"]["accountToken"] is None
    assert [each["account"]["accountToken"] for each in listed] == [
        plain_token(main),
        None,
    ]


def reveals():
    return [
        (event.account, event.token_id, event.data)
        for event in AuditEvent.objects.filter(action=Action.TOKEN_REVEALED)
    ]


def test_detailed_is_told_to_the_audit_trail(main, sub, api):
    tokens = [default_token(main).pk, default_token(sub).pk]

    api.get(f"{ACCOUNTS}/detailed/{sub.pk}")
    api.get(f"{ACCOUNTS}/detailed")

    (one, some) = reveals()
    assert one == (sub, tokens[1], {})
    assert (some[0], some[1], sorted(some[2]["token_ids"])) == (None, None, tokens)
    assert AuditEvent.objects.of_account(main).filter(pk__gt=0).count() > 2


def test_plain_answers_reveal_nothing(sub, api):
    api.get(ACCOUNTS)
    api.get(f"{ACCOUNTS}/{sub.pk}")

    assert reveals() == []
