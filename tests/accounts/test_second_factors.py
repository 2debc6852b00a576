"""Second factors: the authenticator app, recovery codes and passkeys."""

import pytest
import time_machine
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.urls import reverse

from accounts.models import Action
from accounts.refusals import Unavailable
from tests.accounts.signing_in import PASSWORD, events, sign_in


def code(user):
    secret = Authenticator.objects.get(user=user, type="totp").wrap()
    seed = get_mfa_adapter().decrypt(secret.instance.data["secret"])
    return code_of(seed)


@pytest.fixture
def activate(client, dana):
    """Turn the authenticator app on as a person does, and return its seed."""

    def act():
        sign_in(client)
        place = f"{reverse('account_reauthenticate')}?next=/profile/"
        client.post(place, {"password": PASSWORD})
        url = reverse("mfa_activate_totp")
        seed = client.get(url).context["form"].secret
        client.post(url, {"code": code_of(seed)})
        return seed

    return act


def code_of(seed):
    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(seed, counter))


@pytest.mark.django_db(transaction=True)
def test_totp_is_kept_sealed_and_audited(activate, mailoutbox):
    seed = activate()

    kept = Authenticator.objects.get(type="totp")
    assert seed not in str(kept.data)
    assert get_mfa_adapter().decrypt(kept.data["secret"]) == seed
    changes = [event.data["what"] for event in events(Action.MFA_CHANGED)]
    assert changes == ["totp activated"]
    assert seed not in "".join(mail.body for mail in mailoutbox)


def test_totp_is_asked_at_the_next_login(client, dana, activate):
    with time_machine.travel("2026-01-01 12:00Z", tick=False) as clock:
        activate()
        client.logout()
        clock.shift(300)
        first = sign_in(client)
        half = client.get(reverse("accounts:profile")).status_code
        wrong = client.post(reverse("mfa_authenticate"), {"code": "000000"})
        second = client.post(reverse("mfa_authenticate"), {"code": code(dana)})
        whole = client.get(reverse("accounts:profile")).status_code

    assert first.url == reverse("mfa_authenticate")
    assert (half, whole) == (302, 200)
    assert wrong.status_code == 200
    assert second.url == "/"


def test_recovery_code_opens_once(client, activate):
    activate()
    page = client.get(reverse("mfa_view_recovery_codes"))
    recovery = page.context["unused_codes"][0]
    data = str(list(Authenticator.objects.values_list("data", flat=True)))
    client.logout()

    sign_in(client)
    used = client.post(reverse("mfa_authenticate"), {"code": recovery})
    client.logout()
    sign_in(client)
    again = client.post(reverse("mfa_authenticate"), {"code": recovery})

    assert recovery not in data
    assert used.url == "/"
    assert again.status_code == 200


@pytest.mark.django_db(transaction=True)
def test_totp_is_turned_off_with_an_event(client, activate):
    activate()

    client.post(reverse("mfa_deactivate_totp"))

    assert not Authenticator.objects.filter(type="totp").exists()
    changes = [event.data["what"] for event in events(Action.MFA_CHANGED)]
    assert "totp deactivated" in changes


def test_seed_under_a_lost_key_is_unavailable(dana, settings):
    kept = Authenticator(
        user=dana, type="totp", data={"secret": get_mfa_adapter().encrypt("seed")}
    )
    other = settings.TOLLGATE_ENC_KEYS.replace("1:", "2:")
    settings.TOLLGATE_ENC_KEYS = other

    with pytest.raises(Unavailable, match="cannot be checked right now"):
        get_mfa_adapter().decrypt(kept.data["secret"])


def test_passkeys_are_offered_at_login(client, db):
    by_script = {"Accept": "application/json", "X-Requested-With": "XMLHttpRequest"}

    answer = client.get(reverse("mfa_login_webauthn"), headers=by_script)

    assert "challenge" in answer.json()["request_options"]["publicKey"]
    assert "passkey" in client.get(reverse("account_login")).text
