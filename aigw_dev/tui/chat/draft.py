"""What is set beside the messages, as it was typed: read, judged field by field, and made into a request body. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

import msgspec

from aigw_dev.core import harmless, panel
from aigw_dev.core.chat_command import chat_command

_RESULT: Final = "result"
"""Beside a tool's definition: what the tool answers without being asked; not sent."""
_SETTABLE: Final = {
    "model": "the picker (m)",
    "messages": "the conversation",
    "stream": "the switch",
    "tools": "Tools",
}
_SCALARS: Final = (str, int, float, bool, type(None))


def _defaults() -> dict[str, str]:
    return {name: f"{parameter.default}" for name, parameter in panel.PARAMETERS.items()}


class Draft(msgspec.Struct, kw_only=True):
    """The panel as it stands."""

    model: str = ""
    stream: bool = True
    system: str = ""
    numbers: dict[str, str] = msgspec.field(default_factory=_defaults)
    """As typed, by name; empty = not sent."""
    custom: str = ""
    """A JSON object, merged into the body last."""
    metadata: str = ""
    """`key=value` lines, or a flat JSON object; empty sends no header."""
    tools: str = ""
    """A JSON list of tools."""
    has_limits: bool = True


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """A draft, read."""

    settings: panel.PanelSettings
    params: dict[str, Any]
    metadata: dict[str, Any] | None
    """None = no header."""
    tools: list[Any]
    canned: dict[str, str]
    """What tools answer by themselves, by name."""
    problems: dict[str, str]
    """What keeps it from being sent, by field: in words that fit under the field."""
    notes: dict[str, str]
    """What one should know, by field."""


def read(draft: Draft) -> Reading:
    """Everything at once; nothing is raised."""
    problems: dict[str, str] = {}
    notes: dict[str, str] = {}
    numbers: dict[str, Any] = {}
    for name, parameter in panel.PARAMETERS.items():
        typed = draft.numbers.get(name, "").strip()
        value = panel.read_number(name, typed or panel.NOT_SENT[0])
        if value is not None and not isinstance(value, int | float):
            problems[name] = "a whole number" if parameter.is_whole else "a number"
            value = None
        elif value is not None and draft.has_limits and not parameter.least <= value <= parameter.most:
            problems[name] = f"{parameter.least} to {parameter.most}"
        numbers[name] = value
    params = _object(draft.custom, "custom", problems)
    shadowed = [name for name in params if name in _SETTABLE or numbers.get(name) is not None]
    if shadowed:
        notes["custom"] = f"wins over {', '.join(sorted(shadowed))}"
    tools, canned = _tools(draft.tools, problems)
    if "tools" in params and tools:
        notes["tools"] = "Custom JSON has tools, too: those are sent"
    over = len(draft.system) - panel.SYSTEM_MAX_CHARS
    if over > 0 and draft.has_limits:
        problems["system"] = f"{over} over {panel.SYSTEM_MAX_CHARS} characters; limits can be lifted below"
    return Reading(
        settings=panel.PanelSettings(system=draft.system, stream=draft.stream, **numbers),
        params=params,
        metadata=_metadata(draft.metadata, problems),
        tools=tools,
        canned=canned,
        problems=problems,
        notes=notes,
    )


def body_of(draft: Draft, messages: Sequence[Mapping[str, Any]], *, model: str = "") -> dict[str, Any]:
    """The body that is sent for these messages; what a field gets wrong is left out (`read` says it)."""
    found = read(draft)
    settings = found.settings
    values = {name: None if name in found.problems else getattr(settings, name) for name in panel.PARAMETERS}
    made = panel.build_chat_body(
        model or draft.model,
        messages,
        settings=panel.PanelSettings(system=settings.system, stream=settings.stream, **values),
        has_limits=False,
    )
    body: dict[str, Any] = made if isinstance(made, dict) else {}
    if found.tools:
        body["tools"] = found.tools
    return body | found.params


def command_of(draft: Draft, messages: Sequence[Mapping[str, Any]], *, model: str = "") -> str:
    """The `aigw-dev chat` command that sends the same."""
    return chat_command(body_of(draft, messages, model=model), read(draft).metadata)


