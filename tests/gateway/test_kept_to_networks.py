"""Tokens that are kept to networks: at the gate, at our APIs and at share links."""

import pytest
from django.test import Client

from gateway.models import RefusedCall, RefusedToken
from gateway.verify.remembering import KEEP
from gateway.verify.signal import SIGNALS
from sharing.tickets import issue, lasts_until
from tests.factories import BY, ChildFactory, ShareFactory, TokenFactory
from tests.gateway.conftest import Asked
from tests.sharing.visitors import has_ticket, look, renew, show
from tokens.kinds import Kind
from tokens.models import StoredSecret, Token
from tokens.usage_counters import refusals

INSIDE, OUTSIDE = "203.0.113.9", "198.51.100.1"
# Inside, but not where the first is.
ELSEWHERE_INSIDE = "203.0.113.200"
NETWORKS = ["203.0.113.0/24", "2001:db8::/32"]
SAYS = "This token is kept to networks, and this address is in none of them"
REMEMBER = {"HTTP_X_TOLLGATE_REMEMBER": "1"}
SENTENCE = "This token is kept to networks, and your address is in none of them."


def noted():
    refusals.flush()
    keys = ("refused_id", "reason", "signal", "address", "calls")
    return list(RefusedCall.objects.order_by("pk").values_list(*keys))


def at(address):
    return {"HTTP_X_REAL_IP": address}


@pytest.fixture
def token(main):
    return TokenFactory(account=main, kind=Kind.LOGS, networks=NETWORKS)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (at(INSIDE), 204),
        (at("::ffff:203.0.113.9"), 204),
        (at("[2001:db8::1]:4711"), 204),
        ({"HTTP_X_FORWARDED_FOR": f"{OUTSIDE}, {INSIDE}"}, 204),
        (at(OUTSIDE), 403),
        (at("::ffff:198.51.100.1"), 403),
        (at("2001:db9::1"), 403),
        ({"HTTP_X_FORWARDED_FOR": f"{INSIDE}, {OUTSIDE}"}, 403),
        # Of nobody that the proxy can name.
        ({}, 403),
        (at("unknown"), 403),
        ({"REMOTE_ADDR": INSIDE}, 403),
    ],
)
def test_the_gate_lets_pass_who_the_proxy_says_is_inside(ask, token, headers, status):
    for _ in range(2):
        assert ask.status("logs", token.secret_text, **headers) == status


def test_what_the_gate_remembers_is_asked_anew_of_each_address(ask, token):
    callers = INSIDE, OUTSIDE, INSIDE, "", INSIDE

    answers = [ask.status("logs", token.secret_text, **at(each)) for each in callers]

    assert answers == [204, 403, 204, 403, 204]
    assert ask.gate.looked_up["remembered"].look() >= 4


def test_a_caller_from_elsewhere_is_told_and_found(ask, token):
    status, headers = ask("logs", token.secret_text, **at(OUTSIDE))

    assert (status, headers["X-Tollgate-Says"]) == (403, SAYS)
    assert "X-Scope-OrgID" not in headers
    assert noted() == [(token.pk, "other_network", "logs", OUTSIDE, 1)]


@pytest.mark.parametrize("address", [INSIDE, OUTSIDE])
def test_a_proxy_is_told_to_ask_each_time(ask, token, address):
    free = TokenFactory(account=token.account, kind=Kind.LOGS)

    _, kept = ask("logs", token.secret_text, **at(address), **REMEMBER)
    _, other = ask("logs", free.secret_text, **at(address), **REMEMBER)

    assert KEEP not in kept
    assert KEEP in other


def test_what_stops_it_anywhere_may_be_remembered(ask, token):
    Token.objects.filter(pk=token.pk).update(disabled_at="2026-01-01T00:00:00Z")

    status, headers = ask("logs", token.secret_text, **at(OUTSIDE), **REMEMBER)

    assert (status, headers["X-Tollgate-Says"]) == (403, "This token is disabled")
    assert KEEP in headers


def test_networks_that_are_narrowed_hold_as_soon_as_the_gate_looks(ask, token):
    before = ask.status("logs", token.secret_text, **at(INSIDE))

    token.set_networks([ELSEWHERE_INSIDE], by=BY)
    ask.look()

    assert before == 204
    assert ask.status("logs", token.secret_text, **at(INSIDE)) == 403
    assert ask.status("logs", token.secret_text, **at(ELSEWHERE_INSIDE)) == 204


def test_a_proxy_forgets_what_it_remembers_when_networks_come(ask, main):
    token = TokenFactory(account=main, kind=Kind.LOGS)
    _, before = ask("logs", token.secret_text, **at(OUTSIDE), **REMEMBER)
    generations = ask.gate.watcher.snapshot.numbers

    token.set_networks(NETWORKS, by=BY)
    ask.look()

    slot = int(before[KEEP].split()[0])
    assert ask.gate.watcher.snapshot.numbers[slot] != generations[slot]


def test_a_ticket_opens_where_its_link_may_be_used(ask, main):
    share = ShareFactory(account=main)
    share.token.set_networks(NETWORKS, by=BY)
    row = StoredSecret.objects.get(token=share.token)
    cookie = {"HTTP_COOKIE": f"tollgate_share={issue(row, lasts_until(row))}"}

    answers = [
        ask.status("query-logs", **cookie, **at(each))
        for each in (INSIDE, OUTSIDE, "", INSIDE)
    ]

    assert answers == [204, 403, 403, 204]


