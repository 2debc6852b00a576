"""The organisations and accounts of the demo.

Ages are in days before today.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from accounts.models import AccountKind
from accounts.plans import Plan
from demo.people import ACME, GLOBEX, INITECH, MAIN


@dataclass(frozen=True, slots=True)
class DemoOrganisation:
    name: str
    age: float
    fields: dict
    main_name: str = ""
    main_fields: dict = field(default_factory=dict)
    trial_left: timedelta | None = None


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """A child account; `suspended` and `deleted` are ages as well."""

    organisation: str
    name: str
    age: float
    kind: AccountKind = AccountKind.SUB
    fields: dict = field(default_factory=dict)
    lists: dict = field(default_factory=dict)
    suspended: float | None = None
    deleted: float | None = None


ORGANISATIONS = (
    DemoOrganisation(
        ACME,
        760,
        {
            "plan": Plan.PRO,
            "daily_gb": 400,
            "is_flexible": True,
            "warm_tier": True,
            "unique_time_series": 250_000,
            "allows_endless_links": True,
        },
        main_name=MAIN,
        main_fields={"snap_search_retention_days": 90},
    ),
    DemoOrganisation(GLOBEX, 430, {"plan": Plan.COMMUNITY, "daily_gb": 1}),
    DemoOrganisation(
        INITECH,
        5,
        {"plan": Plan.COMMUNITY, "daily_gb": 50},
        trial_left=timedelta(days=9),
    ),
)


def fixed(gigabytes, **fields):
    return {"max_daily_gb": gigabytes, "retention_days": 14} | fields


def flexible(reserved, cap=None, **fields):
    volume = {"is_flexible": True, "reserved_daily_gb": reserved, "max_daily_gb": cap}
    return volume | {"retention_days": 30} | fields


ACCOUNTS = (
    DemoAccount(ACME, "Staging", 748, fields=fixed(20, retention_days=7)),
    DemoAccount(ACME, "Development", 747, fields=fixed(10, retention_days=3)),
    DemoAccount(ACME, "Payments", 702, fields=flexible(40, 120, doc_size_setting=True)),
    DemoAccount(ACME, "Checkout", 655, fields=flexible(25, 80)),
    DemoAccount(ACME, "Web shop", 601, fields=flexible(30)),
    DemoAccount(ACME, "Mobile apps", 540, fields=flexible(10, 40)),
    DemoAccount(
        ACME,
        "Data platform",
        433,
        fields=flexible(35, snap_search_retention_days=90),
        lists={"sharing_objects_accounts": ("Staging", "Development")},
    ),
    DemoAccount(ACME, "Partner APIs", 388, fields=fixed(8, searchable=False)),
    DemoAccount(
        ACME,
        "Human resources",
        341,
        fields=fixed(2, searchable=False, accessible=False),
    ),
    DemoAccount(ACME, "Legal archive", 300, fields=fixed(1, accessible=False)),
    DemoAccount(
        ACME, "Load tests", 212, fields=fixed(15, retention_days=1), suspended=9
    ),
    DemoAccount(ACME, "Edge network", 97, fields=flexible(12, 30)),
    DemoAccount(ACME, "Old warehouse", 690, fields=fixed(5), deleted=12),
    DemoAccount(
        ACME,
        "Acme metrics",
        640,
        AccountKind.METRICS,
        {"plan_uts": 120_000},
        {"authorized_accounts": ("Staging", "Payments")},
    ),
    DemoAccount(
        ACME, "Kubernetes metrics", 260, AccountKind.METRICS, {"plan_uts": 80_000}
    ),
    DemoAccount(
        ACME,
        "Acme tracing",
        512,
        AccountKind.TRACING,
        {"monthly_spans": 20_000_000},
        {"authorized_accounts": ("Payments", "Checkout")},
    ),
    DemoAccount(
        ACME,
        "Acme security",
        405,
        AccountKind.SECURITY,
        {},
        {"accounts_to_scan": (MAIN, "Payments", "Checkout")},
    ),
    DemoAccount(INITECH, "Initech staging", 4, fields=fixed(5)),
    DemoAccount(
        INITECH, "Initech metrics", 4, AccountKind.METRICS, {"plan_uts": 5_000}
    ),
)
