"""The addresses that every proxy guards: which token opens them, and what arrives."""

from dataclasses import dataclass
from urllib.parse import quote

TENANT = ("X-Scope-OrgID", "AccountID", "ProjectID")
LINES = "/insert/jsonline?_msg_field=message&_time_field=@timestamp&_stream_fields=type"
LABEL = "extra_label=tollgate_account%3D{}"
READABLE = quote("extra_filters[]", safe="") + "=%7Btollgate_account%3D~%22{}%22%7D"


@dataclass(frozen=True)
class Route:
    """An address at the place "ship" or "read".

    `opened_by` names a secret of the world and `accounts` whose data are behind it;
    `reached` is the address at the store, in which {} stands for them. Tokens of the
    name `closed_to` exist and are of another kind.
    """

    name: str
    place: str
    path: str
    signal: str
    opened_by: str
    accounts: tuple
    reached: str
    closed_to: str
    in_arguments: bool = False

    @property
    def method(self):
        return "POST" if self.place == "ship" else "GET"

    def send(self, client, secret="", path="", **options):
        """Show a token as clients of this route do, or none, and return the answer."""
        headers = list(options.pop("headers", ()))
        params = {"token": secret} if secret and self.in_arguments else None
        if secret and not self.in_arguments:
            headers.append(("Authorization", f"Bearer {secret}"))
        if self.place == "ship":
            options.setdefault("content", b'{"message":"hello"}\n')
        address = (path or self.path, params)
        return ask(client, self.method, *address, headers=headers, **options)

    def ids(self, world):
        return [str(world.accounts[name]) for name in self.accounts]

    def arrives(self, world):
        """Return the address and the tenant that its store is asked with."""
        ids = self.ids(world)
        return self.reached.format("%7C".join(ids)), ["|".join(ids), ids[0], "0"]

    def refusal(self, status):
        """Return the status of a refusal: clients of Logz.io stop at 401 only."""
        return 401 if self.path == "/" else status


def ask(client, method, path, params, **options):
    # Arguments of a path stay as they are spelt.
    if params:
        sign = "&" if "?" in path else "?"
        path += sign + "&".join(f"{name}={value}" for name, value in params.items())
    return client.request(method, path, **options)


def arrived(requests):
    """Return the addresses and tenants of what a store was asked."""
    return [
        (each.path, [value for name in TENANT for value in each.values(name)])
        for each in requests
    ]


def _ships(name, path, signal, account, reached, closed_to="main api", **more):
    return Route(
        name, "ship", path, signal, account, (account,), reached, closed_to, **more
    )


def _reads(name, path, signal, accounts, reached=None, opened_by="main api"):
    return Route(
        name, "read", path, signal, opened_by, accounts, reached or path, "main"
    )


OTLP = "/insert/opentelemetry/v1/logs"
IMPORT, REMOTE_WRITE = "/api/v1/import", "/api/v1/write"
METRICS, QUERY = ("cpu", "disk"), "/api/v1/query?query=up"
ROUTES = {
    route.name: route
    for route in (
        _ships("lines", "/", "logs", "sub", LINES, "cpu", in_arguments=True),
        _ships("loki push", "/loki/api/v1/push", "logs", "main", "/loki/api/v1/push"),
        _ships(
            "remote write", REMOTE_WRITE, "metrics", "cpu", f"{REMOTE_WRITE}?{LABEL}"
        ),
        _ships("import", IMPORT, "metrics", "cpu", f"{IMPORT}?{LABEL}"),
        _ships(
            "import prometheus",
            f"{IMPORT}/prometheus",
            "metrics",
            "disk",
            f"{IMPORT}/prometheus?{LABEL}",
        ),
        _ships("mimir push", "/api/v1/push", "metrics", "disk", "/api/v1/push"),
        _ships("OTLP logs", "/v1/logs", "logs", "sub", OTLP),
        _ships(
            "OTLP metrics",
            "/v1/metrics",
            "metrics",
            "cpu",
            f"/opentelemetry/v1/metrics?{LABEL}",
        ),
        _ships("OTLP traces", "/v1/traces", "traces", "traces", "/v1/traces"),
        _reads("loki", "/loki/api/v1/query?query=x", "query-logs", ("main", "sub")),
        _reads(
            "victorialogs",
            "/select/logsql/query?query=x",
            "query-logs",
            ("main", "sub"),
        ),
        _reads(
            "victoriametrics",
            f"/victoriametrics{QUERY}",
            "query-metrics",
            METRICS,
            f"{QUERY}&{READABLE}",
        ),
        _reads(
            "mimir",
            f"/mimir/prometheus{QUERY}",
            "query-metrics",
            METRICS,
            f"/prometheus{QUERY}",
        ),
        _reads(
            "tempo",
            "/tempo/api/search?q=x",
            "query-traces",
            ("traces",),
            "/api/search?q=x",
        ),
    )
}
SHIPPING = [route for route in ROUTES.values() if route.place == "ship"]
READING = [route for route in ROUTES.values() if route.place == "read"]
