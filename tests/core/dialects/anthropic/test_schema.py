"""JSON Schemas as Anthropic takes them."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.dialects.anthropic.schema import answer_schema, input_schema


def raw(value: Any) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(value).encode())


def loaded(value: msgspec.Raw) -> Any:
    return json.loads(bytes(value))


def test_a_schema_that_fits_is_not_touched() -> None:
    text = msgspec.Raw(b'{ "type":"object", "properties":{"a":{"type":"number","minimum":1.50}} }')
    assert input_schema(text) == (text, "")
    closed = msgspec.Raw(
        b'{ "type":"object","properties":{"a":{"enum":[1.50]}},"additionalProperties":false }'
    )
    assert answer_schema(closed) == (closed, [])


INPUTS: list[tuple[Any, Any, bool]] = [
    (None, {"type": "object", "properties": {}}, False),
    ([1], {"type": "object", "properties": {}}, True),
    ({"properties": {"a": {}}}, {"properties": {"a": {}}, "type": "object"}, False),
    ({"type": "string"}, {"type": "object"}, True),
    (
        {
            "type": "object",
            "anyOf": [{"properties": {"a": {}}, "required": ["a"]}, {"properties": {"b": {}}}],
        },
        {"type": "object", "properties": {"a": {}, "b": {}}},
        True,
    ),
    (
        {"type": "object", "required": ["a"], "allOf": [{"required": ["a", "b"]}]},
        {"type": "object", "properties": {}, "required": ["a", "b"]},
        True,
    ),
]


@pytest.mark.parametrize(("given_schema", "expected", "is_changed"), INPUTS)
def test_the_input_of_a_tool_is_an_object(given_schema: Any, expected: Any, is_changed: bool) -> None:
    schema, changes = input_schema(raw(given_schema))
    assert loaded(schema) == expected
    assert bool(changes) is is_changed


def test_what_an_answers_schema_must_not_say_moves_into_descriptions() -> None:
    schema, changed = answer_schema(
        raw(
            {
                "type": "object",
                "properties": {
                    "n": {"type": "integer", "minimum": 1, "description": "A number"},
                    "s": {"type": "string", "pattern": "^a", "format": "email"},
                    "u": {"oneOf": [{"type": "string", "format": "odd"}, {"$ref": "#/$defs/d"}]},
                    "l": {
                        "type": "array",
                        "items": {"type": "object", "properties": {}},
                        "minItems": 1,
                        "maxItems": 2,
                    },
                },
                "$defs": {"d": {"type": "null"}},
                "additionalProperties": True,
            }
        )
    )
    assert loaded(schema) == {
        "type": "object",
        "properties": {
            "n": {"type": "integer", "description": "A number\n\n{minimum: 1}"},
            "s": {"type": "string", "format": "email", "description": '{pattern: "^a"}'},
            "u": {"anyOf": [{"type": "string", "description": '{format: "odd"}'}, {"$ref": "#/$defs/d"}]},
            "l": {
                "type": "array",
                "items": {"type": "object", "properties": {}, "additionalProperties": False},
                "minItems": 1,
                "description": "{maxItems: 2}",
            },
        },
        "$defs": {"d": {"type": "null"}},
        "additionalProperties": False,
    }
    assert changed == ["minimum", "pattern", "format", "oneOf", "additionalProperties", "maxItems"]
    assert answer_schema(raw(3))[1] == ["schema"]


@given(st.recursive(st.none() | st.integers() | st.text(max_size=4), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "properties", "anyOf", "allOf", "oneOf", "items", "required", "format", "minItems"]), inner), max_leaves=12))  # fmt: skip
def test_any_schema_becomes_a_schema(value: Any) -> None:
    assert loaded(input_schema(raw(value))[0])["type"] == "object"
    assert isinstance(loaded(answer_schema(raw(value))[0]), dict)
