"""Calls of tokens that are sent to a time series database, whatever that one does."""

import socket
import time
from collections import Counter

import httpx
import pytest
import time_machine

from accounts import metrics
from tests.factories import TokenFactory
from tests.gateway.proxies.programs import running
from tests.gateway.receivers import receiving, speaking
from tests.installation import free_port
from tests.remote_write import read
from tests.waiting import wait_until
from tokens import usage_counters
from tokens.kinds import Kind
from tokens.models import Token, TokenUsage
from tokens.remote_write import protocol, sending
from tokens.remote_write.sending import RemoteWriter
from tokens.remote_write.totals import METRIC, OTHERS, Counted, Totals

AT = 1_800_000_000
MS = 1000


@pytest.fixture
def clock():
    with time_machine.travel(AT, tick=False) as clock:
        yield clock


@pytest.fixture
def receiver(settings):
    with receiving(status=204, body=b"") as receiver:
        settings.REMOTE_WRITE_URL = receiver.url
        yield receiver


@pytest.fixture
def writer(monkeypatch, clock):
    writer = RemoteWriter()
    monkeypatch.setattr(usage_counters, "remote_writer", writer)
    monkeypatch.setattr(metrics.remote_writes, "_counts", Counter())
    return writer


@pytest.fixture
def token(main):
    return TokenFactory(account=main)


def use(token, times=1, address="192.0.2.1"):
    secret = token.secrets.get()
    key = token.pk, secret.pk, secret.born, address, "curl"
    usage_counters.write_uses(Counter({key: times}))


def sent(receiver, token):
    """Return the samples of a token in each request, with their time in seconds since AT."""
    return [
        [
            ((moment - AT * MS) / MS, value)
            for labels, samples in read(body)
            if labels["token"] == token.public_id
            for moment, value in samples
        ]
        for _, _, body in receiver.calls
    ]


def round_of(writer, clock, *, seconds=15):
    clock.shift(seconds)
    # Whoever was told to wait has waited.
    writer._asked_again_at = 0
    writer.carry_on()


def test_a_series_begins_at_nothing_and_goes_on_as_a_counter(
    writer, receiver, clock, token
):
    writer.carry_on()
    use(token, 3)
    round_of(writer, clock)
    use(token, 2)
    use(token, 2, address="192.0.2.2")
    round_of(writer, clock)
    round_of(writer, clock)

    assert sent(receiver, token) == [[(0, 0), (15, 3)], [(30, 7)]]
    [(_, headers, body), _] = receiver.calls
    [(labels, _)] = read(body)
    assert headers["Content-Encoding"] == "snappy"
    assert headers["X-Prometheus-Remote-Write-Version"] == "0.1.0"
    assert list(labels) == sorted(labels)
    assert labels == {
        "__name__": METRIC,
        "account": str(token.account_id),
        "instance": socket.gethostname(),
        "job": "tollgate",
        "kind": token.kind,
        "process": labels["process"],
        "token": token.public_id,
    }


def test_what_comes_after_a_pause_is_a_step(writer, receiver, clock, token):
    use(token, 3)
    round_of(writer, clock)
    round_of(writer, clock)
    use(token)
    round_of(writer, clock)

    assert sent(receiver, token) == [[(0, 0), (15, 3)], [(30, 3), (45, 4)]]


def test_what_is_long_unused_is_forgotten_and_begins_again(
    writer, receiver, clock, token
):
    use(token, 3)
    round_of(writer, clock)
    round_of(writer, clock, seconds=3601)
    assert len(writer.totals) == 0
    use(token)
    round_of(writer, clock)

    assert sent(receiver, token)[1] == [(3616, 0), (3631, 1)]


