"""Uses of stopped tokens at Tollgate itself: of its API, and of share links."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.lifecycle import suspend_account
from gateway.models import RefusedCall
from sharing.models import Share
from tests.factories import BY, ShareFactory, TokenFactory
from tests.gateway.refused_pages import page, shown
from tests.sharing.visitors import show
from tokens.kinds import Kind
from tokens.models import Token
from tokens.usage_counters import refusals

pytestmark = pytest.mark.usefixtures("recorder")
AGENT = {"User-Agent": "terraform/1.9"}


def call(token, **headers):
    headers = {"X-API-TOKEN": token.secret_text} | headers
    return Client().get("/v1/account-management/whoami", headers=headers)


def noted():
    refusals.flush()
    keys = ("refused_id", "reason", "signal", "address", "agent", "calls")
    return list(RefusedCall.objects.values_list(*keys))


def disabled(token):
    token.disable(by=BY)


def deleted(token):
    token.delete_softly(by=BY)


def expired(token):
    Token.objects.filter(pk=token.pk).update(expires_at=timezone.now())


def rotated(token):
    token.rotate(by=BY)


def account_stopped(token):
    suspend_account(token.account, by=BY)


STOPS = (disabled, deleted, expired, rotated, account_stopped)


@pytest.mark.parametrize("stop", STOPS)
def test_a_stopped_token_at_the_api_is_found(sub, stop):
    token = TokenFactory(account=sub)
    stop(token)

    for _ in range(2):
        assert call(token, **AGENT).status_code == 403

    expected = (token.pk, stop.__name__, "api", "127.0.0.1", "terraform/1.9", 2)
    assert noted() == [expected]


def test_a_token_of_another_kind_at_the_api_is_found(sub):
    token = TokenFactory(account=sub, kind=Kind.LOGS)

    call(token)

    assert [row[:3] for row in noted()] == [(token.pk, "wrong_kind", "api")]


def test_a_token_that_works_and_an_unknown_one_are_not(main):
    token = TokenFactory(account=main)

    assert call(token).status_code != 403
    token.secret_text = "tga_nonsense"
    assert call(token).status_code == 403

    assert noted() == []


def test_our_own_api_finds_it_too(main):
    token = TokenFactory(account=main)
    token.disable(by=BY)
    bearer = {"Authorization": f"Bearer {token.secret_text}"}

    assert Client().get("/api/v1/whoami", headers=bearer).status_code == 401
    assert [row[:3] for row in noted()] == [(token.pk, "disabled", "api")]


def test_once_known_it_costs_no_query_of_its_row(main, django_assert_num_queries):
    token = TokenFactory(account=main)
    token.disable(by=BY)
    call(token)

    with django_assert_num_queries(1):
        call(token)


def paused(share):
    share.token.disable(by=BY)


def shows_nothing(share):
    Share.objects.update(shows_everything=False)


@pytest.mark.parametrize("stop", [paused, shows_nothing])
def test_a_stopped_link_that_is_opened_is_found(client, main, stop):
    share = ShareFactory(account=main)
    stop(share)

    assert show(client, share, **AGENT).status_code == 404

    expected = (share.pk, stop.__name__, "query-logs", "127.0.0.1", "terraform/1.9", 1)
    assert noted() == [expected]


def test_the_old_secret_of_a_link_is_found(client, main):
    share = ShareFactory(account=main)
    public_id = share.token.public_id
    share.token.rotate(by=BY)

    assert show(client, share, page=public_id).status_code == 404

    assert [row[:3] for row in noted()] == [(share.pk, "rotated", "query-logs")]


def test_links_that_open_are_not(client, main):
    share = ShareFactory(account=main)

    assert show(client, share).status_code == 200
    assert show(client, share, page="Zz99Zz99").status_code == 404

    assert noted() == []


def test_the_old_secret_works_while_it_overlaps(client, main):
    share = ShareFactory(account=main)
    public_id = share.token.public_id
    share.token.rotate(by=BY, overlap=timedelta(hours=1))

    assert show(client, share, page=public_id).status_code == 200


def test_admins_see_it_among_the_refused_calls(as_admin, main):
    token = TokenFactory(account=main, name="Terraform")
    share = ShareFactory(account=main, name="Board")
    token.disable(by=BY)
    share.token.disable(by=BY)
    call(token, **AGENT)
    show(Client(), share)
    refusals.flush()

    response = as_admin.get(page(main))

    assert {each.name for each in shown(response)} == {"Terraform", "Board"}
    assert "terraform/1.9" in response.text
