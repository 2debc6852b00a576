"""Holding values against the JSON schema of the file, with sentences for people.

The schema is made of the models of the HTTP API, and comes with the command. Of JSON
Schema this knows what those models use.
"""

import json
import re
from datetime import datetime
from difflib import get_close_matches
from functools import cache
from importlib import resources

from client.declaring.problems import Problem

WORDS = {
    "object": (dict, "must be names with values"),
    "array": (list, "must be a list"),
    "string": (str, "must be text: put it in quotes"),
    "boolean": (bool, "must be true or false"),
    "integer": (int, "must be a whole number"),
    "number": ((int, float), "must be a number"),
}


@cache
def text():
    """Return the schema as it comes with the command."""
    return (
        resources.files("client.declaring").joinpath("schema.json").read_text("utf-8")
    )


@cache
def root():
    return json.loads(text())


def problems(node):
    """Return what of a file is not as its schema has it."""
    return list(_check(node, root(), ""))


def closest(word, words):
    """Return a question whether another word was meant, or an empty text."""
    near = get_close_matches(word, words, 1)
    return f" Did you mean {near[0]}?" if near else ""


def _check(node, shape, path):
    shape = _resolved(node, shape)
    if shape.get("nullable") and node.value is None:
        return
    expected, words = WORDS[shape["type"]]
    if not isinstance(node.value, expected) or _is_mistaken(node.value, shape["type"]):
        yield Problem(node.line, path, f"{words}.")
        return
    yield from CHECKS[shape["type"]](node, shape, path)


def _is_mistaken(value, kind):
    # To Python true is a number.
    return isinstance(value, bool) and kind != "boolean"


def _resolved(node, shape):
    """Return the one shape that a value is to have, out of references and choices."""
    if "$ref" in shape:
        return _resolved(node, _named(shape["$ref"]))
    if "discriminator" in shape:
        return _resolved(node, _chosen(node, shape))
    if "anyOf" in shape:
        (other,) = (each for each in shape["anyOf"] if each.get("type") != "null")
        return _resolved(node, other) | {"nullable": True}
    return shape


def _named(reference):
    return root()["$defs"][reference.rpartition("/")[2]]


def _chosen(node, shape):
    """Return the shape that a field names, or one that only asks for that field."""
    name, mapping = (
        shape["discriminator"]["propertyName"],
        shape["discriminator"]["mapping"],
    )
    reference = mapping.get(node.text(name))
    if reference:
        return _named(reference)
    asked = {"type": "string", "enum": [*mapping]}
    return {
        "type": "object",
        "properties": {name: asked},
        "required": [name],
        "open": True,
    }


def _check_object(node, shape, path):
    known = shape.get("properties", {})
    for name, child in node.value.items():
        inside = f"{path}.{name}" if path else name
        if name in known:
            yield from _check(child, known[name], inside)
        elif not shape.get("open"):
            message = f"is not known here.{closest(name, known)}"
            yield Problem(child.line, inside, message)
    for name in shape.get("required", ()):
        if name not in node.value:
            yield Problem(node.line, f"{path}.{name}".lstrip("."), "must be given.")


def _check_array(node, shape, path):
    most, least = shape.get("maxItems"), shape.get("minItems", 0)
    if most is not None and len(node.value) > most:
        yield Problem(node.line, path, f"has more than {most} items.")
    if len(node.value) < least:
        yield Problem(node.line, path, "must not be empty.")
    for number, child in enumerate(node.value):
        yield from _check(child, shape["items"], f"{path}[{number}]")


def _check_text(node, shape, path):
    for check in (_choice, _length, _form):
        message = check(node.value, shape)
        if message:
            yield Problem(node.line, path, message)
            return


def _choice(value, shape):
    words = shape.get("enum", [shape["const"]] if "const" in shape else None)
    if words is None or value in words:
        return ""
    return f"must be {_either(words)}.{closest(value, words)}"


def _either(words):
    return " or ".join([", ".join(words[:-1]), words[-1]] if words[1:] else words)


def _length(value, shape):
    if len(value) < shape.get("minLength", 0):
        return "must not be empty."
    most = shape.get("maxLength")
    return f"is longer than {most} characters." if most and len(value) > most else ""


def _form(value, shape):
    if "pattern" in shape and not re.search(shape["pattern"], value):
        return shape["patternErrorMessage"]
    if shape.get("format") == "date-time" and not _is_time(value):
        return shape["patternErrorMessage"]
    return ""


def _is_time(text):
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _check_number(node, shape, path):
    least, most = shape.get("minimum"), shape.get("maximum")
    if least is not None and node.value < least:
        yield Problem(node.line, path, f"must be at least {least:g}.")
    if most is not None and node.value > most:
        yield Problem(node.line, path, f"must be at most {most:g}.")


def _nothing_more(node, shape, path):
    return ()


CHECKS = {
    "object": _check_object,
    "array": _check_array,
    "string": _check_text,
    "boolean": _nothing_more,
    "integer": _check_number,
    "number": _check_number,
}
