"""A Gemini caller's request, read into neutral words.

What has no word stays in `extras` under its dotted camelCase name. Source: ai.google.dev/api/generate-content and
google-genai 3.4 (read 2026-11-20).
"""

from typing import Final, Literal

import msgspec

from aigw_dev.core.chat import openapi_schema
from aigw_dev.core.chat.vocabulary import (
    NULL,
    ChatRequest,
    Opaque,
    OutputFormat,
    Reasoning,
    Tool,
    ToolChoice,
)
from aigw_dev.core.dialects.gemini import wire
from aigw_dev.core.dialects.gemini.caller_parts import Conversation, MalformedError
from aigw_dev.core.dialects.gemini.wire import DIALECT, Fields
from aigw_dev.core.dialects.request_body import RequestBody
from aigw_dev.core.errors import Refusal
from aigw_dev.core.remembered import TOOL_LIST_BYTES, TOOL_LISTS, remembered

_TOP: Final = frozenset(
    {"model", "contents", "systemInstruction", "tools", "toolConfig", "generationConfig", "labels", "serviceTier", "store"}
)  # fmt: skip
_CONFIG: Final = frozenset(
    {
        "maxOutputTokens", "temperature", "topP", "topK", "stopSequences", "candidateCount", "seed", "presencePenalty",
        "frequencyPenalty", "responseMimeType", "responseSchema", "responseJsonSchema", "responseLogprobs", "logprobs",
        "thinkingConfig", "responseModalities",
    }
)  # fmt: skip
_DECLARED: Final = frozenset({"name", "description", "parameters", "parametersJsonSchema"})
_JSON: Final = "application/json"


def read_chat(
    body: RequestBody, /, *, path_model: str = "", is_stream: bool = False, version: str = ""
) -> ChatRequest | Refusal:
    """The request in neutral words, or what is malformed in it; the wire has no version."""
    del version
    return _guarded(_top(body.fields), path_model, is_stream=is_stream)


def read_count(body: RequestBody, /, *, path_model: str = "", version: str = "") -> ChatRequest | Refusal:
    """A request to count: `contents` alone, or a whole `generateContentRequest`."""
    del version
    top = _top(body.fields)
    inner = top.get("generateContentRequest")
    if inner is not None and not wire.is_object(inner):
        return _refusal("generateContentRequest", "this must be an object")
    return _guarded(top if inner is None else wire.fields(inner), path_model, is_stream=False)


def bare_model(name: str) -> str:
    """A model's name without the `models/` that the dialect puts in front."""
    return name.removeprefix("models/")


def _top(found: dict[str, msgspec.Raw]) -> Fields:
    return {wire.camel(key): value for key, value in found.items() if not wire.is_null(value)}


def _guarded(top: Fields, path_model: str, *, is_stream: bool) -> ChatRequest | Refusal:
    try:
        return _read(top, path_model, is_stream=is_stream)
    except MalformedError as error:
        return _refusal(error.param, error.message)


def _refusal(param: str, message: str) -> Refusal:
    return Refusal(code="invalid_request", message=f"`{param}`: {message}", param=param)


