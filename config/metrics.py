"""The listener that Prometheus asks, which the public never reaches."""

import os
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

# Models can be imported only now.
from prometheus_client import CollectorRegistry, make_wsgi_app  # noqa: E402

from accounts.deadline import request_deadline  # noqa: E402
from accounts.metrics import FOLDER  # noqa: E402
from gateway.metrics.collector import ProcessReports  # noqa: E402
from gateway.metrics.queues import Queues  # noqa: E402

PATH = "/metrics"

registry = CollectorRegistry()
registry.register(ProcessReports(os.environ.get(FOLDER, "")))
registry.register(Queues())
told = make_wsgi_app(registry)


def application(environ, start_response):
    if environ["PATH_INFO"] != PATH:
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"Metrics are at /metrics\n"]
    with request_deadline.running("GET", time.monotonic()):
        return told(environ, start_response)
