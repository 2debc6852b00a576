"""What each token is told about each signal."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.plans import Plan
from gateway.verify.decisions import decide
from gateway.verify.signal import SIGNALS
from tests.factories import (
    ChildFactory,
    FilterFactory,
    MainFactory,
    ShareFactory,
    TokenFactory,
    organisation_of,
)
from tests.gateway.decided import EVERY_SIGNAL, row_of, told
from tokens.kinds import Kind

OPENS = {
    Kind.API: {"api", "query-logs", "query-logsql", "query-metrics", "query-traces"},
    Kind.LOGS: {"logs"},
    Kind.METRICS: {"metrics"},
    Kind.TRACES: {"traces"},
    Kind.SHARED: {"query-logs", "query-logsql"},
    Kind.GATEWAY: {"ask"},
    Kind.SCANNER: set(),
}
VL = "query-logsql"
NARROWING = ("LogQL", "LogsQL", "PromQL", "OpenSearch", "Args")
IN_AN_HOUR = timedelta(hours=1)


def one_of(kind, main):
    match kind:
        case Kind.METRICS | Kind.TRACES:
            return main.organisation.accounts.get(kind=KINDS[kind]).tokens.get()
        case Kind.SHARED:
            return ShareFactory(account=main).token
        case Kind.GATEWAY | Kind.SCANNER:
            return TokenFactory(account=None, kind=kind)
    return TokenFactory(account=main, kind=kind)


KINDS = {Kind.METRICS: "metrics", Kind.TRACES: "tracing"}


@pytest.fixture
def family(main, sub):
    """A main account with a child of each kind."""
    others = {
        kind: ChildFactory(main=main, kind=kind)
        for kind in ("metrics", "tracing", "security")
    }
    return {"main": main, "sub": sub} | others


@pytest.mark.parametrize("kind", Kind)
def test_a_kind_is_good_for_its_signals_and_no_other(family, kind):
    token = one_of(kind, family["main"])

    answers = {signal: told(token, signal) for signal in EVERY_SIGNAL}

    opened = {signal for signal, each in answers.items() if each.status[:3] == "204"}
    assert opened == OPENS[kind]
    refused = {each.reason for signal, each in answers.items() if signal not in opened}
    assert refused == {"wrong_kind"}


def test_headers_name_all_accounts_that_are_reached(family):
    main, sub = family["main"], family["sub"]
    token = TokenFactory(account=main)

    assert dict(told(token).headers) == {
        "Cache-Control": "no-store",
        "X-Tollgate-Token": f"{token.pk}-{token.public_id}",
        "X-Tollgate-Kind": "api",
        "X-Tollgate-Plan": "pro",
        "X-Tollgate-Account": str(main.pk),
        "X-Tollgate-Accounts": f"{main.pk},{sub.pk}",
        "X-Scope-OrgID": f"{main.pk}|{sub.pk}",
        "AccountID": str(main.pk),
        "ProjectID": "0",
    }


@pytest.mark.parametrize(
    ("owner", "signal", "reached"),
    [
        ("main", "query-metrics", ["metrics"]),
        ("main", "query-traces", ["tracing"]),
        ("main", "api", ["main", "sub", "metrics", "tracing"]),
        ("sub", "query-logs", ["sub"]),
        ("sub", "api", ["sub"]),
        ("security", "query-logs", ["main"]),
        ("security", "api", ["security", "main"]),
    ],
)
def test_accounts_behind_a_signal(family, owner, signal, reached):
    family["security"].accounts_to_scan.set([family["main"]])
    token = TokenFactory(account=family[owner])

    headers = dict(told(token, signal).headers)

    wanted = ",".join(str(family[each].pk) for each in reached)
    assert headers["X-Tollgate-Accounts"] == wanted


def test_a_signal_with_no_account_behind_it_is_refused_and_that_is_no_misuse(main):
    refused = told(TokenFactory(account=main), "query-metrics")

    assert (refused.status, refused.reason) == ("403 Forbidden", "")


def test_arguments_keep_accounts_of_one_metrics_store_apart(family):
    main, metrics = family["main"], family["metrics"]
    second = ChildFactory(main=main, kind="metrics")

    shipped = dict(told(metrics.tokens.get(), "metrics").headers)
    asked = dict(told(TokenFactory(account=main), "query-metrics").headers)

    label = "%7Btollgate_account%3D~%22"
    assert shipped["X-Tollgate-Args"] == f"extra_label=tollgate_account%3D{metrics.pk}"
    assert asked["X-Tollgate-Args"] == (
        f"extra_filters%5B%5D={label}{metrics.pk}%7C{second.pk}%22%7D"
    )
    assert asked["X-Tollgate-PromQL"] == (
        f'{{tollgate_account=~"{metrics.pk}|{second.pk}"}}'
    )


def test_a_shared_token_carries_its_filters_in_every_language(main):
    filters = [FilterFactory(account=main, field="env", value="prod")]
    share = ShareFactory(account=main, filters=filters)

    headers, by_logsql = (
        dict(told(share.token, signal).headers) for signal in ("query-logs", VL)
    )

    assert headers["X-Tollgate-Accounts"] == str(main.pk)
    assert by_logsql["X-Tollgate-Accounts"] == str(main.pk)
    assert {name: headers.get(f"X-Tollgate-{name}") for name in NARROWING} == {
        "LogQL": '| env="prod"',
        "PromQL": '{env="prod"}',
        "OpenSearch": '{"bool":{"filter":[{"term":{"env":"prod"}}]}}',
        "LogsQL": None,
        "Args": None,
    }
    assert {name: by_logsql.get(f"X-Tollgate-{name}") for name in NARROWING} == {
        "LogQL": None,
        "PromQL": None,
        "OpenSearch": None,
        "LogsQL": '"env":="prod"',
        "Args": "extra_filters=%22env%22%3A%3D%22prod%22",
    }


def moment(seconds):
    return datetime.fromtimestamp(seconds, timezone.get_current_timezone())


@pytest.mark.parametrize("field", ["expires_at", "valid_until", "trial_ends_at"])
def test_an_answer_ends_when_the_first_thing_ends_by_itself(db, field):
    soon = timezone.now() + IN_AN_HOUR
    main = MainFactory(plan=Plan.COMMUNITY, trial_ends_at=soon + IN_AN_HOUR)
    row = row_of(TokenFactory(account=main))
    thing = {"expires_at": row.token, "trial_ends_at": row.token.account.organisation}
    setattr(thing.get(field, row), field, soon)

    assert moment(decide(SIGNALS["api"], row).until) == soon
    assert decide(SIGNALS["api"], row, until=1.5).until == 1.5


def test_an_answer_without_an_end_has_none(main):
    organisation = organisation_of(main)
    organisation.trial_ends_at = timezone.now() - IN_AN_HOUR
    organisation.save()

    assert told(TokenFactory(account=main)).until == float("inf")


def test_what_ends_during_the_look_up_has_an_end(main, time_machine):
    token = TokenFactory(account=main)
    row, now = row_of(token), timezone.now()
    row.token.expires_at = now + timedelta(seconds=1)
    time_machine.move_to(now, tick=False)

    def slow(execute, *arguments):
        time_machine.move_to(now + timedelta(seconds=2), tick=False)
        return execute(*arguments)

    with connection.execute_wrapper(slow):
        decision = decide(SIGNALS["query-logs"], row)

    assert decision.until == row.token.expires_at.timestamp()


def test_the_queries_of_links_are_judged_and_no_others(family):
    asked = [(kind, signal) for kind in (Kind.API, Kind.SHARED) for signal in SIGNALS]

    judged = [
        (kind, signal)
        for kind, signal in asked
        if told(one_of(kind, family["main"]), signal).judges_query
    ]

    assert judged == [(Kind.SHARED, VL)]
