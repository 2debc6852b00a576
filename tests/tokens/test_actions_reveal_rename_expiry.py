from datetime import timedelta

import pytest
from django.test import override_settings

from accounts.models import Action, AuditEvent
from tests.factories import BY, TokenFactory
from tests.tokens.actions import HTMX, JSON, again, url

pytestmark = pytest.mark.django_db
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def token(main):
    return TokenFactory(account=main, name="Terraform")


def test_reveal_hands_out_the_current_secret_only(as_admin, admin, token):
    fresh = token.rotate(by=BY, overlap=timedelta(hours=1))

    response = as_admin.post(url("reveal", token), headers=JSON)

    assert response.json() == {"secret": fresh.reveal()}
    assert "no-store" in response["Cache-Control"]
    event = AuditEvent.objects.get(action=Action.TOKEN_REVEALED)
    assert (event.user, event.token_id) == (admin, token.pk)
    assert fresh.reveal() not in repr(AuditEvent.objects.values())


def test_reveal_without_script_says_so_and_shows_nothing(as_admin, token):
    response = as_admin.post(url("reveal", token), headers=HTML)

    assert response.status_code == 406
    assert "no-store" in response["Cache-Control"]
    assert b"Copying needs JavaScript" in response.content
    assert token.secret_text.encode() not in response.content
    assert not AuditEvent.objects.filter(action=Action.TOKEN_REVEALED).exists()


def test_reveal_without_the_key_says_why(as_admin, token):
    other_key = "7:" + "b3RoZXIga2V5IG90aGVyIGtleSBvdGhlciBrZXkgISE="
    with override_settings(TOLLGATE_ENC_KEYS=other_key):
        response = as_admin.post(url("reveal", token), headers=JSON)

    assert response.status_code == 503
    assert "goes on working" in response.json()["detail"]


def test_rename_shows_the_new_name(as_admin, token):
    html = as_admin.post(
        url("rename", token), {"name": "Pulumi  <2>"}, headers=HTMX
    ).content.decode()

    assert again(token).name == "Pulumi  <2>"
    assert "Pulumi  &lt;2&gt;" in html


@pytest.mark.parametrize("headers", [None, HTMX])
@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("", "Give the token a name."),
        ("Taken", "already a token named Taken"),
        ("\u200b", "U+200B is in it"),
    ],
)
def test_rename_tells_a_mistake_in_its_place(
    as_admin, main, token, headers, name, error
):
    TokenFactory(account=main, name="Taken")

    response = as_admin.post(url("rename", token), {"name": name}, headers=headers)

    html = response.content.decode()
    assert response.status_code == 422
    assert error in html
    assert "Rename Terraform" in html or "Rename <bdi>Terraform" in html
    retarget = f"#name-{token.pk}" if headers else None
    assert response.get("HX-Retarget") == retarget
    assert ("<html" in html) == (headers is None)
    assert again(token).name == "Terraform"


def test_last_enabled_log_token_never_expires(as_admin, main):
    response = as_admin.post(url("expiry", main.tokens.get()), {"expires_at": "7"})

    assert response.status_code == 422
    assert b"The last enabled log shipping token never expires." in response.content


def test_expiry_is_set_and_cleared(as_admin, token):
    as_admin.post(url("expiry", token), {"expires_at": "30"})
    assert again(token).expires_at is not None

    html = as_admin.get(url("expiry", token)).content.decode()
    assert '<option value="date" selected>' in html

    as_admin.post(url("expiry", token), {"expires_at": "never"})
    assert again(token).expires_at is None


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"expires_at": "8"},
        {"expires_at": "date"},
        {"expires_at": "date", "expires_on": "2020-01-01"},
    ],
)
def test_expiry_that_makes_no_sense_is_a_mistake(as_admin, token, data):
    assert as_admin.post(url("expiry", token), data).status_code == 422
