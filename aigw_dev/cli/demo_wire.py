"""The demo upstream's replies in the two dialects it speaks: bodies and stream events. Pure.

Usage is counted roughly, four characters a token, as a provider's own count would be trusted.
"""

import json
from collections.abc import Iterator
from typing import Any, Final, cast

from aigw_dev.cli.demo_models import ANSWERS, PROMPTS, DemoModel

_CHARACTERS: Final = 4
"""Of a token."""
_THOUGHT_TOKENS: Final = 180


def asked(body: dict[str, Any]) -> str:
    """The last message's text."""
    messages: list[dict[str, Any]] = body.get("messages") or [{"content": body.get("input", "")}]
    content: Any = messages[-1].get("content", "")
    if isinstance(content, list):
        parts = cast("list[dict[str, Any]]", content)
        return " ".join(str(part.get("text", "")) for part in parts)
    return str(content)


def answer(body: dict[str, Any]) -> str:
    """What is said to a request."""
    question = asked(body)
    for prompt, text in zip(PROMPTS, ANSWERS, strict=True):
        if prompt in question:
            return text
    return ANSWERS[len(question) % len(ANSWERS)]


def tool_call(body: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """The first tool with likely arguments, where tools are offered and none has answered yet."""
    tools: list[dict[str, Any]] = body.get("tools") or []
    if not tools or any(message.get("role") == "tool" for message in body.get("messages", ())):
        return None
    tool: dict[str, Any] = tools[0].get("function", tools[0])
    schema: dict[str, Any] = tool.get("parameters") or tool.get("input_schema") or {}
    fields: dict[str, dict[str, Any]] = schema.get("properties") or {}
    arguments = {name: _likely(field) for name, field in fields.items()}
    return str(tool.get("name", "tool")), arguments


def chat(body: dict[str, Any], model: DemoModel, identifier: str) -> dict[str, Any]:
    """An OpenAI chat completion."""
    called = tool_call(body)
    message: dict[str, Any] = {"role": "assistant", "content": None if called else answer(body)}
    if called:
        message["tool_calls"] = [_openai_call(called)]
    return {
        "id": identifier,
        "object": "chat.completion",
        "created": 1_790_000_000,
        "model": model.model,
        "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls" if called else "stop"}],
        "usage": _openai_usage(body, model),
    }


def chat_events(body: dict[str, Any], model: DemoModel, identifier: str) -> Iterator[bytes]:
    """The same as chunks, word by word, with usage where it was asked for."""
    base: dict[str, Any] = {
        "id": identifier,
        "object": "chat.completion.chunk",
        "created": 1_790_000_000,
        "model": model.model,
    }

    def event(delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return b"data: " + _json(base | {"choices": [choice]}) + b"\n\n"

    called = tool_call(body)
    yield event({"role": "assistant", "content": "" if called is None else None})
    if called is not None:
        yield event({"tool_calls": [{"index": 0} | _openai_call(called)]})
    else:
        for word in _words(answer(body)):
            yield event({"content": word})
    yield event({}, "tool_calls" if called else "stop")
    options: dict[str, Any] = body.get("stream_options") or {}
    if options.get("include_usage"):
        last: dict[str, Any] = base | {"choices": [], "usage": _openai_usage(body, model)}
        yield b"data: " + _json(last) + b"\n\n"
    yield b"data: [DONE]\n\n"


def message(body: dict[str, Any], model: DemoModel, identifier: str) -> dict[str, Any]:
    """An Anthropic message."""
    called = tool_call(body)
    block: dict[str, Any] = (
        {"type": "tool_use", "id": "toolu_demo", "name": called[0], "input": called[1]}
        if called
        else {"type": "text", "text": answer(body)}
    )
    return {
        "id": identifier,
        "type": "message",
        "role": "assistant",
        "model": model.model,
        "content": [block],
        "stop_reason": "tool_use" if called else "end_turn",
        "stop_sequence": None,
        "usage": _anthropic_usage(body),
    }


def message_events(body: dict[str, Any], model: DemoModel, identifier: str) -> Iterator[bytes]:
    """The same as events."""
    whole = message(body, model, identifier)
    usage, block = whole["usage"], whole["content"][0]
    start: dict[str, Any] = whole | {
        "content": [],
        "stop_reason": None,
        "usage": usage | {"output_tokens": 1},
    }
    yield _named("message_start", {"message": start})
    if block["type"] == "text":
        yield _named("content_block_start", {"index": 0, "content_block": block | {"text": ""}})
        for word in _words(block["text"]):
            yield _named("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": word}})
    else:
        yield _named("content_block_start", {"index": 0, "content_block": block | {"input": {}}})
        piece = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        yield _named("content_block_delta", {"index": 0, "delta": piece})
    yield _named("content_block_stop", {"index": 0})
    ended = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    yield _named("message_delta", {"delta": ended, "usage": {"output_tokens": usage["output_tokens"]}})
    yield _named("message_stop", {})


