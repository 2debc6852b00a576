from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import AccountKind
from accounts.rule_violations import RuleViolation
from tests.factories import BY, ChildFactory, TokenFactory
from tokens.defaults import default_token
from tokens.kinds import Kind
from tokens.models import Token, TokenUsage
from tokens.models.querysets import TOKENS_COUNTED_UP_TO, name_key

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def token(main):
    return TokenFactory(account=main, name="Terraform")


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
    with pytest.raises(RuleViolation) as refusal:
        TokenFactory(account=main, name=name)

    assert (refusal.value.code, refusal.value.field) == (code, "name")


def test_name_of_a_deleted_token_is_free_again(main, token):
    token.delete_softly(by=BY)

    TokenFactory(account=main, name="Terraform")

    with pytest.raises(RuleViolation) as refusal:
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
    assert default_token(main) == first

    first.disable(by=BY)

    assert default_token(main) == second


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
        for n in range(TOKENS_COUNTED_UP_TO + 5)
    )

    assert main.tokens.of_kind(Kind.API).bounded_count() == TOKENS_COUNTED_UP_TO


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
        for name in ("not_deleted", "enabled", "disabled", "expired", "never_expiring")
    }

    assert found == {
        "not_deleted": {"active", "disabled", "expired", "ending"},
        "enabled": {"active", "ending"},
        "disabled": {"disabled"},
        "expired": {"expired"},
        "never_expiring": {"active"},
    }
    assert ours.recently_deleted().get().name == "deleted"
    assert ours.named_like("XPIR").get().name == "expired"
