"""Cost of counting for Prometheus: the same requests with metrics and without."""

import threading
from contextlib import contextmanager

import httpx

from benchmarks.load import measure

SCRAPE_SECONDS = 15


@contextmanager
def scraping(port):
    """Ask for metrics meanwhile, as often as Prometheus does."""
    over, address = threading.Event(), f"http://127.0.0.1:{port}/metrics"

    def scrape():
        while not over.wait(SCRAPE_SECONDS):
            httpx.get(address, timeout=60).raise_for_status()

    thread = threading.Thread(target=scrape)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def shares(cases, turns):
    """Return {name: shares}, of cases given as (name, path, (server, what wrk is told) twice).

    A share is of the CPU time of a request, without metrics to with them, in two seconds of
    which each has one. Both are asked by turns, first the one and then the other, so that
    what else the machine does meets both alike.
    """
    return {
        name: [_share(both, path, turn % 2) for turn in range(turns)]
        for name, path, both in cases
    }


def _share(both, path, is_reversed):
    cpu = [0.0, 0.0]
    order = (1, 0) if is_reversed else (0, 1)
    for which in order:
        server, told = both[which]
        cpu[which] = measure(server, path, seconds=1, **told).cpu
    return cpu[0] / cpu[1]
