"""Examples for the document, made of the glossary and the schemas."""

import json
import re
from http import HTTPStatus

from config.glossary import MADE, look_up
from config.wording import FAILURES

REF = "#/components/schemas/"
ID = re.compile(r"([\w-]+)/\{(\w+)\}(/filters$)?")
# The id of each thing, by its own name or by what stands around it in a path.
IDS = {
    "accounts": 1042,
    "accounts/filters": 1042,
    "detailed": 1042,
    "filter_id": 6,
    "filters": 5,
    "metrics-accounts": 1044,
    "shared-tokens": 78,
    "suspend": 7,
    "time-based-accounts": 1042,
    "tokens": 77,
    "tokens/filters": 78,
    "tracing-accounts": 1045,
    "unsuspend": 7,
    "user-management": 7,
}


class Examples:
    """Makes an example of every body and answer of a document."""

    def __init__(self, document):
        self.schemas = document["components"]["schemas"]
        self.failures = document["components"]["responses"]
        self.paths = document["paths"]

    def fill_in(self):
        for path, methods in self.paths.items():
            ids = {
                name: IDS.get(name) or IDS[home + end]
                for home, name, end in ID.findall(path)
            }
            for operation in methods.values():
                self._fill_in(operation, ids)
        for name, answer in self.failures.items():
            for content in answer["content"].values():
                example = self.of(content["schema"])
                content["example"] = example | _told(int(name[-3:]), example)

    def _fill_in(self, operation, ids):
        for parameter in operation["parameters"]:
            entry = look_up(operation["operationId"], parameter["name"])
            if parameter["in"] == "path":
                parameter["example"] = ids[parameter["name"]]
            elif entry and entry.example is not MADE:
                parameter["example"] = entry.example
        for content in _contents(operation):
            content["example"] = self._of_content(content)

    def _of_content(self, content):
        if "x-line" in content:
            return f"{json.dumps(self.of(content['x-line']))}\n"
        return self.of(content["schema"])

    def of(self, shape, named="", name=""):
        """Return an example of a shape: the one that it has, or one of its parts."""
        if "examples" in shape:
            return shape["examples"][0]
        entry = name and look_up(named, name)
        if entry and entry.example is not MADE:
            return entry.example
        if "$ref" in shape:
            named = shape["$ref"].removeprefix(REF)
            return self.of(self.schemas[named], named)
        return self._of_parts(shape, named)

    def _of_parts(self, shape, named):
        if "properties" in shape:
            return {
                name: self.of(part, named, name)
                for name, part in shape["properties"].items()
                if not part.get("deprecated")
            }
        for choice in ("anyOf", "oneOf"):
            if choice in shape:
                return self.of(shape[choice][0], named)
        if "items" in shape:
            return [self.of(shape["items"], named)]
        # What has no example of its own can only be one thing, or one of some.
        return shape["enum"][0] if "enum" in shape else shape["const"]


def _told(status, example):
    """Return what an example of a failure says of it, under the names that it has."""
    message, name = FAILURES[status][1], HTTPStatus(status).name
    said = {
        "code": status if isinstance(example.get("code"), int) else name.lower(),
        "status": status,
        "title": HTTPStatus(status).phrase,
        "errorCode": f"tollgate/{name}",
        "message": message,
        "detail": message,
        "error_description": message,
    }
    return {name: value for name, value in said.items() if name in example}


def _contents(operation):
    yield from operation.get("requestBody", {}).get("content", {}).values()
    for answer in operation["responses"].values():
        yield from answer.get("content", {}).values()
