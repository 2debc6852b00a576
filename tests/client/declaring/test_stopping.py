"""What stands against a plan, what stops it on its way, and going on from there."""

import os
import signal

import httpx
import pytest

from accounts.lifecycle import edit_account
from sharing.models import Filter
from tests.client.declaring.files import of_main
from tests.factories import BY, ChildFactory, TokenFactory
from tokens.kinds import Kind

ACME = """
accounts:
  - kind: main
    name: Acme
    retention_days: 9
    filters: [{field: env, value: prod}]
    tokens: [{name: default}, {name: Fluent Bit, note: Ships}]
"""


@pytest.fixture
def interactive(monkeypatch):
    """Let a person answer, who may do something first."""

    def answering(answer, act=lambda: None):
        def confirm(text, *, err):
            act()
            return answer

        monkeypatch.setattr("client.declaring.commands.click.confirm", confirm)
        monkeypatch.setattr("client.declaring.commands.stdin_is_terminal", lambda: True)

    return answering


def test_it_asks_first(run, main, interactive):
    nobody = run("apply", text=ACME, code=2)
    assert "There is nobody to ask: add --yes." in nobody.stderr

    interactive(answer=False)
    assert "Nothing was changed." in run("apply", code=1).stderr
    main.refresh_from_db()
    assert main.retention_days == 7

    interactive(answer=True)
    assert "Applied." in run("apply").stderr
    assert run("plan").exit_code == 0


def test_what_changes_while_somebody_is_asked_is_noticed(run, main, interactive):
    interactive(True, lambda: edit_account(main, by=BY, retention_days=8))

    refused = run("apply", text=ACME, code=1)

    assert "It has changed since this plan was made" in refused.stderr
    assert not Filter.objects.exists()


def test_what_somebody_else_changes_on_the_way_is_not_overwritten(run, main, wire):
    token = TokenFactory(account=main, kind=Kind.LOGS, name="Fluent Bit")

    def interfere(request):
        if request.method == "PATCH" and "/tokens/" in request.url.path:
            token.set_note("Mine", by=BY)

    wire.before = interfere
    stopped = run("apply", "--yes", text=ACME, code=1)

    assert "Fluent Bit was changed by somebody else in the meantime." in stopped.stderr
    assert "look at a new one" in stopped.stderr
    assert (
        "Done:\n  change account Acme (main)\n  create filter env: prod in Acme (main)\n"
        in stopped.stderr
    )
    assert "Not done:\n  change log token Fluent Bit in Acme (main)\n" in stopped.stderr
    token.refresh_from_db()
    assert token.note == "Mine"
    wire.before = lambda request: None
    assert "1 to change" in run("apply", "--yes").stderr


def test_a_lost_answer_stops_it_and_the_next_time_it_goes_on(run, main, wire):
    lost = []

    def lose(request):
        if request.method == "PATCH" and not lost:
            lost.append(request)
            raise httpx.ReadTimeout("lost")

    wire.before = lose
    assert "does not answer in time" in run("apply", "--yes", text=ACME, code=5).stderr
    assert "0 to delete" in run("apply", "--yes").stderr
    assert run("plan").stdout == "Nothing to do.\n"


def test_who_stops_it_is_told_what_was_done(run, main, wire):
    def stop(request):
        if request.method == "POST" and request.url.path.endswith("/filters"):
            os.kill(os.getpid(), signal.SIGINT)

    wire.before = stop
    stopped = run("apply", "--yes", text=ACME, code=130)

    assert "Stopping after this call." in stopped.stderr
    assert (
        "Done:\n  change account Acme (main)\n  create filter env: prod"
        in stopped.stderr
    )
    assert "Not done:\n  create log token Fluent Bit in Acme (main)\n" in stopped.stderr
    assert Filter.objects.count() == 1
    wire.before = lambda request: None
    assert "1 to create, 0 to change" in run("apply", "--yes").stderr


def test_who_stops_it_twice_is_told_what_is_not_known(run, wire):
    def stop(request):
        if request.url.path.endswith("/filters") and request.method == "POST":
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

    wire.before = stop
    stopped = run("apply", "--yes", text=ACME, code=130)

    assert "while this was under way: create filter env: prod" in stopped.stderr


def test_what_is_begun_is_told_from_what_is_done(run, main, wire):
    text = of_main(
        filters="[{field: a, value: b}]",
        shared_tokens="[{name: Link, filters: [{field: a, value: b}], enabled: false}]",
    )

    def fail(request):
        if request.url.path.endswith("/disable"):
            raise httpx.ConnectError("refused")

    wire.before = fail
    stopped = run("apply", "--yes", text=text, code=5)

    assert "Begun:\n  create shared token Link in Acme (main)\n" in stopped.stderr
    wire.before = lambda request: None
    run("apply", "--yes")
    assert main.tokens.get(name="Link").disabled_at


def test_what_was_deleted_on_the_way_is_told(run, main, wire):
    token = TokenFactory(account=main, kind=Kind.LOGS, name="Stray")

    def interfere(request):
        if request.method == "DELETE":
            token.delete_softly(by=BY)

    wire.before = interfere
    text = of_main(tokens="[{name: default}]")
    stopped = run("apply", "--prune", "--yes", text=text, code=4)

    assert "look at a new one" in stopped.stderr


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        (
            of_main(tokens='[{name: default, expires_at: "2000-01-01T00:00:00Z"}]'),
            [
                "log token default in Acme (main) would have ended before now",
                "Acme (main) would be left without a log token that is enabled and",
            ],
        ),
        (
            of_main(tokens="[{name: default, enabled: false}]"),
            ["Acme (main) would be left without a log token"],
        ),
        (
            of_main(shared_tokens="[{name: Link}]"),
            ["shared token Link in Acme (main) needs filters, or shows_everything"],
        ),
        (
            "accounts: [{kind: metrics, name: Numbers, tokens: "
            "[{kind: metrics, name: other}]}]",
            ["is called default, and cannot be renamed."],
        ),
        (
            "accounts: [{kind: security, name: Guard, accounts_to_scan: "
            "[{kind: sub, name: Nowhere}]}]",
            ["there is no account Nowhere (sub) for accounts_to_scan."],
        ),
    ],
)
def test_what_cannot_be_had_is_told_before_anything_is_done(
    run, main, wire, text, sentences
):
    ChildFactory(main=main, kind="metrics", name="Numbers")
    refused = run("apply", "--yes", text=text, code=1)

    for sentence in sentences:
        assert sentence in refused.stderr
    assert {method for method, _ in wire.asked} == {"GET"}
