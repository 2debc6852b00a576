"""Who works on a job and when: turns, processes that die, and what breaks."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.audit.trail import Actor
from accounts.models import Action, AuditEvent
from accounts.rule_violations import Unavailable
from tests.factories import BY, TokenFactory
from tests.tokens.bulk_jobs import at, outcomes, states
from tokens.bulk_worker import LEASE, TURN, carry_on
from tokens.models import BulkItem, BulkJob, ItemOutcome, Token
from tokens.models.bulk import JOB_STOPPED
from tokens.models.bulk_items import BROKEN

HX = {"HX-Request": "true"}


def test_finished_job_runs_no_further(client, carry_out, main, tokens):
    job = carry_out("disable", tokens)
    before = AuditEvent.objects.count()

    client.post(at("start", main, job.pk), {"count": 3})
    carry_on()

    assert job.is_finished
    assert AuditEvent.objects.count() == before


def test_prepared_job_does_not_run(client, prepare, main, tokens):
    job = prepare("disable", tokens)
    carry_on()

    assert client.post(at("stop", main, job.pk)).status_code == 404
    assert states(tokens) == {"active"}


def test_stop_leaves_the_rest_as_it_is(client, prepare, main, tokens):
    job = prepare("disable", tokens)
    client.post(at("start", main, job.pk))
    BulkJob.objects.take(LEASE).run(1)

    page = client.post(at("stop", main, job.pk), follow=True).text
    carry_on()

    assert "1 of 3 tokens disabled" in page
    assert page.count(JOB_STOPPED) == 2
    assert states(tokens[:2]) == {"active"}
    assert "Undo" in page


def test_a_job_that_was_stopped_in_its_turn_is_not_taken_up_again(
    client, prepare, main, tokens
):
    job = prepare("disable", tokens)
    client.post(at("start", main, job.pk))
    turn = BulkJob.objects.take(LEASE)

    job.stop()
    turn.run(TURN)
    carry_on()

    assert set(outcomes(job).values()) == {ItemOutcome.REFUSED}
    assert states(tokens) == {"active"}


def test_a_job_whose_process_died_is_taken_up_again(
    client, prepare, main, tokens, time_machine
):
    job = prepare("rotate", tokens)
    client.post(at("start", main, job.pk))
    dead = BulkJob.objects.take(LEASE)
    dead.items.first().run(by=dead.actor)

    carry_on()
    assert job.tally[ItemOutcome.WAITING] == 2
    time_machine.move_to(timezone.now() + LEASE + timedelta(seconds=1))
    carry_on()

    job.refresh_from_db()
    assert job.is_finished
    assert AuditEvent.objects.filter(action=Action.TOKEN_ROTATED).count() == 3
    # It was only slow, and comes back to what is done by now.
    dead.run(TURN)
    assert AuditEvent.objects.filter(action=Action.TOKEN_ROTATED).count() == 3


def test_who_comes_second_has_no_turn(client, prepare, main, tokens):
    for _ in range(2):
        job = prepare("disable", tokens)
        client.post(at("start", main, job.pk))
    taken = []

    def overtake(execute, sql, params, many, context):
        if sql.startswith("UPDATE") and not taken:
            taken.append(None)
            taken[0] = BulkJob.objects.take(LEASE)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(overtake):
        second = BulkJob.objects.take(LEASE)

    assert taken[0] != second
    assert BulkJob.objects.take(LEASE) is None


def test_jobs_take_turns(client, prepare, main, monkeypatch):
    TokenFactory.create_batch(TURN + 1, account=main)
    first, second = (
        prepare("rotate", query="?kind=api", everything="on") for _ in range(2)
    )
    for job in (first, second):
        client.post(at("start", main, job.pk), {"overlap": "1h"})
    turns = []
    run = BulkJob.run
    monkeypatch.setattr(
        BulkJob, "run", lambda job, number: (turns.append(job.pk), run(job, number))
    )

    carry_on()

    assert turns == [first.pk, second.pk] * 2


def test_what_breaks_holds_up_nobody_else(client, prepare, main, tokens, monkeypatch):
    job = prepare("disable", tokens)
    client.post(at("start", main, job.pk))
    disable = Token.disable

    def broken(token, **how):
        if token == tokens[1]:
            raise ZeroDivisionError
        return disable(token, **how)

    monkeypatch.setattr(Token, "disable", broken)
    carry_on()

    assert outcomes(job) == {
        tokens[0].name: ItemOutcome.DONE,
        tokens[1].name: ItemOutcome.REFUSED,
        tokens[2].name: ItemOutcome.DONE,
    }
    assert job.items.get(token=tokens[1]).reason == BROKEN


def test_what_passes_is_tried_again(client, prepare, main, tokens, monkeypatch):
    job = prepare("disable", tokens)
    client.post(at("start", main, job.pk))

    def busy(item, *, by):
        raise Unavailable("busy", "The database is busy.")

    with monkeypatch.context() as away:
        away.setattr(BulkItem, "run", busy)
        with pytest.raises(Unavailable):
            carry_on()
    carry_on()

    assert set(outcomes(job).values()) == {ItemOutcome.DONE}


def test_item_runs_once_however_often_it_is_asked(prepare, admin, tokens):
    prepare("rotate", tokens)
    item = BulkItem.objects.select_related("job").first()
    twin = BulkItem.objects.select_related("job").get(pk=item.pk)

    item.run(by=Actor(label="a", user=admin))
    twin.run(by=Actor(label="a", user=admin))

    rotated = AuditEvent.objects.filter(action=Action.TOKEN_ROTATED)
    assert rotated.count() == 1


def test_a_job_is_started_once(prepare, tokens, admin):
    job = prepare("disable", tokens)
    job.start(by=BY, size=3)

    again = BulkJob.objects.get(pk=job.pk)
    again.start(by=BY, size=1, left=[(job.items.first().pk, ItemOutcome.REFUSED, "x")])

    assert again.size == 3
    assert set(outcomes(job).values()) == {ItemOutcome.WAITING}


def test_started_job_keeps_its_choice(client, prepare, main, tokens):
    job = prepare("rotate", tokens)
    client.post(at("start", main, job.pk), {"overlap": "1h"})

    client.post(at("start", main, job.pk), {"overlap": "7d"})

    job.refresh_from_db()
    assert job.overlap == "1h"


def test_right_that_was_lost_meanwhile_stops_the_rest(
    client, prepare, main, tokens, admin
):
    job = prepare("disable", tokens)
    client.post(at("start", main, job.pk))
    admin.memberships.update(role="user")

    carry_on()

    reasons = set(job.items.values_list("reason", flat=True))
    assert reasons == {"You may not change the tokens of Acme."}


def test_person_who_may_not_sign_in_any_more_changes_nothing(
    client, prepare, main, tokens, admin
):
    job = prepare("disable", tokens)
    client.post(at("start", main, job.pk))
    type(admin).objects.filter(pk=admin.pk).update(is_active=False)

    carry_on()

    assert set(outcomes(job).values()) == {ItemOutcome.REFUSED}
    assert states(tokens) == {"active"}


def test_account_out_of_sight_is_gone(client, prepare, admin, main, tokens):
    job = prepare("disable", tokens)
    client.post(at("start", main, job.pk))
    admin.memberships.all().delete()

    carry_on()

    assert set(outcomes(job).values()) == {ItemOutcome.REFUSED}
    assert states(tokens) == {"active"}
