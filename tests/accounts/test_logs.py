"""Lines of the log, the ids of requests, and their traces."""

import json
import logging
import re
from io import StringIO

import pytest
from django.db import connection
from django.urls import reverse

from accounts import slow_queries
from accounts.audit.trail import Actor, digest, record, verify
from accounts.models import Action, AuditEvent
from accounts.web.logs import (
    FewOfStrangers,
    JsonFormatter,
    OneLineFormatter,
    request_id,
    without_secrets,
)
from accounts.web.tracing import accepted, handed_on, traceparent
from tests.factories import TokenFactory

GIVEN = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"
HTTP_REQUESTS = "tollgate.requests"


@pytest.fixture(autouse=True)
def _no_request():
    yield
    request_id.set("")
    traceparent.set("")


@pytest.fixture
def proxied(settings):
    settings.TRUSTED_PROXIES = 1


@pytest.fixture
def lines(caplog):
    """Return the lines of JSON that are logged from now on, about requests."""
    caplog.set_level(logging.INFO, logger=HTTP_REQUESTS)

    def lines():
        formatter = JsonFormatter()
        found = [each for each in caplog.records if each.name == HTTP_REQUESTS]
        return [json.loads(formatter.format(each)) for each in found]

    return lines


@pytest.mark.parametrize(
    ("address", "logged"),
    [
        ("/no/such/page/", "/no/such/page/"),
        (f"/calendars/{'s' * 40}.ics", "/calendars/…"),
        (f"/{'s' * 24}/{'t' * 23}/", f"/…/{'t' * 23}/"),
    ],
)
def test_an_address_is_logged_without_its_secret(client, db, caplog, address, logged):
    client.get(address)

    [record] = [each for each in caplog.records if each.name == "django.request"]
    assert record.getMessage() == f"Not Found: {logged}"


def test_other_words_of_a_record_stay():
    assert without_secrets("a long sentence, with no address in it") == (
        "a long sentence, with no address in it"
    )
    assert without_secrets(404) == 404


def test_a_record_is_one_line_of_json(caplog):
    request_id.set("a-request")
    try:
        int("what\nbroke\x1b[31m\u2028")
    except ValueError:
        logging.getLogger("x").exception("It is\nbroken: %s", "\r\nforged")
    [record] = caplog.records

    line = JsonFormatter().format(record)

    assert not re.search(r"[\x00-\x1f\x7f-\uffff]", line)
    said = json.loads(line)
    assert (said["level"], said["logger"]) == ("ERROR", "x")
    assert said["message"] == "It is\nbroken: \r\nforged"
    assert said["request_id"] == "a-request"
    assert "ValueError: invalid literal" in said["exception"]
    assert said["time"].endswith("+00:00")
    assert "traceparent" not in said


def test_each_request_is_a_line_by_its_route(as_admin, main, admin, lines, proxied):
    headers = {"X-Request-ID": GIVEN, "traceparent": PARENT}

    as_admin.get(reverse("accounts:general", args=[main.pk]), headers=headers)

    [line] = lines()
    assert line.pop("time")
    assert line.pop("seconds") > 0
    assert line == {
        "level": "INFO",
        "logger": HTTP_REQUESTS,
        "message": "GET /accounts/<int:account_id>/general/ 200",
        "request_id": GIVEN,
        "traceparent": PARENT,
        "area": "page",
        "method": "GET",
        "status": 200,
        "route": "/accounts/<int:account_id>/general/",
        "account": main.pk,
        "user": admin.pk,
        "address": "127.0.0.1",
    }


def test_a_call_is_told_by_the_token_that_it_came_with(client, main, lines):
    token = TokenFactory(account=main)

    client.head("/v2/whoami", headers={"X-API-TOKEN": token.secret_text})
    client.get("/nowhere/")

    call, nowhere = lines()
    assert (call["method"], call["token"], call["area"]) == ("HEAD", token.pk, "api")
    assert (nowhere["status"], "route" in nowhere) == (404, False)


def test_a_log_for_people_has_no_line_for_each_request(client, db, caplog):
    caplog.set_level(logging.WARNING, logger=HTTP_REQUESTS)

    client.get("/livez")

    assert caplog.records == []


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (GIVEN, True),
        ("0b1c4f0e-6f0f-4b55-9dbb-0f6c1f0d5f3a", True),
        ("short", False),
        ("x" * 65, False),
        ("<script>alert</script>", False),
        (f"{GIVEN},{GIVEN}", False),
        ("", False),
    ],
)
def test_a_proxys_id_is_kept_when_it_is_sane(client, db, proxied, given, kept):
    answer = client.get("/livez", headers={"X-Request-ID": given})

    assert (answer["X-Request-Id"] == given) == kept
    assert answer["X-Request-Id"]


def test_an_id_is_nobodys_choice_without_a_proxy(client, db):
    answer = client.get("/livez", headers={"X-Request-ID": GIVEN})

    assert answer["X-Request-Id"] != GIVEN


