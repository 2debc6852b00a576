import re

import pytest
from django.urls import reverse

from accounts.models import Account, AccountKind, AuditEvent
from accounts.plans import Plan
from tests.factories import ChildFactory, MainFactory, MembershipFactory
from tokens.models import Token

HOSTILE = ["", " ", "x" * 101, "a/b", "<b>", "a\x00b", "né", "a\nb", "\u202e"]


@pytest.fixture
def new(main):
    return reverse("accounts:account_new", args=[main.pk])


def errors(response):
    return dict(response.context["form"].errors)


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(
    ("person", "status"), [("member", 403), ("sub_admin", 404), ("outsider", 404)]
)
def test_new_is_for_those_who_manage_accounts(
    request, client, sub, new, person, status, method
):
    client.force_login(request.getfixturevalue(person))

    assert getattr(client, method)(new).status_code == status
    assert getattr(client, method)(f"{new}find/").status_code in (status, 405)


@pytest.mark.parametrize("place", ["new/", "new/find/"])
def test_new_belongs_to_the_main_account(client, sub, staff, place):
    client.force_login(staff)

    assert client.post(f"/accounts/{sub.pk}/accounts/{place}").status_code == 404


@pytest.mark.parametrize("person", ["admin", "staff"])
@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        (
            "sub",
            {"max_daily_gb": "2.5", "retention_days": "9"},
            {"max_daily_gb": 2.5, "retention_days": 9},
        ),
        ("metrics", {"plan_uts": "100"}, {"plan_uts": 100}),
        (
            "tracing",
            {"monthly_spans": "1000", "daily_multiplier": "4"},
            {"monthly_spans": 1000, "daily_multiplier": 4},
        ),
        (
            "security",
            {"is_using_repository_account": "on"},
            {"is_using_repository_account": True},
        ),
    ],
)
def test_new_creates_every_kind(
    request, client, main, new, person, kind, data, expected
):
    client.force_login(request.getfixturevalue(person))

    response = client.post(
        f"{new}?kind={kind}", {"name": "Fresh", "accessible": "on"} | data
    )

    account = Account.objects.get(name="Fresh")
    assert response.url == reverse("accounts:account_details", args=[account.pk])
    assert account.kind == kind
    assert account.organisation_id == main.organisation_id
    assert {name: getattr(account, name) for name in expected} == expected
    assert account.tokens.count() == (0 if kind == "security" else 1)
    assert AuditEvent.objects.get(account=account, action="account_created").user


def test_new_sub_account_has_its_advanced_settings(client, main, sub, new, admin):
    client.force_login(admin)

    client.post(
        new,
        {
            "name": "Fresh",
            "max_daily_gb": "1",
            "retention_days": "7",
            "utilization_frequency_minutes": "30",
            "doc_size_setting": "on",
            "sharing_objects_accounts": [str(main.pk), str(sub.pk)],
        },
    )

    account = Account.objects.get(name="Fresh")
    assert not account.accessible
    assert not account.searchable
    assert account.utilization_enabled
    assert account.utilization_frequency_minutes == 30
    assert account.doc_size_setting
    assert set(account.sharing_objects_accounts.all()) == {main, sub}


def test_new_flags_are_on_to_begin_with(client, new, admin):
    client.force_login(admin)

    page = client.get(new).content.decode()

    for flag in ("accessible", "searchable"):
        assert re.search(f'name="{flag}"[^>]*checked', page)


@pytest.mark.parametrize(
    ("kind", "field", "list_name"),
    [
        ("metrics", "plan_uts", "authorized_accounts"),
        ("tracing", "monthly_spans", "authorized_accounts"),
        ("security", "", "accounts_to_scan"),
    ],
)
def test_new_account_has_its_list(client, sub, new, admin, kind, field, list_name):
    client.force_login(admin)
    numbers = {field: "1", "daily_multiplier": "8"} if field else {}

    client.post(f"{new}?kind={kind}", {"name": "Fresh", list_name: sub.pk} | numbers)

    assert list(getattr(Account.objects.get(name="Fresh"), list_name).all()) == [sub]


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
        "name": ["The organisation already has an account named STAGING."]
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


