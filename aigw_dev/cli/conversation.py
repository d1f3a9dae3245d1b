"""What was asked and what was answered as a person reads it: from a recorded request body and an assembled reply.

Reads what the OpenAI, Anthropic and Gemini request bodies have in common; what it does not know is shown as JSON.
Everything that leaves here is harmless.
"""

from typing import Any, Final, cast

import msgspec

from aigw_dev.core import harmless

MOST_CHARS: Final = 4_000
"""A text is shown up to here; the body itself has the rest."""
_TEXT_KEYS: Final = ("text", "content", "refusal", "thinking")
_MESSAGES: Final = ("messages", "contents", "input", "prompt")
_BESIDE: Final = ("system", "instructions")
_UNSHOWN: Final = {*_MESSAGES, *_BESIDE, "tools", "model"}


def request_lines(body: str | None, *, is_kept: bool = True) -> list[str]:
    """The messages of a request with their roles, then its parameters and tools."""
    if body is None:
        return ["not recorded" if is_kept else "none"]
    try:
        request = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return _shown(body)
    if not isinstance(request, dict):
        return _shown(body)
    fields = cast("dict[str, Any]", request)
    lines: list[str] = []
    for key in _BESIDE:
        if key in fields:
            lines += _said(key, _text(fields[key]))
    for key in _MESSAGES:
        lines += _messages(key, fields[key]) if key in fields else []
    settings = {key: value for key, value in fields.items() if key not in _UNSHOWN}
    if settings:
        listed = ", ".join(f"{key}={_compact(value)}" for key, value in settings.items())
        lines += _said("parameters", listed)
    names = [_tool_name(tool) for tool in _list(fields.get("tools"))]
    if names:
        lines += _said("tools", ", ".join(names))
    return lines or ["(empty)"]


def reply_lines(assembled: dict[str, Any] | None, body: str | None) -> list[str]:
    """Reasoning, text, refusal and tool calls; without them the beginning of the body."""
    lines: list[str] = []
    if assembled is not None:
        for label, key in (("reasoning", "reasoning"), ("text", "text"), ("refusal", "refusal")):
            if assembled.get(key):
                lines += _said(label, assembled[key])
        for call in assembled.get("tool_calls", []):
            lines += _said("tool call", f"{call.get('name', '')}({call.get('arguments', '')})")
    if lines:
        return lines
    return _shown(body) if body else ["not recorded" if body is None else "(empty)"]


def socket_lines(body: str) -> list[str]:
    """The messages of a WebSocket, a line each: when, from whom, what."""
    lines: list[str] = []
    for line in body.splitlines():
        try:
            one: Any = msgspec.json.decode(line)
        except msgspec.DecodeError:
            one = None
        if not isinstance(one, dict):
            lines.append(harmless.line(line))
            continue
        said = cast("dict[str, Any]", one)
        if "left_out" in said:
            lines.append(f"... and {said['left_out']} messages more")
            continue
        what = said.get("text")
        if what is None and "bytes" in said:
            what = f"{said['bytes']} bytes"
        if what is None:
            what = f"closed with {said.get('close', '?')} {said.get('reason', '')}".rstrip()
        lines.append(harmless.line(f"{said.get('at_ms', 0):>7} ms  {said.get('from', '?'):<6}  {what}"))
    return lines


def _messages(key: str, value: Any) -> list[str]:
    if isinstance(value, str):
        return _said(key, value)
    lines: list[str] = []
    for item in _list(value):
        if not isinstance(item, dict):
            lines += _said(key, _text(item))
            continue
        message = cast("dict[str, Any]", item)
        text = _text(message.get("content", message.get("parts", message.get("output", ""))))
        role = str(message.get("role") or message.get("type") or key)
        if text or not message.get("tool_calls"):
            lines += _said(role, text)
        for call in _list(message.get("tool_calls")):
            lines += _said(f"{role} calls", _call(call))
    return lines


def _call(call: Any) -> str:
    fields = _fields(call)
    function = _fields(fields.get("function")) or fields
    return f"{function.get('name', '')}({function.get('arguments', '')})"


def _text(value: Any) -> str:
    """The words of a content; a part that holds none is named by its type, as `[image_url]`."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "\n".join(_text(part) for part in cast("list[Any]", value))
    if isinstance(value, dict):
        part = cast("dict[str, Any]", value)
        for key in _TEXT_KEYS:
            if isinstance(part.get(key), str | list):
                return _text(part[key])
        return f"[{part.get('type') or ', '.join(part) or 'nothing'}]"
    return "" if value is None else _compact(value)


def _tool_name(tool: Any) -> str:
    fields = _fields(tool)
    inner = _fields(fields.get("function")) or fields
    return str(inner.get("name") or fields.get("type") or "?")


def _said(label: str, text: str) -> list[str]:
    """A label and its text: beside it where it is one line, below it where it is several."""
    lines = _shown(text)
    head = harmless.line(label)
    return [f"{head}: {lines[0]}"] if len(lines) == 1 else [f"{head}:", *(f"  {line}" for line in lines)]


def _shown(text: str) -> list[str]:
    more = len(text) - MOST_CHARS
    lines = harmless.block(text[:MOST_CHARS]).split("\n")
    return [*lines, f"... {more} more characters; --raw shows all"] if more > 0 else lines


def _compact(value: Any) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 200 else f"{text[:199]}…"  # noqa: PLR2004  -- a line's worth


def _list(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []


def _fields(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
