"""The calls that docs/api.md shows, in its order, do what it says."""

import re
import shlex
from argparse import ArgumentParser
from collections import defaultdict

import pytest
from django.test import Client

from tests.factories import MembershipFactory, TokenFactory, UserFactory
from tests.installation import PROJECT
from tokens.kinds import Kind

PAPER = PROJECT / "docs" / "api.md"
CALL = re.compile(r"^    (curl .*?)(?=\n    curl |\n\n)", re.MULTILINE | re.DOTALL)
STATUSES = {
    "/leaks": {200},
    "/api/v1/policies/preview": {200},
    "/v2/whoami": {200},
    "/v1/account-management/time-based-accounts": {200},
    "/v1/log-shipping/tokens/search": {200},
    "/api/v1/accounts/1/tokens": {201},
    "/api/v1/tokens": {200},
    "/api/v1/tokens/334/rotate": {201},
    # With another version than the row has, and without one.
    "/api/v1/tokens/334": {412, 200},
    "/api/v1/accounts/1/filters": {201},
    "/api/v1/verify": {200},
    "/api/v1/audit": {200},
    "/gateway/introspect": {200},
}

curl = ArgumentParser(exit_on_error=False)
curl.add_argument("address")
curl.add_argument("-i", action="store_true")
curl.add_argument("-X", default="")
curl.add_argument("-H", action="append")
curl.add_argument("-d", default="")
curl.add_argument("--data-urlencode", default="")


@pytest.fixture
def shell(main):
    """What stands for the words of the paper, as a shell and a reader fill them in."""
    dana = UserFactory(email="dana@acme.test")
    MembershipFactory(user=dana, account=main)
    gateway = TokenFactory(account=None, kind=Kind.GATEWAY)
    scanner = TokenFactory(account=None, kind=Kind.SCANNER)
    return {
        "$TOLLGATE_URL": "",
        "$TOLLGATE_TOKEN": TokenFactory(account=main).secret_text,
        "$(cat gateway.token)": gateway.secret_text,
        "$(cat scanner.token)": scanner.secret_text,
        "$(cat fluent-bit.token)": TokenFactory(
            account=main, kind=Kind.LOGS
        ).secret_text,
        "accounts/1/": f"accounts/{main.pk}/",
    }


def filled_in(text, words):
    for word, value in words.items():
        text = text.replace(word, value)
    return text


def called(text):
    """Call what a line of curl calls; returns the answer."""
    _, *words = shlex.split(text.replace("\\\n", " "))
    asked = curl.parse_args(words)
    headers = dict(each.split(": ", 1) for each in asked.H)
    is_form = bool(asked.data_urlencode)
    usual = "application/x-www-form-urlencoded" if is_form else "application/json"
    return Client(raise_request_exception=False).generic(
        asked.X or ("POST" if asked.d else "GET"),
        asked.address,
        asked.data_urlencode or asked.d,
        content_type=headers.pop("Content-Type", usual),
        headers=headers,
    )


def learn(words, answer):
    """Let later calls name what this one made, where the paper has an id."""
    made = answer.json() if answer.status_code == 201 else {}
    if made.get("name") == "OTel collector":
        words["tokens/334"] = f"tokens/{made['id']}"
    if "field" in made:
        words["[19]"] = f"[{made['id']}]"


def test_the_calls_of_the_paper_do_what_it_says(shell):
    answered = defaultdict(set)

    for text in CALL.findall(PAPER.read_text()):
        path = re.search(r"\$TOLLGATE_URL(/[\w/-]+)", text)[1]
        answer = called(filled_in(text, shell))
        learn(shell, answer)
        answered[path].add(answer.status_code)

    assert answered == STATUSES
