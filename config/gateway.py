"""The application of the gate's own listeners: it answers gateways, and in a demo senders.

No URLs, middleware or templates are loaded: no page can be in the gate's way.
"""

import os
import threading

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

# Models can be imported only now.
from django.conf import settings  # noqa: E402

from demo.listener import Listener  # noqa: E402
from gateway.verify import background  # noqa: E402
from gateway.verify.gate import PREFIX, Gate  # noqa: E402

# Whose program sends what this server cannot read is not nobody.
UNREADABLE = "unreadable"


def nothing(environ, start_response):
    start_response("404 Not Found", [("Content-Type", "text/plain")])
    return [b"Only gateways ask here\n"]


class Apart:
    """A Gate without the portal; its background threads begin with its first question."""

    def __init__(self, gate, otherwise=nothing):
        self.gate = gate
        self._otherwise = otherwise
        self._begun = threading.Lock()
        self._has_begun = False

    def __call__(self, environ, start_response):
        # To take the lock in vain costs a twentieth of an answer.
        if not self._has_begun:
            self._begin()
        if environ.get("HTTP_USER_AGENT") == "":
            environ["HTTP_USER_AGENT"] = UNREADABLE
        path = environ["PATH_INFO"]
        if path.startswith(PREFIX) or path in self.gate.addresses:
            return self.gate(environ, start_response)
        return self._otherwise(environ, start_response)

    def _begin(self):
        if self._begun.acquire(blocking=False):
            background.start(self.gate)
            self._has_begun = True


gate = Gate()
application = Apart(gate, Listener(gate) if settings.DEMO else nothing)
trusting = Apart(Gate(trusts_callers=True))
