from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.audit.trail import Actor
from accounts.models import Action, AuditEvent
from accounts.rule_violations import RuleViolation
from tests.factories import BY, ChildFactory, MainFactory, ShareFactory, TokenFactory
from tokens.kinds import Kind
from tokens.models import Token
from tokens.reactivation import FOR, revive, revive_secret

ADMIN = Actor(label="ada@example.com")
SLACK = timedelta(seconds=30)


def stop(token, how):
    if how == "deleted":
        token.delete_softly(by=BY)
    elif how == "disabled":
        token.disable(by=BY)
    else:
        past = timezone.now() - timedelta(hours=1)
        Token.objects.filter(pk=token.pk).update(expires_at=past)
    return Token.objects.get(pk=token.pk)


def actions():
    events = AuditEvent.objects.filter(actor_label=ADMIN.label).order_by("pk")
    return [event.action for event in events]


@pytest.mark.parametrize(
    ("how", "steps"),
    [
        ("deleted", [Action.TOKEN_RESTORED, Action.TOKEN_EXPIRY_CHANGED]),
        ("disabled", [Action.TOKEN_EXPIRY_CHANGED, Action.TOKEN_ENABLED]),
        ("expired", [Action.TOKEN_EXPIRY_CHANGED]),
    ],
)
@pytest.mark.parametrize("kind", [Kind.API, Kind.LOGS])
def test_a_stopped_token_works_for_an_hour(main, kind, how, steps):
    token = stop(TokenFactory(account=main, kind=kind), how)

    revive(token, by=ADMIN)

    found = Token.objects.get(pk=token.pk)
    assert found.state == "active"
    assert abs(found.expires_at - timezone.now() - FOR) < SLACK
    assert actions() == steps


def test_a_token_that_was_stopped_twice_works_for_an_hour(main):
    token = stop(TokenFactory(account=main), "disabled")
    token = stop(token, "deleted")

    revive(token, by=ADMIN)

    assert Token.objects.get(pk=token.pk).state == "active"


def test_a_paused_link_works_for_an_hour(main):
    link = ShareFactory(account=main).token
    link.disable(by=BY)

    revive(link, by=ADMIN)

    assert Token.objects.get(pk=link.pk).state == "active"


def test_a_token_that_works_is_not_cut_short(main):
    token = TokenFactory(account=main)

    with pytest.raises(RuleViolation) as refusal:
        revive(token, by=ADMIN)

    assert refusal.value.code == "works_already"
    assert Token.objects.get(pk=token.pk).expires_at is None


def test_the_limit_of_log_tokens_holds_and_nothing_is_half_done(db):
    main = MainFactory(plan="community")
    token = main.tokens.get()
    spare = TokenFactory(account=main, kind=Kind.LOGS, enabled=False)
    spare.delete_softly(by=BY)

    with pytest.raises(RuleViolation) as refusal:
        revive(spare, by=ADMIN)

    assert refusal.value.code == "limit_reached"
    assert [each.state for each in main.tokens.order_by("pk")] == ["active", "deleted"]
    assert actions() == []
    assert token.state == "active"


def rotate(token, *, overlap=timedelta(0)):
    old = token.secrets.current().get()
    token.rotate(by=BY, overlap=overlap)
    return token.secrets.get(pk=old.pk)


@pytest.mark.parametrize("kind", [Kind.API, Kind.METRICS])
def test_an_old_secret_works_for_an_hour(main, kind):
    if kind == Kind.METRICS:
        token = ChildFactory(main=main, kind="metrics").tokens.get()
    else:
        token = TokenFactory(account=main)
    old = rotate(token)

    revive_secret(token, old, by=ADMIN)

    found = Token.objects.get(pk=token.pk)
    until = found.secrets.get(pk=old.pk).valid_until
    assert abs(until - timezone.now() - FOR) < SLACK
    assert (found.overlap_until, found.state) == (until, "rotating")
    assert actions() == [Action.TOKEN_SECRET_REVIVED]
    event = AuditEvent.objects.latest("pk")
    assert event.data == {"works_until_at": until.isoformat()}


def test_a_longer_overlap_of_another_secret_stays_shown(main):
    token = TokenFactory(account=main)
    oldest = rotate(token)
    rotate(token, overlap=timedelta(days=7))
    until = token.overlap_until

    revive_secret(token, oldest, by=ADMIN)

    assert Token.objects.get(pk=token.pk).overlap_until == until


def test_a_secret_that_works_is_left_as_it_is(main):
    token = TokenFactory(account=main)
    current = token.secrets.get()
    old = rotate(token, overlap=timedelta(days=1))

    for secret in (current, old, TokenFactory(account=main).secrets.get()):
        with pytest.raises(RuleViolation):
            revive_secret(token, secret, by=ADMIN)

    assert token.secrets.get(pk=old.pk).valid_until == old.valid_until
