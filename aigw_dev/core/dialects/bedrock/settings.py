"""What a caller sets beside the conversation: limits, sampling, the answer's form, labels. The rest goes to the ledger."""

import re
from typing import Any, Final

import msgspec

from aigw_dev.core.chat.vocabulary import NULL, ChatRequest, OutputFormat
from aigw_dev.core.dialects.bedrock import wire
from aigw_dev.core.dialects.bedrock.families import Family, put
from aigw_dev.core.dialects.bedrock.parts import Block
from aigw_dev.core.dialects.codec import Traits
from aigw_dev.core.ledger import Ledger

_INFERENCE: Final = (
    ("max_tokens", "maxTokens"),
    ("temperature", "temperature"),
    ("top_p", "topP"),
    ("stop", "stopSequences"),
)
_HIGHEST: Final = {"temperature": 1.0, "top_p": 1.0}
"""The provider's bounds; OpenAI's temperature goes to 2."""
_LEAST_TOP_P_WHEN_THINKING: Final = 0.95
_NOT_HERE: Final = {
    "seed": "the provider draws its own",
    "frequency_penalty": "the provider has no penalties",
    "presence_penalty": "the provider has no penalties",
    "logit_bias": "the provider takes no bias",
    "logprobs": "the provider tells no probabilities",
    "top_logprobs": "the provider tells no probabilities",
    "min_p": "the provider has no such parameter",
    "verbosity": "the provider has no such parameter",
    "user": "the provider takes no end user's id",
    "cache_key": "the provider caches by prefix alone",
    "audio": "the provider's chat answers in text",
    "is_parallel": "the provider lets the model call several tools at once",
}
"""Neutral fields that Converse has no word for, and why."""
_NO_WISH: Final[dict[str, tuple[object, ...]]] = {
    "frequency_penalty": (0,),
    "presence_penalty": (0,),
    "logit_bias": (msgspec.Raw(b"{}"),),
    "logprobs": (False,),
    "top_logprobs": (0,),
    "min_p": (0,),
    "verbosity": ("medium",),
    "is_parallel": (True,),
}
"""Values that ask for what happens anyway: SDKs send them unasked, and nothing is lost with them."""
_CALLED: Final = {
    "is_parallel": "parallel_tool_calls",
    "cache_key": "prompt_cache_key",
    "choices": "n",
    "format": "response_format",
}
"""Neutral names that callers would not recognise."""
_TIERS: Final = {
    "priority": "priority",
    "default": "default",
    "flex": "flex",
    "reserved": "reserved",
    "standard_only": "default",
}
_LABEL: Final = re.compile(r"[a-zA-Z0-9\s:_@$#=/+,\-.]{1,256}")
_LABEL_VALUE: Final = re.compile(r"[a-zA-Z0-9\s:_@$#=/+,\-.]{0,256}")
_MOST_LABELS: Final = 16


def write_inference(
    request: ChatRequest, *, family: Family, traits: Traits, is_thinking: bool, ledger: Ledger
) -> Block:
    """`inferenceConfig`; a model that thinks takes no other temperature than its own."""
    config: Block = {}
    stops = tuple(one for one in request.stop if one)
    if stops != request.stop:
        ledger.dropped("stop", "the provider refuses an empty stop sequence")
    for name, wire_name in _INFERENCE:
        value: Any = stops if name == "stop" else getattr(request, name)
        if value is None or value == ():
            continue
        if name in traits.refuses:
            ledger.dropped(name, "the model refuses it")
            continue
        if is_thinking and not _fits_thinking(name, value):
            ledger.dropped(name, "a model that thinks takes its own only")
            continue
        highest = _HIGHEST.get(name)
        if highest is not None and value > highest:
            ledger.approximated(name, f"the provider's highest is {highest:g}")
            value = highest
        else:
            ledger.keep(name)
        config[wire_name] = value
    if family.takes_one_of_sampling and not is_thinking and {"temperature", "topP"} <= set(config):
        _leave_one(config, ledger)
    return config


def _leave_one(config: Block, ledger: Ledger) -> None:
    """Of `temperature` and `topP` the one that says more: 1 is what both are without a word."""
    if config["temperature"] == 1 and config["topP"] != 1:
        del config["temperature"]
    elif config.pop("topP") != 1:
        ledger.kept.pop("top_p", None)
        ledger.dropped("top_p", "the model takes it or temperature, not both")


