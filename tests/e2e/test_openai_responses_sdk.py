"""The Responses API through the official `openai` SDK, and Codex's request: over providers of every dialect."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import openai
import pydantic
import pytest
from openai.types.responses import FunctionToolParam, ResponseInputParam

from tests.e2e.replayed import (
    chat_said,
    chat_stream,
    claude_said,
    cut,
    every_dialect,
    fates,
    gemini_said,
    gemini_stream,
    load,
    losses,
    named_stream,
    payloads,
    responses_said,
    staged,
    tape,
    whole,
)
from tests.e2e.stage import REPLY, Stage
from tests.scripted import Script, json_reply

RESPONSES: Final = "vercel-ai/openai/src/responses/"
CLAUDE: Final = "vercel-ai/anthropic/src/anthropic-clear-thinking.1.chunks.txt"
NATIVE: Final = RESPONSES + "openai-mcp-tool-approval.4.chunks.txt"
OTHERS: Final = ("up/m", "claude/c", "gem/g")
WEATHER: Final[FunctionToolParam] = {
    "type": "function",
    "name": "weather",
    "description": "Weather of a place",
    "parameters": {"type": "object", "properties": {"location": {"type": "string"}}, "required": ["location"]},
    "strict": False,
}  # fmt: skip


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    yield from staged(tmp_path_factory, "openai-responses-sdk")


@pytest.fixture(autouse=True)
def afresh(stage: Stage) -> None:
    stage.forget()


@pytest.fixture
def sdk(stage: Stage) -> Iterator[openai.OpenAI]:
    """A client as an app makes it, but for its base URL."""
    with openai.OpenAI(base_url=f"{stage.url}/v1", api_key=stage.token, max_retries=0) as client:
        yield client


def sent(stage: Stage) -> dict[str, Any]:
    """The body of the newest request to the provider."""
    return stage["up"].requests[-1].json()


def stream_of(vectors: Path, model: str) -> tuple[Script, str]:
    """A recorded stream of the model's provider and its text."""
    if model == "gem/g":
        lines = payloads(vectors, "vercel-ai/google/src/google-text.chunks.txt")
        return cut(gemini_stream(lines)), gemini_said(lines)
    if model == "claude/c":
        lines = payloads(vectors, CLAUDE)
        return cut(named_stream(lines)), claude_said(lines)
    if model == "native/o":
        lines = payloads(vectors, NATIVE)
        return cut(named_stream(lines)), responses_said(lines)
    lines = payloads(vectors, "vercel-ai/deepseek/src/chat/deepseek-reasoning.chunks.txt")
    return cut(chat_stream(lines)), chat_said(lines)


def text_reply(model: str, text: str) -> Script:
    """A whole reply of the model's provider."""
    if model == "gem/g":
        candidate = {"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": "STOP"}
        return [json_reply({"candidates": [candidate], "usageMetadata": {"promptTokenCount": 2, "candidatesTokenCount": 3}})]  # fmt: skip
    if model == "claude/c":
        message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "c", "stop_reason": "end_turn", "stop_sequence": None}  # fmt: skip
        return [json_reply(message | {"content": [{"type": "text", "text": text}], "usage": {"input_tokens": 5, "output_tokens": 3}})]  # fmt: skip
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
    return [json_reply({**REPLY, "choices": [choice]})]


def words_sent(stage: Stage) -> list[tuple[str, str]]:
    """(role, text) of everything in the newest request to the provider, whatever its dialect."""
    body = sent(stage)
    messages: list[dict[str, Any]] = body.get("messages") or body.get("contents") or []
    found: list[tuple[str, str]] = []
    for message in messages:
        content: Any = message.get("content", message.get("parts"))
        parts: list[dict[str, Any]] = [{"text": content}] if isinstance(content, str) else content
        role = "assistant" if message["role"] == "model" else str(message["role"])
        found.append((role, "".join(str(part.get("text", "")) for part in parts)))
    return found


# relayed


