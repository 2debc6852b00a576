"""What the tests of every proxy need of it, and how one is made for them.

A class of this kind starts a real proxy with the files of deploy/, of which only ports,
paths, the certificate and the credential are others.
"""

import ssl
from contextlib import contextmanager

import httpx

from tests.gateway.proxies import programs
from tests.gateway.proxies.certificates import write_certificate
from tests.waiting import PATIENCE_SECONDS, wait_until

# Where the files expect Tollgate and stores.
UPSTREAMS = {
    "portal": 8000,
    "tollgate": 8001,
    "loki": 3100,
    "mimir": 9009,
    "tempo": 3200,
    "tempo_grpc": 4317,
    "tempo_otlp": 4318,
    "victoriametrics": 8428,
    "victorialogs": 9428,
    "opensearch": 9200,
    "grafana": 3000,
}


class Persistent(httpx.HTTPTransport):
    """Asks again when a connection ends on which there was an answer before.

    Either side may end one at any time: who keeps them open has to be ready for that,
    as shippers are (RFC 9112, section 9.3.1).
    """

    has_answered = False

    def handle_request(self, request):
        try:
            answer = super().handle_request(request)
        except httpx.RemoteProtocolError:
            if not self.has_answered:
                raise
            answer = super().handle_request(request)
        self.has_answered = True
        return answer


class Proxy:
    """A proxy in a folder of its own, with a credential, in front of `places`.

    Those are ports by the names of UPSTREAMS; nobody is at the others. Clients come to
    the place "ship" or "read", which may be one address.
    """

    program = ""
    # Files besides the program.
    needs = ()
    # What differs from others, each a row of a table in docs/gateways.md: the routes that
    # it does not have, those that it appends arguments to, whether queries may come as
    # forms, which statuses it gives without a sentence of ours, whether HTTP without TLS is
    # answered at all, and whether gRPC is handed on.
    lacks = frozenset()
    guarded = frozenset({"victoriametrics", "victorialogs"})
    takes_forms = True
    mute = frozenset()
    answers_plain_http = True
    speaks_grpc = False
    # For how long it goes on without Tollgate.
    remembers_seconds = 0.0

    def __init__(self, folder, credential, **places):
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.credential = credential
        self.places = dict.fromkeys(UPSTREAMS, 9) | places
        self.certificate, self.key = folder / "certificate.pem", folder / "key.pem"
        write_certificate(self.certificate, self.key)
        self.configure()

    def configure(self):
        """Write the configuration of deploy/ with the places of the test."""
        raise NotImplementedError

    def command(self):
        """Return the command that runs the proxy in the foreground."""
        raise NotImplementedError

    def ports(self):
        """Return the ports that it listens on as soon as it is ready."""
        raise NotImplementedError

    def address(self, place):
        raise NotImplementedError

    def environment(self):
        return {}

    @contextmanager
    def running(self):
        log = self.folder / "program.log"
        with programs.running(self.command(), self.ports(), log, **self.environment()):
            yield self

    def client(self, place, **options):
        """Return a client of httpx; `http2=True` makes it speak HTTP/2."""
        trusting = ssl.create_default_context(cafile=self.certificate)
        options = {
            "base_url": self.address(place),
            "timeout": PATIENCE_SECONDS,
        } | options
        transport = Persistent(verify=trusting, http2=options.pop("http2", False))
        return httpx.Client(transport=transport, **options)

    def log(self):
        """Return all that it has written down so far."""
        return "".join(path.read_text() for path in self.folder.glob("*.log"))

    def wait_for_log(self, text):
        """Wait until a text is in the log, which is written after the answer."""
        wait_until(lambda: text in self.log())
