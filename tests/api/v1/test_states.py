"""POST /api/v1/tokens/{id}/enable, disable, rotate, finish-rotation, roll-back, restore
and reveal."""

from datetime import timedelta

import pytest
import time_machine

from accounts.crypto.envelope import Sealed
from accounts.models import Action, AuditEvent
from accounts.rule_violations import Gone
from tests.api.calls import Api
from tests.api.v1.problems import FORBIDDEN, NOT_FOUND, problem
from tests.api.v1.shown import MOMENT, secret_of
from tests.api.v1.shown import token as shown
from tests.factories import BY, ChildFactory, ShareFactory, TokenFactory
from tokens.kinds import Kind
from tokens.models import Token
from tokens.permissions import Use
from tokens.verification import verify

NO_OVERLAP = problem(
    409, "nothing_overlaps", "The rotation is over: one secret works already."
)


@pytest.fixture
def token(main):
    return TokenFactory(account=main, kind=Kind.LOGS, name="Fluent Bit")


@pytest.fixture
def path(token):
    return f"/api/v1/tokens/{token.pk}"


def actions(token):
    events = AuditEvent.objects.filter(token_id=token.pk).order_by("pk")
    return list(events.values_list("action", flat=True))


def test_token_is_disabled_with_a_reason_and_enabled_again(api, token, path):
    status, body = api.post(f"{path}/disable", {"reason": "Leaked"})

    assert (status, body) == (
        200,
        shown(
            token,
            state="disabled",
            disabled_at=MOMENT,
            disabled_reason="Leaked",
            version=2,
        ),
    )
    response = api.response("POST", f"{path}/enable")
    assert response["ETag"] == '"3"'
    assert response.json() == shown(token, version=3)


def test_to_disable_twice_is_as_good_as_once(api, token, path):
    first, second = (api.post(f"{path}/disable") for _ in range(2))

    assert first == second
    assert actions(token).count(Action.TOKEN_DISABLED) == 1


def test_shared_token_is_paused_and_resumed(api, main):
    path = f"/api/v1/tokens/{ShareFactory(account=main).pk}"

    assert api.post(f"{path}/disable")[1]["state"] == "paused"
    assert api.post(f"{path}/enable")[1]["state"] == "active"


def test_an_api_token_can_disable_itself_and_no_other(main):
    token, other = TokenFactory(account=main), TokenFactory(account=main)
    api = Api(token.secret_text)

    assert api.post(f"/api/v1/tokens/{other.pk}/disable") == FORBIDDEN
    assert api.post(f"/api/v1/tokens/{token.pk}/enable") == FORBIDDEN
    status, body = api.post(f"/api/v1/tokens/{token.pk}/disable")
    assert (status, body["state"]) == (200, "disabled")
    assert api.get("/api/v1/whoami")[0] == 401


def test_the_limit_stands_against_enabling(api, main, token, path):
    token.disable(by=BY)
    TokenFactory.create_batch(14, account=main, kind=Kind.LOGS)
    text = (
        "The plan allows 15 enabled log shipping tokens per account. Disable one first."
    )

    assert api.post(f"{path}/enable") == problem(409, "limit_reached", text)


def test_rotated_token_has_two_secrets_for_a_day(api, token, path):
    response = api.response("POST", f"{path}/rotate")

    body = response.json()
    assert (response.status_code, response["ETag"]) == (201, '"2"')
    assert body == shown(
        token,
        state="rotating",
        overlap_until=MOMENT,
        version=2,
        secret=secret_of("logs"),
    )
    assert verify(body["secret"], Use.SHIP_LOGS) == token
    assert verify(token.secret_text, Use.SHIP_LOGS) == token
    with time_machine.travel(timedelta(hours=24, seconds=1)):
        assert verify(token.secret_text, Use.SHIP_LOGS) is None


@pytest.mark.parametrize(
    ("overlap", "state"),
    [("now", "active"), ("1h", "rotating"), ("24h", "rotating"), ("7d", "rotating")],
)
def test_the_old_secret_stops_when_it_is_said(api, token, path, overlap, state):
    status, body = api.post(f"{path}/rotate", {"overlap": overlap})

    assert (status, body["state"]) == (201, state)
    assert bool(verify(token.secret_text, Use.SHIP_LOGS)) == (state == "rotating")


