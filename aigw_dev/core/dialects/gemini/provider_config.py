"""How the model answers: neutral parameters, tools, formats and thinking, written as Gemini's."""

from typing import Final

import msgspec

from aigw_dev.core.chat import json_schema
from aigw_dev.core.chat.reasoning import budget_of, effort_of, nearest
from aigw_dev.core.chat.vocabulary import NULL, ChatRequest, Reasoning, Tool
from aigw_dev.core.dialects.codec import Traits
from aigw_dev.core.dialects.gemini import wire
from aigw_dev.core.dialects.gemini.wire import DIALECT
from aigw_dev.core.ledger import Ledger
from aigw_dev.core.remembered import SCHEMA_BYTES, SCHEMAS, remembered

MIN_BUDGET: Final = 512
MAX_BUDGET: Final = 24576
"""Thinking budgets that every 2.5 model takes (Pro 128-32768, Flash 0-24576, Lite 512-24576; docs/thinking)."""
_MAX_STOPS: Final = 5
_MAX_TOP_LOGPROBS: Final = 20
_MAX_SEED: Final = 2**31
_LEVELS: Final = ("minimal", "low", "medium", "high")
_SAMPLING: Final = (
    ("max_tokens", "maxOutputTokens"),
    ("temperature", "temperature"),
    ("top_p", "topP"),
    ("top_k", "topK"),
    ("choices", "candidateCount"),
    ("frequency_penalty", "frequencyPenalty"),
    ("presence_penalty", "presencePenalty"),
    ("logprobs", "responseLogprobs"),
)
_MODES: Final = {
    "auto": "AUTO",
    "required": "ANY",
    "none": "NONE",
    "tool": "ANY",
    "allowed": "VALIDATED",  # the one mode that takes names and leaves the model free
    "allowed_required": "ANY",
}
_TIERS: Final = frozenset({"flex", "priority", "standard"})
_UNSAID: Final = (
    ("min_p", "Gemini has no such parameter"),
    ("verbosity", "Gemini has no such parameter"),
    ("user", "Gemini takes no end user's name"),
    ("cache_key", "Gemini caches prefixes by itself"),
)
_Written = dict[str, object]


def write_config(request: ChatRequest, traits: Traits, ledger: Ledger) -> _Written:
    """`generationConfig`, without the format of the answer."""
    config: _Written = {}
    for name, key in _SAMPLING:
        value = getattr(request, name)
        if value is not None:
            _set(config, name, key, value, (traits, ledger))
    if request.stop:
        _set(config, "stop", "stopSequences", list(request.stop[:_MAX_STOPS]), (traits, ledger))
        if len(request.stop) > _MAX_STOPS:
            ledger.approximated("stop", f"Gemini takes {_MAX_STOPS}; the first ones are sent")
    if request.seed is not None:
        _set(config, "seed", "seed", request.seed % _MAX_SEED, (traits, ledger))
        if not 0 <= request.seed < _MAX_SEED:
            ledger.approximated("seed", "Gemini takes 31 bits")
    if request.top_logprobs is not None:
        _set(
            config, "top_logprobs", "logprobs", min(request.top_logprobs, _MAX_TOP_LOGPROBS), (traits, ledger)
        )
        config.setdefault("responseLogprobs", True)
    if request.modalities:
        config["responseModalities"] = [word.upper() for word in request.modalities]
        ledger.keep("modalities")
    thinking = _thinking(request, traits, ledger)
    if thinking:
        config["thinkingConfig"] = thinking
    return {traits.renames.get(key, key): value for key, value in config.items()}


