"""Tollgate's own HTTP API, as a command calls it."""

import time
import uuid
from importlib.metadata import version

import httpx

from client.failures import Unavailable, failure, not_tollgate, read_object

PAGE_SIZE = 200
PAUSES = (0.5, 1, 2)
LONGEST_WAIT = 60
# Who answers so has done nothing; proxies that answer for it do not know.
UNTOUCHED = {429, 503}
UNKNOWN = {502, 504}
# The code of who would have, but lost the database on the way.
UNSETTLED = "outcome_unknown"
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout)


class Server:
    """An address and the token that calls it."""

    def __init__(self, url, token, *, timeout, transport=None):
        self.root = url
        headers = {
            "Authorization": f"Bearer {token}",
            "User-Agent": f"tollgate/{version('tollgate')}",
        }
        try:
            self.http = httpx.Client(
                base_url=f"{url}/api/v1",
                headers=headers,
                timeout=timeout,
                transport=transport,
            )
        except OSError as error:
            raise Unavailable(f"No certificates to trust: {error}") from None

    def get(self, path, **query):
        return self._call("GET", path, params=query)

    def versioned(self, path):
        """Return what is at a path, and its version."""
        answer = self._answer("GET", path, repeatable=True)
        return self._contents(answer, frozenset()), _version(answer)

    def items(self, path, **query):
        """Yield the things of a list, page after page."""
        query = {name: value for name, value in query.items() if value is not None}
        query["limit"] = PAGE_SIZE
        cursors = set()
        while True:
            page = self._call("GET", path, params=query, keys={"items", "next"})
            yield from page["items"]
            query["cursor"] = page["next"]
            if page["next"] is None:
                return
            if page["next"] in cursors:
                raise Unavailable("The server gives the same page again and again.")
            cursors.add(page["next"])

    def post(self, path, body=None):
        """Post what may arrive twice."""
        return self._call("POST", path, json=body)

    def post_once(self, path, body=None):
        """Post what must happen once, however often it has to be sent."""
        key = {"Idempotency-Key": str(uuid.uuid4())}
        return self._call("POST", path, json=body, headers=key)

    def patch(self, path, body):
        """Change what is the same however often it is sent."""
        return self._call("PATCH", path, json=body)

    def delete(self, path):
        # Sent once more after it was done, it would look as if nothing was there.
        return self._call("DELETE", path, repeatable=False)

    def change(self, method, path, body=None, *, version):
        """Change what nobody else has changed since it had a version.

        Returns the contents of the answer and the version after it, None where there
        is none any more. Raises Stale when somebody was faster. It is not sent again
        where it may have been done: that would look as if somebody else had done it.
        """
        seen = {"If-Match": f'"{version}"'}
        parts = {} if body is None else {"json": body}
        answer = self._answer(method, path, headers=seen, repeatable=False, **parts)
        contents = self._contents(answer, frozenset())
        return contents, _version(answer)

    def mint(self, account_id, name, scopes):
        """Make an API token for a child account, by the one call that can.

        Without `scopes` it may do what the calling token may.
        """
        body = {"name": name, "accountId": account_id}
        body |= {"scopes": scopes} if scopes else {}
        return self.post_once(f"{self.root}/v1/api-tokens/sub-account", body)

    def _call(self, method, path, *, repeatable=True, keys=frozenset(), **parts):
        answer = self._answer(method, path, repeatable=repeatable, **parts)
        return self._contents(answer, keys)

    def _answer(self, method, path, *, repeatable, **parts):
        """Return the last answer, or the error in its place."""
        pauses = iter(PAUSES)
        while True:
            answer = self._send(method, path, **parts)
            pause = next(pauses, None)
            wait = _wait(answer, repeatable=repeatable)
            if pause is None or wait is None or wait > LONGEST_WAIT:
                return answer
            time.sleep(max(pause, wait))

    def _send(self, method, path, **parts):
        """Return the response, or the error that came instead."""
        try:
            return self.http.request(method, path, **parts)
        except httpx.RequestError as error:
            return error

    def _contents(self, answer, keys):
        if isinstance(answer, httpx.RequestError):
            raise Unavailable(self._silence(answer))
        if not answer.is_success:
            raise failure(answer)
        if not answer.content:
            return None
        contents = read_object(answer)
        if contents is None or not keys <= contents.keys():
            raise not_tollgate(answer)
        return contents

    def _silence(self, error):
        host = self.http.base_url.host
        if isinstance(error, httpx.TimeoutException):
            return f"{host} does not answer in time."
        if isinstance(error, httpx.ConnectError):
            return f"{host} cannot be reached: {error}"
        return f"The connection to {host} broke."


def _version(answer):
    text = answer.headers.get("ETag", "").strip('"')
    return int(text) if text.isdecimal() else None


def _wait(answer, *, repeatable):
    """Return after how many seconds at least to try again, or None for not at all."""
    if isinstance(answer, httpx.RequestError):
        return 0 if repeatable or isinstance(answer, NEVER_SENT) else None
    if _is_unsettled(answer):
        return 0 if repeatable else None
    if answer.status_code not in UNTOUCHED:
        return None
    asked = answer.headers.get("Retry-After", "0")
    return int(asked) if asked.isdecimal() else 0


def _is_unsettled(answer):
    """Whether nobody knows if what was asked for was done."""
    if answer.status_code in UNKNOWN:
        return True
    contents = read_object(answer) or {}
    return answer.status_code in UNTOUCHED and contents.get("code") == UNSETTLED
