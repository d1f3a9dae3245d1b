"""A Gemini caller's request in neutral words, or what is malformed in it."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.chat.vocabulary import (
    ChatRequest,
    OutputFormat,
    Reasoning,
    ToolChoice,
)
from aigw_dev.core.dialects import gemini
from aigw_dev.core.dialects.codec import Traits
from aigw_dev.core.dialects.request_body import RequestBody, read_body
from aigw_dev.core.errors import Refusal
from aigw_dev.core.ledger import Ledger
from tests.core.dialects.gemini.gemini_requests import body, chat


def loaded(raw: msgspec.Raw) -> Any:
    return json.loads(bytes(raw))


_MALFORMED: list[tuple[Any, str]] = [
        ({}, "contents"),
        ({"contents": []}, "contents"),
        ({"contents": "hi"}, "contents[0]"),
        ({"contents": ["hi"]}, "contents[0]"),
        ({"contents": [{"role": "wizard"}]}, "contents[0].role"),
        ({"contents": [{"role": 3}]}, "contents[0].role"),
        ({"contents": [{"parts": ["hi"]}]}, "contents[0].parts[0]"),
        ({"contents": [{"parts": [{"text": 3}]}]}, "contents[0].parts[0].text"),
        ({"contents": [{"parts": [{"functionCall": 3}]}]}, "contents[0].parts[0].functionCall"),
        ({"contents": [{"parts": [{"functionCall": {}}]}]}, "contents[0].parts[0].functionCall.name"),
        ({"contents": [{"parts": [{"functionCall": {"name": "f", "args": []}}]}]}, "contents[0].parts[0].functionCall.args"),
        ({"contents": [{"parts": [{"functionResponse": {}}]}]}, "contents[0].parts[0].functionResponse.name"),
        ({"contents": [{"parts": [{"functionResponse": {"name": "f", "response": "x"}}]}]}, "contents[0].parts[0].functionResponse.response"),
        ({"contents": [{"parts": [{"functionResponse": {"name": "f", "parts": [True]}}]}]}, "contents[0].parts[0].functionResponse.parts[0]"),
        ({"contents": [{}], "systemInstruction": 3}, "systemInstruction"),
        ({"contents": [{}], "tools": [3]}, "tools[0]"),
        ({"contents": [{}], "tools": [{"functionDeclarations": [{}]}]}, "tools[0].functionDeclarations[0].name"),
        ({"contents": [{}], "tools": [{"functionDeclarations": [{"name": "f", "parameters": []}]}]}, "tools[0].functionDeclarations[0].parameters"),
        ({"contents": [{}], "toolConfig": {"functionCallingConfig": {"mode": "MAYBE"}}}, "toolConfig.functionCallingConfig.mode"),
        ({"contents": [{}], "generationConfig": []}, "generationConfig"),
        ({"contents": [{}], "generationConfig": {"temperature": "hot"}}, "generationConfig.temperature"),
        ({"contents": [{}], "generationConfig": {"topK": 1.5}}, "generationConfig.topK"),
        ({"contents": [{}], "generationConfig": {"stopSequences": [1]}}, "generationConfig.stopSequences"),
        ({"contents": [{}], "generationConfig": {"responseLogprobs": 1}}, "generationConfig.responseLogprobs"),
        ({"contents": [{}], "generationConfig": {"responseSchema": []}}, "generationConfig.responseSchema"),
        ({"contents": [{}], "generationConfig": {"thinkingConfig": {"thinkingBudget": "x"}}}, "generationConfig.thinkingConfig.thinkingBudget"),
    ]  # fmt: skip


_WORDS = st.sampled_from(
    ["contents", "parts", "text", "role", "user", "model", "functionCall", "functionResponse", "name", "args", "id",
     "response", "inlineData", "mimeType", "image/png", "data", "fileData", "fileUri", "thought", "thoughtSignature",
     "tools", "functionDeclarations", "parameters", "generationConfig", "thinkingConfig", "thinkingBudget",
     "systemInstruction", "toolConfig", "functionCallingConfig", "mode", "ANY", "YWlndzE6", "http://[", "\x00"]
)  # fmt: skip


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.integers() | _WORDS | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORDS, inner, max_size=4),
    max_leaves=25,
)  # fmt: skip


_PART = st.dictionaries(_WORDS, _JSON, max_size=3)


_CONTENTS = st.lists(st.fixed_dictionaries({"parts": st.lists(_PART, max_size=3)}), min_size=1, max_size=3)


def test_the_path_says_model_and_stream() -> None:
    read = gemini.read_chat(body({"contents": [{}], "model": "models/x"}), is_stream=True)
    assert isinstance(read, ChatRequest)
    assert (read.model, read.is_stream) == ("x", True)


def test_what_has_no_word_is_kept_by_its_dotted_name() -> None:
    read = chat(
        [{"role": "user", "odd": 1, "parts": [{"text": "a", "videoMetadata": {}}]}],
        systemInstruction={"parts": [{"text": "s", "odd": 1}]},
        safety_settings=[],
        cachedContent="c",
        generationConfig={"speechConfig": {}, "thinkingConfig": {"odd": 1}},
        tools=[{"functionDeclarations": [{"name": "f", "behavior": "B"}]}],
        toolConfig={"retrievalConfig": {}, "functionCallingConfig": {"odd": 1}},
        nothing=None,
    )
    assert set(read.extras) == {
        "contents[0].odd", "contents[0].parts[0].videoMetadata", "systemInstruction.parts[0].odd", "safetySettings",
        "cachedContent", "generationConfig.speechConfig", "generationConfig.thinkingConfig.odd",
        "tools[0].functionDeclarations[0].behavior", "toolConfig.retrievalConfig", "toolConfig.functionCallingConfig.odd",
    }  # fmt: skip


def test_parameters_in_both_spellings() -> None:
    camel = {
        "maxOutputTokens": 5, "temperature": 0.5, "topP": 0.9, "topK": 3, "stopSequences": ["a"], "candidateCount": 2,
        "seed": 7, "presencePenalty": 0.1, "frequencyPenalty": 0.2, "responseLogprobs": True, "logprobs": 4,
        "responseModalities": ["TEXT", "IMAGE"],
    }  # fmt: skip
    snake = {
        "max_output_tokens": "5", "temperature": 0.5, "top_p": 0.9, "top_k": 3.0, "stop_sequences": "a",
        "candidate_count": 2, "seed": 7, "presence_penalty": 0.1, "frequency_penalty": 0.2, "response_logprobs": True,
        "logprobs": 4, "response_modalities": ["TEXT", "IMAGE"],
    }  # fmt: skip
    read = chat(generationConfig=camel)
    assert read == chat(generation_config=snake)
    assert (read.max_tokens, read.top_k, read.stop, read.choices) == (5, 3, ("a",), 2)
    assert (read.logprobs, read.top_logprobs, read.modalities) == (True, 4, ("text", "image"))
    more = chat(labels={"a": "b"}, serviceTier="SERVICE_TIER_FLEX", store=True)
    assert (loaded(more.metadata), more.service_tier, more.store) == ({"a": "b"}, "flex", True)


@pytest.mark.parametrize(
    ("config", "choice"),
    [
        ({"mode": "ANY"}, ToolChoice(mode="required")),
        ({"mode": "any", "allowedFunctionNames": ["f"]}, ToolChoice(mode="tool", names=("f",))),
        (
            {"mode": "ANY", "allowed_function_names": ["f", "g"]},
            ToolChoice(mode="allowed_required", names=("f", "g")),
        ),
        ({"mode": "NONE"}, ToolChoice(mode="none")),
        ({"mode": "AUTO"}, ToolChoice(mode="auto")),
        ({"mode": "VALIDATED"}, ToolChoice(mode="auto")),
        ({"mode": "VALIDATED", "allowedFunctionNames": ["f"]}, ToolChoice(mode="allowed", names=("f",))),
        ({"allowedFunctionNames": ["f"]}, ToolChoice(mode="allowed", names=("f",))),
        ({"mode": "MODE_UNSPECIFIED"}, None),
    ],
)
def test_tool_choice(config: Any, choice: ToolChoice | None) -> None:  # bug class 19
    assert chat(toolConfig={"functionCallingConfig": config}).tool_choice == choice


def test_tools_and_hosted_ones() -> None:
    read = chat(
        tools=[
            {"functionDeclarations": [{"name": "f", "description": "d", "parameters": {"type": "OBJECT", "properties": {"a": {"type": "STRING", "nullable": True}}}}]},
            {"function_declarations": {"name": "g", "parameters_json_schema": {"type": "object", "x-y": 1.10}}, "googleSearch": {}},
            {"url_context": {}},
        ]
    )  # fmt: skip
    assert [one.name for one in read.tools] == ["f", "g"]
    assert loaded(read.tools[0].parameters) == {
        "type": "object",
        "properties": {"a": {"type": ["string", "null"]}},
    }
    assert loaded(read.tools[1].parameters) == {"type": "object", "x-y": 1.1}
    assert [(one.type, loaded(one.raw)) for one in read.hosted_tools] == [
        ("googleSearch", {"googleSearch": {}}),
        ("urlContext", {"urlContext": {}}),
    ]


def test_schemas_keep_their_spelling() -> None:
    raw = b'{"contents":[{"parts":[{"text":"a"}]}],"generationConfig":{"responseJsonSchema":{"b":1.10,"a":2},"responseMimeType":"application/json"}}'
    asked = read_body(raw)
    assert isinstance(asked, RequestBody)
    read = gemini.read_chat(asked, path_model="m")
    assert isinstance(read, ChatRequest)
    assert read.format is not None
    assert bytes(read.format.schema) == b'{"b":1.10,"a":2}'


def test_formats() -> None:
    assert chat(generationConfig={"responseMimeType": "application/json"}).format == OutputFormat(kind="json")
    assert chat(generationConfig={"responseMimeType": "text/plain"}).format is None
    wanted = chat(generationConfig={"responseSchema": {"type": "STRING"}}).format
    assert wanted is not None
    assert loaded(wanted.schema) == {"type": "string"}
    words = chat(
        generationConfig={
            "responseMimeType": "text/x.enum",
            "responseSchema": {"type": "STRING", "enum": ["a"]},
        }
    )
    assert words.format is None
    assert set(words.extras) == {"generationConfig.responseMimeType", "generationConfig.responseSchema"}


@pytest.mark.parametrize(
    ("config", "reasoning"),
    [
        ({"thinkingBudget": 0}, Reasoning(mode="off", budget_tokens=0)),
        ({"thinkingBudget": -1}, Reasoning(mode="adaptive", budget_tokens=-1)),
        ({"thinkingBudget": 99, "includeThoughts": True}, Reasoning(budget_tokens=99, summary="auto")),
        ({"thinkingLevel": "HIGH", "includeThoughts": False}, Reasoning(effort="high", summary="omitted")),
        ({"thinkingLevel": "THINKING_LEVEL_UNSPECIFIED"}, Reasoning(mode="adaptive")),
        ({"include_thoughts": True}, Reasoning(mode="adaptive", summary="auto")),
        ({}, None),
    ],
)
def test_thinking(config: Any, reasoning: Reasoning | None) -> None:
    assert chat(generationConfig={"thinkingConfig": config}).reasoning == reasoning


@pytest.mark.parametrize(("request_body", "param"), _MALFORMED)
def test_what_is_malformed_is_refused_by_name(request_body: Any, param: str) -> None:
    read = gemini.read_chat(body(request_body), path_model="m")
    assert isinstance(read, Refusal)
    assert (read.code, read.param) == ("invalid_request", param)
    assert param in read.message


def test_counting_takes_contents_or_a_whole_request() -> None:
    contents = [{"parts": [{"text": "a"}]}]
    plain = gemini.read_count(body({"contents": contents}), path_model="m")
    whole = gemini.read_count(body({"generateContentRequest": {"model": "models/m", "contents": contents}}))
    assert isinstance(plain, ChatRequest)
    assert plain == whole
    bad = gemini.read_count(body({"generateContentRequest": 3}))
    assert isinstance(bad, Refusal)
    assert bad.param == "generateContentRequest"


@given(st.dictionaries(_WORDS, _JSON, max_size=5) | st.fixed_dictionaries({"contents": _CONTENTS}))
def test_any_json_is_read_or_refused_and_what_was_read_can_be_written(value: Any) -> None:
    read = gemini.read_chat(body(value), path_model="m")
    gemini.measure(body(value))
    gemini.read_count(body(value))
    if isinstance(read, ChatRequest):
        out = gemini.write_chat(read, model="m", traits=Traits(), ledger=Ledger())
        assert isinstance(out, Refusal) or json.loads(out.body)