def write_format(request: ChatRequest, traits: Traits, ledger: Ledger, config: _Written) -> str:
    """Puts the answer's form into `config`; a text for the system instruction where the model takes it only there."""
    wanted = request.format
    if wanted is None or wanted.kind == "text":
        return ""
    if wanted.kind == "grammar":
        ledger.dropped("response_format", "Gemini takes no grammars")
        return ""
    schema, key = NULL, ""
    if wanted.kind == "schema" and not json_schema.is_empty_object(wanted.schema):
        schema, key = _schema(
            wanted.schema, ("responseSchema", "responseJsonSchema"), "response_format.schema", ledger
        )
    words = "Answer with one JSON value and nothing else."
    if key:
        words += f" It must fit this JSON Schema: {wire.json_text(wanted.schema)}"
    if request.tools and not traits.has_thinking_level and request.dialect != DIALECT:
        # 2.x: "Function calling with a response mime type: 'application/json' is unsupported" (400).
        ledger.approximated(
            "response_format", "said in the system instruction: this model takes no format beside tools"
        )
        return words
    config["responseMimeType"] = "application/json"
    if not key:
        ledger.keep("response_format")
        return ""
    if not traits.has_structured_outputs:
        ledger.approximated("response_format", "said in the system instruction: this model takes no schema")
        return words
    config[key] = schema
    if wanted.description:
        ledger.dropped("response_format.description", "Gemini's forms have none beside the schema")
    ledger.keep("response_format")
    return ""


def write_tools(request: ChatRequest, ledger: Ledger) -> list[_Written]:
    """`tools`."""
    tools: list[_Written] = []
    if request.tools:
        tools.append({"functionDeclarations": [_tool(one, f"tools[{number}]", ledger) for number, one in enumerate(request.tools)]})  # fmt: skip
        ledger.keep("tools")
    for number, hosted in enumerate(request.hosted_tools):
        if hosted.dialect == DIALECT:
            tools.append(dict(wire.fields(hosted.raw)))
        else:
            ledger.dropped(
                f"tools[{len(request.tools) + number}]",
                f"{hosted.type} runs at {hosted.dialect} providers only",
            )
    return tools


def write_tool_choice(request: ChatRequest, ledger: Ledger) -> _Written | None:
    """`toolConfig`; None where there is nothing to say."""
    choice = request.tool_choice
    if request.is_parallel is False and request.tools:
        ledger.dropped("parallel_tool_calls", "Gemini cannot be kept to one call")
    if choice is None:
        return None
    if not request.tools:
        if choice.mode not in {"auto", "none"}:
            ledger.dropped("tool_choice", "there is no function to choose")
        return None
    calling: _Written = {"mode": _MODES[choice.mode]}
    if choice.names:
        calling["allowedFunctionNames"] = list(choice.names)
    ledger.keep("tool_choice")
    return {"functionCallingConfig": calling}


def write_rest(request: ChatRequest, body: _Written, ledger: Ledger) -> None:
    """Puts into `body` what is left, and enters what Gemini has no word for."""
    is_own = request.dialect == DIALECT
    for name, why in _UNSAID:
        if getattr(request, name) not in {None, ""}:
            ledger.dropped(name, why)
    for name, value in (("logit_bias", request.logit_bias), ("audio", request.audio)):
        if not wire.is_null(value):
            ledger.dropped(name, "Gemini has nothing like it")
    if not wire.is_null(request.metadata):
        if is_own:
            body["labels"] = request.metadata
        else:
            ledger.dropped("metadata", "Gemini keeps none")
    if request.service_tier in _TIERS or (is_own and request.service_tier):
        body["serviceTier"] = request.service_tier
        ledger.keep("service_tier")
    elif request.service_tier not in {"", "auto", "default"}:
        ledger.dropped("service_tier", "Gemini has no such tier")
    if request.store is not None and is_own:
        body["store"] = request.store
    elif request.store:
        ledger.dropped("store", "Gemini stores no replies")
    for path, value in request.extras.items():
        if not is_own:
            ledger.dropped(path, "Gemini has no such field")
        elif not wire.put(body, path, value):
            ledger.dropped(path, "its place may have moved")


def _set(config: _Written, name: str, key: str, value: object, said: tuple[Traits, Ledger]) -> None:
    traits, ledger = said
    if name in traits.refuses:
        ledger.dropped(name, "this model refuses it")
        return
    config[key] = value
    ledger.keep(name)


