import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.exchange import Assembled, ToolCall
from aigw_dev.store import words


def request_words(body: Any) -> list[str]:
    return words.request_text(json.dumps(body).encode()).split("\x1e")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {"messages": [{"role": "system", "content": "Be kind"}, {"role": "user", "content": "Hello"}]},
            ["Hello", "Be kind"],
        ),
        (
            {
                "messages": [
                    {
                        "role": "user",
                        "content": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}],
                    }
                ]
            },
            ["two", "one"],
        ),
        ({"prompt": ["first", "second"]}, ["second", "first"]),
        ({"input": "embed me", "model": "m"}, ["embed me"]),
        ({"input": [1, 2, 3]}, [""]),
        (
            {"system": [{"type": "text", "text": "S"}], "messages": [{"role": "user", "content": "U"}]},
            ["U", "S"],
        ),
        ({"contents": [{"parts": [{"text": "gemini"}]}]}, ["gemini"]),
        ({"instructions": "I", "input": [{"content": [{"type": "input_text", "text": "T"}]}]}, ["T", "I"]),
        ({"query": "q", "documents": ["d1", {"text": "d2"}]}, ["d2", "d1", "q"]),
        (
            {
                "messages": [
                    {
                        "role": "assistant",
                        "tool_calls": [{"function": {"name": "f", "arguments": '{"id":7}'}}],
                    }
                ]
            },
            ['{"id":7}'],
        ),
        ({"messages": "not a list", "model": "m"}, ["not a list"]),
        ({"messages": [{"content": "data:image/png;base64,AAAA"}, {"content": "x" * 5000}]}, [""]),
        ({"messages": [{"content": "word " * 400}]}, ["word " * 400]),
        ([1, 2], [""]),
    ],
)
def test_the_words_of_a_request_begin_with_its_newest_message(body: Any, expected: list[str]) -> None:
    assert request_words(body) == expected


@pytest.mark.parametrize("body", [b"", b"\0\1\2", b"{" * 5000])
def test_a_body_without_words_has_none(body: bytes) -> None:
    assert words.request_text(body).strip("{") == ""


def test_a_body_nested_too_deep_is_no_error() -> None:
    words.request_text(b'{"messages":' + b"[" * 3000 + b"]" * 3000 + b"}")
    assert words.request_text(b'{"messages":' + b"[" * 30 + b'"deep"' + b"]" * 30 + b"}") == ""


def test_a_body_that_is_not_json_is_searched_as_it_is() -> None:
    assert words.request_text(b"plain text") == "plain text"
    assert words.body_text(b"<html>Bad gateway</html>") == "<html>Bad gateway</html>"


def test_of_a_long_request_the_newest_words_are_kept() -> None:
    text = words.request_text(
        json.dumps({"messages": [{"content": "old " * 40_000}, {"content": "new"}]}).encode()
    )
    assert text.startswith("new\x1eold")
    assert len(text) <= words.MOST_CHARS + 10


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ({"choices": [{"message": {"role": "assistant", "content": "hi"}}]}, "hi"),
        ({"error": {"message": "no such model"}}, "no such model"),
        ({"content": [{"type": "text", "text": "anthropic"}]}, "anthropic"),
        ({"candidates": [{"content": {"parts": [{"text": "gemini"}]}}]}, "gemini"),
        ({"output": [{"content": [{"type": "output_text", "text": "responses"}]}]}, "responses"),
    ],
)
def test_a_whole_reply_is_read_in_any_dialect(reply: Any, expected: str) -> None:
    assert words.body_text(json.dumps(reply).encode()) == expected


def test_no_reply_has_no_words() -> None:
    assert words.body_text(b"") == ""


def test_a_reply_is_searched_by_text_reasoning_and_calls() -> None:
    message = Assembled(text="T", reasoning="R", tool_calls=[ToolCall(name="f", arguments="{}")])
    assert words.reply_text(message).split("\x1e") == ["T", "R", "f", "{}"]


def test_letters_of_east_asia_stand_alone_in_the_index() -> None:
    assert words.spaced("价格ok") == " 价  格 ok"
    assert words.spaced("plain") == "plain"
    assert words.unspaced(words.spaced("查询价格 now")).replace(" ", "") == "查询价格now"
    assert words.unspaced("plain text") == "plain text"


@given(st.text())
def test_spacing_changes_nothing_but_blanks(text: str) -> None:
    assert words.unspaced(words.spaced(text)).replace(" ", "") == text.replace(" ", "")


def test_a_preview_is_the_beginning_on_one_line() -> None:
    assert words.preview("one\n two\tthree") == "one two three"
    assert words.preview("x" * 500) == "x" * 119 + "…"
    assert words.newest_piece("新 消 息\x1eold") == "新消息"
    assert words.squeezed(" a \n b\x1ec ") == "a b c"
