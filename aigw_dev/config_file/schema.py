"""The JSON Schema of the whole config file, for editors: made from the same tables that check it.

Descriptions are the texts under the fields of `core.config`. A field may be left empty, which counts as not given.
"""

import json
from collections.abc import Collection, Mapping
from itertools import pairwise
from typing import Any, Final

import msgspec

from aigw_dev.core import config as structs
from aigw_dev.core.config_fields import (
    GATEWAY,
    LIMITS,
    LOGGING,
    NAME_PATTERN,
    PROVIDER,
    RESERVED_NAMES,
    ROUTE,
    kind_rule,
)
from aigw_dev.core.config_values import Rule

SCHEMA_NAME: Final = "aigw-dev.schema.json"
"""The file beside the config: `aigw-dev config schema > aigw-dev.schema.json`."""

SCHEMA_LINE: Final = f"# yaml-language-server: $schema=./{SCHEMA_NAME}"
"""The first line of every config we write. A relative path: no host is asked, and it works offline."""

Schema = dict[str, Any]


def schema(*, kinds: Collection[str] = ()) -> Schema:
    """JSON Schema (draft 2020-12) of `aigw-dev.yaml`; `kinds` (the catalogue's) makes editors offer them."""
    gateway = {name: rule.schema for name, rule in GATEWAY.items()} | {
        "limits": _struct(structs.Limits, _schemas(LIMITS))
    }
    provider = {"kind": kind_rule(kinds).schema, **_schemas(PROVIDER)}
    route = {"flow": {"$ref": "#/$defs/node"}, **_schemas(ROUTE)}
    properties: Schema = {
        "version": {"enum": [1, None]},
        "gateway": _struct(structs.Gateway, gateway),
        "providers": _named({"$ref": "#/$defs/provider"}),
        "routes": _named({"$ref": "#/$defs/route"}),
        "logging": _struct(structs.Logging, _schemas(LOGGING)),
    }
    _describe(structs.Config, properties)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "aigw-dev.yaml",
        "description": "The config of an aigw-dev gateway.",
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "$defs": {
            "provider": _struct(structs.Provider, provider),
            "route": {**_struct(structs.Route, route), "type": "object", "required": ["flow"]},
            **_flow(),
        },
    }


def schema_text(*, kinds: Collection[str] = ()) -> str:
    """The schema as the text of a file."""
    return json.dumps(schema(kinds=kinds), indent=2, ensure_ascii=False) + "\n"


def field_docs(struct: type[msgspec.Struct]) -> dict[str, str]:
    """The text under each field of a struct, by field; empty where the source is not at hand."""
    import ast
    import inspect
    import textwrap

    try:
        source = textwrap.dedent(inspect.getsource(struct))
    except (OSError, TypeError):
        return {}
    body = ast.parse(source).body[0]
    statements = body.body if isinstance(body, ast.ClassDef) else []
    docs: dict[str, str] = {}
    for field, text in pairwise(statements):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            match text:
                case ast.Expr(value=ast.Constant(value=str(said))):
                    docs[field.target.id] = " ".join(said.split())
                case _:
                    pass
    return docs


def _schemas(rules: Mapping[str, Rule]) -> Schema:
    return {name: rule.schema for name, rule in rules.items()}


def _struct(struct: type[msgspec.Struct], properties: Schema) -> Schema:
    described = {name: _or_empty(entry) for name, entry in properties.items()}
    _describe(struct, described)
    doc = (struct.__doc__ or "").partition("\n")[0]
    return {
        "description": doc,
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": described,
    }


def _describe(struct: type[msgspec.Struct], properties: Schema) -> None:
    """Add the fields' texts and defaults; a key's field is of the same name, but for `keep`."""
    docs = field_docs(struct)
    for name in properties:
        doc = docs.get(name) or docs.get(f"{name}_s", "")
        if doc:
            properties[name] = {**properties[name], "description": doc}


def _or_empty(entry: Schema) -> Schema:
    """The same, or nothing at all (`notes:`)."""
    if isinstance(entry.get("type"), str):
        return {**entry, "type": [entry["type"], "null"]} | (
            {"enum": [*entry["enum"], None]} if "enum" in entry else {}
        )
    return {**entry, "enum": [*entry["enum"], None]} if "enum" in entry else entry


