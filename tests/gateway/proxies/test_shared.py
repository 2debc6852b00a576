"""Shared tokens and visitors of links, whose queries Tollgate reads before a store does."""

from urllib.parse import parse_qsl, quote

import pytest

from tests.gateway.proxies import forgeries
from tests.gateway.proxies.answers import refused
from tests.gateway.proxies.routes import ROUTES
from tests.gateway.proxies.test_queries import NARROW, TICKET

pytestmark = [pytest.mark.walk, pytest.mark.sqlite]
ROUTE, PATH = ROUTES["victorialogs"], "/select/logsql/query"
ALLOWED = "env:x | stats count() as n"
FORBIDDEN = [
    "* | stream_context before 5",
    "* | UNION (* | Stream_Context before 5)",
    "_stream_id:in(* | stream_context after 5 | fields _stream_id)",
    "* | nobody_knows_it",
    "* | ",
]


@pytest.fixture(params=["token", "cookie"])
def shown(request, world):
    """Return the headers of somebody with a shared token, or of a link's visitor."""
    if request.param == "token":
        return {"X-API-TOKEN": world.secrets["narrow"]}
    return {"Cookie": f"tollgate_share={world.operator.does(TICKET)}"}


@pytest.fixture(params=["address", "form"])
def ask(request, proxy, shown):
    """Return a function that asks with a query in its address, or in a form."""
    with proxy.client("read", headers=shown) as client:
        if request.param == "address":
            yield lambda query: client.get(f"{PATH}?query={quote(query)}")
        else:
            yield lambda query: client.post(
                PATH, content=f"query={quote(query)}", headers=forgeries.FORM
            )


def test_a_query_that_computes_is_narrowed(world, proxy, store, ask):
    answer = ask(ALLOWED)

    requests = store.drain()
    if ROUTE.name not in proxy.guarded:
        assert refused(proxy, ROUTE, answer) in (401, 403, 405)
        assert requests == []
        return
    assert answer.status_code == 200
    [request] = requests
    sent = request.path.partition("?")[2] + "&" + request.text
    assert sorted(parse_qsl(sent)) == [("extra_filters", NARROW), ("query", ALLOWED)]
    assert request.values("AccountID") == [str(world.accounts["main"])]
    assert request.values("Cookie") + request.values("X-API-TOKEN") == []


@pytest.mark.parametrize("query", FORBIDDEN)
def test_a_query_that_fetches_rows_is_refused(proxy, store, ask, query):
    answer = ask(query)

    assert refused(proxy, ROUTE, answer) in (401, 403, 405)
    assert store.drain() == []


def test_a_visitors_cookie_is_found_among_those_of_other_programs(world, proxy, store):
    cookie = (
        f"a=b; name=J\u00fcrgen; tollgate_share={world.operator.does(TICKET)}; c=d,e"
    )
    with proxy.client("read", headers={"Cookie": cookie.encode()}) as client:
        answer = client.get(f"{PATH}?query=*")

    passed = ROUTE.name in proxy.guarded
    assert answer.status_code == (200 if passed else 401), answer.text
    assert len(store.drain()) == passed


def test_of_two_visitors_cookies_neither_is_taken(world, proxy, store):
    ticket = f"tollgate_share={world.operator.does(TICKET)}"
    for cookies in ([f"{ticket}; {ticket}"], [f"a=b; {ticket}", f"{ticket}; c=d"]):
        with proxy.client("read") as client:
            headers = [("Cookie", each) for each in cookies]
            answer = client.get(f"{PATH}?query=*", headers=headers)

        assert answer.status_code == 401
        assert store.drain() == []


def test_loki_cannot_narrow(proxy, store, shown):
    with proxy.client("read", headers=shown) as client:
        answer = client.get(ROUTES["loki"].path)

    assert refused(proxy, ROUTES["loki"], answer) in (401, 403)
    assert store.drain() == []


@pytest.mark.parametrize(("name", "size"), [("narrow", 60_000), ("main api", 100_000)])
def test_a_long_form_is_read_whole(world, proxy, store, name, size):
    query = "env:" + "x" * size
    headers = {"X-API-TOKEN": world.secrets[name]}
    with proxy.client("read", headers=headers) as client:
        answer = client.post(PATH, data={"query": query})

    requests = store.drain()
    if ROUTE.name in proxy.guarded:
        assert answer.status_code == 200, answer.text
        assert [request.text for request in requests] == [f"query={quote(query)}"]
    else:
        assert (answer.status_code == 200) is bool(requests)
