import json

import pytest
from allauth.core.context import request_context
from allauth.mfa.models import Authenticator
from django.urls import reverse
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AuthenticatorData

from accounts.forms.passkeys import THERE, AddForm, CredentialField
from tests.accounts.signing_in import PASSWORD


@pytest.mark.parametrize("text", ["9" * 5000, "[" * 200_000, "{", "", "[1, 2]", "{}"])
def test_a_login_with_no_credential_is_refused(client, db, text):
    response = client.post(reverse("mfa_login_webauthn"), {"credential": text})

    assert response.status_code in (200, 302)
    assert "_auth_user_id" not in client.session


def test_what_the_browser_sends_is_read():
    assert CredentialField(str).clean('{"id": "x"}') == {"id": "x"}


def test_a_passkey_is_not_renamed_to_what_cannot_be_seen(client, dana):
    key = Authenticator.objects.create(
        user=dana, type="webauthn", data={"name": "Key", "credential": {}}
    )
    page = reverse("mfa_edit_webauthn", args=[key.pk])
    client.force_login(dana)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})

    refused = client.post(page, {"name": "Pay\u202epal"})
    client.post(page, {"name": "Work"})

    key.refresh_from_db()
    assert "U+202E is in it" in refused.text
    assert key.data["name"] == "Work"


@pytest.mark.parametrize("page", ["mfa_add_webauthn", "mfa_activate_totp"])
def test_who_chose_a_password_by_a_mailed_link_may_add_one(client, dana, page):
    client.post(reverse("account_reset_password"), {"email": dana.email})
    client.force_login(dana)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})

    assert client.get(reverse(page)).status_code == 200


@pytest.fixture
def made():
    """What a browser sends of a passkey that it has just made."""
    about = {"type": "webauthn.create", "challenge": "AAAA", "origin": "https://x"}
    seen = AuthenticatorData.create(b"x" * 32, AuthenticatorData.FLAG.UP, 1)
    statement = AttestationObject.create("none", seen, {})
    response = {
        "clientDataJSON": websafe_encode(json.dumps(about).encode()),
        "attestationObject": websafe_encode(statement),
    }
    return {"id": "YWJj", "rawId": "YWJj", "type": "public-key", "response": response}


def added(user, credential):
    """Return the form with which a passkey is added, as it was sent."""
    form = AddForm({"name": "Key", "credential": json.dumps(credential)}, user=user)
    form.full_clean()
    return form


@pytest.fixture
def kept(dana):
    """Have a passkey of a person already."""

    def keep(credential):
        data = {"name": "Key", "credential": credential}
        Authenticator.objects.create(user=dana, type="webauthn", data=data)

    return keep


def test_a_passkey_that_comes_again_is_found(dana, kept, made):
    kept(made)

    assert added(dana, made).non_field_errors() == [THERE]


def test_another_passkey_is_not_taken_for_it(rf, dana, kept, made):
    kept(made | {"id": "eHl6", "rawId": "eHl6"})

    request = rf.get("/")
    request.session = {}

    with request_context(request):
        form = added(dana, made)

    assert form.non_field_errors() == ["Incorrect code."]


@pytest.mark.parametrize(
    "change",
    [
        {"id": {}},
        {"rawId": 1},
        {"response": {}},
        {"response": {"clientDataJSON": "e30", "attestationObject": "AAAA"}},
        {"response": {"clientDataJSON": "AAAA", "attestationObject": "oA"}},
        {"response": [1]},
    ],
)
def test_what_is_no_passkey_is_wrong_and_no_crash(dana, made, change):
    assert added(dana, made | change).has_error("credential")


@pytest.mark.parametrize("sent", ['{"id": "x"}', '{"id": "x", "rawId": "y"}'])
def test_a_login_with_half_a_credential_is_refused(client, db, sent):
    response = client.post(reverse("mfa_login_webauthn"), {"credential": sent})

    assert response.status_code in (200, 302)
    assert "_auth_user_id" not in client.session
