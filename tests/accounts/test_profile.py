import pytest
from django.urls import reverse

from accounts.models import Action, AuditEvent, Membership, User
from tests.factories import MembershipFactory

HX = {"HX-Request": "true"}


@pytest.fixture
def page(db):
    return reverse("accounts:profile")


def test_profile_is_ones_own(client, page, main, admin, outsider):
    client.force_login(admin)

    text = client.get(page).text

    assert "Ada Admin" in text
    assert admin.email in text
    assert "Acme" in text
    assert "Other" not in text


def test_profile_links_to_password_factors_and_sessions(client, page, dana):
    client.force_login(dana)

    text = client.get(page).text

    for name in ("account_change_password", "mfa_index", "usersessions_list"):
        assert f'href="{reverse(name)}"' in text
    assert "the password alone opens your tokens" in text
    assert f'action="{reverse("accounts:theme")}"' in text
    assert "shortcut-switch" in text


def test_profile_asks_strangers_to_sign_in(client, page):
    assert client.get(page).status_code == 302


def test_name_is_saved_and_audited_in_each_organisation(client, page, admin, outsider):
    other = outsider.memberships.get().account
    MembershipFactory(account=other, user=admin)
    client.force_login(admin)

    response = client.post(page, {"full_name": " Ada Lovelace "})

    assert response.status_code == 302
    assert User.objects.get(pk=admin.pk).full_name == "Ada Lovelace"
    events = AuditEvent.objects.filter(action=Action.USER_UPDATED)
    assert events.count() == 2
    assert events[0].data == {"changes": [["full_name", "Ada Admin", "Ada Lovelace"]]}


def test_name_that_stays_is_no_event(client, page, admin):
    client.force_login(admin)

    client.post(page, {"full_name": "Ada Admin"})

    assert not AuditEvent.objects.filter(action=Action.USER_UPDATED).exists()


@pytest.mark.parametrize("name", ["x" * 151, "a\x00b"])
def test_wrong_name_is_kept_in_the_form(client, page, admin, name):
    client.force_login(admin)

    response = client.post(page, {"full_name": name})

    assert response.status_code == 422
    assert User.objects.get(pk=admin.pk).full_name == "Ada Admin"


def test_nobody_changes_more_than_the_name(client, page, admin):
    client.force_login(admin)

    client.post(page, {"full_name": "A", "is_staff": "on", "email": "x@x.example"})

    user = User.objects.get(pk=admin.pk)
    assert (user.full_name, user.is_staff, user.email) == ("A", False, admin.email)


def test_suspended_membership_is_shown_without_a_link(client, page, main, admin, sub):
    MembershipFactory(account=sub, user=admin)
    Membership.objects.filter(account=sub).update(suspended_at="2026-01-01T00:00Z")
    client.force_login(admin)

    text = client.get(page).text

    assert "Suspended" in text
    assert reverse("accounts:general", args=[main.pk]) in text
    assert reverse("accounts:general", args=[sub.pk]) not in text


def test_staff_are_led_to_their_console(client, page, staff):
    client.force_login(staff)

    assert "every organisation is in the" in client.get(page).text


def test_person_without_accounts_is_told_whom_to_ask(client, page, admin):
    Membership.objects.all().delete()
    client.force_login(admin)

    assert "Ask an admin to invite you" in client.get(page).text


@pytest.mark.parametrize("method", ["put", "delete", "trace"])
def test_profile_refuses_other_methods(client, page, admin, method):
    client.force_login(admin)

    assert getattr(client, method)(page).status_code == 405
