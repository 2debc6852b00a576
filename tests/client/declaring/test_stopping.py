"""What stands against a plan, what stops it on its way, and going on from there."""

import os
import signal

import httpx
import pytest

from accounts.lifecycle import edit_account, edit_organisation
from accounts.models import Account
from sharing.models import Filter
from tests.factories import BY, ChildFactory, FilterFactory, ShareFactory, TokenFactory
from tokens.kinds import Kind

ACME = """
accounts:
  - kind: main
    name: Acme
    retention_days: 9
    filters: [{field: env, value: prod}]
    tokens: [{name: default}, {name: Fluent Bit, note: Ships}]
"""


def of_main(**parts):
    """Return a file about the main account."""
    lines = "".join(f", {name}: {text}" for name, text in parts.items())
    return f"accounts: [{{kind: main, name: Acme{lines}}}]"


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


def test_a_link_never_shows_what_nobody_wants_for_a_moment(run, main):
    narrowing = FilterFactory(account=main, field="env", value="prod")
    ShareFactory(account=main, name="Link", filters=[narrowing])
    text = of_main(
        filters="[{field: env, value: test, was: {field: env, value: prod}},"
        " {field: a, value: b}]",
        shared_tokens="[{name: Link, filters: [{field: env, value: test},"
        " {field: a, value: b}]}]",
    )

    refused = run("plan", text=text, code=1)

    assert (
        "while one that it has is changed. Apply one after the other." in refused.stderr
    )


def test_links_are_narrowed_before_they_open_and_shut_before_they_widen(
    run, main, wire
):
    narrowing = FilterFactory(account=main, field="env", value="prod")
    shut = ShareFactory(account=main, name="Shut", filters=[narrowing]).token
    shut.disable(by=BY)
    ShareFactory(account=main, name="Open", filters=[narrowing])
    text = of_main(
        filters="[{field: env, value: prod}, {field: a, value: b}]",
        shared_tokens="[{name: Shut, enabled: true, operator: OR,"
        " filters: [{field: env, value: prod}, {field: a, value: b}],"
        ' expires_at: "2999-01-01T00:00:00Z"},'
        " {name: Open, enabled: false, shows_everything: true}]",
    )
    run("apply", "--yes", text=text)

    calls = [path.rpartition("/")[2] for method, path in wire.asked if method != "GET"]
    assert calls == ["disable", "filters", "filters", "filters", str(shut.pk), "enable"]
    assert run("plan").stdout == "Nothing to do.\n"


def test_a_link_that_lost_its_filter_can_be_given_another(run, main):
    narrowing = FilterFactory(account=main, field="env", value="prod")
    share = ShareFactory(account=main, name="Link", filters=[narrowing])
    narrowing.delete_narrowing(by=BY)
    text = of_main(
        filters="[{field: a, value: b}]",
        shared_tokens="[{name: Link, enabled: true, filters: [{field: a, value: b}]}]",
    )

    planned = run("plan", text=text, code=2)
    assert "nothing: its filter env: prod was deleted" in planned.stdout
    run("apply", "--yes")

    share.refresh_from_db()
    assert share.lost_filter == ""
    assert run("plan").exit_code == 0


def test_the_operator_alone_can_be_changed(run, main):
    filters = [FilterFactory(account=main, field=each, value="1") for each in "ab"]
    share = ShareFactory(account=main, name="Link", filters=filters)

    run("apply", "--yes", text=of_main(shared_tokens="[{name: Link, operator: OR}]"))

    share.refresh_from_db()
    assert (share.operator, share.filters.count()) == ("OR", 2)


def test_an_account_is_opened_first_and_then_looked_into(run, main):
    child = ChildFactory(main=main, name="Staging", accessible=False)
    text = "accounts: [{kind: sub, name: Staging, accessible: true, tokens: []}]"

    assert "left alone. Plan again once it is." in run("plan", text=text, code=2).stdout
    run("apply", "--yes")

    child.refresh_from_db()
    assert child.accessible
    assert run("plan").exit_code == 0


