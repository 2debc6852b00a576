"""What a source can do wrong, and what is said of it: never a token."""

from itertools import repeat

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Account, Organisation
from importing.source import Source
from tests.importing import elsewhere
from tests.importing.elsewhere import (
    MAIN_KEY,
    SUB_KEY,
    account,
    log_token,
    person,
    share,
)
from tokens.models import Token

pytestmark = pytest.mark.django_db
LONG = 0.4


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr("importing.source.PAUSES", (0, 0))
    monkeypatch.setattr("importing.source.TIMEOUT", LONG / 2)


@pytest.mark.parametrize("fault", [500, 503, 429, (429, 0), LONG])
def test_a_fault_that_passes_is_sat_out(run, source, fault):
    source.faults[elsewhere.ACCOUNTS] = iter([fault, fault])
    code, _, _ = run()

    assert code == 0


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (500, "{} answers 500."),
        (301, "{} answers 301."),
        ((503, 3600), "{} answers 503."),
        (LONG, "{} does not answer: ReadTimeout."),
        (b"<html>", "{} does not answer in JSON."),
        (b"\xff", "{} does not answer in JSON."),
        (b"{}", "The answer to {path} is not a list."),
    ],
)
def test_a_fault_that_stays_ends_it_before_anything_moves(run, source, fault, sentence):
    path = elsewhere.PEOPLE
    source.faults[path] = repeat(fault)
    code, lines, err = run()

    assert (code, lines, Organisation.objects.count()) == (75, [], 0)
    assert err == sentence.format(source.url + path, path=path)


def test_nobody_there_is_a_sentence(run, source):
    source.url = "http://127.0.0.1:9"

    code, _, err = run()

    assert (code, err) == (75, f"{source.url}/v2/whoami does not answer: ConnectError.")


@pytest.mark.parametrize("fault", [401, 403, 404])
def test_what_is_not_given_is_left_out(run, source, fault):
    for path in (elsewhere.PEOPLE, elsewhere.SHARES, elsewhere.SEARCH):
        source.faults[path] = repeat(fault)
    code, lines, _ = run()

    assert code == 0
    assert lines[:3] == [
        f"left out  each person: the source answers {fault} to {elsewhere.PEOPLE}",
        "left out  each shared token of Acme: the source answers"
        f" {fault} to {elsewhere.SHARES}",
        f"left out  each log token of Acme: the source answers {fault} to"
        f" {elsewhere.SEARCH}",
    ]


NOT_MAIN = (
    "This is not the API token of a main account over there, or the source tells"
    " nothing of it."
)


@pytest.mark.parametrize("answer", [None, []])
def test_a_sub_accounts_key_cannot_begin(run, source, answer):
    source.answers[elsewhere.ACCOUNTS] = answer

    assert run()[::2] == (75, NOT_MAIN)


@pytest.mark.parametrize("answer", [{}, [], {"accountId": "x", "accountName": "y"}])
def test_a_source_that_does_not_say_whose_a_key_is_cannot_be_used(run, source, answer):
    source.answers["/v2/whoami", MAIN_KEY] = answer
    code, _, err = run()

    assert code == 75
    assert err.startswith("The answer to /v2/whoami makes no sense: ")


@pytest.mark.parametrize("answer", [[], {}, {"total": 5}])
def test_a_search_without_results_ends_it(run, source, answer, monkeypatch):
    monkeypatch.setattr(source, "_search", lambda *args, **kwargs: answer)

    assert run()[::2] == (75, f"The answer to {elsewhere.SEARCH} has no results.")


@pytest.mark.parametrize("answer", [b"<html>", b"[]", b'{"items": []}'])
def test_a_source_that_is_no_tollgate_knows_no_pause(run, source, answer):
    source.answers |= {
        elsewhere.FILTERS: [{"id": 4, "field": "env", "value": "prod"}],
        elsewhere.SHARES: [share(6, "Partner", 4)],
    }
    source.faults[elsewhere.OWN] = iter([answer])
    code, lines, _ = run()

    assert code == 0
    assert lines[-1].endswith(", active, env: prod")


BAD_TOKENS = [
    log_token(1, "bad", token="no token, this"),
    log_token(2, "late", createdAt="yesterday"),
    log_token(3, "later", createdAt=10**30),
]
BAD = {
    elsewhere.ACCOUNTS: [
        account(1, "Acme", isOwner=True),
        account(2, "<b>"),
        account(3, "Odd", sharingObjectsAccounts="x"),
        None,
    ],
    elsewhere.DETAILED: [{"account": {"accountId": 1, "accountToken": "short-one"}}],
    elsewhere.PEOPLE: [person(7, "ada@acme.example", 1, "USER_ROLE_KING")],
}


