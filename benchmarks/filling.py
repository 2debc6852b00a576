"""Fill a portal's database for the measuring of calls; prints what opens it, as JSON."""

import json
import sys
from io import StringIO

import django
from django.core.management import call_command


def main():
    tokens = int(sys.argv[1])
    django.setup()
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    made = {
        "api": said("generate_load", accounts=10, tokens=tokens, print_token=True),
        "gateway": said("create_token", "proxy", kind="gateway"),
        "invented": invented(),
    }
    json.dump(made, sys.stdout)


def said(*command, **options):
    printed = StringIO()
    call_command(*command, **options, stdout=printed, stderr=StringIO())
    return printed.getvalue().strip()


def invented():
    """Return tokens that are well formed and that nobody has."""
    from gateway.memory import MAX_UNKNOWN  # noqa: PLC0415 -- models come first
    from tokens.handover import print_out  # noqa: PLC0415 -- the same
    from tokens.kinds import Kind  # noqa: PLC0415 -- the same
    from tokens.secrets import make  # noqa: PLC0415 -- the same

    printed = StringIO()
    # Twice as many as a worker remembers: each is forgotten before it comes again.
    for _ in range(2 * MAX_UNKNOWN):
        print_out(make(Kind.API), printed)
    return printed.getvalue().split()


if __name__ == "__main__":
    main()
