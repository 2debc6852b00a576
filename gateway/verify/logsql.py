"""Whether a LogsQL query only computes on rows that it finds itself.

VictoriaLogs joins `extra_filters` to a query and to each query inside of it, all of them
since 1.21 (https://docs.victoriametrics.com/victorialogs/querying/#extra-filters), but
some pipes fetch rows of their own, which nothing narrows. In a text that is split into
tokens as VictoriaLogs 1.26 to 1.52 split it, every pipe at every depth follows a `|` that
stands outside of quotes and comments, so all that matters is what comes after those.

The list says what may; a pipe that is new, or not understood, is not on it. Not on it
are `stream_context` (rows around those found), `block_stats`, `blocks_count`,
`field_names` and `pack_logfmt` (they tell of whole blocks, and name the fields of rows
that were not found), `query_stats` (of all that was read), `generate_sequence` (makes
rows without end) and what no documentation describes.
"""

import re

# Each is described at https://docs.victoriametrics.com/victorialogs/logsql/#NAME-pipe.
PIPES = {
    "collapse_nums",
    "copy",
    "decolorize",
    "delete",
    "drop_empty_fields",
    "extract",
    "extract_regexp",
    "facets",
    "field_values",
    "fields",
    "filter",
    "first",
    "format",
    "hash",
    "join",
    "json_array_len",
    "last",
    "len",
    "limit",
    "math",
    "offset",
    "pack_json",
    "rename",
    "replace",
    "replace_regexp",
    "running_stats",
    "sample",
    "set_stream_fields",
    "sort",
    "split",
    "stats",
    "time_add",
    "top",
    "total_stats",
    "union",
    "uniq",
    "unpack_json",
    "unpack_logfmt",
    "unpack_syslog",
    "unpack_words",
    "unroll",
}
# Their second names, said at the same places.
PIPES |= {"cp", "del", "drop", "eval", "head", "keep", "mv", "order", "rm", "skip"}
PIPES |= {"where"}
# They may stand without `stats` (…/logsql/#stats-pipe-functions).
FUNCTIONS = {
    "avg",
    "count",
    "count_empty",
    "count_uniq",
    "count_uniq_hash",
    "histogram",
    "json_values",
    "max",
    "median",
    "min",
    "quantile",
    "rate",
    "rate_sum",
    "row_any",
    "row_max",
    "row_min",
    "sum",
    "sum_len",
    "uniq_values",
    "values",
}
# …/logsql/#query-options; none of them changes what `extra_filters` do.
OPTIONS = "concurrency|ignore_global_time_filter|parallel_readers|time_offset"
OPTIONS += "|allow_partial_response"

MOST_CHARACTERS = 65_536
MOST_DEPTH = 64
SHOWN = 40
# As Go reads literals (https://go.dev/ref/spec#Rune_literals): no surrogate, no more
# than a byte in octal digits.
ESCAPE = (
    r"x[0-9A-Fa-f]{2}|[0-3][0-7]{2}|u(?![Dd][89A-Fa-f])[0-9A-Fa-f]{4}"
    r"|U(?:0000(?![Dd][89A-Fa-f])|000[1-9A-Fa-f]|0010)[0-9A-Fa-f]{4}"
)
# What is not here is not read: other spaces and control characters, `;` and `\\` outside
# of quotes, and the two letters that are ASCII ones only in lower case.
TOKEN = re.compile(
    r"(?P<space>(?:[ \t\r\n]++|\#[^\n]*+)++)"
    rf"|(?P<quoted>\"(?:[^\"\\\n]|\\(?:[abfnrtv\\\"]|{ESCAPE}))*+\""
    rf"|'(?:[^'\\\n]|\\(?:[abfnrtv\\']|{ESCAPE}))*+'"
    r"|`[^`]*+`)"
    r"|(?P<word>(?:[^\W\u0130\u212a]|\.)++)"
    r"|(?P<opening>[(\[{])"
    r"|(?P<closing>[)\]}])"
    r"|(?P<pipe>\|)"
    r"|(?P<sign>[!$%&*+,\-/:<=>?@^~])"
)
# A filter without its name, where it can be no pipe: with a quoted field, in brackets,
# or negated. A bare word is read as a pipe first, even with a colon: `field_names:a` is
# one, with a result named `:a`.
FILTER = re.compile(
    r"(?:\"(?:[^\"\\\n]|\\.)*+\"|'(?:[^'\\\n]|\\.)*+'|`[^`]*+`):|[({!-]"
)
# The pipes that take a query, as they are documented. What else they may come to take is
# not known: a query that is put together of values of rows was never read here.
TAKES_QUERY = {
    "join": re.compile(r"[ \t\r\n]*+(?:(?:by|on)[ \t\r\n]*+)?\(", re.IGNORECASE),
    "union": re.compile(r"[ \t\r\n]*+\("),
}
ANYTHING = re.compile("")
FUNCTION = re.compile(r"([A-Za-z_]++)[ \t\r\n]*+\(")
SET_OPTIONS = re.compile(
    rf"[ \t\r\n]*+\((?:[ \t\r\n]*+(?:{OPTIONS})[ \t\r\n]*+=[ \t\r\n]*+[A-Za-z0-9_.-]++"
    r"[ \t\r\n]*+(?:,|(?=\))))*+[ \t\r\n]*+\)"
)
CLOSES = {"(": ")]", "[": ")]", "{": "}"}


