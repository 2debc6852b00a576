"""What calls of the API carry and what comes back, as a reader wants it."""

from http import HTTPStatus

from accounts.reference.code import json_pieces
from accounts.reference.fields import REF


class Body:
    """What a call carries."""

    def __init__(self, said, fields):
        ((self.media_type, content),) = said["content"].items()
        self.is_required = said["required"]
        self.example = content["example"]
        self.about = fields.about(content["schema"])
        self.choices = fields.choices(content["schema"])
        self.rows = [] if self.choices else fields.rows(content["schema"])


class Answer:
    """What comes back from a call that succeeds: one of a thing, or many of it."""

    thing, how, media_type, example = "", "", "", None

    def __init__(self, status, said):
        self.status, self.phrase = status, HTTPStatus(status).phrase
        for media_type, content in said.get("content", {}).items():
            line = content.get("x-line")
            shape = line or content["schema"]
            is_list = "items" in shape
            reference = shape["items"] if is_list else shape
            self.thing = reference["$ref"].removeprefix(REF)
            self.how = "on each line" if line else is_list and "list of"
            self.media_type = media_type
            example = content["example"]
            self.example = [example] if line else json_pieces(example)


class Thing:
    """An object that comes back, described once for all the calls that answer it."""

    def __init__(self, name, fields):
        shape = {"$ref": f"{REF}{name}"}
        self.name = name
        self.about = fields.about(shape)
        self.rows = fields.rows(shape)
        for row in self.rows:
            # What goes out is always there: only what comes in can be left out.
            row.is_required = False


class Failure:
    """What comes back from a call that does not succeed."""

    def __init__(self, status, said):
        self.status, self.about = status, said["description"]
        (content,) = said["content"].values()
        shape = content["schema"]
        models = [each["$ref"] for each in shape.get("anyOf", [shape])]
        self.shapes = [each.removeprefix(REF) for each in models]


def errors(document, fields):
    """Return the objects that say what went wrong, each once, with an example."""
    found = {}
    for said in document["components"]["responses"].values():
        (content,) = said["content"].values()
        first, *_ = content["schema"].get("anyOf", [content["schema"]])
        name = first["$ref"].removeprefix(REF)
        if name not in found:
            found[name] = Thing(name, fields)
            found[name].example = json_pieces(content["example"])
    return found.values()
