"""A caller's chat request in neutral words, or what is malformed in it.

Every field of OpenAI's `CreateChatCompletionRequest` (openai-python 3.52, read 2026-11-20) is taken or stands in `extras`,
and so do the fields that compatible vendors take for the same things: `thinking` (Anthropic's, Z.ai's, DeepSeek's),
`reasoning` (OpenRouter's), `enable_thinking` and `thinking_budget` (Qwen's), `top_k`, `min_p`.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.chat.vocabulary import NULL, ChatRequest, OutputFormat, Reasoning
from aigw_dev.core.dialects.openai_chat import read_request
from aigw_dev.core.dialects.openai_chat_checks import (
    MalformedError,
    array_at,
    boolean_at,
    fields_at,
    integer_at,
    loaded,
    named_at,
    number_at,
    object_at,
    raw_of,
    text_at,
    wrong,
)
from aigw_dev.core.dialects.openai_chat_history import DIALECT, History
from aigw_dev.core.dialects.openai_chat_tools import (
    read_function_call,
    read_functions,
    read_tool_choice,
    read_tools,
)
from aigw_dev.core.dialects.request_body import RequestBody
from aigw_dev.core.errors import Refusal

_PLAIN: Final[dict[str, tuple[str, Callable[[object, str], Any]]]] = {
    # wire field: (neutral field, how it is read); of two for one thing the later counts
    "max_tokens": ("max_tokens", integer_at),
    "max_completion_tokens": ("max_tokens", integer_at),
    "temperature": ("temperature", number_at),
    "top_p": ("top_p", number_at),
    "top_k": ("top_k", integer_at),
    "min_p": ("min_p", number_at),
    "seed": ("seed", integer_at),
    "n": ("choices", integer_at),
    "frequency_penalty": ("frequency_penalty", number_at),
    "presence_penalty": ("presence_penalty", number_at),
    "logprobs": ("logprobs", boolean_at),
    "top_logprobs": ("top_logprobs", integer_at),
    "parallel_tool_calls": ("is_parallel", boolean_at),
    "verbosity": ("verbosity", text_at),
    "user": ("user", text_at),
    "safety_identifier": ("user", text_at),
    "service_tier": ("service_tier", text_at),
    "store": ("store", boolean_at),
    "prompt_cache_key": ("cache_key", text_at),
}
_RAW: Final = {"logit_bias": "logit_bias", "metadata": "metadata", "audio": "audio"}
"""Objects that pass as they are."""
_READ: Final = frozenset(
    {"model", "messages", "stream", "stream_options", "tools", "tool_choice", "functions", "function_call"}
    | {"stop", "response_format", "modalities"}
    | {"reasoning_effort", "reasoning", "thinking", "enable_thinking", "thinking_budget"}
    | _PLAIN.keys()
    | _RAW.keys()
)
_NULL: Final = b"null"


def read_chat(
    body: RequestBody, /, *, path_model: str = "", is_stream: bool = False, version: str = ""
) -> ChatRequest | Refusal:
    """A caller's request in neutral words, or what is malformed in it (`invalid_request` with `param`).

    `version` means nothing here: the protocol has none.
    """
    del version
    facts = read_request(body, path_model=path_model, is_stream=is_stream)
    if isinstance(facts, Refusal):
        return facts
    extras = {
        name: value for name, value in body.fields.items() if name not in _READ and bytes(value) != _NULL
    }
    try:
        fields = _fields(body, extras)
    except MalformedError as error:
        return error.refusal()
    except RecursionError:
        return Refusal(code="invalid_request", message="the request is nested too deeply")
    return ChatRequest(
        dialect=DIALECT,
        model=facts.model,
        is_stream=facts.is_stream,
        wants_usage=facts.wants_usage or not facts.is_stream,
        extras=extras,
        **fields,
    )


def _fields(body: RequestBody, extras: dict[str, msgspec.Raw]) -> dict[str, Any]:
    """The neutral fields but model and stream; what has no word is added to `extras`. Raises `MalformedError`."""
    rows = loaded(body.fields, "messages")
    if not loose_json.is_array(rows):
        raise wrong("messages", "an array of messages", rows)
    if not rows:
        raise MalformedError("messages", "is empty; send at least one message")
    history = History()
    found: dict[str, Any] = {"messages": tuple(history.read(row, number) for number, row in enumerate(rows))}
    extras |= history.extras
    wire_names: dict[str, str] = {}
    for name, (field, read) in _PLAIN.items():
        if name not in body.fields:
            continue
        value = read(loaded(body.fields, name), name)
        if value is not None and value != "":
            if found.get(field, value) != value:
                extras[wire_names[field]] = body.fields[wire_names[field]]
            found[field], wire_names[field] = value, name
    for name, field in _RAW.items():
        if body.text(name) not in {b"", _NULL}:
            object_at(loaded(body.fields, name), name)
            found[field] = body.fields[name]
    found["stop"] = _stop(loaded(body.fields, "stop"))
    words = array_at(loaded(body.fields, "modalities"), "modalities")
    found["modalities"] = tuple(text_at(word, "modalities") for word in words)
    found["reasoning"] = _reasoning(body, extras)
    found["format"] = _format(body, extras)
    tools, hosted = read_tools(body.text("tools"), extras)
    choice = read_tool_choice(loaded(body.fields, "tool_choice"), extras)
    found["tools"] = (*tools, *read_functions(body.text("functions")))
    found["hosted_tools"] = hosted
    found["tool_choice"] = choice or read_function_call(loaded(body.fields, "function_call"))
    options = loose_json.mapping(loaded(body.fields, "stream_options"))
    for name, value in options.items():
        if name != "include_usage" and value is not None:
            extras[f"stream_options.{name}"] = raw_of(value)
    return found


def _stop(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(named_at(one, f"stop[{index}]") for index, one in enumerate(array_at(value, "stop")))


def _reasoning(body: RequestBody, extras: dict[str, msgspec.Raw]) -> Reasoning | None:
    """How much to think, from every field that says it; a later one completes what the earlier left open."""
    effort = text_at(loaded(body.fields, "reasoning_effort"), "reasoning_effort")
    mode, budget, summary = "", None, ""
    if body.text("thinking") not in {b"", _NULL}:
        wire = object_at(loaded(body.fields, "thinking"), "thinking")
        kind = text_at(wire.get("type"), "thinking.type")
        mode = {"disabled": "off", "adaptive": "adaptive", "auto": "adaptive"}.get(kind, "on")
        budget = integer_at(wire.get("budget_tokens"), "thinking.budget_tokens")
        summary = text_at(wire.get("display"), "thinking.display")
        _leave(wire, "thinking", {"type", "budget_tokens", "display"}, extras)
    if body.text("reasoning") not in {b"", _NULL}:
        wire = object_at(loaded(body.fields, "reasoning"), "reasoning")
        effort = effort or text_at(wire.get("effort"), "reasoning.effort")
        budget = budget or integer_at(wire.get("max_tokens"), "reasoning.max_tokens")
        is_on = boolean_at(wire.get("enabled"), "reasoning.enabled")
        mode = mode or {True: "on", False: "off", None: ""}[is_on]
        is_hidden = boolean_at(wire.get("exclude"), "reasoning.exclude")
        summary = "omitted" if is_hidden else summary or text_at(wire.get("summary"), "reasoning.summary")
        _leave(wire, "reasoning", {"effort", "max_tokens", "enabled", "exclude", "summary"}, extras)
    is_enabled = boolean_at(loaded(body.fields, "enable_thinking"), "enable_thinking")
    mode = mode or {True: "on", False: "off", None: ""}[is_enabled]
    budget = budget or integer_at(loaded(body.fields, "thinking_budget"), "thinking_budget")
    if effort == "none":
        mode, effort = "off", ""
    if not (mode or effort or summary or budget is not None):
        return None
    if mode == "off":
        return Reasoning(mode="off")
    is_adaptive = mode == "adaptive"
    return Reasoning(
        mode="adaptive" if is_adaptive else "on", effort=effort, budget_tokens=budget, summary=summary
    )


def _format(body: RequestBody, extras: dict[str, msgspec.Raw]) -> OutputFormat | None:
    if body.text("response_format") in {b"", _NULL}:
        return None
    fields = fields_at(body.fields["response_format"], "response_format")
    kind = named_at(loaded(fields, "type"), "response_format.type")
    if kind == "text":
        return OutputFormat(kind="text")
    if kind == "json_object":
        return OutputFormat(kind="json")
    if kind != "json_schema":
        extras["response_format"] = body.fields["response_format"]
        return None
    place = "response_format.json_schema"
    if "json_schema" not in fields:
        raise MalformedError(place, "is missing")
    inner = fields_at(fields["json_schema"], place)
    schema = inner.get("schema", NULL)
    if bytes(schema) != _NULL:
        fields_at(schema, f"{place}.schema")
    return OutputFormat(
        kind="schema",
        schema=schema,
        name=text_at(loaded(inner, "name"), f"{place}.name"),
        description=text_at(loaded(inner, "description"), f"{place}.description"),
        is_strict=boolean_at(loaded(inner, "strict"), f"{place}.strict"),
    )


def _leave(wire: dict[str, object], place: str, taken: set[str], extras: dict[str, msgspec.Raw]) -> None:
    for key, value in wire.items():
        if key not in taken and value is not None:
            extras[f"{place}.{key}"] = raw_of(value)
