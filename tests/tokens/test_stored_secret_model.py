from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import override_settings

from accounts.crypto.envelope import Sealed
from accounts.models import Action
from accounts.rule_violations import RuleViolation, Unavailable
from tests.factories import BY, TokenFactory
from tests.tokens.audited import actions
from tests.tokens.test_secrets import UUID
from tokens.kinds import Kind
from tokens.models import StoredSecret, Token
from tokens.models.secrets import protect
from tokens.permissions import Use
from tokens.secrets import Secret, make
from tokens.verification import verify

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def token(main):
    return TokenFactory(account=main, name="Terraform")


def test_reveal_gives_the_current_secret_and_says_so_first(token):
    fresh = token.rotate(by=BY, overlap=HOUR)

    assert token.reveal(by=BY) == fresh
    assert actions(token)[-1] == Action.TOKEN_REVEALED


def test_secret_that_cannot_be_opened_is_unavailable(token):
    StoredSecret.objects.filter(token=token).update(envelope=b"\x01" * 90)

    with pytest.raises(Unavailable, match="goes on working"):
        token.reveal(by=BY)

    assert actions(token) == [Action.TOKEN_CREATED]
    assert verify(token.secret_text, Use.API) == token


def test_lost_encryption_key_stops_no_token(token):
    other_key = "7:" + "b3RoZXIga2V5IG90aGVyIGtleSBvdGhlciBrZXkgISE="
    with override_settings(TOLLGATE_ENC_KEYS=other_key):
        assert verify(token.secret_text, Use.API) == token
        with pytest.raises(Unavailable):
            token.reveal(by=BY)


@pytest.mark.parametrize("other", [Kind.LOGS, Kind.SHARED])
def test_ciphertext_opens_for_its_own_kind_only(main, token, other):
    row = token.secrets.get()
    Token.objects.filter(pk=token.pk).update(kind=other)

    with pytest.raises(Unavailable, match="belongs to another row"):
        StoredSecret.objects.get(pk=row.pk).open()


@pytest.mark.parametrize("moved", ["envelope", "row"])
def test_ciphertext_opens_in_its_own_row_only(main, token, moved):
    row = token.secrets.get()
    other = TokenFactory(account=main).secrets.get()
    if moved == "envelope":
        other.envelope = row.envelope
    else:
        other.token.account_id += 1

    with pytest.raises(Unavailable) as refusal:
        other.open()

    assert isinstance(refusal.value.__cause__, Sealed)


def test_a_token_has_one_current_secret(token):
    kept = protect(make(Kind.API), token.kind, token.account_id)
    row = StoredSecret(token=token, **kept)

    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


def test_secret_moves_in_once(main, sub):
    def move_in(account):
        return Token.issue(
            account=account, kind=Kind.API, name="Old", by=BY, secret=Secret(UUID)
        )

    token, _ = move_in(main)

    assert actions(token) == [Action.TOKEN_IMPORTED]
    with pytest.raises(RuleViolation) as refusal:
        move_in(sub)
    assert (refusal.value.code, refusal.value.field) == ("secret_taken", "secret")
    assert sub.tokens.filter(kind=Kind.API).count() == 0


def test_no_secret_is_in_the_database(token):
    dump = repr([list(model.objects.values()) for model in (Token, StoredSecret)])

    assert token.secret_text not in dump
    assert token.secret_text.encode() not in bytes(token.secrets.get().envelope)
