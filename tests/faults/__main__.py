"""Let the database fail in every way while gateways ask and a script writes.

It prints one table, and ends with 1 when anything was lost or answered wrongly.
"""

import os
import sys
import time

from tests.faults.causes import CAUSES

HEADS = ("times", "acknowledged", "lost", "wrong", "refused")
TIMES = ("silence s", "question s", "write s")


def main():
    most, wanted = int(os.environ.get("COUNT") or 1_000_000), sys.argv[1:]
    bad = False
    print(f"{'':30}" + "".join(f"{head:>13}" for head in (*HEADS, *TIMES)))
    for name, (cause, usual) in CAUSES.items():
        if wanted and cause.__name__ not in wanted:
            continue
        times = min(usual, most)
        began = time.monotonic()
        seen, kept = cause(times)
        lost = [pk for pk in seen.acknowledged if pk not in kept]
        counts = (times, len(seen.acknowledged), len(lost), len(seen.wrong))
        shown = "".join(f"{count:>13,}" for count in (*counts, seen.refused))
        waits = (seen.silence, seen.slowest_question, seen.slowest_write)
        shown += "".join(f"{wait:>13.2f}" for wait in waits)
        print(f"{name:30}{shown}", flush=True)
        print(f"  in {time.monotonic() - began:,.0f} s", file=sys.stderr)
        if lost or seen.wrong:
            bad = True
            print(f"  lost {lost[:9]}, wrong {seen.wrong[:9]}")
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