def test_rotation_is_finished_early(api, token, path):
    api.post(f"{path}/rotate")

    assert api.post(f"{path}/finish-rotation") == (200, shown(token, version=3))
    assert verify(token.secret_text, Use.SHIP_LOGS) is None
    assert api.post(f"{path}/finish-rotation") == NO_OVERLAP


def test_rotation_is_rolled_back(api, token, path):
    rotated = api.post(f"{path}/rotate")[1]["secret"]

    assert api.post(f"{path}/roll-back") == (200, shown(token, version=3))
    assert verify(token.secret_text, Use.SHIP_LOGS) == token
    assert verify(rotated, Use.SHIP_LOGS) is None


@pytest.mark.parametrize("kind", ["metrics", "tracing"])
def test_single_tokens_are_rotated(api, main, kind):
    token = ChildFactory(main=main, kind=kind).tokens.get()

    status, body = api.post(f"/api/v1/tokens/{token.pk}/rotate", {"overlap": "now"})

    assert (status, body) == (
        201,
        shown(token, version=2, secret=secret_of(token.kind)),
    )


def test_deleted_token_comes_back_with_its_secret(api, token, path):
    token.delete_softly(by=BY)

    assert api.post(f"{path}/restore") == (200, shown(token, version=3))
    assert verify(token.secret_text, Use.SHIP_LOGS) == token


def test_what_is_not_deleted_is_not_restored(api, path):
    text = "Fluent Bit is not deleted."

    assert api.post(f"{path}/restore") == problem(409, "not_deleted", text)


def test_deleted_tokens_are_gone_after_30_days(api, token, path):
    token.delete_softly(by=BY)

    with time_machine.travel(timedelta(days=30, seconds=1)):
        assert api.post(f"{path}/restore") == NOT_FOUND


def test_deleted_tokens_do_nothing_but_come_back(api, token, path):
    token.delete_softly(by=BY)

    for action in ("enable", "disable", "rotate", "finish-rotation", "reveal"):
        assert api.post(f"{path}/{action}") == NOT_FOUND


def test_secret_is_revealed_and_the_audit_trail_told(api, token, path):
    status, body = api.post(f"{path}/reveal")

    assert (status, body) == (200, shown(token, secret=token.secret_text))
    assert actions(token) == [Action.TOKEN_CREATED, Action.TOKEN_REVEALED]


def test_a_secret_whose_key_is_away_is_told_apart(api, token, path, monkeypatch):
    def sealed(*args):
        raise Sealed("key 1 is not configured")

    monkeypatch.setattr("tokens.models.secrets.unseal", sealed)
    response = api.response("POST", f"{path}/reveal")

    text = (
        "The secret of Fluent Bit cannot be shown: key 1 is not configured. "
        "The token itself goes on working."
    )
    assert response["Retry-After"] == "5"
    answer = response.status_code, response.json()
    assert answer == problem(503, "secret_unavailable", text)
    assert actions(token) == [Action.TOKEN_CREATED]


def test_a_token_that_goes_meanwhile_is_gone(api, token, path, monkeypatch):
    """As when somebody deletes it between the look and the lock."""

    def gone(self, **how):
        raise Gone(self.name)

    monkeypatch.setattr(Token, "refresh_unless_deleted", gone)

    assert api.post(f"{path}/disable") == NOT_FOUND


@pytest.mark.parametrize(
    "action", ["enable", "rotate", "finish-rotation", "roll-back", "restore", "reveal"]
)
def test_api_tokens_are_nothing_for_api_tokens(main, action):
    """Not even for themselves, or in a child."""
    token = TokenFactory(account=main)
    other = TokenFactory(account=ChildFactory(main=main))
    before = list(Token.objects.order_by("pk").values())

    api = Api(token.secret_text)
    for each in (token, other):
        assert api.post(f"/api/v1/tokens/{each.pk}/{action}") == FORBIDDEN

    assert list(Token.objects.order_by("pk").values()) == before
