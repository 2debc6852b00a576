from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.lifecycle import edit_organisation
from accounts.models import Action, AuditEvent
from accounts.plans import Plan
from tests.factories import BY, ShareFactory, TokenFactory
from tokens.kinds import Kind
from tokens.models import Token
from tokens.permissions import Use
from tokens.verification import verify

pytestmark = pytest.mark.django_db


def deleted(account, **query):
    return reverse("tokens:deleted", args=[account.pk], query=query)


def restore(token):
    return reverse("tokens:restore", args=[token.account_id, token.pk])


@pytest.fixture
def gone(main):
    token = TokenFactory(account=main, name="Gone")
    token.delete_softly(by=BY)
    return token


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["Gone"]),
        ({"kind": "api"}, ["Gone"]),
        ({"kind": "logs"}, ["Log"]),
        ({"kind": "shared"}, ["Link"]),
        ({"kind": "gateway"}, ["Gone"]),
        ({"kind": "\x00"}, ["Gone"]),
        ({"cursor": "\x00"}, ["Gone"]),
    ],
)
def test_each_tab_has_its_own_list(as_admin, main, gone, query, names):
    TokenFactory(account=main, kind=Kind.LOGS, name="Log").delete_softly(by=BY)
    ShareFactory(account=main, name="Link").token.delete_softly(by=BY)

    response = as_admin.get(deleted(main, **query))

    assert [token.name for token in response.context["page"]] == names
    assert gone.secret_text.encode() not in response.content


@pytest.mark.parametrize("count", [1, 3])
def test_query_count_does_not_grow(as_admin, main, count, django_assert_num_queries):
    for _ in range(count):
        TokenFactory(account=main).delete_softly(by=BY)
    as_admin.get(deleted(main))

    with django_assert_num_queries(8):
        response = as_admin.get(deleted(main))

    assert response.content.count(b'<tr id="token-') == count


def test_nothing_deleted_says_so(as_admin, main):
    assert b"Nothing was deleted" in as_admin.get(deleted(main)).content


def test_old_ones_are_not_listed(as_admin, main, gone):
    long_ago = timezone.now() - timedelta(days=31)
    Token.objects.filter(pk=gone.pk).update(deleted_at=long_ago)

    assert len(as_admin.get(deleted(main)).context["page"]) == 0
    assert as_admin.post(restore(gone)).status_code == 404


def test_restored_token_is_shown_with_the_same_secret(as_admin, main, gone):
    response = as_admin.post(restore(gone), follow=True)

    assert response.context["added"] == gone
    assert b"It works again." in response.content
    assert verify(gone.secret_text, Use.API) == gone


def test_restored_token_says_when_it_is_disabled(as_admin, main):
    token = TokenFactory(account=main, kind=Kind.LOGS)
    token.delete_softly(by=BY)
    edit_organisation(main.organisation, by=BY, plan=Plan.COMMUNITY)

    response = as_admin.post(restore(token), follow=True)

    assert b"It is disabled." in response.content


def test_name_that_was_taken_meanwhile_is_a_refusal(as_admin, main, gone):
    TokenFactory(account=main, name="Gone")

    response = as_admin.post(restore(gone))

    assert response.status_code == 409
    assert b"already a token named Gone" in response.content


@pytest.mark.parametrize("name", ["Gone for good", "gone"])
def test_another_name_is_offered_on_the_spot(as_admin, main, gone, name):
    for taken in ("Gone", "Gone 2"):
        TokenFactory(account=main, name=taken)

    asked = as_admin.post(restore(gone))
    response = as_admin.post(restore(gone), {"name": name}, follow=True)

    assert 'value="Gone 3"' in asked.text
    is_free = name != "gone"
    assert response.status_code == (200 if is_free else 409)
    gone.refresh_from_db()
    assert gone.name == (name if is_free else "Gone")
    assert (verify(gone.secret_text, Use.API) == gone) is is_free


def test_the_trail_has_both_names_of_a_restored_token(as_admin, main, gone):
    TokenFactory(account=main, name="Gone")
    as_admin.post(restore(gone), {"name": "Back"})

    event = AuditEvent.objects.get(action=Action.TOKEN_RESTORED)
    assert event.data["changes"] == [["name", "Gone", "Back"]]


def test_standing_token_is_not_restored(as_admin, main):
    assert as_admin.post(restore(TokenFactory(account=main))).status_code == 404


@pytest.mark.parametrize(
    ("who", "status"),
    [("member", 403), ("staff", 403), ("sub_admin", 404), ("outsider", 404)],
)
def test_only_admins_restore(request, client, gone, who, status):
    client.force_login(request.getfixturevalue(who))

    assert client.post(restore(gone)).status_code == status
    assert client.get(restore(gone)).status_code == 405


def test_staff_see_no_button(client, main, gone, staff):
    client.force_login(staff)

    html = client.get(deleted(main)).content.decode()

    assert "Gone" in html
    assert restore(gone) not in html


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_what_is_done_to_a_deleted_token_names_it_and_the_way_back(
    as_admin, main, gone, headers
):
    address = reverse("tokens:disable", args=[main.pk, gone.pk])
    response = as_admin.post(address, headers=headers)
    copied = as_admin.post(
        reverse("tokens:reveal", args=[main.pk, gone.pk]),
        headers={"Accept": "application/json"},
    )

    assert response.status_code == copied.status_code == 404
    assert "Gone was deleted by" in response.text
    assert ("Reload" in response.text) is bool(headers)
    assert copied.json()["detail"].startswith("Gone was deleted by")
