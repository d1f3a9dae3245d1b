"""Conversations put into the order that the API takes: bug classes 6 and 7 of the reference, and their relatives."""

from typing import Any

import pytest

from aigw_dev.core.chat.vocabulary import (
    Cache,
    ChatRequest,
    Message,
    Part,
    Role,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from aigw_dev.core.dialects.anthropic.blocks_write import Block, Writing
from aigw_dev.core.dialects.anthropic.turns import arranged, limit_markers, loops_without_thought
from aigw_dev.core.ledger import Ledger


def said(role: Role, *parts: Part | str, name: str = "") -> Message:
    return Message(
        role=role,
        parts=tuple(Text(text=part) if isinstance(part, str) else part for part in parts),
        name=name,
    )


def call(call_id: str) -> ToolCall:
    return ToolCall(id=call_id, name="f")


def result(call_id: str, text: str = "r") -> ToolResult:
    return ToolResult(call_id=call_id, parts=(Text(text=text),))


def short(block: Block) -> str:
    match block["type"]:
        case "text":
            return str(block["text"])
        case "tool_use":
            return f"call {block['id']}"
        case "tool_result":
            return f"result {block['tool_use_id']}{'!' if block.get('is_error') else ''}"
        case _:
            return "thought"


def turns_of(
    *messages: Message, dialect: str = "openai-chat", inline: bool = False
) -> tuple[list[str], list[Any], Ledger]:
    ledger = Ledger()
    writing = Writing(ChatRequest(dialect=dialect, model="m", messages=messages), ledger)
    system, turns = arranged(writing, has_inline_system=inline)
    return (
        [short(block) for block in system],
        [(turn.role, [short(block) for block in turn.blocks]) for turn in turns],
        ledger,
    )


def test_turns_of_one_role_are_merged_and_empty_ones_vanish() -> None:
    _, turns, ledger = turns_of(
        said("user", "a"), said("user", "b"), said("assistant", ""), said("user", "c")
    )
    assert turns == [("user", ["a", "b", "c"])]
    assert ledger.entries == []


def test_results_stand_first_in_the_turn_behind_their_calls() -> None:
    _, turns, ledger = turns_of(
        said("user", "q"), said("assistant", "hm", call("1"), call("2")), said("user", "wait"), said("tool", result("2")),
        said("tool", result("1")), said("user", "go"),
    )  # fmt: skip
    assert turns[1:] == [
        ("assistant", ["hm", "call 1", "call 2"]),
        ("user", ["result 1", "result 2", "wait", "go"]),
    ]
    assert ledger.entries == []


def test_a_result_that_comes_later_is_moved_to_its_call() -> None:
    _, turns, ledger = turns_of(
        said("user", "q"),
        said("assistant", call("1")),
        said("user", "x"),
        said("assistant", "y"),
        said("tool", result("1")),
    )
    assert turns[1:] == [("assistant", ["call 1"]), ("user", ["result 1", "x"]), ("assistant", ["y"])]
    assert [one.fate for one in ledger.entries] == ["approximated"]


def test_a_call_without_a_result_gets_an_error_for_one() -> None:
    _, turns, ledger = turns_of(said("user", "q"), said("assistant", call("1")), said("user", "x"))
    assert turns[2] == ("user", ["result 1!", "x"])
    assert [one.fate for one in ledger.entries] == ["invented"]
    assert turns_of(said("user", "q"), said("assistant", call("1")))[1][-1] == ("user", ["result 1!"])


def test_a_result_without_a_call_is_text() -> None:
    _, turns, ledger = turns_of(said("user", "q"), said("tool", result("9", "sunny")))
    assert turns == [("user", ["q", "Result of tool call 9: sunny"])]
    assert [one.fate for one in ledger.entries] == ["approximated"]
    two = ToolResult(call_id="9", parts=(Text(text="a"), Text(text="b")))
    assert turns_of(said("tool", two))[1] == [("user", ["Result of tool call 9:", "a", "b"])]


def test_one_id_for_two_calls_becomes_two() -> None:
    _, turns, _ = turns_of(
        said("user", "q"), said("assistant", call("1")), said("tool", result("1")),
        said("assistant", call("1"), call("1_2")), said("tool", result("1"), result("1_2")),
    )  # fmt: skip
    again = (said("assistant", call("1")), said("tool", result("1")))
    first = (
        said("user", "q"),
        said("assistant", call("1"), call("1_2")),
        said("tool", result("1"), result("1_2")),
    )
    assert turns_of(*first, *again)[1][3] == ("assistant", ["call 1_3"])
    assert turns[1:3] == [("assistant", ["call 1"]), ("user", ["result 1"])]
    assert turns[3][1] == ["call 1_2", "call 1_2_2"]
    assert turns[4][1] == ["result 1_2", "result 1_2_2"]


def test_a_thought_stands_before_the_calls_of_its_turn() -> None:
    thought = Thinking(text="t", signature="s", origin="anthropic-messages")
    _, turns, ledger = turns_of(
        said("user", "q"), said("assistant", "a", call("1"), thought), said("tool", result("1"))
    )
    assert turns[1] == ("assistant", ["a", "thought", "call 1"])
    assert [one.fate for one in ledger.entries] == ["approximated"]


def test_the_first_turn_is_the_users_and_there_is_one() -> None:
    _, turns, ledger = turns_of(said("assistant", "a"))
    assert [role for role, _ in turns] == ["user", "assistant"]
    assert [one.fate for one in ledger.entries] == ["invented"]
    system, turns, ledger = turns_of(said("system", "s"))
    assert (system, [role for role, _ in turns]) == (["s"], ["user"])
    assert [one.fate for one in ledger.entries] == ["invented"]


def test_whitespace_at_the_very_end_is_cut() -> None:
    _, turns, ledger = turns_of(said("user", "q"), said("assistant", "The answer is "))
    assert turns[-1] == ("assistant", ["The answer is"])
    assert [one.fate for one in ledger.entries] == ["approximated"]


@pytest.mark.parametrize(("dialect", "inline"), [("anthropic-messages", False), ("openai-chat", True)])
def test_a_later_system_message_stays_where_the_model_takes_it(dialect: str, inline: bool) -> None:
    messages = (
        said("system", "s"),
        said("user", "a"),
        said("system", "now"),
        said("system", "and"),
        said("user", "b"),
    )
    system, turns, _ = turns_of(*messages, dialect=dialect, inline=inline)
    assert system == ["s"]
    assert turns == [("user", ["a"]), ("system", ["now"]), ("system", ["and"]), ("user", ["b"])]


def test_a_later_system_message_is_moved_where_the_model_does_not() -> None:
    system, turns, ledger = turns_of(
        said("system", "s"), said("user", "a"), said("developer", "now"), said("user", "b")
    )
    assert (system, turns) == (["s", "now"], [("user", ["a", "b"])])
    assert [(one.fate, one.field) for one in ledger.entries] == [("approximated", "messages[2]")]


def test_names_of_speakers_are_dropped() -> None:
    assert [one.field for one in turns_of(said("user", "a", name="Ann"))[2].entries] == ["messages[0].name"]


def test_only_four_markers_are_left_the_last_ones() -> None:
    ledger = Ledger()
    parts = [Text(text=str(number), cache=Cache()) for number in range(6)]
    writing = Writing(ChatRequest(dialect="openai-chat", model="m", messages=(said("user", *parts),)), ledger)
    _, turns = arranged(writing, has_inline_system=False)
    limit_markers([turns[0].blocks], writing)
    assert [block["text"] for block in turns[0].blocks if "cache_control" in block] == ["2", "3", "4", "5"]
    assert [one.field for one in ledger.entries] == ["cache_control"]


def test_a_loop_of_tools_without_a_thought_is_seen() -> None:
    thought = Thinking(text="t", signature="s", origin="anthropic-messages")
    for parts, expected in (((call("1"),), True), ((thought, call("1")), False)):
        messages = (said("user", "q"), said("assistant", *parts), said("tool", result("1")))
        _, turns = arranged(
            Writing(ChatRequest(dialect="x", model="m", messages=messages), Ledger()), has_inline_system=False
        )
        assert loops_without_thought(turns) is expected
    _, turns = arranged(
        Writing(ChatRequest(dialect="x", model="m", messages=(said("user", "q"),)), Ledger()),
        has_inline_system=False,
    )
    assert not loops_without_thought(turns)
    assert not loops_without_thought([])
