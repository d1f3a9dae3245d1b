"""Examples are valid for their schemas, and no schema is a trap."""

import json
import re
from typing import Any, Final, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.mock.json_schema import example

CHECKS: Final[dict[str, Any]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
    "array": list,
    "object": dict,
}


def problems(value: Any, schema: Any, root: Any) -> list[str]:
    """A validator for what the examples cover: what is wrong with `value`."""
    if not isinstance(schema, dict):
        return []
    rules = cast("dict[str, Any]", schema)
    if "$ref" in rules:
        target = root
        for step in rules["$ref"].split("/")[1:]:
            target = target[int(step) if isinstance(target, list) else step]
        return problems(value, target, root) + problems(
            value, {k: v for k, v in rules.items() if k != "$ref"}, root
        )
    found: list[str] = []
    kind_or_kinds: Any = rules.get("type", list(CHECKS))
    kinds = cast("list[str]", kind_or_kinds if isinstance(kind_or_kinds, list) else [kind_or_kinds])
    is_kind = any(
        isinstance(value, CHECKS[kind]) and not (isinstance(value, bool) and kind in {"integer", "number"})
        for kind in kinds
    )
    found += [] if is_kind else [f"{value!r} is no {kinds}"]
    found += [f"{value!r} not in enum"] if "enum" in rules and value not in rules["enum"] else []
    found += [f"{value!r} is not const"] if "const" in rules and value != rules["const"] else []
    found += [line for one in rules.get("allOf", []) for line in problems(value, one, root)]
    for key in ("anyOf", "oneOf"):
        if key in rules and all(problems(value, one, root) for one in rules[key]):
            found.append(f"no {key} fits {value!r}")
    if isinstance(value, str):
        found += size_problems(len(value), rules, "Length")
        found += (
            [f"{value!r} !~ pattern"] if "pattern" in rules and not re.search(rules["pattern"], value) else []
        )
    if isinstance(value, int | float) and not isinstance(value, bool):
        found += number_problems(value, rules)
    if isinstance(value, list):
        items = cast("list[Any]", value)
        found += size_problems(len(items), rules, "Items")
        first = rules.get("prefixItems", [])
        for index, item in enumerate(items):
            found += problems(item, first[index] if index < len(first) else rules.get("items"), root)
        if rules.get("uniqueItems") and len({json.dumps(item) for item in items}) < len(items):
            found.append("items repeat")
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        found += size_problems(len(members), rules, "Properties")
        found += [f"{name} is missing" for name in rules.get("required", []) if name not in members]
        for name, member in members.items():
            found += problems(
                member, rules.get("properties", {}).get(name, rules.get("additionalProperties")), root
            )
    return found


def size_problems(size: int, rules: dict[str, Any], what: str) -> list[str]:
    least, most = rules.get(f"min{what}", 0), rules.get(f"max{what}", size)
    return [] if least <= size <= most else [f"{what} {size} not in {least}..{most}"]


def number_problems(value: float, rules: dict[str, Any]) -> list[str]:
    least, most = rules.get("minimum", value), rules.get("maximum", value)
    over, under = rules.get("exclusiveMinimum", False), rules.get("exclusiveMaximum", False)
    over = least if over is True else over
    under = most if under is True else under
    step = rules.get("multipleOf", 1e-9)
    holds = [
        least <= value <= most,
        over is False or value > over,
        under is False or value < under,
        abs(value / step - round(value / step)) < 1e-6,
    ]
    return [] if all(holds) else [f"{value} breaks a bound: {holds}"]


