"""The official `anthropic` SDK, and Claude Code's request, against the gateway in front of replayed providers.

A release before 2 is tried in a process of its own where `AIGW_DEV_SDK_TESTS` is set: `1` has pip fill a folder with
`anthropic==0.*` (this downloads), a path names a folder that `pip install --target FOLDER "anthropic==0.*"` has filled.
Without it that test is skipped and nothing is ever downloaded.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import anthropic
import httpx
import pytest
from anthropic.types import MessageParam, ToolParam

from tests.e2e.replayed import (
    chat_said,
    chat_stream,
    claude_said,
    cut,
    fates,
    gemini_said,
    gemini_stream,
    load,
    losses,
    named_stream,
    payloads,
    staged,
    tape,
    whole,
)
from tests.e2e.stage import REPLY, Stage
from tests.scripted import Script, json_reply, reply

HI: Final[list[MessageParam]] = [{"role": "user", "content": "hi"}]
WEATHER: Final[ToolParam] = {
    "name": "weather",
    "description": "Weather of a place",
    "input_schema": {
        "type": "object",
        "properties": {"location": {"type": "string"}},
        "required": ["location"],
    },
}
CLAUDE: Final = "vercel-ai/anthropic/src/"
CLAUDE_STREAM: Final = CLAUDE + "anthropic-clear-thinking.1.chunks.txt"
CHAT_STREAM: Final = "vercel-ai/deepseek/src/chat/deepseek-reasoning.chunks.txt"
GEMINI_STREAM: Final = "vercel-ai/google/src/google-text.chunks.txt"
PIXEL: Final = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    yield from staged(tmp_path_factory, "anthropic-sdk")


@pytest.fixture(autouse=True)
def afresh(stage: Stage) -> None:
    stage.forget()


@pytest.fixture
def sdk(stage: Stage) -> Iterator[anthropic.Anthropic]:
    """A client as an app makes it, but for its base URL."""
    with anthropic.Anthropic(base_url=stage.url, api_key=stage.token, max_retries=0) as client:
        yield client


def sent(stage: Stage) -> dict[str, Any]:
    """The body of the newest request to the provider."""
    return stage["up"].requests[-1].json()


# messages


def test_a_message_of_the_same_dialect_is_the_recorded_one(
    stage: Stage, sdk: anthropic.Anthropic, vectors: Path
) -> None:
    stage.script("up", whole(vectors, CLAUDE + "anthropic-text.json", headers=[("request-id", "req_7")]))
    answer = sdk.messages.with_raw_response.create(model="claude/claude-x", max_tokens=64, messages=HI)
    assert answer.http_response.content == (vectors / CLAUDE / "anthropic-text.json").read_bytes()
    assert answer.request_id == "req_7"
    assert "x-aigw-translation" not in answer.headers
    up = stage["up"].requests[-1]
    assert (up.target, up.json()["model"]) == ("/v1/messages", "claude-x")
    assert up.header(b"anthropic-version") == b"2026-10-21"
    assert up.header(b"x-api-key").startswith(b"sk-first")
    assert stage.token.encode() not in up.raw


@pytest.mark.parametrize("model", ["up/m", "gem/g", "native/o"])
def test_a_message_comes_from_every_other_dialect(
    stage: Stage, sdk: anthropic.Anthropic, vectors: Path, model: str
) -> None:
    name = {
        "up/m": "vercel-ai/groq/src/groq-text.json",
        "gem/g": "vercel-ai/google/src/google-text.json",
        "native/o": "vercel-ai/openai/src/chat/openai-text.json",
    }[model]
    body = load(vectors, name)
    text = gemini_said([json.dumps(body)]) if model == "gem/g" else body["choices"][0]["message"]["content"]
    stage.script("up", whole(vectors, name))
    message = sdk.messages.create(model=model, max_tokens=64, system="be brief", messages=HI)
    assert [block.type for block in message.content if block.type != "thinking"] == ["text"]
    assert "".join(block.text for block in message.content if block.type == "text") == text
    assert message.stop_reason == "end_turn"
    assert message.usage.output_tokens > 0
    assert message.id.startswith("msg_")
    assert "be brief" in stage["up"].requests[-1].body.decode()


def streams(vectors: Path) -> dict[str, tuple[Script, str]]:
    """A recorded stream of each dialect and its text, by model."""
    chat, claude, gemini = (payloads(vectors, one) for one in (CHAT_STREAM, CLAUDE_STREAM, GEMINI_STREAM))
    return {
        "up/m": (cut(chat_stream(chat)), chat_said(chat)),
        "claude/c": (cut(named_stream(claude)), claude_said(claude)),
        "gem/g": (cut(gemini_stream(gemini)), gemini_said(gemini)),
    }


@pytest.mark.parametrize("model", ["up/m", "claude/c", "gem/g"])
def test_a_stream_says_what_the_provider_said(
    stage: Stage, sdk: anthropic.Anthropic, vectors: Path, model: str
) -> None:
    script, text = streams(vectors)[model]
    stage.script("up", script)
    with sdk.messages.stream(model=model, max_tokens=64, messages=HI) as stream:
        assert "".join(stream.text_stream) == text
        final = stream.get_final_message()
        name = stream.response.headers["x-aigw-request-id"]
    assert final.stop_reason == "end_turn"
    assert final.usage.output_tokens > 0
    logged = stage.gateway.exchange(name)
    assert logged["usage"]["output"] == final.usage.output_tokens
    assert logged["assembled"]["text"] == text
    assert not logged["violations"]


def test_events_stand_in_their_order(stage: Stage, sdk: anthropic.Anthropic, vectors: Path) -> None:
    stage.script("up", streams(vectors)["up/m"][0])
    events = list(sdk.messages.create(model="up/m", max_tokens=64, messages=HI, stream=True))
    kinds = [event.type for event in events if event.type != "content_block_delta"]
    assert kinds == [
        "message_start", "content_block_start", "content_block_stop", "content_block_start",
        "content_block_stop", "message_delta", "message_stop",
    ]  # fmt: skip
    assert [event.index for event in events if event.type == "content_block_start"] == [0, 1]


# tools


@pytest.mark.parametrize(
    ("model", "recorded"),
    [
        ("up/m", "vercel-ai/deepseek/src/chat/deepseek-tool-call.json"),
        ("claude/c", CLAUDE + "anthropic-json-other-tool.1.json"),
        ("gem/g", "vercel-ai/google/src/google-tool-call-gemini3.json"),
    ],
)
def test_a_tool_loop_goes_round(
    stage: Stage, sdk: anthropic.Anthropic, vectors: Path, model: str, recorded: str
) -> None:
    stage.script("up", whole(vectors, recorded))
    first = sdk.messages.create(model=model, max_tokens=64, messages=HI, tools=[WEATHER])
    assert first.stop_reason == "tool_use"
    calls = [block for block in first.content if block.type == "tool_use"]
    assert len(calls) == 1
    assert isinstance(calls[0].input, dict)
    script, text = streams(vectors)[model]
    stage.script("up", script)
    history: list[MessageParam] = [
        *HI,
        {"role": "assistant", "content": first.content},
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": calls[0].id, "content": "18 degrees"}],
        },
    ]
    with sdk.messages.stream(model=model, max_tokens=64, messages=history, tools=[WEATHER]) as stream:
        assert stream.get_final_text() == text
    body = sent(stage)
    if model == "up/m":
        assistant, result = body["messages"][-2:]
        assert (result["role"], result["content"]) == ("tool", "18 degrees")
        assert result["tool_call_id"] == assistant["tool_calls"][0]["id"] == calls[0].id
        assert json.loads(assistant["tool_calls"][0]["function"]["arguments"]) == calls[0].input
    elif model == "gem/g":
        call, result = body["contents"][-2:]
        called = [part for part in call["parts"] if "functionCall" in part]
        assert called[0]["functionCall"]["args"] == calls[0].input
        recorded_parts = load(vectors, recorded)["candidates"][0]["content"]["parts"]
        assert called[0]["thoughtSignature"] == recorded_parts[0]["thoughtSignature"]
        assert result["parts"][0]["functionResponse"]["name"] == calls[0].name
    else:
        assert body["messages"][-1]["content"][0]["tool_use_id"] == calls[0].id


def test_a_streamed_tool_call_has_its_arguments(
    stage: Stage, sdk: anthropic.Anthropic, vectors: Path
) -> None:
    lines = payloads(vectors, "vercel-ai/deepseek/src/chat/deepseek-tool-call.chunks.txt")
    stage.script("up", cut(chat_stream(lines)))
    with sdk.messages.stream(model="up/m", max_tokens=64, messages=HI, tools=[WEATHER]) as stream:
        final = stream.get_final_message()
    call = final.content[-1]
    assert call.type == "tool_use"
    assert call.name == "weather"
    assert call.input == {"location": "San Francisco"}
    assert final.stop_reason == "tool_use"


# thinking


@pytest.mark.parametrize("model", ["claude/c", "gem/g"])
def test_a_signature_comes_back_to_whoever_made_it(
    stage: Stage, sdk: anthropic.Anthropic, vectors: Path, model: str
) -> None:
    name = {
        "claude/c": CLAUDE + "anthropic-clear-thinking.1.json",
        "gem/g": "vercel-ai/google/src/google-reasoning-gemini3.json",
    }[model]
    recorded = load(vectors, name)
    stage.script("up", whole(vectors, name), whole(vectors, name))
    first = sdk.messages.create(
        model=model, max_tokens=4000, messages=HI, thinking={"type": "enabled", "budget_tokens": 2000}
    )
    history: list[MessageParam] = [
        *HI,
        {"role": "assistant", "content": first.content},
        {"role": "user", "content": "and now?"},
    ]
    sdk.messages.create(
        model=model, max_tokens=4000, messages=history, thinking={"type": "enabled", "budget_tokens": 2000}
    )
    body = sent(stage)
    if model == "claude/c":
        signature = recorded["content"][0]["signature"]
        assert body["messages"][1]["content"][0]["signature"] == signature
        assert body["thinking"] == {"type": "enabled", "budget_tokens": 2000}
    else:
        (signature,) = (
            part["thoughtSignature"]
            for part in recorded["candidates"][0]["content"]["parts"]
            if "thoughtSignature" in part
        )
        assert signature in [part.get("thoughtSignature") for part in body["contents"][1]["parts"]]
        assert body["generationConfig"]["thinkingConfig"]["includeThoughts"] is True
    assert b"aigw1:" not in stage["up"].requests[-1].body


def test_a_chat_providers_reasoning_is_thinking_and_goes_back_without_a_false_signature(
    stage: Stage, sdk: anthropic.Anthropic, vectors: Path
) -> None:
    lines = payloads(vectors, CHAT_STREAM)
    stage.script("up", cut(chat_stream(lines)), [json_reply(REPLY)])
    with sdk.messages.stream(model="up/m", max_tokens=64, messages=HI) as stream:
        final = stream.get_final_message()
    thought = final.content[0]
    assert thought.type == "thinking"
    assert thought.thinking == chat_said(lines, "reasoning_content")
    history: list[MessageParam] = [
        *HI,
        {"role": "assistant", "content": final.content},
        {"role": "user", "content": "and now?"},
    ]
    sdk.messages.create(model="up/m", max_tokens=64, messages=history)
    raw = stage["up"].requests[-1].body
    assert b"aigw1:" not in raw
    assert b"signature" not in raw


def test_a_chat_providers_thinking_reaches_anthropic_without_a_signature_it_would_refuse(
    stage: Stage, sdk: anthropic.Anthropic, vectors: Path
) -> None:
    stage.script("up", cut(chat_stream(payloads(vectors, CHAT_STREAM))))
    stage.script("up", whole(vectors, CLAUDE + "anthropic-text.json"))
    with sdk.messages.stream(model="up/m", max_tokens=64, messages=HI) as stream:
        final = stream.get_final_message()
    history: list[MessageParam] = [
        *HI,
        {"role": "assistant", "content": final.content},
        {"role": "user", "content": "and now?"},
    ]
    sdk.messages.create(model="claude/c", max_tokens=64, messages=history)
    assert b"aigw1:" not in stage["up"].requests[-1].body


# counting, caching, media


def test_tokens_are_counted_by_anthropic_and_gemini_and_else_estimated(
    stage: Stage, sdk: anthropic.Anthropic, vectors: Path
) -> None:
    stage.script("up", [json_reply({"input_tokens": 15})], [json_reply({"totalTokens": 16})])
    assert sdk.messages.count_tokens(model="claude/c", messages=HI).input_tokens == 15
    assert stage["up"].requests[-1].target == "/v1/messages/count_tokens"
    assert sdk.messages.count_tokens(model="gem/g", messages=HI, tools=[WEATHER]).input_tokens == 16
    assert stage["up"].requests[-1].target.endswith(":countTokens")
    estimate = sdk.messages.with_raw_response.count_tokens(model="up/m", messages=HI, system="be kind")
    assert estimate.parse().input_tokens > 0
    assert "input_tokens" in losses(estimate.headers)["approximated"]
    assert len(stage["up"].requests) == 2


def test_cache_markers_pass_to_anthropic_and_are_a_named_loss_elsewhere(
    stage: Stage, sdk: anthropic.Anthropic, vectors: Path
) -> None:
    stage.script("up", whole(vectors, CLAUDE + "anthropic-text.json"))
    stage.script("up", whole(vectors, "vercel-ai/groq/src/groq-text.json"))
    system: Any = [{"type": "text", "text": "long", "cache_control": {"type": "ephemeral", "ttl": "1h"}}]
    sdk.messages.create(model="claude/c", max_tokens=9, messages=HI, system=system)
    assert sent(stage)["system"] == system
    answer = sdk.messages.with_raw_response.create(model="up/m", max_tokens=9, messages=HI, system=system)
    assert b"cache_control" not in stage["up"].requests[-1].body
    assert any("cache_control" in name for name in losses(answer.headers)["dropped"])


def test_cached_tokens_are_counted_as_anthropic_counts_them(
    stage: Stage, sdk: anthropic.Anthropic, vectors: Path
) -> None:
    name = "vercel-ai/deepseek/src/chat/deepseek-tool-call.json"
    usage = load(vectors, name)["usage"]
    stage.script("up", whole(vectors, name))
    said = sdk.messages.create(model="up/m", max_tokens=9, messages=HI).usage
    cached = usage["prompt_tokens_details"]["cached_tokens"]
    assert said.cache_read_input_tokens == cached
    assert said.input_tokens == usage["prompt_tokens"] - cached
    assert said.output_tokens == usage["completion_tokens"]


def media() -> list[MessageParam]:
    content: Any = [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}},
        {"type": "image", "source": {"type": "url", "url": "https://pictures.example/cat.png"}},
        {
            "type": "document",
            "title": "paper.pdf",
            "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0xLjQK"},
        },
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "plain words"}},
        {"type": "text", "text": "compare"},
    ]
    return [{"role": "user", "content": content}]


def test_images_and_documents_cross_to_chat(stage: Stage, sdk: anthropic.Anthropic, vectors: Path) -> None:
    stage.script("up", [json_reply(REPLY)])
    sdk.messages.create(model="up/m", max_tokens=9, messages=media())
    parts = sent(stage)["messages"][0]["content"]
    pictures = [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]
    assert pictures == [f"data:image/png;base64,{PIXEL}", "https://pictures.example/cat.png"]
    (file,) = [part["file"] for part in parts if part["type"] == "file"]
    assert file["file_data"].endswith("JVBERi0xLjQK")
    texts = [part["text"] for part in parts if part["type"] == "text"]
    assert any("plain words" in text for text in texts)
    assert texts[-1] == "compare"


def test_images_and_documents_cross_to_gemini(stage: Stage, sdk: anthropic.Anthropic, vectors: Path) -> None:
    stage.script("up", whole(vectors, "vercel-ai/google/src/google-text.json"))
    sdk.messages.create(model="gem/g", max_tokens=9, messages=media())
    parts = sent(stage)["contents"][0]["parts"]
    inline = {
        part["inlineData"]["mimeType"]: part["inlineData"]["data"] for part in parts if "inlineData" in part
    }
    assert inline["image/png"] == PIXEL
    assert inline["application/pdf"] == "JVBERi0xLjQK"
    assert [part["fileData"]["fileUri"] for part in parts if "fileData" in part] == [
        "https://pictures.example/cat.png"
    ]


# errors, credentials, versions


@pytest.mark.parametrize("model", ["claude/c", "up/m", "gem/g"])
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, anthropic.BadRequestError),
        (401, anthropic.AuthenticationError),
        (403, anthropic.PermissionDeniedError),
        (404, anthropic.NotFoundError),
        (413, anthropic.APIStatusError),
        (429, anthropic.RateLimitError),
        (500, anthropic.InternalServerError),
        (529, anthropic.APIStatusError),
    ],
)
def test_every_error_is_its_exception_with_text_id_and_retry_after(
    stage: Stage, sdk: anthropic.Anthropic, model: str, status: int, kind: type[anthropic.APIStatusError]
) -> None:
    told = f"told {status}"
    error: dict[str, Any] = {
        "claude/c": {"type": "error", "error": {"type": "overloaded_error", "message": told}},
        "up/m": {"error": {"message": told, "type": "t", "param": None, "code": "c"}},
        "gem/g": {"error": {"code": status, "message": told, "status": "UNAVAILABLE"}},
    }[model]
    stage.script("up", [json_reply(error, status=status, headers=[("retry-after", "7")])])
    with pytest.raises(kind, match=told) as caught:
        sdk.messages.create(model=model, max_tokens=9, messages=HI)
    assert caught.value.status_code == status
    assert caught.value.response.headers["retry-after"] == "7"
    assert caught.value.request_id
    body: Any = caught.value.body
    assert body["type"] == "error"
    assert told in body["error"]["message"]


def test_an_error_in_a_stream_is_raised_where_it_stands(
    stage: Stage, sdk: anthropic.Anthropic, vectors: Path
) -> None:
    lines = payloads(vectors, "vercel-ai/groq/src/groq-text.chunks.txt")[:4]
    broken = json.dumps({"error": {"message": "the model fell over", "type": "server_error", "code": 500}})
    stage.script("up", cut(chat_stream([*lines, broken])))
    said: list[str] = []
    with (
        pytest.raises(anthropic.APIError, match="fell over"),
        sdk.messages.stream(model="up/m", max_tokens=9, messages=HI) as stream,
    ):
        said.extend(stream.text_stream)
    assert "".join(said) == chat_said(lines)


def test_a_bearer_token_is_as_good_as_an_api_key(stage: Stage, vectors: Path) -> None:
    stage.script("up", whole(vectors, CLAUDE + "anthropic-text.json"))
    with anthropic.Anthropic(base_url=stage.url, auth_token=stage.token, api_key=None, max_retries=0) as sdk:
        assert sdk.messages.create(model="claude/c", max_tokens=9, messages=HI).content
    up = stage["up"].requests[-1]
    assert up.header(b"x-api-key").startswith(b"sk-first")
    assert up.header(b"authorization") == b""


def test_an_unknown_key_spends_nothing(stage: Stage) -> None:
    with (
        anthropic.Anthropic(base_url=stage.url, api_key="sk-ant-dummy", max_retries=0) as sdk,
        pytest.raises(anthropic.AuthenticationError, match="Nothing was sent"),
    ):
        sdk.messages.create(model="claude/c", max_tokens=9, messages=HI)
    assert stage["up"].requests == []


def test_models_are_listed_in_anthropics_shape(sdk: anthropic.Anthropic) -> None:
    page = sdk.models.list()
    assert "mock/echo" in [model.id for model in page.data]
    assert sdk.models.retrieve("mock/echo").type == "model"


def raw(stage: Stage, body: dict[str, Any], *, version: str, path: str = "/v1/messages") -> httpx.Response:
    headers = {"x-api-key": stage.token, "anthropic-version": version}
    return stage.client.post(stage.url + path, json={"max_tokens": 9, "messages": HI} | body, headers=headers)


def test_the_new_version_refuses_sampling_before_a_provider_of_another_dialect_is_asked(stage: Stage) -> None:
    refused = raw(stage, {"model": "up/m", "temperature": 1.0}, version="2026-10-21")
    assert refused.status_code == 400
    assert refused.json()["error"]["type"] == "invalid_request_error"
    assert "temperature" in refused.json()["error"]["message"]
    assert stage["up"].requests == []
    stage.script("up", [json_reply(REPLY)])
    assert raw(stage, {"model": "up/m", "temperature": 0.5}, version="2023-06-01").status_code == 200
    assert sent(stage)["temperature"] == 0.5


@pytest.mark.parametrize("version", ["2023-06-01", "2026-10-21"])
def test_a_version_goes_to_anthropic_as_it_came(stage: Stage, vectors: Path, version: str) -> None:
    stage.script("up", whole(vectors, CLAUDE + "anthropic-text.json"))
    assert raw(stage, {"model": "claude/c", "temperature": 0.5}, version=version).status_code == 200
    assert stage["up"].requests[-1].header(b"anthropic-version") == version.encode()


# Claude Code


def claude_code(model: str) -> dict[str, Any]:
    """The body that Claude Code sends, in shape: many tools, cached blocks, adaptive thinking, output_config."""
    cached = {"type": "ephemeral", "ttl": "1h"}
    tools: list[dict[str, Any]] = [
        {
            "name": name,
            "description": f"{name} does its work.",
            "input_schema": {
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "type": "object",
                "properties": {
                    "path": {"type": "string"},
                    "edits": {"type": "array", "items": {"type": "object", "additionalProperties": True}},
                    "mode": {"anyOf": [{"type": "string", "enum": ["a", "b"]}, {"type": "null"}]},
                },
                "required": ["path"],
                "additionalProperties": False,
            },
        }
        for name in ("Bash", "Read", "Edit", "Glob", "Grep", "Task", "TodoWrite", "WebFetch", "mcp__ide__get")
    ]
    return {
        "model": model,
        "max_tokens": 32_000,
        "stream": True,
        "system": [
            {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.4.1;"},
            {"type": "text", "text": "You are Claude Code.", "cache_control": cached},
            {"type": "text", "text": "# Environment\nplatform: linux", "cache_control": cached},
        ],
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "<system-reminder>be careful</system-reminder>"},
                    {"type": "text", "text": "list the files", "cache_control": {"type": "ephemeral"}},
                ],
            },
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "look first", "signature": "EqQBCkYIBRgC"},
                    {"type": "text", "text": "I look."},
                    {"type": "tool_use", "id": "toolu_01", "name": "Bash", "input": {"path": "."}},
                    {"type": "tool_use", "id": "toolu_02", "name": "Read", "input": {"path": "a.py"}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "toolu_01", "content": "a.py\nb.py"},
                    {
                        "type": "tool_result",
                        "tool_use_id": "toolu_02",
                        "is_error": True,
                        "content": [{"type": "text", "text": "no such file"}],
                        "cache_control": {"type": "ephemeral"},
                    },
                ],
            },
        ],
        "tools": [*tools[:-1], tools[-1] | {"cache_control": cached}],
        "tool_choice": {"type": "auto"},
        "metadata": {"user_id": "user_0f_account__session_11111111-2222-3333-4444-555555555555"},
        "thinking": {"type": "adaptive"},
        "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
        "output_config": {"effort": "high"},
    }  # fmt: skip


def call_as_claude_code(stage: Stage, model: str) -> httpx.Response:
    return stage.client.post(
        f"{stage.url}/v1/messages?beta=true",
        json=claude_code(model),
        headers={
            "authorization": f"Bearer {stage.token}",
            "anthropic-version": "2023-06-01",
            "anthropic-beta": "claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27",
            "anthropic-dangerous-direct-browser-access": "true",
            "x-app": "cli",
            "user-agent": "claude-cli/2.4.1 (external, cli)",
            "x-stainless-lang": "js",
        },
    )


@pytest.mark.parametrize("model", ["up/m", "gem/g", "native/o"])
def test_claude_code_is_served_by_every_dialect_and_told_what_was_lost(
    stage: Stage, vectors: Path, model: str
) -> None:
    lines = payloads(vectors, "vercel-ai/openai/src/chat/openai-text.chunks.txt")
    openai_stream = (cut(chat_stream(lines)), chat_said(lines))
    script, text = streams(vectors).get(model, openai_stream)
    stage.script("up", script)
    answer = call_as_claude_code(stage, model)
    assert answer.status_code == 200, answer.text
    assert "".join(event.get("delta", {}).get("text", "") for event in said_events(answer)) == text
    assert said_events(answer)[-1]["type"] == "message_stop"
    up = stage["up"].requests[-1]
    assert b"anthropic" not in b" ".join(name.lower() for name, _ in up.headers)
    assert "beta=true" not in up.target
    lost = losses(answer.headers)
    assert "context_management" in lost["dropped"]
    assert any("cache_control" in field for field in lost["dropped"])
    if model == "gem/g":
        names = [one["name"] for tool in up.json()["tools"] for one in tool["functionDeclarations"]]
        assert [part for part in up.json()["contents"][-1]["parts"] if "functionResponse" in part][1:]
    else:
        names = [tool["function"]["name"] for tool in up.json()["tools"]]
        results = [each for each in up.json()["messages"] if each["role"] == "tool"]
        assert [each["tool_call_id"] for each in results] == ["toolu_01", "toolu_02"]
        assert up.json()["reasoning_effort"] == "high"
    assert names == [tool["name"] for tool in claude_code(model)["tools"]]
    ledger = fates(stage.logged(answer))
    assert "context_management" in ledger
    assert "output_config" not in lost.get("dropped", set())
    assert not [field for field in ledger if field.startswith("thinking") and ledger[field] == "dropped"]


def said_events(answer: httpx.Response) -> list[dict[str, Any]]:
    lines = [line[6:] for line in answer.text.split("\n") if line.startswith("data: ")]
    return [json.loads(line) for line in lines]


def test_claude_code_reaches_anthropic_as_it_is(stage: Stage, vectors: Path) -> None:
    stage.script("up", streams(vectors)["claude/c"][0])
    answer = call_as_claude_code(stage, "claude/c")
    assert answer.content == named_stream(payloads(vectors, CLAUDE_STREAM))
    up = stage["up"].requests[-1]
    assert up.json() == claude_code("c")
    assert up.target == "/v1/messages?beta=true"
    assert b"context-management-2025-06-27" in up.header(b"anthropic-beta")
    assert "x-aigw-translation" not in answer.headers


def test_a_message_without_content_is_refused_in_anthropics_words(stage: Stage) -> None:
    answer = raw(stage, {"model": "up/m", "messages": [{"role": "user"}]}, version="2023-06-01")
    assert answer.status_code == 400
    assert answer.json()["type"] == "error"
    assert stage["up"].requests == []


def test_an_html_page_for_an_error_is_an_exception_with_its_text(
    stage: Stage, sdk: anthropic.Anthropic
) -> None:
    page = reply(b"<h1>504 Gateway Time-out</h1>", status=504, headers=[("Content-Type", "text/html")])
    stage.script("up", [page])
    with pytest.raises(anthropic.InternalServerError, match="Time-out"):
        sdk.messages.create(model="claude/c", max_tokens=9, messages=HI)


OLDER: Final = """
import json, sys, anthropic
url, token = sys.argv[1:]
sdk = anthropic.Anthropic(base_url=url, api_key=token, max_retries=0)
asked = {"max_tokens": 64, "messages": [{"role": "user", "content": "hi"}]}
with sdk.messages.stream(model="up/m", temperature=0.5, **asked) as stream:
    text = "".join(stream.text_stream)
    streamed = stream.get_final_message()
