"""What the test suites of the Go client and of Terraform's provider go through.

Each makes things, lists, changes and deletes them, and reads them again after every
step. Their names are the same from one kind to another, and several runs share them.
"""

from dataclasses import dataclass

import pytest

from accounts import lifecycle
from tests.factories import BY, ChildFactory, MainFactory

NAME = "terraform provider test"
MANAGEMENT = "/v1/account-management"
ADMIN = {"email": "admin@acme.example"}


@dataclass
class Sequence:
    """`key` is under which name an answer has the id."""

    path: str
    made: dict
    changed: dict
    key: str
    update: int = 200
    delete: int = 200
    gone: int = 404


SEQUENCES = {
    "sub_accounts": Sequence(
        f"{MANAGEMENT}/time-based-accounts",
        ADMIN
        | {
            "accountName": NAME,
            "retentionDays": 4,
            "maxDailyGB": 1,
            "sharingObjectsAccounts": [],
            "searchable": "true",
            "accessible": "true",
            "docSizeSetting": "false",
            "utilizationSettings": {"frequencyMinutes": 0, "utilizationEnabled": ""},
            "snapSearchRetentionDays": 4,
        },
        {"accountName": f"{NAME} 2"},
        key="accountId",
        update=204,
        delete=204,
    ),
    "metrics_accounts": Sequence(
        f"{MANAGEMENT}/metrics-accounts",
        ADMIN | {"accountName": NAME, "planUts": 100, "authorizedAccountsIds": []},
        {"accountName": f"{NAME} 2", "planUts": 101},
        key="id",
    ),
    "tracing_accounts": Sequence(
        f"{MANAGEMENT}/consumption/tracing-accounts",
        ADMIN | {"accountName": NAME, "maxDailyGB": 0.1, "authorizedAccountIds": []},
        {"accountName": f"{NAME} 2", "maxDailyGB": 1},
        key="accountId",
    ),
    "users": Sequence(
        "/v1/user-management",
        {
            "username": "TF.User@conf.test",
            "fullName": NAME,
            "role": "USER_ROLE_READONLY",
        },
        {"fullName": f"{NAME} 2"},
        key="id",
        delete=204,
    ),
    "log_shipping_tokens": Sequence(
        "/v1/log-shipping/tokens",
        {"name": f" {NAME}  "},
        {"name": f"{NAME}  2", "enabled": "false"},
        key="id",
    ),
}
ORDERS = [[*SEQUENCES], [*reversed(SEQUENCES)]]


@pytest.fixture
def main(db):
    main = MainFactory(name="Acme", is_consumption=True, warm_tier=True)
    lifecycle.edit_account(main, by=BY, snap_search_retention_days=4)
    return main


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.usefixtures("admin")
def test_sequences_side_by_side(main, api, order):
    """All are made before the first is changed, and changed before one is deleted."""
    asked = {name: _made(SEQUENCES[name], main) for name in order}
    places = {name: _create(api, SEQUENCES[name], asked[name]) for name in order}

    for name in order:
        sequence, wanted = SEQUENCES[name], asked[name] | SEQUENCES[name].changed
        status, _ = api.put(places[name], wanted)
        assert status == sequence.update
        assert _read(api, places[name], wanted) == _sent(wanted)
    for name in order:
        sequence = SEQUENCES[name]
        assert api.delete(places[name])[0] == sequence.delete
        assert api.get(places[name])[0] == sequence.gone


@pytest.mark.parametrize("name", SEQUENCES)
@pytest.mark.usefixtures("admin")
def test_what_was_deleted_is_made_again_with_its_name(main, api, name):
    sequence = SEQUENCES[name]
    asked = _made(sequence, main)

    for _ in range(2):
        place = _create(api, sequence, asked)
        assert api.delete(place)[0] == sequence.delete


@pytest.mark.parametrize("name", [name for name in SEQUENCES if name != "users"])
@pytest.mark.usefixtures("admin")
def test_a_name_of_its_own_kind_is_refused_at_once(main, api, name):
    sequence = SEQUENCES[name]
    asked = _made(sequence, main)
    _create(api, sequence, asked)

    status, body = api.post(sequence.path, asked)

    assert (status, body["errorCode"].endswith("DUPLICATE_NAME")) == (400, True)


@pytest.mark.parametrize("name", ["sub_accounts", "metrics_accounts", "users"])
@pytest.mark.usefixtures("admin")
def test_lists_have_what_was_made(main, api, name):
    ChildFactory(main=main)
    sequence = SEQUENCES[name]
    asked = _made(sequence, main)
    place = _create(api, sequence, asked)

    listed = {str(each[sequence.key]): each for each in api.get(sequence.path)[1]}

    assert listed[place.rpartition("/")[2]] == api.get(place)[1]


def _made(sequence, main):
    return sequence.made | (
        {"accountID": main.pk} if "fullName" in sequence.made else {}
    )


def _create(api, sequence, asked):
    status, body = api.post(sequence.path, asked)
    assert status in (200, 201)
    place = f"{sequence.path}/{body[sequence.key]}"
    assert _read(api, place, asked) == _sent(asked)
    return place


# What is sent and read back under another name, or not at all.
UNREAD = ("email", "utilizationSettings", "authorizedAccountIds")


def _sent(asked):
    words = {"true": True, "false": False}
    return {
        name: words.get(value, value) if isinstance(value, str) else value
        for name, value in asked.items()
        if name not in UNREAD
    }


def _read(api, place, asked):
    status, body = api.get(place)
    assert status == 200
    return {name: body[name] for name in _sent(asked)}
