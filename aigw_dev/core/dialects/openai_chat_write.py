"""A neutral request as an OpenAI-compatible provider takes it.

`Traits` decides what the provider understands beyond the words that every server has; what it does not is left out or
said in the nearest form, and the ledger has an entry for it.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from aigw_dev.core.chat import custom_tools
from aigw_dev.core.chat.reasoning import effort_of, nearest
from aigw_dev.core.chat.tool_names import wire_name
from aigw_dev.core.chat.vocabulary import (
    ChatRequest,
    Message,
    OutputFormat,
    Reasoning,
    Text,
    Tool,
    ToolChoice,
)
from aigw_dev.core.dialects.codec import Outgoing, Traits
from aigw_dev.core.dialects.openai_chat_answer import encode_json
from aigw_dev.core.dialects.openai_chat_reply import DIALECT
from aigw_dev.core.dialects.openai_chat_turns import write_messages
from aigw_dev.core.errors import Refusal
from aigw_dev.core.ledger import Ledger

PATH: Final = "/chat/completions"
_PLAIN: Final = {
    # neutral field: wire field
    "max_tokens": "max_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "seed": "seed",
    "choices": "n",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
    "logit_bias": "logit_bias",
    "logprobs": "logprobs",
    "top_logprobs": "top_logprobs",
    "audio": "audio",
    "verbosity": "verbosity",
    "user": "user",
    "metadata": "metadata",
    "cache_key": "prompt_cache_key",
}
_BEYOND: Final = ("top_k", "min_p")
"""Parameters that only some servers know."""
_MAX_STOPS: Final = 4
"""OpenAI's limit."""
_TIERS: Final = frozenset({"auto", "default", "flex", "scale", "priority", "fast"})
_CALLERS_ALONE: Final = frozenset({"model", "stream"})
_NOTHING: Final = (None, "", (), msgspec.Raw(b"null"))
_ANY_OBJECT: Final = msgspec.Raw(b'{"type":"object","properties":{}}')
_ANSWER_NAME: Final = "answer"


def write_chat(request: ChatRequest, /, *, model: str, traits: Traits, ledger: Ledger) -> Outgoing | Refusal:
    """The request as this dialect's provider takes it; everything has a form, so it never refuses."""
    body: dict[str, Any] = {"model": model}
    form = _format(request.format, traits, ledger)
    messages = request.messages
    if isinstance(form, _InWords):
        messages = _with_instruction(messages, form.instruction)
        form = {"type": "json_object"}
    body["messages"] = write_messages(messages, traits, ledger)
    _write_parameters(request, body, traits, ledger)
    if form is not None:
        body["response_format"] = form
    if request.reasoning is not None:
        _write_reasoning(request.reasoning, body, traits, ledger)
    _write_tools(request, body, traits, ledger)
    _write_extras(request, body, ledger)
    if request.is_stream:
        body["stream"] = True
        if traits.takes_usage_option:
            body["stream_options"] = {"include_usage": True}
    for name, better in traits.renames.items():
        if name in body:
            body[better] = body.pop(name)
    _merge(body, traits.params)
    return Outgoing(path=PATH, body=encode_json(body))


def _write_parameters(request: ChatRequest, body: dict[str, Any], traits: Traits, ledger: Ledger) -> None:
    """Everything that is one value."""
    for name, wire in _PLAIN.items():
        value = getattr(request, name)
        if value in _NOTHING:
            continue
        if name in traits.refuses or wire in traits.refuses:
            ledger.dropped(name, "the model does not take it")
            continue
        body[wire] = value
        ledger.keep(name)
    for name in _BEYOND:
        value = getattr(request, name)
        if value is None:
            continue
        if name in traits.takes and name not in traits.refuses:
            body[name] = value
            ledger.keep(name)
        else:
            ledger.dropped(name, "chat completions have no such field")
    if "top_logprobs" in body and "logprobs" not in body:
        body["logprobs"] = True
        ledger.invented("logprobs", "`top_logprobs` needs it")
    if body.get("n") == 1:
        del body["n"]
    _write_stop(request, body, traits, ledger)
    if request.store:  # false is the default of the protocol
        body["store"] = True
    if request.modalities and request.modalities != ("text",):
        body["modalities"] = [word.lower() for word in request.modalities]
    if request.service_tier in _TIERS:
        body["service_tier"] = request.service_tier
    elif request.service_tier:
        ledger.dropped("service_tier", f"OpenAI has no tier named {request.service_tier}")


