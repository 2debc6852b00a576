"""Policies by our own API: read, set, previewed."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import AccountKind, AuditEvent
from tests.api.calls import Api
from tests.factories import ChildFactory, TokenFactory
from tokens.kinds import Kind
from tokens.models import TokenPolicy

PATH = "/api/v1/policies"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
NONE = {
    "longest_days": None,
    "expiry_required": False,
    "note_required": False,
    "filters_required": False,
    "networks_required": False,
    "scopes_required": False,
    "least_overlap_hours": None,
    "unused_days": None,
    "ends_outside_at": None,
}
KINDS = ("api", "logs", "metrics", "traces", "shared")


@pytest.fixture(autouse=True)
def _noon(time_machine):
    time_machine.move_to(NOON, tick=False)


@pytest.fixture
def api(main):
    return Api.of(main)


def put(api, *items, **headers):
    return api.response("PUT", PATH, {"items": [*items]}, **headers)


def errors(answer):
    return [(each["field"], each["message"]) for each in answer.json()["errors"]]


def test_there_are_none_at_first(api):
    answer = api.response("GET", PATH)

    assert answer.json() == {"items": [{"kind": kind} | NONE for kind in KINDS]}
    assert answer["ETag"] == '"0"'


def test_they_are_set_as_a_whole(api, main):
    policy = {"kind": "api", "longest_days": 90, "note_required": True}
    first = put(api, policy, {"kind": "metrics", "least_overlap_hours": 24})
    second = put(api, policy | {"unused_days": 60})

    assert (first.status_code, first["ETag"]) == (200, '"2"')
    shown = {each["kind"]: each for each in second.json()["items"]}
    assert shown["api"] == NONE | policy | {"expiry_required": True, "unused_days": 60}
    assert shown["metrics"] == {"kind": "metrics"} | NONE
    assert api.response("GET", PATH).json() == second.json()
    event = AuditEvent.objects.filter(action="policy_changed").latest("pk")
    assert event.actor_token_id


def test_nobody_overwrites_what_they_have_not_seen(api):
    put(api, {"kind": "api", "note_required": True})

    stale = put(api, **{"If-Match": '"0"'})
    fresh = put(api, **{"If-Match": '"1"'})
    whatever = put(api, **{"If-Match": "*"})

    assert [each.status_code for each in (stale, fresh, whatever)] == [412, 200, 200]


@pytest.mark.parametrize(
    ("items", "field", "words"),
    [
        (
            [{"kind": "metrics", "unused_days": 90}],
            "items.0.unused_days",
            "no such rule",
        ),
        ([{"kind": "api", "unused_days": 3}], "items.0.unused_days", "15 to 3,660"),
        (
            [
                {"kind": "logs"},
                {"kind": "api", "ends_outside_at": "2026-12-01T00:00:00Z"},
            ],
            "items.1.ends_outside_at",
            "at least 14 days ahead",
        ),
        ([{"kind": "api"}, {"kind": "api"}], "items.1.kind", "api is there twice"),
        ([{"kind": "api", "longest_days": True}], "items.0.longest_days", "integer"),
        ([{"kind": "gateway"}], "items.0.kind", "Input should be"),
    ],
)
def test_what_makes_no_sense_names_its_field(api, items, field, words):
    answer = put(api, *items)

    assert answer.status_code == 422
    ((named, message),) = errors(answer)
    assert (named, words in message) == (field, True)
    assert not TokenPolicy.objects.exists()


def test_a_preview_has_numbers_and_names(api, main):
    sub = ChildFactory(main=main, name="Staging")
    shut = ChildFactory(main=main, name="Shut", accessible=False)
    TokenFactory(account=sub, name="Bare")
    TokenFactory(account=shut, name="Unseen")
    caller = main.tokens.get(kind=Kind.API)
    late = TokenFactory(
        account=main, name="Late", expires_at=NOON + timedelta(days=200)
    )

    answer = api.response(
        "POST",
        f"{PATH}/preview",
        {"items": [{"kind": "api", "longest_days": 90}]},
    )

    about = answer.json()["items"][0]
    assert (about["kind"], about["outside"], about["called_off"]) == ("api", 4, 0)
    endless, too_late = about["effects"]
    named = [each["name"] for each in endless.pop("named")]
    assert named == ["Bare", caller.name]
    assert endless == {
        "rule": "expiry_required",
        "tokens": 3,
        "accounts": 3,
        "until": None,
        "is_announced": False,
        "kept": 0,
    }
    assert too_late == {
        "rule": "longest_days",
        "tokens": 1,
        "accounts": 1,
        "until": "2027-06-11T12:00:00Z",
        "is_announced": False,
        "kept": 0,
        "named": [
            {
                "id": late.pk,
                "name": "Late",
                "account_id": main.pk,
                "account_name": "Acme",
            }
        ],
    }
    assert not TokenPolicy.objects.exists()


def test_children_read_and_do_not_set(main):
    api = Api.of(ChildFactory(main=main, kind=AccountKind.TRACING))

    assert api.response("GET", PATH).status_code == 200
    assert put(api).status_code == 403


def test_a_refusal_of_a_policy_names_the_field(api, main):
    put(api, {"kind": "logs", "note_required": True, "longest_days": 30})
    path = f"/api/v1/accounts/{main.pk}/tokens"
    body = {"kind": "logs", "name": "new"}

    first = api.response("POST", path, body)
    second = api.response("POST", path, body | {"note": "CI"})

    assert [each.status_code for each in (first, second)] == [422, 422]
    assert [each.json()["code"] for each in (first, second)] == [
        "policy_note_required",
        "policy_expiry_required",
    ]
    assert errors(second) == [
        (
            "expires_at",
            "The policy for log shipping tokens asks for an expiry within 30 days.",
        )
    ]


def test_the_api_of_logzio_refuses_with_a_code(api, main):
    put(api, {"kind": "logs", "note_required": True})

    answer = api.response("POST", "/v1/log-shipping/tokens", {"name": "new"})

    assert answer.status_code == 400
    body = answer.json()
    assert body.pop("requestId")
    assert body == {
        "errorCode": "log-shipping-token/POLICY_NOTE_REQUIRED",
        "code": 400,
        "message": "The policy for log shipping tokens asks for a note: say what it is"
        " for.",
        "parameters": {},
    }


@pytest.mark.parametrize(
    ("kind", "rule", "path", "words"),
    [
        (
            "api",
            "scopes_required",
            "/v1/api-tokens/sub-account",
            "for API tokens allows none that can do everything",
        ),
        (
            "shared",
            "filters_required",
            "/v1/shared-tokens",
            "for shared tokens asks for at least one filter",
        ),
    ],
)
def test_so_it_does_for_other_kinds(api, main, sub, kind, rule, path, words):
    put(api, {"kind": kind, rule: True})
    account = {"name": "new", "accountId": sub.pk}
    body = account if kind == "api" else {"tokenName": "new", "filters": []}

    answer = api.response("POST", path, body)

    assert answer.status_code == 400
    assert words in answer.json()["message"]
