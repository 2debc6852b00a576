import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.lifecycle import delete_account
from accounts.models import Account, AccountKind
from tests.factories import BY, ChildFactory, MainFactory, MembershipFactory
from tokens.defaults import default_token


@pytest.fixture
def manage(client, main):
    """Show Manage accounts of the main account, as the query asks."""
    address = reverse("accounts:account_list", args=[main.pk])
    return lambda **query: client.get(address, query)


def rows(response):
    return re.findall(r'<tr id="account-(\d+)"', response.content.decode())


def names(response):
    return [account.name for account in response.context["accounts"]]


@pytest.mark.parametrize(
    ("person", "status"),
    [
        ("admin", 200),
        ("staff", 200),
        ("member", 403),
        ("sub_admin", 404),
        ("outsider", 404),
    ],
)
def test_list_is_for_those_who_manage_accounts(
    request, client, main, sub, person, status
):
    client.force_login(request.getfixturevalue(person))

    response = client.get(reverse("accounts:account_list", args=[main.pk]))

    assert response.status_code == status


@pytest.mark.parametrize(
    ("person", "status"), [("admin", 403), ("sub_admin", 403), ("staff", 404)]
)
def test_list_belongs_to_the_main_account(request, client, sub, person, status):
    client.force_login(request.getfixturevalue(person))

    response = client.get(reverse("accounts:account_list", args=[sub.pk]))

    assert response.status_code == status


@pytest.mark.parametrize(
    ("kind", "listed"),
    [
        ("sub", ["Acme", "Staging"]),
        ("metrics", ["Numbers"]),
        ("tracing", ["Spans"]),
        ("security", ["Watch"]),
        ("", ["Acme", "Staging"]),
        ("main", ["Acme", "Staging"]),
        ("x\x00", ["Acme", "Staging"]),
    ],
)
def test_list_shows_one_kind(client, manage, main, sub, admin, kind, listed):
    ChildFactory(main=main, kind=AccountKind.METRICS, name="Numbers")
    ChildFactory(main=main, kind=AccountKind.TRACING, name="Spans")
    ChildFactory(main=main, kind=AccountKind.SECURITY, name="Watch")
    client.force_login(admin)

    assert names(manage(kind=kind)) == listed


def test_list_sums_up_the_plan(client, manage, main, sub, admin):
    ChildFactory(main=main, kind=AccountKind.METRICS, plan_uts=2500)
    client.force_login(admin)

    page = " ".join(manage().content.decode().split())

    assert '<p class="figure">1</p> <p class="card-note">of 1,000 GB a day</p>' in page
    assert "999 left" in page
    assert "of 10,000 time series" in page
    assert "7,500 left" in page
    assert "1 of 20 sub accounts" in page
    assert "15 enabled log tokens per account" in page


def test_list_tells_of_the_trial(client, db):
    main = MainFactory(trial_ends_at=timezone.now() + timedelta(days=3, hours=1))
    client.force_login(MembershipFactory(account=main).user)

    response = client.get(reverse("accounts:account_list", args=[main.pk]))

    assert "in 3 days" in response.content.decode()


def test_each_row_copies_the_default_token(client, manage, main, sub, admin):
    client.force_login(admin)

    page = manage().content.decode()

    for account in (main, sub):
        token = default_token(account)
        assert token.masked in page
        assert reverse("tokens:reveal", args=[account.pk, token.pk]) in page


def test_rows_hide_tokens_of_shut_accounts(client, manage, main, admin):
    shut = ChildFactory(main=main, accessible=False)
    client.force_login(admin)

    page = manage().content.decode()

    assert default_token(shut).masked not in page
    assert "Not open to main account users" in page


def test_staff_see_masks_only(client, manage, sub, staff):
    client.force_login(staff)

    page = manage().content.decode()

    assert default_token(sub).masked in page
    assert "/reveal/" not in page


def test_row_of_an_account_without_an_enabled_token(client, manage, sub, admin):
    sub.tokens.update(disabled_at=timezone.now())
    client.force_login(admin)

    assert "none enabled" in manage().content.decode()


def test_security_rows_count_what_they_scan(client, manage, main, sub, admin):
    ChildFactory(
        main=main, kind=AccountKind.SECURITY, accounts_to_scan=[main, sub], name="Watch"
    )
    ChildFactory(main=main, kind=AccountKind.SECURITY, name="Idle")
    client.force_login(admin)

    page = " ".join(manage(kind="security").content.decode().split())

    assert "2 accounts</td>" in page
    assert "0 accounts</td>" in page


def test_flexible_rows_tell_reserved_and_cap(client, db):
    main = MainFactory(is_flexible=True)
    fields = {"is_flexible": True, "reserved_daily_gb": 5}
    ChildFactory(main=main, max_daily_gb=20, **fields)
    ChildFactory(main=main, max_daily_gb=None, **fields)
    client.force_login(MembershipFactory(account=main).user)

    response = client.get(reverse("accounts:account_list", args=[main.pk]))

    page = response.content.decode()
    assert "5 GB <small>up to 20</small>" in page
    assert "5 GB <small>no cap</small>" in page


