import copy
import json
import logging
import re
import time
import unicodedata
from contextvars import ContextVar
from datetime import UTC, datetime
from math import inf

from accounts.web.tracing import traceparent

SECONDS_APART = 60
# No address of ours has one; secrets are longer, those of other systems as well.
LONG_PART = re.compile(r"[^/]{24,}")
# Of the request that a thread is at, or was at last.
request_id = ContextVar("request_id", default="")


class OneLineFormatter(logging.Formatter):
    """Keep a record's message on one line, whatever a caller put into it."""

    def formatMessage(self, record):  # noqa: N802 -- logging's name
        record.message = "".join(
            f"\\x{ord(letter):02x}" if unicodedata.category(letter) == "Cc" else letter
            for letter in record.message
        )
        if current := request_id.get():
            record.message = f"[{current}] {record.message}"
        return super().formatMessage(record)


class JsonFormatter(logging.Formatter):
    """Write a record as a line of JSON, with the `fields` that it was given besides."""

    def format(self, record):
        moment = datetime.fromtimestamp(record.created, UTC)
        fields = {
            "time": moment.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": request_id.get(),
            "traceparent": traceparent.get(),
        }
        fields |= getattr(record, "fields", {})
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        return json.dumps({name: each for name, each in fields.items() if each != ""})


class WithoutSecrets(logging.Filter):
    """Leave out of addresses that are logged what may be the secret of a link or a token."""

    def filter(self, record):
        record.args = tuple(map(without_secrets, record.args))
        return True


def without_secrets(argument):
    """Return an address with each long part of it left out, and anything else as it is."""
    if not isinstance(argument, str) or not argument.startswith("/"):
        return argument
    return LONG_PART.sub("…", argument)


class OnceAMinute:
    """Tells of each thing once a minute that its turn has come."""

    def __init__(self):
        self._turns = {}

    def is_due(self, what):
        now = time.time()
        if abs(now - self._turns.get(what, -inf)) < SECONDS_APART:
            return False
        self._turns[what] = now
        return True


class FewOfStrangers(logging.Filter):
    """Let pass one record a minute of each kind below `name`, and no traceback of it.

    Strangers bring them about at will, with a Host that is none of ours for example.
    """

    def __init__(self, name):
        super().__init__(name)
        self._turns = OnceAMinute()

    def filter(self, record):
        if not super().filter(record):
            return True
        if not self._turns.is_due(record.name):
            return False
        short = copy.copy(record)
        short.exc_info = None
        return short


class Seldom:
    """Warns of what strangers can bring about at every request once a minute only."""

    def __init__(self, logger):
        self._logger = logger
        self._turns = OnceAMinute()

    def warn(self, text, *words):
        if self._turns.is_due(self._logger.name):
            self._logger.warning(text, *words)
