"""A gate whose answers are counted and timed."""

from time import perf_counter

from accounts.metrics import BUCKET_BOUNDS, Durations
from gateway.verify.gate import SIGNALS_AT, signal_at
from gateway.verify.signal import SIGNAL_NAMES

OTHER = "other"
FIRST = BUCKET_BOUNDS[0]


class Measured:
    """A WSGI application: a Gate, with `times` of its answers by what was asked and status."""

    def __init__(self, gate):
        self._answer, self._addresses = gate.answer, gate.addresses
        self.times = Durations()
        self._cells = {}

    def __call__(self, environ, start_response):
        path = environ["PATH_INFO"]
        answer = self._addresses.get(path, self._answer)
        begun = perf_counter()
        decision = answer(environ)
        seconds = perf_counter() - begun
        key = path, decision.status
        cell = self._cells.get(key) or self._cell(*key)
        if seconds <= FIRST:
            # Most take no longer; a call less is a hundredth of an answer.
            cell.first()
            cell.seconds += seconds
        else:
            cell.note(seconds)
        start_response(decision.status, decision.headers)
        return decision.body

    def _cell(self, path, status):
        cell = self.times.cell((self._name(path), status[:3]))
        # What strangers and Envoy write behind it must not fill the memory.
        if path in SIGNALS_AT or path in self._addresses:
            self._cells[path, status] = cell
        return cell

    def _name(self, path):
        if path in self._addresses:
            return path.rpartition("/")[2]
        signal = signal_at(path)
        return SIGNAL_NAMES[signal.number] if signal else OTHER
