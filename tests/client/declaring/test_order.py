"""The order in which changes are made, so that nothing is open in between."""

from accounts.lifecycle import edit_organisation
from accounts.models import Account
from tests.client.declaring.files import of_main
from tests.factories import BY, ChildFactory, FilterFactory, ShareFactory, TokenFactory
from tokens.kinds import Kind


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
