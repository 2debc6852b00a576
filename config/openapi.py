"""The document of the HTTP API: what ninja says of the routes, made complete and true."""

import json
from functools import cache
from http import HTTPStatus
from types import NoneType

from django.conf import settings
from ninja import NinjaAPI
from ninja.openapi.schema import REF_TEMPLATE, OpenAPISchema
from ninja.schema import NinjaGenerateJsonSchema

from config import api_wording
from config.examples import Examples

PATH_ID = {"type": "integer", "minimum": 0}
NULL = {"type": "null"}
# What a call can end in that takes nothing; that takes something; that has a body.
ALWAYS = {401, 403, 429, 500, 503}
TAKING = {400, 404, 422}
WITH_BODY = {411, 413}


class DocumentedAPI(NinjaAPI):
    """The API; its routes are known in the document by the names of their views."""

    def get_openapi_operation_id(self, operation):
        return operation.view_func.__name__

    @cache  # noqa: B019 -- there is one API, and it lives as long as the process
    def get_openapi_schema(self):
        return Document(self)


class Document(OpenAPISchema):
    """An OpenAPI 3.1 document."""

    def __init__(self, api):
        self.responses_by_name = {}
        super().__init__(api, "")
        self["info"] |= {"title": "Tollgate HTTP API", "description": api_wording.ABOUT}
        self["servers"] = [{"url": settings.API_URL}]
        self["tags"] = api_wording.tags()
        self["x-tagGroups"] = api_wording.tag_groups()
        self._drop_unused()
        Examples(self).fill_in()

    def get_paths(self):
        paths = super().get_paths()
        return {path.replace("pk}", "id}"): each for path, each in paths.items()}

    def operation_details(self, operation):
        details = super().operation_details(operation)
        area = operation.run.area
        details["tags"] = [api_wording.tag_of(area)]
        details["x-token"] = api_wording.whose(operation)
        details["x-permissions"] = _needed(operation.view_func)
        details["x-scopes"] = api_wording.scopes(operation.view_func)
        details["responses"] = self._answers(details, area)
        _put_on_lines(details)
        return details

    def operation_parameters(self, operation):
        return [_parameter(each) for each in super().operation_parameters(operation)]

    def operation_security(self, operation):
        (auth,) = operation.auth_callbacks
        schemes = api_wording.security_schemes(auth.param_name)
        self.securitySchemes |= schemes
        return [{name: []} for name in schemes]

    def get_components(self):
        return super().get_components() | {
            "responses": dict(sorted(self.responses_by_name.items())),
            "headers": api_wording.HEADERS,
        }

    def add_schema_definitions(self, definitions):
        for name, shape in definitions.items():
            _tidy(shape)
            if self.schemas.setdefault(name, shape) != shape:
                raise ValueError(f"There are two schemas named {name}")

    def _create_schema_from_model(self, *args, **kwargs):
        shape, required = super()._create_schema_from_model(*args, **kwargs)
        _tidy(shape)
        return shape, required

    def _answers(self, details, area):
        """Return all answers, those to calls that do not succeed as the area has them."""
        answers = details["responses"]
        declared = {status: answers.pop(status) for status in _failing(answers)}
        headers = _headers(*api_wording.headers(area, details))
        for answer in answers.values():
            answer["headers"] = headers
        for status in area.failures.keys() & _possible(details) | declared.keys():
            (said,) = declared.get(status, {}).get("content", {}).values() or [None]
            shape = said["schema"] if said else self._any_of(area.failures[status])
            answers[status] = self._failure(status, area, shape)
        return {str(status): answers[status] for status in sorted(answers)}

    def _failure(self, status, area, shape):
        """Return a reference to an answer that many routes share."""
        names = api_wording.failure_headers(area, status)
        models = [each["$ref"] for each in shape.get("anyOf", [shape])]
        name = "".join([each.rpartition("/")[2] for each in models] + [str(status)])
        self.responses_by_name[name] = {
            "description": api_wording.FAILURE_MEANINGS[status][0],
            "headers": _headers(*names),
            "content": {area.media_type: {"schema": shape}},
        }
        return {"$ref": f"#/components/responses/{name}"}

    def _drop_unused(self):
        """Drop the schemas of whole queries, whose fields are parameters."""
        used = json.dumps(self)
        for name in [*self.schemas]:
            if f'"{REF_TEMPLATE.format(model=name)}"' not in used:
                del self.schemas[name]

    def _any_of(self, models):
        references = [self._reference(model) for model in models]
        return references[0] if len(references) == 1 else {"anyOf": references}

    def _reference(self, model):
        shape = model.model_json_schema(
            ref_template=REF_TEMPLATE,
            schema_generator=NinjaGenerateJsonSchema,
            mode="serialization",
        )
        inner = shape.pop("$defs", {})
        self.add_schema_definitions(inner | {model.__name__: shape})
        return {"$ref": REF_TEMPLATE.format(model=model.__name__)}


def _failing(answers):
    return [status for status in answers if status >= HTTPStatus.BAD_REQUEST]


def _needed(view):
    """Return the operations that a view asks, of the token's account and elsewhere."""
    asked = {*getattr(view, "operations", ()), *getattr(view, "there", ())}
    return sorted(each.value for each in asked)


def _possible(details):
    """Return the statuses that a call may end in, by what it takes."""
    has_body = "requestBody" in details
    takes = details["parameters"] or has_body
    return ALWAYS | (TAKING if takes else set()) | (WITH_BODY if has_body else set())


def _put_on_lines(details):
    """Say that an answer is many lines, each of which is what the schema says."""
    media_type = details.pop("x-lines", None)
    if media_type:
        said = details["responses"]["200"]
        (each,) = said["content"].values()
        lines = {"schema": {"type": "string"}, "x-line": each["schema"]}
        said["content"] = {media_type: lines}


def _headers(*names):
    return {
        name: {"$ref": f"#/components/headers/{name}"}
        for name in ("X-Request-Id", *names)
    }


def _parameter(said):
    """Return a parameter as it is on the wire, where there is no null."""
    shape = said["schema"]
    _tidy(shape)
    if "examples" in said:
        # To OpenAPI they would be objects with names.
        (said["example"],) = said.pop("examples")
    if said["in"] == "path":
        said |= {"name": said["name"].replace("pk", "id"), "schema": PATH_ID}
    elif "anyOf" in shape:
        (said["schema"],) = [each for each in shape["anyOf"] if each != NULL]
    return said


def _tidy(shape):
    """Drop the titles that pydantic makes of names, and defaults that say nothing."""
    for each in shape if isinstance(shape, list) else shape.values():
        if isinstance(each, dict | list):
            _tidy(each)
    if isinstance(shape, dict):
        _tidy_one(shape)


def _tidy_one(shape):
    if isinstance(shape.get("title"), str):
        del shape["title"]
    if isinstance(shape.get("default", 0), dict | NoneType):
        del shape["default"]
    if list(shape.get("allOf", [{}])[0]) == ["$ref"]:
        # It stands alone where there was a default; today it may have neighbours.
        shape |= shape.pop("allOf")[0]
