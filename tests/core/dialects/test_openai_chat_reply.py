"""Whole replies of every vendor in neutral words; numbers in names are bug classes of the reference (peers, 5.9)."""

import json
from typing import Any

import pytest

from aigw_dev.core.chat.vocabulary import (
    Audio,
    ChatReply,
    Choice,
    Image,
    Logprob,
    Media,
    Opaque,
    Refusal,
    Text,
    Thinking,
    ToolCall,
)
from aigw_dev.core.dialects.openai_chat_reply import read_chat_reply
from aigw_dev.core.dialects.protocol import ReplyError

CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a": 1.50}'}}


def reply(*choices: dict[str, Any], **fields: Any) -> ChatReply:
    body = {"id": "chatcmpl-1", "model": "m", "created": 5, "choices": list(choices)} | fields
    read = read_chat_reply(json.dumps(body).encode())
    assert isinstance(read, ChatReply), read
    return read


def choice(finish: str | None = "stop", **message: Any) -> Choice:
    return reply({"index": 0, "message": {"role": "assistant"} | message, "finish_reason": finish}).choices[0]


def error(body: Any) -> ReplyError:
    read = read_chat_reply(body if isinstance(body, bytes) else json.dumps(body).encode())
    assert isinstance(read, ReplyError)
    return read


def test_the_envelope_is_read() -> None:
    read = reply(
        {"message": {"content": "Hi"}, "finish_reason": "stop"},
        {"message": {"content": "Ho"}, "finish_reason": "length"},
        usage={"prompt_tokens": 3, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 1}},
        service_tier="default",
        system_fingerprint="fp",
        citations=["http://x"],
        empty=None,
    )
    assert (read.dialect, read.id, read.model, read.created) == ("openai-chat", "chatcmpl-1", "m", 5)
    assert [(one.parts, one.stop) for one in read.choices] == [
        ((Text(text="Hi"),), "stop"),
        ((Text(text="Ho"),), "length"),
    ]
    assert read.usage is not None
    assert (read.usage.input, read.usage.output, read.usage.cached_input) == (3, 2, 1)
    assert read.service_tier == "default"
    assert list(read.extras) == ["system_fingerprint", "citations"]


def test_parts_stand_thought_first_and_calls_last() -> None:
    custom = {"id": "d", "type": "custom", "custom": {"name": "p", "input": "x"}}
    audio = {"id": "audio_1", "data": "AA==", "transcript": "said"}
    read = choice(
        "tool_calls",
        content="Hi",
        reasoning_content="hm",
        refusal="no",
        audio=audio,
        tool_calls=[CALL, custom],
    )
    assert read.parts == (
        Thinking(text="hm"),
        Text(text="Hi"),
        Refusal(text="no"),
        Audio(source=Media(data="AA=="), transcript="said", id="audio_1"),
        ToolCall(id="c", name="f", arguments='{"a": 1.50}'),
        ToolCall(id="d", name="p", arguments="x", kind="custom"),
    )


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning", "reasoning_text"])
def test_3_reasoning_is_found_under_any_name(field: str) -> None:
    assert choice(content="Hi", **{field: "hm"}).parts == (Thinking(text="hm"), Text(text="Hi"))


def test_3_reasoning_in_details_and_content_lists_is_found() -> None:
    details = [{"type": "reasoning.summary", "summary": "hm"}, {"type": "reasoning.encrypted", "data": "abc"}]
    assert choice(content="Hi", reasoning_details=details).parts == (
        Thinking(text="hm"),
        Thinking(
            signature='{"type":"reasoning.encrypted","data":"abc"}', origin="openai-chat", is_redacted=True
        ),
        Text(text="Hi"),
    )
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": "h"}, {"type": "text", "text": "m"}]}
    content = [
        thought,
        {"type": "thinking", "thinking": "!"},
        {"type": "text", "text": "4"},
        "2",
        {"type": "text", "text": ""},
    ]
    assert choice(content=content).parts == (Thinking(text="hm!"), Text(text="42"))


def test_signatures_of_thinking_blocks_belong_to_this_dialect() -> None:
    blocks = [
        {"type": "thinking", "thinking": "hm", "signature": "s1"},
        {"type": "thinking", "thinking": "", "signature": "s2"},
        {"type": "redacted_thinking", "data": "d"},
    ]
    assert choice(content="Hi", reasoning_content="hm", thinking_blocks=blocks).parts == (
        Thinking(text="hm", signature="s1", origin="openai-chat"),
        Thinking(signature="s2", origin="openai-chat"),
        Thinking(signature="d", origin="openai-chat", is_redacted=True),
        Text(text="Hi"),
    )


