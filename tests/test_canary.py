"""Secrets that are looked for wherever they must not be."""

import logging
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse

from accounts.models import AuditEvent
from accounts.web.logs import JsonFormatter
from tests.authorization_asking import ACCOUNT_ROUTES, methods
from tests.authorization_routes import SHOWN
from tests.authorization_world import World
from tests.factories import BY, FilterFactory, ShareFactory, TokenFactory
from tokens.kinds import Kind
from tokens.models import Token
from tokens.secrets import Secret

FOREIGN = "6bLXmMA6FLibc7ySSqNcCfvbhtqT0rPS"


@pytest.fixture
def world(db):
    return World()


@pytest.fixture
def secrets(world):
    """The texts of tokens of every kind: current, overlapping and moved in."""
    account = world.main
    tokens = [
        TokenFactory(account=account, kind=kind) for kind in (Kind.API, Kind.LOGS)
    ]
    texts = [token.secret_text for token in tokens]
    texts += [
        token.rotate(by=BY, overlap=timedelta(hours=1)).reveal() for token in tokens
    ]
    texts.append(
        ShareFactory(
            account=account, filters=[FilterFactory(account=account)]
        ).secret_text
    )
    Token.issue(
        account=account, kind=Kind.LOGS, name="Moved in", by=BY, secret=Secret(FOREIGN)
    )
    return [*texts, FOREIGN]


def found_in(text, secrets):
    return [secret for secret in secrets if secret in text]


def test_no_page_holds_a_secret(client, world, secrets):
    admin = world.person(world.main)
    client.force_login(admin)
    paths = [
        reverse(name, args=arguments)
        for name in ACCOUNT_ROUTES
        if methods(name) >= SHOWN
        for arguments in world.arguments(name, world.main)
    ]

    leaks = {
        path: found_in(client.get(path, follow=True).text, secrets) for path in paths
    }

    assert {path: leak for path, leak in leaks.items() if leak} == {}


def test_the_database_holds_no_secret(world, secrets):
    tables = connection.introspection.table_names()
    leaks = []
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 -- the database's own names
            for row in cursor.fetchall():
                values = b"\0".join(as_bytes(value) for value in row)
                leaks += [(table, s) for s in secrets if s.encode() in values]

    assert leaks == []


def as_bytes(value):
    return (
        bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
    )


def test_a_secret_that_is_sent_leaves_no_trace(
    client, world, secrets, caplog, mailoutbox
):
    caplog.set_level(logging.DEBUG)
    admin = world.person(world.main)
    client.force_login(admin)
    client.raise_request_exception = False
    answers = []

    for secret in secrets:
        find = reverse("tokens:find", args=[world.main.pk])
        answers.append(client.post(find, {"q": secret, "tab": "all"}))
        answers.append(
            client.post(
                reverse("tokens:api_create", args=[world.main.pk]), {"name": ""}
            )
        )
        answers.append(client.get("/v2/whoami", headers={"X-API-TOKEN": secret}))
        answers.append(client.get("/v2/nowhere", headers={"X-API-TOKEN": secret}))
        answers.append(client.get(f"/calendars/{secret}.ics"))
        answers.append(client.get("/livez", headers={"X-Request-ID": secret}))
        client.post("/login/", {"login": secret, "password": secret})

    seen = [answer.text + str(dict(answer.headers)) for answer in answers]
    seen += [
        client.get(answer.url).text for answer in answers if answer.status_code == 302
    ]
    seen += [record.getMessage() for record in caplog.records]
    seen += [JsonFormatter().format(record) for record in caplog.records]
    seen += [mail.message().as_bytes().decode() for mail in mailoutbox]
    seen += [str(event.data) + event.target for event in AuditEvent.objects.all()]
    assert [leak for text in seen for leak in found_in(text, secrets)] == []


def test_copying_leaves_the_secret_in_the_answer_only(client, world, secrets, caplog):
    caplog.set_level(logging.DEBUG)
    token = TokenFactory(account=world.main)
    client.force_login(world.person(world.main))
    path = reverse("tokens:reveal", args=[world.main.pk, token.pk])

    response = client.post(path, headers={"Accept": "application/json"})

    event = AuditEvent.objects.latest("pk")
    assert response.json() == {"secret": token.secret_text}
    assert "no-store" in response["Cache-Control"]
    assert token.secret_text not in str(event.data) + event.target
    assert token.secret_text not in caplog.text
    assert token.secret_text not in str(client.session.items())
