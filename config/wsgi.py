import os
import threading
import time
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

django_application = get_wsgi_application()

# Models can be imported only now.
from accounts.deadline import request_deadline  # noqa: E402
from accounts.rule_violations import NOT_TAKEN  # noqa: E402
from config.asgi_requests import ARRIVED_AT  # noqa: E402
from gateway.metrics.report import reporter_of  # noqa: E402
from gateway.verify import background  # noqa: E402
from gateway.verify.answer_times import Measured  # noqa: E402
from gateway.verify.gate import VERIFY_PATH, Gate  # noqa: E402

# Takes seconds on a small machine, for which the first request would wait.
import_module(settings.ROOT_URLCONF)

# Configurations of before the gate had a listener of its own ask here.
gate = Gate()
measured = Measured(gate)
_begun = threading.Lock()


def begin():
    """Start the background work, unless it has begun; a worker does so before it listens."""
    if _begun.acquire(blocking=False):
        reporter = reporter_of("portal", gate, measured)
        background.start(gate, takes_jobs=True, reporter=reporter)


def application(environ, start_response):
    # Not at the import, which tools and tests do as well.
    begin()
    if environ["PATH_INFO"].startswith(VERIFY_PATH) and NOT_TAKEN not in environ:
        return measured(environ, start_response)
    return portal(environ, start_response)


def portal(environ, start_response):
    arrived_at = environ.get(ARRIVED_AT) or time.monotonic()
    with request_deadline.running(environ["REQUEST_METHOD"], arrived_at):
        return django_application(environ, start_response)
