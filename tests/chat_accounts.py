"""The completeness law: what a caller asked is in what its provider gets, or the ledger names it.

The written request is read back with the provider dialect's own caller codec; what is set in the one and missing in the
other must be named, by the neutral name or by a name that callers know it under.
"""

import base64
import json
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from aigw_dev.core.chat.custom_tools import FIELD, flat_format
from aigw_dev.core.chat.tool_names import wire_name
from aigw_dev.core.chat.vocabulary import (
    NULL,
    Audio,
    ChatRequest,
    Document,
    Image,
    Media,
    Message,
    Opaque,
    OutputFormat,
    Reasoning,
    Refusal,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from aigw_dev.core.ledger import Ledger

_NAMES: Final[dict[str, tuple[str, ...]]] = {
    # neutral field: how callers or codecs may name it; a prefix of the ledger's field counts
    "tool_choice": ("tool_choice", "toolConfig", "allowedFunctionNames"),
    "is_parallel": ("parallel_tool_calls", "tool_choice", "is_parallel", "disable_parallel_tool_use"),
    "max_tokens": (
        "max_tokens",
        "max_output_tokens",
        "max_completion_tokens",
        "generationConfig.maxOutputTokens",
    ),
    "temperature": ("temperature", "generationConfig.temperature"),
    "top_p": ("top_p", "generationConfig.topP"),
    "top_k": ("top_k", "generationConfig.topK"),
    "stop": ("stop", "stop_sequences", "generationConfig.stopSequences"),
    "seed": ("seed", "generationConfig.seed"),
    "choices": ("choices", "n", "generationConfig.candidateCount"),
    "frequency_penalty": ("frequency_penalty", "generationConfig.frequencyPenalty"),
    "presence_penalty": ("presence_penalty", "generationConfig.presencePenalty"),
    "logprobs": ("logprobs", "generationConfig.responseLogprobs", "top_logprobs", "include"),
    "top_logprobs": ("top_logprobs", "logprobs", "generationConfig.logprobs"),
    "reasoning": (
        "reasoning",
        "thinking",
        "output_config",
        "reasoning_effort",
        "generationConfig.thinkingConfig",
    ),
    "format": ("format", "response_format", "text.format", "output_config", "generationConfig.response"),
    "modalities": ("modalities", "generationConfig.responseModalities"),
    "verbosity": ("verbosity", "text.verbosity"),
    "user": ("user", "metadata", "safety_identifier"),
    "metadata": ("metadata", "labels"),
    "service_tier": ("service_tier", "serviceTier"),
    "cache_key": ("cache_key", "prompt_cache_key"),
}
_IDENTITY: Final = frozenset(
    {"dialect", "model", "messages", "is_stream", "wants_usage", "tools", "hosted_tools", "extras"}
)
_NO_WISH: Final[dict[str, tuple[object, ...]]] = {
    "frequency_penalty": (0,),
    "presence_penalty": (0,),
    "logprobs": (False,),
    "top_logprobs": (0,),
    "is_parallel": (True,),
    "verbosity": ("medium",),
    "choices": (1,),
    "store": (False, True),  # what the provider keeps is told by `invented` where it is written
    "service_tier": ("auto", "default"),
    "min_p": (0,),
    "top_p": (1,),
    "logit_bias": (msgspec.Raw(b"{}"),),
    "modalities": (("text",),),
    "tool_choice": (ToolChoice(mode="auto"),),
    "metadata": (msgspec.Raw(b"{}"),),
    "format": (OutputFormat(kind="text"),),
}
"""Values that ask for what happens anyway: nothing is lost with them."""


_ALL_OF_ONE: Final = {"tool": "required", "allowed_required": "required", "allowed": "auto"}
"""Where there is one tool, to allow it is to allow all."""


def unaccounted(asked: ChatRequest, again: ChatRequest, ledger: Ledger) -> list[str]:
    """What is set in `asked`, is not the same in `again`, and no entry names."""
    named = [entry.field for entry in ledger.entries]
    if asked.reasoning is not None and asked.reasoning.mode == "off" and again.reasoning is None:
        named += ledger.kept  # a model that never thinks does as asked
    return [*_fields(asked, again, named), *_tools(asked, again, named), *_parts(asked, again, named)]


def _is_named(named: list[str], *names: str) -> bool:
    return any(
        field == name or field.startswith((f"{name}.", f"{name}[", name)) for field in named for name in names
    )


def _fields(asked: ChatRequest, again: ChatRequest, named: list[str]) -> Iterator[str]:
    empty = ChatRequest(dialect="", model="", messages=())
    for name in ChatRequest.__struct_fields__:
        value, other = _normal(getattr(asked, name)), _normal(getattr(again, name))
        if name in _IDENTITY or _same(value, getattr(empty, name)) or _same(value, other):
            continue
        if any(_same(value, one) for one in _NO_WISH.get(name, ())):
            continue
        if name == "is_parallel" and not asked.tools:
            continue
        if (
            name == "tool_choice"
            and len(asked.tools) == 1
            and _ALL_OF_ONE.get(value.mode) == getattr(other, "mode", "")
        ):
            continue  # there is only that one
        if not _is_named(named, name, *_NAMES.get(name, ())):
            yield f"{name}: {_shown(value)} became {_shown(other)}"
    for name in asked.extras:
        if not _is_named(named, name):
            yield f"extras: {name}"


def _normal(value: Any) -> Any:
    """One spelling of what can be spelled in several ways; labels that no model reads do not count."""
    match value:
        case Reasoning(mode="off") | Reasoning(budget_tokens=0):
            return Reasoning(mode="off")
        case Reasoning(mode="on" | "adaptive", budget_tokens=None | -1, effort=""):
            return Reasoning(mode="adaptive")  # the model decides
        case Reasoning():
            return Reasoning(
                effort=value.effort, budget_tokens=value.budget_tokens
            )  # shown otherwise, thought alike
        case OutputFormat(kind="schema"):
            return OutputFormat(
                kind="schema", description=value.description
            )  # schemas have laws of their own
        case ToolChoice(mode="allowed_required", names=(name,)) | ToolChoice(mode="tool", names=(name,)):
            return ToolChoice(mode="tool", names=(wire_name(name),))
        case ToolChoice():
            return ToolChoice(mode=value.mode, names=tuple(wire_name(name) for name in value.names))
        case _:
            return value


def _tools(asked: ChatRequest, again: ChatRequest, named: list[str]) -> Iterator[str]:
    kept = {wire_name(tool.name): tool for tool in again.tools}
    for number, tool in enumerate(asked.tools):
        other = kept.get(wire_name(tool.name))
        if other is None:
            if not _is_named(named, f"tools[{number}]", "tools", "tool_choice", "toolConfig"):
                yield f"tools[{number}] {tool.name}"
            continue
        for name in Tool.__struct_fields__:
            value = getattr(tool, name)
            if name in {"name", "format"} and _same_tool(tool, other):
                continue
            if name == "parameters" or any(
                _same(value, one) for one in (None, "", "function", NULL, getattr(other, name))
            ):
                continue
            if (name, value) == ("is_strict", False) or _is_named(
                named, f"tools[{number}]", f"tools.{name}", f"{name}_control"
            ):
                continue
            yield f"tools[{number}].{name}: {_shown(value)} became {_shown(getattr(other, name))}"
    for number, hosted in enumerate(asked.hosted_tools):
        if not any(hosted.type in field or "tools" in field for field in named):
            yield f"hosted_tools[{number}] {hosted.type}"


def _same_tool(tool: Tool, other: Tool) -> bool:
    same_format = other.kind == tool.kind and _same(flat_format(tool.format), flat_format(other.format))
    return wire_name(tool.name) == wire_name(other.name) and (same_format or tool.kind == "function")


def _parts(asked: ChatRequest, again: ChatRequest, named: list[str]) -> Iterator[str]:
    kept = [atom for message in again.messages for atom in _atoms(message)]
    texts = "\n".join(str(atom[1]) for atom in kept if atom[0] == "text")
    for number, message in enumerate(asked.messages):
        for atom in _atoms(message):
            if atom in kept:
                continue
            if atom[0] == "text" and str(atom[1]) in texts:
                continue  # joined with another
            if not _is_named(named, f"messages[{number}]", "messages[*]"):
                yield f"messages[{number}]: {str(atom)[:200]}"


def _atoms(message: Message) -> Iterator[tuple[str, object]]:
    """Every part as something that can be compared across dialects."""
    for part in message.parts:
        yield from _atom(part)


def _atom(part: Any) -> Iterator[tuple[str, object]]:
    match part:
        case Text(text=text) | Refusal(text=text):
            if text.strip():
                yield "text", text
        case Image(source=source) | Audio(source=source):
            yield "media", _source(source)
        case Document(source=source, text=text):
            said = text or (_source(source) if source.media_type.startswith("text/") else "")
            yield ("text", said) if said else ("media", _source(source))
        case Thinking():
            if part.text or part.signature:
                yield "thinking", (part.text, part.signature)
        case ToolCall():
            arguments = part.arguments if part.kind == "function" else json.dumps({FIELD: part.arguments})
            yield "call", (wire_name(part.name), _plain(arguments))
        case ToolResult():
            for inner in part.parts:
                yield from _atom(inner)
        case Opaque():
            yield "opaque", part.type
        case _:
            raise AssertionError(part)


def _source(source: Media) -> str:
    if source.data and source.media_type.startswith("text/"):
        return base64.b64decode(source.data).decode("utf-8", "replace")
    return source.data or source.url or source.file_id


def _plain(arguments: str) -> object:
    try:
        return json.dumps(json.loads(arguments), sort_keys=True)
    except ValueError:
        return arguments


def _same(one: object, other: object) -> bool:
    if isinstance(one, msgspec.Raw) or isinstance(other, msgspec.Raw):
        return _loaded(one) == _loaded(other)
    if isinstance(one, msgspec.Struct) and isinstance(other, msgspec.Struct) and type(one) is type(other):
        return all(_same(getattr(one, name), getattr(other, name)) for name in one.__struct_fields__)
    return one == other


def _loaded(raw: object) -> object:
    return json.loads(bytes(raw)) if isinstance(raw, msgspec.Raw) and len(raw) else raw


def _shown(value: object) -> str:
    return (bytes(value).decode() if isinstance(value, msgspec.Raw) else repr(value))[:200]
