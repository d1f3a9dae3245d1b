import json
from typing import Any

import pytest

from aigw_dev.core.chat.vocabulary import (
    Audio,
    Cache,
    Document,
    Image,
    Media,
    Opaque,
    Part,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from aigw_dev.core.chat.vocabulary import Refusal as Declined
from aigw_dev.core.dialects.codec import Traits
from aigw_dev.core.ledger import Ledger
from tests.core.dialects.bedrock.requests import (
    answered,
    assistant,
    fates,
    raw,
    refused,
    request,
    user,
    written,
)

PNG = Media(data="iVBORw0KGgo=", media_type="image/png")
HOME = "bedrock-converse"


def said(part: Part, *, traits: Traits | None = None, ledger: Ledger | None = None) -> Any:
    """The blocks of an assistant's part, which stands between two words so that the turn is never empty."""
    asked = request(user("hi"), assistant("a", part, "z"), user("go on"))
    return written(asked, traits=traits, ledger=ledger)["messages"][1]["content"][1:-1]


def test_own_thinking_goes_back_with_its_signature() -> None:
    ledger = Ledger()
    assert said(Thinking(text="hm", signature="sig", origin=HOME), ledger=ledger) == [
        {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "sig"}}}
    ]
    assert said(Thinking(signature="QUI=", is_redacted=True, origin=HOME), ledger=ledger) == [
        {"reasoningContent": {"redactedContent": "QUI="}}
    ]
    assert fates(ledger) == {}


def test_a_foreign_signature_is_never_sent() -> None:
    ledger = Ledger()
    assert said(Thinking(text="hm", signature="sig", origin="anthropic-messages"), ledger=ledger) == []
    assert said(Thinking(signature="x", is_redacted=True, origin="openai-responses"), ledger=ledger) == []
    assert fates(ledger) == {
        "messages[1].content[1].signature": "dropped",
        "messages[1].content[1].thinking": "dropped",
        "messages[1].content[1]": "dropped",
    }


def test_a_model_that_wants_its_thinking_back_gets_the_text() -> None:
    echo = Traits(echoes_reasoning=True)
    expected = [{"reasoningContent": {"reasoningText": {"text": "hm"}}}]
    assert said(Thinking(text="hm"), traits=echo) == expected
    assert said(Thinking(text="hm", signature="sig", origin="other"), traits=echo) == expected
    assert said(Thinking(text="hm")) == []
    assert said(Thinking()) == []


def test_a_call_keeps_its_arguments_as_the_model_spelled_them() -> None:
    (block,) = said(ToolCall(id="toolu_1", name="f", arguments='{"b":1.50,"a":1}'))
    assert block == {"toolUse": {"toolUseId": "toolu_1", "name": "f", "input": {"b": 1.5, "a": 1}}}


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (ToolCall(id="c", name="f", arguments=""), {}),
        (ToolCall(id="c", name="f", arguments="[1]"), {"input": "[1]"}),
        (ToolCall(id="c", name="f", arguments='{"a":'), {"input": '{"a":'}),
        (ToolCall(id="c", name="f", arguments='{"a":1}', kind="custom"), {"input": '{"a":1}'}),
    ],
)
def test_arguments_that_are_no_object_stand_in_one(call: ToolCall, expected: object) -> None:
    ledger = Ledger()
    (block,) = said(call, ledger=ledger)
    assert block["toolUse"]["input"] == expected
    assert ("messages[1].content[1].arguments" in fates(ledger)) == bool(expected)


def test_an_id_that_the_provider_refuses_is_changed_alike_in_call_and_result() -> None:
    ledger = Ledger()
    given = "call|" + "x" * 80
    asked = request(
        user("hi"),
        assistant(ToolCall(id=given, name="my.tool")),
        answered(ToolResult(call_id=given, parts=())),
    )
    messages = written(asked, ledger=ledger)["messages"]
    call, result = messages[1]["content"][0]["toolUse"], messages[2]["content"][0]["toolResult"]
    assert call["toolUseId"] == result["toolUseId"] != given
    assert call["name"].startswith("my-tool-")
    assert fates(ledger)["messages[1].content[0].id"] == "approximated"
    assert fates(ledger)["messages[1].content[0].name"] == "approximated"


def test_a_gemini_signature_of_a_call_is_left_out() -> None:
    ledger = Ledger()
    said(ToolCall(id="c", name="f", signature="s"), ledger=ledger)
    assert fates(ledger)["messages[1].content[1].signature"] == "dropped"


