from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.lifecycle import delete_account, suspend_account
from accounts.models import AccountKind, AuditEvent
from tests.factories import (
    BY,
    ChildFactory,
    MembershipFactory,
    ShareFactory,
    TokenFactory,
    UserFactory,
)
from tokens.models.querysets import default_log_token
from tokens.permissions import Use
from tokens.verification import verify

HTMX = {"HX-Request": "true"}


def address(account, verb):
    return reverse(f"accounts:account_{verb}", args=[account.pk])


@pytest.fixture
def confirmed(client):
    """Log somebody in who has just told the password again."""

    def log_in(user):
        client.force_login(user)
        session = client.session
        session["account_authentication_methods"] = [
            {"method": "password", "at": 2**33, "reauthenticated": True}
        ]
        session.save()

    return log_in


@pytest.mark.parametrize("verb", ["suspend", "reactivate", "delete"])
@pytest.mark.parametrize(
    ("person", "status"), [("member", 403), ("sub_admin", 403), ("outsider", 404)]
)
def test_states_are_changed_by_those_who_govern_the_account(
    request, confirmed, client, sub, person, status, verb
):
    confirmed(request.getfixturevalue(person))

    response = client.post(address(sub, verb), {"reason": "x"})

    sub.refresh_from_db()
    assert response.status_code == status
    assert sub.state == "active"


@pytest.mark.parametrize("person", ["admin", "staff"])
def test_suspend_stops_the_account(request, client, sub, person):
    token = TokenFactory(account=sub)
    client.force_login(request.getfixturevalue(person))

    response = client.post(address(sub, "suspend"), {"reason": " Too loud "})

    sub.refresh_from_db()
    assert response.url == address(sub, "details")
    assert (sub.state, sub.suspension_reason) == ("suspended", "Too loud")
    assert verify(token.secret_text, Use.API) is None
    assert (
        AuditEvent.objects.get(action="account_suspended").data["reason"] == "Too loud"
    )


def test_suspend_answers_htmx_with_the_row(client, sub, admin):
    client.force_login(admin)

    response = client.post(address(sub, "suspend"), {"reason": "Loud"}, headers=HTMX)

    page = response.content.decode()
    assert response.status_code == 200
    assert response["HX-Trigger"] == '{"tollgate:close": {}}'
    assert page.strip().startswith(f'<tr id="account-{sub.pk}" data-state="suspended">')
    assert page.count("<tr") == 1
    assert default_log_token(sub).masked in page
    assert address(sub, "reactivate") in page


@pytest.mark.parametrize("kind", [AccountKind.METRICS, AccountKind.SECURITY])
def test_the_row_has_the_columns_of_its_kind(client, main, admin, kind):
    account = ChildFactory(main=main, kind=kind)
    client.force_login(admin)

    response = client.post(address(account, "suspend"), {"reason": "x"}, headers=HTMX)

    columns = {"metrics": "Time series", "security": "Enabled for"}
    assert f'data-label="{columns[kind]}"' in response.content.decode()


@pytest.mark.parametrize("reason", ["", "  ", "x" * 201, "a\x00b"])
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_suspend_wants_a_reason(client, sub, admin, reason, headers):
    client.force_login(admin)

    response = client.post(address(sub, "suspend"), {"reason": reason}, headers=headers)

    sub.refresh_from_db()
    assert response.status_code == 422
    assert sub.state == "active"
    assert "errorlist" in response.content.decode()


def test_suspend_is_a_dialog_that_says_what_happens(client, sub, admin):
    client.force_login(admin)

    page = client.get(address(sub, "suspend")).content.decode()

    assert '<section id="dialog"' in page
    assert "None of its tokens works" in page


def test_a_reason_is_shown_as_text(client, sub, admin):
    client.force_login(admin)

    client.post(address(sub, "suspend"), {"reason": "<script>alert(1)</script>"})

    page = client.get(address(sub, "details")).content.decode()
    assert "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_reactivate_lets_tokens_work_again(client, sub, admin, headers):
    token = TokenFactory(account=sub)
    suspend_account(sub, by=BY, reason="x")
    client.force_login(admin)

    response = client.post(address(sub, "reactivate"), headers=headers)

    sub.refresh_from_db()
    assert sub.state == "active"
    assert verify(token.secret_text, Use.API) == token
    assert response.status_code == (200 if headers else 302)


