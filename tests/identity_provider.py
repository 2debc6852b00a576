"""The certified OpenID provider that tests sign in with: oidc-provider, from npm."""

import json
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin
from urllib.request import Request, urlopen

import httpx

from tests.gateway.proxies import programs

TLS = ssl.create_default_context()
NOTHING_KEPT = httpx.Limits(max_keepalive_connections=0)
PACKAGE = "oidc-provider@9.13.3"
SCRIPT = Path(__file__).with_suffix(".mjs")
CLIENT = {"client_id": "tollgate", "client_secret": "s3cret+%:x"}
ADA = {
    "email": "ada@acme.example",
    "email_verified": True,
    "name": "Ada Lovelace",
    "groups": ["staff"],
}


class RealProvider:
    """A provider at work, and what tests set of it; see identity_provider.mjs."""

    def __init__(self, issuer):
        self.issuer = issuer

    def set(self, **wanted):
        body = json.dumps(wanted).encode()
        request = Request(f"{self.issuer}/control", body, method="POST")
        with urlopen(request) as answer:
            return json.load(answer)

    def reset(self):
        self.set(accounts={}, away=None, fault=None, reset=True)

    def serve(self, *providers, **more):
        """Let our providers be its clients, as they are registered there."""
        clients = [
            {
                "client_id": each.client_id,
                "client_secret": each.client_secret,
                "token_endpoint_auth_method": str(each.token_auth_method),
                "redirect_uris": [each.callback_url],
                **more,
            }
            for each in providers
        ]
        self.set(clients=clients)

    @property
    def asked(self):
        """How often each of its addresses was asked."""
        return self.set()["asked"]


class Person:
    """A browser at the provider, which follows it until it leads back to us."""

    def __init__(self, provider):
        self.issuer = provider.issuer
        # Nobody closes it, so that it keeps no connection either.
        self.http = httpx.Client(verify=TLS, limits=NOTHING_KEPT)

    def go(self, url, login=None):
        """Return the address that the provider leads back to, or its last page."""
        response = self.http.get(url)
        while True:
            if response.is_redirect:
                url = urljoin(str(response.url), response.headers["Location"])
                if not url.startswith(self.issuer):
                    return url
                response = self.http.get(url)
            elif "/interaction/" in str(response.url) and login is not None:
                response = self.http.post(response.url, data={"login": login})
                login = None
            else:
                return response

    def confirm_sign_out(self, page):
        """Say yes to the question of the provider whether to sign out."""
        fields = dict(re.findall(r'name="(xsrf)" value="([^"]+)"', page.text))
        action = re.search(r'action="([^"]+)"', page.text)[1]
        self.http.post(action, data=fields | {"logout": "yes"})


@contextmanager
def running():
    """Run the provider until the end."""
    program = [programs.find("node"), str(_folder() / SCRIPT.name)]
    with subprocess.Popen(
        program,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        issuer = next(line for line in process.stdout if line.startswith("http"))
        yield RealProvider(issuer.strip())
        process.stdin.close()


def _folder():
    """Return where the package is, with our script beside it."""
    folder = Path(sys.prefix) / "npm" / PACKAGE
    if not folder.exists():
        _install(folder)
    script = folder / SCRIPT.name
    if not script.exists() or script.read_text() != SCRIPT.read_text():
        copy = Path(tempfile.mkstemp(dir=folder)[1])
        shutil.copy(SCRIPT, copy)
        copy.replace(script)
    return folder


def _install(folder):
    folder.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as fresh:
        subprocess.run(
            [
                programs.find("npm"),
                *("install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"),
                *("--prefix", fresh, PACKAGE),
            ],
            check=True,
            capture_output=True,
        )
        # Another process may have been first.
        if not folder.exists():
            Path(fresh).rename(folder)
            Path(fresh).mkdir()
