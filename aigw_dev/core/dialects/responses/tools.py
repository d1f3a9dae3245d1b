"""Tools and the choice among them, read from a caller and written for a provider."""

from typing import Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.chat import custom_tools
from aigw_dev.core.chat.vocabulary import NULL, ChatRequest, Opaque, Tool, ToolChoice
from aigw_dev.core.dialects.responses import checks
from aigw_dev.core.dialects.responses.checks import DIALECT, Extras, MalformedError
from aigw_dev.core.ledger import Ledger
from aigw_dev.core.remembered import TOOL_LIST_BYTES, TOOL_LISTS, remembered

_DEEPEST: Final = 64
_FUNCTION_KEYS: Final = ("type", "name", "description", "parameters", "strict")
_CUSTOM_KEYS: Final = ("type", "name", "description", "format")
_WORDS: Final = {
    "auto": ToolChoice(mode="auto"),
    "required": ToolChoice(mode="required"),
    "none": ToolChoice(mode="none"),
}
_NO_PARAMETERS: Final = msgspec.Raw(b'{"type":"object","properties":{}}')
_INNER: Final = ("properties", "$defs", "definitions")
_LISTS: Final = ("anyOf", "oneOf", "allOf", "prefixItems")


def read_tools(listed: bytes, extras: Extras) -> tuple[tuple[Tool, ...], tuple[Opaque, ...]]:
    """The caller's own tools, and those that run at the provider or that only this dialect has."""
    own, hosted, others = _offered(listed)
    extras.update(others)
    return own, hosted


@remembered(most=TOOL_LISTS, longest=TOOL_LIST_BYTES)
def _offered(listed: bytes) -> tuple[tuple[Tool, ...], tuple[Opaque, ...], Extras]:
    extras: Extras = {}
    checks.items(loose_json.load(listed), "tools")
    own: list[Tool] = []
    hosted: list[Opaque] = []
    for number, raw in enumerate(checks.raw_items(listed)):
        where = f"tools[{number}]"
        tool = checks.mapping(loose_json.load(bytes(raw)), where)
        kind = checks.text(tool.get("type"), f"{where}.type", is_required=True)
        if kind == "function":
            own.append(_function(tool, bytes(raw), where, extras))
        elif kind == "custom":
            own.append(_custom(tool, bytes(raw), where, extras))
        else:
            hosted.append(Opaque(dialect=DIALECT, type=kind, raw=msgspec.Raw(bytes(raw))))
    return tuple(own), tuple(hosted), extras


def _function(tool: dict[str, object], raw: bytes, where: str, extras: Extras) -> Tool:
    checks.rest(tool, _FUNCTION_KEYS, where, extras)
    parameters = tool.get("parameters")
    checks.mapping(parameters, f"{where}.parameters")
    strict = checks.boolean(tool.get("strict"), f"{where}.strict")
    if strict is None and is_strict_schema(parameters):
        # Absent means strict here (OpenAI's migration guide), as far as the schema allows it.
        strict = True
    return Tool(
        name=checks.text(tool.get("name"), f"{where}.name", is_required=True),
        description=checks.text(tool.get("description"), f"{where}.description"),
        parameters=NULL if parameters is None else _member(raw, "parameters"),
        is_strict=strict,
    )


def _custom(tool: dict[str, object], raw: bytes, where: str, extras: Extras) -> Tool:
    checks.rest(tool, _CUSTOM_KEYS, where, extras)
    form = tool.get("format")
    checks.mapping(form, f"{where}.format")
    return Tool(
        name=checks.text(tool.get("name"), f"{where}.name", is_required=True),
        description=checks.text(tool.get("description"), f"{where}.description"),
        kind="custom",
        format=NULL if form is None else _member(raw, "format"),
    )


def _member(raw: bytes, name: str) -> msgspec.Raw:
    return msgspec.Raw(bytes(checks.raw_fields(raw).get(name, NULL)))