@pytest.mark.parametrize("verb", ["suspend", "delete"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_the_main_account_stays(confirmed, client, main, staff, verb, method):
    confirmed(staff)

    response = getattr(client, method)(address(main, verb), {"reason": "x"})

    main.refresh_from_db()
    assert response.status_code == 409
    assert "The main account cannot be" in response.content.decode()
    assert main.state == "active"


@pytest.mark.parametrize("verb", ["suspend", "delete"])
def test_an_admin_cannot_stop_the_main_account(confirmed, client, main, admin, verb):
    confirmed(admin)

    assert client.post(address(main, verb), {"reason": "x"}).status_code == 403


def test_delete_says_what_will_stop(client, sub, sub_admin, admin):
    TokenFactory.create_batch(2, account=sub)
    TokenFactory(account=sub).disable(by=BY)
    ShareFactory(account=sub)
    client.force_login(admin)

    page = client.get(address(sub, "delete")).content.decode()

    for words in (
        "2 API tokens",
        "1 log shipping token<",
        "1 shared token<",
        "1 member loses access here",
        "its data is no longer taken in",
        "for 30 days",
    ):
        assert words in page


def test_delete_of_an_account_where_nothing_works(client, main, admin):
    security = ChildFactory(main=main, kind=AccountKind.SECURITY)
    client.force_login(admin)

    page = client.get(address(security, "delete")).content.decode()

    assert "no token; none is enabled" in page
    assert "0 members lose access here" in page
    assert "its data" not in page


@pytest.mark.parametrize("person", ["admin", "staff"])
def test_delete_stops_the_account(request, confirmed, client, main, sub, person):
    token = TokenFactory(account=sub)
    confirmed(request.getfixturevalue(person))

    response = client.post(address(sub, "delete"))

    sub.refresh_from_db()
    listed = reverse("accounts:account_list", args=[main.pk])
    assert response.url == f"{listed}?kind=sub"
    assert sub.state == "deleted"
    assert verify(token.secret_text, Use.API) is None
    assert AuditEvent.objects.filter(action="account_deleted", account=sub).exists()


def test_delete_asks_for_the_password_and_then_goes_on(client, sub, admin):
    admin.set_password("correct horse battery")
    admin.save()
    client.force_login(admin)

    asked = client.post(address(sub, "delete"))
    sub.refresh_from_db()
    assert sub.state == "active"
    assert asked.url.startswith("/reauthenticate/?next=")

    done = client.post(asked.url, {"password": "correct horse battery"})
    sub.refresh_from_db()
    assert sub.state == "deleted"
    assert done.status_code == 302


def test_delete_is_not_done_with_a_wrong_password(client, sub, admin):
    admin.set_password("correct horse battery")
    admin.save()
    client.force_login(admin)

    asked = client.post(address(sub, "delete"))
    client.post(asked.url, {"password": "wrong"})

    sub.refresh_from_db()
    assert sub.state == "active"


@pytest.mark.parametrize(
    ("headers", "back"),
    [
        ({"HX-Current-URL": "http://testserver/accounts/1/accounts/?q=a"}, "%3Fq%3Da"),
        ({}, "next=%2F"),
    ],
)
def test_delete_leads_htmx_to_the_password(client, sub, headers, back, main):
    user = UserFactory(password="correct horse battery")
    MembershipFactory(account=main, user=user)
    client.force_login(user)

    response = client.post(address(sub, "delete"), headers=HTMX | headers)

    sub.refresh_from_db()
    assert response.status_code == 401
    assert response["HX-Redirect"].startswith("/reauthenticate/?next=")
    assert back in response["HX-Redirect"]
    assert sub.state == "active"


def test_a_deleted_account_is_gone_for_its_people(confirmed, client, sub, admin):
    confirmed(admin)
    client.post(address(sub, "delete"))

    assert client.get(address(sub, "details")).status_code == 404
    assert client.post(address(sub, "delete")).status_code == 404


@pytest.mark.parametrize("person", ["admin", "member", "sub_admin", "outsider"])
def test_restore_does_not_exist_for_people(request, client, sub, person):
    delete_account(sub, by=BY)
    client.force_login(request.getfixturevalue(person))

    assert client.post(address(sub, "restore")).status_code == 404


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_staff_restore_an_account(client, sub, staff, headers):
    token = TokenFactory(account=sub)
    delete_account(sub, by=BY)
    client.force_login(staff)

    response = client.post(address(sub, "restore"), headers=headers)

    sub.refresh_from_db()
    assert response.url == address(sub, "details")
    assert sub.state == "active"
    assert verify(token.secret_text, Use.API) == token


def test_restore_says_when_the_name_is_taken(client, main, sub, staff):
    delete_account(sub, by=BY)
    ChildFactory(main=main, name="staging")
    client.force_login(staff)

    response = client.post(address(sub, "restore"))

    sub.refresh_from_db()
    assert response.status_code == 409
    assert "already has an account named Staging" in response.content.decode()
    assert sub.state == "deleted"


def test_restore_ends_after_thirty_days(client, sub, staff):
    long_ago = timezone.now() - timedelta(days=31)
    type(sub).objects.filter(pk=sub.pk).update(deleted_at=long_ago)
    client.force_login(staff)

    assert client.post(address(sub, "restore")).status_code == 409


@pytest.mark.parametrize("verb", ["reactivate", "restore"])
def test_actions_are_posted(client, sub, staff, verb):
    client.force_login(staff)

    assert client.get(address(sub, verb)).status_code == 405
