"""What stands between a portal and its database in tests: it can hang and be turned."""

import socket
import threading
from contextlib import closing, contextmanager, suppress
from select import select

PIECE = 65536


class Relay:
    """Carries bytes from a port of 127.0.0.1 to a PostgreSQL's socket and back.

    While it hangs it drops nothing and carries nothing, in neither direction: to both
    ends that is a network that swallows packets.
    """

    def __init__(self, target):
        self._target = target
        self._open = threading.Event()
        self._open.set()
        self._over = False
        self._pairs = set()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]

    @contextmanager
    def running(self):
        threading.Thread(target=self._accept, daemon=True).start()
        try:
            yield self
        finally:
            self._over = True
            self._open.set()
            self._listening.close()
            self.cut()

    def hang(self):
        self._open.clear()

    def go_on(self):
        self._open.set()

    def turn(self, target):
        """Lead to another server from now on; what is open breaks."""
        self.lead(target)
        self.cut()

    def lead(self, target):
        """Lead to another server from now on; what is open stays with the one before."""
        self._target = target

    def cut(self):
        for pair in list(self._pairs):
            for end in pair:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def _accept(self):
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near):
        with closing(near), closing(socket.socket(socket.AF_UNIX)) as far:
            with suppress(OSError):
                self._open.wait()
                far.connect(self._target)
                self._pairs.add((near, far))
                while self._step(near, far):
                    pass
            self._pairs.discard((near, far))

    def _step(self, near, far):
        """Carry one piece; returns whether there may be another."""
        for end in select((near, far), (), (), 1)[0]:
            piece = end.recv(PIECE)
            self._open.wait()
            if not piece:
                return False
            (far if end is near else near).sendall(piece)
        return not self._over
