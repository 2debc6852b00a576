"""The application of the gate's own listeners: it answers gateways, and nobody else.

No URLs, middleware or templates are loaded: no page can be in the gate's way.
"""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

# Models can be imported only now.
from gateway.verify import background  # noqa: E402
from gateway.verify.decisions import Decision, said  # noqa: E402
from gateway.verify.gate import PREFIX, Gate, NotRememberedError  # noqa: E402

NOT_HERE = Decision("404 Not Found", *said("Only gateways ask here"))


class Apart:
    """A Gate without the portal."""

    def __init__(self, gate):
        self.gate = gate
        self._remembering = gate.remembering()

    def begin(self):
        """Watch the database from now on."""
        background.start(self.gate)

    def at_once(self, question):
        """Return the Decision about a question, or None when that has to be waited for."""
        if not question["PATH_INFO"].startswith(PREFIX):
            return NOT_HERE
        try:
            return self._remembering.answer(question)
        except NotRememberedError:
            return None

    def answer(self, question):
        """Return the Decision about a question of a gateway."""
        return self.gate.answer(question)


application = Apart(Gate())
trusting = Apart(Gate(trusts_callers=True))
