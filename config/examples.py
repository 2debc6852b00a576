"""Examples for the document, made of what schemas say of their fields."""

import json
from http import HTTPStatus

from config.api_wording import FAILURE_MEANINGS

REF = "#/components/schemas/"


class Examples:
    """Makes an example of every body and answer of a document."""

    def __init__(self, document):
        self.schemas = document["components"]["schemas"]
        self.failures = document["components"]["responses"]
        self.paths = document["paths"]

    def fill_in(self):
        for methods in self.paths.values():
            for operation in methods.values():
                for content in _contents(operation):
                    content["example"] = self._of_content(content)
        for name, answer in self.failures.items():
            for content in answer["content"].values():
                example = self.of(content["schema"])
                content["example"] = example | _told(int(name[-3:]), example)

    def _of_content(self, content):
        if "x-line" in content:
            return f"{json.dumps(self.of(content['x-line']))}\n"
        return self.of(content["schema"])

    def of(self, shape):
        """Return an example of a shape: the one that it has, or one of its parts."""
        if "examples" in shape:
            return shape["examples"][0]
        if "$ref" in shape:
            return self.of(self.schemas[shape["$ref"].removeprefix(REF)])
        return self._of_parts(shape)

    def _of_parts(self, shape):
        if "properties" in shape:
            return {
                name: self.of(part)
                for name, part in shape["properties"].items()
                if not part.get("deprecated")
            }
        for choice in ("anyOf", "oneOf"):
            if choice in shape:
                return self.of(shape[choice][0])
        if "items" in shape:
            return [self.of(shape["items"])]
        # What has no example of its own can only be one thing, or one of some.
        return shape["enum"][0] if "enum" in shape else shape["const"]


def _told(status, example):
    """Return what an example of a failure says of it, under the names that it has."""
    message, name = FAILURE_MEANINGS[status][1], HTTPStatus(status).name
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
