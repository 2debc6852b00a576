import logging
import time
import unicodedata
from contextvars import ContextVar

SECONDS_APART = 60
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


class Seldom:
    """Warns of what strangers can bring about at every request once a minute only."""

    def __init__(self, logger):
        self._logger = logger
        self._said_at = 0

    def warn(self, text, *words):
        now = time.time()
        if abs(now - self._said_at) >= SECONDS_APART:
            self._said_at = now
            self._logger.warning(text, *words)
