"""Sessions in the database, which is asked only for keys that one can have."""

import re

from django.contrib.sessions.backends import db

KEY = re.compile("[a-z0-9]{32}")


class SessionStore(db.SessionStore):
    def _validate_session_key(self, key):
        # PostgreSQL takes no NUL: each page would fail for a cookie that has one.
        return bool(key and KEY.fullmatch(key))
