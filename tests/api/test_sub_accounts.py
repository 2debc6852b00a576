"""/v1/account-management/time-based-accounts: recorded requests and their answers."""

import pytest

from accounts import lifecycle
from tests.api.calls import FORBIDDEN, Api
from tests.api.sub_accounts import ACCOUNTS, ASKED, MAIN, SUB, not_found
from tests.factories import BY, ChildFactory, MainFactory


def test_get(main, sub, api):
    assert api.get(f"{ACCOUNTS}/{sub.pk}") == (200, {"accountId": sub.pk} | SUB)
    assert api.get(f"{ACCOUNTS}/{main.pk}/") == (200, {"accountId": main.pk} | MAIN)


def test_get_of_a_flexible_account_tells_the_shared_volume(db, admin):
    main = MainFactory(is_flexible=True, daily_gb=10, name="Flex")
    capped = ChildFactory(
        main=main, is_flexible=True, reserved_daily_gb=0.5, max_daily_gb=5
    )
    api = Api.of(main)

    assert api.get(f"{ACCOUNTS}/{capped.pk}") == (
        200,
        SUB
        | {
            "accountId": capped.pk,
            "accountName": capped.name,
            "isFlexible": True,
            "reservedDailyGB": 0.5,
            "maxDailyGB": 5.0,
            "isCapped": True,
            "sharedGB": 8.5,
            "totalTimeBasedDailyGB": 10.0,
        },
    )
    assert api.get(f"{ACCOUNTS}/{main.pk}") == (
        200,
        MAIN
        | {
            "accountId": main.pk,
            "accountName": "Flex",
            "isFlexible": True,
            "reservedDailyGB": 1.0,
            "maxDailyGB": None,
            "sharedGB": 8.5,
            "totalTimeBasedDailyGB": 10.0,
        },
    )


def test_what_is_not_there_is_404(main, sub, api):
    lifecycle.delete_account(sub, by=BY)
    strange = [MainFactory().pk, ChildFactory().pk, sub.pk]
    others = [ChildFactory(main=main, kind=kind).pk for kind in ("metrics", "security")]

    for pk in (*strange, *others, 0, 2**31, 10**30):
        assert api.get(f"{ACCOUNTS}/{pk}") == not_found(pk)
        assert api.get(f"{ACCOUNTS}/detailed/{pk}") == not_found(pk)
        assert api.put(f"{ACCOUNTS}/{pk}", {"accountName": "x"}) == not_found(pk)
        assert api.delete(f"{ACCOUNTS}/{pk}") == not_found(pk)


def test_the_token_of_a_child_gets_403_also_for_its_own_account(main, sub, sub_api):
    for pk in (sub.pk, main.pk, MainFactory().pk, 0):
        assert sub_api.get(f"{ACCOUNTS}/{pk}") == FORBIDDEN
        assert sub_api.put(f"{ACCOUNTS}/{pk}", {"accountName": "x"}) == FORBIDDEN
        assert sub_api.delete(f"{ACCOUNTS}/{pk}") == FORBIDDEN
    assert sub_api.get(ACCOUNTS) == FORBIDDEN
    assert sub_api.post(ACCOUNTS, ASKED) == FORBIDDEN


@pytest.mark.parametrize("count", [1, 3])
def test_lists_take_the_same_queries_for_any_number_of_accounts(
    main, count, django_assert_num_queries
):
    for _ in range(count):
        ChildFactory(main=main, sharing_objects_accounts=[main])
    api = Api.of(main)
    api.get(ACCOUNTS)

    with django_assert_num_queries(4):
        assert len(api.get(ACCOUNTS)[1]) == count + 1
    with django_assert_num_queries(9):
        assert len(api.get(f"{ACCOUNTS}/detailed")[1]) == count + 1


def test_delete(sub, api, sub_api):
    assert api.delete(f"{ACCOUNTS}/{sub.pk}") == (204, None)

    sub.refresh_from_db()
    assert sub.state == "deleted"
    assert api.delete(f"{ACCOUNTS}/{sub.pk}") == not_found(sub.pk)
    assert sub_api.get("/v2/whoami") == FORBIDDEN


def test_delete_does_not_ask_whether_the_child_is_open(main, api):
    shut = ChildFactory(main=main, accessible=False, searchable=False)

    assert api.delete(f"{ACCOUNTS}/{shut.pk}") == (204, None)
