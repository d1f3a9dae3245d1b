"""The official `google-genai` SDK against the gateway in front of replayed providers."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pydantic
import pytest
from google import genai
from google.genai import errors, types

from tests.e2e.replayed import (
    chat_said,
    chat_stream,
    claude_said,
    cut,
    gemini_said,
    gemini_stream,
    load,
    losses,
    named_stream,
    payloads,
    staged,
    whole,
)
from tests.e2e.stage import REPLY, Stage
from tests.scripted import Script, json_reply

GOOGLE: Final = "vercel-ai/google/src/"
PIXEL: Final = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
SCHEMA: Final = {"type": "object", "properties": {"location": {"type": "string"}}, "required": ["location"]}
MODELS: Final = ("gem/g", "claude/c", "up/m")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    yield from staged(tmp_path_factory, "google-genai-sdk")


@pytest.fixture(autouse=True)
def afresh(stage: Stage) -> None:
    stage.forget()


@pytest.fixture
def sdk(stage: Stage) -> Iterator[Any]:
    """A client as an app makes it, but for its base URL; `Any`, because its signatures name types it does not have."""
    with genai.Client(
        api_key=stage.token, vertexai=False, http_options=types.HttpOptions(base_url=stage.url)
    ) as client:
        yield client


def tools() -> list[Any]:
    declared = types.FunctionDeclaration(
        name="weather", description="Weather of a place", parameters_json_schema=SCHEMA
    )
    return [types.Tool(function_declarations=[declared])]


def config(**fields: Any) -> types.GenerateContentConfig:
    off = types.AutomaticFunctionCallingConfig(disable=True)
    return types.GenerateContentConfig(automatic_function_calling=off, **fields)


def reply_of(vectors: Path, model: str) -> tuple[Script, str]:
    """A recorded reply of the model's provider and its text."""
    name = {
        "gem/g": GOOGLE + "google-text.json",
        "claude/c": "vercel-ai/anthropic/src/anthropic-text.json",
        "up/m": "vercel-ai/groq/src/groq-text.json",
    }[model]
    body = load(vectors, name)
    text: str = {
        "gem/g": lambda: gemini_said([json.dumps(body)]),
        "claude/c": lambda: body["content"][0]["text"],
        "up/m": lambda: body["choices"][0]["message"]["content"],
    }[model]()
    return whole(vectors, name), text


def stream_of(vectors: Path, model: str) -> tuple[Script, str]:
    """A recorded stream of the model's provider and its text."""
    if model == "gem/g":
        lines = payloads(vectors, GOOGLE + "google-text.chunks.txt")
        return cut(gemini_stream(lines)), gemini_said(lines)
    if model == "claude/c":
        lines = payloads(vectors, "vercel-ai/anthropic/src/anthropic-text.chunks.txt")
        return cut(named_stream(lines)), claude_said(lines)
    lines = payloads(vectors, "vercel-ai/deepseek/src/chat/deepseek-reasoning.chunks.txt")
    return cut(chat_stream(lines)), chat_said(lines)


@pytest.mark.parametrize("model", MODELS)
def test_content_is_generated(stage: Stage, sdk: Any, vectors: Path, model: str) -> None:
    script, text = reply_of(vectors, model)
    stage.script("up", script)
    answer = sdk.models.generate_content(
        model=model, contents="hi", config=config(system_instruction="be brief", max_output_tokens=64)
    )
    assert answer.text == text
    assert answer.candidates is not None
    assert answer.candidates[0].finish_reason is types.FinishReason.STOP
    assert answer.usage_metadata is not None
    assert answer.usage_metadata.candidates_token_count
    up = stage["up"].requests[-1]
    assert b"be brief" in up.body
    assert stage.token.encode() not in up.raw
    path = {"gem/g": "/v1beta/models/g:generateContent", "claude/c": "/v1/messages"}
    assert up.target == path.get(model, "/v1/chat/completions")


def test_the_same_dialect_is_relayed_byte_for_byte(stage: Stage, sdk: Any, vectors: Path) -> None:
    stage.script("up", reply_of(vectors, "gem/g")[0], reply_of(vectors, "gem/g")[0])
    headers = headers_of(sdk.models.generate_content(model="gem/g", contents="hi"))
    assert headers["x-aigw-upstream"] == "gem/g"
    assert "x-aigw-translation" not in headers
    raw = stage.client.post(
        f"{stage.url}/v1beta/models/gem/g:generateContent",
        json={"contents": [{"parts": [{"text": "hi"}]}], "unknown_field": 1},
        headers={"x-goog-api-key": stage.token},
    )
    assert raw.content == (vectors / GOOGLE / "google-text.json").read_bytes()
    assert stage["up"].requests[-1].json()["unknown_field"] == 1


