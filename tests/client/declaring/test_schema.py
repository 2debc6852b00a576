"""The schema of the file: as the API's models have it, and of use to editors."""

import json

import jsonschema_rs
import yaml

from client.declaring import schema as known
from config import declared_file
from tests.client.declaring.test_journey import ACME


def test_the_command_has_the_schema_of_the_api():
    assert declared_file.TARGET.read_text() == declared_file.written(), (
        "run python -m tests.declared_file"
    )


def test_the_schema_is_printed(run):
    assert json.loads(run("schema").stdout) == declared_file.schema()


def test_the_schema_is_one_that_others_understand():
    schema = declared_file.schema()
    jsonschema_rs.meta.validate(schema)
    validator = jsonschema_rs.validator_for(schema, validate_formats=True)

    assert validator.is_valid(yaml.safe_load(ACME))
    assert not validator.is_valid({"accounts": [{"kind": "sub", "name": "a/b"}]})
    assert not validator.is_valid({"accounts": [], "tokens": []})


def test_every_field_says_what_it_means():
    silent = [
        (shape, name)
        for shape, said in known.root()["$defs"].items()
        for name, field in said["properties"].items()
        if not field.get("description")
    ]

    assert silent == []
