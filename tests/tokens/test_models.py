from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import override_settings
from django.utils import timezone

from accounts.envelope import Sealed
from accounts.models import AccountKind, Action, AuditEvent
from accounts.refusals import Gone, Refused, Stale, Unavailable
from tests.factories import BY, ChildFactory, TokenFactory
from tests.tokens.test_secrets import UUID
from tokens.kinds import Kind
from tokens.models import StoredSecret, Token, TokenUsage
from tokens.models.querysets import COUNTED_UP_TO, default_log_token, name_key
from tokens.permissions import Use
from tokens.reviving import revive_secret
from tokens.secrets import Secret, make
from tokens.verification import verify

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def token(main):
    return TokenFactory(account=main, name="Terraform")


def actions(token):
    events = AuditEvent.objects.filter(token_id=token.pk).order_by("pk")
    return list(events.values_list("action", flat=True))


CHANGES = {
    Action.TOKEN_RENAMED: lambda token: token.rename("Other", by=BY),
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

    with pytest.raises(Refused, match="already a token named Taken") as refusal:
        token.rename("Taken", by=BY)

    assert (token.name, refusal.value.field) == ("Terraform", "name")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Straße", "STRASSE"),
        ("ﬁlebeat", "Filebeat"),
        ("a  b", "A B"),
    ],
)
def test_names_that_read_alike_are_one_name(one, other):
    assert name_key(one) == name_key(other)


def test_name_that_unfolds_is_stored(main):
    name = "\ufdfa" * 100

    token = TokenFactory(account=main, name=name)

    assert (Token.objects.get(pk=token.pk).name, len(token.name_key)) == (name, 400)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "name_required"),
        (" \t\n", "name_required"),
        ("\u200b\u2060", "name_required"),
        ("a" * 101, "name_too_long"),
        ("a\x07b", "name_unprintable"),
        ("a\x85b\x9bc", "name_unprintable"),
    ],
)
def test_name_nobody_can_read_is_refused(main, name, code):
    with pytest.raises(Refused) as refusal:
        TokenFactory(account=main, name=name)

    assert (refusal.value.code, refusal.value.field) == (code, "name")


def test_name_of_a_deleted_token_is_free_again(main, token):
    token.delete_softly(by=BY)

    TokenFactory(account=main, name="Terraform")

    with pytest.raises(Refused) as refusal:
        token.restore(by=BY)
    assert refusal.value.code == "name_taken"


def test_database_knows_that_names_are_unique(main, token):
    other = TokenFactory(account=main)

    with pytest.raises(IntegrityError), transaction.atomic():
        Token.objects.filter(pk=other.pk).update(name_key=token.name_key)


@pytest.mark.parametrize(
    ("change", "state"),
    [
        (lambda token: None, "active"),
        (lambda token: token.disable(by=BY), "disabled"),
        (lambda token: token.rotate(by=BY, overlap=HOUR), "rotating"),
        (lambda token: token.rotate(by=BY), "active"),
        (lambda token: token.delete_softly(by=BY), "deleted"),
    ],
)
def test_state_in_a_word(token, change, state):
    change(token)

    assert token.state == state


def test_token_expires_by_itself(token, time_machine):
    token.set_expiry(timezone.now() + HOUR, by=BY)
    assert (token.state, token.is_expired) == ("active", False)

    time_machine.move_to(timezone.now() + HOUR + timedelta(seconds=1))

    assert (token.state, token.is_expired) == ("expired", True)
    assert list(Token.objects.expired()) == [token]


def test_deleted_token_comes_back_with_its_secret(token):
    token.delete_softly(by=BY)
    assert verify(token.secret_text, Use.API) is None

    token.restore(by=BY)

    assert verify(token.secret_text, Use.API) == token
    assert token.is_standing


def test_restoring_a_standing_token_is_gone(token):
    with pytest.raises(Gone):
        token.restore(by=BY)


def test_token_is_kept_for_thirty_days(token):
    token.delete_softly(by=BY)
    long_ago = timezone.now() - timedelta(days=30, seconds=1)
    Token.objects.filter(pk=token.pk).update(deleted_at=long_ago)

    with pytest.raises(Refused) as refusal:
        token.restore(by=BY)

    assert refusal.value.code == "too_late"
    assert list(Token.objects.purgeable()) == [token]
    assert list(Token.objects.recently_deleted()) == []


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
    row = StoredSecret.keep(token, make(Kind.API))

    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


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

    with pytest.raises(Refused) as refusal:
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