class QueryError(ValueError):
    """A query is not let through; `args[0]` is the sentence that says why."""


def check_query(text):
    """Raise QueryError for a query that may fetch rows besides those that it finds."""
    for at, kind in _pipes_and_options(text):
        (_check_pipe if kind == "pipe" else _check_options)(text, at)


def check_filter(text):
    """Raise QueryError for anything but filters, which no query is in."""
    for _ in _pipes_and_options(text):
        raise QueryError("Shared tokens may not use pipes or options in extra filters")


def _pipes_and_options(text):
    """Yield where something begins that follows a `|`, or the word `options`."""
    after_pipe = False
    for token in _tokens(text):
        if token.lastgroup == "space":
            continue
        if after_pipe:
            yield token.start(), "pipe"
        if token["word"] and token[0].lower() == "options":
            yield token.end(), "options"
        after_pipe = token.lastgroup == "pipe"
    if after_pipe:
        raise _unreadable(text, len(text))


def _tokens(text):
    if len(text) > MOST_CHARACTERS:
        raise QueryError("Shared tokens may not send queries of more than 64 KiB")
    open_brackets, at = [], 0
    while at < len(text):
        token = TOKEN.match(text, at)
        if token is None or not _is_balanced(open_brackets, token):
            raise _unreadable(text, at)
        yield token
        at = token.end()
    if open_brackets:
        raise _unreadable(text, at)


def _is_balanced(open_brackets, token):
    """Note a bracket; whether it may stand there. A range may end as another begins."""
    if token.lastgroup == "opening":
        open_brackets.append(token[0])
        return len(open_brackets) <= MOST_DEPTH
    if token.lastgroup == "closing":
        return bool(open_brackets) and token[0] in CLOSES[open_brackets.pop()]
    return True


def _check_pipe(text, at):
    token = TOKEN.match(text, at)
    name = token[0].lower()
    if name in PIPES and TAKES_QUERY.get(name, ANYTHING).match(text, token.end()):
        return
    function = FUNCTION.match(text, at)
    if function and function[1].lower() in FUNCTIONS | {"by"}:
        return
    if not FILTER.match(text, at):
        says = f'Shared tokens may not use the pipe "{shown(token[0])}"'
        colon = text[token.end() : token.end() + 1] == ":"
        raise QueryError(f"{says}; say filter before a filter" if colon else says)


def _check_options(text, at):
    if not SET_OPTIONS.match(text, at):
        raise QueryError("Shared tokens may not use these query options")


def _unreadable(text, at):
    rest = shown(text[at : at + SHOWN])
    where = f'from "{rest}" on' if rest else "to its end"
    return QueryError(f"Shared tokens may not send a query that cannot be read {where}")


def shown(text):
    """Return the beginning of a text as a header can carry it."""
    shown = text[:SHOWN].strip()
    return "".join(each if " " <= each <= "~" else "?" for each in shown)