tool = {"name": "weather", "input_schema": {"type": "object"}}
called = sdk.messages.create(model="up/m", tools=[tool], **asked)
call = [block for block in called.content if block.type == "tool_use"][0]
counted = sdk.messages.count_tokens(model="claude/c", messages=asked["messages"])
try:
    sdk.messages.create(model="claude/c", **asked)
except anthropic.RateLimitError as error:
    limited = error.response.headers["retry-after"]
print(json.dumps({"version": anthropic.__version__, "text": text, "stop": streamed.stop_reason,
    "thinking": [block.thinking for block in streamed.content if block.type == "thinking"],
    "call": [call.name, call.input], "counted": counted.input_tokens, "retry_after": limited}))
"""


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a release before 2."""
    asked = os.environ.get("AIGW_DEV_SDK_TESTS", "")
    if not asked:
        pytest.skip(
            'opt-in: AIGW_DEV_SDK_TESTS=1 downloads "anthropic==0.*", a path names a folder that has it'
        )
    folder = tmp_path_factory.mktemp("anthropic0") if asked == "1" else Path(asked)
    if asked == "1":
        pip = (sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder), "anthropic==0.*")
        subprocess.run(pip, check=True, timeout=100)
    assert (folder / "anthropic").is_dir(), f"AIGW_DEV_SDK_TESTS names {folder}, which has no anthropic in it"
    return folder


