from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.lifecycle import edit_account
from accounts.models import AccountKind
from tests.factories import BY, ChildFactory, ShareFactory, TokenFactory
from tests.tokens.bulk_jobs import at, states
from tokens.bulk_worker import carry_on
from tokens.kinds import Kind
from tokens.limits import LAST_ENABLED, limit_words
from tokens.models import ItemOutcome, Token


def test_preview_changes_nothing(client, prepare, main, tokens):
    job = prepare("delete", tokens)

    html = client.get(at("job", main, job.pk)).content.decode()

    assert "Delete 3 tokens?" in html
    assert states(tokens) == {"active"}


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
    carry_on()
    refused = job.items.filter(outcome=ItemOutcome.REFUSED).values_list("token__name")
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


def test_what_comes_back_to_life_needs_room(client, carry_out, prepare, main):
    """Tokens that expired are counted one after the other, as the job will enable them."""
    ended = timezone.now() - timedelta(days=1)
    logs = [
        TokenFactory(account=main, kind=Kind.LOGS, name=f"log {number:02}")
        for number in range(14)
    ]
    over = [each.pk for each in logs[:3]]
    Token.objects.filter(pk__in=over).update(expires_at=ended)
    TokenFactory.create_batch(2, account=main, kind=Kind.LOGS)
    chosen = [Token.objects.get(pk=pk) for pk in over]

    job = prepare("expiry", chosen)
    preview = client.get(at("job", main, job.pk), {"expires_at": "30"}).context[
        "preview"
    ]
    done = carry_out("expiry", chosen, expires_at="30")

    assert len(preview.changing) == 1
    assert {reason for _, reason in preview.exceptions} == {limit_words(15)}
    assert sorted(done.items.values_list("outcome", flat=True)) == [
        "done",
        "refused",
        "refused",
    ]


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


@pytest.mark.parametrize("count", [1, 3])
def test_preview_query_count_does_not_grow(
    client, prepare, main, count, django_assert_num_queries
):
    for number in range(count):
        child = ChildFactory(main=main, name=f"Child {number}")
        TokenFactory(account=child, kind=Kind.LOGS)
    job = prepare("disable", everything="on")

    with django_assert_num_queries(11):
        client.get(at("job", main, job.pk))
