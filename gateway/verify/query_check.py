"""Checks of a shared token's queries to VictoriaLogs, as the proxy hands them over.

An argument that a store read otherwise than we do, or not at all, would take with it what
the proxy appends, or bring a query that nobody judged. So arguments are read strictly,
and only names are let through that VictoriaLogs documents
(https://docs.victoriametrics.com/victorialogs/querying/#http-api).
"""

import re
from urllib.parse import unquote_plus

from gateway.verify.logsql import QueryError, check_filter, check_query, shown

MOST_ARGUMENTS = 256
# Of what a URL may hold, less what a store might separate or end arguments by.
ARGUMENT = re.compile(r"(?:[!-\"$&-:<-~]|%[0-9A-Fa-f]{2})*+")
MALFORMED = "A query takes at most 256 arguments, each percent-encoded where it must be"
NOT_HANDED_OVER = "Shared tokens may not ask this, which the gateway did not hand over"
# Not `hidden_fields_filters`, which the store applies before it filters, nor `format`,
# whose CSV begins with names of fields.
HARMLESS = {
    "allow_partial_response",
    "end",
    "field",
    "fields_limit",
    "filter",
    "ignore_pipes",
    "keep_const_fields",
    "limit",
    "max_value_len",
    "max_values_per_field",
    "offset",
    "refresh_interval",
    "start",
    "start_offset",
    "step",
    "time",
    "timeout",
}
LOGSQL = {
    "query": check_query,
    "extra_filters": check_filter,
    "extra_stream_filters": check_filter,
}


def why_not(address, form):
    """Return why a query may not be sent by a shared token, or an empty text.

    `address` and `form` are its arguments as they were sent, None where there was no
    header; a query that neither holds was not handed over. A proxy leaves out what is
    empty: an empty header is one whose value the server could not read.
    """
    if "" in (address, form):
        return MALFORMED
    try:
        sent = [*_arguments(address or ""), *_arguments(form or "")]
        if "query" not in {name for name, _ in sent}:
            return NOT_HANDED_OVER
        for name, value in sent:
            _check(name, value)
    except QueryError as refused:
        return refused.args[0]
    return ""


def _arguments(raw):
    """Return the (name, value) of arguments, counted as a store in Go counts them."""
    written = raw.split("&") if raw else []
    if len(written) > MOST_ARGUMENTS or not ARGUMENT.fullmatch(raw):
        raise QueryError(MALFORMED)
    return [_decoded(each) for each in written if each]


def _decoded(argument):
    name, _, value = argument.partition("=")
    try:
        return tuple(unquote_plus(each, errors="strict") for each in (name, value))
    except UnicodeDecodeError as error:
        raise QueryError(MALFORMED) from error


def _check(name, value):
    if name in LOGSQL:
        LOGSQL[name](value)
    elif name not in HARMLESS:
        raise QueryError(f'Shared tokens may not send the argument "{shown(name)}"')
