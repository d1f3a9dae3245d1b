"""Gemini's OpenAPI form of a schema, read as JSON Schema; `json_schema` writes it."""

from typing import Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.chat import json_schema  # as a module: it and the dialects may be read in any order

MAX_DEPTH: Final = 64
"""Deeper schemas are cut here."""
_TYPES: Final = frozenset({"string", "number", "integer", "boolean", "array", "object", "null"})
_COUNTS: Final = frozenset(
    {"minItems", "maxItems", "minProperties", "maxProperties", "minLength", "maxLength"}
)
_MAX_DIGITS: Final = 15
_Schema = dict[str, object]


def from_gemini(schema: msgspec.Raw) -> msgspec.Raw:
    """JSON Schema for a schema in Gemini's OpenAPI form, in either spelling of its keys; `{}` where it is none.

    `propertyOrdering` becomes the order of `properties`, `nullable` another type.
    """
    return json_schema.encode_schema(_opened(loose_json.load(bytes(schema)), 0))


def _opened(schema: object, depth: int) -> object:
    """JSON Schema for one schema of the OpenAPI form."""
    if not loose_json.is_object(schema) or depth > MAX_DEPTH:
        return {}
    camel = {_camel(key): value for key, value in schema.items()}
    made: _Schema = {}
    for key, value in camel.items():
        match key:
            case "type" if isinstance(value, str):
                if value.lower() in _TYPES:  # not TYPE_UNSPECIFIED
                    made[key] = value.lower()
            case "properties" | "defs":
                opened = {name: _opened(one, depth + 1) for name, one in loose_json.mapping(value).items()}
                made["$defs" if key == "defs" else key] = opened
            case "items" | "additionalProperties":
                made[key] = value if isinstance(value, bool) else _opened(value, depth + 1)
            case "anyOf":
                made[key] = [_opened(one, depth + 1) for one in loose_json.items(value)]
            case "ref":
                made["$ref"] = value
            case "example":
                made["examples"] = [value]
            case "nullable" | "propertyOrdering":
                pass
            case "format" if value == "enum":
                pass
            case _ if key in _COUNTS:
                made[key] = _count(value)
            case _:
                made[key] = value
    order = [name for name in loose_json.items(camel.get("propertyOrdering")) if isinstance(name, str)]
    properties = loose_json.mapping(made.get("properties"))
    if order and properties:
        made["properties"] = {
            name: properties[name] for name in dict.fromkeys([*order, *properties]) if name in properties
        }
    if camel.get("nullable") is True:
        return _nullable(made)
    return made


def _nullable(made: _Schema) -> _Schema:
    if isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
    elif "anyOf" in made:
        made["anyOf"] = [*loose_json.items(made["anyOf"]), {"type": "null"}]
    if "enum" in made:
        made["enum"] = [*loose_json.items(made["enum"]), None]
    return made


def _camel(key: str) -> str:
    """A key as proto JSON spells it; it takes snake_case too."""
    first, *rest = key.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest) if first and rest else key


def _count(value: object) -> object:
    """A number, which proto JSON may write as a string."""
    is_number = isinstance(value, str) and value.isdecimal() and value.isascii() and len(value) <= _MAX_DIGITS
    return int(value) if isinstance(value, str) and is_number else value
