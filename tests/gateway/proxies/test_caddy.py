"""The same promises through Caddy, which guards what needs no arguments."""

import json
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from tests.gateway.proxies import forgeries
from tests.gateway.proxies.caddy import Caddy
from tests.gateway.proxies.samples import moments_ago

pytestmark = [pytest.mark.walk, pytest.mark.sqlite]
LINE = b'{"message":"hello"}\n'
LINES = "/insert/jsonline?_msg_field=message&_time_field=@timestamp&_stream_fields=type"
NARROW = '"env":="te\\"st"'
# Other tests see what the accounts of the world have, so this has its own.
OTHER = """
own = ChildFactory(main=MainFactory(), kind=METRICS)
said = [own.pk, secret_of(own.tokens.get())]
"""


@pytest.fixture(scope="module")
def caddy(world, tmp_path_factory):
    with Caddy(tmp_path_factory.mktemp("caddy"), world).running() as running:
        yield running


@pytest.fixture(scope="module")
def listener(caddy):
    with caddy.client("listener") as client:
        yield client


@pytest.fixture(scope="module")
def query(caddy):
    with caddy.client("query") as client:
        yield client


def shown(world, name):
    return {"X-API-TOKEN": world.secrets[name]}


def tenant(request):
    return [
        value
        for name in ("X-Scope-OrgID", "AccountID", "ProjectID")
        for value in request.values(name)
    ]


def test_lines_land_in_the_account_of_the_token(world, listener, store):
    token = {"token": world.secrets["sub"], "extra_fields": "x"}

    answer = listener.post("/", params=token, content=LINE)

    assert answer.status_code == 200
    [request] = store.drain()
    own = str(world.accounts["sub"])
    assert tenant(request) == [own, own, "0"]
    assert (request.path, request.body) == (LINES, LINE)


@pytest.mark.parametrize("name", ["cpu", "main api", "narrow"])
def test_clients_of_logzio_are_refused_with_401(world, listener, store, name):
    answer = listener.post("/", params={"token": world.secrets[name]}, content=LINE)

    assert (answer.status_code, answer.text) == (401, "Logging token is not valid")
    assert store.drain() == []


def test_metrics_are_labelled_with_their_account(world, listener):
    own, secret = world.operator.does(OTHER)

    taken = listener.post(
        "/api/v1/import/prometheus?extra_label=tollgate_account=1",
        content=f"through_caddy 1 {moments_ago()}\n",
        headers={"X-API-TOKEN": secret},
    )

    assert taken.status_code == 204
    assert world.metrics.labels("through_caddy") == {"tollgate_account": str(own)}


def test_caddy_keeps_no_credential_and_takes_no_other_configuration(world, caddy):
    kept = caddy.kept()

    assert world.secrets["gateway"] not in kept
    assert json.loads(kept)["admin"] == {"disabled": True}


def test_a_shared_token_is_narrowed_or_refused(world, query, store):
    headers = shown(world, "narrow")

    lines = query.get("/select/logsql/query?query=*", headers=headers)
    loki = query.get("/loki/api/v1/query?query=x", headers=headers)

    assert (lines.status_code, loki.status_code) == (200, 403)
    [request] = store.drain()
    asked = parse_qs(urlsplit(request.path).query)
    assert asked == {"query": ["*"], "extra_filters": [NARROW]}


def test_what_a_shipper_says_about_itself_goes_no_further(world, listener, store):
    other, own = str(world.accounts["other"]), str(world.accounts["sub"])
    for headers, arguments in forgeries.of_shippers(other, world.secrets["other"]):
        listener.post(
            f"/?token={world.secrets['sub']}{arguments}", headers=headers, content=LINE
        )

        reached = [(tenant(each), each.path) for each in store.drain()]
        # Two tokens are none.
        passed = [] if "&token=" in arguments else [([own, own, "0"], LINES)]
        assert reached == passed, (headers, arguments)


def test_a_client_cannot_take_its_tenant_away(world, listener, query, store):
    own = str(world.accounts["main"])
    for named in ("AccountID, ProjectID", "X-Scope-OrgID", "close, accountid"):
        lines = {"Connection": named} | shown(world, "main")
        listener.post("/loki/api/v1/push", content=LINE, headers=lines)
        asking = {"Connection": named} | shown(world, "narrow")
        query.get("/select/logsql/query?query=*", headers=asking)

        tenants = [tenant(request) for request in store.drain()]
        assert tenants == [[own, own, "0"]] * 2, named


@pytest.mark.parametrize(
    "name", ["X-Tollgate_Token", "X_Tollgate-Token", "x_tollgate_token"]
)
def test_a_client_cannot_hand_over_a_token_itself(world, listener, store, name):
    forged = {name: world.secrets["other"]} | shown(world, "main")

    alone = listener.post("/", content=LINE, headers={name: world.secrets["other"]})
    listener.post("/loki/api/v1/push", content=LINE, headers=forged)

    assert alone.status_code == 401
    own = str(world.accounts["main"])
    assert [tenant(request) for request in store.drain()] == [[own, own, "0"]]


def test_what_a_reader_says_about_itself_goes_no_further(world, query, store):
    seen, own = set(), str(world.accounts["main"])
    for arguments, body, headers in forgeries.of_readers(world.accounts["foreign"]):
        answer = query.request(
            "POST" if body else "GET",
            f"/select/logsql/query?query=*{arguments}",
            content=body,
            headers=headers | shown(world, "narrow"),
        )

        seen.add(answer.status_code)
        for request in store.drain():
            asked = parse_qsl(urlsplit(request.path).query)
            filters = [value for name, value in asked if name.startswith("extra_")]
            assert filters == [NARROW], (arguments, headers)
            assert tenant(request) == [own, own, "0"], headers
    # Passed on without what was forged, or refused.
    assert seen == {200, 400, 404}