def test_a_receiver_that_is_away_misses_nothing(writer, receiver, clock, token, caplog):
    """It is sent the same again, which does no harm if it was taken; then what came since."""
    use(token, 3)
    receiver.answer = 503, b"not now", ()
    round_of(writer, clock)
    use(token, 4)
    round_of(writer, clock)
    assert writer.totals.unsent == 7
    receiver.answer = 204, b"", ()
    round_of(writer, clock)
    round_of(writer, clock)

    first = [(0, 0), (15, 3)]
    assert sent(receiver, token) == [first, first, first, [(45, 3), (60, 7)]]
    assert writer.totals.unsent == 0
    assert metrics.remote_writes.look() == {("failed",): 2, ("taken",): 2}
    assert caplog.text.count("did not take 1 counts of calls (503 not now)") == 1
    assert Token.objects.get(pk=token.pk).last_used_at is not None
    assert TokenUsage.objects.get(token=token).calls == 7


def test_what_is_wrong_with_a_request_holds_nothing_up(writer, receiver, clock, token):
    use(token, 3)
    receiver.answer = 400, b"out of bounds", ()
    round_of(writer, clock)
    receiver.answer = 204, b"", ()
    use(token, 4)
    round_of(writer, clock)

    # A counter says at its next value what it could not say before.
    assert sent(receiver, token) == [[(0, 0), (15, 3)], [(30, 7)]]
    assert metrics.remote_writes.look() == {("refused",): 1, ("taken",): 1}


@pytest.mark.parametrize("status", [301, 401, 403, 404, 429, 500, 502])
def test_what_an_operator_can_mend_is_waited_for(
    writer, receiver, clock, token, status
):
    use(token)
    receiver.answer = status, b"", [("Location", "/elsewhere")]
    round_of(writer, clock)

    assert writer.totals.unsent == 1
    assert len(receiver.calls) == 1


def test_one_is_asked_ever_more_seldom(writer, receiver, token):
    use(token)
    pauses = []
    for answer in [(503, b"", ())] * 6 + [(429, b"", [("Retry-After", "77")])]:
        receiver.answer = answer
        writer._asked_again_at = 0
        writer.carry_on()
        writer.carry_on()
        pauses.append(round(writer._asked_again_at - time.monotonic()))

    assert pauses == [15, 30, 60, 120, 120, 120, 77]
    assert len(receiver.calls) == 7


def test_what_a_process_still_has_is_sent_at_its_end(writer, receiver, clock, token):
    use(token)
    receiver.answer = 503, b"", ()
    round_of(writer, clock)
    receiver.answer = 204, b"", ()
    use(token)
    clock.shift(1)

    writer.finish()

    assert sent(receiver, token)[1:] == [[(0, 0), (15, 1)], [(16, 2)]]
    assert writer.totals.unsent == 0


def test_an_end_does_not_wait_for_a_thread_that_waits(
    writer, receiver, token, monkeypatch
):
    monkeypatch.setattr(sending, "LAST_SECONDS", 0.01)
    use(token)
    with writer._alone:
        writer.finish()

    assert receiver.calls == []


def test_an_end_takes_no_longer_than_it_may(writer, receiver, token, monkeypatch):
    monkeypatch.setattr(sending, "LAST_SECONDS", -1)
    use(token)
    writer.carry_on(sending.LAST_SECONDS)

    assert receiver.calls == []


def test_a_clock_that_was_set_back_does_not_set_a_series_back(
    writer, receiver, clock, token
):
    use(token)
    round_of(writer, clock)
    use(token)
    round_of(writer, clock, seconds=-60)

    assert sent(receiver, token)[1] == [(15.001, 2)]


def test_without_a_receiver_nothing_is_asked_or_kept(
    writer, token, django_assert_num_queries
):
    with django_assert_num_queries(0):
        assert sending.by_counted({(token.pk, 1, "", ""): 1}) == {}
    use(token)

    assert len(writer.totals) == 0


def test_a_token_of_the_installation_has_no_account(writer, receiver, db):
    use(TokenFactory(account=None, kind=Kind.GATEWAY))

    writer.carry_on()

    [(labels, _)] = read(receiver.calls[0][2])
    assert (labels["account"], labels["kind"]) == ("", "gateway")


def test_beyond_the_most_series_tokens_are_not_told_apart():
    totals = Totals({}, most=1)
    for name in "abca":
        totals.add({Counted(name, "1", "logs"): 2})

    found = [batch.totals for batch in totals.batches(1, 2)]

    assert found == [{Counted("a", "1", "logs"): 4, OTHERS: 4}]


