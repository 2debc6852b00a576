"""Fill a portal's database for what goes through proxies; prints what opens it, as JSON."""

import json
import sys
from io import StringIO
from itertools import batched

import django
from django.core.management import call_command

# A change of one makes proxies forget what they remember of it, and of no other.
ORGANISATIONS = 100


def main():
    tokens, revoked, stopped = map(int, sys.argv[1:])
    organisations = min(ORGANISATIONS, tokens)
    django.setup()
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    printed = StringIO()
    call_command("create_token", "proxy", kind="gateway", stdout=printed)
    api, main_account = organisation("Measured", tokens // organisations)
    for number in range(1, organisations):
        organisation(f"Other {number}", tokens // organisations)
    used = [secret for _, secret in logs_tokens()]
    made = {"gateway": printed.getvalue().strip(), "api": api, "used": used}
    for name, count in (("revoked", revoked), ("stopped", stopped)):
        add(main_account, count, name)
        made[name] = list(logs_tokens(name))
    stop()
    json.dump(made, sys.stdout)


def organisation(name, tokens):
    """Make an organisation with so many log tokens; return an API token and its account."""
    from demo.load import generate  # noqa: PLC0415 -- only after setup

    made = generate(name=name, accounts=1, tokens=2, progress=lambda count: None)
    add(made.main, tokens, "used")
    return made.secret.reveal(), made.main


def add(account, count, name):
    from demo.load import BATCH, _make_tokens  # noqa: PLC0415 -- only after setup
    from tokens.kinds import Kind  # noqa: PLC0415 -- the same

    plans = ((account, Kind.LOGS, f"{name} {number:06}") for number in range(count))
    for batch in batched(plans, BATCH):
        _make_tokens(account, batch)


def logs_tokens(name="used"):
    """Yield id and secret of the tokens that were added under a name."""
    from tokens.models import StoredSecret  # noqa: PLC0415 -- only after setup

    rows = StoredSecret.objects.filter(token__name__startswith=f"{name} ")
    for row in rows.select_related("token").order_by("pk"):
        yield row.token_id, row.open().reveal()


def stop():
    from django.utils import timezone  # noqa: PLC0415 -- only after setup

    from tokens.models import Token  # noqa: PLC0415 -- the same

    tokens = Token.objects.filter(name__startswith="stopped ")
    tokens.update(disabled_at=timezone.now())


if __name__ == "__main__":
    main()
