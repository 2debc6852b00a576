"""Sub accounts of logs as they are asked for, and as they look in answers."""

from tests.api.calls import coded
from tokens.defaults import default_token

ACCOUNTS = "/v1/account-management/time-based-accounts"
PATH = "/account-management/time-based-accounts"
ASKED = {
    "email": "admin@acme.example",
    "accountName": "Payments",
    "retentionDays": 5,
    "sharingObjectsAccounts": [],
}
SUB = {
    "email": None,
    "accountName": "Staging",
    "isFlexible": False,
    "reservedDailyGB": None,
    "maxDailyGB": 1.0,
    "retentionDays": 7,
    "searchable": True,
    "accessible": True,
    "docSizeSetting": False,
    "sharingObjectsAccounts": [],
    "utilizationSettings": {"frequencyMinutes": None, "utilizationEnabled": False},
    "snapSearchRetentionDays": None,
    "isCapped": False,
    "sharedGB": None,
    "totalTimeBasedDailyGB": None,
    "isOwner": False,
    "softLimitGB": None,
}
MAIN = SUB | {"accountName": "Acme", "maxDailyGB": 999.0, "isOwner": True}


def not_found(pk):
    message = f"account {pk} not found"
    return coded("TimeBasedAccount/NOT_FOUND", message, status=404)


def illegal(reason):
    return coded(
        "TimeBasedAccount/ILLEGAL_PLAN_REQUEST",
        f"The plan does not add up: {reason}.",
        reason=reason,
    )


def plain_token(account):
    return default_token(account).secrets.current().get().open().reveal()