def test_a_gateway_asks_from_its_networks_only(recorder, main, token):
    gateway = TokenFactory(account=None, kind=Kind.GATEWAY, networks=["10.0.0.0/8"])
    asked = Asked(gateway.secret_text)

    answers = [
        asked.status("logs", token.secret_text, REMOTE_ADDR=peer, **at(INSIDE))
        for peer in ("10.0.0.1", "::ffff:10.0.0.1", INSIDE, "", "10.0.0.1")
    ]

    assert answers == [204, 204, 503, 503, 204]
    assert sum(asked.gate.strangers.drain(at_once=True).values()) == 2


def call(token, path="/api/v1/tokens", **headers):
    return Client().get(path, headers={"X-API-TOKEN": token.secret_text} | headers)


@pytest.fixture
def api_token(main, settings):
    settings.TRUSTED_PROXIES = 1
    return TokenFactory(account=main, networks=NETWORKS)


def test_our_own_api_answers_who_is_inside(api_token, recorder):
    inside = call(api_token, X_Forwarded_For=INSIDE)
    outside = call(api_token, X_Forwarded_For=OUTSIDE)
    nowhere = call(api_token, X_Forwarded_For="unknown")

    assert (inside.status_code, nowhere.status_code) == (200, 403)
    assert (outside.status_code, outside.json()["code"]) == (403, "other_network")
    assert outside.json()["detail"] == SENTENCE
    assert noted() == [
        (api_token.pk, "other_network", "api", "", 1),
        (api_token.pk, "other_network", "api", OUTSIDE, 1),
    ]


def test_clients_of_logzio_are_told_in_its_words(api_token, recorder):
    path = "/v1/account-management/whoami"

    inside = call(api_token, path, X_Forwarded_For=INSIDE)
    outside = call(api_token, path, X_Forwarded_For=OUTSIDE)

    assert inside.status_code == 200
    assert (outside.status_code, outside.json()) == (
        403,
        {"code": 403, "message": SENTENCE},
    )


def test_networks_that_are_narrowed_hold_from_the_next_call_on(api_token, recorder):
    before = call(api_token, X_Forwarded_For=INSIDE).status_code

    api_token.set_networks([ELSEWHERE_INSIDE], by=BY)

    after = [
        call(api_token, X_Forwarded_For=each).status_code
        for each in (INSIDE, ELSEWHERE_INSIDE)
    ]
    assert (before, after) == (200, [403, 200])


@pytest.fixture
def visit(client, main, settings):
    """Come in by a link of the networks from an address."""
    settings.TRUSTED_PROXIES = 1
    share = ShareFactory(account=main)
    share.token.set_networks(NETWORKS, by=BY)

    def visit(way, address):
        client.defaults["HTTP_X_FORWARDED_FOR"] = address
        return way(client, share)

    visit.share = share
    return visit


def test_a_link_opens_inside_only(visit, recorder):
    outside, inside = visit(show, OUTSIDE), visit(show, INSIDE)

    assert (outside.status_code, has_ticket(outside)) == (403, False)
    assert outside.json()["detail"].startswith(
        "This link opens only from some networks"
    )
    assert (inside.status_code, has_ticket(inside)) == (200, True)
    assert noted() == [
        (visit.share.pk, "other_network", "query-logs", OUTSIDE, 1),
    ]


@pytest.mark.parametrize("way", [look, renew])
def test_a_ticket_that_is_carried_elsewhere_lets_nobody_in(visit, recorder, way):
    visit(show, INSIDE)

    outside, inside = visit(way, OUTSIDE), visit(way, INSIDE)

    assert (outside.status_code, has_ticket(outside)) == (403, False)
    assert inside.status_code == 200
    assert noted() == [(visit.share.pk, "other_network", "query-logs", OUTSIDE, 1)]


def test_it_waits_among_the_refused_calls_until_the_networks_are_gone(ask, token):
    ask("logs", token.secret_text, **at(OUTSIDE))
    refusals.flush()
    waiting = list(RefusedToken.objects.waiting())

    # Of the only token of an account, which it leaves with its secret.
    Token.objects.filter(pk=token.pk).update(networks="")

    assert [each.pk for each in waiting] == [token.pk]
    assert not RefusedToken.objects.waiting().exists()


OPENED_BY = {
    "logs": Kind.LOGS,
    "metrics": Kind.METRICS,
    "traces": Kind.TRACES,
    **dict.fromkeys(
        ("query-logs", "query-metrics", "query-traces", "api", "query-logsql"), Kind.API
    ),
}


@pytest.mark.parametrize("signal", SIGNALS)
def test_every_signal_asks_where_its_caller_is(ask, main, signal):
    kind = OPENED_BY[signal]
    for each in ("metrics", "tracing"):
        ChildFactory(main=main, kind=each)
    token = Token.objects.of_kind(kind).first() or TokenFactory(account=main, kind=kind)
    token.set_networks(NETWORKS, by=BY)
    secret = token.reveal(by=BY).reveal()

    answers = [ask.status(signal, secret, **at(each)) for each in (INSIDE, OUTSIDE, "")]

    assert answers == [204, 403, 403]
