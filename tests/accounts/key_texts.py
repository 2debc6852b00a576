"""Keys as settings have them: those of the tests, and others."""

import base64

from tests.environment import KEYS

OLD_ENC = KEYS["TOLLGATE_ENC_KEYS"]
OLD_INDEX = KEYS["TOLLGATE_INDEX_KEYS"]
OLD_AUDIT = KEYS["TOLLGATE_AUDIT_KEY"]


def key(letter):
    return base64.b64encode(letter.encode() * 32).decode()
