"""Re-encryption that is stopped, disturbed, or meets what is damaged."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import encrypt
from django.core.management import CommandError

from accounts import hooks
from accounts.audit.trail import Actor
from accounts.crypto import reencryption as accounts_reencryption
from accounts.crypto import seeds
from accounts.models import AuditEvent, CryptoKey
from tests.factories import UserFactory
from tokens import reencryption
from tokens.models import StoredSecret
from tokens.permissions import Use
from tokens.verification import verify as opens


def test_a_broken_chain_is_not_signed_as_if_it_were_whole(tokens, put_first, rotate):
    AuditEvent.objects.filter(sequence=2).update(target="else")
    put_first("audit")

    with pytest.raises(CommandError, match="The chain of Acme is broken at event 2"):
        rotate("audit")

    assert set(AuditEvent.objects.filter(sequence=2).values_list("key_id")) == {(1,)}
    assert CryptoKey.objects.exclude(retired_at=None).count() == 0


def test_a_rotation_that_was_stopped_goes_on_where_it_was(tokens, put_first, rotate):
    put_first("enc")
    reencryption.renew_batch(0, 4)
    for token in tokens:
        assert opens(token.secret_text, Use.API) == token
        assert token.reveal(by=Actor.console()).reveal() == token.secret_text
    assert rotate("enc", "--dry-run") == "2 rows are under an old key.\n"

    rotate("enc")

    assert rotate("enc") == (
        "Checked 6 rows: every one is sound.\n"
        "Take key 1 out of TOLLGATE_ENC_KEYS and restart.\n"
    )


@pytest.mark.parametrize(
    "damage",
    [{"lookup": bytes(32)}, {"index_kid": 7}, {"envelope": b"\x01" + bytes(40)}],
)
def test_a_damaged_row_is_named_and_no_key_is_retired(
    tokens, put_first, rotate, damage
):
    row = tokens[0].secrets.get()
    StoredSecret.objects.filter(pk=row.pk).update(**damage)

    with pytest.raises(CommandError, match=f"1 of 6 rows are wrong: {row.pk}."):
        rotate("enc", "--verify-only")


def test_rows_that_came_meanwhile_keep_the_old_key(
    tokens, put_first, rotate, monkeypatch
):
    put_first("enc")

    def check_while_an_old_worker_writes():
        StoredSecret.objects.filter(token=tokens[0]).update(enc_kid=1)
        return 0

    seeds = next(iter(hooks.sealed_rows))
    late = seeds._replace(check=check_while_an_old_worker_writes)
    monkeypatch.setattr(hooks, "sealed_rows", [late])

    with pytest.raises(CommandError, match="were added meanwhile: run again"):
        rotate("enc")

    assert CryptoKey.objects.exclude(retired_at=None).count() == 0


def test_rows_that_somebody_holds_are_taken_in_the_next_round(
    tokens, put_first, rotate, monkeypatch
):
    put_first("enc")
    rounds = iter([[], None])
    renew = reencryption.renew_batch

    def renew_or_pass_over(after, size):
        return renew(after, size) if next(rounds, None) is None else []

    monkeypatch.setattr(
        "tokens.management.commands.rotate_keys.renew_batch", renew_or_pass_over
    )

    assert rotate("enc").startswith("Checked 6 rows")


def test_what_does_not_come_back_whole_is_not_written(tokens, put_first, monkeypatch):
    user = UserFactory()
    Authenticator.objects.create(user=user, type="totp", data={"secret": encrypt("S")})
    put_first("enc")
    before = list(StoredSecret.objects.order_by("pk").values("envelope"))
    sealed = seeds.seal
    monkeypatch.setattr(seeds, "seal", lambda _, *context: sealed(b"other", *context))
    monkeypatch.setattr(StoredSecret, "open", lambda self: object())
    monkeypatch.setattr(
        reencryption, "protect", lambda *args: {"envelope": b"", "enc_kid": 2}
    )

    with pytest.raises(AssertionError, match="does not give back"):
        accounts_reencryption.renew_seeds(accounts_reencryption.old_seeds())
    with pytest.raises(AssertionError, match="does not give back"):
        reencryption.renew_batch(0, 10)

    assert list(StoredSecret.objects.order_by("pk").values("envelope")) == before
