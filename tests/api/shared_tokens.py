"""Where shared tokens are, and what is said of those that are not."""

SHARED = "/v1/shared-tokens"
WEEK = 7 * 24 * 3600


def told(message):
    return 400, {"message": message}


def unknown(account, pk, what="token"):
    return told(f"{what} with id {pk} not found for account {account.pk}")
