"""Manage users: whom people add, by each person, with and without htmx."""

import pytest
from django.urls import reverse

from accounts.models import Membership, Role, User
from tests.factories import ChildFactory, UserFactory

HX = {"HX-Request": "true"}
NEW = {"email": "New@Acme.example ", "full_name": "Nia New", "role": "user"}


def add(client, account, headers=None, **changed):
    url = reverse("accounts:user_add", args=[account.pk])
    return client.post(url, NEW | changed, headers=headers)


def test_add_mails_a_new_person_and_shows_the_row(
    client, main, admin, mailoutbox, django_capture_on_commit_callbacks
):
    client.force_login(admin)

    with django_capture_on_commit_callbacks(execute=True):
        response = add(client, main, headers=HX)

    membership = Membership.objects.get(user__email="new@acme.example")
    assert (membership.role, membership.full_name) == (Role.USER, "Nia New")
    assert f'<tr id="member-{membership.pk}" class="row-new"' in response.text
    assert '<tr id="new-row" hidden>' in response.text
    assert '<div id="notice" hx-swap-oob="innerHTML">' in response.text
    assert [mail.to for mail in mailoutbox] == [["new@acme.example"]]
    assert "/welcome/" in mailoutbox[0].body


def test_add_without_htmx_goes_back_to_the_list(client, main, admin):
    client.force_login(admin)

    response = add(client, main)

    assert response.status_code == 302
    assert response.url == reverse("accounts:user_list", args=[main.pk])


def test_add_sends_somebody_known_a_notice(
    client, main, admin, mailoutbox, django_capture_on_commit_callbacks
):
    UserFactory(email="new@acme.example", password="set already")
    client.force_login(admin)

    with django_capture_on_commit_callbacks(execute=True):
        add(client, main)

    assert "/welcome/" not in mailoutbox[0].body
    assert User.objects.filter(email="new@acme.example").count() == 1


@pytest.mark.parametrize("headers", [None, HX])
@pytest.mark.parametrize(
    "wrong",
    [
        {"email": ""},
        {"email": "nonsense"},
        {"email": "a" * 300 + "@x.example"},
        {"email": "x@x.example\x00"},
        {"full_name": "x" * 151},
        {"role": "owner"},
        {"role": ""},
    ],
)
def test_add_keeps_what_was_typed_wrongly(client, main, admin, wrong, headers):
    client.force_login(admin)

    response = add(client, main, headers=headers, **wrong)

    assert response.status_code == 422
    assert "errorlist" in response.text
    assert 'value="Nia New"' in response.text or "full_name" in wrong
    assert Membership.objects.count() == 1


@pytest.mark.parametrize("headers", [None, HX])
def test_add_refuses_a_member_beside_the_field(client, main, admin, headers):
    client.force_login(admin)

    again = add(client, main, headers=headers, email=admin.email.upper())

    assert again.status_code == 409
    assert "is a member of Acme already" in again.text


def test_operators_are_told_that_somebody_is_one(client, main, staff):
    client.force_login(staff)

    response = add(client, main, email=staff.email)

    assert response.status_code == 409
    assert "Operator staff cannot be members" in response.text


@pytest.mark.parametrize(
    ("who", "role", "status"),
    [
        ("admin", "admin", 302),
        ("admin", "read_only", 302),
        ("member", "user", 403),
        ("sub_admin", "user", 404),
        ("outsider", "user", 404),
        ("staff", "user", 302),
        ("staff", "read_only", 302),
        ("staff", "admin", 403),
    ],
)
def test_add_answers_each_person(client, main, request, who, role, status):
    client.force_login(request.getfixturevalue(who))

    assert add(client, main, role=role).status_code == status
    added = Membership.objects.filter(user__email="new@acme.example").exists()
    assert added == (status == 302)


def test_main_admin_manages_users_of_a_child_that_is_shut(client, main, admin):
    child = ChildFactory(main=main, accessible=False)
    client.force_login(admin)

    assert add(client, child, role="admin").status_code == 302
