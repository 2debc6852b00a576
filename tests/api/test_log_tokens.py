"""/v1/log-shipping/tokens: recorded requests and their answers."""

from datetime import timedelta

import pytest

from accounts.models import Action
from accounts.plans import Plan
from tests.api.calls import Api, coded, invalid
from tests.api.log_tokens import TOKENS, events, not_found, wire
from tests.api.moment import NOW
from tests.factories import ChildFactory, MainFactory, TokenFactory
from tokens.kinds import Kind
from tokens.models import StoredSecret, Token

pytestmark = pytest.mark.usefixtures("clock")
LATER = 1795435260.0
LAST_ENABLED = (
    "This is the last enabled log shipping token. "
    "An account needs one at any time: add or enable another one first."
)


def test_get(api, invoices):
    assert api.get(f"{TOKENS}/{invoices.pk}") == (200, wire(invoices))
    assert events() == [
        (Action.TOKEN_REVEALED, f"invoices ({invoices.masked})"),
    ]


@pytest.mark.parametrize("pk", [0, 999, 2**31, 2**63, 10**30])
def test_get_of_an_unknown_id(api, pk):
    assert api.get(f"{TOKENS}/{pk}") == not_found(pk)


@pytest.mark.parametrize("pk", ["-1", "x", "1.0"])
def test_get_of_what_is_no_id(api, pk):
    answer = coded("tollgate/NOT_FOUND", "Not Found", status=404)

    assert api.get(f"{TOKENS}/{pk}") == answer


def test_get_update_and_delete_see_only_standing_log_tokens_of_the_account(main, api):
    deleted = TokenFactory(account=main, kind=Kind.LOGS, name="deleted")
    api.delete(f"{TOKENS}/{deleted.pk}")
    hidden = [
        deleted,
        TokenFactory(account=main, name="an API token"),
        TokenFactory(account=ChildFactory(main=main), kind=Kind.LOGS),
        TokenFactory(account=MainFactory(), kind=Kind.LOGS),
    ]

    for token in hidden:
        address = f"{TOKENS}/{token.pk}"
        assert api.get(address) == not_found(token.pk)
        assert api.put(address, {"name": "taken over"}) == not_found(token.pk)
        assert api.delete(address) == not_found(token.pk)
    assert not Token.objects.filter(name="taken over").exists()


def test_get_without_the_encryption_key_is_unavailable(api, invoices):
    StoredSecret.objects.filter(token=invoices).update(envelope=b"\x00" * 60)

    response = api.response("GET", f"{TOKENS}/{invoices.pk}")

    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert response.json()["errorCode"] == "log-shipping-token/UNAVAILABLE"
    assert events() == []


def test_update_renames_and_disables(api, invoices, clock):
    clock.shift(60)

    assert api.put(
        f"{TOKENS}/{invoices.pk}", {"name": "bills", "enabled": "false"}
    ) == (200, wire(invoices, name="bills", enabled=False, updatedAt=LATER))
    assert [action for action, _ in events()] == [
        Action.TOKEN_RENAMED,
        Action.TOKEN_DISABLED,
        Action.TOKEN_REVEALED,
    ]


def test_update_enables(api, invoices):
    api.put(f"{TOKENS}/{invoices.pk}", {"name": "invoices", "enabled": "false"})

    answer = api.put(f"{TOKENS}/{invoices.pk}", {"name": "invoices", "enabled": True})

    assert answer == (200, wire(invoices))


@pytest.mark.parametrize(
    "body", [{}, {"name": None, "enabled": None}, {"enabled": ""}, {"name": "invoices"}]
)
def test_update_changes_only_what_is_asked(api, invoices, body, clock):
    clock.shift(60)

    assert api.put(f"{TOKENS}/{invoices.pk}", body) == (200, wire(invoices))
    assert [action for action, _ in events()] == [Action.TOKEN_REVEALED]


def test_update_refuses_a_name_that_is_taken(api, invoices):
    assert api.put(f"{TOKENS}/{invoices.pk}", {"name": "Default"}) == coded(
        "log-shipping-token/DUPLICATE_NAME",
        "There is already a token named Default here.",
    )


def test_update_refuses_an_empty_name(api, invoices):
    assert api.put(f"{TOKENS}/{invoices.pk}", {"name": ""}) == invalid(
        f"/log-shipping/tokens/{invoices.pk}", ("name", "Give the token a name.")
    )


def test_update_refuses_to_disable_the_last_one_and_then_does_nothing(main, api):
    default = main.tokens.get(kind=Kind.LOGS)

    assert api.put(f"{TOKENS}/{default.pk}", {"name": "new", "enabled": "false"}) == (
        coded("log-shipping-token/LAST_ENABLED_TOKEN", LAST_ENABLED)
    )
    default.refresh_from_db()
    assert (default.name, default.version) == ("default", 1)
    assert events() == []


def test_update_cannot_enable_what_has_expired(main, api, clock):
    token = TokenFactory(
        account=main, kind=Kind.LOGS, name="guest", expires_at=NOW + timedelta(hours=1)
    )
    clock.shift(3600)

    assert api.put(f"{TOKENS}/{token.pk}", {"name": "guest", "enabled": "true"}) == (
        coded(
            "log-shipping-token/EXPIRED", "guest has expired: give it a later expiry."
        )
    )


def test_delete_tells_what_was_deleted(api, invoices):
    assert api.delete(f"{TOKENS}/{invoices.pk}") == (200, wire(invoices))
    assert api.get(f"{TOKENS}/{invoices.pk}") == not_found(invoices.pk)
    assert [action for action, _ in events()] == [
        Action.TOKEN_REVEALED,
        Action.TOKEN_DELETED,
    ]


def test_delete_refuses_the_last_enabled_one(main, api):
    default = main.tokens.get(kind=Kind.LOGS)

    assert api.delete(f"{TOKENS}/{default.pk}") == coded(
        "log-shipping-token/LAST_ENABLED_TOKEN", LAST_ENABLED
    )
    assert events() == []


def test_limits(api, invoices):
    assert api.get(f"{TOKENS}/limits") == (
        200,
        {"maxAllowedTokens": 15, "numOfEnabledTokens": 2},
    )


def test_limits_of_a_community_plan_on_trial_are_those_of_pro(db):
    trial = MainFactory(plan=Plan.COMMUNITY, trial_ends_at=NOW + timedelta(days=1))

    assert Api.of(trial).get(f"{TOKENS}/limits") == (
        200,
        {"maxAllowedTokens": 15, "numOfEnabledTokens": 1},
    )
