import pytest
from django.urls import reverse

from accounts.models import Role
from tests.factories import ChildFactory, MainFactory, MembershipFactory, UserFactory

HOSTILE = ["", "0", "-1", "x", "1\x00", "9" * 5000, "'; DROP TABLE", "1 2"]


def test_home_leads_staff_to_their_console(client, staff):
    client.force_login(staff)

    response = client.get("/")

    assert response.url == reverse("accounts:staff_organisations")


def test_home_leads_to_the_first_account(client, main, sub, admin):
    client.force_login(admin)

    response = client.get("/")

    assert response.url == f"/accounts/{main.pk}/tokens/shipping/"


def test_home_leads_to_the_account_that_was_opened_last(client, main, sub, admin):
    client.force_login(admin)
    client.get(f"/accounts/{sub.pk}/general/")

    response = client.get("/")

    assert client.cookies["tollgate_account"].value == str(sub.pk)
    assert response.url == f"/accounts/{sub.pk}/tokens/shipping/"


def test_a_refused_page_is_not_the_account_that_was_opened_last(client, sub, member):
    client.force_login(member)

    response = client.get(f"/accounts/{sub.pk}/users/")

    assert response.status_code == 403
    assert "account" not in client.cookies


def test_home_forgets_an_account_that_is_out_of_reach(client, main, admin, outsider):
    client.force_login(outsider)
    client.cookies["tollgate_account"] = str(main.pk)

    response = client.get("/")

    own = outsider.memberships.get().account_id
    assert response.url == f"/accounts/{own}/tokens/shipping/"


@pytest.mark.parametrize("remembered", HOSTILE)
def test_home_reads_any_cookie(client, main, admin, remembered):
    client.force_login(admin)
    client.cookies["tollgate_account"] = remembered

    response = client.get("/")

    assert response.url == f"/accounts/{main.pk}/tokens/shipping/"


def test_home_tells_a_person_without_an_account_whom_to_ask(client, db):
    person = UserFactory(email="new@acme.example")
    client.force_login(person)

    response = client.get("/")

    assert response.status_code == 200
    assert "new@acme.example" in response.content.decode()
    assert "Ask an admin" in response.content.decode()


def test_a_suspended_member_has_no_account(client, main, django_user_model):
    membership = MembershipFactory(account=main, role=Role.USER)
    membership.suspended_at = "2026-01-01T00:00Z"
    membership.save()
    client.force_login(membership.user)

    response = client.get("/")

    assert "You are not in an account yet" in response.content.decode()


def test_home_prefers_the_main_account_of_the_first_organisation(client, admin, main):
    other = MainFactory(name="Aardvark")
    child = ChildFactory(main=other, name="Aaa")
    MembershipFactory(account=child, user=admin)
    MembershipFactory(account=other, user=admin)
    client.force_login(admin)

    response = client.get("/")

    assert response.url == f"/accounts/{other.pk}/tokens/shipping/"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_theme_is_remembered(client, member, theme):
    client.force_login(member)

    response = client.post("/theme/", {"theme": theme, "next": "/profile/?a=1"})

    assert response.url == "/profile/?a=1"
    assert client.cookies["tollgate_theme"].value == theme
    assert client.cookies["tollgate_theme"]["httponly"]


def test_theme_follows_the_system_again(client, member):
    client.force_login(member)
    client.cookies["tollgate_theme"] = "dark"

    client.post("/theme/", {"theme": "system", "next": "/"})

    assert client.cookies["tollgate_theme"].value == ""


@pytest.mark.parametrize(
    "address",
    ["https://evil.example/", "//evil.example", "javascript:alert(1)", "", "\\\\evil"],
)
def test_theme_leads_nowhere_else(client, member, address):
    client.force_login(member)

    response = client.post("/theme/", {"theme": "dark", "next": address})

    assert response.url == "/"


@pytest.mark.parametrize("theme", ["", "blue", "dark\x00", "Dark"])
def test_theme_refuses_what_is_none(client, member, theme):
    client.force_login(member)

    response = client.post("/theme/", {"theme": theme, "next": "/"})

    assert response.status_code == 400
    assert "tollgate_theme" not in client.cookies


@pytest.mark.parametrize(("method", "path"), [("get", "/theme/"), ("post", "/")])
def test_other_methods_are_refused(client, member, method, path):
    client.force_login(member)

    response = getattr(client, method)(path)

    assert response.status_code == 405


def test_home_prefers_the_account_that_a_person_administers(client, main, sub):
    person = MembershipFactory(account=main, role=Role.USER).user
    MembershipFactory(account=sub, user=person, role=Role.ADMIN)
    client.force_login(person)

    response = client.get("/")

    assert response.url == f"/accounts/{sub.pk}/tokens/shipping/"


def test_home_leads_who_administers_nothing_to_whom_to_ask(client, main, member, admin):
    client.force_login(member)

    response = client.get("/", follow=True)

    assert response.redirect_chain == [(f"/accounts/{main.pk}/general/", 302)]
    assert response.status_code == 200
    assert "Whom to ask" in response.text
    assert 'href="mailto:admin@acme.example"' in response.text
