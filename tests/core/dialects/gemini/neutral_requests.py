"""Neutral requests for the tests, written for Gemini."""

from typing import Any

import msgspec

from aigw_dev.core.chat.vocabulary import (
    ChatRequest,
    Message,
    Text,
    Tool,
    ToolResult,
)
from aigw_dev.core.dialects import gemini
from aigw_dev.core.dialects.codec import Outgoing, Traits
from aigw_dev.core.ledger import Ledger
from tests.core.dialects.gemini.sdk import check_request

NEW = Traits(has_thinking_level=True)


SCHEMA = msgspec.Raw(b'{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}')


WEATHER = Tool(name="weather", parameters=SCHEMA)


def raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))


def user(*parts: Any) -> Message:
    return Message(role="user", parts=parts)


def request(*messages: Message, **said: Any) -> ChatRequest:
    said.setdefault("dialect", "openai-chat")
    return ChatRequest(model="m", messages=messages or (user(Text(text="hi")),), **said)


def written(asked: ChatRequest, traits: Traits | None = None) -> tuple[dict[str, Any], Ledger]:
    ledger = Ledger("openai-chat", "gemini-generate-content")
    out = gemini.write_chat(asked, model="m", traits=traits or Traits(), ledger=ledger)
    assert isinstance(out, Outgoing)
    return check_request(out.body), ledger


def fates(ledger: Ledger) -> set[tuple[str, str]]:
    return {(one.fate, one.field) for one in ledger.entries}


ANSWER = ToolResult(call_id="call_1", parts=(Text(text="rain"),))
