"""Arguments of clients: what they claim, and what a store could read otherwise than we do."""

import time
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.gateway.proxies import forgeries
from tests.gateway.proxies.answers import refused
from tests.gateway.proxies.routes import LINES, ROUTES

pytestmark = [pytest.mark.walk, pytest.mark.sqlite]
ALLOWED = 256
TOO_MUCH = (
    "A query takes at most 256 arguments, each percent-encoded where it must be\n"
)
# As a store in Go counts: separators and one more, whatever is between them.
FULL = {
    "named": "&".join(f"a{number}=x" for number in range(ALLOWED)),
    "encoded": "&".join(["%61%3d=%20"] * ALLOWED),
    "empty": "&" * (ALLOWED - 1),
    "bare": "&".join(["x"] * ALLOWED),
}
# Stores in Go read a form in this, whatever the method.
MULTIPART = {"Content-Type": "multipart/form-data; boundary=b"}
PART = 'content-disposition: form-data; name="extra_filters[]"'
LATE = f"--b\r\n{PART}\r\n\r\n{forgeries.ALL}\r\n--b--\r\n".encode()
SOON = 0.5
MALFORMED = ["a=%", "a=%4", "a=%zz", "a=%%41", "a;b", "a=\x7f", "a=\xe9", "\x01=a"]


@pytest.fixture(params=["victoriametrics", "victorialogs"])
def route(request, proxy):
    return ROUTES[request.param]


@pytest.fixture
def ask(world, proxy, route, store):
    """Return a function that asks with raw arguments, and returns answer and requests."""
    with proxy.client("read") as client:

        def ask(address, form=None, secret=world.secrets[route.opened_by]):
            path = route.path.partition("?")[0]
            headers = {"X-API-TOKEN": secret} | (forgeries.FORM if form else {})
            target = f"{path}?{address}".encode("latin-1")
            answer = client.request(
                "POST" if form else "GET",
                path,
                headers=headers,
                content=form and form.encode("latin-1"),
                extensions={"target": target},
            )
            return answer, store.drain()

        yield ask


def offers(proxy, route, *, form):
    return route.name not in proxy.lacks and (proxy.takes_forms or not form)


def check_refused(proxy, route, answer, requests, *, form):
    """See that no store was asked, or that nothing had been appended for it."""
    if route.name not in proxy.guarded:
        return
    assert requests == []
    if offers(proxy, route, form=form):
        assert (refused(proxy, route, answer), answer.text) == (400, TOO_MUCH)
    else:
        assert refused(proxy, route, answer) in (400, 404, 405)


def ways(arguments):
    """Return (address, form) for arguments in the one, the other, and both."""
    return [(arguments, None), ("", arguments), (arguments, arguments)]


@pytest.mark.parametrize("full", FULL.values(), ids=FULL)
def test_as_many_arguments_as_are_allowed_arrive(proxy, route, ask, full):
    for address, form in ways(full):
        answer, requests = ask(address, form)

        if offers(proxy, route, form=form):
            assert answer.status_code == 200
            [request] = requests
            assert request.path.partition("?")[2].startswith(address)
            assert request.body == (form or "").encode()
        else:
            assert (refused(proxy, route, answer), requests) in [(404, []), (405, [])]


@pytest.mark.parametrize("full", FULL.values(), ids=FULL)
def test_one_argument_more_is_refused_before_the_store(proxy, route, ask, full):
    more = f"{full}&x"
    for address, form in [*ways(more), (full, more), (more, full)]:
        answer, requests = ask(address, form)

        check_refused(proxy, route, answer, requests, form=form)


@pytest.mark.parametrize("http2", [False, True], ids=["HTTP/1.1", "HTTP/2"])
def test_a_query_by_get_has_no_form_that_comes_late(world, proxy, route, store, http2):
    def late():
        end = time.monotonic() + SOON
        while not store.requests and time.monotonic() < end:
            time.sleep(0.01)
        yield LATE

    headers = MULTIPART | {"X-API-TOKEN": world.secrets[route.opened_by]}
    with proxy.client("read", http2=http2) as client:
        answer = client.request("GET", route.path, headers=headers, content=late())

    if route.name in proxy.guarded:
        assert answer.status_code in (200, 400, 415)
        assert [each.body for each in store.drain() if each.body] == []


@pytest.mark.parametrize("malformed", MALFORMED)
def test_what_a_strict_parser_refuses_is_refused(proxy, route, ask, malformed):
    for argument in (malformed, f"query=x&{malformed}", f"{malformed}&query=x"):
        address = argument if argument.isprintable() and argument.isascii() else "a=%"
        for sent in ((address, None), ("query=x", argument)):
            answer, requests = ask(*sent)

            check_refused(proxy, route, answer, requests, form=sent[1])


def test_a_query_brings_no_filters_of_its_own(world, proxy, route, ask):
    foreign = str(world.accounts["foreign"])
    _, (_, *tenant) = route.arrives(world)
    for arguments, body, _ in forgeries.of_readers(foreign):
        answer, requests = ask(f"query=x{arguments}", body and str(body))

        own = {
            value
            for request in requests
            for text in (urlsplit(request.path).query, request.text)
            for name, value in parse_qsl(text)
            if name.lower().startswith("extra_") and "metrics" in route.name
        }
        assert foreign not in "".join(own), arguments
        assert own <= {f'{{tollgate_account=~"{"|".join(route.ids(world))}"}}'}, body
        for request in requests:
            assert request.values("AccountID") == [tenant[0]], arguments
        assert (answer.status_code == 200) is bool(requests), arguments


def test_a_shipper_brings_no_arguments(world, proxy, store):
    route, secret = ROUTES["lines"], world.secrets["sub"]
    with proxy.client("ship") as client:
        for arguments in forgeries.of_shippers("2", world.secrets["other"]):
            answer = route.send(client, path=f"/?token={secret}{arguments}")

            requests = store.drain()
            if route.name in proxy.lacks:
                assert refused(proxy, route, answer) == 404
            elif requests:
                [request] = requests
                assert request.path.partition("&extra_fields")[0] == LINES
                assert "%2C" not in request.path.upper()
                assert request.values("AccountID") == route.ids(world)
            else:
                # Two tokens are none.
                assert (refused(proxy, route, answer), "&token" in arguments) == (
                    401,
                    True,
                )
