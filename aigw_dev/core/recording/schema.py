"""The fixture file as JSON Schema (draft 2020-12), for editors and for other languages' readers.

It says the shape; that references lead somewhere, keys fit and milliseconds match their events is for `fixtures check`.
"""

from typing import Any, Final

from aigw_dev.core.recording.fixture import FORMAT

_TEXT: Final = {"type": "string"}
_LONG_TEXT: Final = {"anyOf": [_TEXT, {"$ref": "#/$defs/lines"}]}
_WAIT: Final = {"type": "integer", "minimum": 0}
_TEXTS: Final = {
    "type": "object",
    "propertyNames": {"pattern": "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"},
    "additionalProperties": {"type": "string", "pattern": "^[^\\r\\n\\u0000]*$"},
}
_BINARY: Final = {"const": {"binary": True}}
_ANY: Final = {"$ref": "#/$defs/json"}
_SHA256: Final = {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"}


def _object(required: tuple[str, ...], **properties: Any) -> dict[str, Any]:
    """An object with these fields and no others."""
    written = {name.replace("tilde_", "~"): one for name, one in properties.items()}
    return {
        "type": "object",
        "properties": written,
        "required": list(required),
        "additionalProperties": False,
    }


def _row(*entries: Any, least: int) -> dict[str, Any]:
    return {"type": "array", "prefixItems": list(entries), "minItems": least, "maxItems": len(entries)}


def _list(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


_DEFS: Final[dict[str, Any]] = {
    "json": {
        "description": "JSON with shorthands: ~lines, ~lit, ~blob, ~row, ~v; in requests also ~any, ~re, ~secret. An object whose "
        "keys begin with ~ is written inside ~lit.",
        "anyOf": [
            {"type": ["string", "number", "boolean", "null"]},
            _list({"$ref": "#/$defs/json"}),
            {"$ref": "#/$defs/lines"},
            {"$ref": "#/$defs/blob"},
            _object(("~lit",), tilde_lit={"type": "object", "additionalProperties": _ANY}),
            _object(("~row",), tilde_row=_list(_ANY)),
            _object(("~v",), tilde_v={"type": ["integer", "string"]}),
            _object(("~any",), tilde_any=True),
            _object(("~re",), tilde_re=_TEXT),
            _object(("~secret",), tilde_secret=True),
            {"type": "object", "propertyNames": {"pattern": "^([^~]|$)"}, "additionalProperties": _ANY},
        ],
    },
    "lines": _object(("~lines",), tilde_lines=_list(_TEXT)),
    "blob": _object(
        ("~blob",),
        tilde_blob=_SHA256,
        type=_TEXT,
        bytes=_WAIT,
        form={"enum": ["", "base64", "data-url", "json"]},
        preview=_list({"type": "number"}),
        count=_WAIT,
    ),
    "body": {"anyOf": [_ANY, {"$ref": "#/$defs/extension"}]},
    "extension": {
        "description": "The body of an earlier interaction N, or of its attempt A (`N.A`), with changes.",
        "type": "object",
        "properties": {
            "~extends": {"type": ["integer", "string"]},
            "~drop": _list(_TEXT),
        },
        "required": ["~extends"],
        "additionalProperties": {
            "anyOf": [_ANY, _object(("~append",), tilde_keep=_WAIT, tilde_append=_list(_ANY))]
        },
    },
    "file": _object(
        ("name", "~blob"), name=_TEXT, filename=_TEXT, type=_TEXT, tilde_blob=_SHA256, bytes=_WAIT
    ),
    "request": _object(
        ("op",),
        op=_TEXT,
        method=_TEXT,
        path=_TEXT,
        headers=_TEXTS,
        body={"$ref": "#/$defs/body"},
        form=_ANY,
        files=_list({"$ref": "#/$defs/file"}),
    ),
    "patch": _object(("~patch",), tilde_patch=_ANY, op=_TEXT, headers=_TEXTS),
    "event": {
        "anyOf": [
            _row(_TEXT, least=1),
            _row({"type": ["string", "null"]}, _ANY, _object((), id=_TEXT), least=2),
        ]
    },
    "frame": {
        "anyOf": [
            _row({"enum": ["c", "s"]}, _ANY, least=1),
            _row({"enum": ["c", "s"]}, _WAIT, _ANY, least=3),
            _row({"enum": ["c", "s"]}, _ANY, _BINARY, least=3),
            _row({"enum": ["c", "s"]}, _WAIT, _ANY, _BINARY, least=4),
        ]
    },
    "piece": _row(_WAIT, {"anyOf": [_TEXT, _object(("b64",), b64=_TEXT)]}, least=2),
    "common": {
        "type": "object",
        "properties": {
            "~v": {"type": "array"},
            "~order": _list(_TEXT),
            "~headers": _TEXTS,
        },
        "additionalProperties": _ANY,
    },
    "synth": _object(
        (),
        text=_LONG_TEXT,
        reasoning=_LONG_TEXT,
        tool_calls=_list(_ANY),
        finish=_TEXT,
        usage={"type": "object", "additionalProperties": {"type": "integer"}},
        chunks={"type": ["integer", "null"]},
        ttft_ms={"type": "integer"},
        tps={"type": "number"},
    ),
    "response": _object(
        (),
        status={"type": "integer", "minimum": 100, "maximum": 599},
        headers=_TEXTS,
        dt_ms=_list(_WAIT),
        common={"$ref": "#/$defs/common"},
        body=_ANY,
        text=_LONG_TEXT,
        events=_list({"$ref": "#/$defs/event"}),
        raw=_list({"$ref": "#/$defs/piece"}),
        ws=_list({"$ref": "#/$defs/frame"}),
        close=_row({"enum": ["c", "s"]}, {"type": "integer"}, _TEXT, least=2),
        synth={"$ref": "#/$defs/synth"},
        end={"enum": ["eof", "cut", "reset", "client_abort"]},
        dialect=_TEXT,
    ),
    "attempt": _object(
        ("upstream",),
        upstream={"type": "string", "pattern": "^[^/]"},
        kind=_TEXT,
        why=_TEXT,
        request={"anyOf": [{"const": "same"}, {"$ref": "#/$defs/patch"}, {"$ref": "#/$defs/request"}]},
        response={"anyOf": [{"type": "null"}, {"$ref": "#/$defs/response"}]},
        error=_TEXT,
        error_text=_LONG_TEXT,
    ),
    "route": _object((), asked=_TEXT, rule=_TEXT, chosen=_TEXT),
    "interaction": _object(
        ("request", "attempts"),
        key=_TEXT,
        request={"$ref": "#/$defs/request"},
        route={"anyOf": [{"type": "null"}, {"$ref": "#/$defs/route"}]},
        attempts=_list({"$ref": "#/$defs/attempt"}),
        usage={"type": ["object", "null"]},
        summary={"type": ["object", "null"]},
        repeat={"enum": ["", "last", "cycle"]},
        note=_LONG_TEXT,
    ),
}

SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "aigw-dev fixture",
    "description": "Recorded exchanges of one test: `*.aigw.json`.",
    **_object(
        ("aigw_fixture", "interactions"),
        aigw_fixture={"const": FORMAT},
        test=_TEXT,
        recorded_at=_TEXT,
        expires=_TEXT,
        notes=_LONG_TEXT,
        ignore=_list(_TEXT),
        interactions=_list({"$ref": "#/$defs/interaction"}),
    ),
    "$defs": _DEFS,
}
"""The schema, ready to be written as JSON."""
