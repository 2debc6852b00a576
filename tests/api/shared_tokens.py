"""Where shared tokens are, how long they last, and what is said of unknown ones."""

SHARED = "/v1/shared-tokens"
WEEK = 7 * 24 * 3600


def told(message):
    return 400, {"message": message}


def unknown(account, pk, what="token"):
    return told(f"{what} with id {pk} not found for account {account.pk}")
