"""Alerts and the dashboard in deploy/prometheus: they read what there is."""

import json
import re
import shutil
import subprocess

import pytest
import yaml

from gateway.metrics.families import COUNTERS, GAUGES, HISTOGRAMS
from gateway.metrics.queues import Queues
from tests.installation import PROJECT

FOLDER = PROJECT / "deploy" / "prometheus"
RULES, UNIT_TESTS = "tollgate-alerts.yaml", "tollgate-alerts-test.yaml"
NAME = re.compile(r"\btollgate_\w+")
CODE = re.compile(r"`(tollgate_\w+)`")


def names():
    """Return the names of all series that are told."""
    yield from GAUGES
    yield from (f"{name}_total" for name in COUNTERS)
    for name in HISTOGRAMS:
        yield from (f"{name}_{part}" for part in ("bucket", "count", "sum"))
    yield from (family.name for family in Queues().collect())


def promtool(*arguments):
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is not installed")
    return subprocess.run(
        [program, *arguments], cwd=FOLDER, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "config", "prometheus.yaml"),
        ("check", "rules", RULES),
        ("test", "rules", UNIT_TESTS),
    ],
)
def test_promtool_finds_nothing(arguments):
    done = promtool(*arguments)

    assert done.returncode == 0, done.stdout + done.stderr


def rules():
    [group] = yaml.safe_load((FOLDER / RULES).read_text())["groups"]
    return group["rules"]


def test_alerts_read_what_is_told(db):
    read = {name for rule in rules() for name in NAME.findall(rule["expr"])}

    assert read - {*names()} == set()


def test_every_alert_says_what_to_do_and_is_tried():
    tried = (FOLDER / UNIT_TESTS).read_text()

    for rule in rules():
        assert {"summary", "runbook"} <= rule["annotations"].keys()
        assert rule["annotations"]["runbook"].endswith(".")
        assert rule["labels"]["severity"] in ("critical", "warning", "info")
        assert f'alertname="{rule["alert"]}"' in tried


def test_the_dashboard_reads_what_is_told(db):
    board = json.loads((FOLDER / "grafana-dashboard.json").read_text())
    panels = [each for each in board["panels"] if each["type"] != "row"]
    texts = [target["expr"] for panel in panels for target in panel["targets"]]

    read = {name for text in texts for name in NAME.findall(text)}

    assert read - {*names()} == set()
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    told = {*names()}
    shown = {name for name in told if any(name in text for text in texts)}
    families = {re.sub(r"_(?:bucket|count|sum)$", "", name) for name in told - shown}
    # Each but what only an alert needs.
    assert families - {
        re.sub(r"_(?:bucket|count|sum)$", "", name) for name in shown
    } == {
        "tollgate_report_age_seconds",
        "tollgate_notices_failing",
    }


def test_the_paper_explains_what_is_told(db):
    paper = (PROJECT / "docs" / "operating.md").read_text()
    section = paper.partition("\n## What to watch\n")[2].partition("\n## ")[0]
    families = {re.sub(r"_(?:bucket|count|sum)$", "", name) for name in names()}

    explained = {*CODE.findall(section)}

    assert families - explained == set()
    assert explained - families == set()
