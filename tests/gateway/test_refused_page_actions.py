"""Tokens that are refused: to let them work for an hour, or to put them aside."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AccountKind, Action, AuditEvent
from tests.factories import (
    BY,
    ChildFactory,
    MainFactory,
    MembershipFactory,
    TokenFactory,
)
from tests.gateway.refused_pages import deleted, old_secret, page, shown
from tests.gateway.uses import refuse
from tokens.kinds import Kind
from tokens.models import Token

HTMX = {"HX-Request": "true"}


def act(client, verb, account, token, **headers):
    path = reverse(f"gateway:{verb}", args=[account.pk, token.pk])
    return client.post(path, headers=headers)


def works_again(account):
    token = TokenFactory(account=account)
    token.disable(by=BY)
    return token, refuse(token, "disabled")


def test_enabling_for_an_hour_answers_with_the_token_as_it_is_now(as_admin, main):
    token, _ = works_again(main)

    response = act(as_admin, "revive", main, token, **HTMX)

    assert response.status_code == 200
    assert f'id="refused-{token.pk}"' in response.text
    assert "Works again" in response.text
    assert "Enable again for an hour" not in response.text
    assert f"{token.name} works for an hour." in response.text
    assert 'id="count-gateway-refused_calls" hx-swap-oob="true" hidden' in response.text


def test_enabling_for_an_hour_works_without_htmx(as_admin, main):
    token, _ = works_again(main)

    response = act(as_admin, "revive", main, token)

    assert response.url == page(main)
    assert Token.objects.get(pk=token.pk).state == "active"
    assert "works for an hour" in as_admin.get(page(main)).text


def test_a_child_is_helped_from_the_main_account(as_admin, main, sub):
    token = deleted(sub)
    refuse(token)

    act(as_admin, "revive", main, token)

    assert Token.objects.get(pk=token.pk).state == "active"


def test_the_old_secret_that_was_used_works_for_an_hour(as_admin, main):
    token = ChildFactory(main=main, kind=AccountKind.METRICS).tokens.get()
    old = old_secret(token)
    refuse(token, "rotated", signal="metrics", secret=old)

    response = act(as_admin, "revive", main, token, **HTMX)

    assert token.secrets.get(pk=old.pk).valid_until > timezone.now()
    assert "the old secret, until" in response.text


def test_what_cannot_be_enabled_is_refused(as_admin, main):
    token = main.tokens.get(name="default")
    refuse(token, "wrong_kind", signal="query-metrics")

    assert act(as_admin, "revive", main, token).status_code == 409


def test_what_was_deleted_too_long_ago_is_refused(as_admin, main):
    token = deleted(main)
    refuse(token)
    long_ago = timezone.now() - timedelta(days=31)
    Token.objects.filter(pk=token.pk).update(deleted_at=long_ago)

    assert act(as_admin, "revive", main, token).status_code == 409


def test_a_limit_is_a_refusal(client, admin, main):
    full = MainFactory(plan="community")
    spare = TokenFactory(account=full, kind=Kind.LOGS, enabled=False)
    refuse(spare, "disabled", signal="logs")
    MembershipFactory(user=admin, account=full, role="admin")
    client.force_login(admin)

    response = act(client, "revive", full, spare)

    assert response.status_code == 409
    assert "The plan allows 1 enabled log shipping token" in response.text


@pytest.mark.parametrize("verb", ["revive", "dismiss"])
def test_tokens_of_others_are_not_there(as_admin, main, verb):
    other = deleted(MainFactory(name="Other"))
    refuse(other)
    shut = deleted(ChildFactory(main=main, name="Shut", accessible=False))
    refuse(shut)
    plain = TokenFactory(account=main)

    answers = [act(as_admin, verb, main, token) for token in (other, shut, plain)]

    assert {answer.status_code for answer in answers} == {404}


def test_putting_aside_takes_it_off_the_list_and_is_audited(as_admin, main):
    token = deleted(main)
    refuse(token)

    response = act(as_admin, "dismiss", main, token, **HTMX)

    assert f'id="refused-{token.pk}"' not in response.text
    assert f"{token.name} is put aside." in response.text
    assert shown(as_admin.get(page(main))) == []
    assert shown(as_admin.get(page(main, "?dismissed=1"))) == [token]
    event = AuditEvent.objects.latest("pk")
    assert (event.action, event.token_id) == (Action.REFUSED_CALLS_DISMISSED, token.pk)


def test_putting_aside_works_without_htmx_and_only_once(as_admin, main):
    token = deleted(main)
    refuse(token)

    act(as_admin, "dismiss", main, token)
    response = act(as_admin, "dismiss", main, token)

    assert response.url == page(main)
    told = AuditEvent.objects.filter(action=Action.REFUSED_CALLS_DISMISSED)
    assert told.count() == 1
