"""Metrics for Prometheus: names, meanings and labels, by its naming conventions.

Labels have few values: no token, account, person or address is ever one.
"""

from typing import NamedTuple


class Family(NamedTuple):
    help: str
    labels: tuple = ()
    # How what several processes say becomes one number.
    join: object = sum


def furthest(numbers):
    """Return the number that is furthest from zero."""
    return max(numbers, key=abs)


LISTENER = ("listener",)

HISTOGRAMS = {
    "tollgate_question_duration_seconds": Family(
        "Answers to questions of gateways, by signal and status.", ("signal", "status")
    ),
    "tollgate_http_request_duration_seconds": Family(
        "Requests that the portal answered, by area.", ("area",)
    ),
}
COUNTERS = {
    "tollgate_question_lookups": Family(
        "Where gates found what was shown to them.", ("found",)
    ),
    "tollgate_refused_calls": Family(
        "Calls with tokens that are known and do not work.", ("reason", "signal")
    ),
    "tollgate_remote_write_requests": Family(
        "Requests to the receiver of usage, by what came of them.", ("result",)
    ),
    "tollgate_http_requests": Family(
        "Requests that the portal answered.", ("area", "method", "status")
    ),
    "tollgate_logins": Family("Times somebody signed in, or did not.", ("result",)),
    "tollgate_reveals": Family("Secrets that were copied, by what they open.", ("of",)),
    "tollgate_audit_events": Family("Events of the audit trail.", ("action",)),
    "tollgate_process_cpu_seconds": Family("CPU time of processes.", LISTENER),
}
GAUGES = {
    "tollgate_processes": Family("Processes that run.", LISTENER),
    "tollgate_report_age_seconds": Family(
        "Time since the process that is most silent said something.", LISTENER, max
    ),
    "tollgate_process_resident_memory_bytes": Family("Memory in use.", LISTENER),
    "tollgate_generations_age_seconds": Family(
        "Time since the last look at the generations that succeeded.", LISTENER, max
    ),
    "tollgate_clock_offset_seconds": Family(
        "By how much this host's clock is behind the database's.", LISTENER, furthest
    ),
    "tollgate_memory_entries": Family("What gates remember.", ("known",)),
    "tollgate_counts_unwritten": Family(
        "Rows of counts in memory that are not written yet.", ("of",)
    ),
    "tollgate_remote_write_unsent_calls": Family(
        "Calls of tokens that the receiver of usage does not have."
    ),
    "tollgate_database_pool_connections": Family(
        "Connections of pools to the database.", ("state",)
    ),
    "tollgate_database_pool_waiting": Family(
        "Requests that wait for a connection of a pool."
    ),
}
