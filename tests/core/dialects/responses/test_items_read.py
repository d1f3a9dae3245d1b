"""Items of the input as messages."""

import json
from typing import Any

import pytest

from aigw_dev.core.chat.vocabulary import (
    Image,
    Media,
    Message,
    Opaque,
    Part,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from aigw_dev.core.dialects.responses.checks import Extras, MalformedError
from aigw_dev.core.dialects.responses.items_read import read_input


def messages(*items: dict[str, Any]) -> list[Message]:
    extras: Extras = {}
    found = read_input(json.dumps(items).encode(), extras)
    assert extras == {}
    return found


def said(text: str) -> dict[str, Any]:
    return {
        "type": "message",
        "role": "assistant",
        "id": "m",
        "status": "completed",
        "content": [{"type": "output_text", "text": text, "annotations": []}],
    }


def call(name: str) -> dict[str, Any]:
    return {"type": "function_call", "call_id": name, "name": name, "arguments": "{}"}


def result(name: str, output: Any = "ok") -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": name, "output": output}


def shape(found: list[Message]) -> list[tuple[str, list[str]]]:
    return [(one.role, [type(part).__name__ for part in one.parts]) for one in found]


def test_a_text_is_one_message_of_the_user() -> None:
    assert read_input(b'"Hi"', {}) == [Message(role="user", parts=(Text(text="Hi"),))]
    assert read_input(b"", {}) == []


def test_what_the_model_said_in_one_turn_is_one_message() -> None:
    turn = messages(
        {"role": "user", "content": "go"}, {"type": "reasoning", "id": "rs", "summary": []}, said("I will"), call("a"),
        call("b"), result("a"), result("b"), said("done"), said("really"),
    )  # fmt: skip
    assert shape(turn) == [
        ("user", ["Text"]), ("assistant", ["Thinking", "Text", "ToolCall", "ToolCall"]), ("tool", ["ToolResult", "ToolResult"]),
        ("assistant", ["Text"]), ("assistant", ["Text"]),
    ]  # fmt: skip


def test_words_behind_a_call_stay_in_its_message() -> None:
    assert shape(messages(call("a"), said("wait"), result("a"))) == [
        ("assistant", ["ToolCall", "Text"]), ("tool", ["ToolResult"]),
    ]  # fmt: skip


def test_messages_of_one_role_stay_apart_and_empty_ones_stay() -> None:
    found = messages(
        {"role": "user", "content": "a"},
        {"role": "user", "content": []},
        {"role": "developer", "content": "d"},
    )
    assert shape(found) == [("user", ["Text"]), ("user", ["Text"]), ("developer", ["Text"])]


def test_results_are_texts_or_parts() -> None:
    picture = {"type": "input_image", "image_url": "http://a", "detail": "auto"}
    refusal = {"type": "refusal", "refusal": "no"}
    [tool] = messages(
        result("a"), result("b", [{"type": "input_text", "text": "t"}, picture, refusal]), result("c", None)
    )
    first, second, third = tool.parts
    assert first == ToolResult(call_id="a", parts=(Text(text="ok"),))
    assert second == ToolResult(
        call_id="b",
        parts=(Text(text="t"), Image(source=Media(url="http://a"), detail="auto"), Text(text="no")),
    )
    assert third == ToolResult(call_id="c")


def test_custom_calls_and_results_keep_their_kind() -> None:
    assistant, tool = messages(
        {"type": "custom_tool_call", "id": "ctc_1", "call_id": "a", "name": "p", "input": ""},
        {"type": "custom_tool_call_output", "call_id": "a", "output": "ok"},
    )
    assert assistant.parts == (ToolCall(id="a", name="p", arguments="", kind="custom", item_id="ctc_1"),)
    assert tool.parts == (ToolResult(call_id="a", parts=(Text(text="ok"),), kind="custom"),)


def test_reasoning_carries_its_content() -> None:
    [message] = messages(
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": "s"}],
            "encrypted_content": "E",
        }
    )
    expected: tuple[Part, ...] = (Thinking(text="s", signature="E", origin="openai-responses", id="rs_1"),)
    assert message.parts == expected


def test_hosted_items_stand_where_they_were_made_and_answered() -> None:
    found = messages(
        {"type": "local_shell_call", "id": "l"},
        {"type": "local_shell_call_output", "id": "l"},
        {"type": "mcp_approval_response"},
    )
    assert shape(found) == [("assistant", ["Opaque"]), ("user", ["Opaque", "Opaque"])]
    part = found[0].parts[0]
    assert isinstance(part, Opaque)
    assert part.type == "local_shell_call"


def test_a_reference_must_have_been_resolved_before() -> None:
    with pytest.raises(MalformedError, match="Item with id 'rs_1' not found"):
        messages({"type": "item_reference", "id": "rs_1"})
    with pytest.raises(MalformedError, match="Item with id 'rs_1' not found"):
        messages({"id": "rs_1"})
