"""Decisions that a proxy remembers: how long they hold, and how they are counted."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from tests.gateway.proxies import programs
from tests.gateway.proxies.conftest import REMEMBERING
from tests.gateway.proxies.recorder import Recorder
from tests.gateway.proxies.scripted_gate import ScriptedGate
from tests.waiting import halted, wait_until

pytestmark = [pytest.mark.walk, pytest.mark.sqlite]


@pytest.fixture(scope="module")
def store():
    with Recorder().running() as store:
        yield store


@pytest.fixture(scope="module", params=REMEMBERING.values(), ids=REMEMBERING)
def started(request, store, tmp_path_factory):
    """A proxy in front of a gate, and a client of it that stays."""
    programs.require(request.param.program)
    programs.require_files(*request.param.needs)
    folder = tmp_path_factory.mktemp(request.param.program)
    with ScriptedGate().running() as gate:
        proxy = request.param(folder, "tgg_x", loki=store.port, tollgate=gate.port)
        with proxy.running(), proxy.client("ship") as proxy.shipper:
            yield proxy, gate


@pytest.fixture
def gate(started):
    gate = started[1]
    gate.start_anew()
    looked(gate)
    return gate


@pytest.fixture
def proxy(started, gate):
    return started[0]


def looked(gate, times=2):
    """Wait until the proxy has taken in a look that begins from now on."""
    seen = len(gate.looks)
    wait_until(lambda: len(gate.looks) >= seen + times)


def send(proxy, shown="good"):
    headers = {"X-API-TOKEN": shown, "User-Agent": "shipper"}
    return proxy.shipper.post("/loki/api/v1/push", content=b"{}", headers=headers)


def statuses(proxy, times, shown="good"):
    return [send(proxy, shown).status_code for _ in range(times)]


def is_asked(proxy, gate, shown="good"):
    """Send a request; returns whether the gate was asked about it."""
    before = len(gate.questions)
    send(proxy, shown)
    return len(gate.questions) > before


def remembered(proxy, gate, shown="good"):
    """Wait until a token is remembered; a busy machine looks late, and asks again."""
    wait_until(lambda: not is_asked(proxy, gate, shown))


def test_what_is_remembered_is_not_asked_again(proxy, gate, store):
    store.drain()
    for token, status in {"good": 200, "stopped": 403, "unknown": 401}.items():
        wait_until(
            lambda token=token: not any(is_asked(proxy, gate, token) for _ in range(10))
        )
        assert statuses(proxy, 3, token) == [status] * 3

    assert {tuple(one.values("X-Scope-OrgID")) for one in store.drain()} == {("7",)}
    assert send(proxy, "stopped").text == "Not stopped\n"


def test_a_change_is_seen_by_the_next_look(proxy, gate):
    remembered(proxy, gate)
    gate.stop("good")
    looked(gate)

    assert send(proxy).status_code == 403


def test_a_change_stops_a_token_under_load_within_a_second(proxy, gate):
    # A busy machine runs nobody for a while, and may do so while a proxy looks.
    wait_until(lambda: passes_for(proxy, gate) < 1.0)


def passes_for(proxy, gate):
    """Return for how long a token passes that is stopped while three clients call."""
    gate.start_anew()
    remembered(proxy, gate)
    over, passed = threading.Event(), []

    def load():
        with proxy.client("ship") as client:
            while not over.is_set():
                asked = time.monotonic()
                answer = client.post(
                    "/loki/api/v1/push", content=b"{}", headers={"X-API-TOKEN": "good"}
                )
                passed.append((asked, answer.status_code))

    threads = [threading.Thread(target=load) for _ in range(3)]
    for thread in threads:
        thread.start()
    wait_until(lambda: sum(status == 200 for _, status in passed) > 30)
    gate.stop("good")
    stopped_at = time.monotonic()
    wait_until(lambda: passed[-1][0] - stopped_at > 1.2)
    over.set()
    for thread in threads:
        thread.join()

    # Where the gate answers too late, nobody passes either.
    assert {200, 403} <= {status for _, status in passed} <= {200, 403, 503}
    return max(at - stopped_at for at, status in passed if status == 200)


def test_what_was_being_decided_as_its_token_was_stopped_is_not_kept(proxy, gate):
    def stopped_meanwhile(token):
        gate.before_answer = lambda token: None
        gate.stop(token)
        looked(gate)

    gate.before_answer = stopped_meanwhile

    assert statuses(proxy, 3) == [200, 403, 403]


def test_time_in_which_the_proxy_stood_still_counts(proxy, gate):
    remembered(proxy, gate)
    with ThreadPoolExecutor(1) as pool:
        with halted(processes(proxy)):
            gate.stop("good")
            answer = pool.submit(send, proxy)
            time.sleep(0.75)

        assert answer.result().status_code == 403


def test_who_asks_the_same_at_once_waits_for_what_one_is_told(proxy, gate):
    gate.before_answer = lambda token: time.sleep(0.05)

    # A busy machine looks late or answers late, and more of them ask.
    assert any(questions_at_once(proxy, gate, f"{n}") == 1 for n in range(9))


def questions_at_once(proxy, gate, shown):
    assert sent_at_once(proxy, 12, shown) == [403] * 12
    return gate.questions.count(shown)


def test_who_is_not_told_holds_nobody_up(proxy, gate):
    asked_twice = threading.Event()

    def held_up(token):
        if len(gate.questions) > 1:
            asked_twice.set()
        assert asked_twice.wait(timeout=10)

    gate.before_answer = held_up

    assert sent_at_once(proxy, 4) == [200] * 4


def sent_at_once(proxy, times, shown="good"):
    with ThreadPoolExecutor(times) as pool:
        sent = [pool.submit(send, proxy, shown) for _ in range(times)]
    return [each.result().status_code for each in sent]


def processes(proxy):
    ours = psutil.Process().children(recursive=True)
    return [each for each in ours if each.name() == proxy.program]


def test_signals_and_places_of_a_token_are_apart(proxy, gate):
    token = "good"
    shown = [{"X-API-TOKEN": token}, {"Authorization": f"Bearer {token}"}]
    shown += [{"Cookie": f"tollgate_share={token}"}, {"X-API-TOKEN": f"{token}x"}]
    shown += [{"X-API-TOKEN": token, "Authorization": token}]
    cases = [("/loki/api/v1/push", each) for each in shown]
    cases += [("/v1/traces", shown[0]), ("/", {})]
    before = len(gate.questions)
    for path, headers in cases:
        proxy.shipper.post(path, content=b"{}", headers=headers)

    assert len(gate.questions) == before + len(cases)


def breaking(handler):
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True
    return True


def cut_short(handler):
    body = handler.server.gate.generations()
    handler.answer(200, {"Content-Length": str(len(body) - 4)})
    handler.wfile.write(body[:-4])
    return True


def refusing(handler):
    handler.answer(503, {"Content-Length": "0"})
    return True


@pytest.mark.parametrize("failing", [breaking, cut_short, refusing])
def test_without_a_look_that_is_whole_tollgate_is_asked(proxy, gate, failing):
    remembered(proxy, gate)
    gate.break_look = failing
    time.sleep(0.75)

    assert [is_asked(proxy, gate) for _ in range(3)] == [True] * 3

    gate.break_look = lambda handler: False
    remembered(proxy, gate)


def test_an_old_look_renews_nothing(proxy, gate):
    def old(handler):
        body = gate.generations().replace(b"age 0", b"age 600")
        handler.answer(200, body=body)
        return True

    remembered(proxy, gate)
    gate.break_look = old

    wait_until(lambda: is_asked(proxy, gate))


def test_in_another_database_nothing_holds(proxy, gate):
    remembered(proxy, gate)
    gate.epoch = gate.epoch[::-1]
    looked(gate)

    assert is_asked(proxy, gate)
    remembered(proxy, gate)


def test_what_ends_by_itself_is_asked_again(proxy, gate):
    gate.milliseconds = 300
    remembered(proxy, gate)
    time.sleep(0.31)

    assert is_asked(proxy, gate)


def test_invented_tokens_do_not_drive_out_those_that_work(proxy, gate):
    def stays():
        remembered(proxy, gate)
        for number in range(300):
            send(proxy, f"unknown {number} {'x' * 500}")
        return not is_asked(proxy, gate)

    wait_until(stays)


def test_calls_are_counted_to_the_last_one(proxy, gate):
    sent = {"good": 25, "stopped": 15, "unknown": 5}
    for token, times in sent.items():
        statuses(proxy, times, token)

    # Questions are what Tollgate counts itself.
    expected = {
        token: sent[token] - gate.questions.count(token)
        for token in ("good", "stopped")
    }
    wait_until(lambda: gate.counted() == expected)
    assert ("127.0.0.1", "shipper") in callers(gate)


def callers(gate):
    """Return (address, agent) of all callers in the batches that came."""
    rows = [row for _, body in gate.batches for row in body.split("\n")]
    return {tuple(row.split("\t")[1:]) for row in rows if row.startswith("@")}


def test_callers_are_told_apart(proxy, gate):
    agents = ["a/1", "b/2 (x\ty, z)", "c" * 500]
    statuses(proxy, 1)
    for agent in agents * 2:
        proxy.shipper.post(
            "/loki/api/v1/push",
            content=b"{}",
            headers={"X-API-TOKEN": "good", "User-Agent": agent},
        )
    hits = 7 - gate.questions.count("good")
    wait_until(lambda: gate.counted() == {"good": hits})

    named = {agent for _, agent in callers(gate)}
    assert {agent.replace("\t", " ")[:400] for agent in agents} <= named


def test_counts_that_cannot_be_handed_over_wait_with_their_callers(proxy, gate, store):
    def call(agent):
        headers = {"X-API-TOKEN": "good", "User-Agent": agent}
        proxy.shipper.post("/loki/api/v1/push", content=b"{}", headers=headers)

    gate.break_batch = refusing
    store.drain()
    remembered(proxy, gate)
    agents = {f"caller/{number}" for number in range(60)}
    for agent in agents:
        call(agent)
    gate.break_batch = lambda handler: False

    hits = len(store.drain()) - gate.questions.count("good")
    wait_until(lambda: gate.counted() == {"good": hits})
    assert agents & {agent for _, agent in callers(gate)}


def test_a_batch_whose_answer_is_lost_comes_again_by_its_name(proxy, gate):
    lost = []

    def losing(handler):
        lost.append(handler.headers["X-Tollgate-Batch"])
        if len(lost) > 2:
            return False
        return breaking(handler)

    gate.break_batch = losing
    statuses(proxy, 11)
    hits = 11 - gate.questions.count("good")
    wait_until(lambda: gate.counted() == {"good": hits})

    assert lost[0] == lost[1] == lost[2]


def test_a_batch_that_is_no_batch_is_dropped(proxy, gate):
    names = []

    def unreadable(handler):
        names.append(handler.headers["X-Tollgate-Batch"])
        handler.answer(400, body=b"A row has handle, calls, age, address and agent\n")
        return True

    gate.break_batch = unreadable
    wait_until(lambda: send(proxy) and names)
    gate.break_batch = lambda handler: False
    wait_until(lambda: send(proxy) and gate.counted()["good"])

    assert gate.batches[0][0] not in names