def test_a_native_provider_is_relayed_byte_for_byte(stage: Stage, sdk: openai.OpenAI, vectors: Path) -> None:
    name = RESPONSES + "openai-mcp-tool.1.json"
    stage.script("up", whole(vectors, name, headers=[("x-request-id", "req_7")]))
    answer = sdk.responses.with_raw_response.create(
        model="native/gpt-x", input="hi", store=True, extra_body={"unknown_field": 1}
    )
    assert answer.http_response.content == (vectors / name).read_bytes()
    assert answer.parse().id == load(vectors, name)["id"]
    assert "x-aigw-translation" not in answer.headers
    assert answer.headers["x-request-id"] == "req_7"
    up = stage["up"].requests[-1]
    assert up.target == "/v1/responses"
    assert up.json() == {"model": "gpt-x", "input": "hi", "store": True, "unknown_field": 1}


def test_a_native_stream_is_relayed_byte_for_byte(stage: Stage, vectors: Path) -> None:
    script, text = stream_of(vectors, "native/o")
    stage.script("up", script)
    body = {"model": "native/o", "input": "hi", "stream": True}
    headers = {"authorization": f"Bearer {stage.token}"}
    answer = stage.client.post(f"{stage.url}/v1/responses", json=body, headers=headers)
    lines = payloads(vectors, NATIVE)
    assert answer.content == named_stream(lines)
    logged = stage.logged(answer)
    usage = json.loads(lines[-1])["response"]["usage"]
    assert logged["usage"]["output"] == usage["output_tokens"]
    assert logged["usage"]["input"] == usage["input_tokens"]
    assert logged["assembled"]["text"] == text
    assert not logged["violations"]


def test_what_lives_at_a_native_provider_is_asked_there(
    stage: Stage, sdk: openai.OpenAI, vectors: Path
) -> None:
    name = RESPONSES + "openai-mcp-tool.1.json"
    theirs: str = load(vectors, name)["id"]
    stage.script("up", whole(vectors, name), whole(vectors, name))
    made = sdk.responses.create(model="native2/gpt-x", input="hi")
    assert sdk.responses.retrieve(made.id).id == theirs
    up = stage["up"].requests[-1]
    assert (up.method, up.target) == ("GET", f"/v1/responses/{theirs}")
    listed: dict[str, Any] = {
        "object": "list",
        "data": [],
        "first_id": None,
        "last_id": None,
        "has_more": False,
    }
    stage.script("up", [json_reply(listed)])
    assert list(sdk.responses.input_items.list(made.id)) == []
    assert stage["up"].requests[-1].target == f"/v1/responses/{theirs}/input_items"
    stage.script("up", whole(vectors, name))
    sdk.responses.create(model="native2/gpt-x", input="and?", previous_response_id=made.id)
    assert sent(stage)["previous_response_id"] == theirs
    stage.script("up", [json_reply({"id": theirs, "object": "response", "deleted": True})])
    sdk.responses.delete(made.id)
    assert stage["up"].requests[-1].method == "DELETE"
    keys = {one.header(b"authorization") for one in stage["up"].requests}
    assert len(keys) == 1


# translated


@pytest.mark.parametrize("model", OTHERS)
def test_a_response_comes_from_every_dialect(stage: Stage, sdk: openai.OpenAI, model: str) -> None:
    stage.script("up", text_reply(model, "Bonjour"))
    answer = sdk.responses.with_raw_response.create(
        model=model, input="hi", instructions="be brief", max_output_tokens=64, metadata={"k": "v"}
    )
    response = answer.parse()
    assert response.output_text == "Bonjour"
    assert response.status == "completed"
    assert response.instructions == "be brief"
    assert response.metadata == {"k": "v"}
    assert response.id.startswith("resp_")
    assert response.usage is not None
    assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens
    assert "be brief" in stage["up"].requests[-1].body.decode()
    assert answer.headers["x-aigw-translation"].startswith("openai-responses>")


@pytest.mark.parametrize("model", [*OTHERS, "native/o"])
def test_a_stream_says_what_the_provider_said(
    stage: Stage, sdk: openai.OpenAI, vectors: Path, model: str
) -> None:
    script, text = stream_of(vectors, model)
    stage.script("up", script)
    with sdk.responses.stream(model=model, input="hi") as stream:
        events = list(stream)
        final = stream.get_final_response()
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == text
    assert final.output_text == text
    assert final.status == "completed"
    assert [events[0].type, events[1].type, events[-1].type] == [
        "response.created", "response.in_progress", "response.completed",
    ]  # fmt: skip
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert final.usage is not None
    assert final.usage.output_tokens > 0


