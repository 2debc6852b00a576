"""The kinds of tokens and what holds for each of them."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import models

from accounts.models import LOG_KINDS, AccountKind


class Kind(models.TextChoices):
    API = "api", "API token"
    LOGS = "logs", "Log shipping token"
    METRICS = "metrics", "Metrics shipping token"
    TRACES = "traces", "Tracing shipping token"
    SHARED = "shared", "Shared token"
    GATEWAY = "gateway", "Gateway token"
    SCANNER = "scanner", "Scanner token"


@dataclass(frozen=True, slots=True)
class KindRule:
    """The rules of a kind."""

    prefix: str
    lives_in: tuple
    is_single: bool = False
    may_expire: bool = True
    default_lifetime: timedelta | None = None


RULES = {
    Kind.API: KindRule(
        "tga_",
        (
            AccountKind.MAIN,
            AccountKind.SUB,
            AccountKind.TRACING,
            AccountKind.SECURITY,
            # Only through the Logz.io call that mints a token for a child.
            AccountKind.METRICS,
        ),
    ),
    Kind.LOGS: KindRule("tgl_", LOG_KINDS),
    Kind.METRICS: KindRule(
        "tgm_", (AccountKind.METRICS,), is_single=True, may_expire=False
    ),
    Kind.TRACES: KindRule(
        "tgt_", (AccountKind.TRACING,), is_single=True, may_expire=False
    ),
    Kind.SHARED: KindRule("tgs_", LOG_KINDS, default_lifetime=timedelta(days=7)),
    Kind.GATEWAY: KindRule("tgg_", ()),
    Kind.SCANNER: KindRule("tgr_", ()),
}
# Staff make them, and they belong to no account.
OF_INSTALLATION = (Kind.GATEWAY, Kind.SCANNER)
SHIPPING = (Kind.LOGS, Kind.METRICS, Kind.TRACES)
SHIPPED_TO = {
    kind: shipping for shipping in SHIPPING for kind in RULES[shipping].lives_in
}
# For how long the old secret may go on working after a rotation.
OVERLAPS = {
    "now": timedelta(0),
    "1h": timedelta(hours=1),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
}
