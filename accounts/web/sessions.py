"""Sessions in the database, which knows a hash of what the browser has.

Whoever reads the table, a backup or a list of somebody's sessions cannot use one.
"""

import re
from hashlib import sha256

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.utils.crypto import get_random_string

COOKIE_CHARACTERS = 32
COOKIE = re.compile(f"[{VALID_KEY_CHARS}]{{{COOKIE_CHARACTERS}}}")
# What fits into the columns of Django and allauth: 160 of 256 bits.
NAME_CHARACTERS = 40
NAME = re.compile(f"[0-9a-f]{{{NAME_CHARACTERS}}}")


def name_of(cookie):
    """Return the key under which the database has the session of a cookie."""
    return sha256(cookie.encode()).hexdigest()[:NAME_CHARACTERS]


class SessionStore(db.SessionStore):
    """`session_key` is the name in the database, `cookie` what the browser is to keep."""

    cookie = None

    @classmethod
    def of_cookie(cls, text):
        """Return the session of a cookie; what no session has is not looked up."""
        if not COOKIE.fullmatch(text):
            return cls()
        session = cls(name_of(text))
        session.cookie = text
        return session

    def _get_new_session_key(self):
        self.cookie = get_random_string(COOKIE_CHARACTERS, VALID_KEY_CHARS)
        return name_of(self.cookie)

    def _validate_session_key(self, key):
        return bool(key and NAME.fullmatch(key))
