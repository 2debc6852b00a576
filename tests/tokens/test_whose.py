from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import AccountKind, Action, AuditEvent
from tests.factories import BY, ChildFactory, TokenFactory
from tokens.kinds import Kind
from tokens.models import Token
from tokens.secrets import make
from tokens.views.whose import NO_SECRET, UNKNOWN

WHOSE = reverse("tokens:whose")


@pytest.fixture
def token(main):
    return TokenFactory(account=main, name="Terraform")


def about(token):
    return reverse("tokens:whose_token", args=[token.pk])


def stop(token):
    return reverse("tokens:whose_disable", args=[token.pk])


@pytest.mark.parametrize("who", ["admin", "member", "outsider"])
def test_whose_is_not_there_for_others(client, request, token, who):
    client.force_login(request.getfixturevalue(who))

    assert client.get(WHOSE).status_code == 404
    assert client.post(WHOSE, {"q": token.secret_text}).status_code == 404
    assert client.get(about(token)).status_code == 404
    assert client.post(stop(token), {"reason": "x"}).status_code == 404


def test_secret_names_its_owner(client, staff, token):
    client.force_login(staff)

    response = client.post(WHOSE, {"q": f"token={token.secret_text}"}, follow=True)
    html = response.content.decode()

    assert response.redirect_chain == [(about(token), 302)]
    assert "Terraform" in html
    assert "Acme" in html
    assert token.masked in html
    assert token.secret_text not in html


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param(make(Kind.API).reveal(), UNKNOWN, id="unknown"),
        ("tga_short", NO_SECRET),
        ("", NO_SECRET),
        ("a\x00", NO_SECRET),
        ("x" * 400, NO_SECRET),
    ],
)
def test_unknown_text_is_not_shown_again(client, staff, text, problem):
    client.force_login(staff)

    response = client.post(WHOSE, {"q": text})

    assert response.status_code == 422
    assert problem in response.content.decode()
    assert not text or text not in response.content.decode()


def test_whose_opens_empty(client, staff):
    client.force_login(staff)

    assert client.get(WHOSE).status_code == 200


def test_staff_stop_a_token_with_a_reason(client, staff, token):
    client.force_login(staff)

    response = client.post(stop(token), {"reason": "found on GitHub"}, follow=True)

    token.refresh_from_db()
    assert response.redirect_chain == [(about(token), 302)]
    assert "found on GitHub" in response.content.decode()
    assert (token.state, token.disabled_reason) == ("disabled", "found on GitHub")
    event = AuditEvent.objects.latest("pk")
    assert (event.action, event.user) == (Action.TOKEN_DISABLED, staff)


def test_reason_is_required(client, staff, token):
    client.force_login(staff)

    response = client.post(stop(token), {"reason": " "})

    assert response.status_code == 422
    assert Token.objects.get(pk=token.pk).state == "active"


def test_gateway_token_is_the_operators(client, staff):
    token = TokenFactory(account=None, kind=Kind.GATEWAY, name="Edge")
    client.force_login(staff)

    html = client.get(about(token)).content.decode()
    client.post(stop(token), {"reason": "leaked"})

    assert "The operator of this installation" in html
    assert Token.objects.get(pk=token.pk).state == "disabled"


def test_single_and_deleted_tokens_cannot_be_stopped(client, staff, main, token):
    metrics = ChildFactory(main=main, kind=AccountKind.METRICS)
    token.delete_softly(by=BY)
    client.force_login(staff)

    single = client.get(about(metrics.tokens.get())).content.decode()
    deleted = client.get(about(token)).content.decode()

    assert "cannot be disabled" in single
    assert "Stop it" not in single + deleted


def test_rotating_and_disabled_tokens_say_so(client, staff, token):
    token.rotate(by=BY, overlap=timedelta(hours=1))
    client.force_login(staff)

    assert "Old secret" in client.get(about(token)).content.decode()
