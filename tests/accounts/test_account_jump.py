import re

import pytest
from django.urls import reverse

from accounts import hooks
from accounts.web import quick_find
from tests.factories import ChildFactory, ShareFactory, TokenFactory
from tokens.kinds import Kind


def found(response):
    """Return the groups of results as {heading: {label: address}}."""
    return {
        heading: {result.label: result.url for result in results}
        for heading, results in response.context["groups"]
    }


@pytest.fixture
def look(client):
    return lambda **query: client.get(reverse("accounts:jump", query=query))


def test_jump_finds_the_pages_of_the_account_one_stands_in(client, look, main, admin):
    client.force_login(admin)

    groups = found(look(account=main.pk, q="tokens"))

    assert groups["Pages"] == {
        "Manage tokens": f"/accounts/{main.pk}/tokens/shipping/",
        "All tokens": f"/accounts/{main.pk}/tokens/all/",
        "Shared tokens": f"/accounts/{main.pk}/tokens/shared/",
        "API tokens": f"/accounts/{main.pk}/tokens/api/",
    }


@pytest.mark.parametrize(
    ("person", "pages"),
    [
        (
            "admin",
            {
                "General",
                "Manage tokens",
                "Refused calls",
                "Manage accounts",
                "All tokens",
                "Manage users",
                "Groups",
                "Sign-in",
                "Audit trail",
                "Health",
                "Policies",
                "Shared tokens",
                "API tokens",
            },
        ),
        ("member", {"General", "Manage tokens"}),
        ("sub_admin", set()),
        ("outsider", set()),
    ],
)
def test_jump_shows_pages_that_are_open_to_the_person(
    request, client, look, main, sub, person, pages
):
    client.force_login(request.getfixturevalue(person))

    results = found(look(account=main.pk))["Pages"]

    own = {*("Profile", "Password", "Passkeys and two-step login")}
    own |= {"Invitations", "Sessions"}
    own.add("API reference")
    assert results.keys() == pages | own


@pytest.mark.parametrize("account", ["", "x", "0", "9" * 5000, "1\x00", "-1"])
def test_jump_reads_any_account(client, look, admin, account):
    client.force_login(admin)

    assert look(account=account).context["current"] is None


@pytest.mark.parametrize(
    ("person", "names"),
    [
        ("admin", {"Staging"}),
        ("sub_admin", {"Staging"}),
        ("member", {"Staging"}),
        ("staff", {"Staging"}),
        ("outsider", set()),
    ],
)
def test_jump_finds_accounts_by_name(request, client, look, sub, person, names):
    client.force_login(request.getfixturevalue(person))

    groups = found(look(q="stagi"))

    assert groups.get("Accounts", {}).keys() == names


@pytest.mark.parametrize(
    ("person", "names"),
    [
        ("admin", {"Terraform main", "Terraform sub"}),
        ("sub_admin", {"Terraform sub"}),
        ("member", set()),
        ("outsider", {"Terraform other"}),
        ("staff", set()),
    ],
)
def test_jump_finds_tokens_that_the_person_manages(
    request, client, look, main, sub, outsider, person, names
):
    shut = ChildFactory(main=main, accessible=False)
    TokenFactory(account=main, name="Terraform main")
    TokenFactory(account=sub, name="Terraform sub")
    TokenFactory(account=shut, name="Terraform shut")
    other = outsider.memberships.get().account
    TokenFactory(account=other, name="Terraform other")
    client.force_login(request.getfixturevalue(person))

    response = look(q="TERRA")

    assert found(response).get("Tokens", {}).keys() == names


def test_jump_leads_to_the_page_of_a_token(client, look, main, admin):
    tokens = [
        TokenFactory(account=main, name="Zebra a"),
        TokenFactory(account=main, name="Zebra b", kind=Kind.LOGS),
        ShareFactory(account=main, name="Zebra c").token,
    ]
    client.force_login(admin)

    results = found(look(q="zebra"))["Tokens"]

    assert results == {
        each.name: f"/accounts/{main.pk}/tokens/{each.pk}/" for each in tokens
    }


