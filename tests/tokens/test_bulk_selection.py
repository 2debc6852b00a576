from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import MainFactory, MembershipFactory, TokenFactory
from tests.tokens.bulk_jobs import at
from tokens.models import BulkAction, BulkJob

ACTIONS = ["disable", "rotate", "expiry", "delete"]


@pytest.mark.parametrize(
    ("who", "status"),
    [("admin", 302), ("staff", 403), ("member", 403), ("sub_admin", 404), ("outsider", 404)],
)  # fmt: skip
@pytest.mark.parametrize("action", ACTIONS)
def test_prepare_answers_each_person(client, request, main, sub, action, who, status):
    client.force_login(request.getfixturevalue(who))

    assert client.post(at(action, main), {}).status_code == status


@pytest.mark.parametrize("name", ["job", "start", "stop", "undo"])
def test_job_is_its_persons_alone(client, prepare, main, tokens, name):
    job = prepare("disable", tokens)
    client.force_login(MembershipFactory(account=main).user)
    ask = client.get if name == "job" else client.post

    assert ask(at(name, main, job.pk)).status_code == 404


def test_job_is_not_at_another_accounts_address(client, prepare, admin, main, tokens):
    job = prepare("disable", tokens)
    other = MembershipFactory(user=admin).account

    assert client.get(at("job", other, job.pk)).status_code == 404


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
    monkeypatch.setattr("tokens.views.bulk.MOST_IN_JOB", 2)
    client.force_login(admin)

    response = client.post(at("disable", main), {"everything": "on"})

    assert response.status_code == 409
    assert "2 tokens at a time is the most" in response.content.decode()


@pytest.mark.parametrize(
    ("most", "query", "words"),
    [
        (50, {}, "All 28 that are listed, on all pages"),
        (50, {"kind": "api"}, "All 27 that match, on all pages"),
        (50, {"kind": "logs"}, "The one that matches, on all pages"),
        (26, {}, "More than 26 are listed, too many to choose all."),
        (26, {"kind": "api"}, "More than 26 match, too many to choose all."),
        (26, {"kind": "logs"}, "The one that matches, on all pages"),
    ],
)
def test_how_many_can_be_chosen_is_said_before(
    client, admin, main, monkeypatch, most, query, words
):
    monkeypatch.setattr("tokens.views.all_tokens.MOST_IN_JOB", most)
    monkeypatch.setattr("tokens.templatetags.all_tokens.MOST_IN_JOB", most)
    TokenFactory.create_batch(27, account=main)
    client.force_login(admin)

    html = client.get(reverse("tokens:all", args=[main.pk], query=query)).text

    assert words in " ".join(html.split())
    assert ('name="everything"' in html) == words.endswith("on all pages")


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


def test_models_say_what_they_are(prepare, main, tokens):
    job = prepare("disable", tokens[:1])

    assert str(job) == "disable of Acme's tokens"
    assert str(job.items.get()) == f"{tokens[0].name}: waiting"