def test_what_shrinks_makes_room_for_what_grows(run, main):
    edit_organisation(main.organisation, by=BY, daily_gb=10)
    ChildFactory(main=main, name="A", max_daily_gb=2)
    ChildFactory(main=main, name="B", max_daily_gb=8)
    text = (
        "accounts: [{kind: sub, name: A, max_daily_gb: 6}, {kind: sub, name: New,"
        " max_daily_gb: 1}, {kind: sub, name: B, max_daily_gb: 3, accessible: false}]"
    )

    run("apply", "--yes", text=text)

    sizes = Account.objects.filter(kind="sub").values_list("name", "max_daily_gb")
    assert dict(sizes) == {"A": 6, "New": 1, "B": 3}


def test_a_rule_of_the_server_is_told_in_its_words(run, main):
    edit_organisation(main.organisation, by=BY, allows_minting=False)
    child = ChildFactory(main=main, name="Staging")
    text = "accounts: [{kind: sub, name: Staging, tokens: [{kind: api, name: T}, {name: default}]}]"

    refused = run("apply", "--yes", text=text, code=3)

    assert "does not let tokens make API tokens" in refused.stderr
    assert not child.tokens.filter(kind="api").exists()


def test_wrong_usage_of_plan_is_not_taken_for_drift(run):
    assert run("plan", "--nonsense", code=1).exit_code == 1
    assert "It cannot be read" in run("plan", code=1).stderr


def test_an_account_is_shut_when_nothing_more_is_to_be_done_in_it(run, main):
    child = ChildFactory(main=main, name="Staging")
    text = "accounts: [{kind: sub, name: Staging, accessible: false, tokens: [{name: default, note: x}]}]"

    run("apply", "--yes", text=text)

    child.refresh_from_db()
    assert (child.accessible, child.tokens.get().note) == (False, "x")


def test_a_link_that_came_while_all_was_read_is_not_guessed_at(run, main, wire):
    def interfere(request):
        if request.url.path.endswith("/shared-tokens"):
            main.tokens.get(name="Link").delete_softly(by=BY)

    ShareFactory(account=main, name="Link")
    wire.before = interfere
    text = of_main(shared_tokens="[{name: Link, shows_everything: true}]")

    refused = run("plan", text=text, code=1)

    assert "Link in Acme was changed while everything was looked at." in refused.stderr


def test_the_token_that_comes_with_an_account_can_be_pruned(run, main):
    text = (
        "accounts: [{kind: sub, name: New, max_daily_gb: 1, tokens: [{name: Fluent}]}]"
    )

    assert "1 thing is not" in run("plan", text=text, code=2).stdout
    assert "- log token default" in run("plan", "--prune", code=2).stdout
    run("apply", "--prune", "--yes")

    (kept,) = Account.objects.get(name="New").tokens.not_deleted()
    assert kept.name == "Fluent"
    assert run("plan", "--prune").stdout == "Nothing to do.\n"


def test_more_log_tokens_than_the_plan_allows_are_told_before_one_is_made(run, main):
    names = ", ".join(f"{{name: Token {number}}}" for number in range(15))
    refused = run("plan", text=of_main(tokens=f"[{{name: default}}, {names}]"), code=1)
    assert refused.stderr == (
        "acme.yaml: Acme (main) would have 16 log tokens enabled. The plan allows 15.\n"
    )

    TokenFactory(account=main, kind=Kind.LOGS, name="Stray")
    names = names.replace("{name: Token 0}, ", "")
    text = of_main(tokens=f"[{{name: default}}, {names}]")
    refused = run("plan", "--prune", text=text, code=1)
    assert (
        "16 log tokens enabled for a moment: disable or delete some" in refused.stderr
    )

    TokenFactory(account=main, kind=Kind.LOGS, name="Token 1", enabled=False)
    names = "{name: Token 1, enabled: true}, {name: Off, enabled: false}"
    run("apply", "--yes", text=of_main(tokens=f"[{{name: default}}, {names}]"))
