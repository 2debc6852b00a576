import pytest
from django.urls import reverse

from accounts.forms.passkeys import CredentialField


@pytest.mark.parametrize("text", ["9" * 5000, "[" * 200_000, "{", "", "[1, 2]", "{}"])
def test_a_login_with_no_credential_is_refused(client, db, text):
    response = client.post(reverse("mfa_login_webauthn"), {"credential": text})

    assert response.status_code in (200, 302)
    assert "_auth_user_id" not in client.session


def test_what_the_browser_sends_is_read():
    assert CredentialField().clean('{"id": "x"}') == {"id": "x"}
