"""Every kind of content block, read."""

from typing import Any

import msgspec
import pytest

from aigw_dev.core.chat.vocabulary import (
    Cache,
    Document,
    Image,
    Media,
    Opaque,
    Part,
    Role,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from aigw_dev.core.dialects.anthropic.blocks_read import Scope, read_content
from aigw_dev.core.dialects.anthropic.fields import MalformedError


def read(*blocks: dict[str, Any], role: Role = "user", scope: Scope | None = None) -> list[Part]:
    return read_content(msgspec.Raw(msgspec.json.encode(list(blocks))), "c", role, scope or Scope(""))


def document(**source: Any) -> dict[str, Any]:
    return {
        "type": "document",
        "source": source,
        "title": "T",
        "context": "C",
        "citations": {"enabled": True},
    }


@pytest.mark.parametrize(
    ("source", "media"),
    [
        (
            {"type": "base64", "media_type": "image/png", "data": "AA"},
            Media(data="AA", media_type="image/png"),
        ),
        ({"type": "url", "url": "https://x/y.png"}, Media(url="https://x/y.png")),
        ({"type": "url", "url": "data:image/gif;base64,AA"}, Media(data="AA", media_type="image/gif")),
        ({"type": "file", "file_id": "file_1"}, Media(file_id="file_1")),
    ],
)
def test_images(source: dict[str, Any], media: Media) -> None:
    assert read({"type": "image", "source": source}) == [Image(source=media)]


def test_documents_of_every_source() -> None:
    whole = Document(source=Media(), name="T", context="C", has_citations=True)
    plain = Media(media_type="text/plain")
    text = {"type": "text", "text": "a"}
    cases: list[tuple[dict[str, Any], Document]] = [
        (
            document(type="text", media_type="text/plain", data="abc"),
            msgspec.structs.replace(whole, source=plain, text="abc"),
        ),
        (document(type="content", content="abc"), msgspec.structs.replace(whole, source=plain, text="abc")),
        (
            document(type="content", content=[text, text]),
            msgspec.structs.replace(whole, source=plain, text="a\n\na"),
        ),
        (
            document(type="base64", media_type="application/pdf", data="JVB"),
            msgspec.structs.replace(whole, source=Media(data="JVB", media_type="application/pdf")),
        ),
        (
            document(type="url", url="https://x/y.pdf"),
            msgspec.structs.replace(whole, source=Media(url="https://x/y.pdf")),
        ),
    ]
    for block, expected in cases:
        assert read(block) == [expected]


def test_a_document_with_images_is_its_blocks_under_its_title() -> None:
    image = {"type": "image", "source": {"type": "url", "url": "https://x"}}
    assert read(document(type="content", content=[image])) == [
        Text(text="T\nC"),
        Image(source=Media(url="https://x")),
    ]
    bare = {"type": "document", "source": {"type": "content", "content": [image]}}
    assert read(bare) == [Image(source=Media(url="https://x"))]


def test_a_search_result_is_a_document() -> None:
    block = {
        "type": "search_result",
        "source": "https://x",
        "title": "T",
        "content": [{"type": "text", "text": "found"}],
    }
    plain = Media(media_type="text/plain")
    assert read(block) == [Document(source=plain, text="found", name="T", context="https://x")]


def test_thoughts_and_whose_signature_they_have() -> None:
    assert read(
        {"type": "thinking", "thinking": "a", "signature": "s"},
        {"type": "thinking", "thinking": "b", "signature": "aigw1:openai-responses:enc"},
        {"type": "thinking", "thinking": "c", "signature": ""},
        {"type": "thinking", "thinking": "d", "signature": "aigw1:openai-chat:"},
        {"type": "redacted_thinking", "data": "opaque"},
        role="assistant",
    ) == [
        Thinking(text="a", signature="s", origin="anthropic-messages"),
        Thinking(text="b", signature="enc", origin="openai-responses"),
        Thinking(text="c"),
        Thinking(text="d", origin="openai-chat"),
        Thinking(signature="opaque", origin="anthropic-messages", is_redacted=True),
    ]


def test_the_hidden_signature_comes_back_to_its_call() -> None:
    hidden = {"type": "redacted_thinking", "data": "aigw1:gemini-generate-content+call:sig"}
    call: dict[str, Any] = {"type": "tool_use", "id": "t", "name": "f", "input": {}}
    text = {"type": "text", "text": "x"}
    assert read(hidden, call, call, role="assistant") == [
        ToolCall(id="t", name="f", signature="sig"),
        ToolCall(id="t", name="f"),
    ]
    assert read(hidden, text, role="assistant") == [Text(text="x")]


def test_numbers_and_order_of_a_tools_input_survive() -> None:
    raw = msgspec.Raw(
        b'[{"type":"tool_use","id":"t","name":"f","input":{"z":12345678901234567890,"a":1.50}}]'
    )
    call = read_content(raw, "c", "assistant", Scope(""))[0]
    assert isinstance(call, ToolCall)
    assert call.arguments == '{"z":12345678901234567890,"a":1.50}'


def test_a_result_keeps_images_errors_and_markers() -> None:
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA"}}
    mark = {"cache_control": {"type": "ephemeral", "ttl": "5m"}}
    assert read(
        {"type": "tool_result", "tool_use_id": "t", "content": [image], "is_error": True, **mark}
    ) == [
        ToolResult(
            call_id="t",
            parts=(Image(source=Media(data="AA", media_type="image/png")),),
            is_error=True,
            cache=Cache(ttl="5m"),
        )
    ]
    assert read({"type": "tool_result", "tool_use_id": "t"}) == [ToolResult(call_id="t")]
    call: dict[str, Any] = {"type": "tool_use", "id": "t", "name": "f", "input": {}}
    with pytest.raises(MalformedError):
        read({"type": "tool_result", "tool_use_id": "t", "content": [call]})


def test_what_has_no_word_is_kept_whole_or_noted() -> None:
    scope = Scope("")
    hosted: dict[str, Any] = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}
    marked: dict[str, Any] = {
        "type": "text",
        "text": "x",
        "new": 1,
        "cache_control": {"type": "ephemeral", "scope": "turn"},
    }
    direct: dict[str, Any] = {
        "type": "tool_use",
        "id": "t",
        "name": "f",
        "input": {},
        "caller": {"type": "direct"},
        "toolset_name": None,
    }
    parts = read(hosted, marked, direct, role="assistant", scope=scope)
    assert isinstance(parts[0], Opaque)
    assert (parts[0].dialect, parts[0].type, msgspec.json.decode(parts[0].raw)) == (
        "anthropic-messages",
        "server_tool_use",
        hosted,
    )
    assert set(scope.extras) == {"c[1].new", "c[1].cache_control.scope"}


@pytest.mark.parametrize(
    ("block", "path"),
    [
        ({"type": "image"}, "c[0].source"),
        ({"type": "image", "source": {"type": "tape"}}, "c[0].source.type"),
        ({"type": "document", "source": {"type": "tape"}}, "c[0].source.type"),
        ({"type": "tool_use", "id": "a", "name": "b", "input": "x"}, "c[0].input"),
        ({"type": "tool_result"}, "c[0].tool_use_id"),
        ({"type": "text"}, "c[0].text"),
        ({"type": "text", "text": "a", "cache_control": 1}, "c[0].cache_control"),
    ],
)
def test_what_is_wrong_is_named(block: dict[str, Any], path: str) -> None:
    with pytest.raises(MalformedError) as caught:
        read(block)
    assert caught.value.refusal.param == path
