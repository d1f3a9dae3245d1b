"""A provider's whole reply in neutral words, and what its errors say."""

from typing import Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.chat.vocabulary import (
    NULL,
    ChatReply,
    Choice,
    Logprob,
    Opaque,
    Part,
    Refusal,
    StopReason,
    Text,
    ToolCall,
)
from aigw_dev.core.dialects import openai_errors
from aigw_dev.core.dialects.openai_usage import read_usage
from aigw_dev.core.dialects.protocol import ReplyError
from aigw_dev.core.dialects.responses import checks, thoughts
from aigw_dev.core.dialects.responses.checks import DIALECT
from aigw_dev.core.dialects.responses.completion import completed

_REASONS: Final[dict[str, StopReason]] = {"max_output_tokens": "length", "content_filter": "content_filter"}
_BROKEN: Final = frozenset({"failed", "cancelled"})
_UNFINISHED: Final = frozenset({"queued", "in_progress"})
_STATUSES: Final = {
    "rate_limit_exceeded": 429,
    "insufficient_quota": 429,
    "server_error": 500,
    "server_is_overloaded": 503,
    "slow_down": 503,
    "vector_store_timeout": 504,
    "invalid_prompt": 400,
    "context_length_exceeded": 400,
}
_MAX_TOP: Final = 20


def read_chat_reply(body: bytes, /) -> ChatReply | ReplyError:
    """A whole reply; a `ReplyError` where the response failed, is not finished, or cannot be read."""
    wire = loose_json.load(body)
    if not loose_json.is_object(wire):
        return ReplyError(message="the provider's reply is not a JSON object", code="upstream_protocol")
    status = loose_json.text(wire.get("status"))
    error = reply_error(wire, status)
    if error is not None:
        return error
    if not loose_json.is_array(wire.get("output")):
        return ReplyError(message="the provider's reply has no `output`", code="upstream_protocol")
    fields = checks.raw_fields(body)
    parts, logprobs = read_output(
        wire["output"], bytes(fields.get("output", NULL)), offered=offered_customs(wire)
    )
    reason = incomplete_reason(wire)
    return ChatReply(
        dialect=DIALECT,
        id=loose_json.text(wire.get("id")),
        model=loose_json.text(wire.get("model")),
        created=loose_json.count(wire.get("created_at")) or 0,
        choices=(
            Choice(
                parts=tuple(parts),
                stop=stop_of(status, reason, parts),
                stop_raw=reason or status,
                logprobs=tuple(logprobs) or None,
            ),
        ),
        usage=read_usage(bytes(fields["usage"])) if "usage" in fields else None,
        service_tier=loose_json.text(wire.get("service_tier")),
    )


def read_error(status: int, body: bytes, /) -> ReplyError:
    """What an error body says, whatever its shape; the message is never empty."""
    error = openai_errors.reply_error(body)
    text = openai_errors.error_text(body) or f"the provider answered with status {status} and no text"
    return ReplyError(message=text, code=error.code if error is not None else "", status=status)


def reply_error(wire: dict[str, object], status: str) -> ReplyError | None:
    """The error that a response object of this status is; None where it is an answer."""
    error = wire.get("error")
    if not error and status not in _BROKEN | _UNFINISHED:
        return None
    if not error and status in _UNFINISHED:
        return ReplyError(
            message=f"the provider's reply is not finished, its status is {status}", code="upstream_protocol"
        )
    said = loose_json.mapping(error)
    found = openai_errors.reply_error(bytes(checks.raw({"error": error}))) if error else None
    code = loose_json.text(said.get("code")) or (found.code if found is not None else "")
    return ReplyError(
        message=found.message if found is not None else f"the provider's response is {status}",
        code=code,
        status=(found.status if found is not None else 0) or _STATUSES.get(code, 0),
    )


def stop_of(status: str, reason: str, parts: list[Part]) -> StopReason:
    """Why a reply ended."""
    if status == "incomplete" or reason:
        return _REASONS.get(reason, "length" if not reason else "pause")
    is_called = False
    for part in parts:
        if isinstance(part, ToolCall):
            is_called = True
        elif isinstance(part, Text) and part.text and is_called and not _has_function(parts):
            is_called = False  # xAI's own tools are custom calls that it answers itself
    if is_called:
        return "tool_calls"
    return "refusal" if any(isinstance(part, Refusal) for part in parts) else "stop"


def _has_function(parts: list[Part]) -> bool:
    return any(isinstance(part, ToolCall) and part.kind == "function" for part in parts)