def result(*parts: Any, **fields: Any) -> tuple[Any, Ledger]:
    ledger = Ledger()
    asked = request(
        user("hi"),
        assistant(ToolCall(id="c", name="f")),
        answered(ToolResult(call_id="c", parts=parts, **fields)),
    )
    return written(asked, ledger=ledger)["messages"][2]["content"], ledger


def test_a_result_keeps_its_error_and_its_pictures() -> None:
    document = Document(source=Media(data="AAAA", media_type="application/pdf"), name="d")
    (block,), _ = result(Text(text="bad"), Image(source=PNG), document, is_error=True)
    assert block["toolResult"]["status"] == "error"
    assert [next(iter(one)) for one in block["toolResult"]["content"]] == ["text", "image", "document"]


def test_a_result_that_says_nothing_is_still_a_result() -> None:
    assert result()[0][0]["toolResult"] == {"toolUseId": "c", "content": []}
    assert result(Text(text=""))[0][0]["toolResult"]["content"] == [{"text": ""}]


def test_a_cache_mark_inside_a_result_stands_behind_it() -> None:
    content, _ = result(Text(text="x", cache=Cache()), Image(source=PNG, cache=Cache(ttl="1h")))
    assert [next(iter(block)) for block in content] == ["toolResult", "cachePoint"]
    content, _ = result(Image(source=PNG, cache=Cache(ttl="1h")))
    assert content[1] == {"cachePoint": {"type": "default", "ttl": "1h"}}


def test_what_a_result_cannot_hold_is_refused_or_named() -> None:
    sound = ToolResult(call_id="c", parts=(Audio(source=Media(data="AAAA"), format="wav"),))
    refusal = refused(request(user("hi"), assistant(ToolCall(id="c", name="f")), answered(sound)))
    assert refusal.param == "messages[2].content[0].content[0]"
    elsewhere = ToolResult(call_id="c", parts=(Image(source=Media(url="https://x.example/a.png")),))
    assert refused(request(user("hi"), answered(elsewhere))).param == "messages[1].content[0].content[0]"
    _, ledger = result(Opaque(dialect="anthropic-messages", type="search_result", raw=raw({})))
    assert fates(ledger)["messages[2].content[0].content[0].search_result"] == "dropped"


def test_what_was_said_aloud_stands_as_its_transcript() -> None:
    ledger = Ledger()
    assert said(Audio(source=Media(), id="audio_1", transcript="hello"), ledger=ledger) == [{"text": "hello"}]
    assert fates(ledger) == {"messages[1].content[1].audio": "approximated"}


def test_words_of_refusal_stand_as_text_and_foreign_parts_are_named() -> None:
    ledger = Ledger()
    assert said(Declined(text="no"), ledger=ledger) == [{"text": "no"}]
    assert said(Opaque(dialect="openai-responses", type="web_search_call", raw=raw({})), ledger=ledger) == []
    assert fates(ledger) == {
        "messages[1].content[1].refusal": "approximated",
        "messages[1].content[1].web_search_call": "dropped",
    }


def test_blank_text_is_left_out_with_its_mark() -> None:
    ledger = Ledger()
    assert said(Text(text=" \n", cache=Cache()), ledger=ledger) == []
    assert said(Text(text=""), ledger=ledger) == []
    assert fates(ledger) == {"messages[1].content[1]": "dropped"}


def test_citations_of_another_dialect_are_left_out() -> None:
    ledger = Ledger()
    assert said(Text(text="x", citations=raw([1])), ledger=ledger) == [{"text": "x"}]
    assert fates(ledger) == {"messages[1].content[1].citations": "dropped"}


def test_a_cache_mark_stands_behind_what_it_marks() -> None:
    ledger = Ledger()
    marked = request(user(Text(text="x", cache=Cache(ttl="2h")), Image(source=PNG, cache=Cache())))
    content = written(marked, ledger=ledger)["messages"][0]["content"]
    assert [next(iter(block)) for block in content] == ["text", "cachePoint", "image", "cachePoint"]
    assert fates(ledger) == {"messages[0].content[0].cache_control.ttl": "approximated"}
    assert "cache_control" in ledger.kept
    assert [next(iter(block)) for block in said(ToolCall(id="c", name="f", cache=Cache()))] == [
        "toolUse",
        "cachePoint",
    ]


def test_a_model_without_a_cache_gets_no_mark() -> None:
    ledger = Ledger()
    marked = request(user(Text(text="x", cache=Cache())))
    assert "cachePoint" not in json.dumps(
        written(marked, traits=Traits(refuses=frozenset({"cache"})), ledger=ledger)
    )
    assert fates(ledger) == {"messages[0].content[0].cache_control": "dropped"}
