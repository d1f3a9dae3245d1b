"""The vendors' own types as judges: what we write must be parsed by the SDK of whoever reads it, and mean what it meant.

`check_*` raise where the SDK's types refuse; unknown fields are refused too, but for those named here. `said` and
`said_in` tell what an SDK's user finds in a reply or a stream: an oracle that shares no code with the codecs.
"""

import functools
import json
from collections.abc import Iterable, Iterator
from typing import Any, Final, cast

import msgspec
import pydantic
import pytest
from anthropic.types import Message, MessageCountTokensParams, RawMessageStreamEvent
from anthropic.types.message_create_params import MessageCreateParams
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.chat.completion_create_params import CompletionCreateParams
from openai.types.responses import Response, ResponseStreamEvent
from openai.types.responses.response_create_params import ResponseCreateParams
from pydantic import ConfigDict, TypeAdapter

from aigw_dev.core.streams import sse

CHAT: Final = "openai-chat"
RESPONSES: Final = "openai-responses"
ANTHROPIC: Final = "anthropic-messages"
GEMINI: Final = "gemini-generate-content"
BEDROCK: Final = "bedrock-converse"
CALLERS: Final = (CHAT, RESPONSES, ANTHROPIC, GEMINI)
PROVIDERS: Final = (*CALLERS, BEDROCK)
_PARAMS: Final[dict[str, Any]] = {
    CHAT: CompletionCreateParams,
    RESPONSES: ResponseCreateParams,
    ANTHROPIC: MessageCreateParams,
    "count": MessageCountTokensParams,
}
_BEYOND: Final[dict[str, frozenset[str]]] = {
    # words that servers understand and OpenAI's types do not know: sent only where `Traits` say so
    CHAT: frozenset({"reasoning_content", "reasoning_details", "cache_control", "top_k", "min_p", "thinking_blocks", "extra_content"}),
    RESPONSES: frozenset(),
    # wire version 2023-06-01, which the SDK of 2026-10-21 has no arguments for
    ANTHROPIC: frozenset({"temperature", "top_p", "top_k"}),
    "count": frozenset(),
}  # fmt: skip


class Said(msgspec.Struct, frozen=True):
    """What a reply means to the user of an SDK; one per choice, usage beside the first."""

    text: str
    reasoning: str
    refusal: str
    calls: tuple[tuple[str, str], ...]
    """Name and arguments, as JSON with sorted keys; a custom tool's text as it is."""
    stop: str
    """The dialect's own word."""
    usage: tuple[int, int, int, int] | None
    """Input, output, cached input, reasoning; in the canonical way. None where there is none."""
    ids: tuple[str, ...] = ()
    """Of the calls; empty where the dialect gives none."""


# --- requests


def check_request(dialect: str, body: bytes, *, path: str = "") -> None:
    """Raise where a request does not fit the types of its dialect's SDK."""
    if dialect == BEDROCK:
        _service_model().check_request(path, body)
    elif dialect == GEMINI:
        _check_gemini_request(json.loads(body))
    else:
        kind = "count" if path.endswith("/count_tokens") else dialect
        wire = cast("dict[str, Any]", _without(json.loads(body), _BEYOND[kind]))
        if dialect == RESPONSES:
            wire = _with_ids(wire)
        try:
            _exhaust(_params(kind).validate_python([wire]))
        except pydantic.ValidationError as error:  # it lists every member of every union
            shown = [f"{one['loc'][-1]}: {one['msg']} ({str(one['input'])[:80]})" for one in error.errors()]
            raise AssertionError(f"{len(shown)} problems: {'; '.join(shown[:5])}") from None


def _with_ids(wire: dict[str, Any]) -> dict[str, Any]:
    """The type wants an id of every thought; servers take them without, as Codex sends them."""
    items: Any = wire.get("input")
    if not isinstance(items, list):
        return wire
    rows = cast("list[dict[str, Any]]", items)
    return wire | {"input": [{"id": "rs_1"} | row if row.get("type") == "reasoning" else row for row in rows]}


@functools.cache
def _params(kind: str) -> TypeAdapter[Any]:
    params: Any = _PARAMS[kind]
    return TypeAdapter(list[params], config=ConfigDict(extra="forbid"))  # pyright: ignore[reportInvalidTypeForm] - chosen at run time


