"""Lists of accounts of any length: a chunk at a time, and no query for each."""

import json

import pytest

from accounts.api.plumbing.fields import Answer
from accounts.api.plumbing.streams import CHUNK, streamed
from accounts.models import Account, AccountKind
from tests.api.sub_accounts import ACCOUNTS
from tests.factories import ChildFactory

ASSOCIATED = "/v1/associated-accounts"


class Row(Answer):
    row_number: int


@pytest.mark.parametrize("count", [0, 1, CHUNK, CHUNK + 1, 2 * CHUNK])
def test_a_stream_is_one_array(count):
    response = streamed(Row(row_number=number) for number in range(count))

    assert response["Content-Type"] == "application/json"
    assert json.loads(response.getvalue()) == [
        {"rowNumber": number} for number in range(count)
    ]


def test_what_fails_at_first_fails_before_the_answer_begins():
    def failing():
        raise LookupError
        yield

    with pytest.raises(LookupError):
        streamed(failing())


@pytest.fixture
def many(main):
    """Fill an account's organisation up until it has one more than a chunk."""
    Account.objects.bulk_create(
        Account(
            organisation=main.organisation,
            kind=AccountKind.SUB,
            name=f"Sub {number:04}",
            max_daily_gb=1,
        )
        for number in range(CHUNK)
    )


@pytest.mark.parametrize("path", [ACCOUNTS, ASSOCIATED])
@pytest.mark.usefixtures("many")
def test_long_lists_are_whole(main, api, path):
    last = Account.objects.get(name=f"Sub {CHUNK - 1:04}")
    last.sharing_objects_accounts.set([main])

    status, rows = api.get(path)

    assert status == 200
    assert [row["accountName"] for row in rows] == [
        "Acme",
        *(f"Sub {number:04}" for number in range(CHUNK)),
    ]
    if path == ACCOUNTS:
        assert rows[-1] == api.get(f"{ACCOUNTS}/{last.pk}")[1]
        assert rows[-1]["sharingObjectsAccounts"] == [
            {"accountId": main.pk, "accountName": "Acme"}
        ]


@pytest.mark.parametrize(("path", "queries"), [(ACCOUNTS, 4), (ASSOCIATED, 2)])
@pytest.mark.parametrize("count", [1, 3])
def test_lists_take_the_same_queries_for_any_number_of_accounts(
    main, api, path, queries, count, django_assert_num_queries
):
    for _ in range(count):
        ChildFactory(main=main, sharing_objects_accounts=[main])
    api.get(path)

    with django_assert_num_queries(queries):
        assert len(api.get(path)[1]) == count + 1
