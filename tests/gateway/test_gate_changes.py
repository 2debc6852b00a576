"""Changes of tokens and accounts: from when on the gate answers by them."""

import time
from dataclasses import replace

import pytest

from gateway.verify import gate as gate_module
from gateway.verify.invalidation import FRESH_SECONDS, Snapshot
from tests.factories import BY, ChildFactory, TokenFactory
from tokens.kinds import Kind
from tokens.models import Token
from tokens.secrets import make


@pytest.fixture
def token(main):
    return TokenFactory(account=main, kind=Kind.LOGS)


def test_a_change_holds_from_the_next_look_on(ask, token):
    assert ask.status("logs", token.secret_text) == 204

    TokenFactory(account=token.account, kind=Kind.LOGS)
    token.disable(by=BY)
    ask.look()
    assert ask.status("logs", token.secret_text) == 403

    token.enable(by=BY)
    ask.look()
    assert ask.status("logs", token.secret_text) == 204


def test_nothing_is_told_from_memory_when_nobody_has_looked_of_late(ask, token):
    assert ask.status("logs", token.secret_text) == 204
    token.disable(by=BY)
    snapshot, now = ask.gate.watcher.snapshot, time.monotonic()

    # However long the question takes here.
    ask.gate.watcher.snapshot = replace(snapshot, seen_at=now + 60)
    assert ask.status("logs", token.secret_text) == 204
    ask.gate.watcher.snapshot = replace(snapshot, seen_at=now - FRESH_SECONDS)
    assert ask.status("logs", token.secret_text) == 403


def test_a_token_that_is_made_after_it_was_asked_about_is_found(ask, main):
    secret = make(Kind.LOGS)
    assert ask.status("logs", secret.reveal()) == 401

    Token.issue(account=main, kind=Kind.LOGS, name="moved in", by=BY, secret=secret)
    ask.look()

    assert ask.status("logs", secret.reveal()) == 204


def test_a_change_while_an_answer_is_being_made_is_not_missed(
    ask, token, sub, monkeypatch
):
    """The token is disabled after it was read and before the answer is remembered."""
    TokenFactory(account=token.account, kind=Kind.LOGS)
    decide = gate_module.decide

    def slowly(*args):
        decision = decide(*args)
        token.disable(by=BY)
        ask.look()
        return decision

    ask.status("query-logs", TokenFactory(account=sub).secret_text)
    monkeypatch.setattr(gate_module, "decide", slowly)
    assert ask.status("logs", token.secret_text) == 204
    monkeypatch.setattr(gate_module, "decide", decide)

    assert ask.status("logs", token.secret_text) == 403


def test_sub_that_is_not_searchable_any_more_disappears(ask, main):
    sub = ChildFactory(main=main)
    token = TokenFactory(account=main)
    assert (
        ask("query-logs", token.secret_text)[1]["X-Scope-OrgID"]
        == f"{main.pk}|{sub.pk}"
    )

    sub.searchable = False
    sub.save(update_fields=["searchable"])
    token.rename("Another", by=BY)  # Any change of the organisation counts.
    ask.look()

    assert ask("query-logs", token.secret_text)[1]["X-Scope-OrgID"] == str(main.pk)


def test_an_old_sight_is_not_believed_while_the_database_answers(ask, token):
    ask.status("logs", token.secret_text)
    TokenFactory(account=token.account, kind=Kind.LOGS)
    token.disable(by=BY)
    snapshot = ask.gate.watcher.snapshot
    late = time.monotonic() - 1.0
    ask.gate.watcher.snapshot = Snapshot(snapshot.numbers, snapshot.total, late)

    assert ask.status("logs", token.secret_text) == 403