def _service_model() -> Any:
    from tests.core.dialects.bedrock import service_model  # needs botocore

    return service_model


def _exhaust(value: Any) -> None:
    """Validate what pydantic validates only when somebody looks: iterables."""
    if isinstance(value, dict):
        for one in cast("dict[str, Any]", value).values():
            _exhaust(one)
    elif isinstance(value, Iterable) and not isinstance(value, str | bytes):
        for one in cast("Iterable[Any]", value):
            _exhaust(one)


def _without(value: Any, names: frozenset[str]) -> Any:
    if isinstance(value, dict):
        wire = cast("dict[str, Any]", value)
        return {key: _without(one, names) for key, one in wire.items() if key not in names}
    if isinstance(value, list):
        return [_without(one, names) for one in cast("list[Any]", value)]
    return value


def _genai() -> Any:
    return pytest.importorskip("google.genai.types")


def _check_gemini_request(wire: dict[str, Any]) -> None:
    types = _genai()
    counted = wire.get("generateContentRequest")
    if counted is not None:
        assert counted.pop("model").startswith("models/")
        wire = counted
    pieces = {
        "contents": (types.Content, True),
        "systemInstruction": (types.Content, False),
        "tools": (types.Tool, True),
        "toolConfig": (types.ToolConfig, False),
        "generationConfig": (types.GenerationConfig, False),
        "safetySettings": (types.SafetySetting, True),
        "cachedContent": (str, False),
        "labels": (dict, False),
        "serviceTier": (str, False),
    }
    assert set(wire) <= set(pieces), set(wire) - set(pieces)
    for key, value in wire.items():
        kind, is_list = pieces[key]
        for one in value if is_list else [value]:
            if isinstance(kind, type) and issubclass(kind, pydantic.BaseModel):
                _check_enums(kind.model_validate(one), one)
            else:
                assert isinstance(one, kind)


def _check_enums(model: Any, wire: Any) -> None:
    """Google's enumerations take any word; only those that the SDK knows count here."""
    import enum

    if isinstance(model, pydantic.BaseModel):
        for name in type(model).model_fields:
            _check_enums(getattr(model, name), wire)
    elif isinstance(model, list):
        for one in cast("list[Any]", model):
            _check_enums(one, wire)
    elif isinstance(model, enum.Enum):
        assert model.name in type(model).__members__, f"{model!r} of {wire}"


# --- replies


def said(dialect: str, body: bytes) -> list[Said]:
    """What a whole reply says to the user of the SDK, choice by choice; raises where its types refuse it."""
    return _SAID[dialect](json.loads(body), body)


def _said_chat(wire: dict[str, Any], body: bytes) -> list[Said]:
    reply = ChatCompletion.model_validate_json(body, strict=True)
    usage = None
    if reply.usage is not None:
        usage = _chat_usage(wire["usage"])
    found: list[Said] = []
    for choice in wire["choices"]:
        message = choice["message"]
        calls: list[dict[str, Any]] = message.get("tool_calls") or []
        found.append(
            Said(
                text=message["content"] or "",
                reasoning=message.get("reasoning_content") or "",
                refusal=message.get("refusal") or "",
                calls=tuple(_chat_call(call) for call in calls),
                stop=choice["finish_reason"],
                usage=usage,
                ids=tuple(call["id"] for call in calls),
            )
        )
    return found


def _chat_call(call: dict[str, Any]) -> tuple[str, str]:
    inner = call.get("function")
    if inner is None:
        return call["custom"]["name"], call["custom"]["input"]
    return inner["name"], _sorted(inner["arguments"])


def _chat_usage(usage: dict[str, Any]) -> tuple[int, int, int, int]:
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    inputs: dict[str, int] = usage.get("prompt_tokens_details") or {}
    outputs: dict[str, int] = usage.get("completion_tokens_details") or {}
    cached, thought = inputs.get("cached_tokens") or 0, outputs.get("reasoning_tokens") or 0
    return usage["prompt_tokens"], usage["completion_tokens"], cached, thought


def _sorted(arguments: str) -> str:
    """JSON in one spelling; must be an object."""
    value = json.loads(arguments)
    assert isinstance(value, dict)
    return json.dumps(value, sort_keys=True)


