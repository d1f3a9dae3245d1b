"""Gemini's own schemas, read as JSON Schema."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.chat.json_schema import for_gemini
from aigw_dev.core.chat.openapi_schema import from_gemini


def opened(schema: object) -> Any:
    return json.loads(bytes(from_gemini(msgspec.Raw(json.dumps(schema).encode()))))


@pytest.mark.parametrize(
    ("schema", "made"),
    [
        ({"type": "STRING"}, {"type": "string"}),
        ({"type": "TYPE_UNSPECIFIED"}, {}),
        ({"type": "STRING", "nullable": True, "enum": ["a"], "format": "enum"}, {"type": ["string", "null"], "enum": ["a", None]}),
        ({"any_of": [{"type": "STRING"}], "nullable": True}, {"anyOf": [{"type": "string"}, {"type": "null"}]}),
        ({"nullable": True}, {}),
        ({"type": "ARRAY", "items": {"type": "NUMBER"}, "min_items": "2", "maxItems": 3, "minLength": "x"},
         {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 3, "minLength": "x"}),
        ({"type": "OBJECT", "additionalProperties": False, "example": 1}, {"type": "object", "additionalProperties": False, "examples": [1]}),
        ({"ref": "#/$defs/A", "defs": {"A": {"type": "STRING"}}}, {"$ref": "#/$defs/A", "$defs": {"A": {"type": "string"}}}),
        ([], {}),
    ],
)  # fmt: skip
def test_each_keyword(schema: Any, made: Any) -> None:
    assert opened(schema) == made


def test_the_ordering_becomes_the_order_and_names_stay_as_they_are() -> None:
    made = opened(
        {"properties": {"a_b": {}, "c": {}, "d": {}}, "propertyOrdering": ["c", "a_b", "c", "gone", 1]}
    )
    assert list(made["properties"]) == ["c", "a_b", "d"]


def test_what_cannot_be_read_is_empty() -> None:
    assert bytes(from_gemini(msgspec.Raw(b"{" * 100_000))) == b"{}"
    nested: Any = {}
    for _ in range(100):
        nested = {"items": nested}
    assert opened(nested)


@given(st.sampled_from(["string", "integer", "boolean", "number"]), st.booleans())
def test_there_and_back_keeps_the_meaning(kind: str, is_nullable: bool) -> None:
    schema = {"type": "object", "properties": {"a": {"type": [kind, "null"] if is_nullable else kind}}}
    made, lost = for_gemini(msgspec.Raw(json.dumps(schema).encode()))
    assert lost == []
    assert json.loads(bytes(from_gemini(made))) == schema
