"""The commands that list rows, disable tokens and purge what was deleted."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.audit.trail import Actor
from accounts.models import Action, RecordedCall
from tests.commands.outcomes import error, last_event
from tests.factories import FilterFactory, ShareFactory, TokenFactory
from tokens.management.commands import purge_deleted
from tokens.models import StoredSecret, Token, TokenUsage

pytestmark = pytest.mark.django_db


def test_disable_token(run, main):
    token = TokenFactory(account=main)

    said = run("disable_token", token.pk, "--reason=Leaked")

    token.refresh_from_db()
    assert (token.state, token.disabled_reason) == ("disabled", "Leaked")
    assert said.err == f"Disabled {token}.\n"
    assert last_event().data == {"reason": "Leaked"}


def test_disable_token_explains_refusals(run, main):
    default = main.tokens.get()

    assert error(run, "disable_token", 0, "--reason=x")[0] == "There is no token 0."
    text, _ = error(run, "disable_token", default.pk, "--reason=x")
    assert text.startswith("This is the last enabled log shipping token.")


@pytest.mark.parametrize("subject", ["organisations", "accounts", "people", "tokens"])
def test_list_shows_rows_and_no_secret(run, main, admin, subject):
    token = TokenFactory(account=main)
    Token.objects.update(name="x\x9b31m")

    table, lines = run("list", subject).out, run("list", subject, "--json").out

    rows = [json.loads(line) for line in lines.splitlines()]
    assert len(table.splitlines()) == len(rows) + 1
    assert table.splitlines()[0].split() == list(rows[0])
    assert token.secret_text not in table + lines
    assert "\x9b" not in table


def test_list_shows_who_has_which_role(run, main, admin):
    assert f"{main.pk}:admin" in run("list", "people").out


def test_list_of_nothing_is_empty(run):
    assert run("list", "tokens").out == ""


def test_purge_removes_what_was_deleted_long_ago(run, main):
    share = ShareFactory(account=main, filters=[FilterFactory(account=main)])
    old, recent = share.token, TokenFactory(account=main)
    TokenUsage.objects.create(token=old, hour=timezone.now(), address="x")
    for token in (old, recent):
        token.delete_softly(by=Actor.console())
    long_ago = timezone.now() - timedelta(days=30, minutes=1)
    Token.objects.filter(pk=old.pk).update(deleted_at=long_ago)

    assert run("purge_deleted", "--dry-run").out == "1 tokens would be purged.\n"
    assert run("purge_deleted").out.splitlines()[0] == "Purged 1 tokens."
    assert run("purge_deleted").out.splitlines()[0] == "Purged 0 tokens."

    assert not Token.objects.filter(pk=old.pk).exists()
    assert not StoredSecret.objects.filter(token=old.pk).exists()
    assert Token.objects.filter(pk=recent.pk).exists()
    event = last_event()
    assert (event.action, event.token_id) == (Action.TOKEN_PURGED, old.pk)
    run("verify_audit")


def test_purge_removes_counts_of_calls_after_90_days(run, main):
    token, now = main.tokens.get(), timezone.now()
    token.note_use("::1", "")
    for days in (89, 91):
        hour = now - timedelta(days=days)
        TokenUsage.objects.add_calls({(token.pk, 0, "::1", ""): days}, hour)

    assert run("purge_deleted").out.splitlines()[1] == "Purged 1 counts of calls."

    assert [usage.calls for usage in token.usage.all()] == [89]


def test_purge_forgets_idempotency_keys_after_a_day(run, main):
    made_at = timezone.now() - timedelta(hours=24, minutes=1)
    for hours in (0, 23):
        RecordedCall.objects.create(
            token_id=1,
            key=f"{hours} hours later",
            fingerprint=bytes(32),
            created_at=made_at + timedelta(hours=hours),
        )

    assert run("purge_deleted").out.splitlines()[2] == "Purged 1 idempotency keys."
    assert RecordedCall.objects.get().key == "23 hours later"


def test_a_token_that_another_run_purged_is_passed_over(main):
    token = TokenFactory(account=main)
    token.delete_softly(by=Actor.console())

    assert purge_deleted.Command().purge(token) == 0
    assert last_event().action == Action.TOKEN_DELETED
