import pytest

from accounts.models import AccountKind, Action, AuditEvent
from accounts.rule_violations import Gone, RuleViolation, Stale
from sharing.models import Filter, Share
from sharing.scope import NOTHING, Operator
from tests.factories import BY, ChildFactory, FilterFactory, ShareFactory


def actions_about(share):
    events = AuditEvent.objects.filter(token_id=share.pk).order_by("pk")
    return [event.action for event in events][2:]


def fresh(share):
    return Share.objects.get(pk=share.pk)


def test_filter_add_tells_the_audit_trail(main):
    made = Filter.add(account=main, field="env", value="test", by=BY, description="d")

    event = AuditEvent.objects.latest("pk")
    assert (event.action, event.target) == (Action.FILTER_CREATED, "env: test")
    assert event.data == {"filter_id": made.pk, "description": "d"}


@pytest.mark.parametrize(
    "kind", [AccountKind.METRICS, AccountKind.TRACING, AccountKind.SECURITY]
)
def test_filter_add_refuses_accounts_without_logs(main, kind):
    account = ChildFactory(main=main, kind=kind)

    with pytest.raises(RuleViolation, match="no shared tokens"):
        Filter.add(account=account, field="env", value="test", by=BY)


def test_filter_counts_shared_tokens_that_are_not_deleted(main, env):
    ShareFactory(account=main, filters=[env])
    ShareFactory(account=main, filters=[env]).token.delete_softly(by=BY)

    assert [each.uses for each in main.filters.with_uses()] == [1]


def test_filter_edit_says_when_a_link_shows_more(main, env, team):
    share = ShareFactory(account=main, filters=[env, team])

    env.edit(by=BY, value="prod")

    assert actions_about(share) == [Action.SHARE_WIDENED]
    assert AuditEvent.objects.filter(action=Action.FILTER_UPDATED).latest(
        "pk"
    ).data == {"filter_id": env.pk, "changes": [["value", "test", "prod"]]}


def test_filter_edit_of_the_description_widens_nothing(main, env):
    share = ShareFactory(account=main, filters=[env])

    env.edit(by=BY, description="Test systems")

    assert actions_about(share) == []
    assert env.version == 2


def test_filter_edit_widens_no_link_that_lost_another_filter(main, env, team):
    share = ShareFactory(account=main, filters=[env, team])
    team.delete_narrowing(by=BY)

    env.edit(by=BY, value="prod")

    assert actions_about(share) == [Action.TOKEN_DISABLED]


def test_filter_edit_to_the_same_changes_nothing(env):
    env.edit(by=BY, value="test", version=1)

    assert Filter.objects.get(pk=env.pk).version == 1


def test_filter_edit_refuses_the_second_writer(env):
    Filter.objects.get(pk=env.pk).edit(by=BY, value="prod", version=1)

    with pytest.raises(Stale):
        env.edit(by=BY, value="dev", version=1)


def test_filter_edit_refuses_links_that_the_person_was_not_told_of(main, env):
    ShareFactory(account=main, filters=[env])

    with pytest.raises(Stale):
        env.edit(by=BY, value="prod", named=[])


def test_filter_that_is_gone_says_so(env):
    Filter.objects.get(pk=env.pk).delete_narrowing(by=BY)

    with pytest.raises(Gone):
        env.edit(by=BY, value="prod")


def test_filter_delete_pauses_a_link_that_would_show_more(main, env, team):
    share = ShareFactory(account=main, filters=[env, team])

    assert team.shares_that_stop() == [share]
    team.delete_narrowing(by=BY, version=1, named=[share.pk])

    share = fresh(share)
    assert (share.token.state, share.scope) == ("paused", NOTHING)
    assert share.token.disabled_reason == "Its filter team: payments was deleted"
    assert actions_about(share) == [Action.TOKEN_DISABLED]


def test_filter_delete_pauses_a_link_that_had_no_other(main, env):
    share = ShareFactory(account=main, filters=[env], operator=Operator.OR)

    env.delete_narrowing(by=BY)

    assert fresh(share).token.state == "paused"


def test_filter_delete_lets_an_or_link_go_on_with_less(main, env, team):
    share = ShareFactory(account=main, filters=[env, team], operator=Operator.OR)

    assert env.shares_that_stop() == []
    env.delete_narrowing(by=BY)

    share = fresh(share)
    assert share.token.state == "active"
    assert share.scope == (frozenset([("team", "payments")]),)


def test_filter_delete_lets_a_link_go_on_that_has_the_same_filter_twice(main, env):
    twin = FilterFactory(account=main, field="env", value="test")
    share = ShareFactory(account=main, filters=[env, twin])

    env.delete_narrowing(by=BY)

    assert fresh(share).token.state == "active"


def test_filter_delete_refuses_links_that_the_dialog_did_not_name(main, env):
    ShareFactory(account=main, filters=[env])

    with pytest.raises(Stale):
        env.delete_narrowing(by=BY, named=[])

    assert Filter.objects.filter(pk=env.pk).exists()


def test_filter_delete_closes_a_link_that_was_paused_already(main, env, team):
    share = ShareFactory(account=main, filters=[env, team])
    share.token.disable(by=BY, reason="Holidays")

    env.delete_narrowing(by=BY)

    share = fresh(share)
    assert (share.scope, share.token.disabled_reason) == (NOTHING, "Holidays")
    assert actions_about(share) == [Action.TOKEN_DISABLED, Action.SHARE_CHANGED]


def test_filter_delete_closes_a_link_once(main, env, team):
    share = ShareFactory(account=main, filters=[env, team])
    env.delete_narrowing(by=BY)

    assert team.shares_that_stop() == []
    team.delete_narrowing(by=BY)

    assert fresh(share).lost_filter == "env: test"


def test_deleted_link_comes_back_paused_when_its_filter_is_gone(main, env, team):
    share = ShareFactory(account=main, filters=[env, team])
    share.token.delete_softly(by=BY)

    env.delete_narrowing(by=BY)
    fresh(share).token.restore(by=BY)

    assert fresh(share).token.state == "paused"
    with pytest.raises(RuleViolation, match="lost its filter env: test"):
        fresh(share).token.enable(by=BY)


def test_reason_of_a_pause_is_cut_when_the_filter_is_long(main):
    long = FilterFactory(account=main, field="f" * 512, value="v" * 512)
    share = ShareFactory(account=main, filters=[long])

    long.delete_narrowing(by=BY)

    assert len(fresh(share).token.disabled_reason) == 200
