"""Another Logz.io-compatible server, asked by its own HTTP API."""

import ipaddress
import json
import time
from urllib.parse import quote

import httpx

from accounts.web.tracing import handed_on

TIMEOUT = httpx.Timeout(30, connect=10)
PAUSES = (1, 2, 4, 8)
LONGEST_WAIT = 60
PASSING = {408, 425, 429, 500, 502, 503, 504}
PAGE_SIZE = 1000


class SourceError(Exception):
    """The source does not answer so that one could go on; later it may."""


class NonsenseError(SourceError):
    """The source answers something else than was asked."""


class DeniedError(SourceError):
    """The source does not give something to this token."""


class Source:
    """A server and the origin that moved things remember."""

    def __init__(self, url, *, plain_http=False):
        self.origin = _origin(url, plain_http=plain_http)
        try:
            self.http = httpx.Client(base_url=self.origin, timeout=TIMEOUT)
        except OSError as error:
            raise SourceError(f"There are no certificates to trust: {error}") from None

    def get(self, path, token):
        return self._ask("GET", path, token)

    def log_tokens(self, token, *, enabled):
        """Yield the log tokens of the token's account, page after page."""
        path, number, seen = "/v1/log-shipping/tokens/search", 1, 0
        while True:
            page = {"pageNumber": number, "pageSize": PAGE_SIZE}
            body = {"filter": {"enabled": enabled}, "pagination": page}
            answer = self._ask("POST", path, token, body)
            if not isinstance(answer, dict) or "results" not in answer:
                raise NonsenseError(f"The answer to {path} has no results.")
            yield from answer["results"]
            number, seen = number + 1, seen + len(answer["results"])
            if not answer["results"] or seen >= answer.get("total", 0):
                return

    def pages(self, path, token):
        """Yield the things of a list of Tollgate's own API, page after page."""
        cursor = ""
        while cursor is not None:
            page = self._ask("GET", f"{path}{cursor}", token)
            if not isinstance(page, dict) or not {"items", "next"} <= page.keys():
                raise NonsenseError(f"The answer to {path} is not a page.")
            yield from page["items"]
            cursor = page["next"] and f"&cursor={quote(page['next'])}"

    def mint(self, token, *, account, name):
        """Make an API token over there, once: a lost answer is not asked for again."""
        body = {"name": name, "accountId": account}
        path = "/v1/api-tokens/sub-account"
        answer = self._contents(path, self._send("POST", path, token, body))
        if not isinstance(answer, dict) or "token" not in answer:
            raise NonsenseError(f"The answer to {path} has no token.")
        return answer["token"]

    def _ask(self, method, path, token, body=None):
        """Ask again while the reason for having no answer may pass."""
        for pause in PAUSES:
            answer = self._send(method, path, token, body)
            wait = _wait(answer)
            if wait is None or wait > LONGEST_WAIT:
                break
            time.sleep(max(pause, wait))
        else:
            answer = self._send(method, path, token, body)
        return self._contents(path, answer)

    def _send(self, method, path, token, body):
        """Return the response, or the error that came instead."""
        try:
            headers = {"X-API-TOKEN": token, "traceparent": handed_on()}
            return self.http.request(method, path, headers=headers, json=body)
        except httpx.RequestError as error:
            return error

    def _contents(self, path, answer):
        # What the source says in an error may quote a token: only the status is told.
        if isinstance(answer, httpx.RequestError):
            reason = type(answer).__name__
            raise SourceError(f"{self.origin}{path} does not answer: {reason}.")
        if answer.is_client_error and answer.status_code not in PASSING:
            raise DeniedError(f"the source answers {answer.status_code} to {path}")
        if not answer.is_success:
            raise SourceError(f"{self.origin}{path} answers {answer.status_code}.")
        try:
            return answer.json()
        except (json.JSONDecodeError, UnicodeDecodeError):
            raise NonsenseError(
                f"{self.origin}{path} does not answer in JSON."
            ) from None


def _wait(answer):
    """Return after how many seconds at least to ask again, or None for not at all."""
    if isinstance(answer, httpx.RequestError):
        return 0
    if answer.status_code not in PASSING:
        return None
    asked = answer.headers.get("Retry-After", "0")
    return int(asked) if asked.isdecimal() else 0


def _origin(text, *, plain_http):
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in ("http", "https") or not url.host or url.userinfo:
        raise ValueError("The source must look like https://api.logz.io")
    if url.scheme == "http" and not (plain_http or _is_this_machine(url.host)):
        raise ValueError("Tokens would travel unencrypted: use https, or --plain-http")
    return str(url.copy_with(path=url.path.rstrip("/"), query=None, fragment=None))


def _is_this_machine(host):
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