@pytest.mark.parametrize(
    ("finish", "has_call", "reason"),
    [
        ("stop", True, "tool_calls"),
        ("tool_calls", False, "stop"),
        ("function_call", True, "tool_calls"),
        ("length", True, "length"),
        ("content_filter", False, "content_filter"),
        ("weird", False, "stop"),
        (None, True, "tool_calls"),
        (None, False, None),
        ("", False, None),
    ],
)
def test_10_the_reason_fits_what_was_said(finish: str | None, has_call: bool, reason: str | None) -> None:
    read = choice(finish, tool_calls=[CALL]) if has_call else choice(finish, content="a")
    assert (read.stop, read.stop_raw) == (reason, finish or "")


def test_a_refusal_ends_as_one() -> None:
    assert choice("stop", refusal="no").stop == "refusal"


def test_calls_of_every_form_are_read() -> None:
    [legacy] = choice("function_call", function_call={"name": "f", "arguments": ""}).parts
    assert isinstance(legacy, ToolCall)
    assert (legacy.name, legacy.arguments) == ("f", "{}")
    assert legacy.id.startswith("call_")
    rows = [
        {"function": {"name": "f", "arguments": {"a": 1}}},
        {"function": {"name": "f"}, "custom": {}},
        {"id": "c"},
        CALL | {"extra_content": {"google": {"thought_signature": "sig"}}},
    ]
    read = choice("stop", tool_calls=rows).parts
    assert [(one.name, one.arguments, one.signature) for one in read if isinstance(one, ToolCall)] == [
        ("f", '{"a":1}', ""),
        ("f", "{}", ""),
        ("f", '{"a": 1.50}', "sig"),
    ]
    ids = [one.id for one in read if isinstance(one, ToolCall)]
    assert len(set(ids)) == 3
    assert ids[2] == "c"


def test_cut_off_arguments_end_by_length_and_broken_ones_are_an_error() -> None:
    cut = choice("tool_calls", tool_calls=[{"id": "c", "function": {"name": "f", "arguments": '{"a":"b'}}])
    assert (cut.parts, cut.stop) == ((ToolCall(id="c", name="f", arguments='{"a":"b"}'),), "length")
    for row, words in (
        ({"id": "c", "function": {"name": "f", "arguments": "{'a'}"}}, "not a JSON object"),
        ({"id": "c", "function": {"arguments": "{}"}}, "without naming it"),
    ):
        assert words in error({"choices": [{"message": {"tool_calls": [row]}}]}).message


def test_annotations_pictures_and_unknown_parts_are_kept() -> None:
    notes = [{"type": "url_citation", "url_citation": {"url": "http://x"}}]
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    text, image, odd = choice(content="a", annotations=notes, images=[picture, {"x": 1}]).parts
    assert isinstance(text, Text)
    assert json.loads(bytes(text.citations)) == notes
    assert image == Image(source=Media(data="AA==", media_type="image/png"))
    assert isinstance(odd, Opaque)
    [bare] = choice(annotations=notes).parts
    assert isinstance(bare, Text)
    refusal, shown, reference = choice(
        content=[{"type": "refusal", "refusal": "no"}, picture, {"type": "reference"}]
    ).parts
    assert refusal == Refusal(text="no")
    assert isinstance(shown, Image)
    assert isinstance(reference, Opaque)


def test_log_probabilities_are_read() -> None:
    row = {
        "token": "a",
        "logprob": -0.5,
        "bytes": [97],
        "top_logprobs": [{"token": "b", "logprob": -1, "bytes": None}],
    }
    body = {
        "message": {"content": "a"},
        "finish_reason": "stop",
        "logprobs": {"content": [row, {"token": 7}], "refusal": None},
    }
    assert reply(body).choices[0].logprobs == (
        Logprob(token="a", logprob=-0.5, bytes=(97,), top=(Logprob(token="b", logprob=-1.0),)),
    )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"error": {"message": "bad", "code": 500}}, "bad"),
        ({"error": "busy"}, "busy"),
        ([{"error": {"message": "in a list"}}], "in a list"),
        ([], "not a JSON object"),
        ({"detail": "not found"}, "not found"),
        ({}, "no choices"),
        ({"choices": []}, "no choices"),
        (b"<html><title>Bad gateway</title></html>", "Bad gateway"),
        (b"", "no choices"),
        ({"choices": [{"error": {"message": "gone"}}]}, "gone"),
        ({"choices": [{"finish_reason": "error", "message": {"content": "a"}}]}, "error"),
    ],
)
def test_16_an_error_of_status_200_is_an_error(body: Any, message: str) -> None:
    assert message in error(body).message


def test_nesting_without_end_is_no_crash() -> None:
    deep = b'{"choices":[{"message":{"content":' + b"[" * 600 + b"]" * 600 + b"}}]}"
    assert isinstance(read_chat_reply(deep), ChatReply | ReplyError)
    assert isinstance(read_chat_reply(b"[" * 100_000), ReplyError)
