from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Action, AuditEvent
from accounts.rule_violations import Gone, RuleViolation, Stale
from sharing.models import Share
from sharing.scope import EVERYTHING, NOTHING, Operator
from tests.factories import BY, FilterFactory, ShareFactory

NOTHING_CHOSEN = {"filters": [], "operator": "AND", "shows_everything": False}
EVERYTHING_TICKED = {"filters": [], "operator": "AND", "shows_everything": True}


def events_about(share):
    events = AuditEvent.objects.filter(token_id=share.pk).order_by("pk")
    return [(event.action, event.data) for event in events][2:]


def actions_about(share):
    return [action for action, _ in events_about(share)]


def choice(*filters, operator=Operator.AND):
    return {"filters": filters, "operator": operator, "shows_everything": False}


def test_issue_makes_a_token_that_is_narrowed(main, env, team):
    share = ShareFactory(account=main, filters=[env, team])

    assert share.scope == (frozenset([("env", "test"), ("team", "payments")]),)
    assert str(share) == f"share of {share.token.name}"
    assert (share.token.kind, share.token.state) == ("shared", "active")
    assert share.secret_text.startswith("tgs_")


def test_issue_of_everything_needs_the_tick(main):
    assert ShareFactory(account=main, shows_everything=True).scope == EVERYTHING
    with pytest.raises(RuleViolation, match="at least one filter"):
        ShareFactory(account=main, shows_everything=False)


def test_issue_refuses_filters_and_the_tick_together(main, env):
    with pytest.raises(RuleViolation, match="at least one filter"):
        ShareFactory(account=main, filters=[env], shows_everything=True)


def test_issue_refuses_the_filter_of_another_account(main):
    with pytest.raises(RuleViolation, match="deleted meanwhile"):
        ShareFactory(account=main, filters=[FilterFactory()])


@pytest.mark.parametrize(
    ("before", "after", "wider"),
    [
        ("env", "env team AND", False),
        ("env", "env team OR", True),
        ("env", "team", True),
        ("env", "everything", True),
        ("env team AND", "env", True),
        ("env team AND", "env team OR", True),
        ("env team OR", "env", False),
        ("env team OR", "env team AND", False),
        ("everything", "env", False),
    ],
)
def test_narrow_tells_of_widening(main, env, team, before, after, wider):
    def chosen(text):
        filters = [each for each in (env, team) if each.field in text.split()]
        operator = Operator.OR if text.endswith("OR") else Operator.AND
        everything = text == "everything"
        return choice(*filters, operator=operator) | {"shows_everything": everything}

    share = ShareFactory(account=main, **chosen(before))

    share.narrow(**chosen(after), by=BY)

    widened = [Action.SHARE_WIDENED] if wider else []
    assert actions_about(share) == [Action.SHARE_CHANGED, *widened]


def test_narrow_to_the_same_is_no_change(share, env):
    share.narrow(**choice(env), by=BY, version=1)

    assert (actions_about(share), share.token.version) == ([], 1)


def test_narrow_to_a_twin_of_the_filter_is_a_change(main, share):
    twin = FilterFactory(account=main, field="env", value="test")

    share.narrow(**choice(twin), by=BY, version=1)

    assert actions_about(share) == [Action.SHARE_CHANGED]


def test_narrow_refuses_the_second_writer(share, team):
    Share.objects.get(pk=share.pk).narrow(**choice(team), by=BY, version=1)

    with pytest.raises(Stale):
        share.narrow(**EVERYTHING_TICKED, by=BY, version=1)


def test_narrow_refuses_to_leave_it_open_without_the_tick(share):
    with pytest.raises(RuleViolation, match="at least one filter"):
        share.narrow(**NOTHING_CHOSEN, by=BY)


def test_narrow_of_a_deleted_token_says_that_it_is_gone(share):
    Share.objects.get(pk=share.pk).token.delete_softly(by=BY)

    with pytest.raises(Gone):
        share.narrow(**EVERYTHING_TICKED, by=BY)


def test_narrow_of_a_purged_token_says_that_it_is_gone(share):
    Share.objects.get(pk=share.pk).token.delete()

    with pytest.raises(Gone):
        share.narrow(**EVERYTHING_TICKED, by=BY)


def test_edit_changes_only_what_differs(share, env, team):
    expires_at = share.token.expires_at

    share.edit(name=share.token.name, expires_at=expires_at, by=BY, **choice(env))
    assert actions_about(share) == []

    share.edit(
        name="Wall",
        expires_at=expires_at + timedelta(days=1),
        by=BY,
        version=1,
        **choice(env, team),
    )
    assert actions_about(share) == [
        Action.TOKEN_RENAMED,
        Action.TOKEN_EXPIRY_CHANGED,
        Action.SHARE_CHANGED,
    ]


def test_edit_refuses_the_second_writer_as_a_whole(share, env):
    Share.objects.get(pk=share.pk).token.rename("First", by=BY)

    with pytest.raises(Stale):
        share.edit(name="Second", expires_at=None, by=BY, version=1, **choice(env))

    assert Share.objects.get(pk=share.pk).token.name == "First"


def test_edit_extends_an_expired_token(share, env, time_machine):
    time_machine.move_to(timezone.now() + timedelta(days=8))
    assert share.token.state == "expired"

    later = timezone.now() + timedelta(days=7)
    share.edit(name="Board", expires_at=later, by=BY, **choice(env))

    assert share.token.state == "active"


def test_edit_leaves_an_expiry_alone_that_has_passed(share, env, time_machine):
    time_machine.move_to(timezone.now() + timedelta(days=8))

    share.edit(name="Board", expires_at=share.token.expires_at, by=BY, **choice(env))

    assert (share.token.name, share.token.state) == ("Board", "expired")


def test_link_that_lost_a_filter_resumes_after_a_decision(main, share, env, team):
    share.narrow(**choice(env, team), by=BY)
    team.delete_narrowing(by=BY)
    share.refresh_from_db()

    with pytest.raises(RuleViolation, match="lost its filter team: payments"):
        share.token.enable(by=BY)
    assert share.scope == NOTHING

    share.narrow(**choice(env), by=BY)
    share.token.enable(by=BY)

    assert share.token.state == "active"
    assert actions_about(share)[-3:] == [
        Action.SHARE_CHANGED,
        Action.SHARE_WIDENED,
        Action.TOKEN_ENABLED,
    ]