def headers_of(answer: types.GenerateContentResponse) -> dict[str, str]:
    assert answer.sdk_http_response is not None
    return {name.lower(): value for name, value in (answer.sdk_http_response.headers or {}).items()}


@pytest.mark.parametrize("model", MODELS)
def test_a_stream_says_what_the_provider_said(stage: Stage, sdk: Any, vectors: Path, model: str) -> None:
    script, text = stream_of(vectors, model)
    stage.script("up", script)
    chunks = list(sdk.models.generate_content_stream(model=model, contents="hi"))
    assert "".join(chunk.text or "" for chunk in chunks) == text
    last = chunks[-1]
    assert last.candidates is not None
    assert last.candidates[0].finish_reason is types.FinishReason.STOP
    assert last.usage_metadata is not None
    assert last.usage_metadata.candidates_token_count
    logged = stage.gateway.exchange(headers_of(chunks[0])["x-aigw-request-id"])
    assert logged["assembled"]["text"] == text
    assert not logged["violations"]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("is_stream", [False, True])
def test_a_tool_loop_goes_round(stage: Stage, sdk: Any, vectors: Path, model: str, is_stream: bool) -> None:
    ending = "chunks.txt" if is_stream else "json"
    name = {
        "gem/g": f"{GOOGLE}google-tool-call-gemini3.{ending}",
        "claude/c": f"vercel-ai/anthropic/src/anthropic-tool-no-args.{ending}",
        "up/m": f"vercel-ai/deepseek/src/chat/deepseek-tool-call.{ending}",
    }[model]
    frame = {"gem/g": gemini_stream, "claude/c": named_stream}.get(model, chat_stream)
    stage.script("up", cut(frame(payloads(vectors, name))) if is_stream else whole(vectors, name))
    question = types.Content(role="user", parts=[types.Part(text="weather?")])
    asked: dict[str, Any] = {"model": model, "config": config(tools=tools())}
    if is_stream:
        parts: list[types.Part] = []
        for one in sdk.models.generate_content_stream(contents=[question], **asked):
            parts += one.parts or []
    else:
        parts = sdk.models.generate_content(contents=[question], **asked).parts or []
    (call,) = [part.function_call for part in parts if part.function_call]
    assert call.name
    assert isinstance(call.args or {}, dict)
    script, text = reply_of(vectors, model)
    stage.script("up", script)
    result = types.Part.from_function_response(name=call.name, response={"degrees": 18})
    assert result.function_response is not None
    result.function_response.id = call.id
    history = [
        question,
        types.Content(role="model", parts=parts),
        types.Content(role="user", parts=[result]),
    ]
    assert sdk.models.generate_content(contents=history, **asked).text == text
    body = stage["up"].requests[-1].json()
    if model == "claude/c":
        assistant, user = body["messages"][-2:]
        used = [block for block in assistant["content"] if block["type"] == "tool_use"]
        assert user["content"][0]["tool_use_id"] == used[0]["id"]
        assert "18" in json.dumps(user["content"][0]["content"])
    elif model == "up/m":
        assistant, tool = body["messages"][-2:]
        assert tool["tool_call_id"] == assistant["tool_calls"][0]["id"]
        assert json.loads(tool["content"])["degrees"] == 18
        assert json.loads(assistant["tool_calls"][0]["function"]["arguments"]) == {
            "location": "San Francisco"
        }
    else:
        assert "thoughtSignature" in json.dumps(body["contents"][1])


def weather(location: str) -> str:
    """Weather of a place."""
    return f"18 degrees in {location}"


def test_a_python_function_is_called_by_the_sdk_itself(stage: Stage, sdk: Any, vectors: Path) -> None:
    stage.script("up", whole(vectors, "vercel-ai/deepseek/src/chat/deepseek-tool-call.json"))
    stage.script("up", [json_reply(REPLY)])
    answer = sdk.models.generate_content(
        model="up/m", contents="weather?", config=types.GenerateContentConfig(tools=[weather])
    )
    assert answer.text == "Hello"
    assert "18 degrees in San Francisco" in stage["up"].requests[-1].body.decode()


