"""What is told ahead of the end of a trial."""

import json

import pytest
from django.core import mail

from accounts.models import Organisation
from accounts.plans import Plan
from gateway.notifications.reminders import send_due
from tests.accounts.mails import said
from tests.factories import BY, ChildFactory, TokenFactory
from tests.gateway.reminders.told import begin_trial, subjects, told

pytestmark = pytest.mark.django_db


def test_admins_are_told_of_a_trial_and_what_then_stops(main, admin, clock, later):
    TokenFactory.create_batch(2, account=main)
    TokenFactory(account=main).disable(by=BY)
    begin_trial(main, days=14)

    send_due()
    send_due()

    (sent,) = mail.outbox
    assert sent.subject == "[Tollgate] The trial ends in 14 days: “Acme”"
    for words in (
        "The trial of “Acme” ends in 14 days, 15 May 2026, 10:00 UTC. Then 2 API tokens "
        "of “Acme” stop working until the plan is upgraded. All other tokens work "
        "on; the limit of enabled log shipping tokens falls to 1, and those above it stay "
        "enabled.",
        f"/accounts/{main.pk}/tokens/shipping/",
    ):
        assert words in said(sent)
    assert told().get().data == {
        "way": "mail",
        "trial_ends_at": "2026-05-15T10:00:00+00:00",
    }


def test_a_trial_is_told_of_at_each_step_and_anew_when_it_is_extended(
    main, admin, clock, later
):
    begin_trial(main, days=7)
    for _ in range(3):
        send_due()
        later(days=2)
    begin_trial(main, days=30)
    send_due()

    assert subjects() == [
        "The trial ends in 7 days: “Acme”",
        "The trial ends in 3 days: “Acme”",
        "The trial ends in 30 days: “Acme”",
    ]


@pytest.mark.parametrize(
    ("plan", "days"), [(Plan.PRO, 3), (Plan.COMMUNITY, 32), (Plan.COMMUNITY, -1)]
)
def test_a_trial_that_ends_nothing_or_not_soon_is_not_told(
    main, admin, clock, plan, days
):
    begin_trial(main, days=days)
    Organisation.objects.update(plan=plan)

    send_due()

    assert mail.outbox == []


def test_children_are_told_of_a_trial_when_their_tokens_stop(main, admin, clock):
    TokenFactory(account=ChildFactory(main=main, name="With"))
    TokenFactory(account=ChildFactory(main=main, name="Stopped")).disable(by=BY)
    begin_trial(main, days=1)

    send_due()

    assert sorted(subjects()) == [
        "The trial ends tomorrow: “Acme”",
        "The trial ends tomorrow: “With”",
    ]
    of_child = next(each for each in mail.outbox if "“With”" in each.subject)
    assert "The trial of “Acme” ends tomorrow" in said(of_child)
    assert "Then 1 API token of “With” stops working" in said(of_child)


@pytest.mark.parametrize(("number", "words"), [(1, "a token"), (2, "2 tokens")])
def test_a_trial_and_tokens_are_one_message(ending, main, hook, number, words):
    for each in range(number):
        ending(7, f"Token {each}")
    begin_trial(main, days=3)

    send_due()

    (sent,) = mail.outbox
    assert sent.subject == f"[Tollgate] The trial and {words} of “Acme” end soon"
    assert "The trial of “Acme” ends in 3 days" in said(sent)
    ((_, _, body),) = hook.calls
    data = json.loads(body)["data"]
    assert (data["total"], data["trial"]) == (
        number,
        {
            "ends_at": Organisation.objects.get().trial_ends_at.isoformat(),
            "days_left": 3,
            "stops": {"api": number},
        },
    )
