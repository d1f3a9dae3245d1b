"""What a caller's chat request offers the model to call, and whether it may, must or must not."""

from typing import Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.chat.vocabulary import NULL, Opaque, Tool, ToolChoice
from aigw_dev.core.dialects.openai_chat_checks import (
    MalformedError,
    array_at,
    boolean_at,
    cache_at,
    fields_at,
    loaded,
    named_at,
    object_at,
    raw_of,
    text_at,
)
from aigw_dev.core.dialects.openai_chat_reply import DIALECT
from aigw_dev.core.remembered import TOOL_LIST_BYTES, TOOL_LISTS, remembered

_ROWS: Final = msgspec.json.Decoder(list[msgspec.Raw])
_MODES: Final = {"auto": "auto", "required": "required", "any": "required", "none": "none"}
_TAKEN: Final = frozenset({"type", "function", "custom", "cache_control"})
_TAKEN_OF_FUNCTION: Final = frozenset({"name", "description", "parameters", "strict", "cache_control"})
_TAKEN_OF_CUSTOM: Final = frozenset({"name", "description", "format"})

Offer = tuple[tuple[Tool, ...], tuple[Opaque, ...]]


def read_tools(text: bytes, extras: dict[str, msgspec.Raw]) -> Offer:
    """The tools of the caller and those that run at the provider; raises `MalformedError`."""
    if not text:
        return (), ()
    tools, hosted, others = _offered(text)
    extras.update(others)
    return tools, hosted


@remembered(most=TOOL_LISTS, longest=TOOL_LIST_BYTES)
def _offered(text: bytes) -> tuple[tuple[Tool, ...], tuple[Opaque, ...], dict[str, msgspec.Raw]]:
    tools: list[Tool] = []
    hosted: list[Opaque] = []
    extras: dict[str, msgspec.Raw] = {}
    for index, row in enumerate(_rows(text, "tools")):
        place = f"tools[{index}]"
        fields = fields_at(row, place)
        kind = text_at(loaded(fields, "type"), f"{place}.type") or "function"
        if kind not in {"function", "custom"}:
            hosted.append(Opaque(dialect=DIALECT, type=kind, raw=row))
            continue
        if kind not in fields:
            raise MalformedError(
                f"{place}.{kind}", f"is missing; a tool is {{type: {kind}, {kind}: {{name, ...}}}}"
            )
        inner = fields_at(fields[kind], f"{place}.{kind}")
        tool = (
            _custom(inner, f"{place}.custom") if kind == "custom" else _function(inner, f"{place}.function")
        )
        holder = {"cache_control": loaded(fields, "cache_control") or loaded(inner, "cache_control")}
        tools.append(msgspec.structs.replace(tool, cache=cache_at(holder, place)))
        _leave(fields, place, _TAKEN, extras)
        _leave(inner, f"{place}.{kind}", _TAKEN_OF_CUSTOM if kind == "custom" else _TAKEN_OF_FUNCTION, extras)
    return tuple(tools), tuple(hosted), extras


def read_functions(text: bytes) -> tuple[Tool, ...]:
    """The form before tools."""
    return tuple(
        _function(fields_at(row, f"functions[{index}]"), f"functions[{index}]")
        for index, row in enumerate(_rows(text, "functions"))
    )


def read_tool_choice(value: object, extras: dict[str, msgspec.Raw]) -> ToolChoice | None:
    """The caller's `tool_choice`; raises `MalformedError`. A hosted tool's stands in `extras`."""
    place = "tool_choice"
    if value is None:
        return None
    if isinstance(value, str):
        return _mode(value, place)
    wire = object_at(value, place)
    kind = named_at(wire.get("type"), f"{place}.type")
    if kind in {"function", "custom", "tool"}:
        inner = wire.get(kind, wire)  # the flat form of other protocols, which clients mix up
        name = object_at(inner, f"{place}.{kind}").get("name")
        return ToolChoice(mode="tool", names=(named_at(name, f"{place}.{kind}.name"),))
    if kind == "allowed_tools":
        inner = object_at(wire.get("allowed_tools", wire), f"{place}.allowed_tools")
        names = tuple(
            _allowed_name(one, f"{place}.allowed_tools.tools[{index}]")
            for index, one in enumerate(array_at(inner.get("tools"), f"{place}.allowed_tools.tools"))
        )
        must = _mode(text_at(inner.get("mode"), f"{place}.allowed_tools.mode") or "auto", place)
        return ToolChoice(mode="allowed_required" if must.mode == "required" else "allowed", names=names)
    if kind in _MODES:
        return _mode(kind, place)
    extras[place] = raw_of(value)
    return None


def read_function_call(value: object) -> ToolChoice | None:
    """The form before `tool_choice`."""
    if value is None:
        return None
    if isinstance(value, str):
        return _mode(value, "function_call")
    name = object_at(value, "function_call").get("name")
    return ToolChoice(mode="tool", names=(named_at(name, "function_call.name"),))


def _rows(text: bytes, place: str) -> list[msgspec.Raw]:
    if text in {b"", b"null"}:
        return []
    if not text.startswith(b"["):
        raise MalformedError(place, "must be an array of objects")
    return _ROWS.decode(text)


def _mode(word: str, place: str) -> ToolChoice:
    match _MODES.get(word):
        case "auto":
            return ToolChoice(mode="auto")
        case "required":
            return ToolChoice(mode="required")
        case "none":
            return ToolChoice(mode="none")
        case _:
            raise MalformedError(
                place, f"must be auto, required, none or name a tool; the request has {word[:80]!r}"
            )


def _allowed_name(value: object, place: str) -> str:
    wire = object_at(value, place)
    inner = loose_json.mapping(wire.get(loose_json.text(wire.get("type")) or "function")) or wire
    return named_at(inner.get("name"), f"{place}.name")


def _function(fields: dict[str, msgspec.Raw], place: str) -> Tool:
    parameters = fields.get("parameters", NULL)
    if bytes(parameters)[:1] not in {b"{", b"n"}:
        raise MalformedError(f"{place}.parameters", "must be an object: the JSON Schema of the arguments")
    return Tool(
        name=named_at(loaded(fields, "name"), f"{place}.name"),
        description=text_at(loaded(fields, "description"), f"{place}.description"),
        parameters=parameters,
        is_strict=boolean_at(loaded(fields, "strict"), f"{place}.strict"),
    )


def _custom(fields: dict[str, msgspec.Raw], place: str) -> Tool:
    return Tool(
        name=named_at(loaded(fields, "name"), f"{place}.name"),
        description=text_at(loaded(fields, "description"), f"{place}.description"),
        kind="custom",
        format=fields.get("format", NULL),
    )


def _leave(
    fields: dict[str, msgspec.Raw], place: str, taken: frozenset[str], extras: dict[str, msgspec.Raw]
) -> None:
    """What has no word goes to the extras."""
    for key, value in fields.items():
        if key not in taken and bytes(value) != b"null":
            extras[f"{place}.{key}"] = value
