"""A process that tells what it counts."""

from collections import Counter as Tallied
from contextlib import closing

import pytest

from accounts import metrics
from gateway.metrics.report import MetricsReporter
from gateway.verify.answer_times import Measured


@pytest.fixture(autouse=True)
def _nothing_counted_yet(monkeypatch):
    for counts in (
        *(metrics.events, metrics.requests),
        *(metrics.refused_calls, metrics.remote_writes),
    ):
        monkeypatch.setattr(counts, "_counts", Tallied())
    monkeypatch.setattr(metrics.request_times, "cells", {})


@pytest.fixture
def measured(ask):
    return Measured(ask.gate)


@pytest.fixture
def reporter(tmp_path, ask, measured):
    with closing(MetricsReporter(tmp_path, "gateway", ask.gate, measured)) as reporter:
        yield reporter


@pytest.fixture
def question(ask, measured):
    """Ask as a gateway does; returns the status."""

    def question(path, token=""):
        environ = {"PATH_INFO": path, "REQUEST_METHOD": "GET"} | ask.gateway
        if token:
            environ["HTTP_X_API_TOKEN"] = token
        statuses = []
        measured(environ, lambda status, headers: statuses.append(status))
        return statuses[0]

    return question
