"""Manage users: who sees what, page by page."""

import re

import pytest
from django.urls import reverse

from accounts.models import AccountKind, Membership, Role, User
from tests.factories import ChildFactory, MembershipFactory, UserFactory

HX = {"HX-Request": "true"}


def users_of(account):
    return reverse("accounts:user_list", args=[account.pk])


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("admin", 200),
        ("member", 403),
        ("sub_admin", 404),
        ("outsider", 404),
        ("staff", 200),
    ],
)
def test_list_answers_each_person(client, main, request, who, status):
    client.force_login(request.getfixturevalue(who))

    assert client.get(users_of(main)).status_code == status


def test_list_sends_nobody_to_the_login_page(client, main):
    assert client.get(users_of(main)).status_code == 302
    assert client.get(users_of(main), headers=HX).status_code == 401


def test_list_shows_members_of_this_account_only(client, main, sub, admin, sub_admin):
    client.force_login(admin)

    text = client.get(users_of(main)).text

    assert "admin@acme.example" in text
    assert sub_admin.email not in text


@pytest.mark.parametrize("count", [1, 3])
def test_list_query_count_does_not_grow(
    client, main, admin, count, django_assert_num_queries
):
    for _ in range(count):
        MembershipFactory(account=main, role=Role.USER)
    client.force_login(admin)
    client.get(users_of(main))

    with django_assert_num_queries(8):
        response = client.get(users_of(main))

    assert response.text.count('<tr id="member-') == count + 1


def test_list_tells_states_apart(client, main, admin):
    invited = UserFactory(last_login=None)
    MembershipFactory(account=main, user=invited, accepted_at=None)
    suspended = MembershipFactory(account=main)
    Membership.objects.filter(pk=suspended.pk).update(suspended_at="2026-01-01T00:00Z")
    client.force_login(admin)

    text = client.get(users_of(main)).text

    assert re.findall(r'data-state="(\w+)">\s*<th', text).count("invited") == 1
    assert text.count("Suspended") == 1
    assert text.count('title="Mail the invitation again"') == 1


def test_list_finds_by_the_name_that_it_shows(client, main, admin):
    user = UserFactory(full_name="Zoë Ångström")
    MembershipFactory(account=main, user=user, full_name="Zed")
    MembershipFactory(user=user, full_name="Xerxes")
    client.force_login(admin)

    found = {
        text: client.get(users_of(main), {"q": text}).text.count('<tr id="member-')
        for text in ("zed", "ngstr", "xerxes")
    }

    assert found == {"zed": 1, "ngstr": 0, "xerxes": 0}


def test_list_finds_by_name_and_by_email(client, main, admin):
    MembershipFactory(account=main, user=UserFactory(full_name="Zoë Ångström"))
    MembershipFactory(account=main, user=UserFactory(email="needle@x.example"))
    client.force_login(admin)

    by_name = client.get(users_of(main), {"q": "ngstr"}).text
    by_email = client.get(users_of(main), {"q": "NEEDLE"}).text
    none = client.get(users_of(main), {"q": "<b>nobody</b>"}).text

    assert by_name.count('<tr id="member-') == by_email.count('<tr id="member-') == 1
    assert "Zoë" in by_name
    assert "&lt;b&gt;nobody" in none


@pytest.mark.parametrize("value", ["\x00", "x" * 5000, "' OR 1=1 --", "%", "\u202e"])
def test_list_takes_any_search_and_any_cursor(client, main, admin, value):
    client.force_login(admin)

    response = client.get(users_of(main), {"q": value, "cursor": value})

    assert response.status_code == 200


def test_list_pages_in_the_order_of_emails(client, main, admin):
    for number in range(30):
        user = UserFactory(email=f"m{number:02}@acme.example")
        MembershipFactory(account=main, user=user, role=Role.USER)
    client.force_login(admin)

    first = client.get(users_of(main))
    cursor = first.context["page"].next
    second = client.get(users_of(main), {"cursor": cursor})

    emails = [m.user.email for page in (first, second) for m in page.context["page"]]
    assert emails == sorted(emails)
    assert len(emails) == 31
    assert 'rel="next"' in first.text
    assert 'rel="prev"' in second.text


def test_last_admin_is_protected_with_the_reason(client, main, admin, staff):
    client.force_login(staff)

    text = client.get(users_of(main)).text

    assert "The last active admin cannot be suspended" in text


def test_last_admin_of_a_child_cannot_be_removed_either(client, sub, admin, sub_admin):
    client.force_login(admin)

    text = client.get(users_of(sub)).text

    assert "The last active admin cannot be removed" in text
    assert "disabled" in text


def test_staff_see_what_staff_may_do(client, main, admin, member, staff):
    MembershipFactory(account=main)
    client.force_login(staff)

    text = client.get(users_of(main)).text

    assert "Mail a password reset" in text
    assert "Sign out everywhere" in text
    assert "/remove/" not in text
    assert "/role/" not in text


@pytest.mark.parametrize(
    ("accessible", "words"),
    [(True, "are admins here as well"), (False, "but not the tokens")],
)
def test_child_names_the_admins_of_the_main_account(
    client, main, admin, accessible, words
):
    child = ChildFactory(main=main, accessible=accessible)
    client.force_login(admin)

    text = client.get(users_of(child)).text

    assert words in text
    assert "admin@acme.example" in text
    assert "Nobody belongs to this account itself" in text


def test_child_names_twenty_admins_of_the_main_account(client, main, sub, admin):
    MembershipFactory.create_batch(21, account=main)
    client.force_login(admin)

    text = client.get(users_of(sub)).text

    assert "and more" in text


def test_main_account_names_no_admins_above_it(client, main, admin):
    client.force_login(admin)

    assert "Through the main account" not in client.get(users_of(main)).text


def test_new_row_opens_with_the_roles_that_may_be_given(client, main, admin, staff):
    client.force_login(admin)
    for_admin = client.get(users_of(main), {"new": 1}).text
    client.force_login(staff)
    for_staff = client.get(users_of(main), {"new": 1}).text

    new_row = for_admin[for_admin.index("new-row") :]
    assert '<option value="admin">' in new_row[: new_row.index("</form>")]
    new_row = for_staff[for_staff.index("new-row") :]
    assert '<option value="admin">' not in new_row[: new_row.index("</form>")]


def test_metrics_account_has_users_like_any_other(client, main, admin):
    metrics = ChildFactory(main=main, kind=AccountKind.METRICS)
    client.force_login(admin)

    assert client.get(users_of(metrics)).status_code == 200


def test_names_are_escaped(client, main, admin):
    user = UserFactory(full_name="<script>alert(1)</script>")
    membership = MembershipFactory(account=main, user=user)
    client.force_login(admin)

    page = client.get(users_of(main)).text
    dialog = client.get(
        reverse("accounts:user_remove", args=[main.pk, membership.pk])
    ).text

    assert "<script>alert" not in page + dialog
    assert User.objects.get(pk=user.pk).full_name in page.replace("&lt;", "<").replace(
        "&gt;", ">"
    )
