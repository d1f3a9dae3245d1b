"""A Gemini caller's conversation: turns, calls and their answers."""

from typing import Any

import pytest

from aigw_dev.core.chat.vocabulary import (
    Message,
    Text,
    ToolCall,
    ToolResult,
)
from aigw_dev.core.dialects import gemini
from aigw_dev.core.dialects.request_body import RequestBody, read_body
from aigw_dev.core.errors import Refusal
from tests.core.dialects.gemini.gemini_requests import G, chat, parts


def test_turns_and_the_instruction() -> None:
    read = chat(
        [{"parts": {"text": "a"}}, {"role": "model", "parts": [{"text": "b"}]}],
        system_instruction={"parts": [{"text": "s"}, {"text": "t"}]},
    )
    assert [
        (one.role, [part.text for part in one.parts if isinstance(part, Text)]) for one in read.messages
    ] == [
        ("system", ["s", "t"]),
        ("user", ["a"]),
        ("assistant", ["b"]),
    ]
    assert chat(systemInstruction="s").messages[0] == Message(role="system", parts=(Text(text="s"),))
    assert [one.role for one in chat(systemInstruction={}).messages] == ["user"]
    assert (read.dialect, read.model, read.is_stream) == (G, "m", False)


def test_calls_without_ids_are_answered_by_name_in_order() -> None:  # facts 36, 37
    def call(name: str, n: int) -> Any:
        return {"functionCall": {"name": name, "args": {"n": n}}}

    def answer(name: str, n: int) -> Any:
        return {"function_response": {"name": name, "response": {"n": n}}}

    history = [
        {"role": "model", "parts": [call("f", 1), call("g", 2), call("f", 3)]},
        {
            "role": "function",
            "parts": [answer("f", 1), answer("f", 3), answer("g", 2), answer("h", 4), {"text": "go"}],
        },
    ]
    read = chat(history)
    calls = [part for part in read.messages[0].parts if isinstance(part, ToolCall)]
    assert [call.arguments for call in calls] == ['{"n": 1}', '{"n": 2}', '{"n": 3}']
    results = [part for part in read.messages[1].parts if isinstance(part, ToolResult)]
    assert [one.role for one in read.messages] == ["assistant", "tool", "user"]
    assert [one.call_id for one in results[:3]] == [calls[0].id, calls[2].id, calls[1].id]
    assert results[3].call_id not in {one.id for one in calls}
    longer = chat([*history, {"parts": [{"text": "more"}]}])
    assert longer.messages[0] == read.messages[0], "ids stay while the talk grows"
    assert len({one.id for one in calls}) == 3


def test_ids_are_kept_and_find_the_name() -> None:
    read = chat(
        [
            {"role": "model", "parts": [{"functionCall": {"id": "x", "name": "f"}}]},
            {"parts": [{"functionResponse": {"id": "x", "response": {"error": "no"}}}]},
        ]
    )
    assert read.messages[0].parts == (ToolCall(id="x", name="f"),)
    assert read.messages[1].parts == (
        ToolResult(call_id="x", name="f", parts=(Text(text="no"),), is_error=True),
    )


@pytest.mark.parametrize(
    ("response", "text"),
    [({"output": "a"}, "a"), ({"result": [1]}, "[1]"), ({"a": 1, "b": 2}, '{"a": 1, "b": 2}'), ({}, "{}")],
)
def test_responses_as_text(response: Any, text: str) -> None:
    (result,) = parts({"functionResponse": {"name": "f", "response": response}}, role="user")
    assert isinstance(result, ToolResult)
    assert result.parts == (Text(text=text),)


def test_media_that_is_no_object_is_refused() -> None:
    for name in ("inlineData", "fileData"):
        for value in ("true", "[]", '"AAAA"'):
            body = read_body(b'{"contents":[{"parts":[{"%b":%b}]}]}' % (name.encode(), value.encode()))
            assert isinstance(body, RequestBody)
            refusal = gemini.read_chat(body, path_model="m")
            assert isinstance(refusal, Refusal)
            assert refusal.param == f"contents[0].parts[0].{name}"
