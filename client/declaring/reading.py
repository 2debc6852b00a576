"""A file, read and checked as a whole before anybody is asked anything."""

from client.declaring import document, rules, schema
from client.declaring.problems import Unusable


def read(path):
    """Return what a file declares; raises Unusable with all that is wrong with it."""
    try:
        return _checked(document.read_text(path)).plain
    except Unusable as error:
        raise Unusable(error.problems, str(path)) from None


def _checked(text):
    problems = list(rules.secrets_in(text))
    try:
        node, twice = document.parse(text)
    except Unusable as error:
        raise Unusable([*problems, *error.problems]) from None
    problems += twice
    problems += schema.problems(node)
    problems += rules.problems(node)
    if problems:
        raise Unusable(problems)
    return node
