"""The snippets with which clients use a token, by its kind.

Each is a file in `snippets/` with placeholders such as `@TOKEN@`. What is put in is a
secret, whose letters are 0-9, A-Z, a-z, "_" and "-", an address that the settings found
to have no character that a shell or a format takes for its own, or a number: nothing
else may be, a name least of all.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tokens.kinds import Kind
from tokens.use_it.addresses import PURPOSES, address, placeholders

FOLDER = Path(__file__).with_name("snippets")
PLACEHOLDER = re.compile(r"@([A-Z_]+)@")
PART = re.compile("^LISTENER_.+")
SECRET_PLACEHOLDER = "{secret}"


@dataclass(frozen=True, slots=True)
class Snippet:
    """A file of the folder, the client that it is for, and what is done with it."""

    file: str
    title: str
    language: str
    goes: str

    @property
    def name(self):
        return self.file.partition("/")[2]

    @property
    def wanted(self):
        return set(PLACEHOLDER.findall(_text(self.file)))

    @property
    def missing(self):
        """The setting that an operator has to set first, or an empty text."""
        wanted = {PART.sub("LISTENER_URL", name) for name in self.wanted}
        lacking = (name for name in PURPOSES if name in wanted and not address(name))
        return next(lacking, "")

    def filled(self, token, secret=SECRET_PLACEHOLDER):
        """Return the text for a token, with `secret` where its secret has to stand."""
        values = placeholders() | {
            "TOKEN": secret,
            "ACCOUNT_ID": str(token.account_id),
        }
        return PLACEHOLDER.sub(lambda found: values[found[1]], _text(self.file))


@cache
def _text(file):
    return (FOLDER / f"{file}.txt").read_text().removesuffix("\n")


SHELL = "Paste it into a shell:"
CATALOGUE = {
    Kind.LOGS: (
        Snippet("logs/curl", "curl", "sh", "Send a first line:"),
        Snippet("logs/fluent_bit", "Fluent Bit", "yaml", "Into fluent-bit.yaml:"),
        Snippet("logs/vector", "Vector", "yaml", "Into vector.yaml:"),
        Snippet("logs/alloy", "Grafana Alloy", "alloy", "Into config.alloy:"),
        Snippet(
            "logs/collector",
            "OpenTelemetry Collector",
            "yaml",
            "Into the Collector's config.yaml, which has a receiver named otlp:",
        ),
        Snippet(
            "logs/syslog_ng",
            "syslog-ng",
            "syslog-ng",
            "Into a file in /etc/syslog-ng/conf.d, with your source in place of s_src:",
        ),
        Snippet(
            "logs/logzio_python",
            "Python",
            "python",
            "With pip install logzio-python-handler:",
        ),
        Snippet(
            "logs/logzio_node",
            "Node.js",
            "javascript",
            "With npm install logzio-nodejs:",
        ),
        Snippet(
            "logs/docker",
            "Docker",
            "yaml",
            "Into compose.yaml; it needs Grafana's plugin loki-docker-driver:",
        ),
    ),
    Kind.METRICS: (
        Snippet("metrics/prometheus", "Prometheus", "yaml", "Into prometheus.yml:"),
        Snippet("metrics/alloy", "Grafana Alloy", "alloy", "Into config.alloy:"),
        Snippet("metrics/vmagent", "vmagent", "sh", SHELL),
        Snippet(
            "metrics/collector",
            "OpenTelemetry Collector",
            "yaml",
            "Into the Collector's config.yaml, which has a receiver named otlp:",
        ),
        Snippet(
            "metrics/collectd",
            "collectd",
            "sh",
            "collectd offers its values to vmagent, which sends them. Include "
            "tollgate-collectd.conf in collectd.conf:",
        ),
    ),
    Kind.TRACES: (
        Snippet(
            "traces/environment",
            "OpenTelemetry",
            "sh",
            "Into the environment of a program with an OpenTelemetry SDK:",
        ),
        Snippet(
            "traces/collector",
            "OpenTelemetry Collector",
            "yaml",
            "Into the Collector's config.yaml, which has a receiver named otlp:",
        ),
    ),
    Kind.API: (
        Snippet("api/bash", "bash, zsh", "sh", SHELL),
        Snippet("api/fish", "fish", "fish", SHELL),
        Snippet("api/curl", "curl", "sh", "Ask whose token it is:"),
        Snippet("api/terraform", "Terraform", "hcl", "For Logz.io's provider:"),
        Snippet("api/tollgate", "tollgate", "sh", "For the tollgate command:"),
        *(
            Snippet(
                f"api/{name}",
                title,
                "yaml",
                "A data source of Grafana, into a file in provisioning/datasources:",
            )
            for name, title in (
                ("loki", "Loki"),
                ("victorialogs", "VictoriaLogs"),
                ("victoriametrics", "VictoriaMetrics"),
                ("mimir", "Mimir"),
                ("tempo", "Tempo"),
            )
        ),
    ),
    Kind.SHARED: (),
    Kind.GATEWAY: (
        Snippet(
            "gateway/nginx",
            "nginx",
            "nginx",
            "Into /etc/nginx/tollgate/credential.conf:",
        ),
        Snippet(
            "gateway/envoy",
            "Envoy",
            "yaml",
            "In envoy.yaml, in place of the line with tgg_REPLACE_ME:",
        ),
        Snippet(
            "gateway/haproxy",
            "HAProxy",
            "sh",
            "Into a file that only root reads, named by EnvironmentFile= of haproxy.service:",
        ),
        Snippet("gateway/caddy", "Caddy", "sh", "Into /etc/caddy/credential:"),
        Snippet(
            "gateway/traefik",
            "Traefik",
            "yaml",
            "In tollgate.yaml, in place of the line with tgg_REPLACE_ME:",
        ),
    ),
    Kind.SCANNER: (
        Snippet("scanner/curl", "curl", "sh", "Report what was found, and where:"),
        Snippet(
            "scanner/gitleaks",
            "gitleaks",
            "sh",
            "Report all that a run of gitleaks finds, with jq:",
        ),
        Snippet(
            "scanner/trufflehog",
            "trufflehog",
            "sh",
            "Report all that a run of trufflehog finds, with jq:",
        ),
    ),
}


def snippet(kind, name):
    """Return the named snippet of a kind, or its first; None when it has none."""
    known = CATALOGUE[kind]
    named = (each for each in known if each.name == name)
    return next(named, known[0] if known else None)
