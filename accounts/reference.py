"""The reference page of the HTTP API, read from its OpenAPI document."""

import json
import shlex
from dataclasses import dataclass
from http import HTTPStatus

from django.utils.text import slugify

from accounts.permissions import POLICY, Operation
from accounts.relations import Relation

PLACES = {"path": "In the path", "query": "In the query", "header": "Headers"}
TOKENS = (Relation.TOKEN, Relation.MAIN_TOKEN, Relation.MAIN_TOKEN_SHUT)
# The variables in which people keep a token of each kind, by the header it goes into.
VARIABLES = {
    ("X-API-TOKEN", False): "LOGZIO_API_TOKEN",
    ("X-API-TOKEN", True): "TOLLGATE_TOKEN",
    ("X-Tollgate-Gateway", False): "TOLLGATE_GATEWAY_TOKEN",
}
FORM = "application/x-www-form-urlencoded"
NULL = {"type": "null"}
FORMATS = {"date-time": "time", "uuid": "UUID"}
LIMITS = {
    "enum": "one of {}",
    "const": "always {}",
    "minimum": "at least {}",
    "maximum": "at most {}",
    "maxLength": "up to {} characters",
    "maxItems": "up to {} of them",
    "default": "{} without it",
}
# What holds for every number of 32 bits, and defaults that say nothing.
UNTOLD = (-(2**31), 2**31 - 1, None, "", [])


@dataclass(frozen=True)
class Section:
    """The operations of one tag."""

    part: str
    name: str
    about: str
    operations: list

    @property
    def slug(self):
        return slugify(self.name)


@dataclass(frozen=True)
class ReferenceField:
    """A field of a body or an answer, or a parameter, with the fields inside it."""

    name: str
    kind: str
    about: str
    limits: list
    fields: list
    is_required: bool
    is_deprecated: bool


def sections(document, sought=""):
    """Return the sections that have an operation with all words that are sought."""
    words = sought.casefold().split()
    found = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, said in methods.items():
            operation = Described(document, method.upper(), path, said)
            if operation.has(words):
                found[said["tags"][0]].append(operation)
    abouts = {tag["name"]: tag["description"] for tag in document["tags"]}
    return [
        Section(group["name"], tag, abouts[tag], found[tag])
        for group in document["x-tagGroups"]
        for tag in group["tags"]
        if found[tag]
    ]


class Shapes:
    """Reads the schemas and answers of a document."""

    def __init__(self, document):
        self._components = document["components"]

    def resolved(self, shape):
        while "$ref" in shape:
            part, name = shape["$ref"].split("/")[2:]
            shape = self._components[part][name]
        return shape

    def fields(self, shape):
        """Return the fields of an object, or of each element of a list."""
        shape = self._object(shape)
        required = {*shape.get("required", []), *_required_in_turn(shape)}
        return [
            self.field(name, part, is_required=name in required)
            for name, part in shape.get("properties", {}).items()
        ]

    def field(self, name, shape, *, is_required):
        main = self._main(shape)
        is_deprecated = shape.get("deprecated", False)
        return ReferenceField(
            name=name,
            kind=self._kind(shape),
            about=shape.get("description", ""),
            limits=list(_limits(shape | main)),
            fields=self.fields(shape),
            is_required=is_required and not is_deprecated,
            is_deprecated=is_deprecated,
        )

    def choices(self, shape):
        """Return the fields of a body, by what tells several kinds of it apart."""
        shape = self.resolved(shape)
        if "discriminator" not in shape:
            return [("", self.fields(shape))]
        told = shape["discriminator"]["mapping"].items()
        return [(value, self.fields({"$ref": ref})) for value, ref in told]

    def _main(self, shape):
        """Return the first of what a value may be, which is the usual one."""
        return self.resolved(shape.get("anyOf", [shape])[0])

    def _object(self, shape):
        shape = self._main(self.resolved(shape))
        return self._object(shape["items"]) if "items" in shape else shape

    def _kind(self, shape):
        main = self._main(shape)
        kind = FORMATS.get(main.get("format")) or main.get("type", "value")
        if "items" in main:
            kind = f"list of {self._kind(main['items'])}s"
        return f"{kind} or null" if NULL in shape.get("anyOf", []) else kind


