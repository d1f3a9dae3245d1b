"""A neutral request as this dialect's provider takes it: `ProviderCodec.write_chat`."""

import hashlib
from typing import Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.chat import reasoning
from aigw_dev.core.chat.vocabulary import NULL, ChatRequest, Thinking
from aigw_dev.core.dialects.codec import Outgoing, Traits
from aigw_dev.core.dialects.responses import tools
from aigw_dev.core.dialects.responses.checks import DIALECT
from aigw_dev.core.dialects.responses.items_write import MAX_ID_CHARS, write_input
from aigw_dev.core.dialects.responses.request_read import ENCRYPTED, LOGPROBS
from aigw_dev.core.errors import Refusal
from aigw_dev.core.ledger import Ledger

PATH: Final = "/responses"
MIN_OUTPUT_TOKENS: Final = 16
"""OpenAI refuses a smaller `max_output_tokens`."""

_UNSAID: Final = (
    "top_k",
    "min_p",
    "stop",
    "seed",
    "choices",
    "frequency_penalty",
    "presence_penalty",
    "logit_bias",
    "modalities",
    "audio",
)
"""Neutral fields that the dialect has no word for."""
_WIRE_NAMES: Final = {
    "openai-chat": {"choices": "n", "format": "response_format"},
    "anthropic-messages": {"stop": "stop_sequences", "format": "output_config.format"},
    "gemini-generate-content": {
        "top_k": "generationConfig.topK",
        "stop": "generationConfig.stopSequences",
        "seed": "generationConfig.seed",
        "choices": "generationConfig.candidateCount",
        "frequency_penalty": "generationConfig.frequencyPenalty",
        "presence_penalty": "generationConfig.presencePenalty",
        "modalities": "generationConfig.responseModalities",
    },
}
_TIERS: Final = ("auto", "default", "flex", "scale", "priority", "fast", "ultrafast")
_OTHER_TIERS: Final = {"standard_only": "default", "standard": "default"}
_SUMMARIES: Final = {"summarized": "auto", "omitted": ""}
_MAX_METADATA: Final = 16


def write_chat(request: ChatRequest, /, *, model: str, traits: Traits, ledger: Ledger) -> Outgoing | Refusal:
    """The request as a provider of this dialect takes it; every field that does not cross whole is entered."""
    is_own = request.dialect == DIALECT
    body: dict[str, object] = {"model": model}
    instructions, items = write_input(request, ledger, is_reasoning_echoed=traits.echoes_reasoning)
    if instructions:
        body["instructions"] = instructions
    body["input"] = items
    if request.is_stream:
        body["stream"] = True
    _write_tools(request, body, ledger)
    _write_sampling(request, body, traits, ledger)
    _write_reasoning(request, body, traits, ledger)
    _write_text(request, body, traits, ledger)
    _write_rest(request, body, ledger)
    _write_include(request, body, ledger)
    _drop_unsaid(request, ledger)
    for name, value in request.extras.items():
        if is_own and "." not in name and "[" not in name:
            body.setdefault(name, value)
        else:
            ledger.dropped(name, "unknown here" if not is_own else "no neutral word for it")
    for name in traits.refuses & body.keys():
        del body[name]
        ledger.dropped(name, "the model refuses it")
    for old, new in traits.renames.items():
        if old in body:
            body[new] = body.pop(old)
    body |= dict(traits.params)
    ledger.keep("model", "input", *(["instructions"] if instructions else []))
    return Outgoing(path=PATH, body=msgspec.json.encode(body))


def _write_tools(request: ChatRequest, body: dict[str, object], ledger: Ledger) -> None:
    written = tools.write_tools(request, ledger)
    if written:
        body["tools"] = written
        ledger.keep("tools")
    choice = tools.write_choice(request)
    if choice is not None:
        if written or choice == "none" or request.dialect == DIALECT:
            body["tool_choice"] = choice
            ledger.keep("tool_choice")
        else:
            ledger.dropped("tool_choice", "no tool is left to choose")
    if request.is_parallel is not None:
        body["parallel_tool_calls"] = request.is_parallel
        ledger.keep("parallel_tool_calls")


def _write_sampling(request: ChatRequest, body: dict[str, object], traits: Traits, ledger: Ledger) -> None:
    for name in ("temperature", "top_p", "top_logprobs"):
        value: float | None = getattr(request, name)
        if value is None:
            continue
        if name in traits.refuses:
            ledger.dropped(name, "the model refuses it")
            continue
        body[name] = value
        ledger.keep(name)
    limit = request.max_tokens
    if limit is None:
        return
    if "max_tokens" in traits.refuses:
        ledger.dropped("max_tokens", "the model refuses it")
        return
    if limit < MIN_OUTPUT_TOKENS and request.dialect != DIALECT:
        ledger.approximated("max_tokens", f"raised to {MIN_OUTPUT_TOKENS}, the least that the provider takes")
        limit = MIN_OUTPUT_TOKENS
    else:
        ledger.keep("max_tokens")
    body["max_output_tokens"] = limit


