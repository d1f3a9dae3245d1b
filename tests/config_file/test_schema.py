import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, cast

import msgspec
import pytest

from aigw_dev.config_file.schema import SCHEMA_LINE, field_docs, schema, schema_text
from aigw_dev.config_file.yaml_tree import read_yaml
from aigw_dev.core import config, config_fields
from aigw_dev.core.providers import KINDS
from aigw_dev.core.routing.leaf import LEAF_KEYS

CONFIGS: Final = Path(__file__).resolve().parents[2] / "fixtures" / "configs"
SCHEMA: Final = schema(kinds=tuple(KINDS))
TYPES: Final[dict[str, tuple[type, ...]]] = {
    "object": (dict,), "array": (list,), "string": (str,), "boolean": (bool,), "integer": (int,), "number": (int, float), "null": (type(None),),
}  # fmt: skip


def faults(value: Any, rule: dict[str, Any], at: str = "") -> Iterator[str]:
    """What JSON Schema finds wrong: the part of draft 2020-12 that our schema uses, and nothing unknown."""
    unknown = rule.keys() - CHECKS.keys() - {"$schema", "title", "description", "$defs"}
    assert not unknown, f"this check does not know {unknown}"
    for keyword, check in CHECKS.items():
        if keyword in rule:
            yield from check(value, rule, at)


def _type(value: Any, rule: dict[str, Any], at: str) -> Iterator[str]:
    wanted = cast("list[str]", rule["type"] if isinstance(rule["type"], list) else [rule["type"]])
    is_right = any(
        isinstance(value, TYPES[name]) and (name == "boolean" or not isinstance(value, bool))
        for name in wanted
    )
    if not is_right:
        yield f"{at} is not {wanted}"


def _object(value: Any, rule: dict[str, Any], at: str) -> Iterator[str]:
    if not isinstance(value, dict):
        return
    tree = cast("dict[str, Any]", value)
    properties, others = rule.get("properties", {}), rule.get("additionalProperties", {})
    for key, entry in tree.items():
        yield from faults(key, rule.get("propertyNames", {}), f"{at}.{key}")
        if key in properties:
            yield from faults(entry, properties[key], f"{at}.{key}")
        elif others is False:
            yield f"{at}.{key} is unknown"
        else:
            yield from faults(entry, others, f"{at}.{key}")
    yield from (f"{at}.{key} is missing" for key in rule.get("required", ()) if key not in tree)


def _array(value: Any, rule: dict[str, Any], at: str) -> Iterator[str]:
    if not isinstance(value, list):
        return
    items = cast("list[Any]", value)
    if not rule.get("minItems", 0) <= len(items) <= rule.get("maxItems", len(items)):
        yield f"{at} has {len(items)} items"
    for position, item in enumerate(items):
        yield from faults(item, rule.get("items", {}), f"{at}.{position}")


def _scalar(value: Any, rule: dict[str, Any], at: str) -> Iterator[str]:
    if isinstance(value, str):
        is_long = not rule.get("minLength", 0) <= len(value) <= rule.get("maxLength", len(value))
        if is_long or not re.search(rule.get("pattern", ""), value):
            yield f"{at} has the wrong form"
    elif isinstance(value, int | float) and not isinstance(value, bool):
        is_out = not rule.get("minimum", value) <= value <= rule.get("maximum", value)
        if is_out or value <= rule.get("exclusiveMinimum", value - 1):
            yield f"{at} is out of range"


def _enum(value: Any, rule: dict[str, Any], at: str) -> Iterator[str]:
    if not any(type(value) is type(word) and value == word for word in rule["enum"]):
        yield f"{at} is none of {rule['enum']}"


def _not(value: Any, rule: dict[str, Any], at: str) -> Iterator[str]:
    if not list(faults(value, rule["not"], at)):
        yield f"{at} is reserved"


def _any_of(value: Any, rule: dict[str, Any], at: str) -> Iterator[str]:
    if not any(not list(faults(value, choice, at)) for choice in rule["anyOf"]):
        yield f"{at} is none of the choices"


def _ref(value: Any, rule: dict[str, Any], at: str) -> Iterator[str]:
    yield from faults(value, SCHEMA["$defs"][rule["$ref"].removeprefix("#/$defs/")], at)


def _nothing(_value: Any, _rule: dict[str, Any], _at: str) -> Iterator[str]:
    return iter(())


CHECKS: Final[dict[str, Any]] = {
    "type": _type, "enum": _enum, "not": _not, "anyOf": _any_of, "$ref": _ref,
    "properties": _object, "additionalProperties": _nothing, "propertyNames": _nothing, "required": _nothing,
    "items": _array, "minItems": _nothing, "maxItems": _nothing,
    "pattern": _scalar, "minLength": _scalar, "maxLength": _scalar, "minimum": _scalar, "maximum": _nothing, "exclusiveMinimum": _scalar,
}  # fmt: skip


def _open_object(value: Any, rule: dict[str, Any], at: str) -> Iterator[str]:
    """An object without `properties`, where `additionalProperties` says it all."""
    return iter(()) if "properties" in rule else _object(value, rule, at)