def test_secret_moves_in_once(main, sub):
    def move_in(account):
        return Token.issue(
            account=account, kind=Kind.API, name="Old", by=BY, secret=Secret(UUID)
        )

    token, _ = move_in(main)

    assert actions(token) == [Action.TOKEN_IMPORTED]
    with pytest.raises(Refused) as refusal:
        move_in(sub)
    assert (refusal.value.code, refusal.value.field) == ("secret_taken", "secret")
    assert sub.tokens.filter(kind=Kind.API).count() == 0


def test_no_secret_is_in_the_database(token):
    dump = repr([list(model.objects.values()) for model in (Token, StoredSecret)])

    assert token.secret_text not in dump
    assert token.secret_text.encode() not in bytes(token.secrets.get().envelope)


def test_rows_name_themselves(token):
    usage = TokenUsage(token=token, hour=timezone.now(), address="::1", calls=3)

    assert [str(token), str(token.secrets.get()), str(usage)] == [
        "Terraform",
        f"secret {token.secrets.get().pk}",
        "3 calls from ::1",
    ]


def test_usage_is_summed_by_caller(token):
    now = timezone.now()
    for hours, address, calls in [
        (1, "192.0.2.1", 3),
        (30, "192.0.2.1", 5),
        (40, "192.0.2.2", 20),
        (24 * 8, "192.0.2.3", 1000),
    ]:
        hour = now - timedelta(hours=hours)
        TokenUsage.objects.create(token=token, hour=hour, address=address, calls=calls)

    summary = token.usage.summary()

    assert summary == {
        "day": 3,
        "week": 28,
        "addresses": 2,
        "callers": 2,
        "more": 0,
        "top": [
            {"address": "192.0.2.2", "agent": "", "total": 20},
            {"address": "192.0.2.1", "agent": "", "total": 8},
        ],
    }


def test_use_is_noted_once_a_minute(token):
    token.note_use("192.0.2.1", "first")
    token.note_use("192.0.2.2", "second")
    assert Token.objects.get(pk=token.pk).last_used_agent == "first"

    Token.objects.update(last_used_at=timezone.now() - timedelta(seconds=61))
    token.note_use(None, "third")

    token = Token.objects.get(pk=token.pk)
    assert (token.last_used_address, token.last_used_agent) == ("", "third")


def test_default_token_is_the_oldest_enabled(main):
    first = main.tokens.get()
    second = TokenFactory(account=main, kind=Kind.LOGS)
    assert default_log_token(main) == first

    first.disable(by=BY)

    assert default_log_token(main) == second


def test_security_account_gets_no_default_token(main):
    account = ChildFactory(main=main, kind=AccountKind.SECURITY)

    assert account.tokens.count() == 0


def test_count_stops_where_readers_stop(main):
    Token.objects.bulk_create(
        Token(
            account=main,
            organisation=main.organisation,
            kind=Kind.API,
            name=f"{n}",
            name_key=f"{n}",
        )
        for n in range(COUNTED_UP_TO + 5)
    )

    assert main.tokens.of_kind(Kind.API).bounded_count() == COUNTED_UP_TO


def test_queries_speak_of_states(main):
    names = ("active", "disabled", "expired", "deleted", "ending")
    tokens = {name: TokenFactory(account=main, name=name) for name in names}
    tokens["disabled"].disable(by=BY)
    tokens["deleted"].delete_softly(by=BY)
    tokens["ending"].set_expiry(timezone.now() + HOUR, by=BY)
    Token.objects.filter(name="expired").update(expires_at=timezone.now())
    ours = main.tokens.of_kind(Kind.API)

    found = {
        name: {token.name for token in getattr(ours, name)()}
        for name in ("standing", "enabled", "disabled", "expired", "lasting")
    }

    assert found == {
        "standing": {"active", "disabled", "expired", "ending"},
        "enabled": {"active", "ending"},
        "disabled": {"disabled"},
        "expired": {"expired"},
        "lasting": {"active"},
    }
    assert ours.recently_deleted().get().name == "deleted"
    assert ours.named_like("XPIR").get().name == "expired"
