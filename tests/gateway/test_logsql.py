"""Which LogsQL queries only compute on rows that they find themselves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.verify.logsql import (
    FUNCTIONS,
    PIPES,
    QueryError,
    check_filter,
    check_query,
)

UNLISTED = [
    "stream_context",
    "block_stats",
    "blocks_count",
    "field_names",
    "pack_logfmt",
    "query_stats",
    "generate_sequence",
    "stats_remote",
    "no_such_pipe",
    "error",
]

spaces = st.text(" \t\n", min_size=1, max_size=3) | st.just(" # a | 'comment\n")
some = st.sampled_from


def cased(name):
    """A word in any letter case."""
    letters = [some([letter.lower(), letter.upper()]) for letter in name]
    return st.tuples(*letters).map("".join)


def literal(text):
    return some([f'"{text}"', f"'{text}'", f"`{text}`"])


texts = st.text("abc|#() *:=", max_size=6).flatmap(literal)
names = some(["env", "_msg", "a.b", "level", "тест"]) | texts
values = some(["*", "error", ":=x", "~'a|b'", ">5", "i(x)", "5m*"]) | texts
plain = st.builds("{}:{}".format, names, values) | some(
    ["*", "error", "{a=~'b|c'}", "_time:[2024-01-01, 2024-02-01)", "x:range(1, 5]"]
)


def inside(filters):
    """Filters of filters, and of what a query within them finds."""
    return (
        st.builds("({} or !{})".format, filters, filters)
        | st.builds("{} {}".format, filters, filters)
        | queries(filters).map("a:in({} | fields a)".format)
        | queries(filters).map("_stream_id:in({} | uniq by (_stream_id))".format)
    )


def queries(filters):
    return st.builds(
        lambda first, stages: "".join((first, *stages)),
        filters,
        st.lists(stages_of(filters), max_size=3),
    )


def stages_of(filters):
    named = some(sorted(PIPES - {"join", "union"})).flatmap(cased)
    counted = some(sorted(FUNCTIONS)).flatmap(cased)
    return st.builds(
        "{}|{}{}".format,
        spaces,
        spaces,
        st.builds("{} {}".format, named, some(["5", "by (a) limit 3", '"a<b>" at c']))
        | st.builds("stats {}(a) if ({}) b".format, counted, filters)
        | st.builds("{}(a)".format, counted)
        | st.builds("union ({})".format, filters)
        | st.builds("join by (a) ({} | fields a) inner".format, filters)
        | st.builds("{}:{}".format, literal("level"), values),
    )


filters = st.recursive(plain, inside, max_leaves=4)
allowed = queries(filters)


def refuses(text, check=check_query):
    try:
        check(text)
    except QueryError as refused:
        return refused.args[0]
    return ""


@given(allowed)
def test_what_only_computes_is_allowed(query):
    assert refuses(query) == ""


@given(some(["", "options(concurrency=2) ", "OPTIONS ( time_offset = 1h , )"]), allowed)
def test_options_are_allowed_that_do_not_concern_filters(options, query):
    assert refuses(options + query) == ""


@st.composite
def with_unlisted(draw):
    """A query with one pipe that is not on the list, at some depth, however written."""
    name = draw(some(UNLISTED).flatmap(cased))
    name = draw(st.just(name) | literal(name))
    rest = draw(some(["", " 5"]) if name[0] in "\"'`" else some(["", " 5", ":a", ".a"]))
    bad = f"{draw(filters)}{draw(spaces)}|{draw(spaces)}{name}{rest}"
    for _ in range(draw(st.integers(0, 3))):
        around = some(
            ["* | union ({})", "a:in({} | fields a)", "* | count() if ({}) b"]
        )
        around |= some(["* | join by (a) ({})", "{} | sort by (_time)", "(x or !({}))"])
        bad = draw(around).format(bad.replace("{", "{{").replace("}", "}}"))
    return bad


@given(with_unlisted())
def test_any_other_pipe_is_refused_at_any_depth(query):
    assert refuses(query)


@pytest.mark.parametrize("name", UNLISTED)
def test_the_sentence_names_the_pipe(name):
    says = f'Shared tokens may not use the pipe "{name}"'

    assert refuses(f"* | {name} before 5") == says
    assert refuses(f"a:in(* | {name} | fields a)") == says


@pytest.mark.parametrize(
    "pipe",
    [
        "join lateral by (a) (x:'${a}')",
        "JOIN # by\n lateral(a) (b)",
        "union lateral (a)",
        'union rows({"a":"b"})',
        "union a",
    ],
)
def test_pipes_with_queries_are_read_as_they_are_documented_only(pipe):
    name = pipe.split()[0]

    assert refuses(f"* | {pipe}") == f'Shared tokens may not use the pipe "{name}"'


def test_a_filter_without_its_name_might_be_a_pipe():
    assert refuses("* | level:error") == (
        'Shared tokens may not use the pipe "level"; say filter before a filter'
    )
    assert refuses("* | filter level:error") == ""


@given(st.text() | st.text("|()[]{}'\"`\\#\n ao:=,*"))
def test_no_text_raises_anything_else(text):
    for check in (check_query, check_filter):
        says = refuses(text, check)

        assert says.isascii()
        assert says.isprintable()


@pytest.mark.parametrize(
    "query",
    [
        '"open | stream_context',
        "'a\\' | fields a",
        "`a",
        '"a\nb"',
        '"\\q"',
        '"\\ud800"',
        '"\\U00110000"',
        '"\\400"',
        "'\\\"'",
        "a\\ b",
        "a;b",
        "a\x00",
        "a\u00a0b",
        "\ufffd",
        "opt\u0130ons(a=b) *",
        "\u212a",
        "(a",
        "a)",
        "(a}",
        "{a)",
        "* |",
        "* | # fields",
        "(" * 65 + "a" + ")" * 65,
        "a" * 65_537,
    ],
)
def test_what_cannot_be_read_with_certainty_is_refused(query):
    assert refuses(query).startswith("Shared tokens may not send ")


@pytest.mark.parametrize(
    "query",
    [
        r'"\a\b\f\n\r\t\v\\\"\x7f\077\u00e9\uFFFF\U0001f600\U0010ffff"',
        r"'\'\x41' `\`",
        '"" | fields a',
        "# only | a comment",
        "(" * 64 + "a" + ")" * 64,
        "a" * 65_536,
        "тест:слово",
        "x:(1.5, 2] - y:[3, now)",
        "* | (a or b) | !c | -d | {e='f'} | `g`:h",
        "* | BY (a) Count()",
        "* | JOIN\n on (a) (b | fields c) inner prefix d | join(a)(b) | Union (c)",
    ],
)
def test_what_is_certain_is_read(query):
    assert refuses(query) == ""


@pytest.mark.parametrize(
    "options",
    [
        "options *",
        "options(a=1) *",
        "options(concurrency=(1)) *",
        "options(global_filter=(a)) *",
        "a:in(OPTIONS (b=1) * | fields a)",
    ],
)
def test_other_options_are_refused(options):
    says = refuses(options)

    assert says == "Shared tokens may not use these query options"


def test_filters_are_nothing_else():
    assert refuses("a:b or {c=~'d|e'} !\"f | g\"", check_filter) == ""
    for text in ("* | fields a", "a:in(* | fields a)", "options(concurrency=1) *"):
        assert "may not use pipes or options" in refuses(text, check_filter)
