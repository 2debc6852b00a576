import json

import httpx
import pytest

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
API = {"kind": "api"} | NONE | {"longest_days": 90, "expiry_required": True}
LOGS = {"kind": "logs"} | NONE | {"expiry_required": True}
SHARED = {"kind": "shared"} | NONE | {"unused_days": 60, "least_overlap_hours": 24}
EFFECT = {
    "rule": "note_required",
    "tokens": 12,
    "accounts": 4,
    "until": None,
    "is_announced": False,
    "kept": 0,
    "named": [],
}


def of(*policies, version=7):
    headers = {"ETag": f'"{version}"'}
    return httpx.Response(200, json={"items": [*policies]}, headers=headers)


def test_list_shows_what_is_asked(run, server):
    result = run("policies", "list", answers=[of(API, LOGS, SHARED)])

    assert server.asked == [("GET", "/api/v1/policies")]
    first, second, third = result.stdout.splitlines()[1:]
    assert first.split()[:5] == ["api", "90", "d", "at", "most"]
    assert second.split()[:2] == ["logs", "yes"]
    assert third.split() == [
        *("shared", "no", "no", "no", "no", "no", "24", "h", "60", "d", "-")
    ]


@pytest.mark.parametrize(
    ("words", "changed"),
    [
        (["--note-required"], {"note_required": True}),
        (["--longest-days=30"], {"longest_days": 30}),
        (["--longest-days=0", "--no-expiry-required"], NONE),
        (
            ["--ends-outside-at=2027-01-31T00:00:00Z"],
            {"ends_outside_at": "2027-01-31T00:00:00Z"},
        ),
        (["--ends-outside-at=never", "--unused-days=0"], {}),
    ],
)
def test_set_changes_what_is_named_and_sends_the_others_as_they_are(
    run, server, words, changed
):
    result = run("policies", "set", "api", *words, answers=[of(API, LOGS), of(API)])

    assert server.asked == [("GET", "/api/v1/policies"), ("PUT", "/api/v1/policies")]
    assert json.loads(server.requests[-1].content) == {"items": [API | changed, LOGS]}
    assert server.requests[-1].headers["If-Match"] == '"7"'
    assert result.stderr == "Set the policy for api tokens.\n"


def test_what_somebody_else_set_meanwhile_is_not_overwritten(run, server):
    problem = {
        "detail": "The policies changed meanwhile.",
        "code": "stale",
        "errors": [],
    }
    late = httpx.Response(412, json=problem)

    result = run(
        "policies", "set", "api", "--note-required", answers=[of(API, LOGS), late]
    )

    assert result.exit_code == 1
    assert result.stderr == (
        "Error: Somebody else changed the policies at the same moment, and nothing was "
        "set. See what they did with policies list, and run it again.\n"
    )


def test_a_preview_changes_nothing(run, server):
    found = {
        "items": [
            {"kind": "api", "outside": 12, "called_off": 0, "effects": [EFFECT]},
            {"kind": "logs", "outside": 1, "called_off": 0, "effects": [EFFECT]},
        ]
    }

    result = run(
        *("policies", "set", "api", "--note-required", "--preview"),
        answers=[of(API, LOGS), httpx.Response(200, json=found)],
    )

    assert server.asked[-1] == ("POST", "/api/v1/policies/preview")
    assert result.stdout.splitlines()[1:] == [
        "api   note_required  12      4         stopped by somebody"
    ]