def test_a_release_before_2_works_the_same(stage: Stage, vectors: Path, older: Path) -> None:
    lines = payloads(vectors, CHAT_STREAM)
    overloaded = {"type": "error", "error": {"type": "rate_limit_error", "message": "slow"}}
    stage.script("up", cut(chat_stream(lines)))
    stage.script("up", whole(vectors, "vercel-ai/deepseek/src/chat/deepseek-tool-call.json"))
    stage.script("up", [json_reply({"input_tokens": 15})])
    stage.script("up", [json_reply(overloaded, status=429, headers=[("retry-after", "7")])])
    done = subprocess.run(
        [sys.executable, "-c", OLDER, stage.url, stage.token], env={**os.environ, "PYTHONPATH": str(older)},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["version"].startswith("0.")
    assert (said["text"], said["stop"]) == (chat_said(lines), "end_turn")
    assert said["thinking"] == [chat_said(lines, "reasoning_content")]
    assert said["call"] == ["weather", {"location": "San Francisco"}]
    assert (said["counted"], said["retry_after"]) == (15, "7")
    assert stage["up"].requests[0].json()["temperature"] == 0.5


def test_recorded_requests_of_apps_are_answered_over_chat(stage: Stage, vectors: Path) -> None:
    folder = vectors / "pydantic-ai/models/cassettes/test_anthropic"
    tried = 0
    for file in sorted(folder.glob("*.yaml")):
        for one in tape(vectors, str(file.relative_to(vectors))):
            if one.path.partition("?")[0] != "/v1/messages" or one.asked is None:
                continue
            asked: dict[str, Any] = one.asked
            stage.script("up", [json_reply(REPLY)])
            answer = raw(stage, asked | {"model": "up/m", "stream": False}, version="2023-06-01")
            assert answer.status_code == 200, f"{file.name}: {answer.text}"
            assert answer.headers["x-aigw-translation"].startswith("anthropic-messages>openai-chat")
            tried += 1
    assert tried >= 40
