"""Uses that proxies count themselves and hand over."""

from datetime import timedelta

import pytest
from django.db import DataError, OperationalError
from django.utils import timezone

from gateway.models import RefusedCall, UseSender
from gateway.models.senders import forget
from gateway.verify import handed_over
from gateway.verify.background import flush
from gateway.verify.handles import read_handle
from tests.factories import TokenFactory
from tests.gateway.conftest import UNKNOWN
from tests.gateway.remembering import SENDER, batch, called, hand_over, keep
from tokens.kinds import Kind
from tokens.models import TokenUsage

COUNTED, ALREADY = (200, "counted\n"), (200, "already\n")


@pytest.fixture(autouse=True)
def _nothing_waits(recorder, monkeypatch):
    for name in ("uses", "refusals"):
        write = getattr(handed_over, name)._write
        monkeypatch.setattr(handed_over, name, handed_over.Backlog(write))


@pytest.fixture
def token(main):
    return TokenFactory(account=main, kind=Kind.LOGS)


@pytest.fixture
def handle(ask, token):
    handle = keep(ask, "logs", token.secret_text).handle
    flush(ask.gate, at_once=True)
    TokenUsage.objects.all().delete()
    return handle


def test_what_was_handed_over_is_added_to_the_uses(ask, token, handle):
    rows = (handle, 3), (handle, 2, 0, "2001:db8::1", "Fluent Bit"), (handle, 4)

    assert hand_over(ask, *rows) == COUNTED
    flush(ask.gate)

    uses = TokenUsage.objects.filter(token=token).order_by("calls")
    assert [(use.calls, use.address, use.agent) for use in uses] == [
        (2, "2001:db8::1", "Fluent Bit"),
        (7, "192.0.2.7", "curl/8"),
    ]
    assert uses[0].stored_secret_id == token.secrets.get().pk
    token.refresh_from_db()
    assert token.last_used_at is not None


def test_rows_of_one_caller_need_not_repeat_it(ask, token, handle):
    lines = (
        "@0\t192.0.2.8\tvector",
        f"{handle}\t3",
        f"{handle}\t2\t0\t192.0.2.9\t",
        f"{handle}\t1",
        "end 4\n",
    )
    name = {"HTTP_X_TOLLGATE_BATCH": f"{SENDER} 1"}

    assert called(ask, "/gateway/uses", "\n".join(lines).encode(), **name) == COUNTED
    flush(ask.gate)

    uses = TokenUsage.objects.filter(token=token).order_by("address")
    assert [(use.address, use.agent, use.calls) for use in uses] == [
        ("192.0.2.8", "vector", 4),
        ("192.0.2.9", "", 2),
    ]


def test_calls_of_an_hour_ago_are_counted_there(ask, token, handle, clock):
    hand_over(ask, (handle, 5, 3 * 3600), (handle, 1))
    flush(ask.gate, at_once=True)

    uses = TokenUsage.objects.filter(token=token).order_by("hour")
    assert [use.calls for use in uses] == [5, 1]
    assert uses[1].hour - uses[0].hour == timedelta(hours=3)


def test_refused_calls_are_handed_over_as_well(ask, token):
    handle = keep(ask, "metrics", token.secret_text).handle
    flush(ask.gate, at_once=True)

    hand_over(ask, (handle, 6, 0, "192.0.2.9", "vmagent"))
    flush(ask.gate)

    call = RefusedCall.objects.get(address="192.0.2.9")
    assert (call.calls, call.reason, call.signal) == (6, "wrong_kind", "metrics")
    assert call.agent == "vmagent"


def test_a_batch_is_counted_once_however_often_it_comes(ask, token, handle):
    answers = [hand_over(ask, (handle, 3), sequence=number) for number in (1, 1, 2, 1)]
    answers.append(hand_over(ask, (handle, 3), sender=SENDER[::-1]))
    flush(ask.gate)

    assert answers == [COUNTED, ALREADY, COUNTED, ALREADY, COUNTED]
    assert TokenUsage.objects.get(token=token).calls == 9


def test_what_is_no_handle_of_ours_is_counted_nowhere(ask, token, handle):
    forged = handle.replace("-", "-1", 1)
    rows = [(each, 1) for each in (forged, "-", "", "é" * 30, handle[:-1], UNKNOWN)]

    assert hand_over(ask, *rows) == COUNTED
    flush(ask.gate, at_once=True)

    assert not TokenUsage.objects.filter(token=token).exists()


def test_a_handle_outlives_the_key_that_signed_it_by_one(ask, handle, settings):
    counted_as = read_handle(handle)
    read_handle.cache_clear()
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another" * 8

    assert read_handle(handle) == counted_as != ((), ())
    read_handle.cache_clear()


