"""Moving in from elsewhere: which tokens and links arrive, and by whose keys."""

import time

import pytest

from accounts.models import Account
from tests.importing import elsewhere
from tests.importing.elsewhere import MAIN_KEY, SUB_KEY, log_token, masked, share, view
from tokens.kinds import Kind
from tokens.models import Token

pytestmark = pytest.mark.django_db


def told(*tokens):
    """Return a page of a Tollgate's own API."""
    return {"items": tokens, "next": None}


def test_keys_of_sub_accounts_open_the_rest(run, whole):
    _, lines, _ = run(keys=f"{MAIN_KEY}\n{SUB_KEY}")

    tokens = Account.objects.get(name="Staging").tokens.order_by("pk")
    assert [token.name for token in tokens] == ["sub", "further"]
    assert (
        f"new       log token further of Staging: {masked('further')}, active" in lines
    )


def test_keys_of_sub_accounts_are_made_when_asked_for(run, whole, report):
    whole.answers[elsewhere.MINT] = {"token": SUB_KEY}
    _, planned, _ = run("--make-api-tokens", "--dry-run")
    asked_by_dry_run = [path for _, path, _ in whole.asked]
    _, lines, _ = run("--make-api-tokens")
    run("--make-api-tokens")

    minted = [body for _, path, body in whole.asked if path == elsewhere.MINT]
    assert elsewhere.MINT not in asked_by_dry_run
    assert [body["accountId"] for body in minted] == [2]
    what = f"API token {minted[0]['name']} of Staging, over there"
    assert f"new       {what}: delete it when everything is here" in lines
    assert (
        f"new       log token further of Staging: {masked('further')}, active" in lines
    )
    assert planned[2].endswith("to read the rest of the account with")
    assert SUB_KEY not in report.read_text()


def test_without_default_tokens_there_are_new_ones(run, source):
    source.answers[elsewhere.DETAILED] = [view(1, None)]
    source.answers[elsewhere.METRICS] = [{"id": 3, "accountName": "M", "planUts": 5}]
    source.log_tokens[MAIN_KEY] = [log_token(1, "old", enabled=False)]
    _, lines, _ = run()

    untold = "a new token, since the source does not show its own"
    assert [line.endswith(untold) for line in lines] == [True, True, False]
    assert Account.objects.get(name="Acme").tokens.count() == 2


def test_the_first_enabled_token_is_the_default_one_when_nothing_says(run, source):
    source.answers[elsewhere.DETAILED] = [view(1, None)]
    source.log_tokens[MAIN_KEY] = [log_token(1, "first"), log_token(2, "second")]
    run()

    tokens = Account.objects.get(name="Acme").tokens.order_by("pk")
    assert [token.name for token in tokens] == ["first", "second"]


def test_links_that_were_paused_stay_so(run, source):
    source.answers |= {
        elsewhere.FILTERS: [{"id": 4, "field": "env", "value": "prod"}],
        elsewhere.SHARES: [share(6, "Paused", 4), share(7, "Open", 4)],
        elsewhere.OWN: told(
            {"id": 6, "account_id": 1, "disabled_at": "2026-01-31T12:34:56Z"}
        ),
    }
    run()

    shared = Token.objects.of_kind(Kind.SHARED).order_by("pk")
    assert [(token.name, token.state) for token in shared] == [
        ("Paused", "paused"),
        ("Open", "active"),
    ]
    assert shared[0].disabled_reason == "It was paused where it came from"


def test_notes_of_a_tollgate_move_in(run, whole):
    whole.answers[elsewhere.OWN] = told(
        {"id": 1, "account_id": 1, "note": "The default"},
        {"id": 2, "account_id": 1, "note": "Ask Ada", "networks": ["10.0.0.0/8"]},
        {
            "id": 6,
            "account_id": 1,
            "note": "For the partner",
            "disabled_at": None,
            "calls_per_minute": 60,
        },
        {
            "id": 77,
            "account_id": 3,
            "note": "Prometheus\nof all clusters",
            "networks": ["::1"],
        },
        {"id": "no number", "account_id": 1},
    )
    code, lines, _ = run("--unfiltered")

    noted = Token.objects.exclude(note="").order_by("note")
    assert code == 0
    assert list(noted.values_list("kind", "name", "note")) == [
        ("logs", "old", "Ask Ada"),
        ("shared", "Partner", "For the partner"),
        ("metrics", "default", "Prometheus\nof all clusters"),
        ("logs", "default", "The default"),
    ]
    assert not [line for line in lines if "no number" in line]
    assert Token.objects.get(networks="10.0.0.0/8").note == "Ask Ada"
    assert Token.objects.get(calls_per_minute=60).note == "For the partner"
    assert Token.objects.get(networks="::1/128").kind == "metrics"


def test_links_without_filters_need_a_word(run, source):
    source.answers[elsewhere.SHARES] = [share(6, "All")]
    code, lines, err = run()
    allowed, more, _ = run("--unfiltered")

    assert (code, allowed) == (1, 0)
    assert lines[-1].startswith("refused   shared token All of Acme: It has no filters")
    assert err.endswith("see what was refused.")
    assert more[-1].endswith("token All of Acme: AllA…llAl, active, everything")


def test_links_that_show_nothing_over_there_are_left_out(run, source):
    source.answers[elsewhere.SHARES] = [share(6, "Lost", shows="nothing")]
    code, lines, _ = run("--unfiltered")

    assert code == 0
    assert lines[-1].endswith("of Acme: it shows nothing since a filter is gone")


def test_links_that_have_expired_are_left_out(run, source):
    long_ago = {"expirationDate": 1735743699.0}
    soon_in_milliseconds = {"expirationDate": (time.time() + 9999) * 1000}
    source.answers |= {
        elsewhere.FILTERS: [{"id": 4, "field": "env", "value": "prod"}],
        elsewhere.SHARES: [
            share(6, "Old", 4, **long_ago),
            share(7, "New", 4, **soon_in_milliseconds),
        ],
    }
    code, lines, _ = run()

    assert code == 0
    assert lines[-2] == "left out  shared token Old of Acme: it has expired"
    assert lines[-1].startswith("new       shared token New of Acme")
