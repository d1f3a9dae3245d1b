"""Neutral requests become what Gemini takes, and the ledger says what could not."""

import json
from typing import Any

import msgspec
import pytest

from aigw_dev.core.chat.vocabulary import (
    Audio,
    Cache,
    ChatRequest,
    Document,
    Image,
    Media,
    Message,
    Opaque,
    OutputFormat,
    Reasoning,
    Refusal,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from aigw_dev.core.dialects import gemini
from aigw_dev.core.dialects.codec import Outgoing, Traits
from aigw_dev.core.errors import Refusal as Refused
from aigw_dev.core.ledger import Ledger
from tests.core.dialects.gemini.sdk import check_request

PNG = "iVBORw0KGgo="
NEW = Traits(has_thinking_level=True)
SCHEMA = msgspec.Raw(b'{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}')
WEATHER = Tool(name="weather", parameters=SCHEMA)


def raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))


def user(*parts: Any) -> Message:
    return Message(role="user", parts=parts)


def request(*messages: Message, **said: Any) -> ChatRequest:
    said.setdefault("dialect", "openai-chat")
    return ChatRequest(model="m", messages=messages or (user(Text(text="hi")),), **said)


def written(asked: ChatRequest, traits: Traits | None = None) -> tuple[dict[str, Any], Ledger]:
    ledger = Ledger("openai-chat", "gemini-generate-content")
    out = gemini.write_chat(asked, model="m", traits=traits or Traits(), ledger=ledger)
    assert isinstance(out, Outgoing)
    return check_request(out.body), ledger


def fates(ledger: Ledger) -> set[tuple[str, str]]:
    return {(one.fate, one.field) for one in ledger.entries}


CALL = ToolCall(id="call_1", name="weather", arguments='{"city":"Bonn"}')
ANSWER = ToolResult(call_id="call_1", parts=(Text(text="rain"),))


def test_the_path_holds_the_model_and_the_method() -> None:
    out = gemini.write_chat(request(), model="m", traits=Traits(), ledger=Ledger())
    assert isinstance(out, Outgoing)
    assert (out.path, out.query) == ("/models/{model}:generateContent", "")
    out = gemini.write_chat(request(is_stream=True), model="m", traits=Traits(), ledger=Ledger())
    assert isinstance(out, Outgoing)
    assert (out.path, out.query) == ("/models/{model}:streamGenerateContent", "alt=sse")


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


def test_parameters_cross() -> None:
    body, ledger = written(
        request(
            max_tokens=5,
            temperature=0.5,
            top_p=0.9,
            top_k=3,
            stop=tuple("abcdef"),
            seed=2**40 + 1,
            choices=2,
            frequency_penalty=0.1,
            presence_penalty=0.2,
            top_logprobs=30,
            modalities=("text", "audio"),
        ),
        Traits(refuses=frozenset({"presence_penalty"}), params={"labels": {"a": "b"}}),
    )
    assert body["labels"] == {"a": "b"}
    assert body["generationConfig"] == {
        "maxOutputTokens": 5,
        "temperature": 0.5,
        "topP": 0.9,
        "topK": 3,
        "stopSequences": list("abcde"),
        "seed": 1,
        "candidateCount": 2,
        "frequencyPenalty": 0.1,
        "responseLogprobs": True,
        "logprobs": 20,
        "responseModalities": ["TEXT", "AUDIO"],
    }
    assert fates(ledger) == {
        ("approximated", "stop"),
        ("approximated", "seed"),
        ("dropped", "presence_penalty"),
    }
    assert {"max_tokens", "temperature", "messages"} <= set(ledger.kept)


def test_what_gemini_has_no_word_for_is_named() -> None:
    _, ledger = written(
        request(
            user(Text(text="x")),
            Message(role="user", name="ann", parts=(Text(text="y"),)),
            min_p=0.1,
            logit_bias=raw({"1": 2}),
            audio=raw({"voice": "alloy"}),
            verbosity="low",
            user="u",
            cache_key="k",
            metadata=raw({"a": "b"}),
            service_tier="scale",
            store=True,
            is_parallel=False,
            tools=(msgspec.structs.replace(WEATHER, is_strict=True, cache=Cache()),),
            hosted_tools=(Opaque(dialect="openai-responses", type="web_search", raw=raw({})),),
            extras={"prediction": raw(1)},
        )
    )
    assert {field for fate, field in fates(ledger) if fate == "dropped"} == {
        "messages[1].name", "min_p", "logit_bias", "audio", "verbosity", "user", "cache_key", "metadata",
        "service_tier", "store", "parallel_tool_calls", "tools[0].strict", "tools[0].cache_control", "tools[1]",
        "prediction",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("choice", "config"),
    [
        (ToolChoice(mode="auto"), {"mode": "AUTO"}),
        (ToolChoice(mode="required"), {"mode": "ANY"}),
        (ToolChoice(mode="none"), {"mode": "NONE"}),
        (ToolChoice(mode="tool", names=("weather",)), {"mode": "ANY", "allowedFunctionNames": ["weather"]}),
        (
            ToolChoice(mode="allowed", names=("a", "b")),
            {"mode": "VALIDATED", "allowedFunctionNames": ["a", "b"]},
        ),
        (ToolChoice(mode="allowed_required", names=("a",)), {"mode": "ANY", "allowedFunctionNames": ["a"]}),
    ],
)
def test_tool_choice(choice: ToolChoice, config: dict[str, Any]) -> None:  # bug class 19
    body, ledger = written(request(tools=(WEATHER,), tool_choice=choice))
    assert body["toolConfig"] == {"functionCallingConfig": config}
    assert not ledger.entries
    body, ledger = written(request(tool_choice=choice))
    assert "toolConfig" not in body
    assert bool(ledger.entries) == (choice.mode not in {"auto", "none"})