def test_reasoning_of_a_chat_provider_is_a_summary(stage: Stage, sdk: openai.OpenAI, vectors: Path) -> None:
    lines = payloads(vectors, "vercel-ai/deepseek/src/chat/deepseek-reasoning.chunks.txt")
    stage.script("up", cut(chat_stream(lines)))
    with sdk.responses.stream(
        model="up/m", input="hi", reasoning={"effort": "high", "summary": "auto"}
    ) as stream:
        final = stream.get_final_response()
    assert [item.type for item in final.output] == ["reasoning", "message"]
    reasoning = final.output[0]
    assert reasoning.type == "reasoning"
    said = "".join(part.text for part in [*reasoning.summary, *(reasoning.content or [])])
    assert said == chat_said(lines, "reasoning_content")
    assert sent(stage)["reasoning_effort"] == "high"


class Place(pydantic.BaseModel):
    """What a structured reply holds."""

    name: str
    degrees: int


@pytest.mark.parametrize("model", OTHERS)
def test_a_structured_reply_is_parsed(stage: Stage, sdk: openai.OpenAI, model: str) -> None:
    stage.script("up", text_reply(model, '{"name": "Paris", "degrees": 18}'))
    parsed = sdk.responses.parse(model=model, input="where?", text_format=Place)
    assert parsed.output_parsed == Place(name="Paris", degrees=18)
    assert "degrees" in stage["up"].requests[-1].body.decode()
    if model == "up/m":
        asked = sent(stage)["response_format"]["json_schema"]
        assert (asked["name"], asked["strict"]) == ("Place", True)


def weather(location: str) -> str:
    """What the tool of these tests answers."""
    return f"18 degrees in {location}"


TOOL_CALLS: Final = {
    "up/m": "vercel-ai/deepseek/src/chat/deepseek-tool-call",
    "claude/c": "vercel-ai/anthropic/src/anthropic-json-other-tool.1",
    "gem/g": "vercel-ai/google/src/google-tool-call-gemini3",
}


@pytest.mark.parametrize("model", OTHERS)
@pytest.mark.parametrize("is_stream", [False, True])
def test_a_tool_loop_goes_round(
    stage: Stage, sdk: openai.OpenAI, vectors: Path, model: str, is_stream: bool
) -> None:
    frame = {"gem/g": gemini_stream, "claude/c": named_stream}.get(model, chat_stream)
    history: ResponseInputParam = [{"role": "user", "content": "weather?"}]
    if is_stream:
        stage.script("up", cut(frame(payloads(vectors, TOOL_CALLS[model] + ".chunks.txt"))))
        with sdk.responses.stream(model=model, input=history, tools=[WEATHER]) as stream:
            first: Any = stream.get_final_response()
    else:
        stage.script("up", whole(vectors, TOOL_CALLS[model] + ".json"))
        first = sdk.responses.create(model=model, input=history, tools=[WEATHER])
    calls = [item for item in first.output if item.type == "function_call"]
    assert len(calls) == 1
    arguments = json.loads(calls[0].arguments)
    history += [item.model_dump(exclude_none=True) for item in first.output]
    history.append({"type": "function_call_output", "call_id": calls[0].call_id, "output": weather("here")})
    stage.script("up", text_reply(model, "warm"))
    second = sdk.responses.create(model=model, input=history, tools=[WEATHER])
    assert second.output_text == "warm"
    body = sent(stage)
    assert "18 degrees in here" in json.dumps(body)
    if model == "up/m":
        assistant, tool = body["messages"][-2:]
        assert tool["tool_call_id"] == assistant["tool_calls"][0]["id"] == calls[0].call_id
        assert json.loads(assistant["tool_calls"][0]["function"]["arguments"]) == arguments
    if model == "claude/c":
        assistant, user = body["messages"][-2:]
        used = [block for block in assistant["content"] if block["type"] == "tool_use"]
        assert (used[0]["id"], used[0]["input"]) == (calls[0].call_id, arguments)
        assert user["content"][0]["tool_use_id"] == calls[0].call_id
    if model == "gem/g":
        assert "thoughtSignature" in json.dumps(body["contents"][1])


