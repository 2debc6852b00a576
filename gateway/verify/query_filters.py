"""A shared token's scope in the languages of the stores, for a gateway to enforce.

A store has its own names for fields. An alternative with a field that the store cannot
hold, or would read as something else than a field's name, is left out: it matches
nothing, so what is compiled lets through as much as `sharing.scope` says or less.
Everything is written in ASCII with the escapes of the language, so that a value stays
inside its quotes and an answer's header can carry it. Nothing is ever the empty text,
which a proxy could not tell from a header that is missing.
"""

import json
import re

LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
# What Loki makes one `_` of, and the names in which it leaves two at both ends.
RUN = re.compile(r"[^a-zA-Z0-9]+")
RESERVED = re.compile(r"__.*__", re.DOTALL)
# VictoriaLogs reads the first three as a time range and as streams, even in quotes.
LOGSQL_OWN = {"_time", "_stream", "_stream_id"}
# The first is a pattern to VictoriaMetrics, the others are its tenants.
METRICSQL_OWN = {"__graphite__", "vm_account_id", "vm_project_id"}
# Fields about a document; some take patterns, and no document can bring its own.
OPENSEARCH_OWN = {
    "_doc_count",
    "_field_names",
    "_id",
    "_ignored",
    "_index",
    "_nested_path",
    "_routing",
    "_seq_no",
    "_source",
    "_type",
    "_version",
}


def logql(scope):
    """Return a pipeline stage to put right after every stream selector of a query.

    It asks stream labels and structured metadata. Loki holds every field under a name
    of letters, digits and underscores, so `a.b-c@d` is asked as `a_b_c_d`. What name
    others get depends on who gave it, and a field is asked by each that it may have. A
    stage that parses lines must come after it, or a line could bring the label itself.
    A field that is named like a word of LogQL (`on`, `by`) makes Loki refuse the query.
    """
    alternatives = _readable(scope, _loki_names)
    if [] in alternatives:
        return '|= ""'
    if not alternatives:
        return '| tollgate="" and tollgate!=""'
    return "| " + _either(alternatives, _asked_of_loki)


def logsql(scope):
    """Return the `extra_filters` of VictoriaLogs; every field's name is in quotes."""
    alternatives = _readable(scope, _victorialogs_name)
    if [] in alternatives:
        return "*"
    if not alternatives:
        return "!*"
    return _either(alternatives, lambda name, value: f"{name}:={_quoted(value)}")


def promql(scope):
    """Return a series selector, for an `extra_filters[]` of VictoriaMetrics.

    A name that is no classic label name is in quotes, which old servers refuse, and so
    do all but VictoriaMetrics an `or` between different labels.
    """
    alternatives = _readable(scope, _label_name)
    if [] in alternatives:
        return '{__name__!=""}'
    if not alternatives:
        return '{tollgate="",tollgate!=""}'
    return f"{{{_one_of(alternatives) or _matchers(alternatives)}}}"


def opensearch(scope):
    """Return a query as JSON, for the `filter` of a `bool` query.

    It is exact on `keyword` fields; others read a value by rules of their own, a word
    of a `text` for instance, a range of an `ip`.
    """
    alternatives = _readable(scope, _document_name)
    if [] in alternatives:
        query = {"match_all": {}}
    elif alternatives:
        query = _any([_all(clauses) for clauses in alternatives])
    else:
        query = {"match_none": {}}
    return json.dumps(query, separators=(",", ":"))


def _readable(scope, named):
    """Return the alternatives that a store can answer, each as (name, value) clauses."""
    found = []
    for alternative in scope:
        clauses = sorted((named(field), value) for field, value in alternative)
        if all(name for name, _ in clauses):
            found.append(clauses)
    return sorted(found)


def _loki_names(field):
    """Return the names that a field may have in Loki, as a tuple.

    A stream's label has the one that its sender gave it, where a digit at the beginning
    comes after `_`. Structured metadata is renamed by Loki, with what is now
    https://github.com/prometheus/otlptranslator: up to Loki 3.6 `1st` is `key_1st` and
    `_a` is `key_a`; from 3.7 on `_a` stays, and a run of other characters is one `_`.
    Before 3.4 what is pushed without OTLP keeps its name, and can be asked for only when
    that is a name to LogQL.
    """
    field = field.strip()
    name = re.sub(r"[^a-zA-Z0-9_]", "_", field)
    short = RUN.sub("_", field)
    if RESERVED.fullmatch(field):
        short = f"__{RUN.sub('_', field[2:-2])}__"
    if name[:1].isdigit():
        names = f"_{name}", f"key_{name}", f"key_{short}"
    elif name.startswith("_") and not name.startswith("__"):
        names = name, f"key{name}", short
    else:
        names = name, short
    return tuple(dict.fromkeys(filter(None, names)))


def _asked_of_loki(names, value):
    asked = " or ".join(f"{name}={_quoted(value)}" for name in names)
    return f"({asked})" if len(names) > 1 else asked


def _victorialogs_name(field):
    # A star at the end stands for every field that begins so, even in quotes.
    own = field in LOGSQL_OWN or field.endswith("*")
    return "" if own else _quoted(field)


def _label_name(field):
    if field in METRICSQL_OWN:
        return ""
    return field if LABEL.fullmatch(field) else _quoted(field)


def _document_name(field):
    return "" if field in OPENSEARCH_OWN else field


def _either(alternatives, written_as):
    written = [
        " and ".join(written_as(name, value) for name, value in clauses)
        for clauses in alternatives
    ]
    if len(written) == 1:
        return written[0]
    return " or ".join(f"({text})" if " and " in text else text for text in written)


def _one_of(alternatives):
    """Return one matcher for alternatives about a single label, else an empty text."""
    clauses = [clause for clauses in alternatives for clause in clauses]
    names = {name for name, _ in clauses}
    if len(alternatives) == 1 or len(clauses) > len(alternatives) or len(names) > 1:
        return ""
    return (
        f"{names.pop()}=~{_quoted('|'.join(re.escape(value) for _, value in clauses))}"
    )


def _matchers(alternatives):
    return " or ".join(
        ",".join(f"{name}={_quoted(value)}" for name, value in clauses)
        for clauses in alternatives
    )


def _any(queries):
    if len(queries) == 1:
        return queries[0]
    return {"bool": {"should": queries, "minimum_should_match": 1}}


def _all(clauses):
    return {"bool": {"filter": [{"term": {name: value}} for name, value in clauses]}}


def _quoted(text):
    """Return a string literal as Go reads it, which all three query languages do."""
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(character):
    if character in '"\\':
        return f"\\{character}"
    if " " <= character <= "~":
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