def write_top_k(
    request: ChatRequest, fields: Block, *, family: Family, traits: Traits, is_thinking: bool, ledger: Ledger
) -> None:
    """`top_k` under the model's own name for it."""
    if request.top_k is None:
        return
    if is_thinking or "top_k" in traits.refuses:
        ledger.dropped("top_k", "a model that thinks takes none" if is_thinking else "the model refuses it")
        return
    if not family.top_k:
        ledger.dropped(
            "top_k", "this model's own name for it is not known: set additionalModelRequestFields in params"
        )
        return
    put(fields, family.top_k, request.top_k)
    ledger.keep("top_k")


def write_format(form: OutputFormat | None, *, traits: Traits, ledger: Ledger) -> tuple[Block | None, str]:
    """`outputConfig`, or in its place words for the system prompt (empty where none are needed)."""
    field = _CALLED["format"]
    if form is None or form.kind == "text":
        return None, ""
    if form.kind == "grammar":
        ledger.dropped(field, "the provider holds no answer to a grammar")
        return None, ""
    schema = bytes(form.schema)
    is_schema = form.kind == "schema" and bool(wire.fields(form.schema))
    if not is_schema:
        ledger.approximated(field, "asked for in the system prompt")
        return None, "Answer with one JSON object and nothing else: no explanation, no code fence."
    text = schema.decode("utf-8", "replace")
    if not traits.has_structured_outputs:
        ledger.approximated(field, "asked for in the system prompt: the model cannot be held to a schema")
        return None, (
            "Answer with one JSON value that fits this JSON Schema and nothing else: no explanation, no code fence.\n"
            + text
        )
    described: Block = {"schema": text}
    if form.name:
        described["name"] = form.name
    if form.description:
        described["description"] = form.description
    ledger.keep(field)
    return {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": described}}}, ""


def write_labels(metadata: msgspec.Raw, ledger: Ledger) -> dict[str, str]:
    """`requestMetadata`: labels in the provider's own log of calls."""
    if metadata == NULL:
        return {}
    labels: dict[str, str] = {}
    for name, raw in wire.fields(metadata).items():
        value = wire.text(raw)
        is_text = bytes(raw).startswith(b'"')
        if (
            is_text
            and len(labels) < _MOST_LABELS
            and _LABEL.fullmatch(name)
            and _LABEL_VALUE.fullmatch(value)
        ):
            labels[name] = value
            ledger.keep(f"metadata.{name}")
        else:
            ledger.dropped(
                f"metadata.{name[:64]}",
                "the provider takes 16 texts of letters, digits and : _ @ $ # = / + , - . up to 256",
            )
    return labels


def write_tier(tier: str, ledger: Ledger) -> Block | None:
    """`serviceTier`; `auto` is what happens without it."""
    if not tier:
        return None
    named = _TIERS.get(tier)
    if tier == "auto" or named is not None:
        ledger.keep("service_tier")
        return {"type": named} if named else None
    ledger.dropped("service_tier", f"the provider has no tier {tier[:40]}")
    return None


def note_the_rest(request: ChatRequest, ledger: Ledger) -> None:
    """Enter what Converse has no word for."""
    for name, why in _NOT_HERE.items():
        value = getattr(request, name)
        if value in (None, "", NULL) or value in _NO_WISH.get(name, ()):
            continue
        ledger.dropped(_CALLED.get(name, name), why)
    if request.choices is not None and request.choices > 1:
        ledger.dropped(_CALLED["choices"], "the provider gives one answer")
    if request.store:
        ledger.dropped("store", "the provider keeps nothing")
    strange = [one for one in request.modalities if one != "text"]
    if strange:
        ledger.dropped("modalities", f"the provider's chat answers in text, not {', '.join(strange)[:80]}")
    for name in request.extras:
        ledger.dropped(name, "the provider's dialect has no such field")


def _fits_thinking(name: str, value: float) -> bool:
    if name == "temperature":
        return value == 1
    return name != "top_p" or value >= _LEAST_TOP_P_WHEN_THINKING