@pytest.mark.parametrize("text", ["stag", "STAGING"])
def test_list_is_searched_by_name(client, manage, main, sub, admin, text):
    ChildFactory(main=main, name="Production")
    client.force_login(admin)

    assert names(manage(q=text)) == ["Staging"]


def test_list_is_searched_by_id(client, manage, main, sub, admin):
    client.force_login(admin)

    assert names(manage(q=str(sub.pk))) == ["Staging"]


def test_search_shows_the_main_account_where_it_matches(client, manage, sub, admin):
    client.force_login(admin)

    assert names(manage(q="acm")) == ["Acme"]


def test_list_says_that_nothing_matches(client, manage, sub, admin):
    client.force_login(admin)

    assert "No account matches" in manage(q="<zzz>").content.decode()


@pytest.mark.parametrize("kind", ["metrics", "tracing", "security"])
def test_empty_kinds_say_what_they_are_for(client, manage, admin, kind):
    client.force_login(admin)

    page = manage(kind=kind).content.decode()

    assert f"No {kind} accounts yet" in page
    assert f"New {kind} account" in page


@pytest.mark.parametrize(
    ("sort", "listed"),
    [
        ("name", ["Acme", "A", "B", "C"]),
        ("-name", ["Acme", "C", "B", "A"]),
        ("max_daily_gb", ["Acme", "B", "C", "A"]),
        ("-retention_days", ["Acme", "A", "C", "B"]),
        ("id", ["Acme", "C", "B", "A"]),
        ("password", ["Acme", "A", "B", "C"]),
    ],
)
def test_list_is_sorted(client, manage, main, admin, sort, listed):
    ChildFactory(main=main, name="C", max_daily_gb=2, retention_days=5)
    ChildFactory(main=main, name="B", max_daily_gb=1, retention_days=3)
    ChildFactory(main=main, name="A", max_daily_gb=3, retention_days=9)
    client.force_login(admin)

    assert names(manage(sort=sort)) == listed


@pytest.mark.parametrize(("sort", "order"), [("name", "asc"), ("-name", "desc")])
def test_sorted_column_says_so(client, manage, admin, sort, order):
    client.force_login(admin)

    assert f'aria-sort="{order}ending"' in manage(sort=sort).content.decode()


def test_list_is_paged(client, manage, main, admin, monkeypatch):
    monkeypatch.setattr(
        "accounts.web.pagination.paginate.__kwdefaults__", {"size": 2, "first": None}
    )
    for name in "ABC":
        ChildFactory(main=main, name=name)
    client.force_login(admin)

    first = manage()
    second = manage(cursor=first.context["page"].next)

    assert names(first) == ["Acme", "A", "B"]
    assert names(second) == ["C"]


@pytest.mark.parametrize("cursor", ["x", "\x00", "W10", "x" * 3000])
def test_list_survives_any_cursor(client, manage, sub, admin, cursor):
    client.force_login(admin)

    assert names(manage(cursor=cursor)) in (["Staging"], ["Acme", "Staging"])


@pytest.mark.parametrize("count", [1, 3])
def test_list_query_count_does_not_grow(
    client, manage, main, admin, count, django_assert_num_queries
):
    ChildFactory.create_batch(count, main=main)
    client.force_login(admin)
    manage()

    with django_assert_num_queries(12):
        response = manage()

    assert len(rows(response)) == count + 1


def test_staff_see_what_was_deleted_lately(client, manage, main, sub, admin, staff):
    delete_account(sub, by=BY)
    old = ChildFactory(main=main, name="Long gone")
    long_ago = timezone.now() - timedelta(days=31)
    Account.objects.filter(pk=old.pk).update(deleted_at=long_ago)

    client.force_login(admin)
    assert "Staging" not in manage().content.decode()

    client.force_login(staff)
    response = manage()
    assert [account.name for account in response.context["deleted"]] == ["Staging"]
    restore = reverse("accounts:account_restore", args=[sub.pk])
    assert restore in response.content.decode()


def test_the_main_row_can_neither_be_suspended_nor_deleted(client, manage, main, staff):
    client.force_login(staff)

    page = manage().content.decode()

    assert reverse("accounts:account_edit", args=[main.pk]) in page
    assert reverse("accounts:account_suspend", args=[main.pk]) not in page
    assert reverse("accounts:account_delete", args=[main.pk]) not in page


def test_the_menu_of_an_account_leads_to_its_tokens(client, manage, admin, main, sub):
    shut = ChildFactory(main=main, name="Shut", accessible=False)
    client.force_login(admin)

    html = manage().content.decode()

    offered = {
        account.name: reverse("tokens:shipping", args=[account.pk]) in menu
        for account in (main, sub, shut)
        for menu in [
            html.partition(f'id="menu-{account.pk}"')[2].partition("</div>")[0]
        ]
    }
    assert offered == {"Acme": True, "Staging": True, "Shut": False}
