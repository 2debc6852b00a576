"""Objects that come in, and how they say in the document what they take."""

from functools import cache

from pydantic import AliasChoices, BaseModel, ConfigDict, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import core_schema

NULL = {"type": "null"}
EMPTY = {"type": "string", "enum": [""]}
# What a schema says of a field, and not of one of the values that it takes.
ABOUT_FIELDS = ("default", "deprecated", "description", "examples")


class Body(BaseModel):
    """An object that comes in; keys that nobody knows are ignored."""

    model_config = ConfigDict(alias_generator=to_camel)

    @model_validator(mode="before")
    @classmethod
    def prepare(cls, data):
        return cls._prepared(data) if isinstance(data, dict) else data

    @classmethod
    def _prepared(cls, data):
        for names in cls._spellings():
            if len(data.keys() & names) > 1:
                raise ValueError(f"must have only one of {' and '.join(names)}")
        return data

    @classmethod
    @cache
    def _spellings(cls):
        """Return the names of the fields that have several, the usual one first."""
        aliases = (field.validation_alias for field in cls.model_fields.values())
        return [each.choices for each in aliases if isinstance(each, AliasChoices)]

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema, handler):
        shape = handler.resolve_ref_schema(handler(core_schema))
        properties, required = shape["properties"], shape.get("required", [])
        spelled = [_spelled(names, properties, required) for names in cls._spellings()]
        if spelled:
            shape["required"] = [each for each in required if each in properties]
            shape["allOf"] = spelled
        return shape


def _spelled(names, properties, required):
    """Say that a field has one of several names; nothing more if it can be left out."""
    for name in names[1:]:
        properties[name] = properties[names[0]] | {
            "deprecated": True,
            "description": f"Another spelling of `{names[0]}`.",
        }
    one_of = [{"required": [name]} for name in names]
    if names[0] in required:
        required.remove(names[0])
        return {"oneOf": one_of}
    return {"not": {"required": list(names)}}


class Sparse(Body):
    """An object where null means the same as nothing."""

    @classmethod
    def _prepared(cls, data):
        given = super()._prepared(data)
        return {name: value for name, value in given.items() if value is not None}

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema, handler):
        shape = super().__get_pydantic_json_schema__(core_schema, handler)
        kept = {*shape.get("required", [])}
        for rule in shape.get("allOf", []):
            kept |= {
                name for each in rule.get("oneOf", []) for name in each["required"]
            }
        for name in shape["properties"].keys() - kept:
            shape["properties"][name] = _or_null(shape["properties"][name])
        return shape


class Single:
    """Lets an array of one element stand for it, and an empty one for null."""

    def __get_pydantic_core_schema__(self, source, handler):
        taken = handler(source)
        return core_schema.no_info_before_validator_function(_single, taken)

    def __get_pydantic_json_schema__(self, schema, handler):
        shape = handler(schema)
        several = {"type": "array", "items": shape, "maxItems": 1}
        return {"anyOf": [*shape.get("anyOf", [shape]), several]}


def _single(value):
    if not isinstance(value, list) or len(value) > 1:
        return value
    return value[0] if value else None


def _or_null(shape):
    taken = shape.get("anyOf", [])
    if NULL in taken:
        return shape
    said = {name: shape[name] for name in ABOUT_FIELDS if name in shape}
    alone = {name: value for name, value in shape.items() if name not in said}
    return {"anyOf": [*(taken or [alone]), NULL]} | said


class Unset:
    """Lets an empty text stand for null."""

    def __get_pydantic_core_schema__(self, source, handler):
        taken = handler(source)
        return core_schema.no_info_before_validator_function(_unless_empty, taken)

    def __get_pydantic_json_schema__(self, schema, handler):
        shape = handler(schema)
        return {"anyOf": [*shape.get("anyOf", [shape]), EMPTY]}


def _unless_empty(value):
    return None if value == "" else value
