"""A recorded request and reply read like a conversation, whatever their shape."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.cli import conversation
from tests.cli.logged import STEERING


def asked(**fields: Any) -> list[str]:
    return conversation.request_lines(json.dumps(fields))


def test_messages_come_with_their_roles_then_parameters_and_tools() -> None:
    lines = asked(
        model="smart",
        messages=[
            {"role": "system", "content": "Be brief."},
            {
                "role": "user",
                "content": [{"type": "text", "text": "two\nlines"}, {"type": "image_url", "image_url": {}}],
            },
            {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": '{"a":1}'}}]},
            {"role": "tool", "content": "42"},
        ],
        temperature=0.5,
        tools=[{"type": "function", "function": {"name": "f"}}, {"type": "web_search"}],
    )
    assert lines == [
        "system: Be brief.",
        "user:",
        "  two",
        "  lines",
        "  [image_url]",
        'assistant calls: f({"a":1})',
        "tool: 42",
        "parameters: temperature=0.5",
        "tools: f, web_search",
    ]


@pytest.mark.parametrize(
    ("fields", "lines"),
    [
        ({"prompt": "once upon"}, ["prompt: once upon"]),
        ({"input": ["a", "b"]}, ["input: a", "input: b"]),
        ({"input": [[1, 2]]}, ["input:", "  1", "  2"]),
        ({"contents": [{"role": "user", "parts": [{"text": "hello"}]}]}, ["user: hello"]),
        ({"system": [{"type": "text", "text": "S"}], "messages": []}, ["system: S"]),
        ({"instructions": "I", "input": "x"}, ["instructions: I", "input: x"]),
        ({"model": "m"}, ["(empty)"]),
    ],
)
def test_requests_of_other_shapes_are_read_too(fields: dict[str, Any], lines: list[str]) -> None:
    assert asked(**fields) == lines


def test_what_is_no_json_object_is_shown_as_it_is() -> None:
    assert conversation.request_lines("hello\nyou") == ["hello", "you"]
    assert conversation.request_lines("[1]") == ["[1]"]


def test_a_body_that_was_not_kept_is_told_from_one_that_never_was() -> None:
    assert conversation.request_lines(None) == ["not recorded"]
    assert conversation.request_lines(None, is_kept=False) == ["none"]
    assert conversation.reply_lines(None, None) == ["not recorded"]
    assert conversation.reply_lines(None, "") == ["(empty)"]


def test_a_reply_shows_reasoning_text_refusal_and_tool_calls() -> None:
    reply = {
        "reasoning": "hm",
        "text": "yes",
        "refusal": "no",
        "tool_calls": [{"name": "f", "arguments": "{}"}],
    }
    assert conversation.reply_lines(reply, None) == [
        "reasoning: hm",
        "text: yes",
        "refusal: no",
        "tool call: f({})",
    ]


def test_a_reply_without_a_message_shows_its_body() -> None:
    assert conversation.reply_lines({}, '{"error":1}') == ['{"error":1}']


def test_a_long_text_is_cut_and_says_so() -> None:
    *_, last = asked(messages=[{"role": "user", "content": "x" * (conversation.MOST_CHARS + 5)}])
    assert "5 more characters; --raw" in last


def test_nothing_that_was_said_steers_the_terminal() -> None:
    shown = asked(
        messages=[{"role": STEERING, "content": STEERING}], user=STEERING, tools=[{"name": STEERING}]
    )
    shown += conversation.reply_lines({"text": STEERING, "tool_calls": [{"name": STEERING}]}, None)
    assert "\x1b" not in "".join(shown)
    assert "\u202e" not in "".join(shown)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["messages", "input", "system", "tools", "prompt", "x"]), JSON))
def test_no_json_is_too_odd_to_show(fields: dict[str, Any]) -> None:
    assert asked(**fields)


def test_a_sockets_messages_are_a_line_each() -> None:
    kept = [
        '{"at_ms":1,"from":"client","text":"{\\"type\\":\\"session.update\\"}"}',
        '{"at_ms":12,"from":"server","bytes":640}',
        '{"at_ms":20,"from":"client","close":1000,"reason":"bye"}',
        '{"left_out":3}',
        "no json \x1b[2J",
    ]
    assert conversation.socket_lines("\n".join(kept)) == [
        '      1 ms  client  {"type":"session.update"}',
        "     12 ms  server  640 bytes",
        "     20 ms  client  closed with 1000 bye",
        "... and 3 messages more",
        "no json \\x1b[2J",
    ]