def _read(top: Fields, path_model: str, *, is_stream: bool) -> ChatRequest:
    talk = Conversation()
    if "systemInstruction" in top:
        talk.take_system(top["systemInstruction"])
    said = top.get("contents")
    contents = wire.items(said)
    if not contents or said is None:
        raise MalformedError("contents", "the request says nothing: send at least one content")
    if not talk.take_all(said):
        for number, raw in enumerate(contents):
            talk.take(raw, f"contents[{number}]")
    extras = wire.rest(top, _TOP, "") | talk.extras
    tools, hosted = _tools(top, extras)
    config = _object(top.get("generationConfig"), "generationConfig")
    extras |= wire.rest(config, _CONFIG, "generationConfig.")
    return ChatRequest(
        dialect=DIALECT,
        model=path_model or bare_model(wire.text(top.get("model"))),
        messages=tuple(talk.messages),
        is_stream=is_stream,
        tools=tools,
        hosted_tools=hosted,
        tool_choice=_choice(top, extras),
        max_tokens=_whole(config, "maxOutputTokens"),
        temperature=_number(config, "temperature"),
        top_p=_number(config, "topP"),
        top_k=_whole(config, "topK"),
        stop=_texts(config, "stopSequences"),
        seed=_whole(config, "seed"),
        choices=_whole(config, "candidateCount"),
        frequency_penalty=_number(config, "frequencyPenalty"),
        presence_penalty=_number(config, "presencePenalty"),
        logprobs=_truth(config, "responseLogprobs"),
        top_logprobs=_whole(config, "logprobs"),
        reasoning=_reasoning(config, extras),
        format=_format(config, extras),
        modalities=tuple(word.lower() for word in _texts(config, "responseModalities")),
        metadata=top["labels"] if wire.is_object(top.get("labels")) else NULL,
        service_tier=wire.text(top.get("serviceTier")).lower().removeprefix("service_tier_"),
        store=wire.truth(top.get("store")),
        extras=extras,
    )


def _tools(top: Fields, extras: Fields) -> tuple[tuple[Tool, ...], tuple[Opaque, ...]]:
    listed = top.get("tools")
    if listed is None:
        return (), ()
    tools, hosted, others = _offered(bytes(listed))
    extras.update(others)
    return tools, hosted


@remembered(most=TOOL_LISTS, longest=TOOL_LIST_BYTES)
def _offered(listed: bytes) -> tuple[tuple[Tool, ...], tuple[Opaque, ...], Fields]:
    tools: list[Tool] = []
    hosted: list[Opaque] = []
    extras: Fields = {}
    for number, raw in enumerate(wire.items(listed)):
        place = f"tools[{number}]"
        for key, value in _object(raw, place).items():
            if key == "functionDeclarations":
                for inner, declared in enumerate(wire.items(value)):
                    tools.append(_tool(declared, f"{place}.{key}[{inner}]", extras))
            else:
                hosted.append(Opaque(dialect=DIALECT, type=key, raw=wire.encode({key: value})))
    return tuple(tools), tuple(hosted), extras


def _tool(raw: msgspec.Raw, place: str, extras: Fields) -> Tool:
    declared = _object(raw, place)
    name = wire.text(declared.get("name"))
    if not name:
        raise MalformedError(f"{place}.name", "the declaration must name its function")
    for key in ("parameters", "parametersJsonSchema"):
        if key in declared and not wire.is_object(declared[key]):
            raise MalformedError(f"{place}.{key}", "the schema must be an object")
    extras |= wire.rest(declared, _DECLARED, f"{place}.")
    parameters = NULL
    if "parametersJsonSchema" in declared:
        parameters = declared["parametersJsonSchema"]
    elif "parameters" in declared:
        parameters = openapi_schema.from_gemini(declared["parameters"])
    return Tool(name=name, description=wire.text(declared.get("description")), parameters=parameters)


def _choice(top: Fields, extras: Fields) -> ToolChoice | None:
    config = _object(top.get("toolConfig"), "toolConfig")
    extras |= wire.rest(config, frozenset({"functionCallingConfig"}), "toolConfig.")
    calling = _object(config.get("functionCallingConfig"), "toolConfig.functionCallingConfig")
    extras |= wire.rest(
        calling, frozenset({"mode", "allowedFunctionNames"}), "toolConfig.functionCallingConfig."
    )
    names = _texts(calling, "allowedFunctionNames", "toolConfig.functionCallingConfig.")
    match wire.text(calling.get("mode")).upper():
        case "ANY" if len(names) == 1:
            return ToolChoice(mode="tool", names=names)
        case "ANY":
            return ToolChoice(mode="allowed_required" if names else "required", names=names)
        case "NONE":
            return ToolChoice(mode="none")
        case "VALIDATED":
            if not names:  # with names it is the only mode that says `allowed`
                extras["toolConfig.functionCallingConfig.mode"] = calling["mode"]
            return ToolChoice(mode="allowed" if names else "auto", names=names)
        case "AUTO":
            return ToolChoice(mode="allowed" if names else "auto", names=names)
        case "" | "MODE_UNSPECIFIED":
            return ToolChoice(mode="allowed", names=names) if names else None
        case _:
            raise MalformedError(
                "toolConfig.functionCallingConfig.mode", "the mode must be AUTO, ANY, NONE or VALIDATED"
            )


