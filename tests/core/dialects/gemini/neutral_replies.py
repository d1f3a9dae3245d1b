"""Replies for the tests, both ways."""

import json
from typing import Any

from aigw_dev.core.chat.vocabulary import (
    ChatReply,
    ChatRequest,
    Choice,
    Part,
    Reasoning,
    ReplyContext,
)
from aigw_dev.core.dialects import gemini
from aigw_dev.core.exchange import Usage
from aigw_dev.core.ledger import Ledger
from tests.core.dialects.gemini.sdk import check_reply

G = "gemini-generate-content"


def read(value: Any) -> ChatReply:
    reply = gemini.read_chat_reply(json.dumps(value).encode())
    assert isinstance(reply, ChatReply), reply
    return reply


def candidate(*parts: Any, **more: Any) -> Choice:
    more = {"finishReason": "STOP"} | more
    return read({"candidates": [{"content": {"parts": list(parts)}, **more}], "responseId": "r"}).choices[0]


def context(*, thoughts: bool = False) -> ReplyContext:
    reasoning = Reasoning(summary="auto") if thoughts else None
    asked = ChatRequest(dialect=G, model="asked", messages=(), reasoning=reasoning)
    return ReplyContext(request=asked, id_seed="0123456789abcdef01234567", created=1)


def written(*parts: Part, thoughts: bool = False, **said: Any) -> tuple[dict[str, Any], Ledger]:
    ledger = Ledger()
    reply = ChatReply(
        dialect="openai-chat", choices=(Choice(parts=parts, **said),), usage=Usage(input=1, output=1)
    )
    out = gemini.write_reply(reply, context(thoughts=thoughts), ledger)
    check_reply(out)
    return json.loads(out)["candidates"][0], ledger


def fates(ledger: Ledger) -> set[tuple[str, str]]:
    return {(one.fate, one.field) for one in ledger.entries}
