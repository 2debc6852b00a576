"""Questions of gateways, as the server tells of them over RSGI.

It costs as little as WSGI and half of ASGI, and each header is looked up by its own
name: over WSGI, `X_Tollgate_Query` is `X-Tollgate-Query` as well, and what a client
sends replaces what its proxy says. Of a value with a byte above 127 RSGI only tells
that it is there.
"""

import asyncio
from collections import deque

from config.threads import Threads

# Whose program sends what no server of ours reads is not nobody.
UNREADABLE = {"HTTP_USER_AGENT": "unreadable"}
BETWEEN = {"HTTP_COOKIE": "; "}


class Names(dict):
    """From what WSGI calls a header to its name."""

    def __missing__(self, key):
        name = key.removeprefix("HTTP_").replace("_", "-").lower()
        return self.setdefault(key, name)


NAMES = Names()


class Question:
    """A request that reads like a WSGI environ, and looks up only what is read."""

    __slots__ = "_headers", "_scope"

    def __init__(self, scope):
        self._scope, self._headers = scope, scope.headers

    def __getitem__(self, key):
        if key == "PATH_INFO":
            return self._scope.path
        raise KeyError(key)

    def get(self, key, default=None):
        """Return a header, or who asks; an empty text for what cannot be read."""
        if key == "REMOTE_ADDR":
            return self._scope.client.rpartition(":")[0]
        values = self._headers.get_all(NAMES[key])
        if len(values) == 1:
            return values[0]
        if values:
            return BETWEEN.get(key, ",").join(values)
        return UNREADABLE.get(key, "") if NAMES[key] in self._headers else default


class Asked:
    """An RSGI application around one that has an answer at once, or must wait for it.

    Who waits does it in one of `threads` threads, and is in nobody's way.
    """

    def __init__(self, application, threads):
        self._application = application
        self._threads = Threads(threads)

    def __rsgi_init__(self, loop):
        self._application.begin()

    async def __rsgi__(self, scope, protocol):
        question = Question(scope)
        answer = self._application.at_once(question)
        if answer is None:
            answer = await self._threads.run(self._application.answer, question)
        status = int(answer.status[:3])
        if answer.body:
            protocol.response_bytes(status, answer.headers, b"".join(answer.body))
        else:
            protocol.response_empty(status, answer.headers)


class Loop(asyncio.SelectorEventLoop):
    """An event loop that is woken once for all that came meanwhile.

    Being woken takes two calls of the system, a tenth of the time of a question.
    """

    def __init__(self):
        super().__init__()
        self._came, self._is_told = deque(), False

    def call_soon_threadsafe(self, callback, *arguments, context=None):
        self._came.append((callback, arguments, context))
        if not self._is_told:
            self._is_told = True
            super().call_soon_threadsafe(self._take)

    def _take(self):
        # Before what came is taken: what comes after that tells the loop again.
        self._is_told = False
        while self._came:
            callback, arguments, context = self._came.popleft()
            self.call_soon(callback, *arguments, context=context)
