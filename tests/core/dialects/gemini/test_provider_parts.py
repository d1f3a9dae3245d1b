"""Neutral messages as Gemini's contents, and what of them could not cross."""

import json
from typing import Any

import msgspec
import pytest

from aigw_dev.core.chat.vocabulary import (
    Audio,
    Cache,
    Document,
    Image,
    Media,
    Message,
    Opaque,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from aigw_dev.core.dialects import gemini
from aigw_dev.core.dialects.codec import Outgoing, Traits
from aigw_dev.core.errors import Refusal as Refused
from aigw_dev.core.ledger import Ledger
from tests.core.dialects.gemini.neutral_requests import ANSWER, NEW, fates, raw, request, user, written

PNG = "iVBORw0KGgo="


CALL = ToolCall(id="call_1", name="weather", arguments='{"city":"Bonn"}')


def test_leading_system_messages_are_the_instruction_and_later_ones_a_users() -> None:
    body, ledger = written(
        request(
            Message(role="system", parts=(Text(text="a"),)),
            Message(role="developer", parts=(Text(text="b"),)),
            user(Text(text="c")),
            Message(role="system", parts=(Text(text="d"),)),
        )
    )
    assert body["systemInstruction"] == {"parts": [{"text": "a"}, {"text": "b"}]}
    assert body["contents"] == [{"role": "user", "parts": [{"text": "c"}, {"text": "d"}]}]
    assert fates(ledger) == {("approximated", "messages[3].role")}


def test_a_lonely_system_message_gets_the_turn_that_gemini_wants() -> None:
    body, ledger = written(request(Message(role="system", parts=(Text(text="a"),))))
    assert body["contents"] == [{"role": "user", "parts": [{"text": ""}]}]
    assert fates(ledger) == {("invented", "messages")}


def test_a_response_names_its_function_and_stands_behind_its_call() -> None:  # fact 37, bug class 7
    other = ToolCall(id="call_2", name="time", arguments="{}")
    body, _ = written(
        request(
            user(Text(text="q")),
            Message(role="assistant", parts=(CALL, other)),
            user(Text(text="hurry")),
            Message(role="tool", parts=(ToolResult(call_id="call_2", parts=(Text(text='{"t":1.50}'),)),)),
            Message(role="tool", parts=(ANSWER,)),
        )
    )
    assert [turn["role"] for turn in body["contents"]] == ["user", "model", "user"]
    first, second, words = body["contents"][2]["parts"]
    assert first["functionResponse"] == {"id": "call_1", "name": "weather", "response": {"result": "rain"}}
    assert second["functionResponse"] == {"id": "call_2", "name": "time", "response": {"t": 1.5}}
    assert words == {"text": "hurry"}


def test_a_result_without_its_call_is_refused_by_name() -> None:
    out = gemini.write_chat(
        request(Message(role="tool", parts=(ANSWER,))), model="m", traits=Traits(), ledger=Ledger()
    )
    assert isinstance(out, Refused)
    assert (out.code, out.param) == ("invalid_request", "messages[0].content[0]")
    assert "call_1" in out.message


@pytest.mark.parametrize(
    ("text", "is_error", "response"),
    [
        ("rain", False, {"result": "rain"}),
        ("007", False, {"result": "007"}),
        ("", False, {"result": ""}),
        ("[1, 2]", False, {"result": [1, 2]}),
        ("[1, 2", False, {"result": "[1, 2"}),
        ('[1],"x":[2]', False, {"result": '[1],"x":[2]'}),
        ('{"a": 1}', False, {"a": 1}),
        ("broken", True, {"error": "broken"}),
        ('{"a": 1}', True, {"error": {"a": 1}}),
    ],
)
def test_results_are_objects(text: str, is_error: bool, response: Any) -> None:
    result = ToolResult(call_id="call_1", parts=(Text(text=text),), is_error=is_error)
    body, _ = written(
        request(Message(role="assistant", parts=(CALL,)), Message(role="tool", parts=(result,)))
    )
    assert body["contents"][1]["parts"][0]["functionResponse"]["response"] == response


def test_pictures_in_results_stay_pictures() -> None:  # bug class 15
    result = ToolResult(call_id="call_1", parts=(Text(text="see"), Image(source=Media(data=PNG))))
    asked = request(Message(role="assistant", parts=(CALL,)), Message(role="tool", parts=(result,)))
    blob = {"inlineData": {"mimeType": "image/png", "data": PNG}}
    body, ledger = written(asked, NEW)
    assert body["contents"][1]["parts"][0]["functionResponse"]["parts"] == [blob]
    body, ledger = written(asked)
    assert body["contents"][1]["parts"][1] == blob
    assert ("approximated", "messages[1].content[0]") in fates(ledger)


def test_signatures_go_back_to_gemini_only() -> None:  # bug class 5
    own = Thinking(text="hm", signature="U0lH", origin="gemini-generate-content")
    bare = Thinking(signature="U0lI", origin="gemini-generate-content")
    foreign = Thinking(text="ha", signature="EqQ", origin="anthropic-messages")
    hidden = Thinking(signature="EqQ", origin="anthropic-messages", is_redacted=True)
    signed = msgspec.structs.replace(CALL, signature="U0lK")
    body, ledger = written(
        request(Message(role="assistant", parts=(own, foreign, hidden, Text(text="x"), bare, signed))), NEW
    )
    parts = body["contents"][0]["parts"]
    assert parts[:4] == [
        {"text": "hm", "thought": True, "thoughtSignature": "U0lH"},
        {"text": "ha", "thought": True},
        {"text": "x"},
        {"text": "", "thoughtSignature": "U0lI"},
    ]
    assert parts[4]["thoughtSignature"] == "U0lK"
    assert fates(ledger) == {
        ("dropped", "messages[0].content[1].signature"),
        ("dropped", "messages[0].content[2].signature"),
    }


def test_a_foreign_call_gets_the_documented_stand_in_where_one_is_needed() -> None:
    other = msgspec.structs.replace(CALL, id="call_2")
    talk = (
        user(Text(text="q")),
        Message(role="assistant", parts=(CALL, other)),
    )
    body, ledger = written(request(*talk), NEW)
    parts = body["contents"][1]["parts"]
    assert parts[0]["thoughtSignature"] == "skip_thought_signature_validator"
    assert "thoughtSignature" not in parts[1]
    assert fates(ledger) == {("invented", "contents[1].thoughtSignature")}
    assert "thoughtSignature" not in json.dumps(written(request(*talk))[0])
    assert "thoughtSignature" not in json.dumps(
        written(request(*talk, dialect="gemini-generate-content"), NEW)[0]
    )


def test_arguments_keep_their_spelling_and_broken_ones_become_empty() -> None:
    calls = (
        ToolCall(id="a", name="f", arguments='{"n": 12345678901234567890, "x": 1.10}'),
        ToolCall(id="b", name="f", arguments='{"n":'),
        ToolCall(id="c", name="f", arguments=""),
        ToolCall(id="d", name="patch", arguments="*** begin", kind="custom"),
    )
    ledger = Ledger()
    out = gemini.write_chat(
        request(Message(role="assistant", parts=calls)), model="m", traits=Traits(), ledger=ledger
    )
    assert isinstance(out, Outgoing)
    assert b'{"n": 12345678901234567890, "x": 1.10}' in out.body
    parts = json.loads(out.body)["contents"][0]["parts"]
    assert [part["functionCall"]["args"] for part in parts[1:]] == [{}, {}, {"input": "*** begin"}]
    assert fates(ledger) == {
        ("approximated", "messages[0].content[1].arguments"),
        ("approximated", "messages[0].content[3]"),
    }


def test_media_cross() -> None:
    body, ledger = written(
        request(
            user(
                Image(source=Media(data=PNG), detail="high"),
                Image(source=Media(url="https://x.test/a.jpg?b=1")),
                Document(source=Media(data="JVBERi0="), name="a.pdf", context="c", has_citations=True),
                Document(source=Media(), text="plain"),
                Audio(source=Media(data="AAAA"), format="mp3"),
                Audio(source=Media(), id="audio_1", transcript="said"),
                Audio(source=Media(), id="audio_2"),
                Image(source=Media(file_id="file-abc")),
                Document(source=Media(file_id="https://g.test/v1beta/files/x", media_type="text/plain")),
                Opaque(dialect="openai-chat", type="odd", raw=raw({})),
                Refusal(text="no"),
                Text(text="t", cache=Cache(), citations=raw([1])),
            )
        )
    )
    parts = body["contents"][0]["parts"]
    assert parts == [
        {"inlineData": {"mimeType": "image/png", "data": PNG}},
        {"fileData": {"mimeType": "image/jpeg", "fileUri": "https://x.test/a.jpg?b=1"}},
        {"inlineData": {"mimeType": "application/pdf", "data": "JVBERi0="}},
        {"text": "plain"},
        {"inlineData": {"mimeType": "audio/mp3", "data": "AAAA"}},
        {"text": "said"},
        {"fileData": {"mimeType": "text/plain", "fileUri": "https://g.test/v1beta/files/x"}},
        {"text": "no"},
        {"text": "t"},
    ]
    assert fates(ledger) == {
        ("dropped", "messages[0].content[0].detail"),
        ("approximated", "messages[0].content[1]"),
        ("dropped", "messages[0].content[2].filename"),
        ("dropped", "messages[0].content[2].context"),
        ("dropped", "messages[0].content[2].citations"),
        ("approximated", "messages[0].content[5]"),
        ("dropped", "messages[0].content[6]"),
        ("dropped", "messages[0].content[7]"),
        ("dropped", "messages[0].content[9]"),
        ("approximated", "messages[0].content[10]"),
        ("dropped", "messages[0].content[11].cache_control"),
        ("dropped", "messages[0].content[11].citations"),
    }


def test_a_new_model_takes_a_pictures_resolution() -> None:
    body, ledger = written(request(user(Image(source=Media(data=PNG), detail="low"))), NEW)
    assert body["contents"][0]["parts"][0]["mediaResolution"] == {"level": "MEDIA_RESOLUTION_LOW"}
    assert not ledger.entries


def test_an_empty_turn_is_still_a_turn() -> None:
    body, _ = written(
        request(
            user(Text(text="a")),
            Message(role="assistant", parts=(Text(text=""),)),
            Message(role="assistant", parts=()),
            user(Text(text="b")),
        )
    )
    assert [turn["role"] for turn in body["contents"]] == ["user", "model", "user"]


def test_a_turn_of_which_nothing_crosses_is_left_out() -> None:
    odd = Opaque(dialect="openai-responses", type="odd", raw=raw({}))
    body, ledger = written(
        request(user(Text(text="a")), Message(role="assistant", parts=(odd,)), user(Text(text="b")))
    )
    assert body["contents"] == [{"role": "user", "parts": [{"text": "a"}, {"text": "b"}]}]
    assert fates(ledger) == {("dropped", "messages[1].content[0]")}
