from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.utils import timezone

from accounts.models import Action, AuditEvent
from tests.factories import BY, MembershipFactory, TokenFactory
from tests.tokens.all_pages import address
from tests.tokens.bulk_jobs import at, outcomes, states
from tokens.bulk_worker import LEASE, TURN, carry_on
from tokens.kinds import Kind
from tokens.limits import LAST_ENABLED
from tokens.models import BulkJob, ItemOutcome, Token
from tokens.permissions import Use
from tokens.verification import verify

HX = {"HX-Request": "true"}


def test_disable_and_undo(client, carry_out, main, tokens):
    off = TokenFactory(account=main, name="off")
    off.disable(by=BY)

    job = carry_out("disable", [*tokens, off])

    assert set(outcomes(job).values()) == {ItemOutcome.DONE, ItemOutcome.UNCHANGED}
    assert states([*tokens, off]) == {"disabled"}
    assert verify(tokens[0].secret_text, Use.API) is None
    undoing = client.post(at("undo", main, job.pk)).url
    carry_on()
    assert states(tokens) == {"active"}
    assert states([off]) == {"disabled"}
    assert client.post(at("undo", main, job.pk)).url == undoing
    page = client.get(at("job", main, job.pk)).content.decode()
    assert "Taken back" in page


def test_delete_and_undo(client, carry_out, main, tokens):
    job = carry_out("delete", tokens)

    assert states(tokens) == {"deleted"}
    client.post(at("undo", main, job.pk))
    carry_on()
    assert states(tokens) == {"active"}
    assert verify(tokens[0].secret_text, Use.API)


def test_undo_leaves_what_was_changed_meanwhile(client, carry_out, main, tokens):
    job = carry_out("disable", tokens)
    Token.objects.get(pk=tokens[0].pk).rename("Kept off", by=BY)

    client.post(at("undo", main, job.pk))
    carry_on()

    assert outcomes(job.undone_by)["Kept off"] == ItemOutcome.REFUSED
    assert states(tokens[:1]) == {"disabled"}


@pytest.mark.parametrize("action", ["rotate", "expiry"])
def test_some_actions_have_no_undo(client, carry_out, main, tokens, action):
    job = carry_out(action, tokens, overlap="1h", expires_at="30")

    assert client.post(at("undo", main, job.pk)).status_code == 409
    html = client.get(at("job", main, job.pk)).content.decode()
    assert "Undo" not in html


def test_unfinished_job_cannot_be_undone(client, prepare, main, tokens):
    job = prepare("disable", tokens)
    client.post(at("start", main, job.pk))

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
    carry_on()

    assert last.isoformat() in preview.content.decode()
    ends = {Token.objects.get(pk=token.pk).expires_at.date() for token in tokens}
    assert ends == {last}


def test_expiry_never(carry_out, main, tokens):
    tokens[0].set_expiry(timezone.now() + timedelta(days=1), by=BY)

    job = carry_out("expiry", tokens, expires_at="never")

    assert Token.objects.get(pk=tokens[0].pk).expires_at is None
    assert outcomes(job)[tokens[0].name] == ItemOutcome.DONE
    assert outcomes(job)[tokens[1].name] == ItemOutcome.UNCHANGED


@pytest.mark.parametrize("choice", [{"expires_at": "x"}, {"expires_at": "date"}])
def test_wrong_expiry_does_not_start(client, prepare, main, tokens, choice):
    job = prepare("expiry", tokens)

    assert client.post(at("start", main, job.pk), choice).status_code == 422
    assert client.get(at("job", main, job.pk), choice).status_code == 422
    job.refresh_from_db()
    assert job.started_at is None