def _reasoning(config: Fields, extras: Fields) -> Reasoning | None:
    place = "generationConfig.thinkingConfig"
    thinking = _object(config.get("thinkingConfig"), place)
    extras |= wire.rest(
        thinking, frozenset({"thinkingBudget", "thinkingLevel", "includeThoughts"}), f"{place}."
    )
    if not thinking:
        return None
    budget = _whole(thinking, "thinkingBudget", f"{place}.")
    level = wire.text(thinking.get("thinkingLevel")).lower().removeprefix("thinking_level_")
    shown = _truth(thinking, "includeThoughts", f"{place}.")
    mode: Literal["off", "on", "adaptive"] = "on"
    if budget == 0:
        mode = "off"
    elif (budget is None or budget < 0) and level in {"", "unspecified"}:
        mode = "adaptive"
    return Reasoning(
        mode=mode,
        effort="" if level == "unspecified" else level,
        budget_tokens=None if budget is None else max(-1, budget),
        summary={True: "auto", False: "omitted", None: ""}[shown],
    )


def _format(config: Fields, extras: Fields) -> OutputFormat | None:
    media_type = wire.text(config.get("responseMimeType"))
    schema = config.get("responseJsonSchema")
    if schema is None and "responseSchema" in config:
        schema = openapi_schema.from_gemini(_checked_schema(config["responseSchema"]))
    if media_type not in {"", "text/plain", _JSON}:  # text/x.enum: a bare word of the schema's enum
        extras["generationConfig.responseMimeType"] = config["responseMimeType"]
    if schema is not None and media_type in {"", _JSON}:
        return OutputFormat(kind="schema", schema=_checked_schema(schema))
    if schema is not None:
        extras["generationConfig.responseSchema"] = config.get("responseSchema", schema)
    return OutputFormat(kind="json") if media_type == _JSON else None


def _checked_schema(raw: msgspec.Raw) -> msgspec.Raw:
    if not wire.is_object(raw):
        raise MalformedError("generationConfig.responseSchema", "the schema must be an object")
    return raw


def _object(raw: msgspec.Raw | None, place: str) -> Fields:
    if raw is None:
        return {}
    if not wire.is_object(raw):
        raise MalformedError(place, "this must be an object")
    return wire.fields(raw)


def _whole(config: Fields, key: str, prefix: str = "generationConfig.") -> int | None:
    if key not in config:
        return None
    value = wire.whole(config[key])
    if value is None:
        raise MalformedError(f"{prefix}{key}", "this must be a whole number")
    return value


def _number(config: Fields, key: str) -> float | None:
    if key not in config:
        return None
    value = wire.number(config[key])
    if value is None:
        raise MalformedError(f"generationConfig.{key}", "this must be a number")
    return value


def _truth(config: Fields, key: str, prefix: str = "generationConfig.") -> bool | None:
    if key not in config:
        return None
    value = wire.truth(config[key])
    if value is None:
        raise MalformedError(f"{prefix}{key}", "this must be true or false")
    return value


def _texts(config: Fields, key: str, prefix: str = "generationConfig.") -> tuple[str, ...]:
    found = wire.items(config.get(key))
    if any(not wire.is_string(one) for one in found):
        raise MalformedError(f"{prefix}{key}", "this must be a list of strings")
    return tuple(wire.text(one) for one in found)
