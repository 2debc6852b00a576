"""Notices by mail: who is told of which refused tokens, and how often."""

from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from gateway.models import Delivery, RefusedToken
from gateway.notifications import content, dispatch
from tests.accounts.mails import expect_the_look, said
from tests.factories import BY, ChildFactory, TokenFactory
from tests.gateway.uses import refuse

pytestmark = pytest.mark.django_db


def again(token, **caller):
    """Let a token be used once more, right now."""
    refuse(token, **caller)
    now = timezone.now()
    RefusedToken.objects.filter(pk=token.pk).update(
        last_seen_at=now, first_seen_at=now - timedelta(hours=1)
    )


def test_admins_are_told_by_mail(clock, refused, main, settings):
    settings.APP_URL = "https://portal.example"
    token = refused(address="203.0.113.5")

    dispatch.send_due()

    (sent,) = mail.outbox
    expect_the_look(sent)
    assert sent.to == ["admin@acme.example"]
    assert sent.subject == "[Tollgate] Refused calls: “Terraform” of “Acme”"
    link = reverse("gateway:refused_calls", args=[main.pk])
    for words in (
        f"“Terraform” (API token {token.masked})",
        "It was deleted. 3 calls since 1 May 2026, 09:59 UTC, lately by 203.0.113.5.",
        f"https://portal.example{link}",
    ):
        assert words in said(sent)


def test_each_token_is_told_of_once_a_day(clock, later, refused):
    token = refused()

    dispatch.send_due()
    dispatch.send_due()
    later(hours=23)
    again(token)
    dispatch.send_due()
    assert len(mail.outbox) == 1

    later(hours=2)
    again(token)
    dispatch.send_due()
    assert len(mail.outbox) == 2


def test_what_is_not_used_any_more_is_not_told_of_again(clock, later, refused):
    refused()
    dispatch.send_due()

    later(days=2)
    dispatch.send_due()

    assert len(mail.outbox) == 1


def test_what_begins_together_is_told_together(clock, later, refused):
    first = refused("First")
    now = timezone.now()
    RefusedToken.objects.filter(pk=first.pk).update(first_seen_at=now, last_seen_at=now)
    dispatch.send_due()
    assert mail.outbox == []

    later(seconds=21)
    refused("Second")
    dispatch.send_due()

    (sent,) = mail.outbox
    assert sent.subject == "[Tollgate] Refused calls: 2 tokens of “Acme”"
    assert "* “First” (" in sent.body
    assert "* “Second” (" in sent.body


def test_a_flood_of_tokens_is_one_mail_and_few_an_hour(
    clock, later, refused, monkeypatch
):
    monkeypatch.setattr(content, "MOST_NAMED", 2)
    for number in range(4):
        refused(f"Token {number}")
    dispatch.send_due()
    assert "and 2 more." in mail.outbox[0].body

    for number in range(20):
        later(minutes=3)
        refused(f"Later {number}")
        dispatch.send_due()

    assert len(mail.outbox) == 1 + 4


@pytest.mark.parametrize("change", ["dismissed", "enabled"])
def test_what_is_settled_is_not_told_of(clock, refused, change):
    token = refused()
    if change == "dismissed":
        RefusedToken.objects.get().dismiss(by=BY)
    else:
        token.restore(by=BY)

    dispatch.send_due()

    assert mail.outbox == []


def test_a_child_without_admins_is_told_to_those_of_the_main_account(
    clock, refused, main
):
    refused(account=ChildFactory(main=main, name="Open"))
    shut = ChildFactory(main=main, name="Shut", accessible=False)
    refused("Secret name", account=shut)

    dispatch.send_due()
    dispatch.send_due()

    assert [each.subject for each in mail.outbox] == [
        "[Tollgate] Refused calls: “Terraform” of “Open”"
    ]
    assert Delivery.objects.get(account=shut).delivered_at


def test_other_reasons_and_callers_are_said_in_mails(clock, refused, main, admin):
    token = TokenFactory(account=main)
    refuse(token, "wrong_kind", signal="traces", address="")
    refuse(token, "wrong_kind", signal="traces", address="*")

    dispatch.send_due()

    body = said(mail.outbox[0])
    assert "It was used to ship traces, which takes a tracing shipping token." in body
    assert "lately by an unknown address, others." in body
