"""OTLP over gRPC, through the proxies that speak it."""

import pytest
from grpc import StatusCode

from tests.gateway.proxies.conftest import PROXIES
from tests.gateway.proxies.spans import EXPORT, TRACES, SpanStore, channel, send

pytestmark = [pytest.mark.walk, pytest.mark.sqlite]
SPEAKING = [name for name, proxy in PROXIES.items() if proxy.speaks_grpc]
ELSEWHERE = "Logs and metrics are taken as OTLP over HTTP, at /v1/logs and /v1/metrics"


@pytest.fixture(scope="module")
def spans():
    return SpanStore()


@pytest.fixture(scope="module", params=SPEAKING)
def guarded(request, world, spans, tmp_path_factory):
    """Return a proxy in front of a store that speaks gRPC."""
    with spans.running() as port:
        places = world.places(tempo_grpc=port)
        folder = tmp_path_factory.mktemp("grpc")
        made = PROXIES[request.param](folder, world.secrets["gateway"], **places)
        with made.running():
            yield made


@pytest.fixture
def opened(guarded, spans):
    spans.calls.clear()
    with channel(guarded) as opened:
        yield opened


def test_spans_reach_their_account(world, opened, spans):
    answer = send(opened, TRACES, world.secrets["traces"], b"x" * 1_000_000)

    assert answer == (StatusCode.OK, "")
    [(method, headers, body)] = spans.calls
    assert (method, body) == (TRACES, b"x" * 1_000_000)
    assert headers["x-scope-orgid"] == str(world.accounts["traces"])
    assert not {"authorization", "x-tollgate-kind"} & headers.keys()


@pytest.mark.parametrize(
    ("token", "status", "says"),
    [
        ("", StatusCode.UNAUTHENTICATED, "Send a token"),
        ("tgt_x", StatusCode.UNAUTHENTICATED, "This token is not valid"),
        ("cpu", StatusCode.PERMISSION_DENIED, "This token is of the wrong kind"),
    ],
)
def test_a_refusal_has_the_status_that_agents_know(
    world, opened, spans, token, status, says
):
    secret = world.secrets.get(token, token)

    found, said = send(opened, TRACES, secret)

    assert (found, said[: len(says)], spans.calls) == (status, says, [])


def test_a_body_that_is_too_large_reaches_no_store(world, opened, spans):
    status, _ = send(opened, TRACES, world.secrets["traces"], b"x" * (11 << 20))

    # nginx resets the stream, with what gRPC calls the second.
    assert status in (StatusCode.UNKNOWN, StatusCode.RESOURCE_EXHAUSTED)
    assert spans.calls == []


@pytest.mark.parametrize(
    ("service", "token"),
    [("logs.v1.LogsService", "main"), ("metrics.v1.MetricsService", "cpu")],
)
def test_what_no_store_takes_so_is_said(world, opened, service, token):
    answer = send(opened, EXPORT.format(service), world.secrets[token])

    assert answer == (StatusCode.UNIMPLEMENTED, ELSEWHERE)


def test_without_tollgate_agents_are_told_to_come_back(world, guarded, tmp_path):
    places = world.places(tollgate=9)
    away = type(guarded)(tmp_path, world.secrets["gateway"], **places)

    with away.running(), channel(away) as opened:
        answer = send(opened, TRACES, world.secrets["traces"])

    assert answer == (StatusCode.UNAVAILABLE, "Try again in a moment")