# state kept by the gateway


@pytest.mark.parametrize("model", OTHERS)
def test_a_conversation_goes_on_over_a_provider_that_keeps_none(
    stage: Stage, sdk: openai.OpenAI, model: str
) -> None:
    stage.script("up", *(text_reply(model, text) for text in ("one!", "two!", "three!")))
    first = sdk.responses.create(model=model, input="one", instructions="only once")
    second = sdk.responses.create(model=model, input="two", previous_response_id=first.id)
    assert second.previous_response_id == first.id
    third = sdk.responses.create(model=model, input="three", previous_response_id=second.id)
    assert third.output_text == "three!"
    said = [pair for pair in words_sent(stage) if pair[0] != "system"]
    assert said == [
        ("user", "one"), ("assistant", "one!"), ("user", "two"), ("assistant", "two!"), ("user", "three"),
    ]  # fmt: skip
    assert "only once" not in stage["up"].requests[-1].body.decode()
    assert b"previous_response_id" not in stage["up"].requests[-1].body


def test_a_streamed_response_can_be_leant_on_too(stage: Stage, sdk: openai.OpenAI, vectors: Path) -> None:
    script, text = stream_of(vectors, "up/m")
    stage.script("up", script, text_reply("up/m", "more"))
    with sdk.responses.stream(model="up/m", input="one") as stream:
        first = stream.get_final_response()
    sdk.responses.create(model="up/m", input="two", previous_response_id=first.id)
    assert words_sent(stage) == [("user", "one"), ("assistant", text), ("user", "two")]


def test_a_conversation_may_move_to_another_provider(stage: Stage, sdk: openai.OpenAI) -> None:
    stage.script("up", text_reply("up/m", "one!"), text_reply("claude/c", "two!"))
    first = sdk.responses.create(model="up/m", input="one")
    second = sdk.responses.create(model="claude/c", input="two", previous_response_id=first.id)
    assert second.output_text == "two!"
    assert words_sent(stage) == [("user", "one"), ("assistant", "one!"), ("user", "two")]


def test_a_kept_response_is_read_listed_and_deleted(stage: Stage, sdk: openai.OpenAI) -> None:
    stage.script("up", text_reply("up/m", "one!"), text_reply("up/m", "two!"))
    first = sdk.responses.create(model="up/m", input="one")
    second = sdk.responses.create(model="up/m", input="two", previous_response_id=first.id)
    assert sdk.responses.retrieve(second.id).output_text == "two!"
    items = list(sdk.responses.input_items.list(second.id, order="asc"))
    assert "two" in items[-1].model_dump_json()
    assert items[-1].id
    sdk.responses.delete(first.id)
    with pytest.raises(openai.NotFoundError):
        sdk.responses.retrieve(first.id)
    assert len(stage["up"].requests) == 2


def test_what_was_not_to_be_stored_is_not(stage: Stage, sdk: openai.OpenAI) -> None:
    stage.script("up", text_reply("up/m", "one!"))
    first = sdk.responses.create(model="up/m", input="one", store=False)
    with pytest.raises(openai.NotFoundError):
        sdk.responses.retrieve(first.id)
    assert len(stage["up"].requests) == 1


def test_leaning_on_what_nobody_keeps_is_refused_and_named(stage: Stage, sdk: openai.OpenAI) -> None:
    with pytest.raises(openai.APIStatusError, match="resp_gone") as caught:
        sdk.responses.create(model="up/m", input="two", previous_response_id="resp_gone")
    assert caught.value.status_code in {400, 404}
    assert stage["up"].requests == []


def test_a_response_nobody_knows_is_not_found(stage: Stage, sdk: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError):
        sdk.responses.retrieve("resp_unknown")


def test_a_conversation_survives_a_restart_of_the_gateway(tmp_path: Path) -> None:
    with every_dialect(tmp_path) as stage:
        stage.script("up", text_reply("up/m", "one!"), text_reply("up/m", "two!"))
        with openai.OpenAI(base_url=f"{stage.url}/v1", api_key=stage.token, max_retries=0) as sdk:
            first = sdk.responses.create(model="up/m", input="one")
        assert stage.gateway.stop() == 0
        url = stage.gateway.start().url
        with openai.OpenAI(base_url=f"{url}/v1", api_key=stage.token, max_retries=0) as sdk:
            second = sdk.responses.create(model="up/m", input="two", previous_response_id=first.id)
            assert sdk.responses.retrieve(first.id).output_text == "one!"
        assert second.output_text == "two!"
        assert words_sent(stage) == [("user", "one"), ("assistant", "one!"), ("user", "two")]