def _said_responses(wire: dict[str, Any], body: bytes) -> list[Said]:
    Response.model_validate_json(body, strict=True)
    texts: list[str] = []
    thoughts: list[str] = []
    refusals: list[str] = []
    calls: list[tuple[str, str]] = []
    ids: list[str] = []
    for item in wire["output"]:
        match item["type"]:
            case "message":
                texts += [part["text"] for part in item["content"] if part["type"] == "output_text"]
                refusals += [part["refusal"] for part in item["content"] if part["type"] == "refusal"]
            case "reasoning":
                rows: list[dict[str, str]] = [*item["summary"], *(item.get("content") or [])]
                thoughts += [part["text"] for part in rows]
            case "function_call":
                calls.append((item["name"], _sorted(item["arguments"])))
                ids.append(item["call_id"])
            case "custom_tool_call":
                calls.append((item["name"], item["input"]))
                ids.append(item["call_id"])
            case _:
                pass
    stop = wire["status"]
    if stop == "incomplete":
        stop = f"incomplete:{wire['incomplete_details']['reason']}"
    usage = None
    if wire.get("usage"):
        counted = wire["usage"]
        assert counted["total_tokens"] == counted["input_tokens"] + counted["output_tokens"]
        usage = (
            counted["input_tokens"],
            counted["output_tokens"],
            counted["input_tokens_details"]["cached_tokens"],
            counted["output_tokens_details"]["reasoning_tokens"],
        )
    return [Said("".join(texts), "".join(thoughts), "".join(refusals), tuple(calls), stop, usage, tuple(ids))]


def _said_anthropic(wire: dict[str, Any], body: bytes) -> list[Said]:
    Message.model_validate_json(body, strict=True)
    blocks: list[dict[str, Any]] = wire["content"]
    calls = [block for block in blocks if block["type"] == "tool_use"]
    return [
        Said(
            text="".join(block["text"] for block in blocks if block["type"] == "text"),
            reasoning="".join(block["thinking"] for block in blocks if block["type"] == "thinking"),
            refusal="",
            calls=tuple((call["name"], json.dumps(call["input"], sort_keys=True)) for call in calls),
            stop=wire["stop_reason"],
            usage=_anthropic_usage(wire["usage"]),
            ids=tuple(call["id"] for call in calls),
        )
    ]


def _anthropic_usage(usage: dict[str, Any]) -> tuple[int, int, int, int]:
    cached = usage.get("cache_read_input_tokens") or 0
    outputs: dict[str, int] = usage.get("output_tokens_details") or {}
    thought = outputs.get("thinking_tokens") or 0
    whole = usage["input_tokens"] + cached + (usage.get("cache_creation_input_tokens") or 0)
    return whole, usage["output_tokens"], cached, thought


def _said_gemini(wire: dict[str, Any], body: bytes) -> list[Said]:
    model = _genai().GenerateContentResponse.model_validate_json(body)
    _check_enums(model, wire)
    found: list[Said] = []
    for candidate in wire.get("candidates", [{}]):
        parts: list[dict[str, Any]] = candidate.get("content", {}).get("parts", [])
        calls = [part["functionCall"] for part in parts if "functionCall" in part]
        found.append(
            Said(
                text="".join(part.get("text", "") for part in parts if not part.get("thought")),
                reasoning="".join(part.get("text", "") for part in parts if part.get("thought")),
                refusal="",
                calls=tuple((call["name"], json.dumps(call["args"], sort_keys=True)) for call in calls),
                stop=candidate.get("finishReason", ""),
                usage=_gemini_usage(wire.get("usageMetadata")),
                ids=tuple(call["id"] for call in calls if "id" in call),
            )
        )
    return found


def _gemini_usage(usage: dict[str, Any] | None) -> tuple[int, int, int, int] | None:
    if usage is None:
        return None
    thought = usage.get("thoughtsTokenCount", 0)
    return (
        usage.get("promptTokenCount", 0) + usage.get("toolUsePromptTokenCount", 0),
        usage.get("candidatesTokenCount", 0) + thought,
        usage.get("cachedContentTokenCount", 0),
        thought,
    )


_SAID: Final[dict[str, Any]] = {
    CHAT: _said_chat,
    RESPONSES: _said_responses,
    ANTHROPIC: _said_anthropic,
    GEMINI: _said_gemini,
}


# --- streams


