"""JSON Schemas as Anthropic takes them: for a tool's input, and for structured output, which takes less.

Structured output (vendor page "Structured outputs", anthropic 2.11 `lib/_parse/_transform.py`, both read 2026-11-20): no
bounds of numbers, lengths or counts, no `pattern`, every object closed, `anyOf` but no `oneOf`. What is refused moves into
the description, so that the model still reads it.
"""

import json
from typing import Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.dialects.anthropic.wire import loose_text
from aigw_dev.core.remembered import SCHEMA_BYTES, SCHEMAS, remembered

_EMPTY: Final = msgspec.Raw(b'{"type":"object","properties":{}}')
_DEEPEST: Final = 60
_TAKEN: Final = frozenset(
    {
        "$defs", "definitions", "$ref", "type", "anyOf", "allOf", "enum", "const", "description", "title",
        "properties", "required", "additionalProperties", "items", "default", "$schema", "$id",
    }
)  # fmt: skip
_FORMATS: Final = frozenset(
    {"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"}
)
_COMBINED: Final = ("anyOf", "oneOf", "allOf")


def input_schema(raw: msgspec.Raw) -> tuple[msgspec.Raw, str]:
    """The schema of a tool's input, untouched where it fits, and what was changed in words (empty for nothing).

    It must be of type `object` and have no `anyOf`, `oneOf`, `allOf` at its top.
    """
    return _input_schema(bytes(raw))


@remembered(most=SCHEMAS, longest=SCHEMA_BYTES)
def _input_schema(text: bytes) -> tuple[msgspec.Raw, str]:
    loaded = loose_json.load(text)
    if not loose_json.is_object(loaded):
        return _EMPTY, "" if text == b"null" else "not an object: any input is taken"
    schema: dict[str, object] = dict(loaded)
    changes: list[str] = []
    if schema.get("type") != "object":
        if "type" in schema:
            changes.append(f"type {json.dumps(schema['type'])[:40]} became object")
        schema["type"] = "object"
    for name in _COMBINED:
        if name in schema:
            _flatten(schema, name)
            changes.append(f"{name} at the top was merged")
    if schema == loaded:
        return msgspec.Raw(text), ""
    return loose_text(schema) or _EMPTY, "; ".join(changes)


def answer_schema(raw: msgspec.Raw) -> tuple[msgspec.Raw, list[str]]:
    """The schema of a structured answer, untouched where it fits, and the keywords that moved into descriptions."""
    loaded = loose_json.load(bytes(raw))
    if not loose_json.is_object(loaded):
        return _EMPTY, ["schema"]
    changed: dict[str, None] = {}
    fitted = _fitted(loaded, changed, _DEEPEST)
    if fitted == loaded:
        return raw, []
    return loose_text(fitted) or raw, list(changed)


def _flatten(schema: dict[str, object], name: str) -> None:
    """The properties of every alternative together; required stays what all of an `allOf` require."""
    properties = dict(loose_json.mapping(schema.get("properties")))
    required = list(loose_json.items(schema.get("required")))
    for option in loose_json.items(schema.pop(name)):
        fields = loose_json.mapping(option)
        properties = loose_json.mapping(fields.get("properties")) | properties
        if name == "allOf":
            required += [each for each in loose_json.items(fields.get("required")) if each not in required]
    schema["properties"] = properties
    if required:
        schema["required"] = required


def _fitted(value: object, changed: dict[str, None], depth: int) -> object:
    if not loose_json.is_object(value) or depth == 0:
        return value
    fitted: dict[str, object] = {}
    notes: list[str] = []
    for key, each in value.items():
        if key in {"properties", "$defs", "definitions"}:
            named = loose_json.mapping(each)
            fitted[key] = {name: _fitted(inner, changed, depth - 1) for name, inner in named.items()}
        elif key in {"anyOf", "allOf", "oneOf"}:
            options = [_fitted(inner, changed, depth - 1) for inner in loose_json.items(each)]
            fitted["anyOf" if key == "oneOf" else key] = options
            if key == "oneOf":
                changed["oneOf"] = None
        elif key == "items":
            fitted[key] = _fitted(each, changed, depth - 1)
        elif (
            key in _TAKEN
            or (key == "format" and loose_json.text(each) in _FORMATS)
            or (key == "minItems" and each in (0, 1))
        ):
            fitted[key] = each
        else:
            changed[key] = None
            notes.append(f"{key}: {json.dumps(each, ensure_ascii=False)}")
    _close(fitted, changed)
    if notes:
        own = loose_json.text(fitted.get("description"))
        note = "{" + ", ".join(notes) + "}"
        fitted["description"] = f"{own}\n\n{note}" if own else note
    return fitted


def _close(schema: dict[str, object], changed: dict[str, None]) -> None:
    if (schema.get("type") == "object" or "properties" in schema) and schema.get(
        "additionalProperties"
    ) is not False:
        schema["additionalProperties"] = False
        changed["additionalProperties"] = None
