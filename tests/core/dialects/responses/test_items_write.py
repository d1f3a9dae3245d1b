"""Messages as input items."""

from typing import Any

import msgspec
import pytest

from aigw_dev.core.chat.vocabulary import (
    Audio,
    Cache,
    ChatRequest,
    Image,
    Media,
    Message,
    Opaque,
    Part,
    Refusal,
    Role,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from aigw_dev.core.dialects.responses.items_write import shortened, write_input
from aigw_dev.core.ledger import Ledger

HI = Message(role="user", parts=(Text(text="Hi"),))


def items(
    *parts: Part,
    role: Role = "assistant",
    into: Ledger | None = None,
    dialect: str = "openai-chat",
    **more: Any,
) -> list[Any]:
    request = ChatRequest(dialect=dialect, model="m", messages=(HI, Message(role=role, parts=parts)))
    _, written = write_input(request, into or Ledger(), **more)
    return written[1:]


def fates(ledger: Ledger) -> list[tuple[str, str]]:
    return [(one.fate, one.field) for one in ledger.entries]


def test_a_turn_of_the_model_is_its_items_in_order() -> None:
    cited = Text(text="b", citations=msgspec.Raw(b"[1]"))
    written = items(
        Text(text="a"),
        Refusal(text="no"),
        ToolCall(id="c", name="f", item_id="fc_1"),
        cited,
        dialect="openai-responses",
    )
    assert [one["type"] for one in written] == ["message", "message", "function_call", "message"]
    assert written[0] == {"type": "message", "role": "assistant", "content": "a"}
    assert written[1]["content"] == [{"type": "refusal", "refusal": "no"}]
    assert written[2] == {
        "type": "function_call",
        "id": "fc_1",
        "call_id": "c",
        "name": "f",
        "arguments": "{}",
    }
    assert written[3]["content"][0]["annotations"] == msgspec.Raw(b"[1]")


def test_only_this_dialects_reasoning_is_sent_back() -> None:
    book = Ledger()
    own = Thinking(text="a", signature="S", origin="openai-responses", id="rs_1")
    foreign = Thinking(text="b", signature="X", origin="anthropic-messages", id="y")
    assert items(own, foreign, Thinking(text="c"), Thinking(), into=book) == [
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": "a"}],
            "encrypted_content": "S",
        }
    ]
    assert fates(book) == [
        ("dropped", "messages[1].content[1].signature"), ("dropped", "messages[1].content[1]"), ("dropped", "messages[1].content[2]"),
    ]  # fmt: skip
    unnamed = msgspec.structs.replace(own, id="")
    assert "id" not in items(unnamed)[0]


def test_reasoning_is_echoed_where_the_provider_wants_it() -> None:
    assert items(Thinking(text="b"), is_reasoning_echoed=True) == [
        {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "b"}]}
    ]
    kept = items(Thinking(id="rs_1"), dialect="openai-responses")
    assert kept == [{"type": "reasoning", "id": "rs_1", "summary": []}]


def test_results_say_that_they_are_errors() -> None:
    book = Ledger()
    picture = Image(source=Media(url="http://a"))
    written = items(
        ToolResult(call_id="a", parts=(Text(text="ok"),)),
        ToolResult(call_id="b", parts=(Text(text="bad"),), is_error=True),
        ToolResult(call_id="c", parts=(Text(text="Error: x"),), is_error=True),
        ToolResult(call_id="d", parts=(picture,), is_error=True),
        ToolResult(call_id="e", kind="custom"),
        role="tool",
        into=book,
    )
    assert [one["output"] for one in written] == [
        "ok", "Error: bad", "Error: x",
        [{"type": "input_text", "text": "Error:"}, {"type": "input_image", "image_url": "http://a", "detail": "auto"}], "",
    ]  # fmt: skip
    assert [one["type"] for one in written][-1] == "custom_tool_call_output"
    assert ("approximated", "messages[1].content[1].is_error") in fates(book)


def test_ids_that_are_too_long_are_cut_alike_in_call_and_result() -> None:
    book = Ledger()
    long = "toolu_" + "x" * 90
    [call] = items(ToolCall(id=long, name="f"), into=book)
    [result] = items(ToolResult(call_id=long), role="tool")
    assert call["call_id"] == result["call_id"] == shortened(long)
    assert len(call["call_id"]) == 64
    assert fates(book) == [("approximated", "messages[1].content[0].id")]
    assert shortened(long + "y") != shortened(long)
    assert shortened("short") == "short"


def test_hosted_items_stay_in_their_own_dialect() -> None:
    own = Opaque(dialect="openai-responses", type="web_search_call", raw=msgspec.Raw(b"{}"))
    answered = Opaque(dialect="openai-responses", type="local_shell_call_output", raw=msgspec.Raw(b"{}"))
    video = Opaque(dialect="openai-responses", type="input_video", raw=msgspec.Raw(b"{}"))
    assert items(own) == [own.raw]
    assert items(answered, video, role="user") == [
        answered.raw, {"type": "message", "role": "user", "content": [video.raw]},
    ]  # fmt: skip
    book = Ledger()
    assert items(msgspec.structs.replace(own, dialect="x"), Audio(source=Media(data="A")), into=book) == []
    assert len(book.entries) == 2


@pytest.mark.parametrize(
    ("part", "fate"),
    [
        (Text(text="x", cache=Cache()), ("approximated", "messages[1].content[0].cache_control")),
        (Text(text="x", citations=msgspec.Raw(b"[1]")), ("dropped", "messages[1].content[0].citations")),
        (ToolCall(id="c", name="f", signature="G"), ("dropped", "messages[1].content[0].signature")),
        (ToolCall(id="c", name="f", cache=Cache()), ("approximated", "messages[1].content[0].cache_control")),
        (Image(source=Media(url="http://a")), ("approximated", "messages[1].content[0]")),
    ],
)
def test_what_does_not_cross_whole_is_in_the_ledger(part: Part, fate: tuple[str, str]) -> None:
    book = Ledger()
    assert len(items(part, into=book)) == 1
    assert fates(book) == [fate]


def test_a_cached_result_and_a_named_speaker_are_told() -> None:
    book = Ledger()
    result = ToolResult(call_id="c", parts=(Text(text="x"),), cache=Cache())
    named = Message(role="user", parts=(Text(text="x"),), name="bob")
    request = ChatRequest(
        dialect="openai-chat", model="m", messages=(named, Message(role="tool", parts=(result,)))
    )
    write_input(request, book)
    assert fates(book) == [
        ("dropped", "messages[0].name"),
        ("approximated", "messages[1].content[0].cache_control"),
    ]


def test_a_cached_system_prompt_leads_all_the_same() -> None:
    system = Message(role="system", parts=(Text(text="a", cache=Cache()),))
    book = Ledger()
    foreign = ChatRequest(dialect="anthropic-messages", model="m", messages=(system, HI))
    assert write_input(foreign, book)[0] == "a"
    assert fates(book) == [("approximated", "system.cache_control")]
    own = ChatRequest(dialect="openai-responses", model="m", messages=(system, HI))
    assert write_input(own, Ledger())[0] == ""


def test_empty_words_of_another_protocol_are_left_out() -> None:
    assert items(Text(text="")) == []
