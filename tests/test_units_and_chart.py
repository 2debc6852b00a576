"""What systemd and Kubernetes are told to run."""

import re
import shutil
import subprocess
import tomllib

import pytest
import yaml
from django.conf import settings

from config import dotenv
from config.listener import GRACE_SECONDS
from tests.installation import PROJECT

UNITS = PROJECT / "deploy" / "systemd"
CHART = PROJECT / "deploy" / "chart"
SERVICES = sorted(path.name for path in UNITS.glob("*.service"))
# Tenths; systemd calls everything up to 4.0 OK.
MOST_EXPOSED = 15
STOPPING_SECONDS = settings.DRAIN_SECONDS + GRACE_SECONDS


def lines_of(unit):
    return (UNITS / unit).read_text().splitlines()


def said_by(unit, name):
    return [line.partition("=")[2] for line in lines_of(unit) if line.startswith(name)]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
@pytest.mark.parametrize("unit", SERVICES)
def test_a_unit_may_do_little_more_than_it_needs(unit):
    program = shutil.which("systemd-analyze")
    least = f"--threshold={MOST_EXPOSED}"

    looked = subprocess.run(
        [program, "security", "--offline=yes", "--no-pager", least, UNITS / unit],
        capture_output=True,
        text=True,
        check=False,
    )

    assert looked.returncode == 0, looked.stdout
    assert " OK " in looked.stdout.splitlines()[-1]


def test_systemd_tells_the_first_process_only_and_waits_long_enough():
    assert said_by("tollgate.service", "KillMode=") == ["mixed"]
    [seconds] = said_by("tollgate.service", "TimeoutStopSec=")
    assert int(seconds) > STOPPING_SECONDS


@pytest.mark.parametrize("unit", SERVICES)
def test_units_run_commands_that_there_are(unit):
    commands = re.findall(r"manage\.py (\w+)", (UNITS / unit).read_text())

    for command in commands:
        ours = any(PROJECT.glob(f"*/management/commands/{command}.py"))
        assert ours or command in ("createcachetable", "collectstatic")
    assert commands


def test_the_timer_is_for_a_unit_that_there_is():
    assert {path.stem for path in UNITS.glob("*.timer")} <= {
        each.removesuffix(".service") for each in SERVICES
    }


@pytest.fixture(scope="module")
def values():
    return yaml.safe_load((CHART / "values.yaml").read_text())


def test_every_value_of_the_chart_is_explained():
    lines = (CHART / "values.yaml").read_text().splitlines()
    # What belongs to one key as a whole is said there.
    keys = re.compile(r"(  )?\w+:")

    unexplained = {
        line.strip().partition(":")[0]
        for before, line in zip(["", *lines], lines, strict=False)
        if keys.match(line) and not before.strip().startswith("#")
    }

    # Said of both at once, where they begin.
    assert unexplained == {"requests", "limits"}


def test_templates_use_values_that_there_are(values):
    used = {
        name
        for path in (CHART / "templates").iterdir()
        for name in re.findall(r"\.Values\.([\w.]+)", path.read_text())
    }

    for name in used:
        found = values
        for part in name.split("."):
            assert part in found, name
            found = found[part]
    assert {each.split(".")[0] for each in used} == values.keys()


def test_the_chart_sets_settings_that_there_are(values):
    known = set(dotenv.names(PROJECT / ".env.example"))

    assert values["settings"].keys() <= known
    # The Secret has these.
    assert not values["settings"].keys() & {"DATABASE_URL", "SECRET_KEY"}


def test_the_chart_waits_long_enough(values):
    drained = int(values["settings"]["DRAIN_SECONDS"])

    assert values["terminationGracePeriodSeconds"] > drained + GRACE_SECONDS


def test_the_chart_is_of_this_version():
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())

    assert chart["appVersion"] == project["version"]
