import logging
import unicodedata


class OneLineFormatter(logging.Formatter):
    """Keep a record's message on one line, whatever a caller put into it."""

    def formatMessage(self, record):  # noqa: N802 -- logging's name
        record.message = "".join(
            f"\\x{ord(letter):02x}" if unicodedata.category(letter) == "Cc" else letter
            for letter in record.message
        )
        return super().formatMessage(record)