def test_many_series_go_in_several_requests():
    totals = Totals({})
    totals.add({Counted(str(number), "1", "logs"): 1 for number in range(2001)})

    batches = totals.batches(1, 2)

    assert [len(read(batch.body)) for batch in batches] == [2000, 1]


def test_the_database_need_not_tell_callers_apart(token, settings):
    settings.COUNT_CALLERS = False
    use(token, 2)
    use(token, 3, address="192.0.2.2")

    row = TokenUsage.objects.get(token=token)

    assert (row.calls, row.address, row.agent) == (5, "", "")
    assert row.stored_secret_id == token.secrets.get().pk
    assert Token.objects.get(pk=token.pk).last_used_at is not None


def test_a_login_in_the_address_is_sent_as_a_header():
    with receiving(status=200, body=b"") as receiver:
        url = receiver.url.replace("//", "//us%40er:p%2Fw@")
        answer = protocol.post(url, {"X-Scope-OrgID": "ops"}, b"", 5)

    [(path, headers, _)] = receiver.calls
    assert answer.is_fine
    assert path == "/hook"
    assert headers["Authorization"] == "Basic dXNAZXI6cC93"
    assert headers["X-Scope-OrgID"] == "ops"
    assert "@" not in headers["Host"]


def test_a_receiver_that_is_not_there_or_says_too_little_is_an_answer():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        silent = protocol.post(url, {}, b"", 0.1)
    nobody = protocol.post(url, {}, b"", 5)
    with speaking(b"HTTP/1.1 204 No", pause=0.02) as slow:
        slow = protocol.post(slow, {}, b"", 0.1)

    assert str(silent) == str(slow) == "no answer within 0 seconds"
    assert str(nobody).startswith("no answer: ")
    assert not nobody.is_fine


@pytest.fixture(params=["victoria-metrics", "prometheus"])
def database(request, tmp_path):
    """A real one of an empty folder, and its address."""
    port, folder = free_port(), tmp_path / "data"
    listen = f"127.0.0.1:{port}"
    configuration = tmp_path / "prometheus.yml"
    configuration.write_text("{}")
    options = {
        "victoria-metrics": [
            f"-storageDataPath={folder}",
            f"-httpListenAddr={listen}",
            "-search.latencyOffset=0s",
            "-search.disableCache",
            "-memory.allowedPercent=5",
        ],
        "prometheus": [
            f"--storage.tsdb.path={folder}",
            f"--config.file={configuration}",
            f"--web.listen-address={listen}",
            "--web.enable-remote-write-receiver",
        ],
    }[request.param]
    with running([request.param, *options], [port], tmp_path / "log"):
        yield f"http://{listen}"


def test_a_real_database_counts_what_was_called(database, settings, token, monkeypatch):
    """Once, as often as it is sent."""
    settings.REMOTE_WRITE_URL = url = f"{database}/api/v1/write"
    writer, now = RemoteWriter(), time.time()
    monkeypatch.setattr(usage_counters, "remote_writer", writer)
    with time_machine.travel(now - 45, tick=False) as clock:
        use(token, 3)
        wait_until(lambda: is_sent(writer))
        clock.shift(15)
        use(token, 4)
        [batch] = writer.totals.batches(writer._before, int((now - 30) * MS))
        taken = [protocol.post(url, {}, batch.body, 60).is_fine for _ in range(3)]

    asked = {
        "query": f"max_over_time({METRIC}[1h]) - min_over_time({METRIC}[1h])",
        "time": now,
    }

    def increased():
        # VictoriaMetrics shows what is new some seconds later.
        httpx.get(f"{database}/internal/force_flush", timeout=60)
        found = httpx.get(f"{database}/api/v1/query", params=asked, timeout=60).json()
        return [each["value"][1] for each in found["data"]["result"]]

    assert taken == [True] * 3
    wait_until(lambda: increased() == ["7"])


def is_sent(writer):
    writer._asked_again_at = 0
    writer.carry_on()
    return not writer.totals.unsent
