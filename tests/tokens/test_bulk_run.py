import time
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.audit.trail import Actor
from accounts.deadline import CHANGING_SECONDS, request_deadline
from accounts.models import Action, AuditEvent
from tests.factories import BY, TokenFactory
from tests.tokens.bulk_jobs import at, outcomes, states
from tokens.kinds import Kind
from tokens.models import BulkItem, Outcome, Token
from tokens.models.bulk import BATCH
from tokens.permissions import Use
from tokens.verification import verify

HX = {"HX-Request": "true"}


def test_disable_and_undo(client, carry_out, main, tokens):
    off = TokenFactory(account=main, name="off")
    off.disable(by=BY)

    job = carry_out("disable", [*tokens, off])

    assert set(outcomes(job).values()) == {Outcome.DONE, Outcome.UNCHANGED}
    assert states([*tokens, off]) == {"disabled"}
    assert verify(tokens[0].secret_text, Use.API) is None
    undoing = client.post(at("undo", main, job.pk)).url
    client.post(f"{undoing}run/")
    assert states(tokens) == {"active"}
    assert states([off]) == {"disabled"}
    assert client.post(at("undo", main, job.pk)).url == undoing
    page = client.get(at("job", main, job.pk)).content.decode()
    assert "Taken back" in page


def test_delete_and_undo(client, carry_out, main, tokens):
    job = carry_out("delete", tokens)

    assert states(tokens) == {"deleted"}
    client.post(client.post(at("undo", main, job.pk)).url + "run/")
    assert states(tokens) == {"active"}
    assert verify(tokens[0].secret_text, Use.API)


def test_undo_leaves_what_was_changed_meanwhile(client, carry_out, main, tokens):
    job = carry_out("disable", tokens)
    Token.objects.get(pk=tokens[0].pk).rename("Kept off", by=BY)

    undoing = client.post(at("undo", main, job.pk)).url
    client.post(f"{undoing}run/")

    assert outcomes(job.undone_by)["Kept off"] == Outcome.REFUSED
    assert states(tokens[:1]) == {"disabled"}


def test_a_batch_ends_with_the_time_of_its_request(prepare, tokens, admin):
    job = prepare("disable", tokens)
    job.start()

    for done in range(len(tokens)):
        assert job.tally[Outcome.DONE] == done
        with request_deadline.running("POST", time.monotonic() - CHANGING_SECONDS):
            job.run(by=Actor(admin.email, admin))
    assert job.is_finished


@pytest.mark.parametrize("action", ["rotate", "expiry"])
def test_some_actions_have_no_undo(client, carry_out, main, tokens, action):
    job = carry_out(action, tokens, overlap="1h", expires_at="30")

    assert client.post(at("undo", main, job.pk)).status_code == 409
    html = client.get(at("job", main, job.pk)).content.decode()
    assert "Undo" not in html


def test_unfinished_job_cannot_be_undone(client, prepare, main, tokens):
    job = prepare("disable", tokens)
    job.start()

    assert client.post(at("undo", main, job.pk)).status_code == 409


def test_rotate_keeps_the_old_secrets_for_the_overlap(carry_out, tokens):
    carry_out("rotate", tokens, overlap="7d")

    for token in tokens:
        fresh = Token.objects.get(pk=token.pk)
        assert fresh.overlap_until > timezone.now() + timedelta(days=6)
        assert verify(token.secret_text, Use.API) == token
        assert fresh.masked != token.masked


def test_expiry_by_preset_and_by_date(client, prepare, main, tokens):
    job = prepare("expiry", tokens)
    last = timezone.localdate() + timedelta(days=3)

    preview = client.get(
        at("job", main, job.pk), {"expires_at": "date", "expires_on": last.isoformat()}
    )
    client.post(
        at("start", main, job.pk),
        {"expires_at": "date", "expires_on": last.isoformat()},
    )
    client.post(at("run", main, job.pk))

    assert last.isoformat() in preview.content.decode()
    ends = {Token.objects.get(pk=token.pk).expires_at.date() for token in tokens}
    assert ends == {last}


