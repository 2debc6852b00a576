"""The fields of a body, an answer or a query, as a reader wants them."""

from dataclasses import dataclass, field

REF = "#/components/schemas/"
INT32 = 2**31 - 1
NULL = {"type": "null"}
# Longer patterns, and what no storage takes, are for machines.
SHOWN_PATTERN = 48
NUL = "\\u0000"
FORMATS = {"date-time": "time", "uuid": "UUID"}
COUNTED = {"maxLength": "up to {} characters", "maxItems": "up to {} of them"}


@dataclass
class Limit:
    """What holds for a value, in words and with the values that they are about."""

    words: str
    values: tuple = ()


@dataclass
class Row:
    """One field, with those inside it."""

    name: str
    kind: str
    is_required: bool = False
    is_deprecated: bool = False
    about: str = ""
    limits: list = field(default_factory=list)
    rows: list = field(default_factory=list)


class Fields:
    """Reads the schemas of a document."""

    def __init__(self, document):
        self.schemas = document["components"]["schemas"]

    def rows(self, shape):
        """Return the fields of an object, or of each element of a list."""
        shape = self._object(shape)
        required = {*shape.get("required", []), *_required_in_turn(shape)}
        return [
            self._row(name, part, is_required=name in required)
            for name, part in shape.get("properties", {}).items()
        ]

    def choices(self, shape):
        """Return the objects that a body can be, by the value that tells them apart."""
        shape = self._resolved(shape)
        if "discriminator" not in shape:
            return []
        told = shape["discriminator"]["mapping"]
        values = {ref: value for value, ref in told.items()}
        return [(values[each["$ref"]], self.rows(each)) for each in shape["oneOf"]]

    def parameter(self, said):
        row = self._row(said["name"], said["schema"], is_required=said["required"])
        row.about = said.get("description", row.about)
        if said["in"] == "path":
            # Every id is a number from 0 on.
            row.limits = []
        return row

    def about(self, shape):
        return " ".join(self._resolved(shape).get("description", "").split())

    def kind(self, shape):
        main, *others = self._alternatives(shape)
        kind = _kind_of_one(main)
        if "items" in main:
            kind = f"list of {self.kind(main['items'])}s"
        return f"{kind} or null" if NULL in others and kind != "null" else kind

    def _row(self, name, shape, *, is_required):
        main, *others = self._alternatives(shape)
        is_deprecated = shape.get("deprecated", False)
        return Row(
            name=name,
            kind=self.kind(shape),
            is_required=is_required and not is_deprecated,
            is_deprecated=is_deprecated,
            about=shape.get("description", ""),
            limits=[*_limits(main), *_also(main, others), *_default(shape)],
            rows=self.rows(shape),
        )

    def _alternatives(self, shape):
        return [self._resolved(each) for each in shape.get("anyOf", [shape])]

    def _resolved(self, shape):
        while "$ref" in shape:
            shape = self.schemas[shape["$ref"].removeprefix(REF)]
        return shape

    def _object(self, shape):
        """Return the object that a shape stands for, through lists and alternatives."""
        shape = self._resolved(shape)
        if "anyOf" in shape:
            return self._object(shape["anyOf"][0])
        return self._object(shape["items"]) if "items" in shape else shape


def _required_in_turn(shape):
    """Return the fields of which one spelling is required."""
    for rule in shape.get("allOf", []):
        for each in rule.get("oneOf", []):
            yield from each["required"]


def _kind_of_one(shape):
    return FORMATS.get(shape.get("format")) or shape.get("type", "value")


def _limits(shape):
    yield from _range(shape.get("minimum"), shape.get("maximum"))
    for name, words in COUNTED.items():
        if name in shape:
            yield Limit(words.format(shape[name]))
    pattern = shape.get("pattern", NUL)
    if NUL not in pattern and len(pattern) <= SHOWN_PATTERN:
        yield Limit("matches", (pattern,))
    if "enum" in shape:
        yield Limit("one of", tuple(shape["enum"]))
    if "const" in shape:
        yield Limit("always", (shape["const"],))


def _range(least, most):
    if most not in (None, INT32):
        yield Limit(f"{least} to {most}")
    elif least is not None and least >= 0:
        yield Limit(f"{least} or more")


def _default(shape):
    if shape.get("default") not in (None, "", []):
        yield Limit("default", (shape["default"],))


def _also(main, others):
    """Say what else is taken that the clients of Logz.io send."""
    kinds = {other.get("type") for other in others}
    if "string" in kinds and main.get("type") != "string":
        yield Limit("also as text")
    if "array" in kinds:
        yield Limit("also as a list of one")
    if main.get("type") == "array" and any("anyOf" in other for other in others):
        yield Limit("also one alone")
