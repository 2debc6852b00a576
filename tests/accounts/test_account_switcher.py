import re

import pytest
from django.urls import reverse

from accounts.models import AccountKind
from tests.factories import ChildFactory, MainFactory, MembershipFactory

TOKENS = "/accounts/{}/tokens/shipping/"


def listed(response):
    """Return the names and addresses of the listed accounts."""
    page = response.content.decode().partition('id="switcher-results" class')[2]
    pairs = re.findall(r'<a href="([^"]+)".*?title="([^"]+)"', page, re.DOTALL)
    return {name: url for url, name in pairs}


@pytest.fixture
def find(client):
    return lambda **query: client.get(reverse("accounts:switcher", query=query))


@pytest.mark.parametrize(
    ("person", "names"),
    [
        ("admin", {"Acme", "Staging", "Shut"}),
        ("member", {"Acme", "Staging"}),
        ("sub_admin", {"Staging"}),
        ("outsider", {"Other"}),
        ("staff", {"Acme", "Staging", "Shut", "Other"}),
    ],
)
def test_switcher_lists_what_a_person_can_enter(
    request, client, find, main, sub, outsider, person, names
):
    ChildFactory(main=main, name="Shut", accessible=False)
    gone = ChildFactory(main=main, name="Gone")
    gone.deleted_at = "2026-01-01T00:00Z"
    gone.save()
    client.force_login(request.getfixturevalue(person))

    response = find()

    assert set(listed(response)) == names


def test_switcher_groups_by_organisation(client, find, main, sub, admin):
    other = MainFactory(name="Aardvark")
    MembershipFactory(account=other, user=admin)
    client.force_login(admin)

    groups = find().context["groups"]

    assert [
        (organisation.name, [account.name for account in accounts])
        for organisation, accounts in groups
    ] == [("Aardvark", ["Aardvark"]), ("Acme", ["Acme", "Staging"])]


@pytest.mark.parametrize("text", ["stag", "STAG", " Staging "])
def test_switcher_finds_by_name(client, find, sub, admin, text):
    client.force_login(admin)

    assert set(listed(find(q=text))) == {"Staging"}


def test_switcher_finds_by_id(client, find, sub, admin):
    client.force_login(admin)

    assert "Staging" in listed(find(q=str(sub.pk)))


@pytest.mark.parametrize("text", ["\x00", "x" * 201, "%", "9" * 5000, "<script>"])
def test_switcher_survives_any_text(client, find, sub, admin, text):
    client.force_login(admin)

    response = find(q=text)

    assert response.status_code == 200
    assert b"<script>" not in response.content


def test_switcher_says_that_nothing_matches(client, find, sub, admin):
    client.force_login(admin)

    assert "No account has “zzz” in its name." in find(q="zzz").content.decode()


def test_switcher_is_bounded(client, find, main, admin, monkeypatch):
    monkeypatch.setattr("accounts.views.switcher.ACCOUNTS_SHOWN", 2)
    ChildFactory.create_batch(2, main=main)
    client.force_login(admin)

    response = find()

    assert len(listed(response)) == 2
    assert "These are the first 2." in response.content.decode()


@pytest.mark.parametrize(
    ("origin", "there"),
    [
        ("/accounts/{main}/tokens/api/", "/accounts/{sub}/tokens/api/"),
        ("/accounts/{main}/users/", "/accounts/{sub}/users/"),
        ("/accounts/{main}/general/", "/accounts/{sub}/general/"),
        ("/accounts/{main}/tokens/shared/", "/accounts/{sub}/tokens/shared/"),
        ("/accounts/{main}/accounts/", TOKENS.format("{sub}")),
        ("/accounts/{main}/edit/", TOKENS.format("{sub}")),
        ("/accounts/{main}/audit/export/", "/accounts/{sub}/audit/"),
        ("/accounts/{main}/tokens/deleted/", TOKENS.format("{sub}")),
        ("/profile/", TOKENS.format("{sub}")),
        ("https://evil.example/accounts/1/users/", TOKENS.format("{sub}")),
        ("\x00", TOKENS.format("{sub}")),
        ("/accounts/" + "9" * 5000 + "/users/", TOKENS.format("{sub}")),
    ],
)
def test_switcher_keeps_the_section(client, find, main, sub, admin, origin, there):
    client.force_login(admin)

    found = listed(find(**{"from": origin.format(main=main.pk)}))

    assert found["Staging"] == there.format(sub=sub.pk)


def test_switcher_leads_where_one_can_work_if_the_section_is_closed(
    client, find, main, sub, sub_admin
):
    MembershipFactory(account=main, user=sub_admin, role="user")
    client.force_login(sub_admin)

    found = listed(find(**{"from": f"/accounts/{sub.pk}/audit/"}))

    assert found == {
        "Acme": f"/accounts/{main.pk}/general/",
        "Staging": f"/accounts/{sub.pk}/audit/",
    }


def test_switcher_marks_the_account_one_comes_from(client, find, main, sub, admin):
    client.force_login(admin)

    response = find(**{"from": f"/accounts/{sub.pk}/general/"})

    current = [
        account.name
        for _, accounts in response.context["groups"]
        for account in accounts
        if account.is_current
    ]
    assert current == ["Staging"]


def test_switcher_shows_a_suspended_account_as_such(client, find, sub, admin):
    sub.suspended_at = "2026-01-01T00:00Z"
    sub.save()
    client.force_login(admin)

    assert "Suspended" in find().content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_switcher_query_count_does_not_grow(
    client, find, main, admin, count, django_assert_num_queries
):
    ChildFactory.create_batch(count, main=main, kind=AccountKind.METRICS)
    client.force_login(admin)
    find()

    with django_assert_num_queries(5):
        response = find()

    assert len(listed(response)) == count + 1
