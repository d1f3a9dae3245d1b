"""Legacy completions answer every prompt with itself."""

import json
from typing import Any

import pytest

from aigw_dev.core.dialects import openai_chat
from aigw_dev.core.mock import MockReply, answer
from aigw_dev.core.streams.sse import Decoder


def ask(prompt: Any, **fields: Any) -> MockReply:
    body = json.dumps({"model": "mock/echo", "prompt": prompt, **fields}).encode()
    return answer("POST", "/v1/completions", body, now_s=1790000000, id_seed="abc")


def texts(reply: MockReply) -> list[str]:
    assert reply.status == 200
    choices: list[dict[str, Any]] = json.loads(reply.chunks[0])["choices"]
    assert [choice["index"] for choice in choices] == list(range(len(choices)))
    return [choice["text"] for choice in choices]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("Once upon", ["Once upon"]),
        ("", [""]),
        (["a", "b"], ["a", "b"]),
        ([1, 2, 3], ["1 2 3"]),
        ([[1, 2], [3]], ["1 2", "3"]),
    ],
)
def test_every_legal_prompt_is_echoed(prompt: Any, expected: list[str]) -> None:
    assert texts(ask(prompt)) == expected


@pytest.mark.parametrize("prompt", [None, [], 7, {"a": 1}, [[]], [None], ["a", {}]])
def test_any_other_prompt_is_an_error(prompt: Any) -> None:
    reply = ask(prompt)
    assert (reply.status, json.loads(reply.chunks[0])["error"]["param"]) == (400, "prompt")


def test_each_prompt_has_n_choices() -> None:
    assert texts(ask(["a", "b"], n=2)) == ["a", "a", "b", "b"]
    assert ask("a", n=0).status == 400


def test_echo_puts_the_prompt_before_the_answer() -> None:
    assert texts(ask("Once", echo=True)) == ["OnceOnce"]


def test_limits_hold() -> None:
    reply = json.loads(ask("one two three", max_tokens=2).chunks[0])
    assert (reply["choices"][0]["text"], reply["choices"][0]["finish_reason"]) == ("one two", "length")
    assert (reply["object"], reply["model"], reply["created"]) == ("text_completion", "mock/echo", 1790000000)
    assert (
        reply["usage"]["total_tokens"]
        == reply["usage"]["prompt_tokens"] + reply["usage"]["completion_tokens"]
    )


@pytest.mark.parametrize("wants_usage", [True, False])
def test_a_stream_says_the_same(wants_usage: bool) -> None:
    whole = openai_chat.reply_summary(ask(["one two", "three"]).chunks[0])
    reply = ask(["one two", "three"], stream=True, stream_options={"include_usage": wants_usage})
    reader = openai_chat.stream_reader()
    for event in Decoder().feed(b"".join(reply.chunks)):
        reader.feed(event)
    assert reader.assembled() == whole.assembled
    assert reader.is_done
    assert (reader.usage is not None) == wants_usage
    assert len(reply.chunks) == 3 + 2 + wants_usage + 1
