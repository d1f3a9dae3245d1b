"""Where each dialect keeps what faults change: texts, arguments, tool names, ends, usage, model; in bodies and in events.

A path is names divided by dots, `*` every item of a list; `TYPE:path` counts only in an event of that `type`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal, cast

import msgspec

from aigw_dev.core.recording.faults.row import ANTHROPIC, BEDROCK, CHAT, GEMINI, RESPONSES

What = Literal[
    "text",
    "whole_text",
    "arguments",
    "whole_arguments",
    "tool",
    "finish",
    "usage",
    "model",
    "content",
    "calls",
]
Object = dict[str, Any]


class Slot(msgspec.Struct, frozen=True):
    """A place in a decoded document that holds something."""

    holder: Any
    """The object or list that it stands in."""
    key: Any
    owners: tuple[Any, ...]
    """Objects and lists around the holder, the document first."""

    @property
    def value(self) -> Any:
        """What stands there."""
        return self.holder[self.key]

    def put(self, value: Any) -> None:
        """Put something else there."""
        self.holder[self.key] = value

    def drop(self) -> None:
        """Take it out."""
        del self.holder[self.key]


_FC: Final = "response.function_call_arguments"
_PATHS: Final[Mapping[str, Mapping[What, tuple[str, ...]]]] = {
    CHAT: {
        "text": ("choices.*.delta.content", "choices.*.text"),
        "whole_text": ("choices.*.message.content",),
        "arguments": (
            "choices.*.delta.tool_calls.*.function.arguments",
            "choices.*.delta.tool_calls.*.custom.input",
        ),
        "whole_arguments": (
            "choices.*.message.tool_calls.*.function.arguments",
            "choices.*.message.tool_calls.*.custom.input",
        ),
        "tool": (
            "choices.*.delta.tool_calls.*.function.name",
            "choices.*.message.tool_calls.*.function.name",
        ),
        "finish": ("choices.*.finish_reason",),
        "usage": ("usage",),
        "model": ("model",),
        "content": ("choices.*.message.content", "choices.*.delta.content"),
        "calls": ("choices.*.message.tool_calls", "choices.*.delta.tool_calls"),
    },
    RESPONSES: {
        "text": ("response.output_text.delta:delta",),
        "whole_text": (
            "response.output_text.done:text",
            "part.text",
            "item.content.*.text",
            "output.*.content.*.text",
            "response.output.*.content.*.text",
        ),
        "arguments": (f"{_FC}.delta:delta", "response.custom_tool_call_input.delta:delta"),
        "whole_arguments": (
            f"{_FC}.done:arguments",
            "item.arguments",
            "output.*.arguments",
            "response.output.*.arguments",
        ),
        "tool": ("item.name", f"{_FC}.done:name", "output.*.name", "response.output.*.name"),
        "finish": ("status", "response.status"),
        "usage": ("usage", "response.usage"),
        "model": ("model", "response.model"),
        "content": ("output", "response.output"),
    },
    ANTHROPIC: {
        "text": ("content_block_delta:delta.text",),
        "whole_text": ("message:content.*.text",),
        "arguments": ("content_block_delta:delta.partial_json",),
        "whole_arguments": ("message:content.*.input",),
        "tool": ("content_block_start:content_block.name", "message:content.*.name"),
        "finish": ("stop_reason", "message_delta:delta.stop_reason"),
        "usage": ("usage",),
        "model": ("model", "message.model"),
        "content": ("message:content",),
    },
    GEMINI: {
        "text": ("candidates.*.content.parts.*.text",),
        "whole_arguments": ("candidates.*.content.parts.*.functionCall.args",),
        "tool": ("candidates.*.content.parts.*.functionCall.name",),
        "finish": ("candidates.*.finishReason",),
        "usage": ("usageMetadata",),
        "model": ("modelVersion",),
        "content": ("candidates.*.content.parts",),
    },
    BEDROCK: {
        "text": ("delta.text",),
        "whole_text": ("output.message.content.*.text",),
        "arguments": ("delta.toolUse.input",),
        "whole_arguments": ("output.message.content.*.toolUse.input",),
        "tool": ("start.toolUse.name", "output.message.content.*.toolUse.name"),
        "finish": ("stopReason",),
        "usage": ("usage",),
        "model": (),
        "content": ("output.message.content",),
    },
}


def slots(document: Object, dialect: str, *what: What) -> list[Slot]:
    """Every place of these kinds in a body or an event."""
    found: list[Slot] = []
    kind = document.get("type")
    for one in what:
        for path in _PATHS[dialect].get(one, ()):
            needed, colon, rest = path.rpartition(":")
            if colon and needed != kind:
                continue
            found += _walk(document, rest.split("."), ())
    return found


def call_of(document: Object, slot: Slot) -> str:
    """Which of several calls, in one reply, a slot of arguments belongs to."""
    for name in ("output_index", "contentBlockIndex"):
        if name in document:
            return str(document[name])
    if "type" in document and "index" in document:
        return str(document["index"])
    # the tool call that holds the function that holds the slot, and the choice that holds the call
    owners = [cast("Object", owner) for owner in slot.owners if isinstance(owner, dict)]
    numbers = [owner["index"] for owner in owners if "index" in owner]
    return ".".join(map(str, numbers)) or str(id(slot.holder))


def _walk(value: Any, path: Sequence[str], owners: tuple[Any, ...]) -> Iterator[Slot]:
    name, *rest = path
    if name == "*":
        if isinstance(value, list):
            items = cast("list[Any]", value)
            for item in items:
                yield from _walk(item, rest, (*owners, items))
        return
    if not isinstance(value, dict) or name not in value:
        return
    holder = cast("Object", value)
    if rest:
        yield from _walk(holder[name], rest, (*owners, holder))
        return
    yield Slot(holder, name, owners)
