"""What is done about a token that was found, and who is told of it."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Action, AuditEvent
from leaks import follow_up
from leaks.models import (
    LEASE,
    Leak,
    LeakPolicy,
    ReportOutcome,
    set_policy,
    stops_at_once,
)
from tests.accounts.mails import expect_the_look, said
from tests.factories import BY, ChildFactory, TokenFactory, UserFactory
from tests.leaks.conftest import PLACE
from tokens.kinds import Kind
from tokens.models import Token
from tokens.models.policies import policies_of
from tokens.permissions import Use
from tokens.policies.saving import draft, save_policies
from tokens.verification import verify


def fresh(token):
    return Token.objects.get(pk=token.pk)


def outcomes():
    return [*Leak.objects.order_by("pk").values_list("outcome", flat=True)]


def last_event(token, action):
    return AuditEvent.objects.filter(token_id=token.pk, action=action).latest("pk")


def test_admins_are_told_and_nothing_is_stopped(report, token, mails):
    report(token.secret_text)

    assert verify(token.secret_text, Use.API) == token
    assert outcomes() == [ReportOutcome.TOLD]
    (mail,) = mails
    expect_the_look(mail)
    assert mail.to == ["admin@acme.example"]
    assert "“Terraform” was found" in mail.subject
    for words in (token.masked, "gitleaks", "git[.]example[.]com", "Rotate it"):
        assert words in said(mail)
    assert token.secret_text not in mail.body


def test_it_is_an_event_of_whoever_found_it(report, token):
    report(token.secret_text)

    event = last_event(token, Action.TOKEN_LEAKED)
    assert (event.actor_label, event.user) == ("gitleaks", None)
    assert event.ip == "127.0.0.1"
    assert event.data == {
        "found_at_place": PLACE,
        "outcome": "Nothing was stopped: the admins were told",
    }


def test_what_is_found_is_stopped_at_once_where_that_is_wanted(
    report, stopping, token, mails
):
    report(token.secret_text)

    assert verify(token.secret_text, Use.API) is None
    assert fresh(token).disabled_reason == f"Found by gitleaks: {PLACE}"
    assert outcomes() == [ReportOutcome.DISABLED]
    assert "It was disabled" in said(mails[0])


def test_a_leak_waits_for_no_overlap(report, stopping):
    """Whatever a policy asks of rotations."""
    token = ChildFactory(main=stopping, kind="metrics").tokens.get()
    policy = draft(
        policies_of(stopping.organisation_id)[Kind.METRICS], {"least_overlap_hours": 24}
    )
    save_policies(stopping, [policy], by=BY)
    leaked = token.reveal(by=BY).reveal()

    report(leaked)

    assert outcomes() == [ReportOutcome.ROTATED]
    assert verify(leaked, Use.SHIP_METRICS) is None


def test_a_reason_says_that_no_place_was_told(report, stopping, token):
    report(token.secret_text, place="")

    assert fresh(token).disabled_reason == "Found by gitleaks: it was not said where"


@pytest.mark.parametrize("kind", [Kind.LOGS, Kind.METRICS])
def test_what_an_account_cannot_do_without_gets_a_new_secret(
    report, stopping, mails, kind
):
    child = ChildFactory(main=stopping, kind="sub" if kind == Kind.LOGS else "metrics")
    token = child.tokens.get(kind=kind)
    found = token.reveal(by=BY)
    report(found.reveal())

    assert verify(found.reveal(), *_use(kind)) is None
    assert verify(fresh(token).reveal(by=BY).reveal(), *_use(kind)) == token
    assert outcomes() == [ReportOutcome.ROTATED]


def test_a_place_is_told_as_far_as_a_reason_goes(report, stopping, token):
    report(token.secret_text, place="x" * 500)

    assert fresh(token).disabled_reason == "Found by gitleaks: " + "x" * 181


def test_a_secret_is_over_at_the_moment_at_which_it_ends(
    report, stopping, token, mails
):
    with time_machine.travel(timezone.now(), tick=False) as now:
        token.rotate(by=BY, overlap=timedelta(hours=1))
        now.shift(timedelta(hours=1))
        report(token.secret_text)

    assert outcomes() == [ReportOutcome.OVER]


def test_another_worker_takes_over_after_ten_minutes(token):
    secret = token.secrets.get()
    with time_machine.travel(timezone.now(), tick=False) as now:
        leak = Leak.objects.create(token=token, secret=secret, place="x", found_by="x")
        assert Leak.objects.take() == leak

        now.shift(timedelta(minutes=10, seconds=-1))
        assert Leak.objects.take() is None
        now.shift(timedelta(seconds=1))
        assert Leak.objects.take() == leak


def _use(kind):
    return [Use.SHIP_LOGS if kind == Kind.LOGS else Use.SHIP_METRICS]


def test_of_a_rotation_only_the_old_secret_ends(report, stopping, token, mails):
    new = token.rotate(by=BY, overlap=timedelta(hours=1))
    report(token.secret_text)

    assert verify(token.secret_text, Use.API) is None
    assert verify(new.reveal(), Use.API) == token
    assert outcomes() == [ReportOutcome.ENDED]
    assert "the new one works on" in said(mails[0])


def _disabled(token):
    token.disable(by=BY)


def _deleted(token):
    token.delete_softly(by=BY)


def _rotated(token):
    token.rotate(by=BY)


@pytest.mark.parametrize("end", [_disabled, _deleted, _rotated])
def test_what_does_not_work_any_more_is_noted_and_nobody_is_told(
    report, stopping, token, mails, end
):
    end(token)
    version = fresh(token).version
    report(token.secret_text)

    assert outcomes() == [ReportOutcome.OVER]
    assert mails == []
    assert fresh(token).version == version
    assert last_event(token, Action.TOKEN_LEAKED)


def test_staff_are_told_of_tokens_of_the_installation(report, staff, mails, scanner):
    UserFactory(email="gone@tollgate.example", is_staff=True, is_active=False)
    gateway = TokenFactory(account=None, kind=Kind.GATEWAY, name="Edge")
    report(gateway.secret_text)

    assert verify(gateway.secret_text, Use.ASK) == gateway
    assert [mail.to for mail in mails] == [["staff@tollgate.example"]]
    assert "of this installation" in said(mails[0])


def test_a_secret_is_told_of_once_a_day(report, token, mails):
    with time_machine.travel(timezone.now(), tick=False) as now:
        report(token.secret_text)
        report(token.secret_text, place="second place")
        assert len(mails) == 1

        now.shift(timedelta(days=1, seconds=1))
        report(token.secret_text, place="third place")
        assert len(mails) == 2


def test_a_worker_that_dies_over_it_leaves_nothing_by_half(
    report, stopping, token, mails, monkeypatch
):
    with time_machine.travel(timezone.now(), tick=False) as now:
        with monkeypatch.context() as patch:
            patch.setattr(follow_up.mails, "send_leaked", _die)
            with pytest.raises(RuntimeError):
                report(token.secret_text)
        assert verify(token.secret_text, Use.API) == token
        assert outcomes() == [ReportOutcome.WAITING]

        now.shift(LEASE + timedelta(seconds=1))
        follow_up.carry_on()
    assert outcomes() == [ReportOutcome.DISABLED]
    assert len(mails) == 1


def _die(*_):
    raise RuntimeError


def test_two_workers_follow_up_once(stopping, mails):
    logs = ChildFactory(main=stopping).tokens.get()
    Leak.objects.create(token=logs, secret=logs.secrets.get(), place="x", found_by="x")
    taken = Leak.objects.take()

    assert Leak.objects.take() is None
    follow_up.follow_up(taken)
    # One whose lease ran out meanwhile comes back to it.
    follow_up.follow_up(taken)
    assert fresh(logs).version == 2
    assert len(mails) == 1
    assert outcomes() == [ReportOutcome.ROTATED]


def test_one_that_another_worker_takes_first_is_left_to_it(token, monkeypatch):
    secret = token.secrets.get()
    leak = Leak.objects.create(token=token, secret=secret, place="x", found_by="x")
    first = type(Leak.objects.all()).first

    def late(leaks):
        found = first(leaks)
        Leak.objects.update(free_at=leak.free_at + LEASE)
        return found

    monkeypatch.setattr(type(Leak.objects.all()), "first", late)

    assert Leak.objects.take() is None


def test_the_policy_is_set_once_and_in_the_audit_trail(main):
    for _ in range(2):
        set_policy(main, stops=True, by=BY)

    event = AuditEvent.objects.get(action=Action.POLICY_CHANGED)
    assert event.data["changes"] == [["stop_leaked_tokens_at_once", False, True]]
    assert stops_at_once(main.organisation_id)
    set_policy(main, stops=False, by=BY)
    assert not stops_at_once(main.organisation_id)


def test_rows_have_names(main, token):
    leak = Leak(token=token, secret=token.secrets.get(), place="")
    set_policy(main, stops=True, by=BY)

    assert str(leak) == "Terraform at a place that was not said"
    assert str(LeakPolicy.objects.get()) == f"{main.organisation}: stop"