def test_rows_that_make_no_sense_are_refused_one_by_one(run, source):
    source.answers |= BAD
    source.log_tokens[MAIN_KEY] = [
        *BAD_TOKENS,
        log_token(4, "fine", createdAt="1624887273"),
    ]
    code, lines, err = run()

    refused = [line[10:].partition(": ")[0] for line in lines if line[:7] == "refused"]
    assert code == 1
    assert refused == [
        *("account 2", "account 3", "account without an id"),
        *("default token without an id", "person 7"),
        *(f"log token {number} of Acme" for number in (1, 2, 3)),
    ]
    for text in ("short-one", "no token, this"):
        assert text not in "".join(lines) + err
    assert Token.objects.get(name="fine").created_at.year == 2021


def test_lists_are_read_page_after_page(source, monkeypatch):
    monkeypatch.setattr("importing.source.PAGE_SIZE", 1000)
    source.log_tokens[MAIN_KEY] = [log_token(pk, f"t{pk}") for pk in range(5000)]

    read = list(Source(source.url).log_tokens(MAIN_KEY, enabled=True))

    assert [token["id"] for token in read] == [*range(5000)]
    assert len(source.asked) == 5


def test_a_total_that_is_wrong_does_not_read_for_ever(source, monkeypatch):
    monkeypatch.setattr(
        source, "_search", lambda *args, **kwargs: {"total": 9, "results": []}
    )

    assert list(Source(source.url).log_tokens(MAIN_KEY, enabled=True)) == []


def test_paused_links_are_read_page_after_page(source):
    first = {"items": [{"id": 1}], "next": "a b"}
    answers = iter([first, {"items": [{"id": 2}], "next": None}])
    source.answer = lambda *args: next(answers)

    read = list(Source(source.url).pages("/api/v1/tokens?kind=shared", MAIN_KEY))

    assert read == [{"id": 1}, {"id": 2}]


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (403, "the source answers 403 to"),
        (LONG, "does not answer: ReadTimeout."),
        (b"[]", "has no token."),
        (b"{}", "has no token."),
    ],
)
def test_a_key_is_asked_for_once(run, whole, fault, sentence):
    whole.faults[elsewhere.MINT] = repeat(fault)
    code, lines, _ = run("--make-api-tokens")

    asked = [path for _, path, _ in whole.asked if path == elsewhere.MINT]
    assert (code, len(asked)) == (1, 1)
    (refused,) = [line for line in lines if line.startswith("refused")]
    assert sentence in refused
    assert refused.endswith("It may be there all the same.")
    assert Account.objects.filter(name="Staging").exists()


def test_an_account_whose_things_were_refused_is_read_again(run, whole):
    whole.answers[elsewhere.MINT] = {"token": SUB_KEY}
    whole.answers[elsewhere.SHARES, SUB_KEY] = [share(9, "All")]
    run("--make-api-tokens")
    code, _, _ = run("--make-api-tokens", "--unfiltered")
    run("--make-api-tokens")

    asked = [path for _, path, _ in whole.asked if path == elsewhere.MINT]
    assert (code, len(asked)) == (0, 2)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("api.logz.io", "The source must look like https://api.logz.io"),
        ("https://me:pw@logz.io", "The source must look like https://api.logz.io"),
        ("https://logz.io:x", "The source must look like https://api.logz.io"),
        (
            "http://api.logz.io",
            "Tokens would travel unencrypted: use https, or --plain-http",
        ),
        (
            "http://192.0.2.1",
            "Tokens would travel unencrypted: use https, or --plain-http",
        ),
    ],
)
def test_what_is_no_address_is_refused(monkeypatch, url, sentence):
    monkeypatch.setenv("IMPORT_TOKEN", MAIN_KEY)

    with pytest.raises(CommandError, match=f"^{sentence}$"):
        call_command("import", url)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://api.logz.io/", "https://api.logz.io"),
        ("https://example.com/tollgate/?a=b#c", "https://example.com/tollgate"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_an_address_may_have_a_path(url, origin):
    assert Source(url).origin == origin


def test_another_machine_can_be_asked_without_encryption():
    assert Source("http://192.0.2.1", plain_http=True).origin == "http://192.0.2.1"


def test_certificates_that_cannot_be_read_are_told(monkeypatch, tmp_path):
    monkeypatch.setenv("IMPORT_TOKEN", MAIN_KEY)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))

    with pytest.raises(CommandError, match=r"no certificates to trust") as error:
        call_command("import", "https://api.logz.io")

    assert error.value.returncode == 75
