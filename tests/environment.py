"""The settings of a test run, laid down before Django reads any.

pyproject.toml loads this module as a pytest plugin. Nothing that a developer keeps in
`.env` or exports in a shell reaches a test.
"""

import gc
import os
from base64 import b64encode
from itertools import combinations
from pathlib import Path

import pytest
from _pytest.mark.expression import Expression
from django.conf import settings
from hypothesis import HealthCheck
from hypothesis import settings as settings_of_examples

from config import dotenv
from tests import postgresql, template_database
from tests.both_databases import has_some_for_both, is_for_both

PROJECT = Path(__file__).resolve().parent.parent
EXAMPLE = PROJECT / ".env.example"
STATIC_ROOT = PROJECT / ".pytest_cache" / "static"
DATABASE_FIXTURES = {"db", "transactional_db", "lasting_db", "live_server"}
MEASURED = "TEST_COVERAGE"
# What coverage goes by in a process that starts; the second is set by `coverage run`.
BEGINS_MEASURING = "COVERAGE_PROCESS_START"
MEASURED_BY_HAND = "COVERAGE_PROCESS_CONFIG"
asked_for = {}
MARKERS = "browser", "postgresql", "sqlite", "walk"
# Looking ten times less often takes a tenth of the time of a test run away.
GARBAGE = (20_000, 50, 100)
KEYS = {
    "SECRET_KEY": "for tests only: long enough for Django's check, and many letters",
    "TOLLGATE_ENC_KEYS": f"1:{b64encode(b'e' * 32).decode()}",
    "TOLLGATE_INDEX_KEYS": f"1:{b64encode(b'i' * 32).decode()}",
    "TOLLGATE_AUDIT_KEY": b64encode(b"a" * 32).decode(),
}


def lay_down():
    for name in dotenv.names(EXAMPLE):
        os.environ.pop(name, None)
    # WhiteNoise warns when nothing was collected, unless the folder is there.
    STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    os.environ |= KEYS | {"ENV_FILE": os.devnull, "STATIC_ROOT": str(STATIC_ROOT)}
    if os.environ.get("TEST_DATABASE") == "postgresql":
        os.environ["DATABASE_URL"] = patient(
            postgresql.address(template_database.migrated_data)
        )


def patient(address):
    """Lift the limits that keep a portal responsive: a busy machine drops databases slowly."""
    return (
        f"{address}&options=-c%20statement_timeout%3D60000%20-c%20lock_timeout%3D2000"
    )


lay_down()
# An example takes as long as the machine lets it.
settings_of_examples.register_profile(
    "tests", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
# The same examples each time; `make fuzz` looks for others.
settings_of_examples.register_profile(
    "same", settings_of_examples.get_profile("tests"), derandomize=True, database=None
)
settings_of_examples.load_profile("tests" if "EXAMPLES" in os.environ else "same")


def examples(several):
    """Return how many examples a test takes that needs some time for each.

    `make fuzz` says how many; on PostgreSQL what a database decides shows in few of them.
    """
    if "EXAMPLES" in os.environ:
        return int(os.environ["EXAMPLES"])
    return several // 3 if "DATABASE_URL" in os.environ else several


@pytest.hookimpl(trylast=True)
def pytest_configure():
    """Keep the tests' SQLite in memory.

    pytest-django does so for Django's own backend only; of another one's database it
    makes a file for each process, with the path of ours in its name.
    """
    if "DATABASE_URL" not in os.environ:
        settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = ":memory:"
    if MEASURED in os.environ:
        # For workers, which begin later: what hands out their tests runs nothing of ours.
        os.environ[BEGINS_MEASURING] = str(PROJECT / "pyproject.toml")
    if BEGINS_MEASURING in os.environ or MEASURED_BY_HAND in os.environ:
        # Where coverage finds its plugin, before a program has a folder of its own.
        os.environ["PYTHONPATH"] = str(PROJECT)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Measure programs where a test says that nothing else covers what they run.

    To measure a program takes as long as half of its start.
    """
    for name in (BEGINS_MEASURING, MEASURED_BY_HAND):
        text = asked_for.setdefault(name, os.environ.pop(name, None))
        if text and item.get_closest_marker("programs"):
            os.environ[name] = text
        else:
            os.environ.pop(name, None)


def pytest_ignore_collect(collection_path, config):
    """Read no file of which no test is asked for: to read them all takes seconds."""
    is_test = collection_path.match("test_*.py")
    if not is_test or names_files(config) or may_be_asked_for(collection_path, config):
        return None
    return True


def may_be_asked_for(path, config):
    """Whether a test of a file may be chosen, whichever of its markers it has."""
    text = path.read_text()
    always = {"browser"}.intersection(path.parts)
    perhaps = [name for name in MARKERS if f"mark.{name}" in text]
    on_postgresql = "DATABASE_URL" in os.environ
    name = path.relative_to(PROJECT).as_posix()
    if on_postgresql and "postgresql" not in perhaps and not has_some_for_both(name):
        return False
    return is_chosen(config.option.markexpr, always, perhaps)


def is_chosen(expression, always, perhaps):
    """Whether an expression of markers holds with some of those there may be."""
    chosen = Expression.compile(expression or "browser or not browser")
    if not chosen.idents() <= set(MARKERS):
        return True
    return any(
        chosen.evaluate(always.union(some).__contains__)
        for count in range(len(perhaps) + 1)
        for some in combinations(perhaps, count)
    )


def names_files(config):
    return any("::" in each or each.endswith(".py") for each in config.args)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Mark browser tests by their folder; on PostgreSQL, choose what it decides.

    The rest is run once, with SQLite. A file that is named is run on either.
    """
    named = names_files(config)
    on_postgresql = "DATABASE_URL" in os.environ
    absent = "sqlite" if on_postgresql else "postgresql"
    asked, alike = [], []
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker("browser")
        if item.get_closest_marker(absent):
            item.add_marker(pytest.mark.skip(reason=f"needs {absent}"))
        elif on_postgresql and not named and not is_for_postgresql(item):
            alike.append(item)
            continue
        asked.append(item)
    if alike:
        config.hook.pytest_deselected(items=alike)
        items[:] = asked


def pytest_collection_finish():
    """Look for garbage among what tests make, not in all that was imported."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE)


def is_for_postgresql(item):
    if item.get_closest_marker("postgresql"):
        return True
    asks_a_database = item.get_closest_marker("django_db") or (
        not DATABASE_FIXTURES.isdisjoint(item.fixturenames)
    )
    return asks_a_database and is_for_both(item.nodeid)
