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

from accounts.metrics import FOLDER  # noqa: E402
from demo.listener import DemoListener  # noqa: E402
from gateway.metrics.report import reporter_of  # noqa: E402
from gateway.verify import background  # noqa: E402
from gateway.verify.answer_times import Measured  # noqa: E402
from gateway.verify.gate import VERIFY_PATH, Gate  # noqa: E402

# Whose program sends what this server cannot read is not nobody.
UNREADABLE = "unreadable"


def nothing(environ, start_response):
    start_response("404 Not Found", [("Content-Type", "text/plain")])
    return [b"Only gateways ask here\n"]


class Apart:
    """A Gate without the portal; its background threads begin with its first question.

    `name` is what it is called where metrics are asked for; its answers are timed only
    when they are.
    """

    def __init__(self, gate, name, otherwise=nothing):
        self.gate, self._name = gate, name
        self._measured = Measured(gate) if FOLDER in os.environ else None
        # Bound, it takes a hundredth of an answer less.
        self._answer = (self._measured or gate).__call__
        self._otherwise = otherwise
        self._begun = threading.Lock()
        self._has_begun = False

    def __call__(self, environ, start_response):
        # To take the lock in vain costs a twentieth of an answer.
        if not self._has_begun:
            self.begin()
        if environ.get("HTTP_USER_AGENT") == "":
            environ["HTTP_USER_AGENT"] = UNREADABLE
        path = environ["PATH_INFO"]
        if path.startswith(VERIFY_PATH) or path in self.gate.addresses:
            return self._answer(environ, start_response)
        return self._otherwise(environ, start_response)

    def begin(self):
        if self._begun.acquire(blocking=False):
            reporter = reporter_of(self._name, self.gate, self._measured)
            background.start(self.gate, reporter=reporter)
            self._has_begun = True


gate = Gate()
application = Apart(gate, "gateway", DemoListener(gate) if settings.DEMO else nothing)
trusting = Apart(Gate(trusts_callers=True), "gateway_socket")