def test_tools_say_their_schema_in_the_form_that_reaches_furthest() -> None:  # bug class 8
    rich = raw(
        {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "type": "object",
            "properties": {"tags": {"type": "object", "additionalProperties": {"type": "string"}}},
            "patternProperties": {"^x": {}},
        }
    )
    body, ledger = written(
        request(
            tools=(
                WEATHER,
                Tool(name="rich", parameters=rich, description="d"),
                Tool(name="none", parameters=raw({"type": "object", "properties": {}})),
                Tool(name="patch", kind="custom", format=raw({"type": "grammar"})),
            )
        )
    )
    plain, other, none, patch = body["tools"][0]["functionDeclarations"]
    assert plain["parameters"]["type"] == "OBJECT"
    assert other["parametersJsonSchema"] == {
        "type": "object",
        "properties": {"tags": {"type": "object", "additionalProperties": {"type": "string"}}},
    }
    assert none == {"name": "none"}
    assert patch["parameters"]["required"] == ["input"]
    assert fates(ledger) == {
        ("dropped", "tools[1].parameters.patternProperties"),
        ("approximated", "tools[3]"),
        ("dropped", "tools[3].format"),
    }


def test_formats() -> None:
    body, _ = written(request(format=OutputFormat(kind="json")))
    assert body["generationConfig"] == {"responseMimeType": "application/json"}
    body, _ = written(request(format=OutputFormat(kind="schema", schema=SCHEMA)))
    assert body["generationConfig"]["responseSchema"]["properties"] == {"city": {"type": "STRING"}}
    body, _ = written(
        request(
            format=OutputFormat(
                kind="schema", schema=raw({"oneOf": [{"type": "string"}, {"type": "number"}]})
            )
        )
    )
    assert body["generationConfig"]["responseJsonSchema"] == {
        "oneOf": [{"type": "string"}, {"type": "number"}]
    }
    body, _ = written(request(format=OutputFormat(kind="text")))
    assert "generationConfig" not in body
    body, ledger = written(request(format=OutputFormat(kind="grammar")))
    assert "generationConfig" not in body
    assert fates(ledger) == {("dropped", "response_format")}


def test_a_format_that_the_model_cannot_take_is_said_in_words() -> None:
    wanted = OutputFormat(kind="schema", schema=SCHEMA)
    body, ledger = written(request(format=wanted, tools=(WEATHER,)))
    assert "generationConfig" not in body
    assert bytes(SCHEMA).decode() in body["systemInstruction"]["parts"][0]["text"]
    assert fates(ledger) == {("approximated", "response_format")}
    body, ledger = written(request(format=wanted, tools=(WEATHER,)), NEW)
    assert "responseSchema" in body["generationConfig"]
    assert not ledger.entries
    body, ledger = written(request(format=wanted), Traits(has_structured_outputs=False))
    assert body["generationConfig"] == {"responseMimeType": "application/json"}
    assert fates(ledger) == {("approximated", "response_format")}


@pytest.mark.parametrize(
    ("reasoning", "config", "is_exact"),
    [
        (Reasoning(mode="off"), {"thinkingBudget": 0}, True),
        (Reasoning(budget_tokens=2000), {"thinkingBudget": 2000, "includeThoughts": True}, True),
        (Reasoning(budget_tokens=60000), {"thinkingBudget": 24576, "includeThoughts": True}, False),
        (Reasoning(budget_tokens=-1), {"thinkingBudget": -1, "includeThoughts": True}, True),
        (Reasoning(effort="minimal"), {"thinkingBudget": 512, "includeThoughts": True}, False),
        (Reasoning(effort="high"), {"thinkingBudget": 4096, "includeThoughts": True}, False),
        (Reasoning(mode="adaptive", summary="omitted"), {"thinkingBudget": -1}, True),
        (Reasoning(summary="detailed"), {"includeThoughts": True}, False),
    ],
)
def test_thinking_in_tokens(reasoning: Reasoning, config: dict[str, Any], is_exact: bool) -> None:
    body, ledger = written(request(reasoning=reasoning))
    assert body["generationConfig"]["thinkingConfig"] == config
    assert (not ledger.entries) == is_exact


