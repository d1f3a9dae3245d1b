"""The events of a Responses stream, typed as far as the gateway reads them; what is not so is read loosely."""

from typing import Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.dialects.responses import checks

_NOTHING: Final = msgspec.Raw(b"")


class Wire(msgspec.Struct, frozen=True, kw_only=True):
    """One event."""

    type: str = ""
    delta: str | None = None
    output_index: int | None = None
    content_index: int | None = None
    summary_index: int | None = None
    item_id: str | None = None
    text: str | None = None
    refusal: str | None = None
    arguments: str | None = None
    input: str | None = None
    item: msgspec.Raw = _NOTHING
    part: msgspec.Raw = _NOTHING
    annotation: msgspec.Raw = _NOTHING
    logprobs: msgspec.Raw = _NOTHING
    response: msgspec.Raw = _NOTHING
    error: msgspec.Raw = _NOTHING


_WIRE: Final = msgspec.json.Decoder(Wire)


def decode(data: bytes) -> Wire | None:
    """The event; None where the bytes hold no JSON object. Never raises."""
    try:
        return _WIRE.decode(data)
    except (ValueError, RecursionError):  # msgspec's errors and UnicodeDecodeError are ValueErrors
        pass
    wire = loose_json.load(data)
    if not loose_json.is_object(wire):
        return None
    try:
        return _loose(wire)
    except RecursionError:
        return None


def _loose(wire: dict[str, object]) -> Wire:
    def optional(name: str) -> str | None:
        return loose_json.text(wire[name]) if isinstance(wire.get(name), str) else None

    def index(name: str) -> int | None:
        return loose_json.count(wire.get(name))

    def raw(name: str) -> msgspec.Raw:
        return _NOTHING if wire.get(name) is None else checks.raw(wire[name])

    return Wire(
        type=loose_json.text(wire.get("type")),
        delta=optional("delta"),
        output_index=index("output_index"),
        content_index=index("content_index"),
        summary_index=index("summary_index"),
        item_id=optional("item_id"),
        text=optional("text"),
        refusal=optional("refusal"),
        arguments=optional("arguments"),
        input=optional("input"),
        item=raw("item"),
        part=raw("part"),
        annotation=raw("annotation"),
        logprobs=raw("logprobs"),
        response=raw("response"),
        error=raw("error"),
    )


def loaded(raw: msgspec.Raw) -> dict[str, object]:
    """An object inside an event; an empty one where there is none."""
    return loose_json.mapping(loose_json.load(bytes(raw))) if len(raw) else {}