class StreamFailed(Exception):  # noqa: N818 - what an SDK's user meets
    """The stream ended in the dialect's own error event."""


def frames(stream: bytes) -> Iterator[tuple[str, Any]]:
    """(event, data) of every event; data is text where it is no JSON."""
    framer = sse.Decoder()
    for event in [*framer.feed(stream), *framer.close()]:
        if not event.is_comment:
            is_json = event.data[:1] in {b"{", b"["} and event.data != b"[DONE]"
            yield event.event, json.loads(event.data) if is_json else event.data.decode()


def said_in(dialect: str, stream: bytes) -> list[Said]:
    """What a stream says, put together the way that dialect's clients do it; raises where its types refuse an event."""
    return _SAID_IN[dialect](list(frames(stream)))


_EVENTS: Final[dict[str, TypeAdapter[Any]]] = {
    RESPONSES: TypeAdapter(ResponseStreamEvent),
    ANTHROPIC: TypeAdapter(RawMessageStreamEvent),
}


def _said_in_chat(found: list[tuple[str, Any]]) -> list[Said]:
    messages: dict[int, dict[str, Any]] = {}
    usage: dict[str, Any] | None = None
    for number, (_event, chunk) in enumerate(found):
        if chunk == "[DONE]":
            assert number == len(found) - 1
            break
        if chunk.get("error"):
            raise StreamFailed(chunk["error"]["message"])
        _check_chunk(chunk)
        for choice in chunk["choices"]:
            _add_delta(messages.setdefault(choice["index"], {"calls": {}, "stop": None}), choice)
        if chunk.get("usage"):
            assert usage is None, "usage twice"
            assert not chunk["choices"]
            usage = chunk["usage"]
    else:
        raise AssertionError("no [DONE]")
    return [
        Said(
            text=one.get("content", ""),
            reasoning=one.get("reasoning_content", ""),
            refusal=one.get("refusal", ""),
            calls=tuple(
                (call["name"], _sorted(call["text"]) if call["type"] == "function" else call["text"])
                for _, call in sorted(one["calls"].items())
            ),
            stop=one["stop"],
            usage=_chat_usage(usage) if usage else None,
            ids=tuple(call["id"] for _, call in sorted(one["calls"].items())),
        )
        for _, one in sorted(messages.items())
    ]


def _check_chunk(chunk: dict[str, Any]) -> None:
    """The type knows no custom calls in streams, which OpenAI's servers send and its clients read."""
    fitting = json.loads(json.dumps(chunk))
    for choice in fitting["choices"]:
        rows: list[dict[str, Any]] = choice["delta"].get("tool_calls") or []
        for row in rows:
            if row.get("type") == "custom":
                row["type"] = "function"
    ChatCompletionChunk.model_validate_json(json.dumps(fitting), strict=True)


def _add_delta(message: dict[str, Any], choice: dict[str, Any]) -> None:
    delta = choice["delta"]
    if "role" not in message:
        assert delta["role"] == "assistant", "the first chunk names the role"
        message["role"] = "assistant"
    assert message["stop"] is None, "something follows the finish"
    for name in ("content", "reasoning_content", "refusal"):
        message[name] = message.get(name, "") + (delta.get(name) or "")
    rows: list[dict[str, Any]] = delta.get("tool_calls") or []
    for row in rows:
        inner: dict[str, Any] = row.get("function") or row.get("custom") or {}
        if row["index"] not in message["calls"]:
            assert row["index"] == len(message["calls"]), "calls count 0, 1, 2"
            message["calls"][row["index"]] = {
                "id": row["id"],
                "type": row["type"],
                "name": inner["name"],
                "text": "",
            }
        message["calls"][row["index"]]["text"] += inner.get("arguments") or inner.get("input") or ""
    message["stop"] = choice.get("finish_reason")