def _named(entry: Schema) -> Schema:
    names = {"pattern": NAME_PATTERN, "not": {"enum": list(RESERVED_NAMES)}}
    return {"type": ["object", "null"], "propertyNames": names, "additionalProperties": entry}


# the flow, which `core.routing.flow` checks

_MILLISECONDS: Final[Schema] = {"type": ["integer", "null"], "minimum": 0, "maximum": 86_400_000}
_TARGET: Final[Schema] = {"type": "string", "pattern": "^[^/]+/.+$", "description": "provider/model"}
_CONDITION: Final[Schema] = {
    "type": "string",
    "minLength": 1,
    "description": 'A condition, like metadata.tier == "pro"; one that holds `: ` or ` #` needs quotes around it.',
}
_IF: Final[Schema] = {"if": _CONDITION, "then": {"$ref": "#/$defs/node"}, "else": {"$ref": "#/$defs/node"}}
_SPLIT: Final[Schema] = {
    "split": {
        "type": "array",
        "minItems": 1,
        "items": {"$ref": "#/$defs/branch"},
        "description": "Branches drawn by weight.",
    },
    "sticky": {
        "enum": ["conversation", "request"],
        "description": "Draw once per conversation (default) or for every request.",
    },
}
_WEIGHT: Final[Schema] = {"weight": {"type": "number", "exclusiveMinimum": 0, "maximum": 1_000_000}}


def _leaf() -> Schema:
    from aigw_dev.core.routing.leaf import (
        MAX_FALLBACKS,
        MAX_RETRIES,
    )  # brings the whole flow; only the schema wants it

    return {
        "send": _TARGET,
        "key": {"type": ["string", "null"], "description": "The provider's key to use, by its name."},
        "params": {
            "type": ["object", "null"],
            "description": "Fields set in the request, over the caller's.",
        },
        "retry": {
            "type": ["object", "null"],
            "description": "Try the same target again; off unless given.",
            "additionalProperties": False,
            "required": ["attempts"],
            "properties": {
                "attempts": {
                    "type": "integer",
                    "minimum": 0,
                    "maximum": MAX_RETRIES,
                    "description": "How often again.",
                },
                "backoff_ms": {**_MILLISECONDS, "description": "The first wait; it doubles."},
                "max_wait_ms": {
                    **_MILLISECONDS,
                    "description": "A longer wait goes to the next target instead.",
                },
            },
        },
        "fallback": {
            "type": "array",
            "maxItems": MAX_FALLBACKS,
            "description": "Targets tried in order when this one fails before its first byte.",
            "items": {"anyOf": [_TARGET, {"$ref": "#/$defs/fallback"}]},
        },
        "fallback_on": {
            "type": "array",
            "description": "Statuses that also go to the next target, beside the usual ones.",
            "items": {
                "anyOf": [{"type": "integer", "minimum": 400, "maximum": 599}, {"enum": ["4xx", "5xx"]}]
            },
        },
        "connect_timeout_ms": {**_MILLISECONDS, "description": "Milliseconds to connect."},
        "first_packet_timeout_ms": {
            **_MILLISECONDS,
            "description": "Milliseconds to the first event of a stream; 0 = off.",
        },
        "idle_timeout_ms": {
            **_MILLISECONDS,
            "description": "Milliseconds between two pieces of a reply; 0 = off.",
        },
        "timeout_ms": {**_MILLISECONDS, "description": "Milliseconds for the whole call; 0 = off."},
    }


def _flow() -> Schema:
    leaf = _leaf()
    kinds = (("if", _IF, ["if", "then", "else"]), ("split", _SPLIT, ["split"]), ("send", leaf, ["send"]))
    node = [_object(properties, required) for _, properties, required in kinds]
    branch = [_object(properties | _WEIGHT, ["weight", *required]) for _, properties, required in kinds]
    fallback = {key: value for key, value in leaf.items() if key != "fallback"}
    return {
        "node": {"description": "A step of a flow: if/then/else, split or send.", "anyOf": node},
        "branch": {"description": "A branch of a split: a node with a weight.", "anyOf": branch},
        "fallback": _object(fallback, ["send"]),
    }


def _object(properties: Schema, required: list[str]) -> Schema:
    return {"type": "object", "additionalProperties": False, "properties": properties, "required": required}
