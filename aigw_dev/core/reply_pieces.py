"""What one chunk of a streamed chat reply adds to the first choice, for who shows it as it comes."""

from typing import Final

import msgspec

from aigw_dev.core.dialects.openai_wire import Delta, ToolDelta, decode_chunk

_DONE: Final = b"[DONE]"


class ToolPiece(msgspec.Struct, frozen=True):
    """A piece of a tool call; `arguments` is JSON text that goes on."""

    index: int = 0
    id: str = ""
    name: str = ""
    arguments: str = ""


class Piece(msgspec.Struct, frozen=True):
    """A piece of a reply as it comes."""

    text: str = ""
    reasoning: str = ""
    tools: tuple[ToolPiece, ...] = ()


def pieces_of(data: bytes) -> Piece:
    """What the event's data adds; nothing where it is no chunk. Never raises."""
    chunk = None if data.startswith(_DONE) else decode_chunk(data)
    text = reasoning = ""
    tools: list[ToolPiece] = []
    for choice in (chunk.choices or ()) if chunk is not None else ():
        if choice.index == 0 and choice.delta is not None:
            added = _piece(choice.delta)
            text += added.text
            reasoning += added.reasoning
            tools += [_tool(one) for one in choice.delta.tool_calls or ()]
    return Piece(text=text, reasoning=reasoning, tools=tuple(tools))


def _piece(delta: Delta) -> Piece:
    text, reasoning = "", delta.reasoning_content or delta.reasoning or ""
    if isinstance(delta.content, str):
        text = delta.content
    for part in delta.content if isinstance(delta.content, list) else ():
        reasoning += "".join(inner.text or "" for inner in part.thinking or ())
        text += "" if part.thinking else part.text or ""
    return Piece(text=text or delta.refusal or "", reasoning=reasoning)


def _tool(delta: ToolDelta) -> ToolPiece:
    name = arguments = ""
    if delta.function is not None:
        name, arguments = delta.function.name or "", delta.function.arguments or ""
    elif delta.custom is not None:
        name, arguments = delta.custom.name or "", delta.custom.input or ""
    return ToolPiece(index=delta.index or 0, id=delta.id or "", name=name, arguments=arguments)