def test_jump_shows_no_secret_and_no_deleted_token(client, look, main, admin):
    token = TokenFactory(account=main, name="Zebra")
    gone = TokenFactory(account=main, name="Zebra gone")
    gone.deleted_at = gone.created_at
    gone.save()
    client.force_login(admin)

    response = look(q="zebra")

    assert found(response)["Tokens"].keys() == {"Zebra"}
    assert token.secret_text not in response.content.decode()


def test_jump_looks_for_tokens_from_two_letters_on(client, look, main, admin):
    TokenFactory(account=main, name="Zebra")
    client.force_login(admin)

    assert "Tokens" not in found(look(q="z"))


def test_jump_says_that_nothing_matches(client, look, admin):
    client.force_login(admin)

    response = look(q="<b>qqq")

    assert "Nothing here is called “&lt;b&gt;qqq”." in response.content.decode()


@pytest.mark.parametrize("text", ["\x00", "x" * 201, "%_", "١", "\u202e"])
def test_jump_survives_any_text(client, look, main, admin, text):
    client.force_login(admin)

    assert look(q=text, account=main.pk).status_code == 200


def test_jump_asks_each_source(admin, monkeypatch):
    result = quick_find.Result("Moon", "far", "/moon/", "moon")
    monkeypatch.setattr(
        hooks, "finders", [("Sky", lambda *_: [result]), ("Sea", lambda *_: [])]
    )

    assert quick_find.find(admin, None, "m") == [("Sky", [result])]


def test_jump_page_has_what_the_dialog_takes(client, look, main, admin):
    client.force_login(admin)

    page = look(account=main.pk).content.decode()

    assert re.search(r'<section id="dialog" class="dialog jump"', page)
    assert f'<input type="hidden" name="account" value="{main.pk}">' in page


def test_jump_puts_the_exact_name_before_its_beginnings_and_these_before_parts(
    client, look, main, admin
):
    names = [f"Export {number}" for number in range(9)] + ["An export", "Export"]
    for name in names:
        TokenFactory(account=main, name=name)
    for name in ("Big export", "Exports"):
        ChildFactory(main=main, name=name)
    client.force_login(admin)

    groups = look(q="export").context["groups"]

    assert [heading for heading, _ in groups] == ["Tokens", "Accounts"]
    assert [result.label for result in groups[0][1]][:2] == ["Export", "Export 0"]
    assert [result.label for result in groups[1][1]] == ["Exports", "Big export"]


def test_jump_finds_an_account_by_its_exact_name_among_many(client, look, main, admin):
    for number in range(10):
        ChildFactory(main=main, name=f"A stage {number}")
    ChildFactory(main=main, name="Stage")
    client.force_login(admin)

    accounts = found(look(q="stage"))["Accounts"]

    assert next(iter(accounts)) == "Stage"


def test_jump_knows_the_pages_of_other_accounts_by_page_and_account(
    client, look, main, sub, admin
):
    client.force_login(admin)

    def addresses(**query):
        groups = dict(look(**query).context["groups"])
        return [page.url for page in groups.get("Pages", [])]

    here, there = (f"/accounts/{each.pk}/audit/" for each in (main, sub))
    assert addresses(account=main.pk, q="audit") == [here, there]
    assert addresses(account=main.pk, q="Audit STAGING") == [there]
    assert addresses(q="audit") == [here, there]
    assert addresses(account=main.pk, q="staging") == []


@pytest.mark.parametrize(("person", "is_found"), [("staff", True), ("admin", False)])
def test_jump_knows_the_console_of_staff(request, client, look, person, is_found):
    client.force_login(request.getfixturevalue(person))

    pages = found(look(q="organisations")).get("Pages", {})

    assert pages == ({"Organisations": "/staff/"} if is_found else {})
