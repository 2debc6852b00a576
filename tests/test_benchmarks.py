"""That the benchmarks run; what they measure is no matter of a test."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from benchmarks import memory
from tests import template_database
from tests.installation import PROJECT, outer_environment

SMALL = (
    "--tokens 20 --connections 2 --seconds 1 --rounds 1 --settling 0 --trials 0"
    " --counted 20"
)


@pytest.mark.postgresql
@pytest.mark.skipif(
    not (shutil.which("wrk") and shutil.which("haproxy")),
    reason="wrk and haproxy are needed",
)
def test_the_way_through_a_proxy_is_measured_on_postgresql(tmp_path):
    url = template_database.database_of_its_own("through")

    done = subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks.proxies", "--proxies", "haproxy"),
            *(*SMALL.split(), "--database", url, "--results", tmp_path),
        ],
        cwd=PROJECT,
        env=outer_environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    for counted in ("of 20 uses 20 are counted", "of 2 refused calls 2 are counted"):
        assert counted in done.stdout
    for goal in ("least 0.75)", "least 2.2)", "most 1.3)"):
        assert f"(goal: at {goal}" in done.stdout
    [kept] = tmp_path.glob("*.json")
    assert json.loads(kept.read_text())["proxies"].keys() == {"haproxy"}


def test_the_memory_of_a_tree_of_processes_is_added_up():
    processes = memory.measured(os.getpid())

    [(_, parent, threads, size)] = [
        each for each in processes if each[0] == os.getpid()
    ]
    assert (parent, threads >= 1) == (os.getppid(), True)
    assert 0 < size["Private_Dirty"] <= size["Pss"] <= size["Rss"]
    *_, met = memory.table(processes, before=10**9)
    *_, missed = memory.table(processes, before=1)
    assert met.endswith("met.")
    assert missed.endswith("NOT MET.")
