"""A YAML file as values that know their lines.

Only what JSON can say is taken: no anchors, no tags, one document. Plain words are
text unless they are null, true, false or a number, so that `no` stays a word.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from client.declaring.problems import Problem, Unusable

MOST_BYTES = 5_000_000
DEEPEST = 20
# libyaml where it is there: several times as fast.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
WORDS = {"null": None, "~": None, "": None, "true": True, "false": False}
WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
NUMBER = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+][0-9]+)?")


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the file: a dict or list of nodes, or what is no collection."""

    value: object
    line: int

    @property
    def plain(self):
        if isinstance(self.value, dict):
            return {name: node.plain for name, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain for node in self.value]
        return self.value

    def member(self, name):
        """Return what stands under a name, or None."""
        return self.value.get(name) if isinstance(self.value, dict) else None

    def members(self, name):
        """Return what is listed under a name."""
        node = self.member(name)
        return node.value if node and isinstance(node.value, list) else []

    def text(self, name):
        """Return the text under a name, empty where there is none."""
        node = self.member(name)
        return node.value if node and isinstance(node.value, str) else ""


class _BrokenError(Exception):
    def __init__(self, line, message):
        self.problem = Problem(line, "", message)


def read_text(path):
    """Return the text of a file; raises Unusable for what cannot be one."""
    try:
        with Path(path).open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise Unusable(
            [Problem(0, "", f"It cannot be read: {error.strerror}.")]
        ) from None
    if len(content) > MOST_BYTES:
        most = f"{MOST_BYTES // 1_000_000} MB"
        raise Unusable([Problem(0, "", f"It is larger than {most}. Split it.")])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Unusable([Problem(line, "", "It is not text in UTF-8.")]) from None


def parse(text):
    """Return the Node that a text is, and the problems of keys that came twice.

    Raises Unusable for what is not YAML, or more than is taken of it.
    """
    composer = _Composer(yaml.parse(text, Loader=LOADER))
    try:
        return composer.document(), composer.problems
    except _BrokenError as error:
        raise Unusable([*composer.problems, error.problem]) from None
    except yaml.YAMLError as error:
        raise Unusable([_not_yaml(error, text)]) from None


def _not_yaml(error, text):
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return Problem(0, "", "It has a character that YAML does not allow.")
    lines = text.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return Problem(mark.line + 1, "", "Indent with spaces: there is a tab.")
    return Problem(mark.line + 1, "", f"This is not YAML: {error.problem}.")


class _Composer:
    def __init__(self, events):
        self.events, self.problems = events, []

    def document(self):
        next(self.events)
        event = next(self.events)
        if isinstance(event, yaml.StreamEndEvent):
            raise _BrokenError(0, "There is nothing in it.")
        node = self._node(next(self.events), 0)
        next(self.events)
        event = next(self.events)
        if not isinstance(event, yaml.StreamEndEvent):
            raise _BrokenError(
                _line(event), "A second document begins here: only one is read."
            )
        return node

    def _node(self, event, depth):
        line = _line(event)
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            raise _BrokenError(
                line, "Anchors (&) and aliases (*) are not taken: write it out."
            )
        if event.tag:
            raise _BrokenError(line, "Tags (!) are not taken.")
        if depth > DEEPEST:
            raise _BrokenError(line, "This is nested too deeply.")
        if isinstance(event, yaml.ScalarEvent):
            return Node(_scalar(event), line)
        if isinstance(event, yaml.SequenceStartEvent):
            return Node(self._sequence(depth), line)
        return Node(self._mapping(depth), line)

    def _sequence(self, depth):
        found = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            found.append(self._node(event, depth + 1))
        return found

    def _mapping(self, depth):
        found = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            name, line = self._key(event), _line(event)
            node = self._node(next(self.events), depth + 1)
            if name in found:
                message = f"{name} is there twice; first in line {found[name].line}."
                self.problems.append(Problem(line, "", message))
            found.setdefault(name, Node(node.value, line))
        return found

    def _key(self, event):
        if not isinstance(event, yaml.ScalarEvent) or event.anchor or event.tag:
            raise _BrokenError(_line(event), "A name must be a word.")
        return event.value


def _line(event):
    return event.start_mark.line + 1


def _scalar(event):
    if not event.implicit[0]:
        return event.value
    text = event.value
    if text.lower() in WORDS and text in {
        text.lower(),
        text.upper(),
        text.capitalize(),
    }:
        return WORDS[text.lower()]
    if WHOLE.fullmatch(text):
        return int(text)
    return float(text) if NUMBER.fullmatch(text) else text