@pytest.mark.parametrize("model", MODELS)
def test_tokens_are_counted(stage: Stage, sdk: Any, model: str) -> None:
    stage.script("up", [json_reply({"totalTokens": 16} if model == "gem/g" else {"input_tokens": 16})])
    counted = sdk.models.count_tokens(model=model, contents="some words to count")
    assert counted.total_tokens
    if model != "up/m":
        assert counted.total_tokens == 16
    assert len(stage["up"].requests) == (model != "up/m")


@pytest.mark.parametrize("model", ["gem/g", "claude/c", "up/m"])
def test_thoughts_are_shown_and_their_signatures_come_back(
    stage: Stage, sdk: Any, vectors: Path, model: str
) -> None:
    name = {
        "gem/g": GOOGLE + "google-reasoning-gemini3.json",
        "claude/c": "vercel-ai/anthropic/src/anthropic-clear-thinking.1.json",
        "up/m": "vercel-ai/deepseek/src/chat/deepseek-reasoning.json",
    }[model]
    recorded = load(vectors, name)
    stage.script("up", whole(vectors, name), whole(vectors, name))
    thinking = types.ThinkingConfig(include_thoughts=True, thinking_budget=2000)
    asked: dict[str, Any] = {
        "model": model,
        "config": config(thinking_config=thinking, max_output_tokens=4000),
    }
    question = types.Content(role="user", parts=[types.Part(text="think")])
    first = sdk.models.generate_content(contents=[question], **asked)
    parts: list[types.Part] = first.parts or []
    thoughts = "".join(part.text or "" for part in parts if part.thought)
    if model == "claude/c":
        assert thoughts == recorded["content"][0]["thinking"]
        assert stage["up"].requests[-1].json()["thinking"] == {"type": "enabled", "budget_tokens": 2000}
    if model == "up/m":
        assert thoughts == recorded["choices"][0]["message"]["reasoning_content"]
        assert stage["up"].requests[-1].json()["reasoning_effort"]
    again = types.Content(role="user", parts=[types.Part(text="and now?")])
    sdk.models.generate_content(contents=[question, types.Content(role="model", parts=parts), again], **asked)
    body = stage["up"].requests[-1].json()
    if model == "claude/c":
        assert body["messages"][1]["content"][0] == {
            "type": "thinking",
            "thinking": recorded["content"][0]["thinking"],
            "signature": recorded["content"][0]["signature"],
        }
    if model == "gem/g":
        theirs = [
            part["thoughtSignature"]
            for part in recorded["candidates"][0]["content"]["parts"]
            if "thoughtSignature" in part
        ]
        sent = [
            part["thoughtSignature"] for part in body["contents"][1]["parts"] if "thoughtSignature" in part
        ]
        assert len(theirs) == len(sent)
        # the SDK decodes them and encodes them again, in its own alphabet
        assert [base64.urlsafe_b64decode(one) for one in sent] == [base64.b64decode(one) for one in theirs]
    if model == "up/m":
        assert "signature" not in json.dumps(body).lower()


def test_another_makers_signature_is_not_shown_to_gemini(stage: Stage, sdk: Any, vectors: Path) -> None:
    stage.script("up", whole(vectors, "vercel-ai/anthropic/src/anthropic-clear-thinking.1.json"))
    stage.script("up", reply_of(vectors, "gem/g")[0])
    shown = config(thinking_config=types.ThinkingConfig(include_thoughts=True))
    question = types.Content(role="user", parts=[types.Part(text="think")])
    first = sdk.models.generate_content(model="claude/c", contents=[question], config=shown)
    said = types.Content(role="model", parts=first.parts)
    sdk.models.generate_content(model="gem/g", contents=[question, said, question], config=shown)
    parts: list[dict[str, Any]] = stage["up"].requests[-1].json()["contents"][1]["parts"]
    signatures = [part["thoughtSignature"] for part in parts if "thoughtSignature" in part]
    assert not [one for one in signatures if b"aigw1:" in base64.urlsafe_b64decode(one + "==")]


class Place(pydantic.BaseModel):
    """What a structured reply holds."""

    name: str
    degrees: int