def take(draft: Draft, body: Mapping[str, Any], metadata: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Make the draft what a request says; its messages but for the system prompt, which goes into the draft."""
    rest = dict(body)
    draft.model = str(rest.pop("model", "") or draft.model)
    draft.stream = rest.pop("stream", False) is True
    messages = [message for message in _list(rest.pop("messages", None)) if isinstance(message, dict)]
    draft.system = ""
    if messages and messages[0].get("role") == "system" and isinstance(messages[0].get("content"), str):
        draft.system = messages.pop(0)["content"]
    for name, parameter in panel.PARAMETERS.items():
        value = rest.get(name)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        is_whole = isinstance(value, int) or not parameter.is_whole
        draft.numbers[name] = f"{rest.pop(name)}" if is_number and is_whole else ""
    tools = rest.pop("tools", None)
    draft.tools = _json(tools) if tools else ""
    draft.custom = _json(rest) if rest else ""
    draft.metadata = "" if metadata is None else metadata_lines(metadata)
    draft.has_limits = not any(problem for problem in read(draft).problems)
    return messages


def metadata_lines(metadata: Mapping[str, Any]) -> str:
    """As `key=value` lines where those mean the same, else as JSON."""
    is_plain = all(isinstance(value, str) and _is_pair(key, value) for key, value in metadata.items())
    if metadata and is_plain:
        return "\n".join(f"{key}={value}" for key, value in metadata.items())
    return _json(dict(metadata))


def _is_pair(key: str, value: str) -> bool:
    return (
        bool(key)
        and not any(sign in key + value for sign in ",;\n={")
        and key == key.strip()
        and value == value.strip()
    )


def _object(text: str, field: str, problems: dict[str, str]) -> dict[str, Any]:
    if not text.strip():
        return {}
    try:
        found: Any = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        problems[field] = f"not JSON: {_short(error)}"
        return {}
    if not isinstance(found, dict):
        problems[field] = "wants an object: {...}"
        return {}
    return cast("dict[str, Any]", found)


_BETWEEN: Final = re.compile(r"[,;\n]|\s+(?=[A-Za-z_][A-Za-z0-9_-]*=)")
"""Between two pairs; a blank counts where another `key=` follows, as in the dry-run of Routes."""


def _metadata(text: str, problems: dict[str, str]) -> dict[str, Any] | None:
    if not text.strip():
        return None
    if text.lstrip().startswith("{"):
        found = _object(text, "metadata", problems)
        if not all(isinstance(value, _SCALARS) for value in found.values()):
            problems["metadata"] = "a flat object of texts, numbers and booleans"
        return found
    pairs: dict[str, Any] = {}
    for part in _BETWEEN.split(text):
        key, mark, value = part.partition("=")
        if not part.strip():
            continue
        if not mark or not key.strip():
            problems["metadata"] = f"{harmless.line(part.strip()[:20])!r} is no key=value"
            continue
        pairs[key.strip()] = value.strip()
    return pairs


def _tools(text: str, problems: dict[str, str]) -> tuple[list[Any], dict[str, str]]:
    """The tools as they are sent, and what they answer by themselves."""
    if not text.strip():
        return [], {}
    try:
        found: Any = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        problems["tools"] = f"not JSON: {_short(error)}"
        return [], {}
    tools = _list(found) or ([found] if isinstance(found, dict) and found else [])
    if not tools or not all(isinstance(tool, dict) for tool in tools):
        problems["tools"] = "wants a list of tools: [{...}]"
        return [], {}
    canned: dict[str, str] = {}
    sent: list[Any] = []
    for tool in cast("list[dict[str, Any]]", tools):
        function = tool.get("function")
        name = cast("dict[str, Any]", function).get("name") if isinstance(function, dict) else None
        if not isinstance(name, str):
            problems["tools"] = "every tool wants a function with a name"
            continue
        if _RESULT in tool:
            result = tool[_RESULT]
            canned[name] = result if isinstance(result, str) else _json(result)
        sent.append({"type": "function", **{key: value for key, value in tool.items() if key != _RESULT}})
    return sent, canned


def _list(value: object) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []


def _json(value: object) -> str:
    """Laid out, and with nothing in it that a field would have to make harmless: it stays the same JSON there."""
    return harmless.json_text(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def _short(error: Exception) -> str:
    return harmless.line(str(error)).removeprefix("JSON is malformed: ")
