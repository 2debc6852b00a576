"""GET, PATCH and DELETE /api/v1/tokens/{id}."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import AccountKind, AuditEvent
from tests.api.calls import Api
from tests.api.v1.problems import FORBIDDEN, invalid, problem, refused, stale
from tests.api.v1.shown import token as shown
from tests.factories import BY, ChildFactory, ShareFactory, TokenFactory
from tokens.kinds import Kind

NEXT_YEAR = "2027-06-30T12:00:00Z"
LAST_ENABLED = (
    "This is the last enabled log shipping token. "
    "An account needs one at any time: add or enable another one first."
)


@pytest.fixture
def token(main):
    return TokenFactory(account=main, kind=Kind.LOGS, name="Fluent Bit")


@pytest.fixture
def path(token):
    return f"/api/v1/tokens/{token.pk}"


def changed(token, version=2, **fields):
    return shown(token, version=version, **fields)


def test_one_token_comes_with_its_version_and_without_its_secret(api, token, path):
    response = api.response("GET", path)

    assert response["ETag"] == '"1"'
    assert response.json() == shown(token)
    assert token.secret_text not in response.text


def test_tokens_of_every_kind_are_shown(api, main):
    tracing, metrics = (
        ChildFactory(main=main, kind=kind).tokens.get()
        for kind in ("tracing", "metrics")
    )
    share = ShareFactory(account=main).token
    own = TokenFactory(account=main)

    for each in (tracing, metrics, own):
        assert api.get(f"/api/v1/tokens/{each.pk}") == (200, shown(each))
    status, body = api.get(f"/api/v1/tokens/{share.pk}")
    assert (status, body["kind"]) == (200, "shared")


def test_token_is_renamed(api, token, path):
    response = api.response("PATCH", path, {"name": "  Fluent   Bit 2 "})

    token.refresh_from_db()
    assert response["ETag"] == '"2"'
    assert response.json() == changed(token, name="  Fluent   Bit 2 ")


def test_token_gets_a_note_and_loses_it(api, token, path):
    note = "Ships the payments cluster.\nAsk: #team-payments"
    status, body = api.patch(path, {"note": f" {note}\r\n"})
    assert (status, body) == (200, changed(token, note=note))
    assert api.get("/api/v1/tokens?text=cluster.%20ask")[1]["items"] == [body]

    assert api.patch(path, {"note": note, "name": "Fluent Bit"}) == (200, body)
    assert api.patch(path, {"note": ""}) == (200, changed(token, 3))


def test_a_note_with_a_secret_is_refused_without_showing_it(api, token, path):
    status, body = api.patch(path, {"note": f"It is {token.secret_text}."})

    (told,) = body["errors"]
    assert (status, body["code"], told["field"]) == (422, "secret_in_text", "note")
    assert told["message"].startswith("A whole token is in it")
    assert token.secret_text not in str(body)


def test_token_gets_an_expiry_and_loses_it(api, token, path):
    status, body = api.patch(path, {"expires_at": "2027-06-30T14:00:00+02:00"})
    assert (status, body) == (200, changed(token, expires_at=NEXT_YEAR))

    status, body = api.patch(path, {"expires_at": None})
    assert (status, body) == (200, changed(token, 3))


def test_name_and_expiry_change_together_or_not_at_all(api, token, path):
    past = {"name": "new", "expires_at": "2026-01-01T00:00:00Z"}
    text = "The expiry must be in the future."

    assert api.patch(path, past) == refused(
        "expires_at", "expiry_in_the_past", text, status=422
    )
    token.refresh_from_db()
    assert (token.name, token.version) == ("Fluent Bit", 1)

    both = {"name": "new", "expires_at": NEXT_YEAR}
    body = api.patch(path, both)[1]
    assert (body["name"], body["expires_at"], body["version"]) == ("new", NEXT_YEAR, 3)


def test_what_is_as_it_was_is_no_change(api, token, path):
    api.get(path)
    before = AuditEvent.objects.count()

    same = {"name": "Fluent Bit", "expires_at": None}
    assert api.patch(path, same) == (200, shown(token))
    assert api.patch(path, {}) == (200, shown(token))

    assert AuditEvent.objects.count() == before


def test_a_name_that_is_taken_is_a_conflict(api, path):
    text = "There is already a token named DEFAULT here."

    assert api.patch(path, {"name": "DEFAULT"}) == refused("name", "name_taken", text)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"name": "x" * 101}, ("name", "body", "Names have up to 100 characters.")),
        ({"note": "x" * 501}, ("note", "body", "A note has up to 500 characters.")),
        ({"note": None}, ("note", "body", "Input should be a valid string")),
        ({"expires_at": 1893456000}, ("expires_at", "body", "must be a time such as")),
        ({"expires_at": "tomorrow"}, ("expires_at", "body", "must be a time such as")),
        ({"version": 1}, ("version", "body", "Extra inputs are not permitted")),
        ({"name": None}, ("name", "body", "Input should be a valid string")),
        ([], ("", "body", "must be a JSON object")),
    ],
)
def test_bodies_are_read_strictly(api, path, body, error):
    status, answer = api.patch(path, body)

    (told,) = answer["errors"]
    assert (status, answer["code"]) == (422, "invalid")
    assert (told["field"], told["where"]) == error[:2]
    assert told["message"].startswith(error[2])


@pytest.mark.parametrize(
    ("name", "code", "text"),
    [
        ("", "name_required", "Give the token a name."),
        (" \n\u200b ", "name_required", "Give the token a name."),
        ("a\x07b", "name_unprintable", "Control characters are not allowed."),
    ],
)
def test_names_are_printable(api, path, name, code, text):
    assert api.patch(path, {"name": name}) == refused("name", code, text, status=422)


def test_a_body_that_is_no_json_is_unreadable(api, path):
    text = "The body is not valid JSON."

    assert api.call("PATCH", path, b"{") == problem(400, "unreadable", text)


def test_api_tokens_are_changed_by_people_only(api, main):
    other = TokenFactory(account=main)
    path = f"/api/v1/tokens/{other.pk}"

    assert api.get(path)[0] == 200
    assert api.patch(path, {"name": "new"}) == FORBIDDEN
    assert api.patch(path, {"note": "new"}) == FORBIDDEN
    assert api.patch(path, {"expires_at": NEXT_YEAR}) == FORBIDDEN
    assert api.delete(path) == FORBIDDEN


def test_an_api_token_can_delete_itself(main):
    token = TokenFactory(account=main)
    api = Api(token.secret_text)

    assert api.delete(f"/api/v1/tokens/{token.pk}") == (204, None)
    assert api.get("/api/v1/whoami")[0] == 401


def test_token_is_deleted(api, token, path):
    assert api.delete(path) == (204, None)

    token.refresh_from_db()
    assert token.deleted_at is not None
    assert api.get(path)[0] == 404


def test_last_enabled_log_token_stays(api, main):
    path = f"/api/v1/tokens/{main.tokens.get(name='default').pk}"
    answer = problem(409, "last_enabled_token", LAST_ENABLED)
    text = "The last enabled log shipping token never expires."

    assert api.delete(path) == answer
    assert api.post(f"{path}/disable") == answer
    assert api.patch(path, {"expires_at": NEXT_YEAR}) == refused(
        "expires_at", "last_enabled_token", text
    )


def test_single_tokens_are_rotated_instead_of_changed(api, main):
    child = ChildFactory(main=main, kind="metrics", name="Metrics")
    path = f"/api/v1/tokens/{child.tokens.get().pk}"
    text = "Metrics has exactly one such token. Rotate it instead."

    assert api.delete(path) == problem(409, "single_token", text)
    assert api.patch(path, {"name": "new"}) == problem(409, "single_token", text)
    assert api.patch(path, {"expires_at": NEXT_YEAR}) == refused(
        "expires_at", "no_expiry", "Such a token has no expiry.", status=422
    )


@pytest.mark.parametrize("header", ['"1"', '"7", "1"', "*", None])
def test_who_has_seen_the_token_as_it_is_changes_it(api, path, header):
    headers = {"If-Match": header} if header else {}

    assert api.patch(path, {"name": "new"}, **headers)[0] == 200


@pytest.mark.parametrize("header", ['"2"', 'W/"1"', "1", '"1', ""])
def test_who_has_seen_another_version_changes_nothing(api, token, path, header):
    headers, answer = {"If-Match": header}, stale("Fluent Bit")
    later = timezone.now() + timedelta(days=1)

    assert api.patch(path, {"name": "new"}, **headers) == answer
    assert api.patch(path, {"expires_at": later.isoformat()}, **headers) == answer
    assert api.patch(path, {}, **headers) == answer
    assert api.delete(path, **headers) == answer
    assert api.post(f"{path}/disable", **headers) == answer
    assert api.post(f"{path}/rotate", **headers) == answer
    token.refresh_from_db()
    assert token.version == 1


def test_a_range_of_dates_is_all_that_is_understood(api, path):
    assert api.patch(path, {"expires_at": "9999-12-31T23:59:59Z"}) == invalid(
        ("expires_at", "body", "must be in the years 2000 to 2999")
    )


def test_token_is_restricted_and_never_let_go(api, token, path):
    both = {"networks": ["10.0.0.0/8", "2001:DB8::/32"], "calls_per_minute": 600}
    told = {"networks": ["10.0.0.0/8", "2001:db8::/32"], "calls_per_minute": 600}

    status, body = api.patch(path, both)
    assert (status, body) == (200, changed(token, 3, **told))
    assert api.get("/api/v1/tokens?restricted=true")[1]["items"] == [body]
    assert body not in api.get("/api/v1/tokens?restricted=false")[1]["items"]

    for name, wider in (("networks", []), ("calls_per_minute", None)):
        status, problem = api.patch(path, {name: wider})
        assert (status, problem["code"]) == (422, "wider")
        assert problem["errors"][0]["field"] == name
    assert api.get(path)[1] == body


def test_the_only_token_leaves_its_restrictions_with_its_secret(api, main):
    token = ChildFactory(main=main, kind=AccountKind.METRICS).tokens.get()
    token.limit_use(networks=["10.0.0.0/8"], calls_per_minute=60, by=BY)
    path = f"/api/v1/tokens/{token.pk}/rotate"

    late = api.post(path, {"unrestricted": True})
    done = api.post(path, {"overlap": "now", "unrestricted": True})

    assert (late[0], late[1]["code"]) == (422, "old_secret_works")
    assert (done[0], done[1]["networks"], done[1]["calls_per_minute"]) == (
        *(201, []),
        None,
    )


def test_a_wrong_network_is_named(api, token, path):
    text = (
        "Line 1: 10.0.0.5 has bits beyond /24. Write 10.0.0.0/24 for the network, or "
        "10.0.0.5 for the one address."
    )

    assert api.patch(path, {"networks": ["10.0.0.5/24"]}) == refused(
        "networks", "networks_wrong", text, status=422
    )
