"""Schemathesis in this process: the API is called as its document says, and otherwise."""

import json
from contextlib import contextmanager

import schemathesis
from django.core.signals import request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connections, transaction
from django.urls import resolve
from ninja.errors import HttpError, ValidationError
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.engine.run import PhaseName
from schemathesis.transport.wsgi import WSGITransport

from accounts.api.plumbing.failures import HANDLERS
from accounts.rule_violations import RuleViolation
from config.api import api

WHY = "x-refused"
# What a call that the document allows may be refused for: no schema can know how things
# stand in the database, and what is already there.
OF_THE_MOMENT = {
    "account_limit",
    "account_type_has_no_filters",
    "account_type_has_no_shipping_tokens",
    "account_type_has_no_tokens_of_this_kind",
    "account_type_has_no_views",
    "api_tokens_only",
    "changed_since",
    "expired",
    "expiry_in_the_past",
    "expiry_required",
    "filter_lost",
    "filter_missing",
    "fixed",
    "illegal_plan",
    "invalid_warm_retention",
    "key_in_use",
    "key_reused",
    "last_admin",
    "last_enabled_token",
    "limit_reached",
    "main_account",
    "name_taken",
    "no_expiry",
    "not_consumption_account",
    "not_deleted",
    "not_of_this_kind",
    "nothing_overlaps",
    "of_the_plan",
    "other_account",
    "several_accounts",
    "single_token",
    "sso_disabled",
    "stale",
    "sub_account_not_owned",
    "too_late",
    "too_many_invitations",
    "too_many_views",
    "unknown_account",
    "unknown_email",
    "unknown_filter",
    "unknown_token",
    "unreadable_cursor",
    "unusable_accounts",
    "unusable_range",
    "user_exists",
}
# No regular expression knows of every character whether it can be seen.
BEYOND_A_SCHEMA = {
    # Items that differ in anything are unique to a schema.
    "kind_twice",
    "name_required",
    # Nor is a network just its signs.
    "networks_wrong",
    "secret_in_text",
    "unseen_character",
    # No regular expression reads an address as a browser does.
    "unusable_address",
}
PHASES = ("examples", "coverage", "fuzzing", "stateful")
REFUSED = ["400", "401", "403", "404", "409", "412", "422"]
# All checks are on. Two are told what they would not expect by themselves. Business rules
# refuse valid calls, too: valid_calls_are_understood looks at their reasons instead. And
# a version that does not match comes before a name that does not.
CHECKS = {
    "positive_data_acceptance": {"expected-statuses": ["2xx", *REFUSED]},
    "negative_data_rejection": {"expected-statuses": [*REFUSED, "405"]},
}


@schemathesis.check
def valid_calls_are_understood(ctx, response, case):
    """Fail when a call that the document allows is refused for more than the moment."""
    is_valid = case.meta is not None and case.meta.generation.mode.is_positive
    for why in response.headers.get(WHY, []):
        if is_valid and why not in OF_THE_MOMENT | BEYOND_A_SCHEMA:
            raise AssertionError(f"A valid call was refused: {why}: {response.text}")


class Application:
    """The API on the connection of the test, whichever thread calls.

    A call is undone at once unless the application `keeps` what was done.
    """

    keeps = False

    def __init__(self):
        self.django = get_wsgi_application()
        self.connection = connections["default"]
        self.done = set()

    def __call__(self, environ, start_response):
        def note(status, *arguments):
            if status.startswith("2"):
                route = resolve(environ["PATH_INFO"]).route
                path = route.replace("<", "{").replace(">", "}")
                self.done.add((environ["REQUEST_METHOD"], f"/{path}"))
            return start_response(status, *arguments)

        connections["default"] = self.connection
        with transaction.atomic():
            answer = list(self.django(environ, note))
            transaction.set_rollback(not self.keeps)
        return answer


@contextmanager
def application():
    """Yield the application, which tells in a header why it refused a call."""
    told = {
        RuleViolation: lambda error: error.code,
        ValidationError: lambda error: "invalid",
        HttpError: lambda error: "unreadable",
    }
    for error, why in told.items():
        api.add_exception_handler(error, _telling(HANDLERS[error], why))
    connections["default"].inc_thread_sharing()
    # A call would close the connection that holds the test's transaction.
    request_started.disconnect(close_old_connections)
    yield Application()
    request_started.connect(close_old_connections)
    connections["default"].dec_thread_sharing()
    for error in told:
        api.add_exception_handler(error, HANDLERS[error])


def _telling(handler, why):
    def tell(request, error):
        response = handler(request, error)
        response[WHY] = why(error)
        return response

    return tell


def paths():
    return [*api.get_openapi_schema()["paths"]]


def document(paths, real):
    """Return a copy of the document with some paths, whose examples are `real`."""
    copy = json.loads(json.dumps(api.get_openapi_schema()))
    # The calls stay in this process, so that no server is named.
    return copy | {
        "paths": {path: _with(real, copy["paths"][path]) for path in paths},
        "servers": [],
    }


def _with(real, said, *, inside=False):
    """Return a part of the document with other values in its examples."""
    if isinstance(said, dict):
        return {
            name: _with(real, each, inside=inside or name == "example")
            for name, each in said.items()
        }
    if isinstance(said, list):
        return [_with(real, each, inside=inside) for each in said]
    is_named = inside and type(said) in (int, str)
    return real.get(said, said) if is_named else said


def settings(headers, phases, known, **generation):
    """Return how schemathesis is to go about it; `known` are ids that exist."""
    ids = {"integer": {"dictionary": "ids", "probability": 0.5}}
    enabled = {phase: {"enabled": phase in phases} for phase in PHASES}
    # What takes nothing has no examples, and is called all the same.
    enabled["examples"]["fill-missing"] = True
    return SchemathesisConfig.from_dict(
        {
            "headers": headers,
            "phases": enabled,
            "checks": CHECKS,
            "dictionaries": {"ids": {"values": known}},
            "generation": {"database": "none", "dictionaries": ids} | generation,
        }
    )


def found(app, document, config):
    """Return what schemathesis finds wrong, each with the call that shows it."""
    schema = schemathesis.openapi.from_dict(document, config=config)
    schema.app = app
    wrong = []
    for event in from_schema(schema).execute():
        if isinstance(event, events.PhaseStarted):
            app.keeps = event.phase.name is PhaseName.STATEFUL_TESTING
        wrong += _wrong(event)
    return wrong


def _wrong(event):
    if isinstance(event, events.NonFatalError):
        yield f"{event.label}: {event.value}"
    elif isinstance(event, events.FatalError):
        yield repr(event.exception)
    elif isinstance(event, events.ScenarioFinished):
        for checks in event.recorder.checks.values():
            yield from (_told(check) for check in checks if check.failure_info)


def _told(check):
    info = check.failure_info
    return f"{check.name}: {info.failure.message}\n{info.code_sample}"


def send_in_process(monkeypatch):
    """Let schemathesis name settings of sockets to what has none.

    Version 4.32 does so when it asks again without a credential.
    """
    send = WSGITransport.send

    def sending(self, case, **kwargs):
        for name in ("max_redirects", "verify", "cert", "proxies"):
            kwargs.pop(name, None)
        return send(self, case, **kwargs)

    monkeypatch.setattr(WSGITransport, "send", sending)
