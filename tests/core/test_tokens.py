"""Estimates are near where they can be, and never fail."""

import json
import statistics
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.tokens import (
    TOKENS_PER_IMAGE,
    TOKENS_PER_MESSAGE,
    TOKENS_PER_REPLY,
    TOKENS_PER_SMALL_IMAGE,
    estimate,
    estimate_request,
    estimate_usage,
)


def request(**body: Any) -> int:
    return estimate_request(json.dumps(body).encode())


# Counts of o200k_base, the vocabulary of GPT-4o and later.
@pytest.mark.parametrize(
    ("text", "true_count"),
    [
        ("The quick brown fox jumps over the lazy dog.", 10),
        ("Hello, world! How are you today?", 9),
        ("def add(a, b):\n    return a + b\n", 13),
        ("你好，世界。今天天气很好，我们去公园散步吧。", 15),
        ("1234567890", 4),
    ],
)
def test_an_estimate_is_near_the_true_count(text: str, true_count: int) -> None:
    assert abs(estimate(text) - true_count) <= max(3, true_count // 4)


def test_nothing_is_no_token_and_anything_is_at_least_one() -> None:
    assert estimate("") == 0
    assert estimate(" ") == 1
    assert estimate("\u200d") == 1


@given(st.text(max_size=300))
def test_more_text_never_means_fewer_tokens(text: str) -> None:
    assert estimate(text + " and more words follow") >= estimate(text)


@given(st.text(max_size=100), st.text(max_size=100))
def test_a_text_is_about_the_sum_of_its_halves(first: str, second: str) -> None:
    assert abs(estimate(first + second) - estimate(first) - estimate(second)) <= 2


def test_a_long_text_takes_linear_time() -> None:
    def seconds(text: str) -> float:
        began_s = time.perf_counter()
        estimate(text)
        return time.perf_counter() - began_s

    page = "The quick brown fox, number 42!\n" * 4_000
    once = min(seconds(page) for _ in range(3))
    assert min(seconds(page * 8) for _ in range(3)) < once * 24


# requests


def test_a_chat_counts_its_messages_and_their_frame() -> None:
    text = "Say this is a test."
    assert (
        request(messages=[{"role": "user", "content": text}])
        == estimate(text) + TOKENS_PER_MESSAGE + TOKENS_PER_REPLY
    )
    parts = [{"type": "text", "text": text}]
    assert (
        request(messages=[{"role": "user", "content": parts}])
        == estimate(text) + TOKENS_PER_MESSAGE + TOKENS_PER_REPLY
    )


def test_an_image_counts_a_constant_whatever_its_size() -> None:
    def image(**more: str) -> int:
        part = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 100_000, **more}}
        return request(messages=[{"role": "user", "content": [part]}]) - TOKENS_PER_MESSAGE - TOKENS_PER_REPLY

    assert image() == TOKENS_PER_IMAGE
    assert image(detail="low") == TOKENS_PER_SMALL_IMAGE


@pytest.mark.parametrize(
    "part",
    [
        {"type": "input_audio", "input_audio": {"data": "A" * 9_000}},
        {"type": "file", "file": {"file_data": "A" * 9_000}},
    ],
)
def test_an_encoded_file_is_not_counted_as_text(part: dict[str, Any]) -> None:
    assert request(messages=[{"role": "user", "content": [part]}]) == TOKENS_PER_MESSAGE + TOKENS_PER_REPLY


def test_tool_calls_and_tools_count() -> None:
    call = {
        "id": "call_1",
        "type": "function",
        "function": {"name": "weather", "arguments": '{"city":"Paris"}'},
    }
    bare = request(messages=[{"role": "assistant", "content": None}])
    assert request(messages=[{"role": "assistant", "content": None, "tool_calls": [call]}]) > bare + 5
    tools: list[dict[str, Any]] = [
        {
            "type": "function",
            "function": {"name": "weather", "description": "Weather of a city", "parameters": {}},
        }
    ]
    assert request(messages=[{"role": "assistant", "content": None}], tools=tools) > bare + 10


@pytest.mark.parametrize(
    ("body", "tokens"),
    [
        ({"prompt": "one two three"}, 3),
        ({"prompt": ["one two", "three"]}, 3),
        ({"input": "one two three"}, 3),
        ({"input": [1, 2, 3, 4]}, 4),
        ({"input": [[1, 2, 3], [4]]}, 4),
        ({"input": []}, 0),
        ({"input": 5}, 0),
        ({}, 0),
    ],
)
def test_a_prompt_and_an_input_count_in_every_form(body: dict[str, Any], tokens: int) -> None:
    assert request(**body) == tokens


@given(st.binary(max_size=200))
def test_what_cannot_be_read_counts_nothing(body: bytes) -> None:
    assert estimate_request(body) >= 0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(["messages", "tools", "input", "prompt", "response_format"]), JSON))
def test_no_request_breaks_the_estimate(body: dict[str, Any]) -> None:
    assert estimate_request(json.dumps(body).encode()) >= 0


def test_a_request_of_any_depth_is_counted_or_passed_over() -> None:
    assert estimate_request(b'{"messages":' + b"[" * 50_000 + b"]" * 50_000 + b"}") >= 0
    deep = b'{"messages":[{"content":' + b"[" * 500 + b'"x"' + b"]" * 500 + b"}]}"
    assert estimate_request(deep) >= 0
    for depth in range(800, 1_000):
        assert estimate_request(b'{"tools":' + b"[" * depth + b"1" + b"]" * depth + b"}") >= 0


def test_a_usage_made_here_is_marked() -> None:
    usage = estimate_usage(b'{"messages":[{"role":"user","content":"Hi"}]}', "Hello there, friend")
    assert usage.estimated
    assert (usage.input, usage.output) == (8, 5)
    assert estimate_usage(b"{}", "").output == 0


def test_recorded_answers_are_estimated_within_a_few_per_cent(vectors: Path) -> None:
    """Long plain answers of seven vendors, against the usage they report."""
    errors: dict[str, float] = {}
    for file in vectors.glob("vercel-ai/*/src/**/*-text.json"):
        reply = json.loads(file.read_bytes())
        if "message" not in reply.get("choices", [{}])[0]:
            continue
        message, counted = reply["choices"][0]["message"], reply["usage"].get("completion_tokens", 0)
        if message.get("content") and not message.get("reasoning_content") and counted > 100:
            errors[file.name] = abs(estimate(message["content"]) + 1 - counted) / counted
    assert len(errors) > 4
    assert max(errors.values()) < 0.25, errors
    assert statistics.median(errors.values()) < 0.10, errors
