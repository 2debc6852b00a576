from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.audit import Actor
from accounts.lifecycle import edit_account
from accounts.models import AccountKind, Action, AuditEvent
from tests.factories import (
    BY,
    ChildFactory,
    MainFactory,
    MembershipFactory,
    ShareFactory,
    TokenFactory,
)
from tokens.kinds import Kind
from tokens.limits import LAST_ENABLED
from tokens.models import BulkAction, BulkItem, BulkJob, Outcome, Token
from tokens.models.bulk import BATCH
from tokens.permissions import Use
from tokens.verification import verify

HX = {"HX-Request": "true"}
ACTIONS = ["disable", "rotate", "expiry", "delete"]


def at(name, account, *args):
    return reverse(f"tokens:bulk_{name}", args=[account.pk, *args])


@pytest.fixture
def tokens(main):
    return TokenFactory.create_batch(3, account=main)


@pytest.fixture
def prepare(client, admin, main):
    """Choose tokens in the list and return the job that was prepared."""

    def prepare(action, tokens=(), query="", **data):
        client.force_login(admin)
        data["pick"] = [token.pk for token in tokens]
        response = client.post(at(action, main) + query, data)
        assert response.status_code == 302, response.content
        return BulkJob.objects.latest("pk")

    return prepare


@pytest.fixture
def carry_out(client, prepare, main):
    """Prepare a job, start it and run it to its end."""

    def carry_out(action, tokens, **how):
        job = prepare(action, tokens)
        client.post(at("start", main, job.pk), how)
        client.post(at("run", main, job.pk))
        return job

    return carry_out


def outcomes(job):
    return {item.token.name: item.outcome for item in job.items.select_related("token")}


def states(tokens):
    return {Token.objects.get(pk=token.pk).state for token in tokens}


@pytest.mark.parametrize(
    ("who", "status"),
    [("admin", 302), ("staff", 403), ("member", 403), ("sub_admin", 404), ("outsider", 404)],
)  # fmt: skip
@pytest.mark.parametrize("action", ACTIONS)
def test_prepare_answers_each_person(client, request, main, sub, action, who, status):
    client.force_login(request.getfixturevalue(who))

    assert client.post(at(action, main), {}).status_code == status


@pytest.mark.parametrize("name", ["job", "start", "run", "undo"])
def test_job_is_its_persons_alone(client, prepare, main, tokens, name):
    job = prepare("disable", tokens)
    client.force_login(MembershipFactory(account=main).user)
    ask = client.get if name == "job" else client.post

    assert ask(at(name, main, job.pk)).status_code == 404


def test_job_is_not_at_another_accounts_address(client, prepare, admin, main, tokens):
    job = prepare("disable", tokens)
    other = MembershipFactory(user=admin).account

    assert client.get(at("job", other, job.pk)).status_code == 404


def test_preview_changes_nothing(client, prepare, main, tokens):
    job = prepare("delete", tokens)

    html = client.get(at("job", main, job.pk)).content.decode()

    assert "Delete 3 tokens?" in html
    assert states(tokens) == {"active"}


def test_nothing_selected_leads_back(client, admin, main):
    client.force_login(admin)

    response = client.post(at("disable", main) + "?kind=api&cursor=x", {})

    assert response.url == f"{reverse('tokens:all', args=[main.pk])}?kind=api"
    assert not BulkJob.objects.exists()


@pytest.mark.parametrize("pick", ["-1", "x", "\x00", "9" * 30])
def test_hostile_picks_select_nothing(client, admin, main, tokens, pick):
    client.force_login(admin)

    client.post(at("disable", main), {"pick": [pick, tokens[0].pk]})

    assert not BulkJob.objects.exists()


def test_token_of_somebody_else_cannot_be_picked(client, admin, main, tokens):
    client.force_login(admin)
    foreign = TokenFactory(account=MainFactory())

    client.post(at("disable", main), {"pick": [foreign.pk]})

    assert not BulkJob.objects.exists()


def test_wrong_filter_selects_nothing(client, admin, main, tokens):
    client.force_login(admin)

    response = client.post(at("disable", main) + "?kind=x", {"everything": "on"})

    assert response.url.endswith("?kind=x")
    assert not BulkJob.objects.exists()


def test_everything_is_what_the_filter_matches(prepare, tokens, sub):
    job = prepare("disable", query="?kind=api&sort=name", everything="on")

    assert [item.token for item in job.items.order_by("pk")] == tokens
    assert job.query == "kind=api&sort=name"


def test_long_query_is_not_remembered(prepare, main, tokens):
    query = "?" + "&".join(["kind=api"] * 300)

    assert prepare("disable", tokens, query=query).query == ""


def test_too_many_at_once_is_refused(client, admin, main, tokens, monkeypatch):
    monkeypatch.setattr("tokens.views.bulk.MOST", 2)
    client.force_login(admin)

    response = client.post(at("disable", main), {"everything": "on"})

    assert response.status_code == 409
    assert "2 tokens at a time is the most" in response.content.decode()


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


def exceptions(client, account, job, **query):
    preview = client.get(at("job", account, job.pk), query).context["preview"]
    return {token.name: reason for token, reason in preview.exceptions}


