"""Every kind of part, written for the provider, and what becomes of the rest."""

import base64
from typing import Any

import msgspec
import pytest

from aigw_dev.core.chat.vocabulary import (
    Audio,
    Cache,
    ChatRequest,
    Document,
    Image,
    Media,
    Opaque,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from aigw_dev.core.dialects.anthropic.blocks_write import Writing, part_blocks
from aigw_dev.core.ledger import Ledger

PNG = Media(data="iVBORw0KGgo=", media_type="image/png")


def wrote(part: Part, dialect: str = "openai-chat") -> tuple[list[Any], list[tuple[str, str]]]:
    ledger = Ledger()
    writing = Writing(ChatRequest(dialect=dialect, model="m", messages=()), ledger)
    blocks = part_blocks(part, "p", writing)
    return msgspec.json.decode(msgspec.json.encode(blocks)), [(one.fate, one.field) for one in ledger.entries]


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("part", "block"),
    [
        (Text(text="a", cache=Cache(ttl="1h")), {"type": "text", "text": "a", "cache_control": {"type": "ephemeral", "ttl": "1h"}}),
        (Image(source=PNG, detail="auto"), {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}),
        (Image(source=Media(url="https://x/y")), {"type": "image", "source": {"type": "url", "url": "https://x/y"}}),
        (
            Document(source=Media(data="JVBERi0=", media_type="application/pdf"), name="a.pdf", context="c", has_citations=True),
            {
                "type": "document",
                "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="},
                "title": "a.pdf",
                "context": "c",
                "citations": {"enabled": True},
            },
        ),
        (Document(source=Media(), text="abc"), {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "abc"}}),
        (
            Document(source=Media(data=encoded("abc"), media_type="text/plain")),
            {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "abc"}},
        ),
        (Document(source=Media(url="https://x/a.pdf")), {"type": "document", "source": {"type": "url", "url": "https://x/a.pdf"}}),
        (Thinking(text="t", signature="s", origin="anthropic-messages"), {"type": "thinking", "thinking": "t", "signature": "s"}),
        (Thinking(signature="s", origin="anthropic-messages", is_redacted=True), {"type": "redacted_thinking", "data": "s"}),
        (ToolCall(id="c1", name="f", arguments='{"b": 1, "a": 2}'), {"type": "tool_use", "id": "c1", "name": "f", "input": {"b": 1, "a": 2}}),
        (ToolCall(id="c1", name="f", arguments=""), {"type": "tool_use", "id": "c1", "name": "f", "input": {}}),
        (ToolCall(id="c1", name="f", arguments="ls", kind="custom"), {"type": "tool_use", "id": "c1", "name": "f", "input": {"input": "ls"}}),
        (ToolResult(call_id="c1", parts=(Text(text="ok"),)), {"type": "tool_result", "tool_use_id": "c1", "content": "ok"}),
        (ToolResult(call_id="c1", is_error=True), {"type": "tool_result", "tool_use_id": "c1", "is_error": True}),
        (
            ToolResult(call_id="c1", parts=(Text(text="see"), Image(source=PNG))),
            {
                "type": "tool_result",
                "tool_use_id": "c1",
                "content": [
                    {"type": "text", "text": "see"},
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}},
                ],
            },
        ),
    ],
)  # fmt: skip
def test_what_crosses_whole(part: Part, block: dict[str, Any]) -> None:
    assert wrote(part) == ([block], [])


@pytest.mark.parametrize(
    ("part", "blocks", "fate"),
    [
        (Text(text=" \n"), 0, ("dropped", "p")),
        (Text(text="a", citations=msgspec.Raw(b"[1]")), 1, ("dropped", "p.annotations")),
        (Text(text="a", cache=Cache(ttl="24h")), 1, ("approximated", "p.cache_control.ttl")),
        (Image(source=PNG, detail="high"), 1, ("dropped", "p.detail")),
        (Image(source=Media(data="/9j/4AA")), 1, ("invented", "p.media_type")),
        (Image(source=Media(data="Qk0", media_type="image/bmp")), 0, ("dropped", "p")),
        (Image(source=Media(url="gs://x/y")), 0, ("dropped", "p")),
        (Image(source=Media(file_id="file-1")), 0, ("dropped", "p")),
        (Image(source=Media()), 0, ("dropped", "p")),
        (Document(source=Media()), 0, ("dropped", "p")),
        (
            Document(source=Media(data=encoded("a,b"), media_type="text/csv; x=1")),
            1,
            ("approximated", "p.media_type"),
        ),
        (Document(source=Media(data="!!", media_type="text/plain")), 0, ("dropped", "p")),
        (Document(source=Media(data="UEsD", media_type="application/zip")), 0, ("dropped", "p")),
        (Document(source=Media(file_id="file-1")), 0, ("dropped", "p")),
        (Audio(source=PNG, transcript="said"), 1, ("approximated", "p")),
        (Audio(source=PNG), 0, ("dropped", "p")),
        (Thinking(text="t"), 0, ("dropped", "p.thinking")),
        (Thinking(text="t", signature="s", origin="openai-responses"), 0, ("dropped", "p.thinking")),
        (ToolCall(id="a.b", name="f"), 1, ("approximated", "p.id")),
        (ToolCall(id="a", name="f.g"), 1, ("approximated", "p.name")),
        (ToolCall(id="a", name="f", signature="s"), 1, ("dropped", "p.signature")),
        (ToolCall(id="a", name="f", arguments='{"a'), 1, ("approximated", "p.arguments")),
        (Refusal(text="No."), 1, ("approximated", "p.refusal")),
        (
            Opaque(dialect="openai-responses", type="web_search_call", raw=msgspec.Raw(b"{}")),
            0,
            ("dropped", "p"),
        ),
        (ToolResult(call_id="a", parts=(Audio(source=PNG),)), 1, ("dropped", "p.content[0]")),
    ],
)
def test_what_does_not_is_in_the_ledger(part: Part, blocks: int, fate: tuple[str, str]) -> None:
    found, fates = wrote(part)
    assert (len(found), fates) == (blocks, [fate])


def test_an_empty_text_is_nothing_and_broken_arguments_stay_readable() -> None:
    assert wrote(Text(text="")) == ([], [])
    assert wrote(ToolCall(id="a", name="f", arguments='{"a'))[0][0]["input"] == {"INVALID_JSON": '{"a'}


def test_the_protocols_own_things_pass_for_its_own_callers() -> None:
    own = "anthropic-messages"
    raw = msgspec.Raw(b'{"type":"server_tool_use","id":"s","name":"web_search","input":{"q":1}}')
    assert wrote(Opaque(dialect=own, type="server_tool_use", raw=raw), own) == (
        [msgspec.json.decode(raw)],
        [],
    )
    assert wrote(Opaque(dialect=own, type="", raw=raw), own) == ([], [])
    assert wrote(Image(source=Media(file_id="f")), own)[0][0]["source"] == {"type": "file", "file_id": "f"}
    cited = Text(text="a", citations=msgspec.Raw(b"[1]"))
    assert wrote(cited, own) == ([{"type": "text", "text": "a", "citations": [1]}], [])