# errors


@pytest.mark.parametrize("model", [*OTHERS, "native/o"])
@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, openai.BadRequestError), (429, openai.RateLimitError), (529, openai.InternalServerError)],
)
def test_an_error_is_its_exception(
    stage: Stage, sdk: openai.OpenAI, model: str, status: int, kind: type[openai.APIStatusError]
) -> None:
    told = f"told {status}"
    error: dict[str, Any] = {
        "claude/c": {"type": "error", "error": {"type": "overloaded_error", "message": told}},
        "gem/g": {"error": {"code": status, "message": told, "status": "UNAVAILABLE"}},
    }.get(model, {"error": {"message": told, "type": "t", "param": None, "code": "c"}})
    stage.script("up", [json_reply(error, status=status, headers=[("retry-after", "7")])])
    with pytest.raises(kind, match=told) as caught:
        sdk.responses.create(model=model, input="hi")
    assert caught.value.response.headers["retry-after"] == "7"
    assert caught.value.request_id


def test_an_error_in_a_stream_fails_the_response(stage: Stage, sdk: openai.OpenAI, vectors: Path) -> None:
    lines = payloads(vectors, "vercel-ai/groq/src/groq-text.chunks.txt")[:4]
    broken = json.dumps({"error": {"message": "the model fell over", "type": "server_error", "code": 500}})
    stage.script("up", cut(chat_stream([*lines, broken])))
    told: list[str] = []
    said = ""
    try:
        for event in sdk.responses.create(model="up/m", input="hi", stream=True):
            if event.type == "response.output_text.delta":
                said += event.delta
            if event.type == "response.failed" and event.response.error is not None:
                told.append(event.response.error.message)
            assert event.type != "response.completed"
    except openai.APIError as error:
        told.append(str(error))
    assert said == chat_said(lines)
    assert any("fell over" in one for one in told)


def test_a_malformed_request_reaches_nobody(stage: Stage, sdk: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="input"):
        sdk.responses.create(model="claude/c", input=[{"role": "king", "content": "x"}])  # pyright: ignore[reportArgumentType, reportCallIssue, reportUnknownVariableType] - malformed on purpose
    assert stage["up"].requests == []


@pytest.mark.parametrize("path", ["input_tokens", "compact"])
def test_a_call_beside_responses_goes_to_the_model_it_names(stage: Stage, path: str) -> None:
    stage.script("up", [json_reply({"object": "response.input_tokens", "input_tokens": 11})])
    answer = stage.client.post(
        f"{stage.url}/v1/responses/{path}",
        json={"model": "native/o", "input": "hi"},
        headers={"authorization": f"Bearer {stage.token}"},
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["input_tokens"] == 11
    up = stage["up"].requests[-1]
    assert (up.target, up.json()["model"]) == (f"/v1/responses/{path}", "o")


# Codex

PATCH: Final = """*** Begin Patch
*** Update File: a.py
@@
-x = 1
+x = 2
*** End Patch"""
GRAMMAR: Final = 'start: begin_patch hunk end_patch\nbegin_patch: "*** Begin Patch" LF\n'


def codex(model: str) -> dict[str, Any]:
    """The body that Codex sends, in shape."""
    return {
        "model": model,
        "instructions": "You are Codex, a coding agent.",
        "input": [
            {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "sandbox: on"}]},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "<environment_context/>"}]},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "set x to 2"}]},
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "look"}], "content": None, "encrypted_content": "gAAAAA=="},
            {"type": "function_call", "name": "shell", "arguments": '{"command":["cat","a.py"]}', "call_id": "call_1"},
            {"type": "function_call_output", "call_id": "call_1", "output": '{"output":"x = 1"}'},
            {"type": "custom_tool_call", "name": "apply_patch", "input": PATCH, "call_id": "call_2"},
            {"type": "custom_tool_call_output", "call_id": "call_2", "output": "Success. Updated a.py"},
        ],
        "tools": [
            {
                "type": "function", "name": "shell", "description": "Runs a command", "strict": False,
                "parameters": {
                    "type": "object", "required": ["command"], "additionalProperties": False,
                    "properties": {"command": {"type": "array", "items": {"type": "string"}}, "timeout_ms": {"type": "number"}},
                },
            },
            {
                "type": "custom", "name": "apply_patch", "description": "Edits files. FREEFORM.",
                "format": {"type": "grammar", "syntax": "lark", "definition": GRAMMAR},
            },
            {"type": "web_search", "external_web_access": False},
        ],
        "tool_choice": "auto",
        "parallel_tool_calls": True,
        "reasoning": {"effort": "medium", "summary": "auto"},
        "store": False,
        "stream": True,
        "include": ["reasoning.encrypted_content"],
        "prompt_cache_key": "0199a0a0-0000-7000-8000-000000000000",
        "text": {"verbosity": "low"},
        "client_metadata": {"x-codex-installation-id": "1"},
    }  # fmt: skip


