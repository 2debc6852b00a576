"""rotate_keys: nothing is lost, everything is checked, and it can stop at any time."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import decrypt, encrypt
from django.core.management import CommandError

from accounts.audit.trail import Actor, record, verify
from accounts.crypto.checks import check_keys, note_keys_in_use
from accounts.models import Action, AuditChain, AuditEvent, CryptoKey
from accounts.rule_violations import Unavailable
from gateway.models import Webhook
from tests.factories import UserFactory
from tests.reencryption.conftest import NEW, errors
from tokens.models import StoredSecret
from tokens.permissions import Use
from tokens.verification import verify as opens

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("purpose", ["enc", "index"])
def test_every_secret_is_renewed_and_the_old_key_may_go(
    tokens, put_first, rotate, purpose
):
    put_first(purpose)

    said = rotate(purpose, "--batch=2")

    assert said == (
        "Checked 6 rows: every one is sound.\n"
        f"Take key 1 out of {NEW[purpose][0]} and restart.\n"
    )
    kids = StoredSecret.objects.values_list(f"{purpose}_kid", flat=True)
    assert set(kids) == {2}
    assert errors() == ["crypto.W001"]
    put_first(purpose, keep=False)
    assert errors() == []
    for token in tokens:
        assert opens(token.secret_text, Use.API) == token
        assert token.reveal(by=Actor.console()).reveal() == token.secret_text


def test_each_batch_is_audited_and_retirement_noted(tokens, put_first, rotate):
    put_first("enc")

    rotate("enc", "--batch=4")

    noted = AuditEvent.objects.filter(action=Action.KEYS_ROTATED).order_by("pk")
    assert [event.data for event in noted] == [{"rows": 4}, {"rows": 2}]
    assert {event.target for event in noted} == {"TOLLGATE_ENC_KEYS 2"}
    retired = CryptoKey.objects.exclude(retired_at=None)
    assert [(key.purpose, key.kid) for key in retired] == [("enc", 1)]


def test_seeds_of_second_factors_move_too(put_first, rotate):
    user = UserFactory()
    totp = Authenticator.objects.create(
        user=user, type="totp", data={"secret": encrypt("SEED")}
    )
    codes = Authenticator.objects.create(
        user=user,
        type="recovery_codes",
        data={"seed": encrypt("CODES"), "used_mask": 3},
    )
    Authenticator.objects.create(user=user, type="webauthn", data={"name": "key"})
    put_first("enc")
    assert rotate("enc", "--dry-run") == "2 rows are under an old key.\n"

    assert rotate("enc").startswith("Checked 2 rows")

    put_first("enc", keep=False)
    totp.refresh_from_db()
    codes.refresh_from_db()
    assert decrypt(totp.data["secret"]) == "SEED"
    assert decrypt(codes.data["seed"]) == "CODES"
    assert codes.data["used_mask"] == 3


def test_secrets_of_webhooks_move_too(main, put_first, rotate):
    note_keys_in_use()
    webhook = Webhook.add(main, "https://hook.example/", by=Actor.console())
    secret = webhook.reveal(by=Actor.console())
    put_first("enc")
    assert rotate("enc", "--dry-run") == "2 rows are under an old key.\n"

    assert rotate("enc").startswith("Checked 2 rows")

    put_first("enc", keep=False)
    assert errors() == []
    assert Webhook.objects.get().secret == secret


def test_both_secrets_of_a_renewed_webhook_move(main, put_first, rotate):
    note_keys_in_use()
    webhook = Webhook.add(main, "https://hook.example/", by=Actor.console())
    webhook.renew(by=Actor.console())
    secrets = webhook.secrets
    put_first("enc")

    rotate("enc")

    put_first("enc", keep=False)
    assert len(secrets) == 2
    assert Webhook.objects.get().secrets == secrets


def test_a_key_that_only_a_webhook_needs_is_missed(main, put_first, rotate):
    note_keys_in_use()
    Webhook.add(main, "https://hook.example/", by=Actor.console())
    StoredSecret.objects.all().delete()
    put_first("enc", keep=False)

    (problem,) = check_keys(databases=["default"])
    assert "lacks enc key 1, which 1 rows use" in problem.msg
    with pytest.raises(Unavailable):
        Webhook.objects.get().secret  # noqa: B018 -- looking is what fails


def test_chains_are_signed_again(tokens, put_first, rotate):
    put_first("audit")
    record(Action.LOGIN, by=Actor.console())
    assert rotate("audit", "--dry-run") != "0 rows are under an old key.\n"

    rotate("audit")

    put_first("audit", keep=False)
    assert errors() == []
    assert {verify(chain) for chain in AuditChain.objects.all()} == {None}


def test_without_a_second_key_there_is_nothing_to_rotate_to(tokens, rotate):
    with pytest.raises(CommandError, match="There is one key only"):
        rotate("enc")


def test_a_retired_key_is_not_rotated_to_again(tokens, put_first, rotate, settings):
    put_first("enc")
    rotate("enc")
    name, new, old = NEW["enc"]
    setattr(settings, name, f"{old},{new}")

    with pytest.raises(CommandError, match="The first key was retired"):
        rotate("enc")


def test_verify_only_checks_and_retires_nothing(tokens, put_first, rotate):
    put_first("index")

    assert rotate("index", "--verify-only") == "Checked 6 rows: every one is sound.\n"
    assert rotate("audit", "--verify-only").startswith("Checked 1 rows")
    assert CryptoKey.objects.exclude(retired_at=None).count() == 0