def _write_reasoning(request: ChatRequest, body: dict[str, object], traits: Traits, ledger: Ledger) -> None:
    asked = request.reasoning
    if asked is None:
        return
    if "reasoning" in traits.refuses:
        ledger.dropped("reasoning", "the model does not reason")
        return
    wire: dict[str, object] = {}
    effort = reasoning.effort_of(asked)
    if effort:
        fitting = reasoning.nearest(effort, traits.efforts) if traits.efforts else effort
        if effort == "none" and effort not in (traits.efforts or (effort,)):
            fitting = traits.efforts[0]
        if fitting != effort:
            ledger.approximated(
                "reasoning.effort", f"`{effort}` became `{fitting}`, the nearest that the model takes"
            )
        elif asked.budget_tokens is not None and not asked.effort:
            ledger.approximated(
                "reasoning.budget_tokens", f"budget of {asked.budget_tokens} told as effort `{fitting}`"
            )
        elif asked.mode == "adaptive" and not asked.effort:
            ledger.approximated("reasoning", f"adaptive thinking told as effort `{fitting}`")
        else:
            ledger.keep("reasoning")
        wire["effort"] = fitting
    summary = _SUMMARIES.get(asked.summary, asked.summary)
    if summary:
        wire["summary"] = summary
    if wire:
        body["reasoning"] = wire


def _write_text(request: ChatRequest, body: dict[str, object], traits: Traits, ledger: Ledger) -> None:
    wire: dict[str, object] = {}
    name = _WIRE_NAMES.get(request.dialect, {}).get("format", "text.format")
    form = request.format
    if form is not None and form.kind == "json":
        wire["format"] = {"type": "json_object"}
        ledger.keep(name)
    elif form is not None and form.kind == "schema" and traits.has_structured_outputs:
        if not form.name and request.dialect != DIALECT:
            ledger.invented(f"{name}.name", "a schema needs a name")
        one: dict[str, object] = {"type": "json_schema", "name": form.name or "answer", "schema": form.schema}
        if form.description:
            one["description"] = form.description
        if form.is_strict is not None:
            one["strict"] = form.is_strict
        wire["format"] = one
        ledger.keep(name)
    elif form is not None and form.kind == "schema":
        wire["format"] = {"type": "json_object"}
        ledger.approximated(name, "plain JSON asked for: the model takes no schema")
    elif form is not None and form.kind == "grammar":
        ledger.dropped(name, "no grammar for the answer's form")
    if request.verbosity:
        wire["verbosity"] = request.verbosity
        ledger.keep("verbosity")
    if wire:
        body["text"] = wire


def _write_rest(request: ChatRequest, body: dict[str, object], ledger: Ledger) -> None:
    for name, field, value in (
        ("user", "safety_identifier", request.user),
        ("prompt_cache_key", "prompt_cache_key", request.cache_key),
    ):
        if not value:
            continue
        if len(value) > MAX_ID_CHARS and request.dialect != DIALECT:
            ledger.approximated(name, f"its SHA-256: the provider takes at most {MAX_ID_CHARS} characters")
            body[field] = hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()
        else:
            body[field] = value
            ledger.keep(name)
    if request.metadata != NULL:
        pairs = loose_json.mapping(loose_json.load(bytes(request.metadata)))
        if request.dialect == DIALECT or (
            len(pairs) <= _MAX_METADATA and all(isinstance(value, str) for value in pairs.values())
        ):
            body["metadata"] = request.metadata
            ledger.keep("metadata")
        else:
            ledger.dropped("metadata", "not a flat object of at most 16 strings")
    tier = _OTHER_TIERS.get(request.service_tier, request.service_tier)
    if tier in _TIERS or (tier and request.dialect == DIALECT):
        body["service_tier"] = tier
        if tier == request.service_tier:
            ledger.keep("service_tier")
        else:
            ledger.approximated("service_tier", f"`{request.service_tier}` became `{tier}`")
    elif tier:
        ledger.dropped("service_tier", f"no tier `{tier}`")
    if request.store is not None:
        body["store"] = request.store
        ledger.keep("store")
    elif request.dialect != DIALECT:
        body["store"] = False  # absent means kept for 30 days here, and not kept elsewhere
        ledger.invented("store", "false: other protocols do not keep replies unless asked")


def _write_include(request: ChatRequest, body: dict[str, object], ledger: Ledger) -> None:
    """What the caller's protocol gives unasked: logprobs where wanted, and reasoning that can be sent back."""
    asked: list[object] = []
    if request.logprobs or request.top_logprobs:
        asked.append(LOGPROBS)
        ledger.keep("logprobs")
    history = (part for message in request.messages for part in message.parts if isinstance(part, Thinking))
    has_reasoning = "reasoning" in body and loose_json.mapping(body["reasoning"]).get("effort") != "none"
    if has_reasoning or any(part.signature and part.origin == DIALECT for part in history):
        asked.append(ENCRYPTED)
    own = request.extras.get("include") if request.dialect == DIALECT else None
    asked += loose_json.items(loose_json.load(bytes(own))) if own is not None else []
    if asked:
        body["include"] = asked


def _drop_unsaid(request: ChatRequest, ledger: Ledger) -> None:
    names = _WIRE_NAMES.get(request.dialect, {})
    for name in _UNSAID:
        value: object = getattr(request, name)
        if value in (None, (), NULL):
            continue
        if name == "choices" and value == 1:
            continue
        if name == "modalities" and value == ("text",):
            continue
        ledger.dropped(names.get(name, name), "the protocol has nothing like it")
