import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse

from accounts.forms.passkeys import CredentialField
from tests.accounts.signing_in import PASSWORD


@pytest.mark.parametrize("text", ["9" * 5000, "[" * 200_000, "{", "", "[1, 2]", "{}"])
def test_a_login_with_no_credential_is_refused(client, db, text):
    response = client.post(reverse("mfa_login_webauthn"), {"credential": text})

    assert response.status_code in (200, 302)
    assert "_auth_user_id" not in client.session


def test_what_the_browser_sends_is_read():
    assert CredentialField().clean('{"id": "x"}') == {"id": "x"}


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
