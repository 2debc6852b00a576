"""What the fields of the API mean, each with an example, by their names.

A name stands for one thing wherever it occurs; `Schema.name` says where it is another.
"""

from typing import NamedTuple

MADE = object()
SECONDS = "in seconds since 1970, with a fraction"
MILLISECONDS = "in milliseconds since 1970"
AT = 1767225600.25
AT_MS = 1767225600250


class Entry(NamedTuple):
    """What a field means, and an example unless it is made of its parts."""

    meaning: str
    example: object = MADE


FIELDS = {
    "accessible": ("Whether people and tokens of the main account get in.", True),
    "accountId": ("The account's id.", 1042),
    "accountID": ("The id of the account that the person belongs to.", 1042),
    "accountName": ("The account's name.", "Staging"),
    "NewMetricsAccount.accountName": (
        "The account's name; without it the main account's with `_metrics` behind it.",
        "Staging metrics",
    ),
    "accountToken": (
        "The whole text of the account's default log shipping token. Null where the "
        "account is not accessible, and wherever it is not asked for.",
        "tgl_8fJ2kQ1xR0cV5nB7mL3pZ9sD4gH6jT1wYqEeUiOoPaAsSdFfGgHh2",
    ),
    "accountsToScan": ("The ids of the log accounts that it reads.", [1042]),
    "active": ("Whether it works right now.", True),
    "auditEventType": ("A kind of event by its code or its title.", "TOKEN_CREATED"),
    "AuditQuery.auditEventType": (
        "Only events of one kind: its code, its title, or an element of "
        "`auditEventTypesList`.",
        "TOKEN_CREATED",
    ),
    "auditEventTypeTitle": ("The kind of event in words.", "Created a token"),
    "auditEventTypesList": ("The kinds that there are, when asked for.",),
    "auditEventUser": ("Who did it: a person or a token.",),
    "AuditQuery.auditEventUser": ("Only what one person or token did.",),
    "auditEventUsersList": ("Everybody who did something, when asked for.",),
    "authorizedAccountsIds": (
        "The ids of the accounts that may read the metrics.",
        [1043],
    ),
    "bytes": ("How much arrived that day.", 1048576),
    "code": ("The status once more.", 400),
    "createdAt": (f"When it was made, {SECONDS}.", AT),
    "MetricsAccount.createdAt": (f"When it was made, {MILLISECONDS}.", AT_MS),
    "SecurityAccount.createdAt": ("When it was made.", "2026-01-01T00:00:00Z"),
    "createdBy": (
        "The e-mail address of who made it; for a token that of its own maker.",
        "dana@acme.example",
    ),
    "createdDate": (f"When it was made, {MILLISECONDS}.", AT_MS),
    "dailyUsagesList": ("What arrived on each day. Tollgate does not count it.",),
    "DailyCount.date": (f"The day, {MILLISECONDS}.", AT_MS),
    "Event.date": (f"When it happened, {MILLISECONDS}.", AT_MS),
    "deleted": ("Whether the person is gone.", False),
    "descending": ("Begin with the last one.", False),
    "description": ("What the filter is for.", "Production only"),
    "docSizeSetting": ("Add the size of each log as the field `LogSize`.", False),
    "email": (
        "The account's first admin, who has to be an admin of the main account.",
        "dana@acme.example",
    ),
    "TimeBasedAccount.email": ("Always null when an account is read.", None),
    "enabled": ("Whether the token works.", True),
    "LogTokenBody.enabled": (
        "False makes a token that does not work yet. Default true.",
        True,
    ),
    "LogTokenFilter.enabled": (
        "True for the tokens that work, false for the others.",
        True,
    ),
    "errorCode": ("What went wrong, for programs.", "whoami/UNAVAILABLE"),
    "errorMessage": (
        "Always the same words.",
        "Request cannot be processed due to validation errors",
    ),
    "esIndexPrefix": ("What the names of its indices begin with.", "account-1042"),
    "eventTypes": ("The codes of what happened.", ["LOGIN", "TOKEN_CREATED"]),
    "expirationDate": (f"When the link stops, {SECONDS}; null for never.", AT + 604800),
    "NewShare.expirationDate": (
        f"When the link stops, {SECONDS}. Without it after 7 days; null is for never, "
        "where the organisation allows it.",
        AT + 604800,
    ),
    "extraDataList": ("What it happened to, and what changed.",),
    "field": ("The field of a log that has to be equal to the value.", "env"),
    "LogTokenSort.field": ("What to sort by.", "createdAt"),
    "fieldName": ("What changed.", "Name"),
    "filter": ("Which tokens.",),
    "filters": ("The ids of filters of the account.", [5]),
    "SharedToken.filters": ("The ids of its filters; null for none.", [5]),
    "NewShare.filters": (
        "The ids of filters of the account. An empty list shows everything.",
        [5],
    ),
    "filtersOperator": ("Whether a log must pass all filters or any.", "AND"),
    "frequencyMinutes": ("How often, in minutes.", 10),
    "from": ("How many events to leave out.", 0),
    "fromDate": (f"Only events from then on, {MILLISECONDS}.", AT_MS),
    "fullName": ("The person's name.", "Dana Levi"),
    "AuditEventUser.fullName": ("The name of the person or token.", "Dana Levi"),
    "AskedUser.fullName": ("The name or the e-mail address.", "Dana Levi"),
    "geoLocation": ("Always null: addresses are not looked up.", None),
    "id": ("Its id.", 77),
    "AskedUser.id": ("The id of the person or token; goes before the name.", 7),
    "AuditEventUser.id": ("The id of the person or token, or 0.", 7),
    "User.id": ("The person's id.", 7),
    "UserId.id": ("The person's id.", 7),
    "includeFiltersData": ("Answer also what there is to narrow by.", False),
    "ip": ("The address that it was done from.", "203.0.113.9"),
    "isCapped": ("Whether its flexible volume has a cap.", False),
    "isFlexible": (
        "Whether it has a reserved volume and shares the rest of the plan's.",
        False,
    ),
    "isOwner": ("Whether it is the main account.", False),
    "isUsingRepositoryAccount": ("Kept, and of no effect here.", False),
    "lastUpdatedDate": (f"When it was changed last, {MILLISECONDS}.", AT_MS),
    "lastUpdaterUserId": ("The id of the person who changed it last.", 7),
    "lastUsed": (f"When it was used last, {SECONDS}; null for never.", AT),
    "maxAllowedTokens": ("How many may work at once; 0 without logs.", 15),
    "maxDailyGB": ("Gigabytes a day; null for flexible ones without a cap.", 5),
    "message": ("What happened, for people.", "Insufficient privileges"),
    "Finished.message": (
        "What was done, and the accounts that were left out.",
        "Finished suspending user 7 from accounts.",
    ),
    "FieldError.message": ("What is wrong with it.", "must be given"),
    "name": ("A name of up to 100 characters.", "Fluent Bit"),
    "NewShare.name": ("Another spelling of `tokenName`.", "Status board"),
    "SharedToken.name": ("The token's name.", "Status board"),
    "ChildApiToken.name": ("The token's name.", "Terraform"),
    "ApiTokenMade.name": ("The token's name.", "Terraform"),
    "FieldError.name": ("The field, with dots for what is inside.", "accountName"),
    "newValue": ("What it is now.", "Fluent Bit"),
    "numOfEnabledTokens": ("How many work right now.", 1),
    "oldValue": ("What it was before.", "Beats"),
    "ownerAccountId": ("The main account's id.", 1),
    "pageNumber": ("The page, from 1.", 1),
    "pageSize": ("How many on a page.", 25),
    "AuditTrail.pageSize": ("How many were asked for.", 500),
    "pagination": ("Which page.",),
    "parameters": ("What the message is about.", {}),
    "path": ("What was called, without the version.", "/user-management"),
    "planUts": ("Unique time series that the account may have.", 1000),
    "post": ("The same once more: an old sample wraps it.",),
    "requestId": (
        "The id of the call, as in X-Request-Id.",
        "6f1c0f0e-8a43-4f0e-9b57-4a8b0a3f2d11",
    ),
    "reservedDailyGB": ("Gigabytes a day of its own, when flexible.", None),
    "results": ("What was found.",),
    "retentionDays": ("How many days logs are kept.", 7),
    "TimeBasedAccountChange.retentionDays": (
        "How many days logs are kept; 0 or nothing leaves it as it is.",
        7,
    ),
    "role": ("What the person may do.", "USER_ROLE_REGULAR"),
    "searchable": ("Whether the main account's tokens may search it.", True),
    "sharedGB": ("What is left of the plan for all, when flexible.", None),
    "sharingObjectsAccounts": ("The accounts that may use its saved objects.",),
    "NewTimeBasedAccount.sharingObjectsAccounts": (
        "The ids of accounts that may use its saved objects, in this order.",
        [1043],
    ),
    "TimeBasedAccountChange.sharingObjectsAccounts": (
        "The ids of accounts that may use its saved objects, in this order.",
        [1043],
    ),
    "size": ("How many events at most.", 50),
    "snapSearchRetentionDays": ("Days in the warm tier, or null.", None),
    "snapsearchRetentionDays": ("Another spelling of `snapSearchRetentionDays`.", None),
    "UserChange.accountId": ("Another spelling of `accountID`.", 1042),
    "NewUser.accountId": ("Another spelling of `accountID`.", 1042),
    "softLimitGB": ("A cap of a consumption plan, in gigabytes a day.", None),
    "sort": ("The order; without it the oldest first.",),
    "sortDescending": ("Newest first, which is how it is without it.", True),
    "subAccountId": ("The account's id.", 1042),
    "subAccountRelation": ("How the account stands to the main account.",),
    "toDate": (f"Only events until then, {MILLISECONDS}.", AT_MS),
    "token": (
        "The whole text of the token.",
        "tgl_8fJ2kQ1xR0cV5nB7mL3pZ9sD4gH6jT1wYqEeUiOoPaAsSdFfGgHh2",
    ),
    "MetricsAccount.token": (
        "The whole text of its metrics token; null where it is not accessible.",
        "tgm_8fJ2kQ1xR0cV5nB7mL3pZ9sD4gH6jT1wYqEeUiOoPaAsSdFfGgHh2",
    ),
    "ApiTokenMade.token": (
        "The whole text of the token. It is answered this once.",
        "tga_8fJ2kQ1xR0cV5nB7mL3pZ9sD4gH6jT1wYqEeUiOoPaAsSdFfGgHh2",
    ),
    "SharedToken.token": (
        "The whole text of the token.",
        "tgs_8fJ2kQ1xR0cV5nB7mL3pZ9sD4gH6jT1wYqEeUiOoPaAsSdFfGgHh2",
    ),
    "tokenName": ("A name of up to 100 characters.", "Status board"),
    "total": ("How many there are in all.", 1),
    "AuditTrail.total": ("How many there are, counted up to 500.", 1),
    "totalTimeBasedDailyGB": ("The plan's gigabytes a day, when flexible.", None),
    "type": ("The kind of account.", "SUB_ACCOUNT"),
    "FieldError.type": ("Where the field is.", "request_body"),
    "updatedAt": (f"When it was changed last, {SECONDS}.", AT),
    "updatedBy": ("Who changed it last.", "dana@acme.example"),
    "usage": ("One element for each day.", []),
    "userToken": ("Whether a token did it, and not a person.", False),
    "username": ("The e-mail address, which never changes.", "dana@acme.example"),
    "utilizationEnabled": ("Whether such logs are written.", False),
    "utilizationSettings": ("Logs about how much of the volume is in use.",),
    "valid": ("Always true.", True),
    "validationErrors": ("What is wrong, field by field.",),
    "value": ("What the field is to be equal to.", "prod"),
}


def look_up(schema, name):
    """Return what a field of a schema means, or None."""
    said = FIELDS.get(f"{schema}.{name}") or FIELDS.get(name)
    return said and Entry(*said)
