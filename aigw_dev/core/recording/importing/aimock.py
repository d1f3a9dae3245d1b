"""Fixture files of aimock (llmock): rules with hand-written or collapsed answers, as `synth` with wildcards.

    {"fixtures": [{"match": {userMessage, systemMessage, model, toolCallId, hasToolResult, turnIndex, inputText, ...},
                   "response": {content | toolCalls | blocks | error | embedding, reasoning, finishReason, usage},
                   "latency", "streamingProfile": {ttft, tps}, "recordedTimings": {ttftMs}, "truncateAfterChunks" ...}]}

Such a rule says little of the request. It becomes a request of OpenAI's chat with wildcards that has the shape which the
rule implies: as many messages before the one that is matched as `turnIndex` says, a system message where one is matched,
a tool's result behind it where one is asked for. What cannot be said so is noted. Rules without `sequenceIndex` answer
again and again. Source: aimock 1.38, `src/types.ts`.
"""

import json
import re
from typing import Any, Final, cast

from aigw_dev.core.operations import CHAT, EMBEDDINGS
from aigw_dev.core.recording.fixture import Attempt, Interaction, Request, Response, Synth, Wild
from aigw_dev.core.recording.importing.destination import home_of
from aigw_dev.core.recording.importing.imported import (
    Collection,
    Imported,
    Skip,
    Store,
    as_json,
    as_list,
    as_object,
    as_status,
    as_text,
    member,
)
from aigw_dev.core.recording.importing.moments import milliseconds, number_of

_ANY: Final = Wild()
_OPTIONS: Final = (
    # fields of a chat request that a rule never looks at
    "audio",
    "frequency_penalty",
    "function_call",
    "functions",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "modalities",
    "n",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "reasoning_effort",
    "response_format",
    "seed",
    "service_tier",
    "stop",
    "stream",
    "stream_options",
    "temperature",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "verbosity",
    "web_search_options",
)
_EMBEDDING_OPTIONS: Final = ("dimensions", "encoding_format")
_MATCHED: Final = frozenset(
    {
        "userMessage",
        "systemMessage",
        "inputText",
        "toolCallId",
        "toolResultContains",
        "model",
        "sequenceIndex",
        "turnIndex",
        "hasToolResult",
        "endpoint",
    }
)
_ENDPOINTS: Final = frozenset({"chat", "embedding"})
_FAULTS: Final = ("truncateAfterChunks", "disconnectAfterMs", "chaos")
_ELSEWHERE: Final = ("image", "images", "audio", "transcription", "video", "json", "live")
_USAGE: Final = {
    "prompt_tokens": "input_tokens",
    "input_tokens": "input_tokens",
    "promptTokenCount": "input_tokens",
    "completion_tokens": "output_tokens",
    "output_tokens": "output_tokens",
    "candidatesTokenCount": "output_tokens",
}
_DEFAULT_ERROR: Final = 500
_TOO_MANY: Final = 429
_MOST_TURNS: Final = 200


def import_aimock(document: Any, *, name: str, store: Store) -> Imported:
    """The rules of a file, in its order. FixtureError, with a place, for what is no such file; `store` is not needed."""
    del store  # aimock's files hold no bytes that are kept here
    found = Collection(name, "aimock")
    for number, one in enumerate(as_list(as_object(document, "").get("fixtures"), "fixtures")):
        where = f"fixtures[{number}]"
        made = _interaction(as_object(one, where), where, found)
        if isinstance(made, Skip):
            found.skip(where, made.reason)
        else:
            found.add(made)
    return found.whole()


def _interaction(rule: dict[str, Any], where: str, found: Collection) -> Interaction | Skip:
    match = as_object(rule.get("match"), f"{where}.match")
    answer = as_object(rule.get("response"), f"{where}.response")
    endpoint = as_text(match.get("endpoint", "chat"), f"{where}.match.endpoint")
    if endpoint not in _ENDPOINTS:
        return Skip(f"a rule for {endpoint[:40]}: only chat and embeddings are imported")
    elsewhere = next((name for name in _ELSEWHERE if name in answer), "")
    if elsewhere:
        return Skip(f"an answer with `{elsewhere}`: only chat and embeddings are imported")
    for name in sorted(match.keys() - _MATCHED):
        found.note(f"`match.{name}` is not looked at")
    for name in _FAULTS:
        if name in rule:
            found.note(f"`{name}` is no part of a recording: arm a fault in the test")
    model = as_text(match.get("model", ""), f"{where}.match.model")
    is_embedding = "embedding" in answer or endpoint == "embedding" or "inputText" in match
    if is_embedding:
        request = _embedding_request(match, where)
    else:
        request = _chat_request(rule, match, where)
        found.note(
            "rules are for OpenAI's chat; an answer fits a conversation with as many messages as its rule implies"
        )
    request.body["model"] = model or _ANY
    response = _response(rule, answer, where, model, is_embedding=is_embedding)
    if isinstance(response, Skip):
        return response
    home = home_of(CHAT.dialect)
    attempt = Attempt(upstream=f"{home}/{model}" if model else home, response=response)
    return Interaction(request=request, attempts=[attempt], repeat="" if "sequenceIndex" in match else "last")


def _embedding_request(match: dict[str, Any], where: str) -> Request:
    body: dict[str, Any] = {
        "model": _ANY,
        "input": _holds(match.get("inputText"), f"{where}.match.inputText"),
    }
    return Request(op=EMBEDDINGS.name, body=body | dict.fromkeys(_EMBEDDING_OPTIONS, _ANY))