CHECKS["additionalProperties"] = _open_object


def all_schemas(rule: Any) -> Iterator[dict[str, Any]]:
    if isinstance(rule, dict):
        yield cast("dict[str, Any]", rule)
        for inner in cast("dict[str, Any]", rule).values():
            yield from all_schemas(inner)
    elif isinstance(rule, list):
        for inner in cast("list[Any]", rule):
            yield from all_schemas(inner)


@pytest.mark.parametrize("path", sorted((CONFIGS / "good").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_good_examples_are_valid(path: Path) -> None:
    tree = read_yaml(path.read_text(encoding="utf-8")).value
    assert list(faults(tree, SCHEMA)) == []


@pytest.mark.parametrize("name", ["unknown-keys", "wrong-types", "values", "names"])
def test_the_bad_examples_are_not(name: str) -> None:
    tree = read_yaml((CONFIGS / "bad" / f"{name}.yaml").read_text(encoding="utf-8")).value
    assert list(faults(tree, SCHEMA))


def test_another_validator_agrees_where_there_is_one() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    for path in (CONFIGS / "good").glob("*.yaml"):
        jsonschema.Draft202012Validator(SCHEMA).validate(read_yaml(path.read_text(encoding="utf-8")).value)


@pytest.mark.parametrize(
    "tree",
    [
        {"version": 2}, {"x": 1}, {"gateway": []}, {"gateway": {"port": "1"}}, {"providers": {"mock": {}}},
        {"providers": {"a b": {}}}, {"providers": {"p": {"kind": "nope"}}}, {"routes": {"r": {}}},
        {"routes": {"r": {"flow": {"send": "noslash"}}}}, {"routes": {"r": {"flow": {"if": "x", "then": {"send": "a/b"}}}}},
        {"routes": {"r": {"flow": {"split": [{"send": "a/b"}]}}}}, {"routes": {"r": {"flow": {"split": []}}}},
        {"routes": {"r": {"flow": {"send": "a/b", "fallback": [{"send": "c/d", "fallback": ["e/f"]}]}}}},
        {"routes": {"r": {"flow": {"send": "a/b", "fallback_on": [200]}}}}, {"logging": {"keep": "2 weeks"}},
    ],
)  # fmt: skip
def test_what_the_check_refuses_the_schema_refuses_too(tree: dict[str, Any]) -> None:
    assert list(faults(tree, SCHEMA))


def test_sections_and_fields_may_be_left_empty() -> None:
    tree = {
        "version": None,
        "gateway": {"notes": None, "deploy": None},
        "providers": {"openai": None},
        "routes": None,
        "logging": None,
    }
    assert list(faults(tree, SCHEMA)) == []


@pytest.mark.parametrize(
    ("struct", "at"),
    [
        (config.Gateway, ["properties", "gateway"]),
        (config.Limits, ["properties", "gateway", "properties", "limits"]),
        (config.Logging, ["properties", "logging"]),
        (config.Provider, ["$defs", "provider"]),
        (config.Route, ["$defs", "route"]),
    ],
)
def test_every_field_is_there_with_its_text(struct: type[msgspec.Struct], at: list[str]) -> None:
    part = SCHEMA
    for step in at:
        part = part[step]
    docs = {name.replace("keep_s", "keep"): text for name, text in field_docs(struct).items()}
    assert docs.keys() == part["properties"].keys()
    assert {name: entry["description"] for name, entry in part["properties"].items()} == docs
    assert part["additionalProperties"] is False


def test_a_leaf_takes_what_the_flow_takes() -> None:
    leaf = next(entry for entry in SCHEMA["$defs"]["node"]["anyOf"] if "send" in entry["properties"])
    assert set(leaf["properties"]) == set(LEAF_KEYS)


def test_kinds_are_offered_where_they_are_known() -> None:
    assert SCHEMA["$defs"]["provider"]["properties"]["kind"]["enum"] == [*sorted(KINDS), None]
    assert "enum" not in schema()["$defs"]["provider"]["properties"]["kind"]


def test_every_pattern_is_one_that_javascript_reads_too() -> None:
    patterns = [entry["pattern"] for entry in all_schemas(SCHEMA) if isinstance(entry.get("pattern"), str)]
    assert config_fields.NAME_PATTERN in patterns
    assert all(
        pattern.startswith("^") and pattern.endswith("$") and "(?" not in pattern and "\\A" not in pattern
        for pattern in patterns
    )


def test_the_text_is_the_schema_and_asks_no_host_of_ours() -> None:
    text = schema_text(kinds=tuple(KINDS))
    assert json.loads(text) == SCHEMA
    assert text.endswith("}\n")
    assert re.findall(r"https?://[a-z.-]+", text) == ["https://json-schema.org"]


def test_without_source_there_are_no_texts() -> None:
    made = msgspec.defstruct("Made", [("x", int)])
    assert field_docs(made) == {}


def test_the_line_names_a_file_beside_the_config() -> None:
    assert SCHEMA_LINE == "# yaml-language-server: $schema=./aigw-dev.schema.json"
