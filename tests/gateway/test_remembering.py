"""What proxies are told that remember decisions, and when that falls."""

import time
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.audit.generations import slot_of
from gateway.verify import invalidation, remembering
from gateway.verify.invalidation import digest
from sharing.tickets import issue, lasts_until
from tests.factories import BY, ShareFactory, TokenFactory
from tests.gateway.conftest import UNKNOWN, Asked
from tests.gateway.remembering import called, keep, looked, stands
from tokens.kinds import Kind
from tokens.models import StoredSecret


@pytest.fixture
def token(main):
    return TokenFactory(account=main, kind=Kind.LOGS)


def test_only_who_asks_for_it_is_told_what_to_remember(ask, token):
    _, headers = ask("logs", token.secret_text)

    assert "X-Tollgate-Keep" not in headers


def test_a_decision_comes_with_its_slot_and_the_generation_that_it_stood_at(ask, token):
    kept = keep(ask, "logs", token.secret_text)

    assert int(kept.slot) == slot_of(token.organisation_id)
    assert stands(ask, kept)
    assert 0 < kept.milliseconds <= 600_000


def test_a_change_lets_fall_what_was_remembered_of_its_organisation(ask, token):
    other = TokenFactory(kind=Kind.LOGS)
    ask.look()
    kept, others = (keep(ask, "logs", each.secret_text) for each in (token, other))

    token.delete_softly(by=BY)
    ask.look()

    assert (stands(ask, kept), stands(ask, others)) == (False, True)


def test_what_is_decided_while_its_token_is_stopped_does_not_stand(
    ask, token, monkeypatch
):
    keep(ask, "metrics", token.secret_text)
    asker = ask.gate._asker

    def stopped_meanwhile(*question):
        found = asker(*question)
        token.delete_softly(by=BY)
        return found

    monkeypatch.setattr(ask.gate, "_asker", stopped_meanwhile)
    kept = keep(ask, "logs", token.secret_text)
    ask.look()

    assert kept.handle != "-"
    assert not stands(ask, kept)


def test_refusals_are_remembered_like_what_passes(ask, token):
    wrong, unknown, missing = (
        keep(ask, *asked)
        for asked in (("metrics", token.secret_text), ("logs", UNKNOWN), ("logs",))
    )
    assert (wrong.slot, unknown.slot, missing.slot) == (
        str(slot_of(token.organisation_id)),
        "all",
        "all",
    )
    assert wrong.handle != unknown.handle == missing.handle == "-"
    assert all(stands(ask, each) for each in (wrong, unknown, missing))


def test_any_new_token_lets_fall_what_was_nobodys(ask):
    kept = keep(ask, "logs", UNKNOWN)

    TokenFactory()
    ask.look()

    assert not stands(ask, kept)


def test_a_token_without_a_store_here_is_refused_and_not_counted(ask, main):
    kept = keep(ask, "query-traces", TokenFactory(account=main).secret_text)

    assert (kept.slot, kept.handle) == (str(slot_of(main.organisation_id)), "-")


def test_what_depends_on_the_query_is_not_remembered(ask, main):
    shared, api = ShareFactory(account=main), TokenFactory(account=main)
    asked = {"HTTP_X_TOLLGATE_QUERY": "query=error"}

    assert keep(ask, "query-logsql", shared.secret_text, **asked) is None
    assert keep(ask, "query-logsql", shared.secret_text) is None
    assert keep(ask, "query-logsql", api.secret_text, **asked) is not None
    assert keep(ask, "query-logs", shared.secret_text) is not None


def test_what_ends_by_itself_is_remembered_until_then(ask, main):
    soon = timezone.now() + timedelta(seconds=90)
    token = TokenFactory(account=main, expires_at=soon)
    row = StoredSecret.objects.get(token=ShareFactory(account=main).pk)
    ticket = f"tollgate_share={issue(row, lasts_until(row))}"

    kept = keep(ask, "query-logs", token.secret_text)
    visitors = keep(ask, "query-logs", HTTP_COOKIE=ticket)

    assert 0 < kept.milliseconds <= 90_000
    assert visitors.milliseconds <= 600_000


def test_what_ends_now_is_not_remembered(ask, token):
    snapshot = ask.gate.watcher.snapshot
    ended = remembering.Decision("204 No Content", [], slot=1, until=time.time())

    assert remembering.kept(ended, None, snapshot) is ended


def test_nothing_is_remembered_of_a_database_that_is_not_seen(ask, token):
    old = replace(ask.gate.watcher.snapshot, seen_at=time.monotonic() - 0.7)
    ask.gate.watcher.snapshot = old

    assert keep(ask, "logs", token.secret_text) is None
    assert called(ask, "/gateway/generations") == (503, "Try again in a moment\n")


def test_the_look_tells_how_old_it_is(ask, monkeypatch):
    snapshot = ask.gate.watcher.snapshot
    monkeypatch.setattr(remembering.time, "monotonic", lambda: 100.0)
    ask.gate.watcher.snapshot = replace(snapshot, seen_at=99.8765)

    assert looked(ask)["age"] == "124"
    ask.gate.watcher.snapshot = replace(snapshot, seen_at=100.5)
    assert looked(ask)["age"] == "0"


def test_only_gateways_are_told(recorder, db, token):
    for credential in (UNKNOWN, "", token.secret_text):
        stranger = Asked(credential)

        assert called(stranger, "/gateway/generations")[0] == 503
        assert called(stranger, "/gateway/uses")[0] == 503
        counted = stranger.gate.strangers.drain(at_once=True)
        assert [*counted.values()] == [2]


def test_nobody_is_taken_for_a_stranger_while_the_database_is_away(ask, monkeypatch):
    ask.gate.watcher.snapshot = replace(
        invalidation.Snapshot(), failed=True, seen_at=1.0
    )

    assert called(ask, "/gateway/generations")[0] == 503
    assert not ask.gate.strangers.drain(at_once=True)


def test_databases_have_names_that_all_hosts_know():
    assert remembering.epoch(("7", "1")) == remembering.epoch.__wrapped__(("7", "1"))
    names = {
        remembering.epoch(name) for name in ((), ("7", "1"), ("7", "2"), ("8", "1"))
    }
    assert len(names) == 4
    assert digest(("7", "1")) == 2307590226245759550
