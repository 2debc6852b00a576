"""API tokens that are kept to scopes or accounts, at the gate."""

import pytest

from accounts.lifecycle import delete_account
from accounts.scopes import EVERYTHING_SCOPE, SCOPES
from gateway.models import Reason, RefusedCall
from gateway.verify.decisions import decide
from gateway.verify.signal import SIGNALS
from tests.factories import BY, ChildFactory, TokenFactory
from tests.gateway.decided import row_of, told
from tokens.kinds import Kind
from tokens.permissions import Use

NEEDED = {
    "query-logs": "logs:read",
    "query-logsql": "logs:read",
    "query-metrics": "metrics:read",
    "query-traces": "traces:read",
    "api": EVERYTHING_SCOPE,
}


def test_each_signal_that_an_api_token_opens_has_its_scope():
    opened = {name: each for name, each in SIGNALS.items() if Use.API in each.uses}

    assert {name: each.scope for name, each in opened.items()} == NEEDED


@pytest.fixture
def family(main, sub):
    for kind in ("metrics", "tracing"):
        ChildFactory(main=main, kind=kind)
    return main


@pytest.mark.parametrize("scopes", ["", *SCOPES])
def test_a_token_opens_the_signals_of_its_scopes(family, scopes):
    token = TokenFactory(account=family, scopes=scopes)

    answers = {signal: told(token, signal) for signal in NEEDED}

    opened = {signal for signal, each in answers.items() if each.status[:3] == "204"}
    assert opened == {
        signal
        for signal, needed in NEEDED.items()
        if scopes in ("", needed) or (scopes == "read" and needed != EVERYTHING_SCOPE)
    }
    for signal in NEEDED.keys() - opened:
        refused = answers[signal]
        assert (refused.status, refused.reason) == ("403 Forbidden", "out_of_scope")
        said = f"This API token lacks the scope {NEEDED[signal]}"
        assert ("X-Tollgate-Says", said) in refused.headers


def test_another_reason_is_told_before_scopes(main):
    token = TokenFactory(account=main, scopes="users:read")
    token.disable(by=BY)

    assert told(token).reason == "disabled"
    assert told(TokenFactory(account=main, scopes="read"), "metrics").reason == (
        "wrong_kind"
    )


def test_a_token_reads_only_the_accounts_that_it_is_kept_to(main, sub):
    web = ChildFactory(main=main)
    token = TokenFactory(account=main, accounts=[sub.pk, web.pk])

    headers = dict(told(token).headers)

    assert headers["X-Tollgate-Accounts"] == f"{sub.pk},{web.pk}"
    assert headers["X-Scope-OrgID"] == f"{sub.pk}|{web.pk}"
    assert headers["AccountID"] == str(sub.pk)


def test_a_token_whose_accounts_are_gone_opens_nothing(main, sub):
    token = TokenFactory(account=main, accounts=[sub.pk])
    delete_account(sub, by=BY)

    refused = told(token)

    assert (refused.status, refused.reason) == ("403 Forbidden", "kept_elsewhere")
    said = "This API token is kept to accounts that have nothing here"
    assert ("X-Tollgate-Says", said) in refused.headers


def test_where_an_account_has_nothing_that_is_no_refused_call(sub):
    assert told(TokenFactory(account=sub), "query-traces").reason == ""


def test_a_narrower_token_is_refused_from_the_next_look_on(ask, main):
    token = TokenFactory(account=main)
    assert ask.status("query-logs", token.secret_text) == 204

    token.restrict(by=BY, scopes="metrics:read")
    ask.look()

    assert ask.status("query-logs", token.secret_text) == 403


def test_scopes_cost_no_query(family, django_assert_num_queries):
    free = TokenFactory(account=family)
    kept = TokenFactory(account=family, scopes="logs:read", accounts=[family.pk])

    for row in (row_of(free), row_of(kept)):
        with django_assert_num_queries(1):
            decide(SIGNALS["query-logs"], row)


def test_reasons_of_refused_calls_are_known_and_short():
    longest = RefusedCall._meta.get_field("reason").max_length

    assert {"out_of_scope", "kept_elsewhere"} <= set(Reason.values)
    assert max(map(len, Reason.values)) <= longest


def test_other_kinds_have_no_scopes_to_lack(main):
    log = TokenFactory(account=main, kind=Kind.LOGS)

    assert told(log, "logs").status[:3] == "204"
