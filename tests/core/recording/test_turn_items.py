"""The four dialects' readers: every kind of item, odd and missing fields."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.recording.fixture import Wild
from aigw_dev.core.recording.turn_items import Conversation, Tool, anthropic, gemini, openai_chat, responses
from aigw_dev.core.recording.turn_parts import Mark
from tests.core.recording.recorded_requests import request_in


def _rows(conversation: Conversation) -> list[tuple[str, str, str, str]]:
    return [(one.kind, one.path, one.id, one.name) for one in conversation.items]


def test_a_chat_has_messages_calls_and_results() -> None:
    assert _rows(openai_chat(request_in("chat").body)) == [
        ("system", "messages[0]", "", ""),
        ("user", "messages[1]", "", ""),
        ("tool_call", "messages[2].tool_calls[0]", "call_abc", "get_weather"),
        ("tool_call", "messages[2].tool_calls[1]", "call_def", "get_weather"),
        ("tool_result", "messages[3]", "call_abc", ""),
        ("tool_result", "messages[4]", "call_def", ""),
    ]
    tools = openai_chat(request_in("chat").body).tools
    assert tools == (Tool(name="get_weather", params=("city", "id")), Tool(name="get_time"))


def test_a_chat_of_the_first_days_has_functions() -> None:
    conversation = openai_chat(
        {
            "messages": [
                {"role": "developer", "content": "s"},
                {
                    "role": "assistant",
                    "reasoning_content": "r",
                    "content": "c",
                    "function_call": {"name": "f"},
                },
                {"role": "function", "name": "f", "content": "x"},
                {"role": "assistant", "refusal": "no"},
                {"content": []},
                {
                    "role": "assistant",
                    "tool_calls": [{"id": "1", "type": "custom", "custom": {"name": "g", "input": "ls"}}],
                },
            ],
            "functions": [{"name": "f"}],
            "tools": [{"type": "custom", "custom": {"name": "g"}}],
        }
    )
    assert _rows(conversation) == [
        ("system", "messages[0]", "", ""),
        ("reasoning", "messages[1]", "", ""),
        ("assistant", "messages[1]", "", ""),
        ("tool_call", "messages[1].function_call", "", "f"),
        ("tool_result", "messages[2]", "", "f"),
        ("assistant", "messages[3]", "", ""),
        ("message", "messages[4]", "", ""),
        ("tool_call", "messages[5].tool_calls[0]", "1", "g"),
    ]
    assert [one.name for one in conversation.tools] == ["g", "f"]


def test_responses_have_items() -> None:
    conversation = responses(request_in("responses").body)
    assert _rows(conversation) == [
        ("system", "instructions", "", ""),
        ("user", "input[0]", "", ""),
        ("reasoning", "input[1]", "", ""),
        ("tool_call", "input[2]", "call_1", "get_weather"),
        ("tool_result", "input[3]", "call_1", ""),
        ("tool_call", "input[4]", "call_2", "shell"),
        ("tool_result", "input[5]", "call_2", ""),
    ]
    assert conversation.continues_elsewhere
    assert [one.name for one in conversation.tools] == ["get_weather", "shell"]


def test_the_providers_own_calls_are_hosted() -> None:
    conversation = responses(
        {
            "input": [
                {"type": "web_search_call", "id": "ws_1", "action": {"query": "a"}},
                {"type": "computer_call", "call_id": "c1", "action": {"type": "click"}},
                {"type": "item_reference", "id": "msg_1"},
                {"type": "reasoning", "content": [{"text": "r"}]},
                {},
            ],
            "tools": [{"type": "web_search"}],
        }
    )
    assert [(one.kind, one.name, one.is_hosted, one.is_declared) for one in conversation.items] == [
        ("tool_call", "web_search_call", True, False),
        ("tool_call", "computer_call", False, False),
        ("item_reference", "", False, True),
        ("reasoning", "", False, True),
        ("message", "", False, True),
    ]
    assert conversation.tools == (Tool(name="web_search"),)
    assert not conversation.continues_elsewhere


def test_a_plain_text_is_what_the_user_says() -> None:
    assert _rows(responses({"input": "hi"})) == [("user", "input", "", "")]
    assert responses({"input": Wild()}).items[0].parts == (Mark("anything"),)
    assert _rows(gemini({"contents": "hi"})) == [("user", "contents", "", "")]


def test_messages_of_anthropic_have_blocks() -> None:
    assert _rows(anthropic(request_in("anthropic").body)) == [
        ("system", "system", "", ""),
        ("user", "messages[0]", "", ""),
        ("reasoning", "messages[1].content[0]", "", ""),
        ("assistant", "messages[1]", "", ""),
        ("tool_call", "messages[1].content[2]", "toolu_1", "get_weather"),
        ("tool_result", "messages[2].content[0]", "toolu_1", ""),
    ]


def test_anthropics_own_tools_are_hosted() -> None:
    conversation = anthropic(
        {
            "messages": [
                {
                    "role": "assistant",
                    "content": [
                        {
                            "type": "server_tool_use",
                            "id": "s1",
                            "name": "web_search",
                            "input": {"query": "a"},
                        },
                        {"type": "web_search_tool_result", "tool_use_id": "s1", "content": []},
                        {"type": "redacted_thinking", "data": "x"},
                        {"type": "text", "text": "t"},
                    ],
                },
                {"content": "hi"},
            ]
        }
    )
    assert [(one.kind, one.is_hosted) for one in conversation.items] == [
        ("tool_call", True),
        ("tool_result", True),
        ("reasoning", False),
        ("assistant", False),
        ("message", False),
    ]
    assert conversation.items[2].parts == (Mark("redacted_thinking"),)


def test_gemini_has_contents() -> None:
    conversation = gemini(request_in("gemini").body)
    assert _rows(conversation) == [
        ("system", "systemInstruction", "", ""),
        ("user", "contents[0]", "", ""),
        ("reasoning", "contents[1].parts[0]", "", ""),
        ("tool_call", "contents[1].parts[1]", "fn-1", "get_weather"),
        ("tool_result", "contents[2].parts[0]", "fn-1", "get_weather"),
    ]
    assert conversation.tools == (Tool(name="get_weather", params=("city",)),)


def test_gemini_in_its_other_spelling() -> None:
    conversation = gemini(
        {
            "system_instruction": "s",
            "contents": [
                {"parts": [{"text": "a"}, {"function_call": {"name": "f"}}, {"text": "b"}]},
                {"role": "model", "parts": {"text": "c"}},
                {"role": "function", "parts": [{"function_response": {"name": "f"}}, {"functionCall": 5}]},
            ],
            "tools": [{"function_declarations": [{"name": "f"}]}, {"google_search": {}}],
        }
    )
    assert [(one.kind, one.parts) for one in conversation.items] == [
        ("system", ("s",)),
        ("user", ("a",)),
        ("tool_call", ("{}",)),
        ("user", ("b",)),
        ("assistant", ("c",)),
        ("tool_result", ("{}",)),
        ("function", ('{"functionCall":5}',)),
    ]
    assert conversation.tools == (Tool(name="f"), Tool(name="google_search"))


_NAMES = (
    "messages", "input", "contents", "role", "content", "type", "tool_calls", "function", "parts", "functionCall", "text",
    "source", "image_url", "tools", "system", "thought", "name", "id", "summary", "output", "file", "parameters",
)  # fmt: skip


@given(
    body=st.dictionaries(
        st.sampled_from(_NAMES),
        st.recursive(
            st.none()
            | st.booleans()
            | st.integers()
            | st.sampled_from(["text", "tool_use", "message", "a:b"]),
            lambda inner: (
                st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=4)
            ),
            max_leaves=12,
        ),
    )
)
@pytest.mark.parametrize("reader", [openai_chat, responses, anthropic, gemini])
def test_any_body_is_read(reader: Any, body: dict[str, Any]) -> None:
    assert isinstance(reader(body), Conversation)
