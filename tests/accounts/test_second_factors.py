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
from django.core.cache import cache
from django.urls import reverse

from accounts.models import Action
from accounts.rule_violations import Unavailable
from accounts.signing_in.known_devices import DEVICE_COOKIE
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


def code_of(seed, step=0):
    """Return the code of the half minute before, or of a later step."""
    counter = list(yield_hotp_counters_from_time())[step]
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


@pytest.fixture
def clock():
    with time_machine.travel("2026-01-01 12:00Z", tick=False) as clock:
        yield clock


def half_way(client, **extra):
    """Sign out, and in again up to the second step."""
    client.post(reverse("account_logout"))
    sign_in(client, **extra)


def enter(client, code, **extra):
    return client.post(reverse("mfa_authenticate"), {"code": code}, **extra)


def test_half_a_login_makes_no_browser_known(client, dana, activate):
    activate()
    elsewhere = type(client)()
    half_way(elsewhere)

    assert DEVICE_COOKIE not in elsewhere.cookies


@pytest.mark.parametrize(
    ("first", "second", "again"),
    [(0, 0, False), (1, 1, False), (2, 1, False), (0, 1, True), (1, 2, True)],
)
def test_a_code_opens_once_and_none_before_it_does(
    client, activate, clock, first, second, again
):
    seed = activate()
    clock.shift(300)
    half_way(client)
    enter(client, code_of(seed, first))
    half_way(client)
    cache.clear()

    answer = enter(client, code_of(seed, second))

    assert (answer.status_code == 302) is again
    assert ("That code was used before." in answer.text) is not again


def test_the_code_that_turned_the_app_on_opens_nothing(client, activate, clock):
    seed = activate()
    half_way(client)
    cache.clear()
    answer = enter(client, code_of(seed))

    assert answer.status_code == 200
    assert "Wait until your app shows another one." in answer.text
    assert enter(client, code_of(seed, 1)).status_code == 302


def test_guesses_of_codes_are_slowed_down_for_the_guesser_alone(
    client, activate, clock
):
    seed = activate()
    clock.shift(300)
    guesser, owner = type(client)(), type(client)()
    half_way(guesser, REMOTE_ADDR="198.51.100.7")
    half_way(owner, REMOTE_ADDR="203.0.113.9")

    guesses = [enter(guesser, "000000", REMOTE_ADDR="198.51.100.7") for _ in range(6)]
    answer = enter(owner, code_of(seed), REMOTE_ADDR="203.0.113.9")

    assert [each.status_code for each in guesses] == [200] * 5 + [429]
    assert "Wait 5 seconds, then try again." in guesses[-1].text
    assert answer.status_code == 302


def test_guesses_of_codes_do_not_reach_a_browser_that_signed_in_before(
    client, activate, clock
):
    seed = activate()
    clock.shift(300)
    guesser = type(client)()
    half_way(guesser)
    for number in range(20):
        enter(guesser, "000000", REMOTE_ADDR=f"192.0.2.{number}")

    half_way(client)

    assert enter(guesser, "000000", REMOTE_ADDR="192.0.2.99").status_code == 429
    assert enter(client, code_of(seed)).status_code == 302


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