def test_the_page_watches_what_the_server_does(client, prepare, main):
    TokenFactory.create_batch(TURN + 2, account=main)
    job = prepare("disable", query="?kind=api", everything="on")
    client.post(at("start", main, job.pk))
    page = at("job", main, job.pk)

    first = client.get(page).text
    BulkJob.objects.take(LEASE).run(TURN)
    between = client.get(page, headers=HX).text
    listed = client.get(address(main)).text
    carry_on()
    done = client.get(page, headers=HX).text
    afterwards = client.get(address(main)).text

    assert f"Disabling {TURN + 2} tokens" in first
    assert f"0 of {TURN + 2}" in first
    assert between.lstrip().startswith('<section id="job" hx-get=')
    assert f"{TURN} of {TURN + 2}" in between
    assert f"Disabling {TURN + 2} tokens: 2 to go." in listed
    assert f"{TURN + 2} of {TURN + 2} tokens disabled" in done
    assert "hx-trigger" not in done
    assert f"{TURN + 2} of {TURN + 2} tokens disabled, <time" in afterwards
    assert afterwards.count(page) == 1


def test_jobs_of_others_and_of_long_ago_are_not_listed(
    client, carry_out, main, tokens, time_machine
):
    carry_out("disable", tokens)
    assert "bulk-jobs" in client.get(address(main)).text

    time_machine.move_to(timezone.now() + timedelta(minutes=61))
    assert "bulk-jobs" not in client.get(address(main)).text
    carry_out("disable", tokens)
    client.force_login(MembershipFactory(account=main).user)
    assert "bulk-jobs" not in client.get(address(main)).text


def test_the_job_counts_what_was_confirmed(client, prepare, main, tokens):
    """What the preview leaves as it is is no part of what the job sets out to do."""
    off = TokenFactory(account=main, name="off")
    off.disable(by=BY)
    job = prepare("disable", query="?sort=name", everything="on")

    preview = client.get(at("job", main, job.pk)).text
    client.post(at("start", main, job.pk), {"count": 3})
    running = client.get(at("job", main, job.pk)).text
    carry_on()
    done = client.get(at("job", main, job.pk)).text

    assert "Disable 3 tokens?" in preview
    assert "Disabling 3 tokens" in running
    assert "0 of 3" in running
    assert "3 of 3 tokens disabled" in done
    assert outcomes(job) == {
        "default": ItemOutcome.REFUSED,
        "off": ItemOutcome.UNCHANGED,
        **{token.name: ItemOutcome.DONE for token in tokens},
    }
    assert set(job.items.exclude(reason="").values_list("reason", flat=True)) == {
        "It is disabled already.",
        LAST_ENABLED,
    }


def test_a_number_that_changed_is_confirmed_anew(client, prepare, main, tokens):
    job = prepare("disable", tokens)
    Token.objects.get(pk=tokens[0].pk).rename("Renamed", by=BY)

    response = client.post(at("start", main, job.pk), {"count": 3})

    assert response.status_code == 409
    assert "Disable 2 tokens?" in response.text
    assert "the number is another one now" in response.text
    carry_on()
    assert states(tokens) == {"active"}
    assert client.post(at("start", main, job.pk), {"count": 2}).status_code == 302
    carry_on()
    assert states(tokens[1:]) == {"disabled"}


def test_every_row_is_audited_as_its_own(carry_out, admin, tokens):
    carry_out("disable", tokens)

    events = AuditEvent.objects.filter(action=Action.TOKEN_DISABLED, user=admin)
    assert {event.ip for event in events} == {"127.0.0.1"}
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


def test_jobs_of_before_whose_page_was_closed_do_not_go_on(prepare, tokens):
    """The browser drove them: nobody expects what is left of them to be done now."""
    migration = import_module("tokens.migrations.0013_bulk_jobs_run_on_the_server")
    draft, job = prepare("rotate", tokens), prepare("disable", tokens)
    BulkJob.objects.filter(pk=job.pk).update(started_at=timezone.now())
    job.items.filter(token=tokens[0]).update(outcome=ItemOutcome.DONE)

    migration.end_what_stood_still(apps, None)
    carry_on()

    job.refresh_from_db()
    assert (job.is_finished, job.size) == (True, 3)
    assert sorted(outcomes(job).values()) == ["done", "refused", "refused"]
    assert set(outcomes(draft).values()) == {ItemOutcome.WAITING}
    assert states(tokens) == {"active"}
