"""The life of a resource, as Terraform's provider lives it over the Go client.

The client sends what the resource says, booleans as texts; the provider reads the
resource back after each change, and a second plan is clean when it reads what it sent.
"""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.factories import ChildFactory

ACCOUNTS = "/v1/account-management/time-based-accounts"
METRICS = "/v1/account-management/metrics-accounts"
USERS = "/v1/user-management"
LOGS = "/v1/log-shipping/tokens"
IDS = ("id", "accountId")


@dataclass
class Resource:
    """`reads` maps an answer to the arguments that the resource is made from.

    `gone` is the status that the client takes for "not there".
    """

    path: str
    made: dict
    changed: dict
    reads: Any
    update_status: int = 200
    delete_status: tuple = (200,)
    gone: int = 404


def read_account(answer):
    settings = answer["utilizationSettings"]
    return {
        "accountName": answer["accountName"],
        "isFlexible": _text(answer["isFlexible"]),
        "maxDailyGB": answer["maxDailyGB"],
        "retentionDays": answer["retentionDays"],
        "searchable": _text(answer["searchable"]),
        "accessible": _text(answer["accessible"]),
        "docSizeSetting": _text(answer["docSizeSetting"]),
        "sharingObjectsAccounts": [
            shared["accountId"] for shared in answer["sharingObjectsAccounts"]
        ],
        "utilizationSettings": {
            "frequencyMinutes": settings["frequencyMinutes"],
            "utilizationEnabled": _text(settings["utilizationEnabled"]),
        },
    }


def _text(flag):
    assert isinstance(flag, bool)
    return "true" if flag else "false"


def only(*names):
    return lambda answer: {name: answer[name] for name in names}


def read_log_token(answer):
    return {"name": answer["name"], "enabled": _text(answer["enabled"])}


@pytest.fixture
def resources(main, admin):
    others = [ChildFactory(main=main).pk for _ in range(3)]
    sub = {
        "accountName": "Payments",
        "isFlexible": "false",
        "maxDailyGB": 1.5,
        "retentionDays": 4,
        "searchable": "true",
        "accessible": "false",
        "docSizeSetting": "true",
        "sharingObjectsAccounts": [others[2], others[0], others[1]],
        "utilizationSettings": {"frequencyMinutes": 5, "utilizationEnabled": "true"},
    }
    metrics = {
        "accountName": "Payments metrics",
        "planUts": 150,
        "authorizedAccountsIds": [others[1], others[0]],
    }
    user = {
        "username": "new@acme.example",
        "fullName": "Nora New",
        "accountID": main.pk,
        "role": "USER_ROLE_READONLY",
    }
    return {
        "logzio_subaccount": Resource(
            ACCOUNTS,
            sub,
            sub
            | {"retentionDays": 6, "searchable": "false", "docSizeSetting": "false"},
            read_account,
            update_status=204,
            delete_status=(204,),
        ),
        "logzio_metrics_account": Resource(
            METRICS,
            metrics,
            {"accountName": "Metrics of payments", "planUts": 200}
            | {"authorizedAccountsIds": [others[2]]},
            only(*metrics),
            gone=404,
        ),
        "logzio_user": Resource(
            USERS,
            user,
            user | {"fullName": "Nora Newer"},
            only(*user),
            delete_status=(200, 204),
        ),
        "logzio_log_shipping_token": Resource(
            LOGS,
            {"name": "vector"},
            {"name": "vector 2", "enabled": "false"},
            read_log_token,
        ),
    }


@pytest.mark.parametrize(
    "name",
    [
        "logzio_subaccount",
        "logzio_metrics_account",
        "logzio_user",
        "logzio_log_shipping_token",
    ],
)
def test_life_of_a_resource(resources, api, name):
    resource = resources[name]
    mail = (
        {"email": "admin@acme.example"} if resource.path in (ACCOUNTS, METRICS) else {}
    )

    made_status, made = api.post(resource.path, resource.made | mail)
    place = f"{resource.path}/{next(made[key] for key in IDS if key in made)}"
    assert made_status in (200, 201)
    assert_clean(resource, api.get(place), resource.made)
    assert api.get(place) == api.get(place)

    status, _ = api.put(place, resource.changed | mail)
    assert status == resource.update_status
    assert_clean(resource, api.get(place), resource.changed)

    assert api.delete(place)[0] in resource.delete_status
    assert api.get(place)[0] == resource.gone


def assert_clean(resource, answer, config):
    """What is read is what the configuration says, so a plan finds nothing to do."""
    status, body = answer
    assert status == 200
    found = resource.reads(body)
    assert {name: found[name] for name in config} == config


def test_data_sources_find_what_resources_made(resources, api):
    made = {
        name: api.post(it.path, it.made | {"email": "admin@acme.example"})[1]
        for name, it in resources.items()
    }

    accounts = {each["accountId"] for each in api.get(ACCOUNTS)[1]}
    metrics = {each["id"] for each in api.get(METRICS)[1]}
    users = {each["id"] for each in api.get(USERS)[1]}
    search = {"filter": {"enabled": "true"}, "sort": None}
    search |= {"pagination": {"pageNumber": 1, "pageSize": 25}}
    tokens = {each["id"] for each in api.post(f"{LOGS}/search", search)[1]["results"]}

    assert made["logzio_subaccount"]["accountId"] in accounts
    assert made["logzio_metrics_account"]["id"] in metrics
    assert made["logzio_user"]["id"] in users
    assert made["logzio_log_shipping_token"]["id"] in tokens
