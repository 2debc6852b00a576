"""Networks and a limit for many tokens at once."""

import pytest
from django.urls import reverse

from accounts.clock import clock
from accounts.models import Action, AuditEvent
from tests.factories import BY, TokenFactory
from tests.tokens.actions import again
from tests.tokens.bulk_jobs import at, outcomes
from tokens.bulk_worker import carry_on
from tokens.models import ItemOutcome, TokenUsage
from tokens.restrictions import NO_BREAK, in_few_words

NETWORKS = "203.0.113.0/24\r\n2001:db8::/32"
STORED = "203.0.113.0/24 2001:db8::/32"


@pytest.fixture
def look_over(client, prepare, main):
    """Prepare a job and preview what was typed; return the answer and the job."""

    def look_over(tokens, **typed):
        job = prepare("restrict", tokens)
        fields = {"networks": "", "calls_per_minute": ""} | typed
        return client.post(at("start", main, job.pk), fields | {"check": "1"}), job

    return look_over


def kept_to(token):
    token = again(token)
    return token.networks, token.calls_per_minute


def called(token, address, times):
    row = token.secrets.get()
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    TokenUsage.objects.add_calls({(token.pk, row.pk, address, "agent"): times}, hour)


@pytest.mark.parametrize(
    ("networks", "most", "words"),
    [
        ("", None, "anywhere, no_limit"),
        ("10.0.0.0/8", 1200, "1_network, 1,200_a_minute"),
        (STORED, None, "2_networks, no_limit"),
    ],
)
def test_few_words_say_what_a_token_is_kept_to(networks, most, words):
    assert in_few_words(networks, most).replace(NO_BREAK, "_") == words


def test_first_it_asks_what_they_are_to_be_kept_to(client, prepare, main, tokens):
    job = prepare("restrict", tokens)

    page = client.get(at("job", main, job.pk))

    assert page.status_code == 200
    assert "<h1>Restrict tokens</h1>" in page.text
    assert 'name="count"' not in page.text
    client.post(at("start", main, job.pk))
    job.refresh_from_db()
    assert job.started_at is None


def test_a_preview_says_what_changes_and_whose_calls_are_kept_out(look_over, tokens):
    first, second, third = tokens
    called(first, "203.0.113.9", 3)
    called(first, "198.51.100.1", 1000)
    called(second, "203.0.113.9", 4)

    page, job = look_over(tokens, networks=NETWORKS, calls_per_minute="600")

    text = " ".join(page.text.split())
    assert page.status_code == 200
    assert "Restrict 3 tokens?" in text
    assert (
        "1,000 of the 1,007 calls of the last 7 days would have been refused." in text
    )
    rows = [
        (token.name, before, after, forecast.refused_calls)
        for token, before, after, forecast in page.context["restricted"]
    ]
    now, then = in_few_words("", None), in_few_words(STORED, 600)
    expected = [(first.name, now, then, 1000)]
    expected += [(each.name, now, then, 0) for each in (second, third)]
    assert sorted(rows) == sorted(expected)
    assert {kept_to(each) for each in tokens} == {("", None)}
    job.refresh_from_db()
    assert job.started_at is None


@pytest.mark.parametrize(
    ("times", "words"),
    [
        (1, "The only call of the last 7 days would have passed."),
        (2, "Each of the 2 calls of the last 7 days would have passed."),
        (0, "Nobody has called with them in the last 7 days."),
    ],
)
def test_a_preview_says_when_nobody_is_kept_out(look_over, tokens, times, words):
    if times:
        called(tokens[0], "203.0.113.9", times)

    page, _ = look_over(tokens, networks=NETWORKS)

    assert words in " ".join(page.text.split())


def test_a_limit_alone_keeps_nobody_from_anywhere(look_over, tokens):
    page, _ = look_over(tokens, calls_per_minute="60")

    assert "of the last 7 days" not in page.text
    assert in_few_words("", 60) in page.text


def test_what_would_be_widened_is_left_out(client, look_over, main, tokens):
    free, elsewhere, same = tokens
    elsewhere.set_networks(["198.51.100.0/24"], by=BY)
    same.limit_use(networks=NETWORKS.split(), calls_per_minute=5, by=BY)

    page, job = look_over(tokens, networks=NETWORKS, calls_per_minute="600")
    client.post(
        at("start", main, job.pk),
        {"networks": NETWORKS, "calls_per_minute": "600", "count": "1"},
    )
    carry_on()

    reasons = {token.name: why for token, why in page.context["preview"].exceptions}
    assert reasons == {
        elsewhere.name: "A token is only ever given less: 203.0.113.0/24 is outside of "
        "the networks that it is kept to.",
        same.name: "It is kept to that, or to less, already.",
    }
    assert outcomes(job) == {
        free.name: ItemOutcome.DONE,
        elsewhere.name: ItemOutcome.REFUSED,
        same.name: ItemOutcome.UNCHANGED,
    }
    assert kept_to(free) == (STORED, 600)
    assert kept_to(elsewhere) == ("198.51.100.0/24", None)


def test_what_is_left_out_of_the_form_stays_and_lower_limits_too(carry_out, tokens):
    free, slow, fast = tokens
    slow.set_calls_per_minute(10, by=BY)
    fast.limit_use(networks=["10.0.0.0/8"], calls_per_minute=1000, by=BY)

    carry_out("restrict", tokens, networks="", calls_per_minute="100", count="2")

    assert kept_to(free) == ("", 100)
    assert kept_to(slow) == ("", 10)
    assert kept_to(fast) == ("10.0.0.0/8", 100)
    told = AuditEvent.objects.filter(action=Action.TOKEN_LIMIT_CHANGED)
    assert {each.token_id for each in told} == {each.pk for each in tokens}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({}, "Say from where, or how often."),
        ({"networks": "office"}, "Line 1: This is no address and no network"),
        ({"calls_per_minute": "0"}, "greater than or equal to 1"),
    ],
)
def test_mistakes_are_told(look_over, tokens, typed, said):
    page, job = look_over(tokens, **typed)

    assert page.status_code == 422
    assert said in page.text
    job.refresh_from_db()
    assert job.started_at is None


def test_another_number_is_shown_first(client, look_over, main, tokens):
    _, job = look_over(tokens, networks=NETWORKS)
    fields = {"networks": NETWORKS, "calls_per_minute": "", "count": "2"}

    page = client.post(at("start", main, job.pk), fields)

    assert page.status_code == 409
    assert kept_to(tokens[0]) == ("", None)


def test_the_number_of_queries_does_not_grow(
    client, prepare, main, tokens, django_assert_num_queries
):
    spent = []
    for some in (tokens[:1], tokens):
        job = prepare("restrict", some)
        for token in some:
            called(token, "203.0.113.9", 1)
        with django_assert_num_queries(10):
            spent.append(
                client.post(
                    at("start", main, job.pk),
                    {"networks": NETWORKS, "calls_per_minute": "", "check": "1"},
                ).status_code
            )
    assert spent == [200, 200]


def test_it_is_not_taken_back(client, carry_out, main, tokens):
    job = carry_out("restrict", tokens, networks=NETWORKS, calls_per_minute="")

    assert client.post(at("undo", main, job.pk)).status_code == 409
    assert "Undo" not in client.get(at("job", main, job.pk)).text


def test_a_row_offers_it_to_whom_may(client, admin, staff, main):
    TokenFactory(account=main)
    address = reverse("tokens:api", args=[main.pk])
    client.force_login(admin)
    offered = client.get(address).text
    client.force_login(staff)

    assert 'href="{page}restrict/"' in offered
    assert "{page}restrict/" not in client.get(address).text
