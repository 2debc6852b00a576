"""Which tests a worker runs together: those that share what takes long to make.

pyproject.toml loads this module as a pytest plugin. The scheduler is told names only, so
that what belongs together is told by its place.
"""

from functools import partial

import pytest
from xdist.scheduler import LoadScopeScheduling

TOGETHER = {
    # One installation is made and started once.
    "tests/test_launch.py": "launch",
    "tests/test_server_at_work.py": "server at work",
    "tests/test_slow_clients.py": "slow clients",
    "tests/gateway/test_server.py": "server",
    "tests/tokens/test_snippets_sent.py": "snippets",
    # One more browser, and programs from a registry.
    "tests/browser/test_going_back.py": "keeper of pages",
    "tests/leaks/test_scanning_rules.py": "scanners",
    # One nginx and one store of metrics serve them all.
    "tests/gateway/proxies/": "proxies",
    # Each fills every core by itself.
    "tests/races/": "races",
    "tests/api/v1/test_races.py": "races",
}
# Tests of some ten seconds each. They are begun first: one that is begun last is waited
# for, by cores with nothing else to do.
LONG = (
    "tests/browser/test_all_tokens.py::test_tokens_of_every_account",
    "tests/browser/test_firefox.py",
    "tests/browser/test_pages.py",
    "tests/gateway/metrics/test_listener.py",
    "tests/gateway/test_database_restarts.py",
    "tests/gateway/test_failover.py",
    "tests/gateway/test_hung_database.py",
    "tests/gateway/test_revocation.py",
    "tests/importing/test_import_journey.py",
    "tests/sharing/test_state_machine.py",
    "tests/test_benchmarks.py::test_the_way_through",
    "tests/test_kill.py",
    "tests/test_lost_commits.py",
    "tests/test_pages_everywhere.py::test_no_query",
    "tests/test_serve.py",
    "tests/test_sqlite_replaced.py",
)


class Scheduler(LoadScopeScheduling):
    def _split_scope(self, nodeid):
        found = (name for place, name in TOGETHER.items() if nodeid.startswith(place))
        return next(found, nodeid)

    def _pending_of(self, workload):
        # With each test xdist looks through all that a worker ever did.
        for scope in [scope for scope, unit in workload.items() if all(unit.values())]:
            del workload[scope]
        return super()._pending_of(workload)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return Scheduler(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Put long tests first; pytest-django leaves those of servers to the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    """Have a worker told whether anybody will look at how long setup takes."""
    node.workerinput["tells_all"] = node.config.option.durations is not None


def pytest_configure(config):
    """Let workers tell less: to send a message and to read it takes as long as a small test."""
    if not getattr(config, "workerinput", {"tells_all": True})["tells_all"]:
        (worker,) = (
            plugin
            for plugin in config.pluginmanager.get_plugins()
            if type(plugin).__name__ == "WorkerInteractor"
        )
        worker.sendevent = partial(send_what_matters, worker.sendevent)


def send_what_matters(send, name, **told):
    """Send neither that a test begins nor that it was set up and torn down well."""
    if name != "logstart" and not (name == "testreport" and is_dull(**told["data"])):
        send(name, **told)


def is_dull(*, when, outcome, **_):
    return when != "call" and outcome == "passed"
