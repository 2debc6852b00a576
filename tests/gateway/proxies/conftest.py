"""One installation of everything: Tollgate, nginx as deploy/ has it, and stores."""

from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest

from tests.gateway.proxies import programs
from tests.gateway.proxies.caddy import Caddy
from tests.gateway.proxies.envoy import Envoy
from tests.gateway.proxies.haproxy import HAProxy, RememberingHAProxy
from tests.gateway.proxies.nginx import Nginx, Remembering
from tests.gateway.proxies.operator import Operator
from tests.gateway.proxies.proxy import UPSTREAMS
from tests.gateway.proxies.recorder import Recorder
from tests.gateway.proxies.traefik import Traefik
from tests.gateway.proxies.victoriametrics import VictoriaMetrics
from tests.installation import Installation

PROXIES = {
    "nginx": Nginx,
    "haproxy": HAProxy,
    "envoy": Envoy,
    "traefik": Traefik,
    "caddy": Caddy,
}
# What remembers decisions has the rest of its files from one of those above; here it is
# tried besides.
REMEMBERING = {
    "nginx remembering": Remembering,
    "haproxy remembering": RememberingHAProxy,
}
REMEMBERED = {"test_away", "test_callers", "test_limits", "test_routes", "test_shared"}
# Two organisations. Of the first's metrics accounts one may be read by its sub account.
PEOPLE = """
main, other = MainFactory(name="Main"), MainFactory(name="Other")
sub = ChildFactory(main=main, name="Sub", searchable=True, accessible=True)
METRICS, TRACING = AccountKind.METRICS, AccountKind.TRACING
cpu = ChildFactory(main=main, kind=METRICS, name="CPU", authorized_accounts=[sub])
disk = ChildFactory(main=main, kind=METRICS, name="Disk")
foreign = ChildFactory(main=other, kind=METRICS, name="Foreign")
tracing = ChildFactory(main=main, kind=TRACING, name="Traces")
known = {
    account.name.lower(): account.pk
    for account in (main, sub, other, cpu, disk, foreign, tracing)
}
secrets = {"gateway": TokenFactory(account=None, kind="gateway").secret_text}
for account in (main, sub, other):
    secrets[f"{account.name} api".lower()] = TokenFactory(account=account).secret_text
for account in (main, sub, other, cpu, disk, foreign, tracing):
    secrets[account.name.lower()] = secret_of(account.tokens.exclude(kind="api").get())
narrow = FilterFactory(account=main, field="env", value='te"st')
shares = {
    "narrow": ShareFactory(account=main, filters=[narrow]),
    "everything": ShareFactory(account=main),
}
secrets |= {name: share.secret_text for name, share in shares.items()}
said = [known, secrets]
"""

# By its own name, as a browser asks for it.
PORTAL = {
    "ALLOWED_HOSTS": "tollgate.example.com,127.0.0.1",
    "CSRF_TRUSTED_ORIGINS": "https://tollgate.example.com",
    "SHARE_COOKIE_DOMAIN": "example.com",
}


@dataclass
class World:
    tollgate: Installation
    operator: Operator
    nginx: Nginx
    store: Recorder
    metrics: VictoriaMetrics
    accounts: dict
    secrets: dict = field(repr=False)

    def places(self, **others):
        """Return where Tollgate and stores are, all of which remember what they got."""
        stores = dict.fromkeys(UPSTREAMS, self.store.port)
        return stores | tollgate_at(self.tollgate) | others


def tollgate_at(tollgate):
    return {"portal": tollgate.port, "tollgate": tollgate.gateway_port}


@pytest.fixture(scope="session")
def world(tmp_path_factory, migrated):
    for program in ("nginx", "victoria-metrics"):
        programs.require(program)
    folder = tmp_path_factory.mktemp("world")
    with ExitStack() as stack:
        tollgate = Installation.like(migrated, folder)
        yield build(folder, tollgate, stack.enter_context)


def build(folder, tollgate, entered):
    operator = entered(Operator.of(tollgate))
    accounts, secrets = operator.does(PEOPLE)
    store = entered(Recorder().running())
    metrics = entered(VictoriaMetrics(folder / "metrics").running())
    entered(tollgate.running(**PORTAL))
    places = dict.fromkeys(UPSTREAMS, store.port)
    places |= tollgate_at(tollgate) | {"victoriametrics": metrics.port}
    nginx = Nginx(folder / "nginx", secrets["gateway"], **places)
    entered(nginx.running())
    return World(tollgate, operator, nginx, store, metrics, accounts, secrets)


@pytest.fixture
def store(world):
    world.store.answers()
    world.store.drain()
    return world.store


def pytest_generate_tests(metafunc):
    if "proxy" not in metafunc.fixturenames or "started" in metafunc.fixturenames:
        return
    is_there = metafunc.module.__name__.rpartition(".")[2] in REMEMBERED
    proxies = PROXIES | (REMEMBERING if is_there else {})
    metafunc.parametrize(
        "proxy", proxies.values(), ids=proxies, indirect=True, scope="session"
    )


@pytest.fixture(scope="session")
def proxy(request, world, tmp_path_factory):
    """Each proxy in turn, in front of stores that remember what reached them."""
    programs.require(request.param.program)
    programs.require_files(*request.param.needs)
    folder = tmp_path_factory.mktemp(request.param.program)
    made = request.param(folder, world.secrets["gateway"], **world.places())
    with made.running():
        yield made