def embeddings(body: dict[str, Any], model: DemoModel) -> dict[str, Any]:
    """Short vectors."""
    wanted: Any = body.get("input", "")
    texts = cast("list[Any]", wanted) if isinstance(wanted, list) else [wanted]
    tokens = sum(len(str(text)) for text in texts) // _CHARACTERS + 1
    rows = [
        {"object": "embedding", "index": place, "embedding": [((len(str(text)) * n) % 97) / 97 for n in range(8)]}
        for place, text in enumerate(texts)
    ]  # fmt: skip
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "data": rows, "model": model.model, "usage": usage}


def failure(status: int, dialect: str, model: DemoModel) -> dict[str, Any]:
    """An error as APIs of that `dialect` (`chat` or `messages`) shape it."""
    kind, text = {
        429: ("rate_limit_exceeded", f"Rate limit reached for {model.model} (demo). Try again in 1s."),
        503: ("overloaded_error", f"{model.model} is overloaded (demo)."),
        404: ("model_not_found", "There is no such model (demo)."),
    }.get(status, ("server_error", "The server had an error (demo)."))
    if dialect == "messages":
        return {
            "type": "error",
            "error": {"type": "rate_limit_error" if status == 429 else "api_error", "message": text},  # noqa: PLR2004  -- HTTP
        }
    return {"error": {"message": text, "type": kind, "param": None, "code": kind}}


def _openai_call(called: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    name, arguments = called
    return {
        "id": "call_demo",
        "type": "function",
        "function": {"name": name, "arguments": json.dumps(arguments)},
    }


def _openai_usage(body: dict[str, Any], model: DemoModel) -> dict[str, Any]:
    given, said = _tokens(body)
    thought = _THOUGHT_TOKENS + given % 90 if model.is_thinking else 0
    usage: dict[str, Any] = {
        "prompt_tokens": given,
        "completion_tokens": said + thought,
        "total_tokens": given + said + thought,
    }
    if thought:
        usage["completion_tokens_details"] = {"reasoning_tokens": thought}
    return usage


def _anthropic_usage(body: dict[str, Any]) -> dict[str, Any]:
    given, said = _tokens(body)
    return {"input_tokens": given, "output_tokens": said}


def _tokens(body: dict[str, Any]) -> tuple[int, int]:
    said = 24 if tool_call(body) else len(answer(body)) // _CHARACTERS + 1
    return (
        len(json.dumps(body.get("messages", ""))) + len(str(body.get("system", "")))
    ) // _CHARACTERS + 3, said


def _likely(field: dict[str, Any]) -> Any:
    if field.get("enum"):
        return field["enum"][0]
    likely: dict[str, Any] = {"integer": 3, "number": 2.5, "boolean": True, "array": []}
    return likely.get(str(field.get("type")), "Lisbon")


def _words(text: str) -> list[str]:
    """Pieces as models send them: a word with the blank before it, a few signs where there are no blanks."""
    pieces = [" " * (place > 0) + word for place, word in enumerate(text.split(" "))]
    return [piece[at : at + 12] for piece in pieces for at in range(0, max(1, len(piece)), 12)]


def _named(name: str, fields: dict[str, Any]) -> bytes:
    return f"event: {name}\n".encode() + b"data: " + _json({"type": name} | fields) + b"\n\n"


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
