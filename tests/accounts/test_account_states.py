"""Accounts are suspended and reactivated; who changes what state of which."""

import pytest

from accounts.lifecycle import suspend_account
from accounts.models import AccountKind, AuditEvent
from tests.accounts.addresses import address
from tests.factories import BY, ChildFactory, TokenFactory
from tokens.defaults import default_token
from tokens.permissions import Use
from tokens.verification import verify

HTMX = {"HX-Request": "true"}


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
    assert default_token(sub).masked in page
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


@pytest.mark.parametrize("verb", ["reactivate", "restore"])
def test_actions_are_posted(client, sub, staff, verb):
    client.force_login(staff)

    assert client.get(address(sub, verb)).status_code == 405
