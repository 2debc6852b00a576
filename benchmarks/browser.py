"""A browser's side of HTTP: cookies, forms and one connection that stays open."""

import re
import time
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from urllib.parse import urlencode

CSRF = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Browser:
    def __init__(self, port):
        self.connection = HTTPConnection("127.0.0.1", port, timeout=120)
        self.cookies = {}
        self.csrf = ""

    def log_in(self, email, password):
        self.csrf = CSRF.search(self.get("/login/"))[1]
        self.post("/login/", login=email, password=password)
        self.csrf = CSRF.search(self.get("/profile/"))[1]

    def get(self, path, **headers):
        return self.ask("GET", path, None, headers)[1]

    def post(self, path, **fields):
        return self.timed_post(path, **fields)[1]

    def timed_get(self, path, **headers):
        return self.ask("GET", path, None, headers)

    def timed_post(self, path, **fields):
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-CSRFToken": self.csrf,
            "HX-Request": "true",
        }
        return self.ask("POST", path, urlencode(fields), headers)

    def ask(self, method, path, body, headers):
        """Return the seconds until the last byte, and the text."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        started = time.perf_counter()
        self.connection.request(method, path, body, {"Cookie": cookies} | headers)
        answer = self.connection.getresponse()
        text = answer.read().decode()
        seconds = time.perf_counter() - started
        if answer.status >= 400:
            raise RuntimeError(
                f"{method} {path} answered {answer.status}: {text[:500]}"
            )
        for header in answer.headers.get_all("Set-Cookie", []):
            for name, morsel in SimpleCookie(header).items():
                self.cookies[name] = morsel.value
        return seconds, text
