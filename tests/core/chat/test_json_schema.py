"""Schemas for Gemini: what each form keeps, what is named as lost, and that nothing hostile gets through."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.chat.json_schema import MAX_NOTES, for_gemini, for_gemini_json, is_empty_object


def raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))


def openapi(schema: object) -> tuple[Any, list[str]]:
    made, lost = for_gemini(raw(schema))
    return json.loads(bytes(made)), lost


def rich(schema: object) -> tuple[Any, list[str]]:
    made, lost = for_gemini_json(raw(schema))
    return json.loads(bytes(made)), lost


def prop(schema: object, **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"a": schema}, **more}


@pytest.mark.parametrize(
    ("schema", "made"),
    [
        ({"type": "string", "format": "date-time"}, {"type": "STRING", "format": "date-time"}),
        ({"type": ["string", "null"]}, {"type": "STRING", "nullable": True}),
        ({"const": "x"}, {"type": "STRING", "enum": ["x"]}),
        ({"enum": ["x", None]}, {"type": "STRING", "enum": ["x"], "nullable": True}),
        ({"type": "integer", "exclusiveMinimum": 0}, {"type": "INTEGER", "minimum": 1}),
        ({"type": "integer", "exclusiveMaximum": 9.0}, {"type": "INTEGER", "maximum": 8}),
        ({"type": "array", "items": {"type": "number"}, "maxItems": 2}, {"type": "ARRAY", "items": {"type": "NUMBER"}, "maxItems": 2}),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, {"type": "STRING", "nullable": True}),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, {"anyOf": [{"type": "STRING"}, {"type": "INTEGER"}]}),
        ({"type": "boolean", "nullable": True, "default": None, "$comment": "c"}, {"type": "BOOLEAN", "nullable": True, "default": None}),
        ({"allOf": [{"type": "string"}, {"maxLength": 3, "title": "x"}], "title": "t"}, {"type": "STRING", "maxLength": 3, "title": "t"}),
        ({"properties": {"b": {"type": "string"}}, "additionalProperties": False, "required": ["b", "gone"]},
         {"type": "OBJECT", "properties": {"b": {"type": "STRING"}}, "required": ["b"]}),
    ],
)  # fmt: skip
def test_the_openapi_form_keeps_what_it_can_say(schema: Any, made: Any) -> None:  # bug class 8
    assert openapi(prop(schema)) == ({"type": "OBJECT", "properties": {"a": made}}, [])


@pytest.mark.parametrize(
    ("schema", "lost"),
    [
        ({}, "a.(any)"),
        (True, "a.(any)"),
        ({"type": "string", "format": "email"}, "a.format"),
        ({"type": ["string", "integer"]}, "a.type"),
        ({"type": "odd"}, "a.type"),
        ({"const": 3}, "a.const"),
        ({"type": "number", "exclusiveMinimum": 0}, "a.exclusiveMinimum"),
        ({"type": "number", "exclusiveMinimum": True}, "a.exclusiveMinimum"),
        ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, "a.oneOf"),
        ({"type": "object"}, "a.(an object without properties)"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "a.additionalProperties"),
        ({"type": "array"}, "a.(items of any kind)"),
        ({"type": "array", "items": [{"type": "string"}]}, "a.items"),
        ({"type": "array", "prefixItems": []}, "a.prefixItems"),
        ({"type": "string", "not": {}}, "a.not"),
        ({"$ref": "#/nowhere"}, "a.$ref"),
        ({"$ref": 5}, "a.$ref"),
        ({"allOf": [{"type": "string"}, {"type": "integer"}]}, "a.allOf"),
    ],
)
def test_the_openapi_form_names_what_it_loses(schema: Any, lost: str) -> None:
    made, found = openapi(prop(schema))
    assert lost in found
    assert made["type"] == "OBJECT"


def test_references_are_put_in_place_and_cycles_are_cut() -> None:
    tree = {"type": "object", "properties": {"kids": {"type": "array", "items": {"$ref": "#/$defs/Tree"}}}}
    made, lost = openapi({"$ref": "#/$defs/Tree", "$defs": {"Tree": tree}})
    assert made["properties"]["kids"]["items"] == {"type": "OBJECT"}
    assert lost == ["kids[].$ref"]
    defined = {"$defs": {"a/b": {"type": "string", "description": "d"}}}
    made, lost = openapi(prop({"$ref": "#/$defs/a~1b", "description": "mine"}) | defined)
    assert made["properties"]["a"] == {"type": "STRING", "description": "mine"}
    assert lost == []
    made, lost = openapi(prop({"allOf": [{"$ref": "#/$defs/a~1b"}]}) | defined)
    assert (made["properties"]["a"]["type"], lost) == ("STRING", [])
    made, lost = openapi(
        {"anyOf": [{"type": "string"}], "properties": {"x": {"$ref": "#/anyOf/0"}}, "type": "object"}
    )
    assert (made["properties"]["x"], lost) == ({"type": "STRING"}, [])
    assert openapi(prop({"$ref": "#/anyOf/9"}, anyOf=[]))[1]


def test_several_at_once_are_merged() -> None:
    base = {"type": "object", "properties": {"b": {"type": "string"}}, "required": ["b"]}
    schema = {
        "$defs": {"B": base},
        "allOf": [
            {"$ref": "#/$defs/B"},
            {"properties": {"c": {"type": "string"}}, "required": ["c"]},
            {"$ref": "#/x"},
        ],
    }
    merged = {"b": {"type": "string"}, "c": {"type": "string"}}
    made, lost = rich(schema)
    assert (made["properties"], made["required"]) == (merged, ["b", "c"])
    assert lost == ["$ref"]
    assert openapi(schema)[1] == ["$ref"]


def test_a_lone_surrogate_does_not_cost_the_schema() -> None:
    schema = msgspec.Raw(b'{"type":"object","properties":{"a":{"type":"string","title":"\\ud800"}}}')
    assert b'"title": "\\ud800"' in bytes(for_gemini(schema)[0])
    unwritable = msgspec.Raw(b'{"type":"string","title":"\\ud800","default":1e999}')
    assert bytes(for_gemini(unwritable)[0]) == b"{}"


def test_the_json_form_keeps_more() -> None:
    schema = {
        "$schema": "x",
        "title": "T",
        "$ref": "#/definitions/Tree",
        "definitions": {
            "Tree": {
                "type": "object",
                "properties": {
                    "kids": {"type": "array", "items": {"$ref": "#/definitions/Tree"}},
                    "next": {"$ref": "#/definitions/Tree", "description": "d"},
                    "pair": {"type": "array", "prefixItems": [{"type": "string"}], "items": False},
                    "map": {"type": "object", "additionalProperties": {"type": ["string", "null"]}},
                    "one": {
                        "oneOf": [
                            {"const": 1},
                            {"const": True},
                            {"const": "x"},
                            {"const": [1]},
                            {"const": 0.5},
                        ]
                    },
                    "odd": {"type": "string", "format": "email", "nullable": True, "minLength": 1},
                    "day": {"type": "string", "format": "date"},
                    "any": True,
                    "never": False,
                    "few": {"type": "integer", "exclusiveMinimum": 2},
                    "both": {"allOf": [{"$ref": "#/definitions/Tree"}]},
                    "deep": {"$ref": "#/definitions/Tree/properties/day"},
                    "lost": {"$ref": "https://x.test/y"},
                },
                "required": ["kids"],
            }
        },
    }
    made, lost = rich(schema)
    assert made["$ref"] == "#/$defs/Tree"
    properties = made["$defs"]["Tree"]["properties"]
    assert properties == {
        "kids": {"type": "array", "items": {"$ref": "#/$defs/Tree"}},
        "next": {"description": "d", "anyOf": [{"$ref": "#/$defs/Tree"}]},
        "pair": {"type": "array", "prefixItems": [{"type": "string"}], "items": False},
        "map": {"type": "object", "additionalProperties": {"type": ["string", "null"]}},
        "one": {
            "oneOf": [
                {"enum": [1], "type": "integer"},
                {"enum": [True], "type": "boolean"},
                {"enum": ["x"], "type": "string"},
                {"enum": [[1]]},
                {"enum": [0.5], "type": "number"},
            ]
        },
        "odd": {"type": ["string", "null"], "minLength": 1},
        "day": {"type": "string", "format": "date"},
        "any": {},
        "never": {},
        "few": {"minimum": 3, "type": "integer"},
        "both": {"$ref": "#/$defs/Tree"},
        "deep": {"type": "string", "format": "date"},
        "lost": {},
    }
    assert lost == [
        "$defs.Tree.odd.format",
        "$defs.Tree.never.(unreadable)",
        "$defs.Tree.lost.$ref",
    ]


@pytest.mark.parametrize("form", [for_gemini, for_gemini_json])
def test_hostile_schemas_are_cut_and_named(form: Any) -> None:
    deep = msgspec.Raw(b'{"items":' * 100_000 + b"{}" + b"}" * 100_000)
    assert form(deep) == (msgspec.Raw(b"{}"), ["(the schema is no object that can be read)"]) or form(deep)[1]
    nested: Any = {"type": "string"}
    for _ in range(200):
        nested = {"type": "array", "items": nested}
    assert any("too deep" in one for one in form(raw(nested))[1])
    # Doubles 40 times: a billion schemas if every reference were followed.
    doubling = {f"d{n}": {"type": "object", "properties": {"a": {"$ref": f"#/$defs/d{n + 1}"}, "b": {"$ref": f"#/$defs/d{n + 1}"}}} for n in range(40)}  # fmt: skip
    made, lost = form(raw({"$ref": "#/$defs/d0", "$defs": doubling | {"d40": {"type": "string"}}}))
    assert len(bytes(made)) < 1_000_000
    assert len(lost) <= MAX_NOTES
    turning = {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"}
    form(raw(turning))
    form(raw({"allOf": [{"$ref": "#"}], "properties": {"a": {"$ref": "#/properties/a"}}}))
    refused: dict[str, Any] = {"not": {}}
    wide = {"properties": {f"p{n}": refused for n in range(500)}}
    assert len(form(raw(wide))[1]) == MAX_NOTES


@pytest.mark.parametrize("schema", [b"3", b"null", b"[1]", b"{", b'"\\ud800"'])
@pytest.mark.parametrize("form", [for_gemini, for_gemini_json])
def test_what_is_no_schema_becomes_an_empty_one(form: Any, schema: bytes) -> None:
    made, lost = form(msgspec.Raw(schema))
    assert bytes(made) == b"{}"
    assert lost
    assert form(msgspec.Raw(b"true"))[1] == []


@pytest.mark.parametrize(
    ("schema", "is_empty"),
    [
        ({}, True),
        ({"type": "object"}, True),
        (
            {"type": "object", "properties": {}, "additionalProperties": False, "$schema": "x", "title": "t"},
            True,
        ),
        ({"type": "object", "additionalProperties": True}, False),
        ({"type": "object", "additionalProperties": {}}, False),
        (prop({}), False),
        ({"anyOf": []}, False),
    ],
)
def test_an_object_without_properties_takes_no_arguments(schema: Any, is_empty: bool) -> None:
    assert is_empty_object(raw(schema)) == is_empty


_KEYS = st.sampled_from(
    ["$ref", "allOf", "anyOf", "oneOf", "properties", "items", "type", "enum", "const", "required", "format",
     "additionalProperties", "exclusiveMinimum", "exclusiveMaximum", "minimum", "nullable", "$defs", "prefixItems"]
)  # fmt: skip
_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.sampled_from(["#", "#/$defs/a", "string", "object", "null"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS | st.just("a"), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(_VALUES)
def test_any_schema_at_all_is_rewritten_to_valid_json(schema: Any) -> None:
    for form in (for_gemini, for_gemini_json):
        made, _ = form(msgspec.Raw(json.dumps(schema).encode()))
        assert isinstance(json.loads(bytes(made)), dict)


@given(st.recursive(st.fixed_dictionaries({"type": st.sampled_from(["string", "integer", "boolean"])}),
                    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, min_size=1, max_size=3).map(
                        lambda found: {"type": "object", "properties": found, "required": sorted(found)}), max_leaves=8))  # fmt: skip
def test_plain_schemas_lose_nothing(schema: Any) -> None:
    assert openapi(schema)[1] == []
    assert rich(schema) == (schema, [])
