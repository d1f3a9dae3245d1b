"""Bytes that are no base64 are refused before anything is sent; whatever any provider might take is not."""

import pytest

from aigw_dev.core.chat import media_bytes
from aigw_dev.core.chat.vocabulary import (
    Audio,
    ChatRequest,
    Document,
    Image,
    Media,
    Message,
    Part,
    Text,
    ToolResult,
)


def asked(*parts: Part) -> ChatRequest:
    hello = Message(role="user", parts=(Text(text="hi"),))
    return ChatRequest(dialect="openai-chat", model="m", messages=(hello, Message(role="user", parts=parts)))


@pytest.mark.parametrize("data", ["!!!", "AAAA AAAA", "é", "data:image/png;base64,AAAA", "AA\x00A", "\ud800"])
def test_what_is_no_base64_is_refused(data: str) -> None:
    source = Media(data=data)
    for part in (Image(source=source), Document(source=source), Audio(source=source)):
        for held in (part, ToolResult(call_id="c", parts=(part,))):
            refusal = media_bytes.refusal(asked(held))
            assert refusal is not None
            assert (refusal.code, refusal.param) == ("invalid_request", "messages")
            assert "message 1" in refusal.message


@pytest.mark.parametrize("data", ["", "AAAA", "AA==", "AA", "-_+/", "AAAA\r\nAAAA\n"])
def test_every_spelling_that_some_provider_takes_passes(data: str) -> None:
    assert media_bytes.refusal(asked(Image(source=Media(data=data)), Text(text="!"))) is None
