"""The operations of the API in the order of the reference page."""

import re
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from itertools import groupby

from django.utils.text import slugify

from accounts.permissions import POLICY, Operation, Relation
from accounts.reference.bodies import Answer, Body, Failure, Thing
from accounts.reference.code import curl
from accounts.reference.fields import Fields

IN_PATH = re.compile(r"(\{\w+\})")
PLACES = {"path": "In the path", "query": "In the query", "header": "Headers"}
TOKENS = (Relation.TOKEN, Relation.MAIN_TOKEN, Relation.MAIN_TOKEN_SHUT)
RESPONSES = "#/components/responses/"


@dataclass(frozen=True)
class Section:
    """The operations of one tag."""

    part: str
    name: str
    about: str
    operations: list
    things: list

    @property
    def slug(self):
        return slugify(self.name)


def sections(document, sought=""):
    """Return the sections that have an operation with all words that are sought."""
    abouts = {tag["name"]: tag["description"] for tag in document["tags"]}
    parts = {
        tag: group["name"] for group in document["x-tagGroups"] for tag in group["tags"]
    }
    found = _by_tag(document, sought.casefold().split())
    fields, told = Fields(document), set()
    return [
        Section(part, tag, abouts[tag], found[tag], _things(found[tag], fields, told))
        for tag, part in parts.items()
        if tag in found
    ]


def _by_tag(document, words):
    found = {}
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            operation = Described(document, method.upper(), path, said)
            if all(word in operation.sought for word in words):
                found.setdefault(said["tags"][0], []).append(operation)
    return found


def _hindrance(answers):
    if answers & {"y", "m"}:
        return ""
    return "only itself" if "s" in answers else "only people"


def _things(operations, fields, told):
    """Return what the operations answer, as far as no section before has told of it."""
    names = [answer.thing for each in operations for answer in each.answers]
    fresh = [name for name in dict.fromkeys(names) if name and name not in told]
    told.update(fresh)
    return [Thing(name, fields) for name in fresh]


class Described:
    """One operation, in the words and pieces that the page needs."""

    def __init__(self, document, method, path, said):
        self.method, self.path = method, path
        self.summary = said["summary"]
        self.about = said.get("description", "")
        self.is_deprecated = said.get("deprecated", False)
        self.slug = said["operationId"].replace("_", "-")
        # What the search box looks into.
        self.sought = f"{method} {path} {self.summary}".casefold()
        # Every second piece is a parameter.
        self.path_pieces = IN_PATH.split(path)
        self.who = said["x-token"]
        self._said = said
        self._components = document["components"]
        self._server = document["servers"][0]["url"]
        self._fields = Fields(document)

    @property
    def permissions(self):
        """Return what the call must be allowed, and what stands in a token's way."""
        for name in self._said["x-permissions"]:
            policy = POLICY[Operation(name)]
            yield name, _hindrance({policy[relation] for relation in TOKENS})

    @property
    def parameters(self):
        """Return the parameters by where they stand."""
        order = [*PLACES]
        said = sorted(
            self._said["parameters"], key=lambda each: order.index(each["in"])
        )
        return [
            (PLACES[place], [self._fields.parameter(each) for each in some])
            for place, some in groupby(said, key=lambda each: each["in"])
        ]

    @cached_property
    def body(self):
        said = self._said.get("requestBody")
        return said and Body(said, self._fields)

    @property
    def answers(self):
        """Return the answers to a call that succeeds."""
        return [
            Answer(int(status), said)
            for status, said in self._said["responses"].items()
            if int(status) < HTTPStatus.BAD_REQUEST
        ]

    @property
    def failures(self):
        """Return what else a call can end in."""
        answers = self._components["responses"]
        return [
            Failure(int(status), answers[said["$ref"].removeprefix(RESPONSES)])
            for status, said in self._said["responses"].items()
            if int(status) >= HTTPStatus.BAD_REQUEST
        ]

    @property
    def curl(self):
        said = self._said["parameters"]
        ids = {each["name"]: each["example"] for each in said if "example" in each}
        url = self._server + self.path.format(**ids)
        return curl(self.method, url, self._scheme["name"], self.body)

    @property
    def _scheme(self):
        """Return the first way to send the token, which is a header of its own."""
        (name,) = self._said["security"][0]
        return self._components["securitySchemes"][name]
