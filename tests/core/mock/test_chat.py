"""What mock/echo, mock/tools and mock/think say, whole and streamed."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core import tokens
from aigw_dev.core.dialects import openai_chat
from aigw_dev.core.exchange import Usage
from aigw_dev.core.mock import MockReply, answer
from aigw_dev.core.streams.sse import Decoder

WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
CLOCK: dict[str, Any] = {"type": "function", "function": {"name": "clock"}}
SQL: dict[str, Any] = {"type": "custom", "custom": {"name": "sql"}}


def ask(text: str | None = "Hello there  world", *, model: str = "echo", **fields: Any) -> MockReply:
    messages: Any = fields.pop("messages", [{"role": "user", "content": text}])
    body = {"model": model, "messages": messages, **fields}
    return answer("POST", "/v1/chat/completions", json.dumps(body).encode(), now_s=1790000000, id_seed="abc")


def whole(reply: MockReply) -> dict[str, Any]:
    assert reply.status == 200
    [body] = reply.chunks
    return json.loads(body)


def said(reply: MockReply) -> Any:
    return whole(reply)["choices"][0]["message"]


def events(reply: MockReply) -> list[Any]:
    """The payloads of a stream, one per chunk of the reply."""
    assert reply.content_type.startswith("text/event-stream")
    decoded = [Decoder().feed(chunk) for chunk in reply.chunks]
    assert all(len(one) == 1 for one in decoded)
    assert decoded[-1][0].data == b"[DONE]"
    return [json.loads(one[0].data) for one in decoded[:-1]]


def heard(reply: MockReply) -> openai_chat.StreamReader:
    reader = openai_chat.stream_reader()
    for event in Decoder().feed(b"".join(reply.chunks)):
        reader.feed(event)
    return reader


def used(usage: Usage | None) -> tuple[int, int, int]:
    assert usage is not None
    return (usage.input, usage.output, usage.reasoning)


def test_echo_repeats_the_last_user_message() -> None:
    messages = [
        {"role": "user", "content": "first"},
        {"role": "user", "content": "second"},
        {"role": "assistant", "content": "third"},
    ]
    reply = whole(ask(messages=messages))
    assert reply["choices"] == [
        {"index": 0, "message": {"role": "assistant", "content": "second", "refusal": None}, "logprobs": None, "finish_reason": "stop"}
    ]  # fmt: skip
    assert (reply["id"], reply["object"], reply["created"]) == (
        "chatcmpl-mock-abc",
        "chat.completion",
        1790000000,
    )


TEXTS: list[tuple[list[Any], str]] = [
    ([{"role": "system", "content": "only"}], "only"),
    ([{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image_url"}, {"type": "text", "text": "b"}]}], "a\nb"),
    ([{"role": "user", "content": None}], ""),
    ([{"role": "user"}], ""),
    ([{"role": "user", "content": 7}], ""),
    (["not a message"], ""),
]  # fmt: skip


@pytest.mark.parametrize(("messages", "text"), TEXTS)
def test_echo_finds_text_in_any_message(messages: list[Any], text: str) -> None:
    assert said(ask(messages=messages))["content"] == text


def test_a_stream_comes_word_by_word() -> None:
    pieces = [event["choices"][0]["delta"].get("content") for event in events(ask(stream=True))]
    assert pieces == ["", "Hello ", "there  ", "world", None]


def test_line_separators_do_not_tear_a_stream() -> None:
    reply = ask("a\u2028b\u0085c", stream=True)
    assert all(len(chunk.decode().splitlines()) == 2 for chunk in reply.chunks)
    assert heard(reply).assembled().text == "a\u2028b\u0085c"


def test_usage_comes_only_where_it_is_asked_for() -> None:
    assert not any("usage" in event for event in events(ask(stream=True)))
    asked = events(ask(stream=True, stream_options={"include_usage": True}))
    assert [event["usage"] for event in asked[:-1]] == [None] * (len(asked) - 1)
    assert asked[-1]["choices"] == []
    assert asked[-1]["usage"] == whole(ask())["usage"] | {
        "prompt_tokens": asked[-1]["usage"]["prompt_tokens"]
    } | {"total_tokens": asked[-1]["usage"]["total_tokens"]}


@given(st.text(max_size=60), st.sampled_from(["echo", "think"]), st.integers(1, 3))
def test_streamed_and_whole_say_the_same(text: str, model: str, count: int) -> None:
    summary = openai_chat.reply_summary(ask(text, model=model, n=count).chunks[0])
    reader = heard(ask(text, model=model, n=count, stream=True, stream_options={"include_usage": True}))
    assert reader.assembled() == summary.assembled
    assert (reader.response_model, reader.finish, reader.is_done) == (f"mock/{model}", "stop", True)
    assert used(reader.usage)[1:] == used(summary.usage)[1:]


def test_usage_is_counted_like_every_estimate() -> None:
    usage = whole(ask("Hello there", n=2))["usage"]
    body = {"model": "echo", "messages": [{"role": "user", "content": "Hello there"}], "n": 2}
    assert usage["prompt_tokens"] == tokens.estimate_request(json.dumps(body).encode())
    assert usage["completion_tokens"] == 2 * tokens.estimate("Hello there")
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


def test_think_reasons_before_it_answers() -> None:
    message = said(ask("one two three", model="think"))
    assert message["reasoning_content"] == "The last message has 3 words. I will repeat them."
    assert message["content"] == "one two three"
    deltas = [event["choices"][0]["delta"] for event in events(ask("one two", model="think", stream=True))]
    kinds = [kind for delta in deltas for kind in delta if kind in {"reasoning_content", "content"}]
    assert kinds == ["content", *["reasoning_content"] * 10, *["content"] * 2]
    usage = whole(ask("one two", model="think"))["usage"]
    assert 0 < usage["completion_tokens_details"]["reasoning_tokens"] < usage["completion_tokens"]


@pytest.mark.parametrize(
    ("fields", "text", "finish"),
    [
        ({"stop": " five"}, "one two three four", "stop"),
        ({"stop": ["four", "two"]}, "one ", "stop"),
        ({"stop": "seven"}, "one two three four five", "stop"),
        ({"stop": ["", 7]}, "one two three four five", "stop"),
        ({"max_tokens": 2}, "one two", "length"),
        ({"max_completion_tokens": 1, "max_tokens": 4}, "one", "length"),
        ({"max_tokens": 5}, "one two three four five", "stop"),
        ({"max_tokens": 0}, "one two three four five", "stop"),
        ({"max_tokens": None}, "one two three four five", "stop"),
    ],
)
def test_stop_and_max_tokens_hold(fields: dict[str, Any], text: str, finish: str) -> None:
    [choice] = whole(ask("one two three four five", **fields))["choices"]
    assert (choice["message"]["content"], choice["finish_reason"]) == (text, finish)


def test_a_word_longer_than_the_limit_is_left_out() -> None:
    [choice] = whole(ask("internationalisation", max_tokens=1))["choices"]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("", "length")


@pytest.mark.parametrize("count", [0, 129, -1, 1.5, "2", True])
def test_n_must_be_a_sensible_number(count: Any) -> None:
    reply = ask(n=count)
    assert (reply.status, json.loads(reply.chunks[0])["error"]["param"]) == (400, "n")


def test_tools_calls_the_first_tool() -> None:
    reply = whole(ask(model="tools", tools=[WEATHER, CLOCK]))
    [choice] = reply["choices"]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["content"] is None
    [call] = choice["message"]["tool_calls"]
    assert call == {
        "id": "call_mock_abc",
        "type": "function",
        "function": {"name": "weather", "arguments": '{"city":"text"}'},
    }


@pytest.mark.parametrize(
    ("choice", "name"),
    [
        ("auto", "weather"),
        ("required", "weather"),
        (None, "weather"),
        ({"type": "function", "function": {"name": "clock"}}, "clock"),
        ({"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [CLOCK]}}, "clock"),
    ],
)
def test_tool_choice_names_the_tool(choice: Any, name: str) -> None:
    message = said(ask(model="tools", tools=[WEATHER, CLOCK], tool_choice=choice))
    assert message["tool_calls"][0]["function"]["name"] == name


def test_a_tool_without_parameters_gets_an_empty_object() -> None:
    assert said(ask(model="tools", tools=[CLOCK]))["tool_calls"][0]["function"]["arguments"] == "{}"


def test_a_custom_tool_gets_the_last_message() -> None:
    [call] = said(ask("select 1", model="tools", tools=[SQL]))["tool_calls"]
    assert call == {"id": "call_mock_abc", "type": "custom", "custom": {"name": "sql", "input": "select 1"}}
    [streamed] = heard(ask("select 1", model="tools", tools=[SQL], stream=True)).assembled().tool_calls
    assert (streamed.name, streamed.arguments) == ("sql", "select 1")


def test_a_tool_that_is_not_offered_is_an_error() -> None:
    choice = {"type": "function", "function": {"name": "other"}}
    reply = ask(model="tools", tools=[WEATHER], tool_choice=choice)
    assert (reply.status, json.loads(reply.chunks[0])["error"]["param"]) == (400, "tool_choice")


@pytest.mark.parametrize(
    "fields",
    [{}, {"tools": []}, {"tools": [{"type": "function"}]}, {"tools": [WEATHER], "tool_choice": "none"}],
)
def test_tools_without_a_tool_to_call_is_an_echo(fields: dict[str, Any]) -> None:
    assert said(ask("Hi", model="tools", **fields))["content"] == "Hi"


def test_a_tools_result_is_answered_with_its_text() -> None:
    messages = [
        {"role": "user", "content": "Weather?"},
        {"role": "tool", "tool_call_id": "c", "content": "sunny"},
    ]
    [choice] = whole(ask(model="tools", messages=messages, tools=[WEATHER]))["choices"]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("sunny", "stop")


def test_a_streamed_call_comes_in_pieces() -> None:
    tool = {
        "type": "function",
        "function": {"name": "f", "parameters": {"required": ["a", "b", "c"], "type": "object"}},
    }
    reply = ask(model="tools", tools=[tool], stream=True)
    [call] = heard(reply).assembled().tool_calls
    assert (call.id, call.name, json.loads(call.arguments)) == (
        "call_mock_abc",
        "f",
        dict.fromkeys("abc", "text"),
    )
    deltas = [event["choices"][0]["delta"].get("tool_calls") for event in events(reply)]
    pieces = [delta[0] for delta in deltas if delta]
    assert len(pieces) > 2
    assert "id" in pieces[0]
    assert not any("id" in piece for piece in pieces[1:])
