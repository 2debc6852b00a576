"""Reading logs and traces through the real nginx, by people, scripts and visitors."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.gateway.proxies import forgeries
from tests.gateway.proxies.revocation import PROMISE_SECONDS, last_success

pytestmark = [pytest.mark.walk, pytest.mark.sqlite]
LOKI = "/loki/api/v1/query_range"
LINES = "/select/logsql/query"
NARROW = '"env":="te\\"st"'
TICKET = """
from datetime import timedelta
from django.utils import timezone
from sharing.tickets import issue
secret = shares["narrow"].token.secrets.get()
said = issue(secret, timezone.now() + timedelta(minutes=5))
"""


@pytest.fixture(scope="module")
def query(world):
    with world.nginx.client("query") as client:
        yield client


def shown(world, name):
    return {"X-API-TOKEN": world.secrets[name]}


def ids(world, *names):
    return [str(world.accounts[name]) for name in names]


def test_the_main_token_reads_its_subs_as_long_as_they_are_searchable(
    world, query, store
):
    main, sub = ids(world, "main", "sub")

    def tenants():
        query.get(LOKI, params={"query": "{a=~'.+'}"}, headers=shown(world, "main api"))
        [request] = store.drain()
        return request.values("X-Scope-OrgID")

    assert tenants() == [f"{main}|{sub}"]
    world.operator.does("from accounts.lifecycle import *; sub.refresh_from_db()")
    world.operator.does("edit_account(sub, by=BY, searchable=False)")
    assert last_success(lambda: tenants() != [main]) < PROMISE_SECONDS
    world.operator.does("edit_account(sub, by=BY, searchable=True)")


@pytest.mark.parametrize(
    ("path", "name", "tenants"),
    [
        (LOKI, "sub api", ["sub"]),
        ("/loki/api/v1/label/env/values", "everything", ["main"]),
        ("/tempo/api/traces/0af7", "main api", ["traces"]),
        ("/mimir/prometheus/api/v1/query", "sub api", ["cpu"]),
        (LINES, "other api", ["other"]),
    ],
)
def test_each_store_is_asked_for_what_the_token_reaches(
    world, query, store, path, name, tenants
):
    answer = query.get(f"{path}?limit=5", headers=shown(world, name))

    assert answer.status_code == 200
    [request] = store.drain()
    assert request.values("X-Scope-OrgID") == ["|".join(ids(world, *tenants))]
    assert request.values("Authorization") + request.values("X-API-TOKEN") == []
    assert parse_qs(urlsplit(request.path).query)["limit"] == ["5"]


def test_opensearch_is_asked_for_the_indices_of_the_account(world, query, store):
    body = {"query": {"match_all": {}}}
    answer = query.post(
        "/opensearch/_search?index=logs-1-*",
        content=json.dumps(body),
        headers=shown(world, "main api") | {"x-proxy-ext-account": "1"},
    )

    assert answer.status_code == 200
    [request] = store.drain()
    [main] = ids(world, "main")
    assert request.path == f"/logs-{main}-*/_search"
    assert request.values("x-proxy-ext-account") == [main]
    assert json.loads(request.text) == body


def test_a_shared_token_is_narrowed_or_refused(world, query, store):
    headers = shown(world, "narrow")
    places = (LOKI, "/opensearch/_search")

    answer = query.get(LINES, params={"query": "*"}, headers=headers)
    refused = [query.post(place, headers=headers) for place in places]

    assert answer.status_code == 200
    [request] = store.drain()
    asked = parse_qs(urlsplit(request.path).query)
    assert asked == {"query": ["*"], "extra_filters": [NARROW]}
    assert request.values("AccountID") == ids(world, "main")
    assert [each.status_code for each in refused] == [403, 403]
    assert "cannot narrow" in refused[0].text


@pytest.mark.parametrize("by_form", [False, True])
def test_a_shared_token_can_only_narrow_further(world, query, store, by_form):
    own = "query=*&extra_filters=app%3Aweb"
    sent = (f"{LINES}?limit=1", own) if by_form else (f"{LINES}?{own}&limit=1", None)

    query.request(
        "POST" if by_form else "GET",
        sent[0],
        content=sent[1],
        headers=shown(world, "narrow") | forgeries.FORM,
    )

    [request] = store.drain()
    asked = parse_qs(urlsplit(request.path).query + "&" + request.text)
    assert sorted(asked.pop("extra_filters")) == [NARROW, "app:web"]
    assert asked == {"query": ["*"], "limit": ["1"]}


def test_a_guest_reads_what_the_link_shows_until_it_ends(world, store):
    ticket = world.operator.does(TICKET)
    with world.nginx.client(
        "dashboards", cookies={"tollgate_share": ticket}
    ) as visitor:
        assert visitor.get(LINES, params={"query": "*"}).status_code == 200
        [request] = store.drain()
        assert parse_qs(urlsplit(request.path).query)["extra_filters"] == [NARROW]
        assert request.values("Cookie") == []
        assert visitor.get("/select/vmui/").status_code == 200

        world.operator.does('shares["narrow"].token.disable(by=BY)')
        ended = last_success(lambda: visitor.get(LINES).status_code == 200)
        world.operator.does('shares["narrow"].token.enable(by=BY)')

    assert ended < PROMISE_SECONDS


def test_a_dashboard_is_told_the_ticket_and_nothing_else(world, store):
    ticket = world.operator.does(TICKET)
    cookies = f"sessionid=x; grafana_session=y; tollgate_share={ticket}; csrftoken=z"
    claims = {
        "Cookie": cookies,
        "X-API-TOKEN": world.secrets["everything"],
        "Authorization": f"Bearer {world.secrets['everything']}",
        **dict.fromkeys(("X-WEBAUTH-USER", "X_WEBAUTH_USER", "X-Real-IP"), "admin"),
        **dict.fromkeys(("X-Scope-OrgID", "AccountID", "X-Grafana-Org-Id"), "2"),
    }

    with world.nginx.client("dashboards") as visitor:
        answer = visitor.post("/grafana/api/ds/query", json={"a": 1}, headers=claims)

    assert answer.status_code == 200
    [request] = store.drain()
    assert request.values("Cookie") == [f"tollgate_share={ticket}"]
    assert json.loads(request.text) == {"a": 1}
    names = {name.lower().replace("_", "-") for name, _ in request.headers}
    assert names == {
        *("host", "cookie", "content-type", "content-length", "user-agent"),
        *("accept", "accept-encoding", "x-forwarded-for", "x-forwarded-proto"),
    }


def test_the_portal_is_served_and_its_verify_endpoint_is_not(world):
    with world.nginx.client("portal") as client:
        page = client.get("/login/")
        verify = client.get(
            "/gateway/verify/logs",
            headers={"X-Tollgate-Gateway": world.secrets["gateway"]},
        )

    assert page.status_code == 200
    assert "Tollgate" in page.text
    assert verify.status_code == 404


@pytest.mark.parametrize("path", ["/grafana/", "/select/vmui/", LINES, LOKI])
def test_nothing_but_the_portal_is_under_its_name(world, store, path):
    with world.nginx.client("portal", headers=shown(world, "main api")) as client:
        answer = client.get(path)

    assert answer.status_code == 404
    assert store.drain() == []
