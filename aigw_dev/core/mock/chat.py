"""`mock/echo`, `mock/tools` and `mock/think` in chat: what they say, and how it is sent."""

from collections.abc import Iterator
from typing import Final

import msgspec

from aigw_dev.core import loose_json, tokens
from aigw_dev.core.mock import json_schema
from aigw_dev.core.mock.reply import (
    Asked,
    MockReply,
    Usage,
    answered,
    choices_wanted,
    failed,
    limited,
    streamed,
    words,
)

_TOOL_ROLES: Final = frozenset({"tool", "function"})
_ARGUMENT_PIECE_CHARS: Final = 16
_ARGUMENTS: Final = {"function": "arguments", "custom": "input"}
"""What a call's arguments are called, by the kind of tool."""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What a model says, before it is framed."""

    text: str = ""
    reasoning: str = ""
    call_name: str = ""
    """The tool it calls; empty where it calls none."""
    arguments: str = ""
    """JSON text; the input itself where `is_custom`."""
    is_custom: bool = False
    """The tool takes free text."""
    finish: str = "stop"


def answer(asked: Asked) -> MockReply:
    """A chat completion, streamed where the request asks for it."""
    messages = [loose_json.mapping(message) for message in loose_json.items(asked.request.get("messages"))]
    if not messages:
        return failed(
            400, "invalid_request", "`messages` must be an array with at least one message", param="messages"
        )
    count = choices_wanted(asked)
    if isinstance(count, MockReply):
        return count
    said = _tools(asked, messages) if asked.model == "tools" else _echo(asked, messages)
    if isinstance(said, MockReply):
        return said
    usage = _usage(asked, said, count)
    if asked.is_stream:
        return streamed(_chunks(asked, said, usage, count))
    return answered(
        _envelope(asked, "chat.completion")
        | {
            "choices": [
                {
                    "index": index,
                    "message": _message(asked, said),
                    "logprobs": None,
                    "finish_reason": said.finish,
                }
                for index in range(count)
            ],
            "usage": usage.wire(),
        }
    )


def _echo(asked: Asked, messages: list[dict[str, object]]) -> Said:
    text, finish = limited(_last_text(messages, {"user"}), asked)
    thought = f"The last message has {len(text.split())} words. I will repeat them."
    return Said(text=text, reasoning=thought if asked.model == "think" else "", finish=finish)


def _tools(asked: Asked, messages: list[dict[str, object]]) -> Said | MockReply:
    if loose_json.text(messages[-1].get("role")) in _TOOL_ROLES:
        text, finish = limited(_last_text(messages, _TOOL_ROLES), asked)
        return Said(text=text, finish=finish)
    offered = {name: tool for tool in map(loose_json.mapping, _offered(asked)) if (name := _name(tool))}
    choice = asked.request.get("tool_choice")
    if not offered or choice == "none":
        return _echo(asked, messages)
    wanted = _wanted(loose_json.mapping(choice)) or next(iter(offered))
    if wanted not in offered:
        message = f"`tool_choice` names {wanted[:100]}, which is not offered"
        return failed(400, "invalid_request", message, param="tool_choice")
    tool = offered[wanted]
    if tool.get("type") == "custom":
        text = _last_text(messages, {"user"})
        return Said(call_name=wanted, arguments=text, is_custom=True, finish="tool_calls")
    parameters = loose_json.mapping(tool.get("function")).get("parameters")
    arguments = json_schema.example({"type": "object"} if parameters is None else parameters)
    return Said(call_name=wanted, arguments=msgspec.json.encode(arguments).decode(), finish="tool_calls")


def _offered(asked: Asked) -> list[object]:
    return loose_json.items(asked.request.get("tools"))


def _name(tool: dict[str, object]) -> str:
    """The name of a tool as it is offered or chosen; empty where it has none."""
    kind = "custom" if tool.get("type") == "custom" else "function"
    return loose_json.text(loose_json.mapping(tool.get(kind)).get("name"))


def _wanted(choice: dict[str, object]) -> str:
    """The tool that `tool_choice` names, or the first of those it allows; empty where any will do."""
    allowed = loose_json.items(loose_json.mapping(choice.get("allowed_tools")).get("tools"))
    return _name(loose_json.mapping(allowed[0])) if allowed else _name(choice)


def _last_text(messages: list[dict[str, object]], roles: set[str] | frozenset[str]) -> str:
    """The text of the last message in one of `roles`, else of the last message."""
    last = next(
        (message for message in reversed(messages) if loose_json.text(message.get("role")) in roles),
        messages[-1],
    )
    return _text(last.get("content"))


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    parts = [loose_json.text(loose_json.mapping(part).get("text")) for part in loose_json.items(content)]
    return "\n".join(filter(None, parts))


def _usage(asked: Asked, said: Said, count: int) -> Usage:
    reasoning = tokens.estimate(said.reasoning)
    written = reasoning + tokens.estimate(said.text) + tokens.estimate(said.call_name + said.arguments)
    return Usage(
        prompt_tokens=asked.input_tokens,
        completion_tokens=written * count,
        reasoning_tokens=reasoning * count,
    )


def _envelope(asked: Asked, kind: str) -> dict[str, object]:
    return {
        "id": f"chatcmpl-mock-{asked.id_seed}",
        "object": kind,
        "created": asked.created,
        "model": f"mock/{asked.model}",
        "system_fingerprint": "fp_mock",
    }


def _call(asked: Asked, said: Said, arguments: str) -> dict[str, object]:
    kind = "custom" if said.is_custom else "function"
    inner = {"name": said.call_name, _ARGUMENTS[kind]: arguments}
    return {"id": f"call_mock_{asked.id_seed}", "type": kind, kind: inner}


def _message(asked: Asked, said: Said) -> dict[str, object]:
    message: dict[str, object] = {"role": "assistant", "content": said.text, "refusal": None}
    if said.reasoning:
        message["reasoning_content"] = said.reasoning
    if said.call_name:
        message["content"] = None
        message["tool_calls"] = [_call(asked, said, said.arguments)]
    return message


def _chunks(asked: Asked, said: Said, usage: Usage, count: int) -> Iterator[dict[str, object]]:
    frame = _envelope(asked, "chat.completion.chunk")
    if asked.wants_usage:
        frame["usage"] = None
    for index in range(count):
        for delta in _deltas(asked, said):
            yield frame | {"choices": [_choice(index, delta, None)]}
        yield frame | {"choices": [_choice(index, {}, said.finish)]}
    if asked.wants_usage:
        yield frame | {"choices": [], "usage": usage.wire()}


def _choice(index: int, delta: dict[str, object], finish: str | None) -> dict[str, object]:
    return {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}


def _deltas(asked: Asked, said: Said) -> Iterator[dict[str, object]]:
    yield {"role": "assistant", "content": None if said.call_name else "", "refusal": None}
    for word in words(said.reasoning):
        yield {"reasoning_content": word}
    for word in words(said.text):
        yield {"content": word}
    if said.call_name:
        yield {"tool_calls": [{"index": 0} | _call(asked, said, "")]}
        for start in range(0, len(said.arguments), _ARGUMENT_PIECE_CHARS):
            piece = said.arguments[start : start + _ARGUMENT_PIECE_CHARS]
            kind = "custom" if said.is_custom else "function"
            yield {"tool_calls": [{"index": 0, kind: {_ARGUMENTS[kind]: piece}}]}