class Described:
    """One operation, in the pieces that the page needs."""

    def __init__(self, document, method, path, said):
        self.method, self.path, self.said = method, path, said
        self.slug = said["operationId"].replace("_", "-")
        self.who, self.scopes = said["x-token"], said["x-scopes"]
        self._document, self._shapes = document, Shapes(document)

    def has(self, words):
        text = f"{self.method} {self.path} {self.said['summary']}".casefold()
        return all(word in text for word in words)

    @property
    def permissions(self):
        """Return what the call must be allowed, and what stands in a token's way."""
        for name in self.said["x-permissions"]:
            policy = POLICY[Operation(name)]
            yield name, _hindrance({policy[relation] for relation in TOKENS})

    @property
    def parameters(self):
        """Return the parameters by where they stand."""
        for place, title in PLACES.items():
            here = [each for each in self.said["parameters"] if each["in"] == place]
            if here:
                yield title, [self._parameter(each) for each in here]

    def _parameter(self, said):
        shape = said["schema"] | {"description": said["description"]}
        return self._shapes.field(said["name"], shape, is_required=said["required"])

    @property
    def body(self):
        if "requestBody" not in self.said:
            return None
        ((media_type, content),) = self.said["requestBody"]["content"].items()
        return {
            "media_type": media_type,
            "about": self._shapes.resolved(content["schema"]).get("description", ""),
            "example": content["example"],
            "choices": self._shapes.choices(content["schema"]),
        }

    @property
    def answers(self):
        """Return what comes back from a call that succeeds."""
        for status, _, content in self._responses(range(400)):
            yield {
                "status": status,
                "phrase": HTTPStatus(status).phrase,
                "how": _how(content),
                "example": _text(content),
                "fields": self._shapes.fields(_shape(content)),
            }

    @property
    def failures(self):
        """Return what else a call can end in."""
        for status, about, content in self._responses(range(400, 600)):
            yield {"status": status, "about": about, "example": _text(content)}

    def _responses(self, statuses):
        for status, said in self.said["responses"].items():
            answer = self._shapes.resolved(said)
            if int(status) in statuses:
                (content,) = answer.get("content", {}).values() or [{}]
                yield int(status), answer["description"], content

    @property
    def curl(self):
        said = self.said["parameters"]
        ids = {each["name"]: each["example"] for each in said if "example" in each}
        server = self._document["servers"][0]["url"]
        (name,) = self.said["security"][0]
        header = self._document["components"]["securitySchemes"][name]["name"]
        return curl(self.method, server + self.path.format(**ids), header, self.body)


def curl(method, url, header, body=None):
    """Return a call that can be pasted into a shell."""
    variable = VARIABLES[header, "/api/v1/" in url]
    lines = [
        "curl" + ("" if method == "GET" else f" -X {method}") + f" {shlex.quote(url)}",
        f'-H "{header}: ${variable}"',
    ]
    if body and body["media_type"] == FORM:
        fields = body["example"].items()
        lines += [f"-d {shlex.quote(f'{name}={text}')}" for name, text in fields]
    elif body:
        text = json.dumps(body["example"], ensure_ascii=False)
        lines += ['-H "Content-Type: application/json"', f"-d {shlex.quote(text)}"]
    return " \\\n  ".join(lines)


def _hindrance(answers):
    if answers & {"y", "m"}:
        return ""
    return "only itself" if "s" in answers else "only people"


def _required_in_turn(shape):
    """Return the fields of which one spelling is required."""
    for rule in shape.get("allOf", []):
        for each in rule.get("oneOf", []):
            yield from each["required"]


def _limits(shape):
    for name, words in LIMITS.items():
        value = shape.get(name)
        if value not in UNTOLD:
            values = value if isinstance(value, list) else [value]
            yield words.format(", ".join(map(_written, values)))


def _written(value):
    return value if isinstance(value, str) else json.dumps(value)


def _shape(content):
    return content.get("x-line") or content.get("schema", {})


def _how(content):
    if "x-line" in content:
        return "JSON, one object on each line"
    if "items" in _shape(content):
        return "a list"
    return "" if content else "without a body"


def _text(content):
    """Return the example of an answer as it is read most easily."""
    example = content.get("example", "")
    if isinstance(example, str):
        return example
    return json.dumps(example, indent=2, ensure_ascii=False)
