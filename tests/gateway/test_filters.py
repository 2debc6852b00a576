import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import filters
from sharing.models.filters import PRINTABLE
from sharing.scope import EVERYTHING, NOTHING, Operator, scope
from tests.gateway import filter_readers as readers
from tests.hostile_strings import STRINGS

LANGUAGES = ("logql", "logsql", "promql", "opensearch")
AND = (frozenset({("env", "test"), ("region", "eu")}),)
ONE_FIELD = (frozenset({("env", "a.b")}), frozenset({("env", "c")}))
TWO_FIELDS = (frozenset({("env", "test")}), frozenset({("region", "eu")}))
MIXED = (frozenset({("a", "1"), ("b", "2")}), frozenset({("c", "3")}))
ODD = (frozenset({("a.b-c@d", 'x"\\é😀')}),)

printable = st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"])
words = st.sampled_from(
    ["env", "team", "a.b-c@d", "a_b_c_d", "1st", "", "é", "__name__"]
)
texts = words.filter(bool) | st.text(printable, min_size=1, max_size=8)
fields = texts.filter(lambda field: not field.endswith("*"))
clauses = st.tuples(fields, texts)
scopes = st.lists(st.frozensets(clauses, max_size=3), max_size=3).map(tuple)


def compiled(language, of):
    return getattr(filters, language)(of)


def reader(language):
    return getattr(readers, language)


def lets_through(of, pairs):
    return any(alternative <= pairs for alternative in of)


@pytest.mark.parametrize(
    ("of", "logql", "logsql", "promql", "opensearch"),
    [
        (EVERYTHING, '|= ""', "*", '{__name__!=""}', '{"match_all":{}}'),
        (
            NOTHING,
            '| tollgate="" and tollgate!=""',
            "!*",
            '{tollgate="",tollgate!=""}',
            '{"match_none":{}}',
        ),
        (
            AND,
            '| env="test" and region="eu"',
            '"env":="test" and "region":="eu"',
            '{env="test",region="eu"}',
            '{"bool":{"filter":[{"term":{"env":"test"}},{"term":{"region":"eu"}}]}}',
        ),
        (
            ONE_FIELD,
            '| env="a.b" or env="c"',
            '"env":="a.b" or "env":="c"',
            r'{env=~"a\\.b|c"}',
            '{"bool":{"should":[{"bool":{"filter":[{"term":{"env":"a.b"}}]}},'
            '{"bool":{"filter":[{"term":{"env":"c"}}]}}],"minimum_should_match":1}}',
        ),
        (
            TWO_FIELDS,
            '| env="test" or region="eu"',
            '"env":="test" or "region":="eu"',
            '{env="test" or region="eu"}',
            '{"bool":{"should":[{"bool":{"filter":[{"term":{"env":"test"}}]}},'
            '{"bool":{"filter":[{"term":{"region":"eu"}}]}}],"minimum_should_match":1}}',
        ),
        (
            MIXED,
            '| (a="1" and b="2") or c="3"',
            '("a":="1" and "b":="2") or "c":="3"',
            '{a="1",b="2" or c="3"}',
            '{"bool":{"should":[{"bool":{"filter":[{"term":{"a":"1"}},{"term":{"b":"2"}}'
            ']}},{"bool":{"filter":[{"term":{"c":"3"}}]}}],"minimum_should_match":1}}',
        ),
        (
            ODD,
            r'| a_b_c_d="x\"\\\u00e9\U0001f600"',
            r'"a.b-c@d":="x\"\\\u00e9\U0001f600"',
            r'{"a.b-c@d"="x\"\\\u00e9\U0001f600"}',
            r'{"bool":{"filter":[{"term":{"a.b-c@d":"x\"\\\u00e9\ud83d\ude00"}}]}}',
        ),
    ],
    ids=["everything", "nothing", "and", "one field", "two fields", "mixed", "odd"],
)
def test_filters_as_stores_read_them(of, logql, logsql, promql, opensearch):
    assert [compiled(language, of) for language in LANGUAGES] == [
        logql,
        logsql,
        promql,
        opensearch,
    ]


@given(scopes, st.frozensets(clauses, max_size=6))
@pytest.mark.parametrize("language", ["logsql", "promql", "opensearch"])
def test_a_filter_lets_through_what_the_scope_says(language, of, pairs):
    lets = reader(language)(compiled(language, of))
    # Every series has a name, which its neutral element relies on.
    pairs |= {("__name__", "up")}

    assert lets(pairs) == lets_through(of, pairs)


@given(scopes, st.frozensets(clauses, max_size=6))
def test_loki_is_asked_by_the_names_that_it_gives(of, pairs):
    lets = readers.logql(filters.logql(of))

    of = tuple(
        as_in_loki(alternative)
        for alternative in of
        if all(field.strip() for field, _ in alternative)
    )
    assert lets(as_in_loki(pairs)) == lets_through(of, as_in_loki(pairs))


def as_in_loki(pairs):
    return frozenset((loki_name(field), value) for field, value in pairs)


def loki_name(field):
    usual = string.ascii_letters + string.digits + "_"
    name = "".join(each if each in usual else "_" for each in field.strip())
    return re.sub(r"\A(?=[0-9])", "_", name)


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_text_stays_a_value(language):
    for text in filter(PRINTABLE.regex.fullmatch, STRINGS):
        filter_ = compiled(language, (frozenset({("field", text)}),))

        assert filter_.isascii()
        assert filter_.isprintable()
        lets = reader(language)(filter_)
        assert lets({("field", text)})
        assert not lets({("field", f"{text}x")})
        assert not lets(frozenset())


@pytest.mark.parametrize("language", ["logsql", "promql", "opensearch"])
def test_hostile_text_stays_a_field(language):
    for text in filter(PRINTABLE.regex.fullmatch, STRINGS):
        filter_ = compiled(language, (frozenset({(text, "value")}),))

        assert filter_.isascii()
        lets = reader(language)(filter_)
        assert lets({(text, "value"), ("__name__", "up")}) or text.endswith("*")
        assert not lets({(f"{text}x", "value"), ("field", "value")})


@pytest.mark.parametrize(
    ("language", "field"),
    [
        ("logql", "   "),
        *(("logsql", field) for field in ("_time", "_stream", "_stream_id", "a*", "*")),
        *(("promql", field) for field in ("__graphite__", "vm_account_id")),
        *(("opensearch", field) for field in ("_index", "_id", "_routing")),
    ],
)
def test_what_a_store_would_read_its_own_way_matches_nothing(language, field):
    own = frozenset({(field, "*"), ("env", "test")})
    other = frozenset({("team", "a")})

    assert compiled(language, (own,)) == compiled(language, NOTHING)
    assert compiled(language, (own, other)) == compiled(language, (other,))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_filter_set_lets_nothing_through(language):
    for operator in Operator:
        lets = reader(language)(compiled(language, scope([], operator)))

        assert not lets(frozenset({("env", "test")}))
        assert not lets(frozenset())
