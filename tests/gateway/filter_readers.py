"""Readers of exactly the filters that gateway.verify.query_filters writes, made without it.

Each returns what a filter lets through as a function of a set of (field, value) pairs,
and raises for anything that is not in the little language.
"""

import json
import re

STRING = r'"(?:[ !#-\[\]-~]|\\["\\]|\\u[0-9a-f]{4}|\\U[0-9a-f]{8})*"'
ESCAPE = re.compile(r"\\(?:([\"\\])|u(.{4})|U(.{8}))")
WORD = r"[a-zA-Z_][a-zA-Z0-9_]*"


def unquoted(literal):
    def character(match):
        return match[1] or chr(int(match[2] or match[3], 16))

    return ESCAPE.sub(character, literal[1:-1])


class Reader:
    """Reads `clause and (clause or clause)` with a language's own tokens."""

    def __init__(self, text, *, operators, conjunction="and", name=f"{STRING}|{WORD}"):
        token = re.compile(rf"\s*({STRING}|{WORD}|{operators}|[(),])")
        self.tokens, at = [], 0
        while at < len(text):
            match = token.match(text, at)
            assert match, text[at:]
            self.tokens.append(match[1])
            at = match.end()
        self.conjunction = conjunction
        self.name = name

    def filter(self):
        found = self.either()
        assert self.tokens == []
        return found

    def either(self):
        parts = [self.all()]
        while self.follows("or"):
            parts.append(self.all())
        return lambda pairs: any(part(pairs) for part in parts)

    def all(self):
        parts = [self.clause()]
        while self.follows(self.conjunction):
            parts.append(self.clause())
        return lambda pairs: all(part(pairs) for part in parts)

    def clause(self):
        if self.follows("("):
            inner = self.either()
            assert self.follows(")")
            return inner
        name, operator, value = (self.tokens.pop(0) for _ in range(3))
        assert re.fullmatch(self.name, name)
        field = unquoted(name) if name.startswith('"') else name
        return COMPARED[operator](field, unquoted(value))

    def follows(self, token):
        return self.tokens[:1] == [token] and bool(self.tokens.pop(0))


def equal(field, value):
    return lambda pairs: value in (values(pairs, field) or {""})


def unequal(field, value):
    return lambda pairs: value not in (values(pairs, field) or {""})


def matching(field, pattern):
    return lambda pairs: any(
        re.fullmatch(pattern, value) for value in values(pairs, field) or {""}
    )


def values(pairs, field):
    return {value for name, value in pairs if name == field}


COMPARED = {"=": equal, ":=": equal, "!=": unequal, "=~": matching}


def logql(text):
    if text == '|= ""':
        return lambda pairs: True
    assert text.startswith("| ")
    return Reader(text[2:], operators="!?=", name=WORD).filter()


def logsql(text):
    if text in ("*", "!*"):
        return lambda pairs: text == "*"
    return Reader(text, operators=":=", name=STRING).filter()


def promql(text):
    assert text[0] + text[-1] == "{}"
    inside = Reader(text[1:-1], operators="=~|!?=", conjunction=",")
    return inside.filter()


def opensearch(text):
    return query(json.loads(text))


def query(body):
    [(kind, inner)] = body.items()
    if kind == "bool" and "should" in inner:
        assert inner.pop("minimum_should_match") == 1
        [parts] = inner.values()
        return any_of(map(query, parts))
    if kind == "bool":
        parts = inner.pop("filter")
        assert inner == {}
        return all_of(map(query, parts))
    if kind == "term":
        return inner.items().__le__
    assert inner == {}
    return {"match_all": lambda pairs: True, "match_none": lambda pairs: False}[kind]


def any_of(parts):
    parts = list(parts)
    return lambda pairs: any(part(pairs) for part in parts)


def all_of(parts):
    parts = list(parts)
    return lambda pairs: all(part(pairs) for part in parts)