def test_expiry_never(carry_out, main, tokens):
    tokens[0].set_expiry(timezone.now() + timedelta(days=1), by=BY)

    job = carry_out("expiry", tokens, expires_at="never")

    assert Token.objects.get(pk=tokens[0].pk).expires_at is None
    assert outcomes(job)[tokens[0].name] == Outcome.DONE
    assert outcomes(job)[tokens[1].name] == Outcome.UNCHANGED


@pytest.mark.parametrize("choice", [{"expires_at": "x"}, {"expires_at": "date"}])
def test_wrong_expiry_does_not_start(client, prepare, main, tokens, choice):
    job = prepare("expiry", tokens)

    assert client.post(at("start", main, job.pk), choice).status_code == 422
    assert client.get(at("job", main, job.pk), choice).status_code == 422
    job.refresh_from_db()
    assert job.started_at is None


def test_job_runs_in_batches_and_goes_on_where_it_was(client, prepare, main):
    TokenFactory.create_batch(BATCH + 2, account=main)
    job = prepare("disable", query="?kind=api", everything="on")
    client.post(at("start", main, job.pk))

    first = client.get(at("job", main, job.pk)).content.decode()
    after = client.post(at("run", main, job.pk), headers=HX).content.decode()
    between = client.get(at("job", main, job.pk)).content.decode()
    done = client.post(at("run", main, job.pk), follow=True).content.decode()

    assert f"0 of {BATCH + 2}" in first
    assert "Continue" in first
    assert after.lstrip().startswith('<section id="job">')
    assert f"{BATCH} of {BATCH + 2}" in after
    assert 'hx-trigger="load' in between
    assert f"{BATCH + 2} of {BATCH + 2} tokens disabled" in done
    assert "Continue" not in done


def test_finished_job_runs_no_further(client, carry_out, main, tokens):
    job = carry_out("disable", tokens)
    before = AuditEvent.objects.count()

    client.post(at("run", main, job.pk))

    assert AuditEvent.objects.count() == before


def test_prepared_job_does_not_run(client, prepare, main, tokens):
    job = prepare("disable", tokens)

    assert client.post(at("run", main, job.pk)).status_code == 404
    assert states(tokens) == {"active"}


def test_item_runs_once_however_often_it_is_asked(prepare, admin, tokens):
    job = prepare("rotate", tokens)
    job.start()
    item = BulkItem.objects.select_related("job").first()
    twin = BulkItem.objects.select_related("job").get(pk=item.pk)

    item.run(by=Actor(label="a", user=admin))
    twin.run(by=Actor(label="a", user=admin))

    rotated = AuditEvent.objects.filter(action=Action.TOKEN_ROTATED)
    assert rotated.count() == 1


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
    job.start()
    admin.memberships.update(role="user")

    assert client.post(at("run", main, job.pk)).status_code == 403
    job.run(by=Actor(label=admin.email, user=admin))
    reasons = set(job.items.values_list("reason", flat=True))
    assert reasons == {"You may not change the tokens of Acme."}


def test_account_out_of_sight_is_gone(prepare, admin, main, tokens):
    job = prepare("disable", tokens)
    job.start()
    admin.memberships.all().delete()

    job.run(by=Actor(label=admin.email, user=admin))

    assert set(outcomes(job).values()) == {Outcome.REFUSED}
    assert states(tokens) == {"active"}


def test_every_row_is_audited_as_its_own(carry_out, admin, tokens):
    carry_out("disable", tokens)

    events = AuditEvent.objects.filter(action=Action.TOKEN_DISABLED, user=admin)
    assert {event.token_id for event in events} == {token.pk for token in tokens}


@pytest.mark.parametrize(
    ("only", "count"),
    [("", 4), ("done", 3), ("refused", 1), ("x", 4), ("unchanged", 0)],
)
def test_results_by_outcome(client, carry_out, main, tokens, only, count):
    job = carry_out("delete", [*tokens, main.tokens.get(kind=Kind.LOGS)])

    page = client.get(at("job", main, job.pk), {"only": only}).context["page"]

    assert len(page) == count


@pytest.mark.parametrize("count", [1, 3])
def test_result_query_count_does_not_grow(
    client, carry_out, main, count, django_assert_num_queries
):
    job = carry_out("disable", TokenFactory.create_batch(count, account=main))

    with django_assert_num_queries(8):
        client.get(at("job", main, job.pk))
