from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Action
from accounts.rule_violations import Gone, RuleViolation, Stale
from tests.factories import BY, TokenFactory
from tests.tokens.audited import actions
from tokens.models import Token
from tokens.permissions import Use
from tokens.verification import verify

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def token(main):
    return TokenFactory(account=main, name="Terraform")


CHANGES = {
    Action.TOKEN_RENAMED: lambda token: token.rename("Other", by=BY),
    Action.TOKEN_NOTE_CHANGED: lambda token: token.set_note("Why", by=BY),
    Action.TOKEN_DISABLED: lambda token: token.disable(by=BY),
    Action.TOKEN_EXPIRY_CHANGED: lambda token: token.set_expiry(
        timezone.now() + HOUR, by=BY
    ),
    Action.TOKEN_ROTATED: lambda token: token.rotate(by=BY),
    Action.TOKEN_ROTATION_FINISHED: lambda token: token.finish_rotation(by=BY),
    Action.TOKEN_ROLLED_BACK: lambda token: token.roll_back(by=BY),
    Action.TOKEN_DELETED: lambda token: token.delete_softly(by=BY),
}


@pytest.mark.parametrize(("action", "change"), CHANGES.items())
def test_change_is_one_version_and_one_event(token, action, change):
    token.rotate(by=BY, overlap=HOUR)
    version = token.version

    change(token)

    assert Token.objects.get(pk=token.pk).version == version + 1
    assert actions(token) == [Action.TOKEN_CREATED, Action.TOKEN_ROTATED, action]


@pytest.mark.parametrize(
    "change",
    [
        lambda token, version: token.rename("Other", by=BY, version=version),
        lambda token, version: token.set_note("Why", by=BY, version=version),
        lambda token, version: token.disable(by=BY, version=version),
        lambda token, version: token.enable(by=BY, version=version),
        lambda token, version: token.set_expiry(None, by=BY, version=version),
        lambda token, version: token.rotate(by=BY, version=version),
        lambda token, version: token.finish_rotation(by=BY, version=version),
        lambda token, version: token.roll_back(by=BY, version=version),
        lambda token, version: token.delete_softly(by=BY, version=version),
    ],
)
def test_change_of_an_old_version_is_stale(token, change):
    with pytest.raises(Stale):
        change(token, token.version - 1)

    assert actions(token) == [Action.TOKEN_CREATED]


@pytest.mark.parametrize("change", CHANGES.values())
def test_change_of_a_deleted_token_is_gone(token, change):
    Token.objects.get(pk=token.pk).delete_softly(by=BY)

    with pytest.raises(Gone):
        change(token)


def test_change_of_a_purged_token_is_gone(token):
    Token.objects.filter(pk=token.pk).delete()

    with pytest.raises(Gone):
        token.rename("Other", by=BY)


@pytest.mark.parametrize("again", ["disable", "enable"])
def test_doing_it_twice_changes_nothing(token, again):
    token.disable(by=BY)
    token.enable(by=BY)
    if again == "disable":
        token.disable(by=BY)
    version = token.version

    getattr(token, again)(by=BY)

    assert token.version == version


def test_refused_change_leaves_the_object_as_it_was(main, token):
    TokenFactory(account=main, name="Taken")

    with pytest.raises(RuleViolation, match="already a token named Taken") as refusal:
        token.rename("Taken", by=BY)

    assert (token.name, refusal.value.field) == ("Terraform", "name")


def test_deleted_token_comes_back_with_its_secret(token):
    token.delete_softly(by=BY)
    assert verify(token.secret_text, Use.API) is None

    token.restore(by=BY)

    assert verify(token.secret_text, Use.API) == token
    assert token.is_not_deleted


def test_restoring_a_standing_token_is_gone(token):
    with pytest.raises(Gone):
        token.restore(by=BY)


def test_token_is_kept_for_thirty_days(token):
    token.delete_softly(by=BY)
    long_ago = timezone.now() - timedelta(days=30, seconds=1)
    Token.objects.filter(pk=token.pk).update(deleted_at=long_ago)

    with pytest.raises(RuleViolation) as refusal:
        token.restore(by=BY)

    assert refusal.value.code == "too_late"
    assert list(Token.objects.purgeable()) == [token]
    assert list(Token.objects.recently_deleted()) == []