def _said_in_responses(found: list[tuple[str, Any]]) -> list[Said]:
    deltas = {"response.output_text.delta": "", "response.refusal.delta": "", "thoughts": ""}
    arguments: dict[str, str] = {}
    last: dict[str, Any] = {}
    for number, (event, data) in enumerate(found):
        assert event == data["type"]
        assert data["sequence_number"] == number
        if event == "error":
            raise StreamFailed(data["message"])
        _EVENTS[RESPONSES].validate_json(json.dumps(data), strict=True)
        if event in {"response.reasoning_summary_text.delta", "response.reasoning_text.delta"}:
            deltas["thoughts"] += data["delta"]
        elif event in deltas:
            deltas[event] += data["delta"]
        elif event == "response.function_call_arguments.delta":
            arguments[data["item_id"]] = arguments.get(data["item_id"], "") + data["delta"]
        last = data
    if last["type"] == "response.failed":
        raise StreamFailed(last["response"]["error"]["message"])
    assert last["type"] in {"response.completed", "response.incomplete"}
    whole = _said_responses(last["response"], json.dumps(last["response"]).encode())
    assert whole[0].text == deltas["response.output_text.delta"]
    assert whole[0].refusal == deltas["response.refusal.delta"]
    assert whole[0].reasoning == deltas["thoughts"]
    for item in last["response"]["output"]:
        if item["type"] == "function_call":
            assert item["arguments"] == arguments.get(item["id"], "")
    return whole


def _said_in_anthropic(found: list[tuple[str, Any]]) -> list[Said]:
    message: dict[str, Any] = {}
    block: dict[str, Any] | None = None
    pieces: list[str] = []
    for event, data in found:
        assert event == data["type"], "an event without its name is skipped by the SDK"
        if event == "error":
            raise StreamFailed(data["error"]["message"])
        if event == "ping":
            continue
        _EVENTS[ANTHROPIC].validate_json(json.dumps(data), strict=True)
        match event:
            case "message_start":
                assert not message, "a second message_start"
                message = data["message"]
            case "content_block_start":
                assert block is None, "blocks overlap"
                assert data["index"] == len(message["content"])
                block, pieces = data["content_block"], []
                message["content"].append(block)
            case "content_block_delta":
                assert block is not None
                assert data["index"] == len(message["content"]) - 1
                _add_block_delta(block, data["delta"], pieces)
            case "content_block_stop":
                assert block is not None
                if block["type"] == "tool_use" and "".join(pieces):
                    block["input"] = json.loads("".join(pieces))
                block = None
            case "message_delta":
                assert block is None
                message |= data["delta"]
                message["usage"] |= {key: value for key, value in data["usage"].items() if value is not None}
            case _:
                assert event == "message_stop"
    assert found[-1][0] == "message_stop"
    message.setdefault("stop_details", None)
    return _said_anthropic(message, json.dumps(message).encode())


def _add_block_delta(block: dict[str, Any], delta: dict[str, Any], pieces: list[str]) -> None:
    match block["type"], delta["type"]:
        case "text", "text_delta":
            block["text"] += delta["text"]
        case "text", "citations_delta":
            block["citations"] = [*(block.get("citations") or []), delta["citation"]]
        case "thinking", "thinking_delta":
            assert not block.get("signature"), "thinking after its signature"
            block["thinking"] += delta["thinking"]
        case "thinking", "signature_delta":
            block["signature"] = block.get("signature", "") + delta["signature"]
        case "tool_use", "input_json_delta":
            pieces.append(delta["partial_json"])
        case other:
            raise AssertionError(other)


def _said_in_gemini(found: list[tuple[str, Any]]) -> list[Said]:
    types = _genai()
    whole: dict[int, dict[str, Any]] = {}
    usage: dict[str, Any] | None = None
    for _event, chunk in found:
        if "error" in chunk:
            raise StreamFailed(chunk["error"]["message"])
        _check_enums(types.GenerateContentResponse.model_validate(chunk), chunk)
        for candidate in chunk.get("candidates", []):
            one = whole.setdefault(candidate.get("index", 0), {"content": {"parts": []}})
            one["content"]["parts"] += candidate.get("content", {}).get("parts", [])
            if "finishReason" in candidate:
                assert "finishReason" not in one
                one["finishReason"] = candidate["finishReason"]
        usage = chunk.get("usageMetadata", usage)
    reply: dict[str, Any] = {"candidates": [one for _, one in sorted(whole.items())]}
    if usage is not None:
        reply["usageMetadata"] = usage
    return _said_gemini(reply, json.dumps(reply).encode())


_SAID_IN: Final[dict[str, Any]] = {
    CHAT: _said_in_chat,
    RESPONSES: _said_in_responses,
    ANTHROPIC: _said_in_anthropic,
    GEMINI: _said_in_gemini,
}
