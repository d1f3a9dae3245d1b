"""Requests in neutral words for the tests of this codec, and what it writes of them."""

from typing import Any

import msgspec

from aigw_dev.core.chat.vocabulary import ChatRequest, Message, Part, Text
from aigw_dev.core.dialects import bedrock
from aigw_dev.core.dialects.codec import Traits
from aigw_dev.core.errors import Refusal
from aigw_dev.core.ledger import Ledger
from tests.core.dialects.bedrock.service_model import check_request

CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
NOVA = "us.amazon.nova-pro-v1:0"


def raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))


def user(*parts: Part | str) -> Message:
    return Message(role="user", parts=_parts(parts))


def assistant(*parts: Part | str) -> Message:
    return Message(role="assistant", parts=_parts(parts))


def system(*parts: Part | str) -> Message:
    return Message(role="system", parts=_parts(parts))


def answered(*parts: Part) -> Message:
    return Message(role="tool", parts=parts)


def _parts(parts: tuple[Part | str, ...]) -> tuple[Part, ...]:
    return tuple(Text(text=part) if isinstance(part, str) else part for part in parts)


def request(*messages: Message, **fields: Any) -> ChatRequest:
    return ChatRequest(dialect="openai-chat", model="m", messages=messages or (user("hi"),), **fields)


def written(
    asked: ChatRequest, *, model: str = CLAUDE, traits: Traits | None = None, ledger: Ledger | None = None
) -> dict[str, Any]:
    """The body, which Bedrock's service model accepts."""
    outgoing = bedrock.write_chat(asked, model=model, traits=traits or Traits(), ledger=ledger or Ledger())
    assert not isinstance(outgoing, Refusal), outgoing.message
    return check_request(outgoing.path, outgoing.body)


def refused(asked: ChatRequest, *, model: str = CLAUDE, traits: Traits | None = None) -> Refusal:
    outgoing = bedrock.write_chat(asked, model=model, traits=traits or Traits(), ledger=Ledger())
    assert isinstance(outgoing, Refusal)
    assert outgoing.code == "invalid_request"
    return outgoing


def fates(ledger: Ledger) -> dict[str, str]:
    """What became of each field."""
    return {entry.field: entry.fate for entry in ledger.entries}
