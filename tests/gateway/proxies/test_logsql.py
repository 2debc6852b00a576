"""What shared tokens may ask VictoriaLogs, at every proxy."""

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.gateway.proxies.forgeries import FORM

pytestmark = [pytest.mark.walk, pytest.mark.sqlite]
ROWS, NAMES = "/select/logsql/query", "/select/logsql/field_names"
NARROW = '"env":="te\\"st"'
FETCHING = "* | # a comment\n stream_Context before 9"
SAYS = 'Shared tokens may not use the pipe "stream_Context"\n'
MALFORMED = (
    "A query takes at most 256 arguments, each percent-encoded where it must be\n"
)
UNREAD = "Shared tokens may not ask this, which the gateway did not hand over\n"


@pytest.fixture
def client(proxy):
    with proxy.client("read") as client:
        yield client


@pytest.fixture(params=["GET", "POST"])
def send(request, client, world):
    """Send a query as a token, in the address or in a form."""

    def send(name, path, query, **more):
        place = "params" if request.param == "GET" else "data"
        options = {place: {"query": query} | more}
        headers = {"X-API-TOKEN": world.secrets[name]}
        if request.param == "POST":
            headers |= FORM
        return client.request(request.param, path, headers=headers, **options)

    return send


@pytest.fixture
def judges(proxy):
    """Whether the proxy hands queries over; the other takes API tokens only."""
    return proxy.program != "traefik"


def test_a_query_that_only_computes_is_narrowed(send, store, judges):
    answer = send("narrow", ROWS, "* | stats count()", extra_filters="app:web")

    if not judges:
        assert (answer.status_code, store.drain()) == (403, [])
        return
    assert answer.status_code == 200
    [request] = store.drain()
    asked = parse_qs(urlsplit(request.path).query + "&" + request.text)
    assert sorted(asked.pop("extra_filters")) == [NARROW, "app:web"]
    assert asked == {"query": ["* | stats count()"]}


def test_a_query_that_fetches_is_refused_with_its_pipe(send, store, judges):
    answer = send("narrow", ROWS, FETCHING)

    assert (answer.status_code, store.drain()) == (403, [])
    assert answer.text == (SAYS if judges else UNREAD)


@pytest.mark.parametrize("name", ["narrow", "everything"])
def test_names_of_fields_are_no_shared_tokens(send, store, name):
    answer = send(name, NAMES, "*")

    assert (answer.status_code, answer.text, store.drain()) == (403, UNREAD, [])


@pytest.mark.parametrize("path", [ROWS, NAMES])
def test_api_tokens_may_ask_everything(send, store, path):
    answer = send("main api", path, FETCHING)

    assert answer.status_code == 200
    [request] = store.drain()
    asked = parse_qs(urlsplit(request.path).query + "&" + request.text)
    assert asked == {"query": [FETCHING]}


@pytest.mark.parametrize("hidden", [b"\xe9", b"\x00", b"%", b";"])
def test_what_could_not_be_handed_over_is_not_sent(client, world, store, hidden):
    headers = FORM | {"X-API-TOKEN": world.secrets["narrow"]}
    form = b"query=*%7Cstream_context+before+9&" + hidden

    answer = client.post(f"{ROWS}?query=*", content=form, headers=headers)

    assert answer.status_code in (400, 403)
    assert store.drain() == []


@pytest.mark.parametrize("raw", ['{a="b"}', "[1d]", "a|b", "<\\^`>"])
def test_raw_signs_of_a_query_are_no_fault_of_the_store(client, world, store, raw):
    headers = {"X-API-TOKEN": world.secrets["main api"]}

    target = f"{ROWS}?query={raw}".encode()
    answer = client.get(ROWS, headers=headers, extensions={"target": target})

    assert answer.status_code in (200, 400)
    assert len(store.drain()) == (answer.status_code == 200)


@pytest.mark.parametrize("name", ["X-Tollgate-Query", "X-Tollgate-Form"])
@pytest.mark.parametrize("port", ["port", "gateway_port"])
def test_the_gate_reads_each_byte_or_lets_nothing_through(world, name, port):
    headers = {"X-Tollgate-Query": b"query=*", "X-Tollgate-Form": b"query=*"}
    headers |= {name: "query=é".encode(), "X-API-TOKEN": world.secrets["narrow"]}
    headers |= {"X-Tollgate-Gateway": world.secrets["gateway"]}
    gate = f"http://127.0.0.1:{getattr(world.tollgate, port)}/gateway/verify/"

    answer = httpx.get(f"{gate}query-logsql", headers=headers)

    assert (answer.status_code, answer.text) == (403, MALFORMED)


def test_a_clients_own_words_about_its_query_are_not_believed(client, world, store):
    claims = {"X-Tollgate-Query": "query=*", "X-Tollgate-Form": "query=*"}
    headers = claims | {"X-API-TOKEN": world.secrets["narrow"]}

    answers = [
        client.get(path, params={"query": FETCHING}, headers=headers)
        for path in (ROWS, NAMES)
    ]

    assert [each.status_code for each in answers] == [403, 403]
    assert store.drain() == []
