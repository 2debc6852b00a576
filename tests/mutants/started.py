"""Which lines a test comes to: it is the likeliest to notice a change of one of them."""

import sys
from contextlib import contextmanager

monitoring = sys.monitoring
TOOL = monitoring.PROFILER_ID


class Started:
    """Listens to which functions of some files are started."""

    def __init__(self, files):
        self.files, self._seen = files, set()

    @contextmanager
    def listening(self):
        monitoring.use_tool_id(TOOL, "mutants")
        started = monitoring.events.PY_START
        monitoring.register_callback(TOOL, started, self._note)
        monitoring.set_events(TOOL, started)
        try:
            yield
        finally:
            monitoring.set_events(TOOL, monitoring.events.NO_EVENTS)
            monitoring.free_tool_id(TOOL)

    def _note(self, code, _):
        if code.co_filename in self.files:
            lines = [line for _, _, line in code.co_lines() if line]
            self._seen.add((code.co_filename, code.co_firstlineno, max(lines)))
        # Once in each test is enough.
        return monitoring.DISABLE

    def begin(self):
        self._seen = set()
        monitoring.restart_events()

    def found(self):
        """Return (file, first line, last line) of what was started since `begin`."""
        return self._seen
