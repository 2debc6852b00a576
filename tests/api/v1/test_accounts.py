"""/api/v1/accounts, /api/v1/accounts/{id} and /api/v1/whoami."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.lifecycle import edit_organisation, suspend_account
from accounts.models import Account
from tests.api.calls import Api
from tests.api.v1.problems import FORBIDDEN, NOT_FOUND, refused, stale
from tests.api.v1.shown import MOMENT
from tests.api.v1.shown import token as shown_token
from tests.factories import BY, ChildFactory, MainFactory

ACCOUNTS = "/api/v1/accounts"


def brief(account, **fields):
    return {
        "id": account.pk,
        "name": account.name,
        "kind": account.kind,
        "state": "active",
        "accessible": True,
        "searchable": True,
        "created_at": MOMENT,
        "version": 1,
    } | fields


OF_LOGS = {
    "retention_days": 7,
    "is_flexible": False,
    "max_daily_gb": 1.0,
    "reserved_daily_gb": None,
    "soft_limit_gb": None,
    "snap_search_retention_days": None,
    "doc_size_setting": False,
    "utilization_enabled": False,
    "utilization_frequency_minutes": None,
    "sharing_objects_accounts": [],
}
NONE = dict.fromkeys(
    [
        *OF_LOGS,
        *("plan_uts", "monthly_spans", "daily_multiplier"),
        *("authorized_accounts", "accounts_to_scan"),
    ]
)
OF_KIND = {
    "main": OF_LOGS | {"max_daily_gb": None},
    "sub": OF_LOGS,
    "metrics": {"plan_uts": 100, "authorized_accounts": []},
    "tracing": {
        "monthly_spans": 1000,
        "daily_multiplier": 8,
        "authorized_accounts": [],
    },
    "security": {"accounts_to_scan": []},
}


def shown(account, **fields):
    return brief(account) | NONE | OF_KIND[account.kind] | fields


@pytest.fixture
def metrics(main):
    return ChildFactory(main=main, kind="metrics", name="Metrics")


def test_main_account_sees_all_accounts_of_its_organisation(api, main, sub, metrics):
    MainFactory(name="Another")

    status, body = api.get(ACCOUNTS)

    assert status == 200
    assert body == {
        "items": [shown(main), shown(metrics), shown(sub)],
        "next": None,
    }


def test_child_sees_itself(sub_api, sub, metrics):
    assert sub_api.get(ACCOUNTS) == (200, {"items": [shown(sub)], "next": None})


def test_accounts_are_found_by_kind_and_by_name(api, main, sub, metrics):
    kinds = api.get(f"{ACCOUNTS}?kind=sub&kind=metrics")[1]["items"]
    named = api.get(f"{ACCOUNTS}?name=tagin")[1]["items"]

    assert [each["id"] for each in kinds] == [metrics.pk, sub.pk]
    assert [each["id"] for each in named] == [sub.pk]


def test_one_account_comes_with_its_version(api, sub):
    suspend_account(sub, by=BY)

    response = api.response("GET", f"{ACCOUNTS}/{sub.pk}")

    assert response["ETag"] == '"2"'
    assert response.json() == shown(sub, state="suspended", version=2)


def test_a_child_that_is_not_accessible_is_still_seen(api, main):
    child = ChildFactory(main=main, accessible=False)

    assert api.get(f"{ACCOUNTS}/{child.pk}") == (200, shown(child, accessible=False))


def test_accounts_of_others_do_not_exist(sub_api, main):
    assert sub_api.get(f"{ACCOUNTS}/{main.pk}") == NOT_FOUND


def test_whoami_tells_the_token_and_its_account(main):
    api = Api.of(main, name="Terraform")

    status, body = api.get("/api/v1/whoami")

    assert status == 200
    assert body["account"] == brief(main)
    assert body["token"] == shown_token(main.tokens.get(name="Terraform"))


def test_lists_of_accounts_cost_the_same(api, main):
    # The first call in a minute begins a count.
    api.get(ACCOUNTS)
    numbers = []
    for _ in range(2):
        ChildFactory.create_batch(2, main=main)
        with CaptureQueriesContext(connection) as asked:
            api.get(ACCOUNTS)
        numbers.append(len(asked))

    assert numbers[0] == numbers[1] < 12


def test_account_of_each_kind_is_made_once(api, main, sub):
    for kind, fields in {
        "sub": {"max_daily_gb": 1, "sharing_objects_accounts": [sub.pk]},
        "metrics": {"plan_uts": 100, "authorized_accounts": [main.pk, sub.pk]},
        "tracing": {"monthly_spans": 1000},
        "security": {"accounts_to_scan": [sub.pk]},
    }.items():
        asked = {"kind": kind, "name": " new ", **fields}
        first = api.response("POST", ACCOUNTS, asked, **{"Idempotency-Key": kind})
        again = api.response("POST", ACCOUNTS, asked, **{"Idempotency-Key": kind})

        made = Account.objects.get(name="new", kind=kind)
        assert (first.status_code, first["ETag"]) == (201, '"1"')
        assert first.json() == again.json() == shown(made, **fields)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "main", "name": "new"}, "kind"),
        ({"name": "new"}, "kind"),
        ({"kind": "sub"}, "name"),
        ({"kind": "sub", "name": "a/b"}, "name"),
        ({"kind": "sub", "name": "new", "plan_uts": 5}, "plan_uts"),
        ({"kind": "sub", "name": "new", "retention_days": 0}, "retention_days"),
        ({"kind": "sub", "name": "new", "retention_days": "7"}, "retention_days"),
        ({"kind": "sub", "name": "new", "max_daily_gb": "1"}, "max_daily_gb"),
        ({"kind": "sub", "name": "new", "max_daily_gb": -1}, "max_daily_gb"),
        ({"kind": "sub", "name": "new", "accessible": "yes"}, "accessible"),
        ({"kind": "security", "name": "new", "searchable": True}, "searchable"),
    ],
)
def test_what_is_no_account_is_refused(api, body, field):
    status, answer = api.post(ACCOUNTS, body)

    assert (status, [each["field"] for each in answer["errors"]]) == (422, [field])


def test_only_the_main_account_makes_accounts(sub_api):
    assert sub_api.post(ACCOUNTS, {"kind": "sub", "name": "new"})[0] == 403


def test_settings_are_changed_and_the_rest_stays(api, main, sub):
    place = f"{ACCOUNTS}/{sub.pk}"
    asked = {"name": "New", "accessible": False, "sharing_objects_accounts": [main.pk]}

    response = api.response("PATCH", place, asked)

    assert (response.status_code, response["ETag"]) == (200, '"2"')
    sub.refresh_from_db()
    assert sub.name == "New"
    assert response.json() == shown(sub, **asked, version=2)
    assert api.patch(place, {})[1]["version"] == 2


def test_settings_are_changed_by_who_has_seen_them(api, sub):
    place, seen = f"{ACCOUNTS}/{sub.pk}", {"If-Match": '"1"'}

    assert api.patch(place, {"name": "New"}, **seen)[0] == 200
    assert api.patch(place, {"name": "Newer"}, **seen) == stale("New")
    assert api.delete(place, **seen) == stale("New")
    assert api.delete(place, **{"If-Match": '"2"'}) == (204, None)
    assert api.get(place) == NOT_FOUND


def test_settings_of_another_kind_are_refused(api, main, metrics):
    noun = "There is no such setting of a {}."
    assert api.patch(f"{ACCOUNTS}/{metrics.pk}", {"retention_days": 7}) == refused(
        "retention_days", "not_of_this_kind", noun.format("metrics"), status=422
    )
    assert api.patch(f"{ACCOUNTS}/{main.pk}", {"accessible": True}) == refused(
        "accessible", "not_of_this_kind", noun.format("main"), status=422
    )


def test_main_account_has_the_rest_of_the_plan_unless_that_is_flexible(api, main):
    place = f"{ACCOUNTS}/{main.pk}"
    text = "The main account has what its children leave of the plan."
    assert api.patch(place, {"max_daily_gb": 5}) == refused(
        "max_daily_gb", "of_the_plan", text, status=422
    )
    edit_organisation(main.organisation, by=BY, is_flexible=True)
    assert api.patch(place, {"max_daily_gb": 5})[1]["max_daily_gb"] == 5


def test_accounts_of_others_are_on_no_list(api, sub, metrics):
    foreign = MainFactory()
    text = "There is no account {} that can be on this list."
    place, field = f"{ACCOUNTS}/{sub.pk}", "sharing_objects_accounts"

    for pk in (foreign.pk, metrics.pk, sub.pk):
        assert api.patch(place, {field: [pk]}) == refused(
            field, "unknown_account", text.format(pk), status=422
        )


def test_main_account_is_never_deleted(api, main):
    assert api.delete(f"{ACCOUNTS}/{main.pk}") == FORBIDDEN


def test_a_child_opens_itself_to_nobody(sub_api, sub):
    assert sub_api.patch(f"{ACCOUNTS}/{sub.pk}", {"accessible": True}) == FORBIDDEN
