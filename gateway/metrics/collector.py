"""Answers to Prometheus: all processes together, and the database's queues.

Prometheus' own mode for several processes is not used: there gauges of the dead stay,
and one that was not set yet counts as 0 in a minimum. Here the dead leave their counters
alone, and what was not set is not there.
"""

import time
from collections import defaultdict
from math import isfinite

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.registry import Collector

from accounts.metrics import BUCKET_BOUNDS
from gateway.metrics.families import COUNTERS, GAUGES, HISTOGRAMS
from gateway.metrics.report import reports

LIMITS = [*map(str, BUCKET_BOUNDS), "+Inf"]


class ProcessReports(Collector):
    """Joins what the processes of this server tell in their folder."""

    def __init__(self, folder):
        self._folder = folder

    def collect(self):
        everybody = list(reports(self._folder))
        running = [report for report, runs in everybody if runs]
        told = [report for report, _ in everybody]
        yield from counters(told)
        yield from histograms(told)
        yield from gauges(running, time.monotonic())


def counters(told):
    sums = defaultdict(int)
    for report in told:
        for name, labels, number in report["counters"]:
            sums[name, tuple(labels)] += number
    for name, family in COUNTERS.items():
        made = CounterMetricFamily(name, family.help, labels=family.labels)
        for labels, number in of(name, sums):
            made.add_metric(labels, number)
        yield made


def histograms(told):
    sums = {}
    for report in told:
        for name, labels, buckets, seconds in report["histograms"]:
            before, so_far = sums.get((name, tuple(labels)), ([0] * len(buckets), 0))
            added = [one + other for one, other in zip(before, buckets, strict=True)]
            sums[name, tuple(labels)] = added, so_far + seconds
    for name, family in HISTOGRAMS.items():
        made = HistogramMetricFamily(name, family.help, labels=family.labels)
        for labels, (buckets, seconds) in of(name, sums):
            made.add_metric(labels, cumulative(buckets), seconds)
        yield made


def cumulative(buckets):
    """Return [(upper limit, how many are not above it)]."""
    total, found = 0, []
    for limit, number in zip(LIMITS, buckets, strict=True):
        total += number
        found.append((limit, total))
    return found


def gauges(running, now):
    said = defaultdict(list)
    for report in running:
        for name, labels, number in [*report["gauges"], *ages(report, now)]:
            said[name, tuple(labels)].append(number)
    for name, family in GAUGES.items():
        made = GaugeMetricFamily(name, family.help, labels=family.labels)
        for labels, numbers in of(name, said):
            made.add_metric(labels, family.join(numbers))
        yield made


def ages(report, now):
    """Yield how old a report is, and what it tells of the generations.

    The monotonic clock is the same in all processes.
    """
    here = (report["listener"],)
    yield "tollgate_report_age_seconds", here, now - report["told_at"]
    # Nothing was seen yet where it is minus infinity.
    if isfinite(report["seen_at"]):
        age = max(0.0, now - report["seen_at"])
        yield "tollgate_generations_age_seconds", here, age


def of(name, numbers):
    """Return what is known under a name, in an order that stays."""
    return sorted((key[1], number) for key, number in numbers.items() if key[0] == name)
