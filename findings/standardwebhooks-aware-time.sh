#!/usr/bin/env bash
# standardwebhooks 1.1.0, the library of Standard Webhooks for Python.
# One would guess: a datetime that knows its zone is one moment, whatever the zone, and its
# signature is one, too.
# Instead: sign() takes what the clock on the wall shows for UTC and ignores the zone. Two
# equal datetimes have two signatures, and the one in local time does not fit the header
# webhook-timestamp of the same moment: each receiver refuses it, and none near UTC notices.
# For who sends webhooks: make the moment with UTC, and have one test run in another zone.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check standardwebhooks==1.1.0
venv/bin/python - <<'PYTHON'
import base64, importlib.metadata, sys
from datetime import UTC, datetime, timedelta, timezone

from standardwebhooks import Webhook, WebhookVerificationError

webhook = Webhook(base64.b64encode(bytes(32)).decode())

def accepted(moment):
    headers = {
        "webhook-id": "message",
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": webhook.sign("message", moment, "{}"),
    }
    try:
        webhook.verify("{}", headers)
    except WebhookVerificationError as refusal:
        return f"refused: {refusal}"
    return "accepted"

print("standardwebhooks", importlib.metadata.version("standardwebhooks"))
utc = datetime.now(UTC)
berlin = utc.astimezone(timezone(timedelta(hours=1)))
print("equal:", utc == berlin, "- equal signatures:",
      webhook.sign("message", utc, "{}") == webhook.sign("message", berlin, "{}"))
seen = [accepted(utc), accepted(berlin)]
print(f"signed in UTC: {seen[0]}; signed an hour east of it: {seen[1]}")
if seen[0] != "accepted" or seen[1] == "accepted":
    sys.exit("sign() takes the zone of a datetime into account now.")
PYTHON