def call_as_codex(stage: Stage, body: dict[str, Any]) -> httpx.Response:
    headers = {
        "authorization": f"Bearer {stage.token}",
        "accept": "text/event-stream",
        "originator": "codex_cli_rs",
        "user-agent": "codex_cli_rs/0.162.1 (Linux; x86_64)",
        "session_id": "0199a0a0-0000-7000-8000-000000000000",
    }
    return stage.client.post(f"{stage.url}/v1/responses", json=body, headers=headers)


def events_in(answer: httpx.Response) -> list[dict[str, Any]]:
    return [json.loads(line[6:]) for line in answer.text.split("\n") if line.startswith("data: ")]


def patch_call(model: str, name: str, arguments: str) -> Script:
    """A stream in which the model calls apply_patch."""
    if model == "claude/c":
        start: dict[str, Any] = {"id": "msg_1", "type": "message", "role": "assistant", "model": "c", "content": [], "stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 5, "output_tokens": 1}}  # fmt: skip
        events: list[dict[str, Any]] = [
            {"type": "message_start", "message": start},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "tool_use", "id": "toolu_9", "name": name, "input": {}}},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": arguments[:20]}},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": arguments[20:]}},
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": "tool_use", "stop_sequence": None}, "usage": {"output_tokens": 7}},
            {"type": "message_stop"},
        ]  # fmt: skip
        return cut(named_stream([json.dumps(one) for one in events]))
    base = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    call = {
        "index": 0,
        "id": "call_9",
        "type": "function",
        "function": {"name": name, "arguments": arguments[:20]},
    }
    deltas: list[dict[str, Any]] = [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"tool_calls": [{"index": 0, "function": {"arguments": arguments[20:]}}]},
    ]
    chunks: list[dict[str, Any]] = [
        base | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas
    ]
    chunks.append(base | {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]})
    return cut(chat_stream([json.dumps(one) for one in chunks]))


@pytest.mark.parametrize("model", ["up/m", "claude/c"])
def test_codex_is_served_and_its_patch_comes_back_as_free_text(stage: Stage, model: str) -> None:
    asked = codex(model)
    stage.script("up", text_reply(model, "done"))
    probe = call_as_codex(stage, asked)
    assert probe.status_code == 200, probe.text
    body = sent(stage)
    if model == "up/m":
        (tool,) = [
            one["function"]
            for one in body["tools"]
            if "apply_patch" in json.dumps(one) and one["type"] == "function"
        ] or [None]
        assert tool is not None, body["tools"]
        field = next(iter(tool["parameters"]["properties"]))
        assert body["parallel_tool_calls"] is True
        assert body["reasoning_effort"] == "medium"
        assert body["verbosity"] == "low"
        results = {one["tool_call_id"]: one["content"] for one in body["messages"] if one["role"] == "tool"}
        assert results["call_2"] == "Success. Updated a.py"
    else:
        (tool,) = [one for one in body["tools"] if one["name"] == "apply_patch"]
        field = next(iter(tool["input_schema"]["properties"]))
        assert "You are Codex" in json.dumps(body["system"])
        used = [
            block
            for each in body["messages"]
            if isinstance(each["content"], list)
            for block in each["content"]
            if block["type"] == "tool_use"
        ]
        assert [block["id"] for block in used] == ["call_1", "call_2"]
        assert used[1]["input"] == {field: PATCH}
    assert b"gAAAAA==" not in stage["up"].requests[-1].body
    stage.script("up", patch_call(model, "apply_patch", json.dumps({field: PATCH})))
    answer = call_as_codex(stage, asked)
    events = events_in(answer)
    done = events[-1]["response"]
    assert events[-1]["type"] == "response.completed"
    (item,) = [one for one in done["output"] if one["type"] == "custom_tool_call"]
    assert (item["name"], item["input"]) == ("apply_patch", PATCH)
    deltas = [one["delta"] for one in events if one["type"] == "response.custom_tool_call_input.delta"]
    assert "".join(deltas) == PATCH
    assert done["store"] is False
    lost = losses(answer.headers)
    assert any("web_search" in one or "tools[2]" in one for one in lost["dropped"])
    assert [fate for field, fate in fates(stage.logged(answer)).items() if field.endswith(".thinking")] == [
        "dropped"
    ]


