"""New accounts: which fields there are, and what they refuse."""

import pytest
from django.urls import reverse

from accounts.models import Account, AccountKind
from tests.factories import ChildFactory, MainFactory, MembershipFactory
from tokens.models import Token

HOSTILE = ["", " ", "x" * 101, "a/b", "<b>", "a\x00b", "né", "a\nb", "\u202e"]


def errors(response):
    return dict(response.context["form"].errors)


@pytest.mark.parametrize("pk", ["other", "metrics", "0", "x", "9" * 30, "1\x00", ""])
def test_lists_take_accounts_of_the_organisation_only(
    client, main, new, admin, outsider, pk
):
    strangers = {
        "other": outsider.memberships.get().account_id,
        "metrics": ChildFactory(main=main, kind=AccountKind.METRICS).pk,
    }
    client.force_login(admin)

    response = client.post(
        f"{new}?kind=security",
        {"name": "Fresh", "accounts_to_scan": str(strangers.get(pk, pk))},
    )

    assert response.status_code == 422
    assert list(errors(response)) == ["accounts_to_scan"]
    assert not Account.objects.filter(name="Fresh").exists()


@pytest.mark.parametrize("name", HOSTILE)
def test_names_that_are_not_allowed_are_refused(client, new, admin, name):
    client.force_login(admin)

    response = client.post(
        new, {"name": name, "max_daily_gb": "1", "retention_days": "7"}
    )

    assert response.status_code == 422
    assert "name" in errors(response)
    assert b"<b>" not in response.content


def test_a_taken_name_is_told_at_the_field_and_typing_is_kept(client, sub, new, admin):
    client.force_login(admin)

    response = client.post(
        new, {"name": "STAGING", "max_daily_gb": "17", "retention_days": "7"}
    )

    assert response.status_code == 422
    assert errors(response) == {
        "name": ["The organisation already has a sub account named STAGING."]
    }
    assert 'value="17"' in response.content.decode()


@pytest.mark.parametrize(
    ("kind", "data", "field", "words"),
    [
        ("sub", {"max_daily_gb": "1001"}, "max_daily_gb", "by 1 GB"),
        ("sub", {"max_daily_gb": ""}, "max_daily_gb", "needs a volume"),
        ("metrics", {"plan_uts": "10001"}, "plan_uts", "1 time series more"),
        ("tracing", {"monthly_spans": "50000002"}, "monthly_spans", "2 spans more"),
    ],
)
def test_a_plan_that_does_not_add_up_is_told_at_its_field(
    client, new, admin, kind, data, field, words
):
    client.force_login(admin)
    sent = {"name": "Fresh", "retention_days": "7", "daily_multiplier": "8"} | data

    response = client.post(f"{new}?kind={kind}", sent)

    assert response.status_code == 422
    assert list(errors(response)) == [field]
    assert words in str(errors(response)[field])
    assert not Token.objects.filter(account__name="Fresh").exists()


@pytest.mark.parametrize("field", ["max_daily_gb", "retention_days"])
@pytest.mark.parametrize(
    "value", ["nan", "inf", "-1", "1e400", "9" * 400, "x", "1\x00"]
)
def test_numbers_that_are_none_are_refused(client, new, admin, field, value):
    client.force_login(admin)
    sent = {"name": "Fresh", "max_daily_gb": "1", "retention_days": "7"}

    response = client.post(new, sent | {field: value})

    assert response.status_code == 422
    assert field in errors(response)


def test_flexible_sub_account(client, db):
    main = MainFactory(is_flexible=True)
    client.force_login(MembershipFactory(account=main).user)
    address = reverse("accounts:account_new", args=[main.pk])
    sent = {"name": "Fresh", "retention_days": "7"}

    refused = client.post(address, sent | {"is_flexible": "on"})
    over = client.post(
        address, sent | {"is_flexible": "on", "reserved_daily_gb": "1000"}
    )
    client.post(
        address,
        sent | {"is_flexible": "on", "reserved_daily_gb": "9", "max_daily_gb": "20"},
    )

    assert list(errors(refused)) == ["reserved_daily_gb"]
    assert "by 1 GB" in str(errors(over)["reserved_daily_gb"])
    account = Account.objects.get(name="Fresh")
    assert (account.reserved_daily_gb, account.max_daily_gb) == (9, 20)


@pytest.mark.parametrize("hidden", ["", "x", "12"])
def test_fixed_sub_account_of_a_flexible_plan(client, db, hidden):
    main = MainFactory(is_flexible=True)
    client.force_login(MembershipFactory(account=main).user)

    client.post(
        reverse("accounts:account_new", args=[main.pk]),
        {
            "name": "Fresh",
            "retention_days": "7",
            "reserved_daily_gb": hidden,
            "max_daily_gb": "20",
        },
    )

    account = Account.objects.get(name="Fresh")
    assert (account.reserved_daily_gb, account.max_daily_gb) == (None, 20)
    assert not account.is_flexible


@pytest.mark.parametrize(
    ("part", "field"),
    [
        ("is_flexible", "reserved_daily_gb"),
        ("is_consumption", "soft_limit_gb"),
        ("warm_tier", "snap_search_retention_days"),
    ],
)
def test_fields_need_their_part_of_the_plan(client, db, part, field):
    for has in (True, False):
        main = MainFactory(**{part: has})
        client.force_login(MembershipFactory(account=main).user)

        form = client.get(reverse("accounts:account_new", args=[main.pk])).context[
            "form"
        ]

        assert (field in form.fields) is has