@pytest.mark.parametrize(
    ("fields", "kind", "words"),
    [
        ({"max_sub_accounts": 0}, "sub", "all of them are in use"),
        ({"plan": Plan.COMMUNITY}, "sub", "need the Pro or Enterprise plan"),
        ({"max_metrics_accounts": 0}, "metrics", "all of them are in use"),
    ],
)
def test_new_says_at_once_that_there_is_no_room(
    client, db, settings, fields, kind, words
):
    settings.PLAN_URL = "https://plans.example/"
    main = MainFactory(**fields)
    client.force_login(MembershipFactory(account=main).user)
    address = reverse("accounts:account_new", args=[main.pk])

    page = client.get(address, {"kind": kind}).content.decode()

    assert words in page
    assert "https://plans.example/" in page
    assert "Create account" not in page


def test_no_room_is_also_told_to_a_form_that_was_open(client, db):
    main = MainFactory(max_security_accounts=0)
    client.force_login(MembershipFactory(account=main).user)
    address = reverse("accounts:account_new", args=[main.pk])

    response = client.post(f"{address}?kind=security", {"name": "Fresh"})

    assert response.status_code == 409
    assert not Account.objects.filter(name="Fresh").exists()


@pytest.mark.parametrize("kind", ["", "main", "x\x00", "security"])
def test_new_reads_any_kind(client, new, admin, kind):
    client.force_login(admin)

    response = client.get(new, {"kind": kind})

    wanted = "security" if kind == "security" else "sub"
    assert response.context["kind"] == wanted


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_find_shows_matching_accounts_and_keeps_what_was_typed(
    client, main, new, admin, headers, monkeypatch
):
    monkeypatch.setattr("accounts.forms.pickers.ACCOUNTS_SHOWN", 1)
    picked = ChildFactory(main=main, name="Picked")
    ChildFactory.create_batch(2, main=main)
    wanted = ChildFactory(main=main, name="Wanted")
    client.force_login(admin)

    response = client.post(
        f"{new}find/?kind=security",
        {
            "name": "Half a na",
            "accounts_to_scan": [str(picked.pk), "x", "9" * 5000],
            "accounts_to_scan_like": "want\x00",
        },
        headers=headers,
    )

    page = response.content.decode()
    box = 'type="checkbox" name="accounts_to_scan" value="{}"{}>'
    assert response.status_code == 200
    assert 'value="Half a na"' in page
    assert box.format(picked.pk, " checked") in page
    assert box.format(wanted.pk, "") in page
    assert page.count('name="accounts_to_scan" ') == 2
    assert "errorlist" not in page
    assert f'action="{new}?kind=security"' in page


def test_picker_says_how_many_it_shows(client, main, sub, new, admin, monkeypatch):
    monkeypatch.setattr("accounts.forms.pickers.ACCOUNTS_SHOWN", 1)
    client.force_login(admin)

    page = client.get(f"{new}?kind=security").content.decode()

    assert "The first 1 are shown." in page
    assert f'formaction="{new}find/?kind=security"' in page


def test_picker_says_that_nothing_matches(client, sub, new, admin):
    client.force_login(admin)

    response = client.post(
        f"{new}find/?kind=security", {"accounts_to_scan_like": "<zzz>"}
    )

    assert "has “&lt;zzz&gt;” in its name" in response.content.decode()


def test_a_search_in_the_advanced_part_keeps_it_open(client, sub, new, admin):
    client.force_login(admin)

    find = client.post(f"{new}find/", {"sharing_objects_accounts_like": "stag"})
    plain = client.get(new)

    assert '<details class="more" open>' in find.content.decode()
    assert '<details class="more" open>' not in plain.content.decode()


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


def test_a_list_may_be_long(client, sub, new, admin):
    client.force_login(admin)
    many = [str(sub.pk)] * 1500

    client.post(f"{new}?kind=security", {"name": "Fresh", "accounts_to_scan": many})

    assert Account.objects.get(name="Fresh").accounts_to_scan.get() == sub
