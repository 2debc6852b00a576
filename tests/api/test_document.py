"""The OpenAPI document: valid, whole, and the same as the routes."""

import json

import jsonschema_rs
import pytest
import schemathesis

from accounts.permissions import Operation
from config import api_wording
from config.api import api
from tests.api.world import operations

ALWAYS = {"500", "503"}
# Words of schemas that pydantic writes where it means others, or leaves in by mistake.
STRAY = {"ge", "gt", "le", "lt", "title"}
OTHERS = {"example", "examples", "default", "properties"}


@pytest.fixture(scope="module")
def document():
    return json.loads(json.dumps(api.get_openapi_schema()))


@pytest.fixture(scope="module")
def described(document):
    """The operations of the document with their methods and paths."""
    return {
        (method.upper(), path): said
        for path, methods in document["paths"].items()
        for method, said in methods.items()
    }


def shapes_in(value):
    """Return every schema inside a part of the document."""
    if isinstance(value, list):
        return [shape for each in value for shape in shapes_in(each)]
    if not isinstance(value, dict):
        return []
    inner = [each for name, each in value.items() if name not in OTHERS]
    named = value.get("properties", {}).values()
    return [value, *(shape for each in [*inner, *named] for shape in shapes_in(each))]


def contents(said, document):
    """Return what is sent and answered, by media type."""
    answers = document["components"]["responses"]
    for each in [said.get("requestBody", {}), *said["responses"].values()]:
        name = each.get("$ref", "").rpartition("/")[2]
        yield from (answers[name] if name else each).get("content", {}).values()


@pytest.fixture(scope="module")
def validator(document):
    """Return what makes validators of parts; the components are read once for all."""
    root = {"$id": "urn:document", "components": document["components"]}
    known = jsonschema_rs.Registry([("urn:document", root)])

    def of(shape):
        based = absolute(shape)
        return jsonschema_rs.validator_for(based, registry=known, validate_formats=True)

    return of


def absolute(shape):
    """Return a part of the document with its references as from outside."""
    text = json.dumps(shape)
    return json.loads(text.replace('"#/components', '"urn:document#/components'))


def test_document_is_valid(document):
    schemathesis.openapi.from_dict(document).validate()

    assert document["openapi"] == "3.1.0"


def test_schemas_are_valid(document):
    for shape in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate(shape)


def test_every_route_is_described(described):
    routes = {
        (method, path.replace("{int:", "{").replace("pk}", "id}"))
        for method, path in operations("/")
    }

    assert described.keys() == routes


def test_every_operation_says_what_it_needs(document, described):
    tags = {tag["name"] for tag in document["tags"]}
    schemes = document["components"]["securitySchemes"].keys()

    for said in described.values():
        assert said["summary"]
        assert {*said["tags"]} < tags
        assert said["x-token"]
        assert {Operation(each) for each in said["x-permissions"]} or (
            said["x-token"] in api_wording.OTHERS.values()
        )
        assert {name for each in said["security"] for name in each} <= schemes


def test_operations_have_names_of_their_own(described):
    names = [said["operationId"] for said in described.values()]

    assert len(names) == len({*names})


def test_every_tag_is_used_and_in_one_part(document, described):
    tags = [tag["name"] for tag in document["tags"]]
    grouped = [tag for group in document["x-tagGroups"] for tag in group["tags"]]

    assert grouped == tags
    assert {*tags} == {tag for said in described.values() for tag in said["tags"]}


def test_every_operation_says_all_that_it_can_end_in(described):
    for (_, path), said in described.items():
        answers = said["responses"].keys()
        takes = said["parameters"] or "requestBody" in said
        assert answers > ALWAYS
        assert answers & {"401", "403"}
        assert any(status.startswith("2") for status in answers)
        assert not takes or answers & {"400", "422"}
        assert "requestBody" not in said or "413" in answers
        assert ("411" in answers) == ("413" in answers) or path.startswith("/gateway")
        assert not path.startswith("/api/") or answers >= {"401", "403", "429"}


def test_failures_of_our_own_api_are_problems(document, described):
    answers = document["components"]["responses"]

    for (_, path), said in described.items():
        failures = {
            media_type
            for status, each in said["responses"].items()
            if status >= "400"
            for media_type in answers[each["$ref"].rpartition("/")[2]]["content"]
        }
        is_own = path.startswith("/api/")
        assert failures == {f"application/{'problem+' if is_own else ''}json"}


def test_every_field_says_what_it_means(document, described):
    fields = [
        field
        for shape in document["components"]["schemas"].values()
        for each in (shape, *shape.get("anyOf", []))
        for field in each.get("properties", {}).values()
    ]
    parameters = [each for said in described.values() for each in said["parameters"]]

    assert [each for each in fields + parameters if not each.get("description")] == []


def test_schemas_hold_no_stray_words(document):
    schemas = [*document["components"]["schemas"].values()]
    shapes = shapes_in([schemas, document["paths"]])

    assert [shape for shape in shapes if STRAY & shape.keys()] == []


def test_examples_are_what_the_schemas_say(document, described, validator):
    for said in described.values():
        for content in contents(said, document):
            validator(content["schema"]).validate(content["example"])
            if "x-line" in content:
                line = json.loads(content["example"])
                validator(content["x-line"]).validate(line)


def test_examples_of_fields_and_parameters_are_what_they_take(
    document, described, validator
):
    schemas = [*document["components"]["schemas"].values()]
    parameters = [each for said in described.values() for each in said["parameters"]]
    shapes = shapes_in([schemas, document["paths"]])
    shown = [(each, one) for each in shapes for one in each.get("examples", [])]
    shown += [
        (each["schema"], each["example"]) for each in parameters if "example" in each
    ]

    assert len(shown) > 400
    for shape, example in shown:
        validator(shape).validate(example)


def test_every_schema_is_referred_to(document):
    text = json.dumps(document)

    for name in document["components"]["schemas"]:
        assert f'"#/components/schemas/{name}"' in text


def test_two_schemas_of_one_name_are_refused():
    with pytest.raises(ValueError, match="two schemas named Problem"):
        api.get_openapi_schema().add_schema_definitions({"Problem": {"type": "string"}})
