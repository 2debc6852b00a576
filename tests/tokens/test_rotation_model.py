from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.rule_violations import RuleViolation, Unavailable
from tests.factories import BY, TokenFactory
from tokens.models import Token
from tokens.permissions import Use
from tokens.reactivation import revive_secret
from tokens.verification import verify

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def token(main):
    return TokenFactory(account=main, name="Terraform")


def test_rotation_keeps_one_secret_before_the_current(token):
    first = token.rotate(by=BY, overlap=HOUR)
    second = token.rotate(by=BY, overlap=HOUR)

    works = [
        verify(text, Use.API) == token
        for text in (token.secret_text, first.reveal(), second.reveal())
    ]
    assert works == [False, True, True]
    assert token.secrets.overlapping().count() == 1
    assert token.masked == second.masked


def test_finished_rotation_stops_the_old_secret(token):
    token.rotate(by=BY, overlap=HOUR)

    token.finish_rotation(by=BY)

    assert verify(token.secret_text, Use.API) is None
    assert token.is_overlapping is False


def test_rolled_back_rotation_stops_the_new_secret(token):
    masked = token.masked
    new = token.rotate(by=BY, overlap=HOUR)

    token.roll_back(by=BY)

    old, token = token.secret_text, Token.objects.get(pk=token.pk)
    assert verify(old, Use.API) == token
    assert verify(new.reveal(), Use.API) is None
    assert token.reveal(by=BY).reveal() == old
    assert (token.masked, token.is_overlapping) == (masked, False)


def test_rolling_back_undoes_the_last_rotation_only(token):
    first = token.rotate(by=BY, overlap=HOUR)
    second = token.rotate(by=BY, overlap=HOUR)

    token.roll_back(by=BY)

    works = [
        verify(text, Use.API) == token
        for text in (token.secret_text, first.reveal(), second.reveal())
    ]
    assert works == [False, True, False]


def test_rolling_back_leaves_an_earlier_secret_that_was_let_work_again(token):
    earlier = token.secrets.get()
    first = token.rotate(by=BY)
    token.rotate(by=BY, overlap=HOUR)
    revive_secret(token, earlier, by=BY)

    token.roll_back(by=BY)

    assert verify(first.reveal(), Use.API) == token
    assert verify(token.secret_text, Use.API) == token
    assert token.overlap_until == token.secrets.overlapping().get().valid_until


def nothing(token):
    """Leave a token that was never rotated."""


OVER = {
    "never begun": nothing,
    "without an overlap": lambda token: token.rotate(by=BY),
    "finished": lambda token: token.finish_rotation(by=BY),
    "rolled back": lambda token: token.roll_back(by=BY),
    "run out": lambda token: token.secrets.overlapping().update(
        valid_until=timezone.now()
    ),
}


@pytest.mark.parametrize("end", ["finish_rotation", "roll_back"])
@pytest.mark.parametrize("over", OVER)
def test_rotation_that_is_over_is_neither_finished_nor_rolled_back(token, over, end):
    if over != "never begun":
        token.rotate(by=BY, overlap=HOUR)
    OVER[over](token)
    current, version = token.secrets.current().get(), token.version

    with pytest.raises(RuleViolation) as refusal:
        getattr(token, end)(by=BY)

    assert refusal.value.code == "nothing_overlaps"
    assert (token.secrets.current().get(), token.version) == (current, version)


def test_rolling_back_to_a_secret_whose_key_is_gone_changes_nothing(token):
    new = token.rotate(by=BY, overlap=HOUR)
    envelope = b"\x01\x00\x00\x00\x63" + bytes(60)
    token.secrets.overlapping().update(envelope=envelope)

    with pytest.raises(Unavailable):
        token.roll_back(by=BY)

    assert token.reveal(by=BY) == new
    assert token.is_overlapping