def test_a_token_is_no_id(client, main, proxied):
    secret = TokenFactory(account=main).secret_text
    assert re.fullmatch(r"[A-Za-z0-9._-]{8,64}", secret)

    answer = client.get("/livez", headers={"X-Request-ID": secret})

    assert answer["X-Request-Id"] != secret


def test_a_proxys_id_is_on_the_page_of_an_error_and_in_the_apis(client, db, proxied):
    headers = {"X-Request-ID": GIVEN}

    assert GIVEN in client.get("/no/such/page/", headers=headers).text
    refused = client.get("/v2/nowhere", headers=headers)
    assert refused.json()["requestId"] == GIVEN


def test_the_audit_trail_names_the_request(as_admin, main, proxied):
    path = reverse("tokens:api_create", args=[main.pk])

    as_admin.post(path, {"name": "Terraform"}, headers={"X-Request-ID": GIVEN})

    event = AuditEvent.objects.filter(action=Action.TOKEN_CREATED).latest("pk")
    assert event.request_id == GIVEN
    page = as_admin.get(reverse("accounts:audit_list", args=[main.pk])).text
    assert f'<dd class="mono">{GIVEN}</dd>' in page
    assert verify(event.chain) is None
    AuditEvent.objects.filter(pk=event.pk).update(request_id="another")
    assert verify(event.chain) == event.sequence


def test_what_no_request_brought_about_names_none(main):
    event = record(Action.LOGIN, by=Actor("x"), account=main)

    assert event.request_id == ""
    # What was written before there was a request in it.
    event.digest_version = 2
    before = digest(event, bytes(32))
    event.request_id = "later"
    assert digest(event, bytes(32)) == before


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        PARENT.upper(),
        f"01-{TRACE}-b7ad6b7169203331-01",
        f"00-{'0' * 32}-b7ad6b7169203331-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"{PARENT}-more",
        f"{PARENT}\n",
    ],
)
def test_a_trace_that_is_none_is_not_taken(text):
    assert accepted(text) == ""


def test_a_trace_goes_on_in_a_span_of_its_own():
    traceparent.set(accepted(PARENT))

    one, other = handed_on(), handed_on()

    assert accepted(one) == one
    assert one != other
    assert {each[:36] for each in (one, other)} == {f"00-{TRACE}-"}
    assert one.endswith("-01")


def test_what_belongs_to_no_trace_begins_one():
    one, other = handed_on(), handed_on()

    assert accepted(one) == one
    assert one[:36] != other[:36]


def test_slow_queries_are_logged_without_what_was_asked(main, settings, caplog):
    slow_queries.watch(connection)
    slow_queries.watch(connection)
    assert connection.execute_wrappers.count(slow_queries.timed) == 1
    try:
        settings.LOG_SLOW_QUERIES = 10_000
        AuditEvent.objects.filter(target="a canary").exists()
        assert caplog.records == []
        settings.LOG_SLOW_QUERIES = 0
        AuditEvent.objects.filter(target="a canary").exists()
    finally:
        connection.execute_wrappers.remove(slow_queries.timed)

    [record] = caplog.records
    line = OneLineFormatter("%(message)s").format(record)
    assert re.match(r"A query took 0\.\d+ seconds: SELECT ", line)
    assert "canary" not in line


def test_slow_queries_are_watched_where_a_setting_says_so(settings, monkeypatch):
    from django.apps import apps  # noqa: PLC0415 -- of this test only

    connected = []
    monkeypatch.setattr(
        "accounts.apps.connection_created.connect", lambda *of: connected.append(of)
    )
    monkeypatch.setattr("accounts.apps.checks.register", lambda *of: None)
    monkeypatch.setattr("accounts.apps.post_init.connect", lambda *of, **kw: None)
    monkeypatch.setattr("accounts.hooks.Hook.register", lambda *of: None)
    accounts = apps.get_app_config("accounts")

    accounts.ready()
    settings.LOG_SLOW_QUERIES = 100
    accounts.ready()

    assert connected == [(slow_queries.watch,)]


def test_strangers_fill_no_log(time_machine):
    time_machine.move_to("2026-01-01 12:00Z", tick=False)
    few = FewOfStrangers("django.security")

    def passed(name):
        told = few.filter(logging.makeLogRecord({"name": name, "exc_info": (1, 2, 3)}))
        return told and (told is True or told.exc_info)

    assert passed("django.security.DisallowedHost") is None
    assert passed("django.security.DisallowedHost") is False
    assert passed("django.security.csrf") is None
    assert passed("tollgate.requests") is True
    time_machine.shift(60)
    assert passed("django.security.DisallowedHost") is None


def test_a_host_that_is_not_allowed_is_told_in_one_line(client):
    (console,) = [
        each for each in logging.getLogger().handlers if each.name == "console"
    ]
    before = console.setStream(log := StringIO())
    try:
        for _ in range(3):
            answer = client.get("/login/", headers={"host": "elsewhere.example"})
    finally:
        console.setStream(before)

    assert answer.status_code == 400
    assert "is not among its ALLOWED_HOSTS" in answer.text
    # It would lead back here.
    assert "To your accounts" not in answer.text
    assert len(log.getvalue().splitlines()) <= 1
