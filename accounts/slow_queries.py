"""Queries that take long are logged, without what was asked for in them."""

import logging
import time

from django.conf import settings

# Lists of ids make a query long; its beginning tells which one it is.
MOST_LETTERS = 2000

logger = logging.getLogger(__name__)


def watch(connection, **_):
    """Time what a connection is asked, once it is there; for `connection_created`."""
    if timed not in connection.execute_wrappers:
        connection.execute_wrappers.append(timed)


def timed(execute, sql, params, many, context):
    begun = time.perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        seconds = time.perf_counter() - begun
        if seconds * 1000 >= settings.LOG_SLOW_QUERIES:
            text = str(sql)[:MOST_LETTERS]
            logger.warning("A query took %.3f seconds: %s", seconds, text)