def is_strict_schema(schema: object, depth: int = _DEEPEST) -> bool:
    """Whether a schema keeps to OpenAI's strict subset: every property required, no others allowed, at every level."""
    if not loose_json.is_object(schema) or depth == 0:
        return False
    properties = schema.get("properties")
    if properties is not None or schema.get("type") == "object":
        named = loose_json.mapping(properties)
        required = [one for one in loose_json.items(schema.get("required")) if isinstance(one, str)]
        if schema.get("additionalProperties") is not False or set(required) != named.keys():
            return False
    inner = [one for key in _INNER for one in loose_json.mapping(schema.get(key)).values()]
    inner += [one for key in _LISTS for one in loose_json.items(schema.get(key))]
    inner += [schema["items"]] if "items" in schema else []
    return all(is_strict_schema(one, depth - 1) for one in inner)


def read_choice(value: object, extras: Extras) -> ToolChoice | None:
    """Whether tools may, must or must not be called; a hosted tool's choice has no neutral word."""
    if value is None:
        return None
    if isinstance(value, str):
        known = _WORDS.get(value)
        if known is None:
            raise MalformedError("tool_choice", "`tool_choice` must be auto, required, none or an object")
        return known
    choice = checks.mapping(value, "tool_choice")
    kind = checks.text(choice.get("type"), "tool_choice.type", is_required=True)
    if kind in {"function", "custom"}:
        name = checks.text(choice.get("name"), "tool_choice.name", is_required=True)
        return ToolChoice(mode="tool", names=(name,))
    if kind != "allowed_tools":
        extras["tool_choice"] = checks.raw(choice)
        return None
    names: list[str] = []
    for number, item in enumerate(checks.items(choice.get("tools"), "tool_choice.tools")):
        where = f"tool_choice.tools[{number}]"
        tool = checks.mapping(item, where)
        if loose_json.text(tool.get("type")) in {"function", "custom"}:
            names.append(checks.text(tool.get("name"), f"{where}.name", is_required=True))
        else:
            extras[where] = checks.raw(tool)
    mode = checks.text(choice.get("mode"), "tool_choice.mode") or "auto"
    if mode not in {"auto", "required"}:
        raise MalformedError("tool_choice.mode", "`tool_choice.mode` must be auto or required")
    return ToolChoice(mode="allowed_required" if mode == "required" else "allowed", names=tuple(names))


def write_tools(request: ChatRequest, ledger: Ledger) -> list[object]:
    """Every tool that a provider of this dialect can be offered."""
    is_own = request.dialect == DIALECT
    written: list[object] = []
    for number, tool in enumerate(request.tools):
        if tool.cache is not None:
            ledger.approximated(f"tools[{number}].cache_control", "the provider caches prefixes by itself")
        one: dict[str, object] = {"type": tool.kind, "name": tool.name}
        if tool.description:
            one["description"] = tool.description
        if tool.kind == "custom":
            written.append(
                one | ({"format": custom_tools.flat_format(tool.format)} if tool.format != NULL else {})
            )
            continue
        has_parameters = tool.parameters != NULL
        one["parameters"] = tool.parameters if has_parameters or is_own else _NO_PARAMETERS
        # Absent means strict here and not strict elsewhere: what the caller meant is written out.
        one["strict"] = tool.is_strict if tool.is_strict is not None or is_own else False
        written.append(one)
    for number, hosted in enumerate(request.hosted_tools):
        if hosted.dialect == DIALECT:
            written.append(hosted.raw)
        else:
            ledger.dropped(
                f"tools[{len(request.tools) + number}]", f"`{hosted.type}` runs only at its own provider"
            )
    return written


def write_choice(request: ChatRequest) -> object | None:
    """`tool_choice`; None where the caller said nothing."""
    choice = request.tool_choice
    if choice is None:
        return None
    kinds = {tool.name: tool.kind for tool in request.tools}
    named = [{"type": kinds.get(name, "function"), "name": name} for name in choice.names]
    match choice.mode:
        case "tool":
            return named[0] if named else "required"
        case "allowed":
            return {"type": "allowed_tools", "mode": "auto", "tools": named}
        case "allowed_required":
            return {"type": "allowed_tools", "mode": "required", "tools": named}
        case mode:
            return mode