def _thinking(request: ChatRequest, traits: Traits, ledger: Ledger) -> _Written:
    reasoning = request.reasoning
    if reasoning is None:
        return {}
    if "reasoning" in traits.refuses:
        ledger.dropped("reasoning", "this model does not think")
        return {}
    is_own = request.dialect == DIALECT
    made: _Written = {}
    if is_own and reasoning.effort:
        made["thinkingLevel"] = reasoning.effort
    elif traits.has_thinking_level and not is_own:
        level = _level(reasoning, traits, ledger)
        if level:
            made["thinkingLevel"] = level
    else:
        budget = budget_of(reasoning) if reasoning.mode != "off" else 0
        if budget is None and reasoning.mode == "adaptive" and not is_own:
            budget = -1  # the model decides
        if budget is not None:
            made["thinkingBudget"] = budget if is_own else _budget(budget, ledger)
        if reasoning.effort and reasoning.budget_tokens is None:
            ledger.approximated("reasoning.effort", f"a budget of {made.get('thinkingBudget')} tokens")
    if reasoning.summary == "omitted":
        if is_own:
            made["includeThoughts"] = False
    elif reasoning.mode != "off" and (reasoning.summary or not is_own):
        made["includeThoughts"] = True
    if reasoning.summary in {"concise", "detailed"}:
        ledger.approximated("reasoning.summary", "Gemini shows its thoughts in one way")
    ledger.keep("reasoning")
    return made


def _level(reasoning: Reasoning, traits: Traits, ledger: Ledger) -> str:
    offered = traits.efforts or _LEVELS
    if reasoning.mode == "off":
        lowest = (
            traits.efforts[0] if traits.efforts else "low"
        )  # every Gemini 3 takes `low`, not every one `minimal`
        ledger.approximated("reasoning", f"this model always thinks: {lowest}")
        return lowest
    wanted = effort_of(reasoning)
    if not wanted or (reasoning.mode == "adaptive" and not reasoning.effort):
        return ""  # the model decides, which is what it does unasked
    level = nearest(wanted, offered)
    if level != reasoning.effort:
        ledger.approximated("reasoning", f"thinkingLevel {level}")
    return level


def _budget(budget: int, ledger: Ledger) -> int:
    if budget <= 0:
        return budget
    fit = min(max(budget, MIN_BUDGET), MAX_BUDGET)
    if fit != budget:
        ledger.approximated("reasoning.budget_tokens", f"{fit}: what every model of the family takes")
    return fit


def _tool(tool: Tool, place: str, ledger: Ledger) -> _Written:
    written: _Written = {"name": tool.name}
    if tool.description:
        written["description"] = tool.description
    if tool.cache is not None:
        ledger.dropped(f"{place}.cache_control", "Gemini caches prefixes by itself")
    if tool.is_strict:
        ledger.dropped(f"{place}.strict", "Gemini promises no exact fit of arguments")
    if tool.kind == "custom":
        ledger.approximated(place, "a custom tool is a function whose text stands in the argument `input`")
        if not wire.is_null(tool.format):
            ledger.dropped(f"{place}.format", "Gemini takes no grammars")
        written["parameters"] = {
            "type": "OBJECT",
            "properties": {"input": {"type": "STRING"}},
            "required": ["input"],
        }
    elif not wire.is_null(tool.parameters) and not _takes_nothing(bytes(tool.parameters)):
        schema, key = _schema(
            tool.parameters, ("parameters", "parametersJsonSchema"), f"{place}.parameters", ledger
        )
        written[key] = schema
    return written


def _schema(
    schema: msgspec.Raw, keys: tuple[str, str], place: str, ledger: Ledger
) -> tuple[msgspec.Raw, str]:
    """The schema in the form that reaches furthest without loss, and the key it goes under; see `json_schema`."""
    written, key, lost = _rewritten(bytes(schema))
    for path in lost:
        ledger.dropped(f"{place}.{path}", "Gemini's schemas have no such keyword")
    return written, keys[key]


@remembered(most=SCHEMAS, longest=SCHEMA_BYTES)
def _rewritten(schema: bytes) -> tuple[msgspec.Raw, int, tuple[str, ...]]:
    """The schema, which of the two keys it goes under, and what it lost."""
    simple, lost = json_schema.for_gemini(msgspec.Raw(schema))
    if not lost:
        return simple, 0, ()
    rich, lost = json_schema.for_gemini_json(msgspec.Raw(schema))
    return rich, 1, tuple(lost)


@remembered(most=SCHEMAS, longest=SCHEMA_BYTES)
def _takes_nothing(schema: bytes) -> bool:
    return json_schema.is_empty_object(msgspec.Raw(schema))