def _write_stop(request: ChatRequest, body: dict[str, Any], traits: Traits, ledger: Ledger) -> None:
    if not request.stop:
        return
    if "stop" in traits.refuses:
        ledger.dropped("stop", "the model does not take it")
        return
    body["stop"] = list(request.stop[:_MAX_STOPS])
    if len(request.stop) > _MAX_STOPS:
        ledger.approximated("stop", f"the first {_MAX_STOPS} of {len(request.stop)}: the protocol's limit")
    else:
        ledger.keep("stop")


def _write_reasoning(reasoning: Reasoning, body: dict[str, Any], traits: Traits, ledger: Ledger) -> None:
    wanted = effort_of(reasoning)
    if "reasoning" in traits.refuses or "reasoning_effort" in traits.refuses:
        if wanted == "none":
            ledger.keep("reasoning")  # it does not think anyway
        else:
            ledger.dropped("reasoning", "the model does not think")
        return
    if reasoning.summary:
        ledger.dropped("reasoning.summary", "the provider decides how thoughts are shown")
    if not wanted:
        ledger.approximated("reasoning", "how much to think is left to the model")
        return
    effort = wanted
    if traits.efforts and wanted not in traits.efforts:
        effort = traits.efforts[0] if wanted == "none" else nearest(wanted, traits.efforts)
    body["reasoning_effort"] = effort
    if reasoning.budget_tokens is not None:
        ledger.approximated("reasoning.budget_tokens", f"reasoning_effort {effort}")
    elif effort != wanted or reasoning.mode == "adaptive":
        ledger.approximated("reasoning.effort", f"reasoning_effort {effort}")
    else:
        ledger.keep("reasoning.effort")


class _InWords(msgspec.Struct, frozen=True):
    """The form of the answer, asked for in the prompt."""

    instruction: str


def _format(form: OutputFormat | None, traits: Traits, ledger: Ledger) -> dict[str, Any] | _InWords | None:
    """The `response_format`."""
    if form is None or form.kind == "text":
        return None
    if form.kind == "grammar":
        ledger.dropped("format", "chat completions take no grammar")
        return None
    if form.kind == "json":
        ledger.keep("format")
        return {"type": "json_object"}
    if not traits.has_structured_outputs:
        ledger.approximated("format", "JSON mode, with the schema in the system prompt")
        schema = bytes(form.schema).decode("utf-8", "replace")
        return _InWords(f"Answer with one JSON value that fits this JSON Schema, and nothing else:\n{schema}")
    ledger.keep("format")
    if not form.name:
        ledger.invented("response_format.json_schema.name", "a schema needs a name")
    inner: dict[str, Any] = {"name": form.name or _ANSWER_NAME, "schema": form.schema}
    if form.description:
        inner["description"] = form.description
    if form.is_strict is not None:
        inner["strict"] = form.is_strict
    return {"type": "json_schema", "json_schema": inner}


def _with_instruction(messages: tuple[Message, ...], instruction: str) -> tuple[Message, ...]:
    """The conversation with one more leading system message."""
    place = next(
        (at for at, one in enumerate(messages) if one.role not in {"system", "developer"} or one.name),
        len(messages),
    )
    added = Message(role="system", parts=(Text(text=instruction),))
    return (*messages[:place], added, *messages[place:])


