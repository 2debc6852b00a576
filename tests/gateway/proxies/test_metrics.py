"""Metrics of several accounts in one real VictoriaMetrics, through the real nginx."""

import httpx
import pytest

from tests.gateway.proxies import forgeries
from tests.gateway.proxies.forgeries import ALL
from tests.gateway.proxies.revocation import PROMISE_SECONDS, last_success
from tests.gateway.proxies.samples import moments_ago, remote_write

pytestmark = [pytest.mark.walk, pytest.mark.sqlite]
READ = "/victoriametrics/api/v1"
NONE = {"result": []}


@pytest.fixture(scope="module")
def listener(world):
    with world.nginx.client("listener") as client:
        yield client


@pytest.fixture(scope="module")
def query(world):
    with world.nginx.client("query") as client:
        yield client


@pytest.fixture(scope="module")
def shipped(world, listener):
    """One sample of each account, and one that claims to be of another."""
    lines = {
        "cpu": 'load{host="a"} 1',
        "disk": "free 2",
        "foreign": "secret 3",
    }
    for name, line in lines.items():
        headers = {"Authorization": f"Bearer {world.secrets[name]}"}
        line = f"{line} {moments_ago()}\n"
        answer = listener.post(
            "/api/v1/import/prometheus", content=line, headers=headers
        )
        assert answer.status_code == 204
    claim = remote_write("forged", 4, tollgate_account=str(world.accounts["foreign"]))
    answer = listener.post(
        "/api/v1/write", content=claim, auth=("", world.secrets["cpu"])
    )
    assert answer.status_code == 204
    world.metrics.settle()


def found(query, token, **asked):
    """Return the names of all series that a token finds, or how it was refused."""
    answer = query.get(
        f"{READ}/series", params={"match[]": ALL} | asked, headers=shown(token)
    )
    if answer.status_code != 200:
        return answer.status_code
    return {series["__name__"] for series in answer.json()["data"]}


def shown(token):
    return {"X-API-TOKEN": token}


def test_each_token_reads_what_its_account_may(world, shipped, query):
    secrets = world.secrets

    assert found(query, secrets["main api"]) == {"load", "free", "forged"}
    assert found(query, secrets["sub api"]) == {"load", "forged"}
    assert found(query, secrets["other api"]) == {"secret"}
    assert found(query, secrets["cpu"]) == 403
    assert found(query, secrets["everything"]) == 403
    assert found(query, "tga_x") == 401


def test_a_query_by_form_is_narrowed_too(world, shipped, query):
    answer = query.post(
        f"{READ}/query",
        data={"query": f"sum({ALL}) by (__name__)"},
        headers=shown(world.secrets["other api"]),
    )

    [result] = answer.json()["data"]["result"]
    assert (result["metric"], result["value"][1]) == ({"__name__": "secret"}, "3")


def test_no_forgery_shows_a_series_of_another_account(world, shipped, query):
    headers, seen = shown(world.secrets["sub api"]), set()
    for arguments, body, more in forgeries.of_readers(world.accounts["foreign"]):
        answer = query.request(
            "POST" if body else "GET",
            f"{READ}/series?match[]={ALL}{arguments}",
            content=body,
            headers=headers | more,
        )

        seen.add(answer.status_code)
        assert "secret" not in answer.text, (arguments, body, more)
        assert "free" not in answer.text, (arguments, body, more)
    # Passed on without what was forged, or refused.
    assert seen == {200, 400, 413, 415}


def test_the_store_itself_would_fall_for_them(world, shipped):
    own = {"extra_filters[]": f'{{tollgate_account="{world.accounts["cpu"]}"}}'}
    address = f"{world.metrics.address}/api/v1/series"

    answer = httpx.post(
        address, params=own, data={"match[]": ALL, "extra_filters": ALL}
    )

    assert "secret" in answer.text


def test_there_are_enough_forgeries():
    assert len(list(forgeries.of_readers(1))) >= 60


@pytest.mark.parametrize(
    "selector",
    [
        '{tollgate_account="%s"}',
        '{tollgate_account!=""}',
        '{__name__=~"secret|free"}',
        '{__graphite__="*"}',
        '{tollgate_account=~".*",__name__=~".*"}',
        'secret or {tollgate_account="%s"}',
        'WITH (x = {tollgate_account="%s"}) x',
        'label_set(secret, "tollgate_account", "1")',
    ],
)
def test_no_query_reaches_another_account(world, shipped, query, selector):
    asked = {"query": selector.replace("%s", str(world.accounts["foreign"]))}
    answer = query.get(
        f"{READ}/query", params=asked, headers=shown(world.secrets["sub api"])
    )

    series = [each["metric"] for each in answer.json().get("data", NONE)["result"]]
    own = str(world.accounts["cpu"])
    assert {each.get("__name__") for each in series} <= {"load", "forged", None}
    assert {each.get("tollgate_account") for each in series} <= {own, None}


@pytest.mark.parametrize(
    "path",
    [
        "/victoriametrics/api/v1/admin/tsdb/delete_series",
        "/victoriametrics/api/v1/status/tsdb",
        "/victoriametrics/api/v1/label/a%3Fextra_filters=x%23/values",
        "/victoriametrics/api/v1/label/a%2F..%2F..%2Fadmin/values",
        "/victoriametrics/../api/v1/query",
        "/api/v1/query",
        "/metrics",
        "/internal/force_flush",
        "/_tollgate/query-metrics",
        "/_form/victoriametrics/api/v1/query",
    ],
)
def test_nothing_else_of_the_store_is_reached(world, shipped, query, path):
    answer = query.get(path, headers=shown(world.secrets["main api"]))

    assert answer.status_code == 404


def test_an_account_that_leaves_the_reach_is_gone_within_a_second(
    world, shipped, query
):
    main, sub = world.secrets["main api"], world.secrets["sub api"]
    does = world.operator.does
    does("from accounts.lifecycle import *")

    does("suspend_account(disk, by=BY)")
    assert last_success(lambda: "free" in found(query, main)) < PROMISE_SECONDS
    does("reactivate_account(disk, by=BY); cpu.refresh_from_db()")

    does("edit_account(cpu, by=BY, authorized_accounts=[])")
    assert last_success(lambda: found(query, sub) != 403) < PROMISE_SECONDS
    assert found(query, main) == {"load", "free", "forged"}
    does("edit_account(cpu, by=BY, authorized_accounts=[sub])")


def test_a_deleted_token_is_refused_within_a_second(world, shipped, query):
    brief = world.operator.does(
        "brief = TokenFactory(account=main); said = brief.secret_text"
    )
    assert found(query, brief) == {"load", "free", "forged"}

    world.operator.does("brief.delete_softly(by=BY)")

    assert last_success(lambda: found(query, brief) != 403) < PROMISE_SECONDS
