from typing import Any

import msgspec

from aigw_dev.core.chat.vocabulary import Cache, Image, Media, Opaque, Text, ToolCall, ToolResult
from aigw_dev.core.ledger import Ledger
from tests.core.dialects.bedrock.requests import (
    answered,
    assistant,
    fates,
    raw,
    refused,
    request,
    system,
    user,
    written,
)


def shape(body: dict[str, Any]) -> list[tuple[str, list[str]]]:
    return [(turn["role"], [next(iter(block)) for block in turn["content"]]) for turn in body["messages"]]


def test_leading_words_of_the_system_stand_apart_with_their_marks() -> None:
    developer = msgspec.structs.replace(system("two"), role="developer")
    body = written(request(system(Text(text="one", cache=Cache())), developer, user("hi")))
    assert body["system"] == [{"text": "one"}, {"cachePoint": {"type": "default"}}, {"text": "two"}]
    assert shape(body) == [("user", ["text"])]


def test_later_words_of_the_system_keep_their_place_and_are_named() -> None:
    ledger = Ledger()
    body = written(request(user("hi"), assistant("yes"), system("be brief"), user("go on")), ledger=ledger)
    assert "system" not in body
    assert body["messages"][2]["content"] == [{"text": "be brief"}, {"text": "go on"}]
    assert fates(ledger) == {"messages[2].role": "approximated"}


def test_the_systems_words_alone_become_the_users() -> None:
    ledger = Ledger()
    body = written(request(system("write a poem")), ledger=ledger)
    assert body["messages"] == [{"role": "user", "content": [{"text": "write a poem"}]}]
    assert fates(ledger) == {"messages[0].role": "approximated"}


def test_the_system_speaks_in_text_only() -> None:
    picture = Image(source=Media(data="iVBORw0KGgo="))
    assert refused(request(system(picture), user("hi"))).param == "messages[0].content[0]"


def test_neighbours_of_one_role_are_one_turn() -> None:
    body = written(request(user("a"), user("b"), assistant("c"), assistant("d"), user("e")))
    assert shape(body) == [("user", ["text", "text"]), ("assistant", ["text", "text"]), ("user", ["text"])]


def test_results_of_parallel_calls_stand_in_one_turn_before_the_users_words() -> None:
    ledger = Ledger()
    calls = assistant(ToolCall(id="a", name="f"), ToolCall(id="b", name="f"))
    body = written(
        request(
            user("hi"), calls, answered(ToolResult(call_id="a")), user("wait"), answered(ToolResult(call_id="b", cache=Cache()))
        ),
        ledger=ledger,
    )  # fmt: skip
    assert shape(body)[2] == ("user", ["toolResult", "toolResult", "cachePoint", "text"])
    assert fates(ledger)["messages[4]"] == "approximated"


def test_an_empty_message_is_left_out() -> None:
    ledger = Ledger()
    foreign = Opaque(dialect="openai-responses", type="web_search_call", raw=raw({}))
    body = written(request(user("hi"), assistant(foreign), assistant(), user("go on")), ledger=ledger)
    assert shape(body) == [("user", ["text", "text"])]
    assert fates(ledger)["messages[1]"] == "dropped"
    assert "messages[2]" not in fates(ledger)


def test_a_speakers_name_is_left_out() -> None:
    ledger = Ledger()
    written(request(msgspec.structs.replace(user("hi"), name="ann")), ledger=ledger)
    assert fates(ledger) == {"messages[0].name": "dropped"}


def test_a_conversation_of_which_nothing_is_left_is_refused() -> None:
    assert refused(request(user(" "), assistant(""))).param == "messages"
    assert refused(request(system("s"), user(""))).param == "messages"


def test_what_only_another_dialect_says_is_left_out_of_the_systems_words() -> None:
    ledger = Ledger()
    foreign = Opaque(dialect="anthropic-messages", type="tool_addition", raw=raw({"type": "tool_addition"}))
    wire = written(request(user("hi"), system(foreign), user("ho")), ledger=ledger)
    assert [turn["role"] for turn in wire["messages"]] == ["user"]
    assert fates(ledger)["messages[1].content[0].tool_addition"] == "dropped"
