"""One server that several tests ask and tell things; the last of them ends it."""

import re
import signal
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from tests.installation import FORM_TOKEN, Installation
from tests.waiting import PATIENCE_SECONDS

pytestmark = [pytest.mark.sqlite, pytest.mark.programs]
SETTINGS = {
    "WORKERS": "2",
    "API_FAILURE_RATE": "6",
    # Long enough for each connection that is kept to be told, on a busy machine as well.
    "DRAIN_SECONDS": "2",
}


@pytest.fixture(scope="module")
def served(tmp_path_factory, migrated):
    installation = Installation.like(migrated, tmp_path_factory.mktemp("served"))
    with installation.running("manage.py", "serve", **SETTINGS) as (process, _):
        yield SimpleNamespace(installation=installation, process=process)


def test_workers_count_the_calls_of_the_api_together(served):
    calls = 12
    address = f"{served.installation.address}/api/v1/whoami"

    answers = [httpx.get(address, timeout=PATIENCE_SECONDS) for _ in range(calls)]

    # A minute may end in between, and then they begin anew.
    left = [
        int(re.search(r"r=(\d+)", each.headers["RateLimit"])[1]) for each in answers
    ]
    begun = left.index(5, 1) if 5 in left[1:] else 0
    assert left[begun:] == [max(5 - each, 0) for each in range(calls - begun)]


def test_workers_count_tries_together(served):
    with httpx.Client(timeout=PATIENCE_SECONDS) as client:
        url = f"{served.installation.address}/password/reset/"
        token = re.search(FORM_TOKEN, client.get(url).text)[1]
        form = {"email": "nobody@acme.example", "csrfmiddlewaretoken": token}
        with ThreadPoolExecutor(10) as pool:
            posted = [pool.submit(client.post, url, data=form) for _ in range(10)]
        statuses = Counter(each.result().status_code for each in posted)

    # A busy machine has no time for some, and tells them so.
    told_in_time = 10 - statuses[503]
    assert 0 < statuses[302] <= 5
    assert statuses[302] + statuses[429] == told_in_time
    assert statuses[302] == 5 or statuses[503]


def test_a_version_that_does_not_fit_changes_nothing(served):
    installation, process = served.installation, served.process
    before = grandchildren(process.pid)
    fitting = installation.dotenv.read_text()
    installation.dotenv.write_text(f"{fitting}GATEWAY_WORKERS=many\n")

    process.send_signal(signal.SIGHUP)
    said = said_until(process, "Tollgate goes on")
    installation.dotenv.write_text(fitting)

    assert said == (
        "Tollgate goes on as it was: the new version does not fit this installation."
    )
    assert grandchildren(process.pid) == before
    assert installation.status("/livez") == 200


def test_an_update_gives_every_place_to_the_new_version(served):
    """Nobody is refused meanwhile, and no connection is kept by those that go."""
    process = served.process
    before = grandchildren(process.pid)

    with ThreadPoolExecutor() as pool, asking(served.installation, pool) as answers:
        process.send_signal(signal.SIGHUP)
        said = said_until(process, "Tollgate")
    after = grandchildren(process.pid)
    process.terminate()

    assert said == "Tollgate was updated"
    assert len(before) == len(after) == 3
    assert not before & after
    assert {answer.status_code for answer in answers} == {200, 503}
    assert process.wait(PATIENCE_SECONDS) == 0


def grandchildren(pid):
    """Return the workers: what granian's own processes started, but for their tracker."""
    return {
        worker
        for process in children(pid)
        for worker in children(process)
        if b"spawn_main" in Path(f"/proc/{worker}/cmdline").read_bytes()
    }


def children(pid):
    return {
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text().split()
    }


@contextmanager
def asking(installation, pool):
    """Ask the portal and the gate again and again; yields the list of their answers."""
    over, answers = threading.Event(), []
    gate = f"http://127.0.0.1:{installation.gateway_port}"
    portal = installation.address
    addresses = f"{portal}/livez", f"{gate}/gateway/verify/logs"

    def ask(address):
        with httpx.Client(timeout=PATIENCE_SECONDS) as client:
            while not over.is_set():
                answers.append(client.get(address))

    asked = [pool.submit(ask, address) for address in addresses]
    try:
        yield answers
    finally:
        over.set()
    for each in asked:
        each.result()


def said_until(process, beginning):
    return next(line.rstrip() for line in process.stdout if line.startswith(beginning))
