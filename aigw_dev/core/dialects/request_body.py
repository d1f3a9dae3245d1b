"""The caller's JSON body: checked once, read at its top level only, changed without touching another byte.

A body is never re-encoded: what changes is spliced in at its place, so unknown fields, number spellings, key order and
whitespace reach the provider as the caller sent them. One exception, on purpose: where a top-level key that must change
stands in the body twice, the losing values are dropped (the last one wins, as everywhere), so that the provider cannot
read another value than the gateway checked.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from aigw_dev.core.errors import Refusal

MAX_NUMBER_DIGITS: Final = 4300
"""The longest number taken: Python's own limit for reading integers, which many providers share."""

_FIELDS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_STRING: Final = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_KEY: Final = re.compile(rb"[ \t\n\r]*(" + _STRING + rb")[ \t\n\r]*:[ \t\n\r]*")
_AFTER_VALUE: Final = re.compile(rb"[ \t\n\r]*([,}])")
_SAMPLE_STEP: Final = 1000
_SAMPLED_DIGITS: Final = re.compile(rb"(?=[0-9]{4})")
_SHORT_NUMBERS: Final = re.compile(
    rb'(?:[^"0-9]++|' + _STRING + rb"|[0-9]{1,%d}+(?![0-9]))*+" % MAX_NUMBER_DIGITS, re.DOTALL
)


class RequestBody(msgspec.Struct, frozen=True):
    """A JSON object as it came, with its top level read."""

    raw: bytes
    """The body, byte for byte."""
    fields: dict[str, msgspec.Raw]
    """Every top-level value, still JSON; of a key that stands twice, the last."""

    def text(self, name: str) -> bytes:
        """The JSON text of one top-level value; empty where it is absent."""
        value = self.fields.get(name)
        return b"" if value is None else bytes(value)  # a Raw is a buffer, not the bytes its stub promises


def read_body(raw: bytes) -> RequestBody | Refusal:
    """The body with its top level read, or why it is not acceptable: it must be one valid UTF-8 JSON object.

    Never raises: lone surrogates, NaN, numbers beyond 4,300 digits, any depth of nesting and bad UTF-8 are refusals.
    """
    try:
        fields = _FIELDS.decode(raw)
        if not raw.isascii():
            raw.decode()  # values are read lazily: bad UTF-8 inside one would surface later
    except msgspec.ValidationError:
        return _invalid("the body is JSON but not an object")
    except msgspec.DecodeError as error:
        return _invalid(f"the body is not valid JSON: {error}" if raw else "the body is empty")
    except UnicodeDecodeError:
        return _invalid("the body is not valid UTF-8")
    except RecursionError:
        return _invalid("the body is nested too deeply")
    if len(raw) > MAX_NUMBER_DIGITS and _has_long_number(raw):
        return _invalid(f"the body holds a number of more than {MAX_NUMBER_DIGITS} digits")
    return RequestBody(raw, fields)


def rename_model(body: RequestBody, model: str, params: Mapping[str, Any] | None = None) -> bytes:
    """The body with `model` in place of its own and `params` merged at the top level; nothing else differs.

    A key of `params` that the body has is replaced in its place, another is appended before the closing brace.
    `model` and `stream` in `params` are not taken: the route's `send` names the model, and the caller alone knows
    whether it can read a stream.
    """
    named = msgspec.json.encode(model)
    if not params and (start := (_compact_starts(body) or {}).get("model")) is not None:
        raw = body.raw  # the usual call: one splice
        return b"%b%b%b" % (raw[:start], named, raw[start + len(body.fields["model"]) :])
    changes = {key: msgspec.json.encode(item) for key, item in (params or {}).items() if key != "stream"}
    changes["model"] = named
    return merge(body, changes).raw


def merge(body: RequestBody, changes: Mapping[str, bytes]) -> RequestBody:
    """The body with the JSON text `changes[key]` as the value of each top-level key, replaced in place or appended."""
    merged = body.fields | {key: msgspec.Raw(value) for key, value in changes.items()}
    starts = _compact_starts(body)
    if starts is None:
        starts = _walked_starts(body)
    if starts is None:
        return RequestBody(msgspec.json.encode(merged), merged)
    raw, fields = body.raw, body.fields
    pieces: list[bytes] = []
    position = 0
    for start, key in sorted((starts[key], key) for key in changes if key in starts):
        pieces += (raw[position:start], changes[key])
        position = start + len(fields[key])
    added = b",".join(msgspec.json.encode(key) + b":" + changes[key] for key in changes if key not in starts)
    if added:
        last = max((start + len(fields[key]) for key, start in starts.items()), default=raw.index(b"{") + 1)
        pieces += (raw[position:last], b"," if starts else b"", added)
        position = last
    pieces.append(raw[position:])
    return RequestBody(b"".join(pieces), merged)


def _compact_starts(body: RequestBody) -> dict[str, int] | None:
    """Where each top-level value begins, by adding up lengths; None unless the body is as short as it can be.

    Exactly then no key stands twice, none is escaped and no space is between them: what the SDKs send.
    """
    starts: dict[str, int] = {}
    position = 1
    for key, value in body.fields.items():
        starts[key] = start = position + len(key) + 3  # two quotes and a colon
        position = start + len(value) + 1  # a comma or the closing brace
    return starts if position == len(body.raw) else None


def _walked_starts(body: RequestBody) -> dict[str, int] | None:
    """The same for any body; None where a key stands twice."""
    raw, fields = body.raw, body.fields
    starts: dict[str, int] = {}
    position = raw.index(b"{") + 1
    while (match := _KEY.match(raw, position)) is not None:
        literal = match[1]
        key = msgspec.json.decode(literal, type=str) if b"\\" in literal else literal[1:-1].decode()
        start = match.end()
        value = fields[key]
        end = start + len(value)
        after = _AFTER_VALUE.match(raw, end)
        # The losing value of a key that stands twice has another text, or the key was seen before.
        if after is None or key in starts or raw.find(value, start, end) != start:
            return None
        starts[key] = start
        position = after.end()
    return starts


def _has_long_number(raw: bytes) -> bool:
    """Looks closely only where every thousandth byte shows that so long a run of digits is possible.

    Four samples in a row are inside any run of that length; a text (digits of pi) may hold such a run, a number may not.
    """
    for sample in _SAMPLED_DIGITS.finditer(raw[::_SAMPLE_STEP]):
        start = sample.start() * _SAMPLE_STEP
        if raw[start : start + 3 * _SAMPLE_STEP].isdigit():
            match = _SHORT_NUMBERS.match(raw)
            return match is None or match.end() < len(raw)
    return False


def _invalid(message: str) -> Refusal:
    return Refusal(code="invalid_json", message=f"{message}; send one JSON object in UTF-8")
