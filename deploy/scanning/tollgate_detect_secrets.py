"""A plugin of detect-secrets 1.5 that finds the tokens of Tollgate, and nothing else.

detect-secrets scan --plugin tollgate_detect_secrets.py
"""

import re
import string
import zlib

from detect_secrets.plugins.base import RegexBasedDetector

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
# The last six of a token's characters are the checksum of what stands before them.
CHECK_CHARACTERS = 6


def checksum(text):
    """Return the CRC-32 of a text in six characters of base62."""
    number, letters = zlib.crc32(text.encode()), []
    for _ in range(CHECK_CHARACTERS):
        number, digit = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[digit])
    return "".join(reversed(letters))


class TollgateDetector(RegexBasedDetector):
    secret_type = "Tollgate Token"
    denylist = (
        re.compile(r"(?<![0-9A-Za-z_])tg[aglmrst]_[0-9A-Za-z]{49}(?![0-9A-Za-z_])"),
    )

    def analyze_string(self, string, **kwargs):
        for found in super().analyze_string(string, **kwargs):
            if checksum(found[:-CHECK_CHARACTERS]) == found[-CHECK_CHARACTERS:]:
                yield found
