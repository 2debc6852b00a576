"""The command against the API that it is made for, from a token's first day to its last."""

import json

import httpx
import pytest
from click.testing import CliRunner
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from client.command import tollgate
from tests.factories import ChildFactory, MainFactory, TokenFactory


@pytest.fixture
def portal(db):
    """The portal as a WSGI program that leaves a test's transaction alone."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield httpx.WSGITransport(app=WSGIHandler())
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def run(portal):
    main = MainFactory(name="Acme")
    ChildFactory(main=main, name="Staging")
    caller = TokenFactory(account=main, name="Script").secret_text
    environment = {"TOLLGATE_URL": "https://localhost", "TOLLGATE_TOKEN": caller}

    def run(*words, typed=None, fails=0):
        result = CliRunner().invoke(
            tollgate, [*map(str, words)], obj=portal, env=environment, input=typed
        )
        assert result.exit_code == fails, result.output
        return result

    return run


def table(result):
    return [line.split() for line in result.stdout.splitlines()[1:]]


def test_accounts_and_the_caller(run):
    listed = json.loads(run("accounts", "list", "--output=json").stdout)
    (me,) = table(run("whoami"))
    (sub,) = table(run("accounts", "list", "--kind=sub"))

    assert [account["name"] for account in listed] == ["Acme", "Staging"]
    assert me[1:] == ["Script", "Acme", str(listed[0]["id"]), "main", "-"]
    assert sub == [str(listed[1]["id"]), "Staging", "sub", "active", "yes", "yes"]


def test_the_life_of_a_token(run):
    (sub,) = table(run("accounts", "list", "--kind=sub"))
    secret = run("tokens", "create", f"--account={sub[0]}", "--name=Fluent").stdout
    (row,) = table(run("tokens", "list", "--name=fluent"))
    pk = row[0]
    assert run("verify", typed=secret).stderr.endswith(" works: ship logs.\n")
    assert run("tokens", "reveal", pk).stdout == secret

    run("tokens", "rename", pk, "Fluent Bit")
    run("tokens", "note", pk, "Ships payments\nAsk Ada")
    assert run("tokens", "note", pk).stdout == "Ships payments\nAsk Ada\n"
    assert [row[0] for row in table(run("tokens", "list", "--text=ask ada"))] == [pk]
    assert run("tokens", "usage", pk, "--days=365").stdout == "DAY  CALLS\n"

    rotated = run("tokens", "rotate", pk, "--overlap=now", "--quiet").stdout
    assert (
        "and this is the secret before" in run("verify", typed=secret, fails=1).stderr
    )
    run("tokens", "disable", pk, "--reason=leaked")
    assert "it is disabled" in run("verify", typed=rotated, fails=1).stderr
    run("tokens", "enable", pk)
    run("tokens", "delete", pk)
    run("tokens", "reveal", pk, fails=4)
    assert [row[0] for row in table(run("tokens", "list", "--deleted"))] == [pk]
    run("tokens", "restore", pk)
    assert run("verify", typed=rotated).exit_code == 0


def test_links_are_made_with_what_they_show(run):
    (main,) = table(run("accounts", "list", "--kind=main"))
    create = (
        "tokens",
        "create",
        f"--account={main[0]}",
        "--kind=shared",
        "--name=Link",
    )

    assert table(run("filters", "list", f"--account={main[0]}")) == []
    refused = run(*create, fails=1)
    secret = run(*create, "--everything", "--expires=2099-01-31T12:00").stdout

    assert "Choose at least one filter" in refused.stderr
    assert secret.startswith("tgs_")
    (row,) = table(run("tokens", "list", "--kind=shared"))
    assert row[-2:] == ["2099-01-31", "12:00"]


def test_what_may_not_be_has_its_exit_code(run):
    (main,) = table(run("accounts", "list", "--kind=main"))
    create = ("tokens", "create", f"--account={main[0]}")
    (script,) = table(run("tokens", "list", "--kind=api"))

    run(*create, "--name=Twin")
    assert "already a token named" in run(*create, "--name=twin", fails=1).stderr
    run("tokens", "reveal", script[0], fails=3)
    run("tokens", "create", "--account=999999", "--name=x", fails=4)
    run("tokens", "list", "--sort=size", fails=2)