@pytest.mark.parametrize("model", MODELS)
def test_a_structured_reply_is_asked_for_and_parsed(stage: Stage, sdk: Any, model: str) -> None:
    text = '{"name": "Paris", "degrees": 18}'
    made: dict[str, Any] = {
        "gem/g": {"candidates": [{"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": "STOP"}]},
        "claude/c": {
            "id": "msg_1", "type": "message", "role": "assistant", "model": "c", "stop_reason": "end_turn",
            "stop_sequence": None, "content": [{"type": "text", "text": text}],
            "usage": {"input_tokens": 5, "output_tokens": 3},
        },
        "up/m": {**REPLY, "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}]},
    }[model]  # fmt: skip
    stage.script("up", [json_reply(made)])
    answer = sdk.models.generate_content(
        model=model,
        contents="where?",
        config=config(response_mime_type="application/json", response_schema=Place),
    )
    assert answer.parsed == Place(name="Paris", degrees=18)
    sent = stage["up"].requests[-1].json()
    if model == "up/m":
        schema = sent["response_format"]["json_schema"]["schema"]
        assert schema["properties"]["degrees"]["type"] == "integer"
        assert schema["type"] == "object"
    if model == "claude/c":
        schema = sent["output_config"]["format"]["schema"]
        assert schema["type"] == "object"
        assert schema["additionalProperties"] is False


def test_pictures_cross(stage: Stage, sdk: Any) -> None:
    stage.script("up", [json_reply(REPLY)])
    picture = types.Part.from_bytes(data=PIXEL, mime_type="image/png")
    sdk.models.generate_content(model="up/m", contents=[picture, "what is this?"])
    parts = stage["up"].requests[-1].json()["messages"][0]["content"]
    assert parts[0]["image_url"]["url"] == "data:image/png;base64," + base64.b64encode(PIXEL).decode()


def test_settings_cross_or_are_named(stage: Stage, sdk: Any) -> None:
    stage.script("up", [json_reply(REPLY)])
    safety = [types.SafetySetting(category="HARM_CATEGORY_HARASSMENT", threshold="BLOCK_NONE")]  # pyright: ignore[reportArgumentType] - the SDK takes names
    answer = sdk.models.generate_content(
        model="up/m",
        contents="hi",
        config=config(
            temperature=0.5, top_p=0.9, top_k=7, stop_sequences=["END"], seed=3, safety_settings=safety
        ),
    )
    sent = stage["up"].requests[-1].json()
    assert (sent["temperature"], sent["top_p"], sent["seed"]) == (0.5, 0.9, 3)
    assert sent["stop"] in (["END"], "END")
    lost = losses(headers_of(answer))
    assert {"safetySettings", "generationConfig.topK"} <= lost["dropped"]


@pytest.mark.parametrize("model", MODELS)
def test_an_error_is_the_sdks_with_code_status_and_text(
    stage: Stage, sdk: Any, vectors: Path, model: str
) -> None:
    error: dict[str, Any] = {
        "gem/g": load(vectors, GOOGLE + "google-429-retry-info.json"),
        "claude/c": {"type": "error", "error": {"type": "rate_limit_error", "message": "quota is gone"}},
        "up/m": {"error": {"message": "quota is gone", "type": "t", "param": None, "code": "c"}},
    }[model]
    stage.script("up", [json_reply(error, status=429)])
    with pytest.raises(errors.ClientError, match="quota") as caught:
        sdk.models.generate_content(model=model, contents="hi")
    assert caught.value.code == 429
    assert caught.value.status == "RESOURCE_EXHAUSTED"


def test_models_are_listed_in_googles_shape(sdk: Any) -> None:
    names = [model.name for model in sdk.models.list()]
    assert "models/mock/echo" in names
    assert "models/claude/claude-sonnet-4-5" in names
    assert sdk.models.get(model="mock/echo").name == "models/mock/echo"


def test_a_chat_session_keeps_its_history(stage: Stage, sdk: Any) -> None:
    stage.script("up", [json_reply(REPLY)], [json_reply(REPLY)])
    chat = sdk.chats.create(model="up/m")
    assert chat.send_message("one").text == "Hello"
    assert chat.send_message("two").text == "Hello"
    assert [each["role"] for each in stage["up"].requests[-1].json()["messages"]] == [
        "user",
        "assistant",
        "user",
    ]
