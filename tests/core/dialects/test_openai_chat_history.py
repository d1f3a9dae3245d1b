"""Messages of a chat request become neutral ones, one for one."""

from typing import Any

import pytest

from aigw_dev.core.chat.vocabulary import (
    Audio,
    Cache,
    Document,
    Image,
    Media,
    Message,
    Opaque,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from aigw_dev.core.dialects.openai_chat_checks import MalformedError
from aigw_dev.core.dialects.openai_chat_history import History

PNG = "data:image/png;base64,AA=="
CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a": 1.50}'}}


def read(*messages: Any) -> list[Message]:
    history = History()
    return [history.read(message, number) for number, message in enumerate(messages)]


def parts(**message: Any) -> tuple[Part, ...]:
    return read({"role": "assistant"} | message)[0].parts


@pytest.mark.parametrize("role", ["system", "developer", "user"])
def test_words_of_every_role_are_read(role: str) -> None:
    [message] = read({"role": role, "content": "Hi", "name": "ann"})
    assert (message.role, message.parts, message.name) == (role, (Text(text="Hi"),), "ann")


def test_every_kind_of_part_is_read() -> None:
    content = [
        "bare",
        {"type": "text", "text": "a", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
        {"text": "no type"},
        {"type": "image_url", "image_url": {"url": PNG, "detail": "low"}},
        {"type": "image_url", "image_url": "https://x/y.png"},
        {"type": "input_audio", "input_audio": {"data": "AA==", "format": "mp3"}},
        {"type": "input_audio", "input_audio": {"data": "https://x/y.wav"}},
        {"type": "file", "file": {"file_data": "data:application/pdf;base64,AA==", "filename": "a.pdf"}},
        {"type": "file", "file": {"file_data": "AA==", "format": "text/plain"}},
        {"type": "file", "file": {"file_data": "https://x/y.pdf"}},
        {"type": "file", "file": {"file_id": "file-1"}},
        {"type": "file", "file": {"file_id": "gs://b/y.pdf", "format": "application/pdf"}},
        {"type": "refusal", "refusal": "no"},
        {"type": "video_url", "video_url": {"url": "https://x/y.mp4"}},
    ]
    [message] = read({"role": "user", "content": content})
    *known, video = message.parts
    assert known == [
        Text(text="bare"),
        Text(text="a", cache=Cache(ttl="1h")),
        Text(text="no type"),
        Image(source=Media(data="AA==", media_type="image/png"), detail="low"),
        Image(source=Media(url="https://x/y.png")),
        Audio(source=Media(data="AA==", media_type="audio/mpeg"), format="mp3"),
        Audio(source=Media(url="https://x/y.wav")),
        Document(source=Media(data="AA==", media_type="application/pdf"), name="a.pdf"),
        Document(source=Media(data="AA==", media_type="text/plain")),
        Document(source=Media(url="https://x/y.pdf")),
        Document(source=Media(file_id="file-1")),
        Document(source=Media(url="gs://b/y.pdf", media_type="application/pdf")),
        Refusal(text="no"),
    ]
    assert isinstance(video, Opaque)
    assert video.type == "video_url"
    assert bytes(video.raw) == b'{"type":"video_url","video_url":{"url":"https://x/y.mp4"}}'


def test_an_assistants_turn_reads_thought_then_words_then_calls() -> None:
    custom = {"id": "d", "type": "custom", "custom": {"name": "patch", "input": "*** Begin"}}
    found = parts(
        content="Hi", reasoning_content="hm", tool_calls=[CALL, custom], refusal="no", audio={"id": "audio_1"}
    )
    assert found == (
        Thinking(text="hm"),
        Text(text="Hi"),
        Refusal(text="no"),
        Audio(source=Media(), id="audio_1"),
        ToolCall(id="c", name="f", arguments='{"a": 1.50}'),
        ToolCall(id="d", name="patch", arguments="*** Begin", kind="custom"),
    )


@pytest.mark.parametrize("content", [None, ""])
def test_an_assistant_may_say_nothing_but_calls(content: str | None) -> None:
    assert parts(content=content, tool_calls=[CALL]) == (ToolCall(id="c", name="f", arguments='{"a": 1.50}'),)


def test_4_thoughts_with_signatures_come_back_to_where_they_belong() -> None:
    blocks = [
        {"type": "thinking", "thinking": "a", "signature": "s1"},
        {"type": "thinking", "thinking": "b", "signature": "aigw1:gemini-generate-content:s2"},
        {"type": "redacted_thinking", "data": "aigw1:openai-responses:s3"},
        {"type": "thinking", "thinking": "c"},
    ]
    assert parts(content="x", thinking_blocks=blocks, reasoning_content="abc") == (
        Thinking(text="a", signature="s1", origin="anthropic-messages"),
        Thinking(text="b", signature="s2", origin="gemini-generate-content"),
        Thinking(signature="s3", origin="openai-responses", is_redacted=True),
        Thinking(text="c"),
        Text(text="x"),
    )


def test_thoughts_of_compatible_providers_belong_to_this_dialect() -> None:
    details = [
        {"type": "reasoning.text", "text": "hm", "signature": "s"},
        {"type": "reasoning.encrypted", "data": "abc"},
    ]
    assert parts(reasoning_details=details) == (
        Thinking(text="hm", signature='{"type":"reasoning.text","signature":"s"}', origin="openai-chat"),
        Thinking(
            signature='{"type":"reasoning.encrypted","data":"abc"}', origin="openai-chat", is_redacted=True
        ),
    )
    assert parts(reasoning_content="hm", reasoning_signature="s") == (
        Thinking(text="hm", signature="s", origin="anthropic-messages"),
    )
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
    assert parts(content=[thinking]) == (Thinking(text="hm"),)


def test_5_googles_signature_stays_with_its_call() -> None:
    call = CALL | {
        "extra_content": {"google": {"thought_signature": "sig"}},
        "cache_control": {"type": "ephemeral"},
    }
    [found] = parts(tool_calls=[call])
    assert isinstance(found, ToolCall)
    assert (found.signature, found.cache) == ("sig", Cache())


def test_results_know_their_tool() -> None:
    custom = {"id": "d", "type": "custom", "custom": {"name": "patch", "input": "x"}}
    _, first, second, third = read(
        {"role": "assistant", "tool_calls": [CALL, custom]},
        {"role": "tool", "tool_call_id": "c", "content": "ok", "cache_control": {"type": "ephemeral"}},
        {"role": "tool", "tool_call_id": "d", "content": [{"type": "text", "text": "done"}]},
        {"role": "tool", "tool_call_id": "unknown", "content": None},
    )
    assert first.parts == (ToolResult(call_id="c", name="f", parts=(Text(text="ok"),), cache=Cache()),)
    assert second.parts == (ToolResult(call_id="d", name="patch", parts=(Text(text="done"),), kind="custom"),)
    assert third.parts == (ToolResult(call_id="unknown"),)


def test_the_form_before_tools_is_read() -> None:
    called, answered, orphan = read(
        {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": ""}},
        {"role": "function", "name": "f", "content": "ok"},
        {"role": "function", "name": "g", "content": "ok"},
    )
    [call] = called.parts
    assert isinstance(call, ToolCall)
    assert call.arguments == "{}"
    assert answered.parts == (ToolResult(call_id=call.id, name="f", parts=(Text(text="ok"),)),)
    assert orphan.parts == (ToolResult(call_id="call_g", name="g", parts=(Text(text="ok"),)),)


def test_broken_arguments_do_not_make_a_conversation_impossible_nor_vanish() -> None:
    history = History()
    call = {"id": "c", "function": {"name": "f", "arguments": "{oops"}}
    message = history.read({"role": "assistant", "tool_calls": [call]}, 3)
    assert message.parts == (ToolCall(id="c", name="f", arguments="{}"),)
    assert bytes(history.extras["messages[3].tool_calls[0].function.arguments"]) == b'"{oops"'


def test_annotations_stay_with_the_last_text_and_unknown_fields_are_kept() -> None:
    history = History()
    wire = {"role": "assistant", "content": "a", "annotations": [{"type": "x"}], "prefix": True, "odd": None}
    [text] = history.read(wire, 0).parts
    assert isinstance(text, Text)
    assert bytes(text.citations) == b'[{"type":"x"}]'
    assert list(history.extras) == ["messages[0].prefix"]
    assert parts(annotations=[{"type": "x"}], tool_calls=[CALL])[0] == ToolCall(
        id="c", name="f", arguments='{"a": 1.50}'
    )


MALFORMED: list[tuple[Any, str]] = [
    ("Hi", "messages[0]"),
    ({"content": "Hi"}, "messages[0].role"),
    ({"role": "robot", "content": "Hi"}, "messages[0].role"),
    ({"role": ["user"], "content": "Hi"}, "messages[0].role"),
    ({"role": "user"}, "messages[0].content"),
    ({"role": "user", "content": 7}, "messages[0].content"),
    ({"role": "user", "content": [7]}, "messages[0].content[0]"),
    ({"role": "user", "content": [{"x": 1}]}, "messages[0].content[0].type"),
    ({"role": "user", "content": [{"type": "text"}]}, "messages[0].content[0].text"),
    ({"role": "user", "content": [{"type": "image_url"}]}, "messages[0].content[0].image_url"),
    ({"role": "user", "content": [{"type": "image_url", "image_url": {}}]}, "messages[0].content[0].image_url.url"),
    ({"role": "user", "content": [{"type": "file", "file": {}}]}, "messages[0].content[0].file"),
    ({"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]}, "messages[0].content[0].input_audio.data"),
    ({"role": "user", "content": "a", "name": 7}, "messages[0].name"),
    ({"role": "tool", "content": "ok"}, "messages[0].tool_call_id"),
    ({"role": "tool", "tool_call_id": 7, "content": "ok"}, "messages[0].tool_call_id"),
    ({"role": "tool", "tool_call_id": "c", "content": [{"type": "refusal", "refusal": "x"}]}, "messages[0].content"),
    ({"role": "function", "content": "ok"}, "messages[0].name"),
    ({"role": "assistant", "tool_calls": {}}, "messages[0].tool_calls"),
    ({"role": "assistant", "tool_calls": [{"function": {"name": "f"}}]}, "messages[0].tool_calls[0].id"),
    ({"role": "assistant", "tool_calls": [{"id": "c"}]}, "messages[0].tool_calls[0].function"),
    ({"role": "assistant", "tool_calls": [{"id": "c", "function": {}}]}, "messages[0].tool_calls[0].function.name"),
    ({"role": "assistant", "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": 7}}]}, "messages[0].tool_calls[0].function.arguments"),
    ({"role": "assistant", "thinking_blocks": [7]}, "messages[0].thinking_blocks[0]"),
]  # fmt: skip


@pytest.mark.parametrize(("message", "place"), MALFORMED)
def test_what_is_malformed_is_named(message: Any, place: str) -> None:
    with pytest.raises(MalformedError) as caught:
        read(message)
    assert caught.value.place == place
