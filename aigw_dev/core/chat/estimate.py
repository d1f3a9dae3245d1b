"""About how many tokens a request is, where nobody has counted: from its neutral words, so that every dialect counts alike."""

from typing import Final

from aigw_dev.core import tokens
from aigw_dev.core.chat.vocabulary import (
    Audio,
    ChatRequest,
    Document,
    Image,
    Opaque,
    Part,
    Refusal,
    Text,
    Thinking,
    Tool,
    ToolCall,
)

_BYTES_PER_TOKEN: Final = 4
_TOOLS_PER_CENT: Final = 60
"""Tools reach a model in a notation shorter than JSON."""


def input_tokens(request: ChatRequest) -> int:
    """The input of a request, estimated as well as it can be without a vocabulary (see `core.tokens`)."""
    total = sum(tokens.TOKENS_PER_MESSAGE + sum(map(_of_part, message.parts)) for message in request.messages)
    if request.messages:
        total += tokens.TOKENS_PER_REPLY
    total += sum(tokens.estimate(_of_tool(tool)) for tool in request.tools) * _TOOLS_PER_CENT // 100
    if request.format is not None and len(request.format.schema) > len(b"null"):
        total += tokens.estimate(bytes(request.format.schema).decode("utf-8", "replace"))
    return total


def rough_tokens(raw: bytes) -> int:
    """A first figure for protocols that want one before the provider says its own: a token for four bytes."""
    return len(raw) // _BYTES_PER_TOKEN


def _of_part(part: Part) -> int:
    match part:
        case Text() | Thinking() | Refusal():
            return tokens.estimate(part.text)
        case Image():
            return tokens.TOKENS_PER_SMALL_IMAGE if part.detail == "low" else tokens.TOKENS_PER_IMAGE
        case ToolCall():
            return tokens.estimate(part.name) + tokens.estimate(part.arguments)
        case Document():
            return tokens.estimate(part.text) + tokens.estimate(part.context) + tokens.estimate(part.name)
        case Audio():
            return tokens.estimate(part.transcript)
        case Opaque():
            return tokens.estimate(bytes(part.raw).decode("utf-8", "replace"))
        case _:
            return sum(map(_of_part, part.parts))


def _of_tool(tool: Tool) -> str:
    return tool.name + tool.description + bytes(tool.parameters).decode("utf-8", "replace")
