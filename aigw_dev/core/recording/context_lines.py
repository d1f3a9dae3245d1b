"""A request as lines that a person can review and a snapshot can hold: one for each thing said, in the order sent.

```
params: max_tokens=200 model=gpt-4o-mini stream=true
tools: get_weather(city)
00:system You are terse.
01:user Weather in Oslo?
02:tool_call <id-0> get_weather{"city":"Oslo"}
03:tool_result <id-0> {"temp_c": 4}
```
Ids are numbered by first appearance, media shows as `<image/png 12 KB sha256:ab12cd34>`. Nothing shaped like a key is shown.
"""

from collections.abc import Iterator
from typing import Any, Final, Literal, cast

from aigw_dev.core.harmless import line
from aigw_dev.core.mask import redact
from aigw_dev.core.recording.fixture import Request
from aigw_dev.core.recording.keys import IGNORED_FIELDS
from aigw_dev.core.recording.turn_parts import written
from aigw_dev.core.recording.turns import Conversation, Item, Mark, conversation_of

Mode = Literal["full", "redacted", "kinds", "prefix"]
"""`full`: texts whole; `redacted`: how long they are; `kinds`: what there is; `prefix`: the first `PREFIX_CHARS`."""
PREFIX_CHARS: Final = 64
_IDS: Final = ("previous_response_id", "conversation")


def context_lines(request: Request, *, mode: Mode = "full") -> str:
    """What `request` says, a line for each thing; a plain body is `Request(op=..., body=...)`."""
    conversation = conversation_of(request)
    ids: dict[str, str] = {}
    rows = [*_params(request, conversation, mode, ids)]
    if conversation.tools:
        rows.append(
            "tools: " + " ".join(f"{one.name}({', '.join(one.params)})" for one in conversation.tools)
        )
    for number, item in enumerate(conversation.items):
        rows.append(f"{number:02}:{_item(item, mode, ids)}")
    return "\n".join(line(redact(row)).rstrip() for row in rows)


def _item(item: Item, mode: Mode, ids: dict[str, str]) -> str:
    words = [item.kind]
    if item.id:
        words.append(ids.setdefault(item.id, f"<id-{len(ids)}>"))
    if item.kind == "tool_call":
        return f"{' '.join(words)} {item.name}{'' if mode == 'kinds' else _arguments(item, mode)}"
    if item.name:
        words.append(item.name)
    return " ".join(
        [*words, *(_shown(part, mode) for part in item.parts if mode != "kinds" or isinstance(part, Mark))]
    )


def _arguments(item: Item, mode: Mode) -> str:
    text = "".join(_shown(part, mode) for part in item.parts)
    return text if text[:1] in {"{", "<"} else f" {text}"


def _shown(part: str | Mark, mode: Mode) -> str:
    if isinstance(part, Mark):
        return f"<{part.text}>"
    if mode == "redacted":
        return f"<{len(part)} chars>"
    if mode == "prefix" and len(part) > PREFIX_CHARS:
        return f"{redact(part)[:PREFIX_CHARS]}… ({len(part)} chars)"
    return part


def _params(request: Request, conversation: Conversation, mode: Mode, ids: dict[str, str]) -> Iterator[str]:
    fields = cast("dict[str, Any]", request.body) if isinstance(request.body, dict) else request.form or {}
    shown: list[str] = []
    for name in sorted(fields.keys() - conversation.read_fields - IGNORED_FIELDS):
        value = fields[name]
        if value is None:
            continue
        if name in _IDS and isinstance(value, str):
            value = ids.setdefault(value, f"<id-{len(ids)}>")
        shown.append(name if mode == "kinds" else f"{name}={_value(value, mode)}")
    if shown:
        yield f"params: {' '.join(shown)}"


def _value(value: Any, mode: Mode) -> str:
    text = value if isinstance(value, str) else written(value)
    is_short = not isinstance(value, dict | list) and len(text) <= PREFIX_CHARS
    return text if is_short or mode == "full" else _shown(text, mode)
