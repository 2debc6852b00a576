"""Senders of data, and what each does once its token is refused.

Each was sent 401 and 403, which is what proxies answer for a stopped token, and its
User-Agent read off the wire or out of its source. Who was not tried has no line, nor
who cannot be told from others: Node's `fetch` and Python's `requests` send for many.
"""

import re
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from tokens.kinds import SHIPPING
from tokens.models import TokenUsage

SEEN_WITHIN = timedelta(days=7)
DROPS = "drops what it cannot send."
DROPS_SILENTLY = "drops what it cannot send, without a word in its log."
FILES = "drops what it cannot send, or leaves it in a file that it never sends."
KEEPS = "keeps what it cannot send and tries for ever."


@dataclass(frozen=True, slots=True)
class Sender:
    """A client, known by its User-Agent, and what it does when it is refused."""

    name: str
    agent: re.Pattern
    does: str

    @property
    def loses(self):
        return self.does != KEEPS


def _sender(name, agent, does):
    return Sender(name, re.compile(agent), does)


SENDERS = (
    # 2.42, remote write.
    _sender("Prometheus", r"Prometheus/\S+", DROPS),
    # 1.45, over HTTP: over gRPC, which was not tried, gRPC's own name follows.
    _sender("OpenTelemetry for Python", r"OTel-OTLP-Exporter-Python/\S+", DROPS),
    # 0.223, over HTTP. A program may put its own name in front.
    _sender(
        "OpenTelemetry for JavaScript",
        r"(.* )?OTel-OTLP-Exporter-JavaScript/\S+",
        DROPS,
    ),
    # 2.5, and winston-logzio 5.2, which sends through it.
    _sender("logzio-nodejs", r"NodeJS/\S+ logs", DROPS),
    # 4.1; only after four tries where the answer is 403.
    _sender("logzio-python-handler", r"logzio-python-handler-version-\S+", FILES),
    # 1.1, under the name that it gives itself.
    _sender("prometheus-remote-writer", r"animal-remote-writer/\S+", DROPS),
    # 5.12, write_http.
    _sender("collectd", r"collectd/\S+", DROPS_SILENTLY),
    # 1.79, in a queue on disk.
    _sender("vmagent", r"vmagent", KEEPS),
    # 3.38, http().
    _sender("syslog-ng", r"syslog-ng \S+/libcurl \S+", KEEPS),
)


def senders_among(agents):
    """Return the Senders that are known among User-Agents, in the table's order."""
    agents = set(agents)
    return [each for each in SENDERS if any(map(each.agent.fullmatch, agents))]


def senders_with(tokens):
    """Return who is known to have sent data with any of the tokens lately."""
    ids = [token.pk for token in tokens if token.kind in SHIPPING]
    usage = TokenUsage.objects.filter(
        token__in=ids, hour__gt=timezone.now() - SEEN_WITHIN
    )
    return senders_among(usage.order_by().values_list("agent", flat=True).distinct())