SCHEMAS: Final[list[dict[str, Any]]] = [
    {"type": "string"},
    {"type": "string", "minLength": 10},
    {"type": "string", "maxLength": 2},
    {"type": "string", "minLength": 3, "maxLength": 3},
    {"type": "string", "maxLength": 0},
    {"type": "string", "pattern": "^[a-z]+$"},
    {"type": "string", "pattern": "^[A-Z]{3}$"},
    {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
    {"type": "string", "pattern": "^[a-z]+$", "minLength": 9, "maxLength": 9},
    {"type": "string", "pattern": r"^\d{5}$"},
    {"type": "integer"},
    {"type": "integer", "minimum": 5},
    {"type": "integer", "maximum": -5},
    {"type": "integer", "exclusiveMinimum": 1, "exclusiveMaximum": 3},
    {"type": "integer", "minimum": 2.5, "maximum": 3.5},
    {"type": "integer", "minimum": 10, "multipleOf": 7},
    {"type": "integer", "minimum": 1, "exclusiveMinimum": True},
    {"type": "integer", "minimum": 3, "exclusiveMinimum": False, "maximum": 3},
    {"type": "integer", "minimum": 3, "exclusiveMinimum": 1},
    {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
    {"type": "number", "minimum": 0.25, "maximum": 0.3},
    {"type": "number", "multipleOf": 0.25, "minimum": 1.1},
    {"type": "number", "maximum": -1, "exclusiveMaximum": -2},
    {"minimum": 3},
    {"type": "boolean"},
    {"type": "null"},
    {"type": ["null", "integer"]},
    {"type": ["null"]},
    {"enum": ["celsius", "fahrenheit"]},
    {"const": {"a": [1]}},
    {"type": "array", "items": {"type": "integer"}},
    {"type": "array", "items": {"type": "string"}, "minItems": 3, "uniqueItems": True},
    {"type": "array", "items": {"enum": ["a", "b", "c"]}, "minItems": 3, "uniqueItems": True},
    {"type": "array", "items": {"type": "integer", "minimum": 5, "maximum": 7}, "minItems": 3, "uniqueItems": True},
    {"type": "array", "items": {"type": "number", "maximum": 0, "multipleOf": 5}, "minItems": 3, "uniqueItems": True},
    {"type": "array", "items": {"type": "boolean"}, "minItems": 2, "uniqueItems": True},
    {"type": "array", "maxItems": 0},
    {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": {"type": "null"}, "minItems": 3},
    {"items": {"type": "string"}},
    {"type": "object"},
    {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}, "required": ["b"]},
    {"properties": {"a": {"type": "integer"}}, "required": ["a", "unlisted"], "additionalProperties": {"type": "boolean"}},
    {"type": "object", "properties": {"a": {}, "b": {}}, "required": [], "minProperties": 1},
    {"type": "object", "properties": {"a": {}, "b": {}}, "required": ["a"], "minProperties": 2},
    {"type": "object", "minProperties": 3, "additionalProperties": {"type": "integer"}},
    {"type": "object", "properties": {"inner": {"type": "object", "properties": {"list": {"type": "array", "items": {"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"]}, "minItems": 2}}, "required": ["list"]}}, "required": ["inner"]},
    {"anyOf": [{"type": "null"}, {"type": "integer"}]},
    {"oneOf": [{"type": "string", "minLength": 7}, {"type": "integer"}]},
    {"type": "object", "required": ["a"], "anyOf": [{"required": ["b"], "properties": {"b": {"type": "null"}}}], "properties": {"a": {"type": "boolean"}}},
    {"allOf": [{"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}, {"required": ["b"], "properties": {"b": {"const": 2}}}]},
    {"$defs": {"unit": {"enum": ["c", "f"]}}, "type": "object", "properties": {"u": {"$ref": "#/$defs/unit"}}, "required": ["u"]},
    {"$defs": {"a/b": {"type": "integer"}}, "$ref": "#/$defs/a/b"} | {"$defs": {"a": {"b": {"type": "integer"}}}},
    {"$defs": {"list": [{"type": "boolean"}]}, "$ref": "#/$defs/list/0"},
    {"$defs": {"node": {"type": "object", "properties": {"next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}}, "required": ["next"]}}, "$ref": "#/$defs/node"},
    {"$defs": {"node": {"type": "object", "properties": {"kids": {"type": "array", "items": {"$ref": "#/$defs/node"}}}, "required": ["kids"]}}, "$ref": "#/$defs/node"},
    {"$defs": {"node": {"type": ["object", "null"], "properties": {"next": {"$ref": "#/$defs/node"}}, "required": ["next"]}}, "$ref": "#/$defs/node"},
    {"type": "object", "properties": {"when": {"type": "string", "format": "date-time"}, "who": {"format": "email"}}},
    {},
]  # fmt: skip


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: json.dumps(schema)[:60])
def test_an_example_is_valid_for_its_schema(schema: dict[str, Any]) -> None:
    assert problems(example(schema), schema, schema) == []


def test_required_properties_only_unless_none_is() -> None:
    properties = {"a": {"type": "string"}, "b": {"type": "string"}}
    assert example({"type": "object", "properties": properties, "required": ["b"]}) == {"b": "text"}
    assert example({"type": "object", "properties": properties, "required": []}) == {}
    assert example({"type": "object", "properties": properties}) == {"a": "text", "b": "text"}


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("date-time", r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"),
        ("uuid", r"^[0-9a-f-]{36}$"),
        ("uri", "^https://"),
        ("email", "@"),
    ],
)
def test_a_format_is_kept(name: str, pattern: str) -> None:
    assert re.search(pattern, str(example({"type": "string", "format": name})))


@pytest.mark.parametrize(
    "schema",
    [
        None,
        True,
        [],
        "string",
        {"type": "unheard-of"},
        {"type": "string", "pattern": "(?=lookahead)"},
        {"type": "string", "pattern": "^never matched by anything here$"},
        {"type": "string", "pattern": "("},
        {"type": "string", "pattern": "x" * 5000},
        {"type": "string", "pattern": 7, "format": ["x"], "minLength": "a"},
        {"$ref": "#/nowhere"},
        {"$ref": "https://example.com/schema"},
        {"$ref": "#"},
        {"type": "integer", "minimum": 5, "maximum": 1},
        {"type": "number", "minimum": True, "multipleOf": 0},
        {"type": "number", "maximum": 10**400},
        {"properties": [], "required": "a"},
        {"allOf": [{"$ref": "#"}, {"$ref": "#"}]},
        {"anyOf": [{"$ref": "#"}]},
        {"anyOf": [{"type": "null"}]},
    ],
    ids=lambda schema: repr(schema)[:60],
)
def test_a_schema_that_makes_no_sense_is_no_crash(schema: Any) -> None:
    json.dumps(example(schema))


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "minItems": 10**9, "items": {"$ref": "#"}},
        {"type": "array", "minItems": 64, "items": {"type": "array", "minItems": 64, "items": {"type": "array", "minItems": 64, "items": {"type": "array", "minItems": 64}}}},
        {"type": "object", "required": ["a", "b"], "properties": {"a": {"$ref": "#"}, "b": {"$ref": "#"}}},
        {"type": "object", "minProperties": 10**9, "additionalProperties": {"$ref": "#"}},
        {"type": "string", "minLength": 10**9},
        {"type": "string", "pattern": "(a+)+$", "minLength": 4000},
        {"allOf": [{"allOf": [{"$ref": "#"}] * 50}] * 50},
    ],
    ids=lambda schema: repr(schema)[:60],
)  # fmt: skip
def test_a_greedy_schema_gets_a_small_example(schema: dict[str, Any]) -> None:
    assert len(json.dumps(example(schema))) < 200_000


_ANY: Final = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.sampled_from(["string", "object", "array", "#", "#/a", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "properties", "items", "required", "anyOf", "allOf", "$ref", "enum", "const", "a"]
            )
            | st.sampled_from(
                ["minItems", "minimum", "maximum", "multipleOf", "pattern", "minLength", "uniqueItems"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(_ANY)
def test_no_schema_raises(schema: Any) -> None:
    json.dumps(example(schema))