def test_a_secret_that_is_gone_is_counted_nowhere(ask, token, handle):
    token.secrets.update(created_at=timezone.now() - timedelta(days=1))

    assert hand_over(ask, (handle, 1)) == COUNTED
    flush(ask.gate, at_once=True)

    assert not TokenUsage.objects.filter(token=token).exists()


BAD = {
    "empty": b"",
    "cut short": batch(("h", 1))[:-2],
    "no end": b"h\t1\t0\t\t\n",
    "wrong end": batch(("h", 1)).replace(b"end 1", b"end 2"),
    "more after the end": batch(("h", 1)) + b"h",
    "too many rows": batch(*[("h", 1)] * 10_001),
    "too few fields": b"h\t1\t0\t\nend 1\n",
    "nobody's": b"h\t1\nend 1\n",
    "a caller with less": b"@0\t192.0.2.7\nend 1\n",
    "a caller with more": b"@0\t192.0.2.7\tcurl\tmore\nend 1\n",
    "a caller of no time": b"@\t192.0.2.7\tcurl\nend 1\n",
    "only a handle": b"@0\t192.0.2.7\tcurl\nh\nend 2\n",
    "no number": batch(("h", "one")),
    "another digit": batch(("h", "²")),
    "negative": batch(("h", -1)),
    "too many calls": batch(("h", 2**32)),
    "long ago": batch(("h", 1, 30 * 24 * 3600 + 1)),
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
def test_a_batch_that_cannot_be_read_is_400(ask, body):
    name = {"HTTP_X_TOLLGATE_BATCH": f"{SENDER} 1"}
    status, sentence = called(ask, "/gateway/uses", body, **name)

    assert (status, sentence[:2]) == (400, "A ")
    assert not UseSender.objects.exists()


@pytest.mark.parametrize("name", ["", "x 1", SENDER, f"{SENDER} 0", f"{SENDER} 1 1"])
def test_a_batch_has_a_name(ask, name):
    status, _ = called(ask, "/gateway/uses", batch(), HTTP_X_TOLLGATE_BATCH=name)

    assert status == 400


@pytest.mark.parametrize(
    ("length", "status"), [("", 400), ("²", 400), ("1048577", 413)]
)
def test_a_batch_tells_its_length_which_is_bounded(ask, length, status):
    name = {"HTTP_X_TOLLGATE_BATCH": f"{SENDER} 1"}
    body = batch()

    environ = {"CONTENT_LENGTH": length}
    assert called(ask, "/gateway/uses", body, **name | environ)[0] == status


def test_nothing_is_taken_while_too_much_waits(ask, token, handle, monkeypatch):
    monkeypatch.setattr(handed_over, "MOST_WAITING", 0)
    hand_over(ask, (handle, 1))

    assert hand_over(ask, (handle, 1), sequence=2)[0] == 503
    flush(ask.gate)
    assert hand_over(ask, (handle, 1), sequence=2) == COUNTED


def test_a_database_that_is_away_leaves_the_batch_with_the_proxy(
    ask, handle, monkeypatch
):
    with monkeypatch.context() as away:
        away.setattr(handed_over.UseSender.objects, "takes", failing)
        assert hand_over(ask, (handle, 1))[0] == 503

    assert hand_over(ask, (handle, 1)) == COUNTED


def failing(*args):
    raise OperationalError("away")


def test_sums_are_kept_until_the_database_takes_them(ask, token, handle, monkeypatch):
    hand_over(ask, (handle, 1))
    with monkeypatch.context() as away:
        away.setattr(TokenUsage.objects, "add_calls", failing)
        handed_over.flush(at_once=True)
    hand_over(ask, (handle, 2), sequence=2)
    handed_over.flush()

    assert TokenUsage.objects.get(token=token).calls == 3


def test_what_the_database_refuses_for_good_is_not_tried_again(monkeypatch):
    def refusing(*_):
        raise DataError("no")

    backlog = handed_over.Backlog(refusing)
    backlog.add({(0, "a"): 1})

    with pytest.raises(DataError):
        backlog.flush()
    assert not len(backlog)


def test_much_is_written_piece_by_piece_and_all_of_it_at_the_end(monkeypatch):
    monkeypatch.setattr(handed_over, "WRITTEN_AT_ONCE", 2)
    written = []
    backlog = handed_over.Backlog(lambda *some: written.append(some))
    backlog.add({(1, "a"): 1, (2, "b"): 1, (1, "c"): 5})

    backlog.flush()
    backlog.add({(1, "c"): 1})
    backlog.flush(at_once=True)

    assert written == [(1, {"a": 1}), (2, {"b": 1}), (1, {"c": 6})]


def test_senders_that_ended_are_forgotten(db):
    ended = timezone.now() - timedelta(days=31)
    UseSender.objects.create(name="old", sequence=1, seen_at=ended)
    UseSender.objects.create(name="new", sequence=1, seen_at=timezone.now())

    assert forget() == "1 senders of uses"
    assert str(UseSender.objects.get()) == "new, batch 1"