@pytest.mark.parametrize("action", ["disable", "delete"])
def test_last_log_token_of_each_account_is_an_exception(
    client, carry_out, prepare, main, sub, action
):
    spare = TokenFactory(account=main, kind=Kind.LOGS, name="spare")
    logs = list(Token.objects.of_kind(Kind.LOGS).exclude(pk=spare.pk))

    job = prepare(action, [*logs, spare])
    preview = client.get(at("job", main, job.pk)).context["preview"]
    found = {(token.account.name, token.kind) for token, _ in preview.exceptions}

    assert found == {("Acme", "logs"), ("Staging", "logs")}
    assert len(preview.changing) == 1
    done = carry_out(action, [*logs, spare])
    assert sorted(done.items.values_list("outcome", flat=True)) == [
        "done",
        "refused",
        "refused",
    ]


def test_exceptions_have_their_reasons(client, prepare, main, tokens):
    metrics = ChildFactory(main=main, kind=AccountKind.METRICS, name="M")
    single = metrics.tokens.get()
    shut = ChildFactory(main=main, name="Shut")
    behind = TokenFactory(account=shut, name="behind")
    renamed, gone, off = tokens
    off.disable(by=BY)
    job = prepare("disable", [renamed, gone, off, behind, single])
    edit_account(shut, by=BY, accessible=False)
    renamed.rename("renamed", by=BY)
    gone.delete_softly(by=BY)

    assert exceptions(client, main, job) == {
        "renamed": "renamed was changed by somebody else in the meantime. "
        "Look at it as it is now and try again.",
        gone.name: f"{gone.name} is not there any more.",
        off.name: "It is disabled already.",
        "behind": "You may not change the tokens of Shut.",
        "default": "This account has exactly one shipping token. Rotate it instead.",
    }
    client.post(at("start", main, job.pk))
    client.post(at("run", main, job.pk))
    refused = job.items.filter(outcome=Outcome.REFUSED).values_list("token__name")
    assert sorted(refused) == sorted(
        [("renamed",), (gone.name,), ("behind",), ("default",)]
    )


def test_expiry_has_exceptions_of_its_own(client, prepare, main, tokens):
    metrics = ChildFactory(main=main, kind=AccountKind.METRICS)
    metrics.tokens.update(name="M default")
    ends = timezone.now() + timedelta(days=1)
    ShareFactory(account=main, name="link", expires_at=ends)
    TokenFactory(account=main, kind=Kind.LOGS, name="spare")
    tokens[0].set_expiry(ends, by=BY)
    job = prepare("expiry", query="?sort=-name", everything="on")

    never = exceptions(client, main, job, expires_at="never")
    later = exceptions(client, main, job, expires_at="7")

    assert tokens[0].name not in never
    assert never["link"] == "Shared tokens need an expiry in this organisation."
    assert never["spare"] == "It has this expiry already."
    assert later == {
        "M default": "Such a token has no expiry.",
        "default": LAST_ENABLED,
    }


def test_rotation_has_no_exceptions(client, prepare, main, tokens):
    job = prepare("rotate", everything="on")

    assert exceptions(client, main, job) == {}


def test_preview_with_nothing_left_offers_no_button(client, prepare, main, sub):
    job = prepare("delete", list(sub.tokens.all()))

    html = client.get(at("job", main, job.pk)).content.decode()

    assert "Delete 0 tokens?" in html
    assert "Back to all tokens" in html


def test_long_previews_are_cut(client, prepare, main):
    TokenFactory.create_batch(27, account=main)
    job = prepare("rotate", query="?kind=api", everything="on")

    assert "And 2 more." in client.get(at("job", main, job.pk)).content.decode()


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


def test_old_jobs_are_forgotten(prepare, main, admin, tokens):
    now = timezone.now()
    ages = [("draft", 2, None), ("run", 2, now), ("last month", 31, now)]
    made = {}
    for name, days, started in ages:
        made[name] = BulkJob.objects.create(
            account=main,
            user=admin,
            action=BulkAction.DISABLE,
            created_at=now - timedelta(days=days),
            started_at=started,
        )

    prepare("disable", tokens)

    assert not BulkJob.objects.filter(pk=made["draft"].pk).exists()
    assert BulkJob.objects.filter(pk=made["run"].pk).exists()
    assert not BulkJob.objects.filter(pk=made["last month"].pk).exists()


@pytest.mark.parametrize("count", [1, 3])
def test_preview_query_count_does_not_grow(
    client, prepare, main, count, django_assert_num_queries
):
    for number in range(count):
        child = ChildFactory(main=main, name=f"Child {number}")
        TokenFactory(account=child, kind=Kind.LOGS)
    job = prepare("disable", everything="on")

    with django_assert_num_queries(10):
        client.get(at("job", main, job.pk))


@pytest.mark.parametrize("count", [1, 3])
def test_result_query_count_does_not_grow(
    client, carry_out, main, count, django_assert_num_queries
):
    job = carry_out("disable", TokenFactory.create_batch(count, account=main))

    with django_assert_num_queries(8):
        client.get(at("job", main, job.pk))


def test_models_say_what_they_are(prepare, main, tokens):
    job = prepare("disable", tokens[:1])

    assert str(job) == "disable of Acme's tokens"
    assert str(job.items.get()) == f"{tokens[0].name}: waiting"