def incomplete_reason(wire: dict[str, object]) -> str:
    """Why a response is incomplete, in the provider's word."""
    return loose_json.text(loose_json.mapping(wire.get("incomplete_details")).get("reason"))


def offered_customs(response: dict[str, object]) -> frozenset[str] | None:
    """Names of the custom tools that a response says it was offered; None where it says nothing of tools.

    xAI tells the calls of tools that it runs itself (`x_search`) as custom calls; who never offered the tool is not to
    be asked to run it.
    """
    tools = loose_json.items(response.get("tools"))
    if not tools:
        return None
    listed = [loose_json.mapping(tool) for tool in tools]
    return frozenset(loose_json.text(tool.get("name")) for tool in listed if tool.get("type") == "custom")


def read_output(
    output: object, raw: bytes = b"", *, offered: frozenset[str] | None = None
) -> tuple[list[Part], list[Logprob]]:
    """The parts of every output item, in order, and the logprobs of its text; `offered` as `offered_customs` gives it."""
    items = loose_json.items(output)
    raws = checks.raw_items(raw)
    parts: list[Part] = []
    logprobs: list[Logprob] = []
    for number, value in enumerate(items):
        own = raws[number] if len(raws) == len(items) else checks.raw(value)
        item = loose_json.mapping(value)
        is_hosted = offered is not None and loose_json.text(item.get("name")) not in offered
        if is_hosted and item.get("type") == "custom_tool_call":
            parts.append(opaque("custom_tool_call", own))
            continue
        parts += _item(item, own, logprobs)
    return parts, logprobs


def _item(item: dict[str, object], raw: msgspec.Raw, logprobs: list[Logprob]) -> list[Part]:
    match item.get("type"):
        case "message":
            return [
                part for value in loose_json.items(item.get("content")) for part in _content(value, logprobs)
            ]
        case "reasoning":
            thinking = thoughts.read_item(item).thinking
            return [thinking] if thinking.text or thinking.signature else []
        case "function_call":
            return [
                ToolCall(
                    id=loose_json.text(item.get("call_id")) or loose_json.text(item.get("id")),
                    name=loose_json.text(item.get("name")),
                    arguments=completed(loose_json.text(item.get("arguments"))),
                    item_id=loose_json.text(item.get("id")),
                )
            ]
        case "custom_tool_call":
            return [
                ToolCall(
                    id=loose_json.text(item.get("call_id")) or loose_json.text(item.get("id")),
                    name=loose_json.text(item.get("name")),
                    arguments=loose_json.text(item.get("input")),
                    kind="custom",
                    item_id=loose_json.text(item.get("id")),
                )
            ]
        case kind:
            return [opaque(loose_json.text(kind), raw)]


def opaque(kind: str, raw: bytes | msgspec.Raw) -> Opaque:
    """An output item that only this dialect has."""
    return Opaque(dialect=DIALECT, type=kind, raw=msgspec.Raw(bytes(raw)))


def _content(value: object, logprobs: list[Logprob]) -> list[Part]:
    part = loose_json.mapping(value)
    match part.get("type"):
        case "output_text" | "text":
            logprobs += read_logprobs(part.get("logprobs"))
            text = loose_json.text(part.get("text"))
            annotations = loose_json.items(part.get("annotations"))
            if not text and not annotations:
                return []
            return [Text(text=text, citations=checks.raw(annotations) if annotations else NULL)]
        case "refusal":
            return [Refusal(text=loose_json.text(part.get("refusal")))]
        case kind:
            return [opaque(loose_json.text(kind), checks.raw(part))]


def read_logprobs(value: object) -> list[Logprob]:
    """Logprobs of a text or a delta; whatever is not one is left out."""
    return [
        one
        for item in loose_json.items(value)
        if (one := _logprob(loose_json.mapping(item), depth=1)) is not None
    ]


def _logprob(wire: dict[str, object], depth: int) -> Logprob | None:
    value = wire.get("logprob")
    if isinstance(value, bool) or not isinstance(value, int | float) or "token" not in wire:
        return None
    listed = loose_json.items(wire.get("bytes"))
    spelled = [one for one in listed if isinstance(one, int) and 0 <= one < 256]  # noqa: PLR2004 - a byte
    top = loose_json.items(wire.get("top_logprobs"))[:_MAX_TOP] if depth else []
    return Logprob(
        token=loose_json.text(wire.get("token")),
        logprob=float(value),
        bytes=tuple(spelled) if wire.get("bytes") is not None else None,
        top=tuple(one for item in top if (one := _logprob(loose_json.mapping(item), 0)) is not None),
    )