def _write_tools(request: ChatRequest, body: dict[str, Any], traits: Traits, ledger: Ledger) -> None:
    """Tools, and whether they may or must be called."""
    choice = request.tool_choice
    offered = request.tools
    is_narrowed = choice is not None and choice.mode in {"allowed", "allowed_required"}
    if choice is not None and is_narrowed and "allowed_tools" not in traits.takes:
        offered = tuple(tool for tool in offered if tool.name in choice.names)
        ledger.approximated("tool_choice", "only the allowed tools are offered")
    rows: list[Any] = [_tool(tool, traits, ledger) for tool in offered]
    for hosted in request.hosted_tools:
        if hosted.dialect == DIALECT:
            rows.append(hosted.raw)
        else:
            ledger.dropped(f"tools.{hosted.type}", f"it runs at a provider of {hosted.dialect}")
    if not rows:
        if choice is not None and choice.mode not in {"auto", "none"}:
            ledger.dropped("tool_choice", "there are no tools to choose from")
        if request.is_parallel is not None:
            ledger.dropped("parallel_tool_calls", "there are no tools to call")
        return
    body["tools"] = rows
    ledger.keep("tools")
    if choice is not None:
        body["tool_choice"] = _choice(choice, request.tools, traits)
        if not is_narrowed or offered is request.tools:
            ledger.keep("tool_choice")
    if request.is_parallel is None:
        return
    if "is_parallel" in traits.refuses or "parallel_tool_calls" in traits.refuses:
        ledger.dropped("parallel_tool_calls", "the model does not take it")
        return
    body["parallel_tool_calls"] = request.is_parallel
    ledger.keep("parallel_tool_calls")


def _tool(tool: Tool, traits: Traits, ledger: Ledger) -> dict[str, Any]:
    inner: dict[str, Any] = {"name": wire_name(tool.name)}
    if inner["name"] != tool.name:
        ledger.approximated(f"tools.{tool.name}", f"sent as {inner['name']}: names are 64 of [a-zA-Z0-9_-]")
    is_native = tool.kind == "custom" and "custom_tools" in traits.takes
    if tool.kind == "custom" and not is_native:
        ledger.approximated(f"tools.{tool.name}", custom_tools.HOW)
        tool = custom_tools.as_function(tool)
    if tool.description:
        inner["description"] = tool.description
    if is_native:
        if tool.format not in _NOTHING:
            inner["format"] = custom_tools.nested_format(tool.format)
        return {"type": "custom", "custom": inner}
    inner["parameters"] = _ANY_OBJECT if tool.parameters in _NOTHING else tool.parameters
    if tool.is_strict is not None:
        inner["strict"] = tool.is_strict
    wire: dict[str, Any] = {"type": "function", "function": inner}
    if tool.cache is not None and "cache_control" in traits.takes:
        wire["cache_control"] = {"type": "ephemeral"} | ({"ttl": tool.cache.ttl} if tool.cache.ttl else {})
    elif tool.cache is not None:
        ledger.dropped("cache_control", "the provider caches on its own and takes no marks")
    return wire


def _choice(choice: ToolChoice, tools: tuple[Tool, ...], traits: Traits) -> str | dict[str, Any]:
    """The `tool_choice`."""
    kinds = {tool.name: tool.kind for tool in tools}
    native = "custom_tools" in traits.takes

    def named(name: str) -> dict[str, Any]:
        kind = "custom" if native and kinds.get(name) == "custom" else "function"
        return {"type": kind, kind: {"name": wire_name(name)}}

    match choice.mode:
        case "tool":
            return named(choice.names[0])
        case "allowed" | "allowed_required":
            mode = "required" if choice.mode == "allowed_required" else "auto"
            if "allowed_tools" not in traits.takes:
                return mode
            allowed = [named(name) for name in choice.names]
            return {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": allowed}}
        case "auto" | "required" | "none":
            return choice.mode


def _write_extras(request: ChatRequest, body: dict[str, Any], ledger: Ledger) -> None:
    """Fields that only the caller's dialect has: this one's own are sent, others' cannot be."""
    for name, value in request.extras.items():
        if request.dialect == DIALECT and "." not in name and name not in body:
            body[name] = value
        else:
            ledger.dropped(name, "chat completions have no such field")


def _merge(body: dict[str, Any], params: Mapping[str, Any]) -> None:
    """The route's `params`, last; the model and whether it streams are not theirs to say."""
    body |= {name: value for name, value in params.items() if name not in _CALLERS_ALONE}