@pytest.mark.parametrize(
    ("reasoning", "efforts", "config", "is_exact"),
    [
        (Reasoning(mode="off"), (), {"thinkingLevel": "low"}, False),
        (Reasoning(mode="off"), ("minimal", "high"), {"thinkingLevel": "minimal"}, False),
        (Reasoning(effort="low"), (), {"thinkingLevel": "low", "includeThoughts": True}, True),
        (Reasoning(effort="max"), (), {"thinkingLevel": "high", "includeThoughts": True}, False),
        (
            Reasoning(budget_tokens=1500),
            ("low", "high"),
            {"thinkingLevel": "low", "includeThoughts": True},
            False,
        ),
        (Reasoning(mode="adaptive"), (), {"includeThoughts": True}, True),
    ],
)
def test_thinking_in_levels(
    reasoning: Reasoning, efforts: tuple[str, ...], config: dict[str, Any], is_exact: bool
) -> None:
    body, ledger = written(request(reasoning=reasoning), Traits(has_thinking_level=True, efforts=efforts))
    assert body["generationConfig"]["thinkingConfig"] == config
    assert (not ledger.entries) == is_exact


def test_a_model_that_does_not_think_is_not_asked_to() -> None:
    body, ledger = written(
        request(reasoning=Reasoning(effort="low")), Traits(refuses=frozenset({"reasoning"}))
    )
    assert "generationConfig" not in body
    assert fates(ledger) == {("dropped", "reasoning")}


def test_counting_sends_the_contents_or_the_whole_request() -> None:
    out = gemini.write_count(request(temperature=1.0), model="g", traits=Traits(), ledger=Ledger())
    assert isinstance(out, Outgoing)
    assert out.path == "/models/{model}:countTokens"
    assert json.loads(out.body) == {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
    out = gemini.write_count(request(tools=(WEATHER,)), model="g", traits=Traits(), ledger=Ledger())
    assert isinstance(out, Outgoing)
    inner = json.loads(out.body)["generateContentRequest"]
    assert inner["model"] == "models/g"
    assert inner["tools"]
    bad = request(Message(role="tool", parts=(ANSWER,)))
    assert isinstance(gemini.write_count(bad, model="g", traits=Traits(), ledger=Ledger()), Refused)
    assert gemini.read_count_reply(b'{"totalTokens": 7}') == 7
    assert gemini.read_count_reply(b"[]") is None
    assert json.loads(gemini.write_count_reply(7)) == {"totalTokens": 7}


def test_its_own_fields_come_back_to_their_places() -> None:
    ledger = Ledger()
    out = gemini.write_chat(
        request(
            dialect="gemini-generate-content",
            extras={
                "safetySettings": raw([]),
                "generationConfig.speechConfig": raw({}),
                "contents[0].odd": raw(1),
            },
            metadata=raw({"team": "x"}),
            store=False,
            service_tier="batch",
            hosted_tools=(
                Opaque(dialect="gemini-generate-content", type="googleSearch", raw=raw({"googleSearch": {}})),
            ),
        ),
        model="m",
        traits=Traits(),
        ledger=ledger,
    )
    assert isinstance(out, Outgoing)
    body = json.loads(out.body)
    assert body["generationConfig"] == {"speechConfig": {}}
    assert (body["safetySettings"], body["labels"], body["store"]) == ([], {"team": "x"}, False)
    assert body["serviceTier"] == "batch"
    assert body["tools"] == [{"googleSearch": {}}]
    assert fates(ledger) == {("dropped", "contents[0].odd")}


def test_its_own_thinking_is_said_as_it_was() -> None:
    for reasoning, config in (
        (Reasoning(effort="high", summary="omitted"), {"thinkingLevel": "high", "includeThoughts": False}),
        (Reasoning(budget_tokens=100), {"thinkingBudget": 100}),
        (Reasoning(mode="off", budget_tokens=0, summary="auto"), {"thinkingBudget": 0}),
    ):
        for traits in (Traits(), NEW):
            body, ledger = written(request(dialect="gemini-generate-content", reasoning=reasoning), traits)
            assert body["generationConfig"]["thinkingConfig"] == config
            assert not ledger.entries


def test_a_turn_of_which_nothing_crosses_is_left_out() -> None:
    odd = Opaque(dialect="openai-responses", type="odd", raw=raw({}))
    body, ledger = written(
        request(user(Text(text="a")), Message(role="assistant", parts=(odd,)), user(Text(text="b")))
    )
    assert body["contents"] == [{"role": "user", "parts": [{"text": "a"}, {"text": "b"}]}]
    assert fates(ledger) == {("dropped", "messages[1].content[0]")}
