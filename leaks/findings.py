"""Reports of scanners: a list of findings, in the form that GitHub's partners get.

Each is an object with `token` and, if known, `url`, where it was found, and `type`, what
the scanner calls it; other fields are ignored.
https://docs.github.com/code-security/secret-scanning/secret-scanning-partner-program
"""

import json
from typing import NamedTuple

from accounts.names import UNSEEN
from accounts.rule_violations import RuleViolation
from leaks.models import MAX_PLACE
from tokens.naming import CONTROL
from tokens.secrets import masked_within

MOST_FINDINGS = 10_000
MOST_BYTES = 16 * 1024 * 1024
FORM = 'Send a list of objects, such as [{"token": "tgl_…", "url": "https://…"}].'


class BadReport(RuleViolation):
    """400: what came is no list of findings. Its sentence is all that is answered."""

    status = 400

    def __init__(self, sentence):
        super().__init__("bad_report", sentence)


class TooMuch(BadReport):
    status = 413


class ReportedToken(NamedTuple):
    """A text that may be a token, and where it was found; a blank place is unknown."""

    token: str
    place: str
    # What the scanner calls such tokens.
    type: str = ""


def read_findings(body):
    """Return the Findings in the JSON of a request; raises BadReport or TooMuch."""
    try:
        rows = json.loads(body)
    except (ValueError, RecursionError):
        raise BadReport(f"The body is not JSON. {FORM}") from None
    if not isinstance(rows, list):
        raise BadReport(f"The body is not a list. {FORM}")
    if len(rows) > MOST_FINDINGS:
        raise TooMuch(
            f"{MOST_FINDINGS:,} findings at once are the most: send two lists.",
        )
    return [_finding(row, number) for number, row in enumerate(rows, start=1)]


def _finding(row, number):
    if not isinstance(row, dict):
        raise BadReport(f"Finding {number} is not an object. {FORM}")
    token, place, kind = (row.get(name) or "" for name in ("token", "url", "type"))
    if not isinstance(token, str) or not token:
        raise BadReport(f"Finding {number} has no token. {FORM}")
    if not isinstance(place, str) or not isinstance(kind, str):
        raise BadReport(f"url and type of finding {number} have to be texts.")
    return ReportedToken(token, clean_place(place), kind)


def clean_place(text):
    """Return a place as people may read it: of secrets in it only the beginning is left."""
    seen = UNSEEN.sub("", CONTROL.sub(" ", masked_within(text)))
    # Half of a pair, which JSON can have and no database takes.
    return seen.encode(errors="replace").decode().strip()[:MAX_PLACE]