def test_codex_reaches_openai_as_it_is(stage: Stage, vectors: Path) -> None:
    script, _ = stream_of(vectors, "native/o")
    stage.script("up", script)
    answer = call_as_codex(stage, codex("native/o"))
    lines = payloads(vectors, NATIVE)
    assert answer.content == named_stream(lines)
    assert sent(stage) == codex("o")


def test_reasoning_that_is_carried_comes_back_to_its_maker(stage: Stage, vectors: Path) -> None:
    stage.script("up", stream_of(vectors, "claude/c")[0], text_reply("claude/c", "done"))
    asked = codex("claude/c") | {"input": codex("")["input"][:3]}
    done = events_in(call_as_codex(stage, asked))[-1]["response"]
    (thought,) = [one for one in done["output"] if one["type"] == "reasoning"]
    assert thought["encrypted_content"]
    answer = call_as_codex(
        stage, asked | {"input": [*asked["input"], *done["output"], {"role": "user", "content": "go on"}]}
    )
    assert answer.status_code == 200
    blocks = [
        block
        for each in sent(stage)["messages"]
        if isinstance(each["content"], list)
        for block in each["content"]
    ]
    (thinking,) = [block for block in blocks if block["type"] == "thinking"]
    assert thinking["signature"] == claude_said(payloads(vectors, CLAUDE), "signature")


def test_another_makers_reasoning_is_not_shown_to_openai(stage: Stage, vectors: Path) -> None:
    stage.script("up", stream_of(vectors, "claude/c")[0], stream_of(vectors, "native/o")[0])
    asked = codex("claude/c") | {"input": codex("")["input"][:3]}
    done = events_in(call_as_codex(stage, asked))[-1]["response"]
    again = codex("native/o") | {"input": [*asked["input"], *done["output"]]}
    assert call_as_codex(stage, again).status_code == 200
    assert b"aigw1:" not in stage["up"].requests[-1].body
    assert claude_said(payloads(vectors, CLAUDE)) in stage["up"].requests[-1].body.decode()


def test_recorded_requests_of_apps_are_answered_over_chat(stage: Stage, vectors: Path) -> None:
    folder = vectors / "pydantic-ai/models/cassettes/test_openai_responses"
    tried, refused = 0, list[str]()
    for file in sorted(folder.glob("*.yaml")):
        for one in tape(vectors, str(file.relative_to(vectors))):
            if not one.path.endswith("/responses") or one.asked is None:
                continue
            asked: dict[str, Any] = one.asked
            if asked.get("previous_response_id") or asked.get("conversation") or asked.get("background"):
                continue  # they lean on what OpenAI keeps
            stage.script("up", [json_reply(REPLY)])
            body = asked | {"model": "up/m", "stream": False}
            answer = stage.client.post(
                f"{stage.url}/v1/responses", json=body, headers={"authorization": f"Bearer {stage.token}"}
            )
            tried += 1
            if answer.status_code != 200:
                refused.append(f"{file.name}: {answer.text[:300]}")
                stage.forget()
    assert tried >= 30
    assert not refused, "\n".join(refused)
