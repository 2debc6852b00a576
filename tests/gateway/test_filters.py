import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.verify import query_filters
from sharing.models.filters import PRINTABLE
from sharing.scope import EVERYTHING, NOTHING, Operator, scope
from tests.gateway import filter_readers as readers
from tests.gateway import loki_names
from tests.hostile_strings import STRINGS

LANGUAGES = ("logql", "logsql", "promql", "opensearch")
AND = (frozenset({("env", "test"), ("region", "eu")}),)
ONE_FIELD = (frozenset({("env", "a.b")}), frozenset({("env", "c")}))
TWO_FIELDS = (frozenset({("env", "test")}), frozenset({("region", "eu")}))
MIXED = (frozenset({("a", "1"), ("b", "2")}), frozenset({("c", "3")}))
ODD = (frozenset({("a.b-c@d", 'x"\\é😀')}),)

printable = st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"])
words = st.sampled_from(
    [
        "env",
        "team",
        "a.b-c@d",
        "a_b_c_d",
        "1st",
        "",
        "é",
        "__name__",
        "a..b",
        "_a",
        "a_",
    ]
)
texts = words.filter(bool) | st.text(printable, min_size=1, max_size=8)
fields = texts.filter(lambda field: not field.endswith("*"))
clauses = st.tuples(fields, texts)
scopes = st.lists(st.frozensets(clauses, max_size=3), max_size=3).map(tuple)


ABOUT_A_DOCUMENT = (
    "_doc_count _field_names _id _ignored _index _nested_path _routing _seq_no _source "
    "_type _version"
)
# Names that mean something of its own to a store: no filter asks for them.
OF_THE_STORE = {
    "logsql": {"_time", "_stream", "_stream_id"},
    "promql": {"__graphite__", "vm_account_id", "vm_project_id"},
    "opensearch": set(ABOUT_A_DOCUMENT.split()),
}


def compiled(language, of):
    return getattr(query_filters, language)(of)


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


def about(*fields):
    """Return a scope of an alternative for each field, and a row that has them all."""
    found = [(field, "x") for field in fields]
    return tuple(frozenset({each}) for each in found), frozenset(found)


@given(scopes, st.frozensets(clauses, max_size=6))
@example(*about("_id"))
@example(*about("_time", "env"))
@example(*about("vm_account_id", "_index"))
@pytest.mark.parametrize("language", OF_THE_STORE)
def test_a_filter_lets_through_what_the_scope_says(language, of, pairs):
    lets = reader(language)(compiled(language, of))
    # Every series has a name, which its neutral element relies on.
    pairs |= {("__name__", "up")}
    own = OF_THE_STORE[language]
    asked = [each for each in of if own.isdisjoint(field for field, _ in each)]

    assert lets(pairs) == lets_through(asked, pairs)


@given(scopes, st.frozensets(clauses, max_size=6))
@pytest.mark.parametrize("named", loki_names.VERSIONS)
def test_loki_shows_what_the_scope_says_by_the_names_that_it_gives(named, of, pairs):
    stored = as_in_loki(pairs, named)

    kept = len(stored) == len(pairs) and all(name for name, _ in stored)
    if kept and lets_through(of, pairs):
        assert readers.logql(query_filters.logql(of))(stored)


@given(scopes, st.frozensets(clauses, max_size=6))
@pytest.mark.parametrize("named", loki_names.VERSIONS)
def test_loki_shows_nothing_that_no_field_of_the_scope_can_be(named, of, pairs):
    stored = as_in_loki(pairs, named)

    if readers.logql(query_filters.logql(of))(stored):
        assert any(
            all(could_be(clause, stored) for clause in alternative)
            for alternative in of
        )


def as_in_loki(pairs, named):
    return frozenset((named(field), value) for field, value in pairs)


def could_be(clause, stored):
    field, value = clause
    return any((named(field), value) in stored for named in loki_names.VERSIONS)


@pytest.mark.parametrize(
    ("field", "asked"),
    [
        ("env", 'env="x"'),
        ("a.b-c@d", 'a_b_c_d="x"'),
        ("1st", '(_1st="x" or key_1st="x")'),
        ("a..b", '(a__b="x" or a_b="x")'),
        ("a__b", '(a__b="x" or a_b="x")'),
        ("_a", '(_a="x" or key_a="x")'),
        (".a", '(_a="x" or key_a="x")'),
        ("_a..b", '(_a__b="x" or key_a__b="x" or _a_b="x")'),
        ("..a", '(__a="x" or _a="x")'),
        ("1..2", '(_1__2="x" or key_1__2="x" or key_1_2="x")'),
        ("__a..b__", '(__a__b__="x" or __a_b__="x")'),
        ("é", '(_="x" or key_="x")'),
    ],
)
def test_loki_is_asked_by_every_name_that_a_field_may_have(field, asked):
    assert query_filters.logql((frozenset({(field, "x")}),)) == f"| {asked}"


def test_names_of_one_field_stay_together_in_loki():
    both = frozenset({("1st", "x"), ("a..b", "y")})
    other = frozenset({("env", "z")})

    assert query_filters.logql((both, other)) == (
        '| ((_1st="x" or key_1st="x") and (a__b="y" or a_b="y")) or env="z"'
    )


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (" ~", '" ~"'),
        ("\x1f\x7f", r'"\u001f\u007f"'),
        ("\uffff\U00010000", r'"\uffff\U00010000"'),
    ],
)
def test_what_is_no_printable_ascii_is_written_by_its_number(text, written):
    assert query_filters.logsql((frozenset({("a", text)}),)) == f'"a":={written}'


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
        ("logsql", "a*"),
        ("logsql", "*"),
        *(
            (store, field)
            for store, own in OF_THE_STORE.items()
            for field in sorted(own)
        ),
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
