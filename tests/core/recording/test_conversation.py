"""The invariants of a test's requests: each kind of breach in each dialect, and conversations that are right."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.recording.conversation import MOST_FINDINGS, check_conversation
from aigw_dev.core.recording.fixture import Request
from tests.core.recording.recorded_requests import DIALECTS, chat, request_in

USER = {"role": "user", "content": "Weather?"}
ANSWER = {"role": "assistant", "content": "Cold."}
SYSTEM = {"role": "system", "content": "You are terse."}
TOOL: dict[str, Any] = {
    "type": "function",
    "function": {"name": "f", "parameters": {"type": "object", "properties": {}}},
}


def _call(id_: str, name: str = "f") -> dict[str, Any]:
    return {"id": id_, "type": "function", "function": {"name": name, "arguments": "{}"}}


def _calls(*ids: str) -> dict[str, Any]:
    return {"role": "assistant", "tool_calls": [_call(one) for one in ids]}


def _result(id_: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": id_, "content": "4 C"}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_right_conversation_has_no_findings(dialect: str) -> None:
    assert check_conversation([request_in(dialect), request_in(dialect)]) == []


def test_no_requests_have_no_findings() -> None:
    assert check_conversation([]) == []
    assert check_conversation([Request(op="x"), Request(op="x", body=[1])]) == []


def test_a_result_without_its_call_is_an_orphan() -> None:
    assert check_conversation([chat(USER, _result("call_1"))]) == [
        "request 1: messages[1] is the result of call_1, but no call with that id stands before it"
    ]


def test_a_result_before_its_call_is_an_orphan() -> None:
    found = check_conversation([chat(_result("a"), _calls("a"), tools=[TOOL])])
    assert found == ["request 1: messages[0] is the result of a, but no call with that id stands before it"]


@pytest.mark.parametrize(
    ("dialect", "edit", "finding"),
    [
        (
            "anthropic",
            ("messages", 2, "content", 0, "tool_use_id"),
            "messages[2].content[0] is the result of other,",
        ),
        (
            "gemini",
            ("contents", 2, "parts", 0, "functionResponse", "id"),
            "contents[2].parts[0] is the result of other,",
        ),
        ("chat", ("messages", 3, "tool_call_id"), "messages[3] is the result of other,"),
        (
            "anthropic",
            ("tools", 0, "name"),
            "messages[1].content[2] calls `get_weather`, which the request does not declare",
        ),
        (
            "gemini",
            ("tools", 0, "functionDeclarations", 0, "name"),
            "contents[1].parts[1] calls `get_weather`, which",
        ),
        (
            "responses",
            ("tools", 0, "name"),
            "input[2] calls `get_weather`, which the request does not declare",
        ),
        ("responses", ("input", 3, "call_id"), "input[2] calls `get_weather` (call_1), which has no result"),
        (
            "anthropic",
            ("messages", 2, "content", 0, "tool_use_id"),
            "calls `get_weather` (toolu_1), which has no result",
        ),
    ],
)
def test_a_broken_link_is_found_in_every_dialect(dialect: str, edit: tuple[Any, ...], finding: str) -> None:
    request = request_in(dialect)
    held = request.body
    for step in edit[:-1]:
        held = held[step]
    held[edit[-1]] = "other"
    assert any(finding in one for one in check_conversation([request])), check_conversation([request])


def test_results_for_calls_that_the_provider_holds_are_no_orphans() -> None:
    body: dict[str, Any] = {"input": [{"type": "function_call_output", "call_id": "c", "output": "x"}]}
    assert check_conversation([Request(op="openai.responses", body=body)]) == [
        "request 1: input[0] is the result of c, but no call with that id stands before it"
    ]
    body["previous_response_id"] = "resp_1"
    assert check_conversation([Request(op="openai.responses", body=body)]) == []


def test_calls_without_ids_are_paired_by_name() -> None:
    def gemini(*parts: Any) -> list[str]:
        body = {"contents": [{"parts": list(parts)}], "tools": [{"functionDeclarations": [{"name": "f"}]}]}
        return check_conversation([Request(op="gemini.generate_content", body=body)])

    call, result = {"functionCall": {"name": "f"}}, {"functionResponse": {"name": "f"}}
    assert gemini(call, call, result, result) == []
    assert gemini(call, result, result) == [
        "request 1: contents[0].parts[2] is the result of a call of `f`, but no such call stands before it"
    ]
    assert gemini(call, call, result) == [
        "request 1: contents[0].parts[1] calls `f`, which has no result in the request"
    ]
    assert gemini({"functionResponse": {}}) == [
        "request 1: contents[0].parts[0] is the result of a call of a tool without a name, but no such call stands before it"
    ]


def test_an_unanswered_call_is_found() -> None:
    found = check_conversation([chat(USER, _calls("a", "b"), _result("a"), tools=[TOOL])])
    assert found == ["request 1: messages[1].tool_calls[1] calls `f` (b), which has no result in the request"]


def test_ids_that_stand_twice_are_found() -> None:
    found = check_conversation([chat(_calls("a", "a"), _result("a"), _result("a"), tools=[TOOL])])
    assert found == [
        "request 1: messages[0].tool_calls[1] is a second tool call with the id a (first: messages[0].tool_calls[0])",
        "request 1: messages[2] is a second tool result with the id a (first: messages[1])",
    ]


def test_what_the_provider_does_itself_is_its_own_matter() -> None:
    items = [{"type": "web_search_call", "id": "ws_1"}, {"type": "computer_call", "call_id": "c"}]
    outputs: list[Any] = [{"type": "computer_call_output", "call_id": "c", "output": {}}]
    body: dict[str, Any] = {"input": [*items, *outputs]}
    assert check_conversation([Request(op="openai.responses", body=body)]) == []


def test_a_grown_conversation_keeps_its_beginning() -> None:
    first = chat(SYSTEM, USER)
    assert check_conversation([first, chat(SYSTEM, USER, ANSWER, USER)]) == []


def _prefix(first: Request, second: Request) -> str:
    (found,) = check_conversation([first, second])
    head = "request 2 goes on with request 1, but "
    tail = ": a prompt cache holds only up to there"
    assert found.startswith(head)
    assert found.endswith(tail)
    return found.removeprefix(head).removesuffix(tail)


@pytest.mark.parametrize(
    ("system", "change"),
    [
        ({"role": "system", "content": "Now is 10:15."}, "messages[0].content changed"),
        ({"content": "You are terse.", "role": "system"}, "messages[0] has its fields in another order"),
        ({"role": "system"}, "messages[0].content is gone"),
        ({"role": "system", "content": "You are terse.", "name": "x"}, "messages[0].name is new"),
        ({"role": "system", "content": ["You are terse."]}, "messages[0].content changed"),
        ({"role": "system", "content": "You are terse.", "{a}": "x"}, "messages[0].{a} is new"),
    ],
)
def test_the_first_change_of_the_prefix_is_named(system: Any, change: str) -> None:
    assert _prefix(chat(SYSTEM, USER), chat(system, USER, ANSWER, USER)) == change


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ([TOOL], [TOOL, TOOL], "tools[1] is new"),
        ([TOOL, TOOL], [TOOL], "tools[1] is gone"),
        ([TOOL], None, "tools is gone"),
        (None, [TOOL], "tools is new"),
        ([TOOL], [TOOL | {"function": {"name": "g"}}], "tools[0].function.name changed"),
        (
            [{"a": 1, "b": {"c": 1, "d": 2}}],
            [{"a": 1, "b": {"d": 2, "c": 1}}],
            "tools[0].b has its fields in another order",
        ),
    ],
)
def test_tools_come_before_the_turns(before: Any, after: Any, change: str) -> None:
    other = {"role": "system", "content": "Other"}
    assert _prefix(chat(SYSTEM, USER, tools=before), chat(other, USER, ANSWER, tools=after)) == change


def test_every_dialect_has_its_prefix() -> None:
    anthropic = [
        Request(op="anthropic.messages", body={"system": text, "messages": turns})
        for text, turns in (("a", [USER]), ("b", [USER, ANSWER, USER]))
    ]
    assert _prefix(*anthropic) == "system changed"
    gemini = [
        Request(op=op, body={"systemInstruction": {"parts": [{"text": text}]}, "contents": turns})
        for op, text, turns in (
            ("gemini.generate_content", "a", [{"parts": [{"text": "x"}]}]),
            ("gemini.stream_generate_content", "b", [{"parts": [{"text": "x"}]}, {"parts": [{"text": "y"}]}]),
        )
    ]
    assert _prefix(*gemini) == "systemInstruction.parts[0].text changed"
    responses = [
        Request(op="openai.responses", body={"input": turns})
        for turns in ([USER, ANSWER, SYSTEM], [USER, {"role": "assistant", "content": "C"}, SYSTEM, USER])
    ]
    assert _prefix(*responses) == "input[1].content changed"


def test_a_cache_mark_that_moves_along_is_no_change() -> None:
    marked = USER | {"cache_control": {"type": "ephemeral"}}
    assert check_conversation([chat(SYSTEM, marked), chat(SYSTEM, USER, ANSWER, marked)]) == []


def test_another_conversation_or_model_is_no_continuation() -> None:
    first = chat(SYSTEM, USER)
    assert check_conversation([first, chat(SYSTEM, "Other", ANSWER, "More")]) == []
    assert (
        check_conversation([first, chat({"role": "system", "content": "x"}, USER, ANSWER, model="other")])
        == []
    )
    assert check_conversation([first, chat({"role": "system", "content": "x"}, USER)]) == []
    assert check_conversation([Request(op="openai.responses", body={"input": "a"}), first]) == []


def test_a_shortened_last_turn_is_still_the_same_conversation() -> None:
    first = chat(SYSTEM, USER, ANSWER, "Long text")
    assert _prefix(first, chat(SYSTEM, USER, ANSWER, "Short", ANSWER)) == "messages[3].content changed"


def test_each_finding_is_said_once_and_the_list_has_an_end() -> None:
    many = chat(*(_result(f"call_{place}") for place in range(200)))
    assert len(check_conversation([many])) == MOST_FINDINGS
    twice = check_conversation([chat({"role": "function", "name": "f"}, {"role": "function", "name": "f"})])
    assert len(twice) == 2


def test_deep_values_are_compared() -> None:
    def nested(end: Any, levels: int) -> Any:
        value: Any = end
        for _ in range(levels):
            value = {"a": [value]}
        return {"role": "system", "content": value}

    for levels in (150, 5000):
        found = _prefix(chat(nested(1, levels), USER), chat(nested(2, levels), USER, ANSWER, USER))
        assert found.startswith("messages[0].content.a[0].a[0]")


@given(cut=st.integers(1, 4), extra=st.integers(1, 3))
def test_any_way_of_growing_is_stable(cut: int, extra: int) -> None:
    turns = [SYSTEM, USER, ANSWER, {"role": "user", "content": "b"}, ANSWER, {"role": "user", "content": "c"}]
    requests = [chat(*turns[:cut]), chat(*turns[: cut + extra])]
    assert check_conversation(requests) == []