def _chat_request(rule: dict[str, Any], match: dict[str, Any], where: str) -> Request:
    messages: list[Any] = []
    system = match.get("systemMessage")
    if system is not None or member(rule.get("metadata"), "systemHash"):
        messages.append(_message("system", _holds(system, f"{where}.match.systemMessage")))
    has_result = match.get("hasToolResult") is True or "toolCallId" in match or "toolResultContains" in match
    turns = match.get("turnIndex")
    before = (
        turns if isinstance(turns, int) and not isinstance(turns, bool) and 0 <= turns <= _MOST_TURNS else 0
    )
    # `turnIndex` counts the model's own turns so far; a tool's result comes behind one of them.
    messages += [_ANY] * (2 * max(0, before - has_result))
    messages.append(_message("user", _holds(match.get("userMessage"), f"{where}.match.userMessage")))
    if has_result:
        result = _holds(match.get("toolResultContains"), f"{where}.match.toolResultContains")
        call = as_text(match["toolCallId"], f"{where}.match.toolCallId") if "toolCallId" in match else _ANY
        messages += [_ANY, _message("tool", result) | {"tool_call_id": call}]
    body: dict[str, Any] = {"model": _ANY, "messages": messages}
    return Request(op=CHAT.name, body=body | dict.fromkeys(_OPTIONS, _ANY))


def _message(role: str, content: Wild) -> dict[str, Any]:
    return {"role": role, "content": content, "name": _ANY}


def _holds(value: Any, where: str) -> Wild:
    """A text that holds `value`; all of several, in their order."""
    if value is None or value == "":
        return _ANY
    parts = cast("list[Any]", value) if isinstance(value, list) else [value]
    return Wild(pattern="(?s).*" + ".*".join(re.escape(as_text(one, where)) for one in parts) + ".*")


def _response(
    rule: dict[str, Any], answer: dict[str, Any], where: str, model: str, *, is_embedding: bool
) -> Response | Skip:
    if "error" in answer:
        return _error(answer, where)
    if "embedding" in answer:
        row = {
            "object": "embedding",
            "index": 0,
            "embedding": as_json(
                as_list(answer["embedding"], f"{where}.response.embedding"), f"{where}.response.embedding"
            ),
        }
        usage = {"prompt_tokens": 0, "total_tokens": 0}
        return Response(body={"object": "list", "data": [row], "model": model or "embedding", "usage": usage})
    if is_embedding:
        return Skip("a rule for embeddings whose answer is none")
    text, calls = _parts(answer, where)
    if not calls and "content" not in answer and "blocks" not in answer:
        return Skip(
            f"an answer with {', '.join(sorted(answer))[:80] or 'nothing'}: only chat and embeddings are imported"
        )
    profile, timings = rule.get("streamingProfile"), rule.get("recordedTimings")
    latency_ms = milliseconds(rule.get("latency"))
    pace = max(0.0, number_of(member(profile, "tps")))
    return Response(
        synth=Synth(
            text=text,
            reasoning=as_text(answer.get("reasoning", ""), f"{where}.response.reasoning"),
            tool_calls=calls,
            finish=as_text(answer.get("finishReason", ""), f"{where}.response.finishReason"),
            usage=_usage(answer.get("usage")),
            ttft_ms=milliseconds(member(timings, "ttftMs"))
            or milliseconds(member(profile, "ttft"))
            or latency_ms,
            tps=pace or (1000 / latency_ms if latency_ms else 0.0),
        )
    )


def _parts(answer: dict[str, Any], where: str) -> tuple[str, list[Any]]:
    """The text, and the tool calls as `[name, arguments]`. Of `blocks` the order among the two kinds is lost."""
    content = answer.get("content")
    text = "" if content is None else _written(as_json(content, f"{where}.response.content"))
    calls = as_list(answer.get("toolCalls") or [], f"{where}.response.toolCalls")
    for number, one in enumerate(as_list(answer.get("blocks") or [], f"{where}.response.blocks")):
        block = as_object(one, f"{where}.response.blocks[{number}]")
        if block.get("type") == "toolCall":
            calls = [*calls, block] if "toolCalls" not in answer else calls
        elif "content" not in answer:
            text += as_text(block.get("text", ""), f"{where}.response.blocks[{number}].text")
    found: list[Any] = []
    for number, one in enumerate(calls):
        call = as_object(one, f"{where}.response.toolCalls[{number}]")
        name = as_text(call.get("name"), f"{where}.response.toolCalls[{number}].name")
        found.append(
            [name, as_json(call.get("arguments", {}), f"{where}.response.toolCalls[{number}].arguments")]
        )
    return text, found


def _written(content: Any) -> str:
    """An answer given as an object is meant as its JSON text."""
    if isinstance(content, str):
        return content
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _error(answer: dict[str, Any], where: str) -> Response:
    status = as_status(answer.get("status", _DEFAULT_ERROR), f"{where}.response.status")
    error = as_object(as_json(answer["error"], f"{where}.response.error"), f"{where}.response.error")
    body = {"message": "", "type": None, "param": None, "code": None} | error
    wait = answer.get("retryAfter", 1 if status == _TOO_MANY else None)
    headers = {"content-type": "application/json"}
    if wait is not None:
        headers["retry-after"] = str(wait)
    return Response(status=status, headers=headers, body={"error": body})


def _usage(value: Any) -> dict[str, int]:
    if not isinstance(value, dict):
        return {}
    return {
        _USAGE[name]: count
        for name, count in cast("dict[str, Any]", value).items()
        if name in _USAGE and isinstance(count, int) and not isinstance(count, bool)
    }
