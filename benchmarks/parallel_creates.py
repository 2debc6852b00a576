"""Let eight processes make tokens, in one organisation and in eight of them, in turns.

Each has an account of its own, so that all that one waits for is the chain of events that
an organisation has. Prints {"one": how many a second, "eight": how many}, as JSON.
"""

import json
import multiprocessing
import secrets
import statistics
import sys
import time

import django

MAKERS, ROUNDS = 8, 5
ONE, EIGHT = "one", "eight"


def main():
    seconds = float(sys.argv[1])
    django.setup()
    places = {ONE: in_one_organisation(), EIGHT: in_eight_organisations()}
    multiprocessing.set_start_method("spawn")
    rates = {name: [] for name in places}
    with multiprocessing.Pool(MAKERS, initializer=django.setup) as makers:
        # Each of them connects before anything is measured.
        at_once(makers, places[EIGHT], 1)
        for _ in range(ROUNDS):
            for name, accounts in places.items():
                made = at_once(makers, accounts, seconds)
                rates[name].append(made / seconds)
    medians = {name: statistics.median(each) for name, each in rates.items()}
    json.dump(medians, sys.stdout)


def at_once(makers, accounts, seconds):
    begin = time.monotonic() + 0.2
    told = [(account, begin, begin + seconds) for account in accounts]
    return sum(makers.map(make_tokens, told, chunksize=1))


def in_one_organisation():
    from accounts.lifecycle import open_account  # noqa: PLC0415 -- only after setup

    main = found(MAKERS)
    subs = [
        open_account(
            main.organisation, kind="sub", name=f"Sub {n}", max_daily_gb=1, by=by()
        )
        for n in range(MAKERS)
    ]
    return [sub.pk for sub in subs]


def in_eight_organisations():
    return [found(1).pk for _ in range(MAKERS)]


def found(gigabytes):
    from accounts.lifecycle import found_organisation  # noqa: PLC0415 -- only after setup

    return found_organisation(
        name=f"Makers {secrets.token_hex(8)}",
        plan="enterprise",
        daily_gb=gigabytes,
        max_sub_accounts=MAKERS,
        by=by(),
    )


def by():
    from accounts.audit.trail import Actor  # noqa: PLC0415 -- only after setup

    return Actor.console()


def make_tokens(told):
    """Make tokens of an account between two moments; returns how many."""
    from accounts.models import Account  # noqa: PLC0415 -- only after setup
    from tokens.models import Token  # noqa: PLC0415 -- the same

    pk, begin, end = told
    account, made = Account.objects.select_related("organisation").get(pk=pk), 0
    time.sleep(max(0, begin - time.monotonic()))
    while time.monotonic() < end:
        name = secrets.token_hex(8)
        Token.issue(account=account, kind="api", name=name, enabled=False, by=by())
        made += 1
    return made


if __name__ == "__main__":
    main()
