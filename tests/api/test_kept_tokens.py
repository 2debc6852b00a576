"""API tokens that are kept to scopes or accounts: what else than a refusal comes of it."""

import pytest

from tests.api.calls import Api
from tests.api.routes import ACCOUNTS, CHILD, METRICS, OWNER
from tests.factories import ChildFactory, MembershipFactory, TokenFactory, UserFactory
from tokens.kinds import Kind

KEPT_ELSEWHERE = {
    "code": 403,
    "message": "Insufficient privileges: This API token is kept to other accounts",
}


@pytest.fixture
def siem(main):
    return ChildFactory(main=main, kind="security")


def test_lists_have_only_the_accounts_that_a_token_is_kept_to(main, sub, siem):
    kept = Api.of(main, accounts=[sub.pk])

    _, accounts = kept.get(ACCOUNTS)
    _, near = kept.get("/v1/associated-accounts")
    _, tokens = kept.get("/api/v1/tokens")

    assert [each["accountId"] for each in accounts] == [sub.pk]
    assert [each["accountId"] for each in near] == [sub.pk]
    assert {each["account_id"] for each in tokens["items"]} == {sub.pk}


def test_in_its_own_account_a_token_is_told_that_it_is_kept_to_others(main, sub):
    kept = Api.of(main, accounts=[sub.pk])

    assert kept.get("/v1/log-shipping/tokens/limits") == (403, KEPT_ELSEWHERE)
    assert kept.get(f"{ACCOUNTS}/{main.pk}") == (403, KEPT_ELSEWHERE)
    status, problem = kept.get(f"/api/v1/accounts/{main.pk}")
    assert (status, problem["code"]) == (403, "kept_elsewhere")
    assert problem["detail"] == "This API token is kept to other accounts."
    assert kept.get("/v2/whoami")[0] == 200


def test_other_accounts_do_not_exist_to_a_token_that_is_kept_to_some(main, sub, siem):
    kept = Api.of(main, accounts=[siem.pk])

    assert kept.get(f"/api/v1/accounts/{sub.pk}")[0] == 404
    assert kept.get(f"/api/v1/tokens?account={sub.pk}")[0] == 404
    token = TokenFactory(account=sub, kind=Kind.LOGS)
    assert kept.get(f"/api/v1/tokens/{token.pk}")[0] == 404
    known = kept.post("/api/v1/verify", {"token": token.secret_text})[1]["known"]
    assert known is False


def test_an_inventory_has_the_kinds_of_a_token_s_scopes(main, sub):
    ChildFactory(main=main, kind="metrics")
    TokenFactory(account=main, kind=Kind.LOGS)
    shared = Api.of(main, scopes="shared:read")
    both = Api.of(main, scopes="api:read shipping:read")

    kinds = [
        {each["kind"] for each in api.get("/api/v1/tokens")[1]["items"]}
        for api in (shared, both)
    ]
    status, problem = shared.get("/api/v1/tokens?kind=logs&kind=shared")

    assert kinds == [set(), {"api", "logs", "metrics"}]
    assert (status, problem["code"]) == (403, "out_of_scope")
    assert problem["detail"] == "This API token lacks the scope shipping:read."


def test_a_new_account_s_token_is_not_told_to_who_may_reveal_none(main):
    MembershipFactory(account=main, user=UserFactory(email=OWNER))
    writer = Api.of(main, scopes="accounts:write")
    both = Api.of(main, scopes="accounts:write shipping:write")

    assert writer.post(METRICS, CHILD)[1]["token"] is None
    again = both.post(METRICS, CHILD | {"accountName": "other"})
    assert again[1]["token"].startswith("tgm_")


def test_what_a_security_account_reads_stays_within_what_its_maker_is_kept_to(
    main, sub, siem
):
    kept = Api.of(main, accounts=[siem.pk, sub.pk])
    path = f"/api/v1/accounts/{siem.pk}"

    status, problem = kept.patch(path, {"accounts_to_scan": [sub.pk, main.pk]})
    assert (status, problem["code"]) == (422, "unknown_account")
    assert kept.patch(path, {"accounts_to_scan": [sub.pk]})[0] == 200

    Api.of(main).patch(path, {"accounts_to_scan": [main.pk]})
    assert kept.patch(path, {"accounts_to_scan": [sub.pk, main.pk]})[0] == 200


def test_a_new_security_account_scans_no_other_account_than_its_maker_reaches(
    main, sub
):
    MembershipFactory(account=main, user=UserFactory(email=OWNER))
    other = ChildFactory(main=main)
    kept = Api.of(main, accounts=[main.pk, sub.pk])

    def scan(pk):
        body = {"kind": "security", "name": f"s{pk}", "accounts_to_scan": [pk]}
        return kept.post("/api/v1/accounts", body)[0]

    assert (scan(sub.pk), scan(other.pk)) == (201, 422)


def test_what_is_asked_in_vain_names_each_scope_that_would_do(main):
    api = Api.of(main, scopes="users:read")

    assert api.get("/api/v1/tokens")[1]["detail"] == (
        "This API token lacks the scope api:read, shared:read or shipping:read."
    )
