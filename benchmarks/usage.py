"""Measure how many counts of calls the database takes: `python -m benchmarks.usage`.

A process writes every two seconds what it counted, a row for each token, secret and
caller that called in that hour. How often each called makes no difference. What is shown
is how many such rows are written in a second, where they are new (the beginning of an
hour) and where they are there already, and how many callers that is in two seconds.
"""

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from datetime import timedelta
from itertools import islice, product

import django
from django.core.management import call_command

from benchmarks.__main__ import machine, product_settings

SIZES = 1_000, 10_000, 20_000
ROUNDS = 5
FLUSH_SECONDS = 2


def main():
    parser = argparse.ArgumentParser(prog="benchmarks.usage", description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--tokens", type=int, default=1_000)
    parser.add_argument("--database", help="URL of an empty PostgreSQL database")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tollgate-benchmark-") as scratch:
        os.environ |= product_settings(scratch, options.database)
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        django.setup()
        call_command("migrate", verbosity=0)
        call_command("createcachetable", verbosity=0)
        quiet = open(os.devnull, "w")  # noqa: SIM115 -- ends with the process
        call_command("generate_load", accounts=1, tokens=options.tokens, stdout=quiet)
        print(machine())
        print(f"{'rows at once':>14}{'new, a second':>16}{'known, a second':>18}")
        for rows in options.rows:
            new, known = measure(rows)
            print(f"{rows:>14,}{new:>16,.0f}{known:>18,.0f}", flush=True)
        per_flush = known * FLUSH_SECONDS
        print(f"One process keeps up with {per_flush:,.0f} callers in two seconds.")


def measure(rows):
    """Return how many rows are written in a second: new ones, and ones that are there."""
    # Models can be imported only now.
    from accounts.clock import clock  # noqa: PLC0415
    from tokens.models import TokenUsage  # noqa: PLC0415

    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    new, known = [], []
    for number in range(ROUNDS):
        counts, at = calls(rows), hour - timedelta(hours=number)
        for seconds in (new, known):
            begun = time.perf_counter()
            TokenUsage.objects.add_calls(counts, at)
            seconds.append(time.perf_counter() - begun)
    TokenUsage.objects.all().delete()
    return rows / min(new), rows / min(known)


def calls(rows):
    """Return counts of so many callers, spread over all tokens."""
    from tokens.models import StoredSecret  # noqa: PLC0415

    secrets = list(StoredSecret.objects.values_list("token_id", "pk"))
    addresses = [f"10.0.{number // 250}.{number % 250}" for number in range(200)]
    keys = ((*secret, each, "curl/8") for each, secret in product(addresses, secrets))
    return Counter(dict.fromkeys(islice(keys, rows), 7))


if __name__ == "__main__":
    sys.exit(main())
