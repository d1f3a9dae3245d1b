"""A caller's request in neutral words: `CallerCodec.read_chat`."""

from typing import Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.chat.vocabulary import NULL, ChatRequest, Message, OutputFormat, Reasoning, Text
from aigw_dev.core.dialects.request_body import RequestBody
from aigw_dev.core.dialects.responses import checks, tools
from aigw_dev.core.dialects.responses.checks import DIALECT, Extras, MalformedError
from aigw_dev.core.dialects.responses.items_read import read_input
from aigw_dev.core.errors import Refusal

LOGPROBS: Final = "message.output_text.logprobs"
"""What `include` names to get logprobs."""
ENCRYPTED: Final = "reasoning.encrypted_content"
"""What `include` names to get reasoning back; given unasked where there is any."""

_KNOWN: Final = frozenset(
    {
        "background",
        "conversation",
        "include",
        "input",
        "instructions",
        "max_output_tokens",
        "metadata",
        "model",
        "parallel_tool_calls",
        "previous_response_id",
        "prompt",
        "prompt_cache_key",
        "reasoning",
        "safety_identifier",
        "service_tier",
        "store",
        "stream",
        "stream_options",
        "temperature",
        "text",
        "tool_choice",
        "tools",
        "top_logprobs",
        "top_p",
        "user",
    }
)
_NOTHING: Final = frozenset({b"", b"null"})
_NO_TRUNCATION: Final = msgspec.Raw(b'"disabled"')


def read_chat(
    body: RequestBody, /, *, path_model: str = "", is_stream: bool = False, version: str = ""
) -> ChatRequest | Refusal:
    """A caller's request in neutral words, or what is malformed in it.

    What only the provider that keeps the state could know (`previous_response_id` that was not expanded before, see
    `state`; `conversation`; a stored `prompt`; `background`) is refused: half a conversation is never sent on.
    """
    del version
    try:
        return _read(body, path_model, is_stream=is_stream)
    except MalformedError as error:
        return Refusal(code="invalid_request", message=error.message, param=error.param)
    except RecursionError:
        return Refusal(code="invalid_request", message="the request is nested too deeply", param=None)


def _read(body: RequestBody, path_model: str, *, is_stream: bool) -> ChatRequest | Refusal:
    fields = {
        name: loose_json.load(body.text(name)) for name in _KNOWN - {"input", "tools"} if name in body.fields
    }
    refusal = _stateful(fields)
    if refusal is not None:
        return refusal
    extras: Extras = {
        name: msgspec.Raw(bytes(value))
        for name, value in body.fields.items()
        if name not in _KNOWN and body.text(name) not in _NOTHING
    }
    if extras.get("truncation") == _NO_TRUNCATION:
        del extras["truncation"]
    options = checks.mapping(fields.get("stream_options"), "stream_options")
    checks.rest(
        {name: value for name, value in options.items() if value is not False}, (), "stream_options", extras
    )
    instructions = checks.text(fields.get("instructions"), "instructions")
    leading = [Message(role="system", parts=(Text(text=instructions),))] if instructions else []
    messages = (*leading, *read_input(body.text("input"), extras))
    if not messages:
        raise MalformedError(
            "input", "the request has nothing to answer: set `input` to a text or to a list of items"
        )
    own_tools, hosted = tools.read_tools(body.text("tools"), extras) if body.text("tools") else ((), ())
    top_logprobs = checks.integer(fields.get("top_logprobs"), "top_logprobs")
    return ChatRequest(
        dialect=DIALECT,
        model=checks.text(fields.get("model"), "model") or path_model,
        messages=messages,
        is_stream=bool(checks.boolean(fields.get("stream"), "stream")) or is_stream,
        tools=own_tools,
        hosted_tools=hosted,
        tool_choice=tools.read_choice(fields.get("tool_choice"), extras),
        is_parallel=checks.boolean(fields.get("parallel_tool_calls"), "parallel_tool_calls"),
        max_tokens=checks.integer(fields.get("max_output_tokens"), "max_output_tokens"),
        temperature=checks.number(fields.get("temperature"), "temperature"),
        top_p=checks.number(fields.get("top_p"), "top_p"),
        logprobs=_include(fields.get("include"), extras) or bool(top_logprobs) or None,
        top_logprobs=top_logprobs,
        reasoning=_reasoning(fields.get("reasoning"), extras),
        format=_format(fields.get("text"), body, extras),
        verbosity=loose_json.text(loose_json.mapping(fields.get("text")).get("verbosity")),
        user=_user(fields, extras),
        metadata=msgspec.Raw(body.text("metadata"))
        if checks.mapping(fields.get("metadata"), "metadata")
        else NULL,
        service_tier=checks.text(fields.get("service_tier"), "service_tier"),
        store=checks.boolean(fields.get("store"), "store"),
        cache_key=checks.text(fields.get("prompt_cache_key"), "prompt_cache_key"),
        extras=extras,
    )


def _stateful(fields: dict[str, object]) -> Refusal | None:
    """A refusal where the request leans on what only one provider keeps."""
    previous = fields.get("previous_response_id")
    if previous:
        return not_found(loose_json.text(previous))
    if fields.get("background") is True:
        return _refused(
            "background",
            "a model of another protocol cannot answer in the background: leave `background` out",
        )
    for name in ("conversation", "prompt"):
        if fields.get(name):
            return _refused(
                name,
                f"`{name}` is kept by OpenAI and means nothing to the provider that would answer: send the items themselves",
            )
    return None


def not_found(response_id: str) -> Refusal:
    """There is no stored response of this id, in OpenAI's words."""
    return Refusal(
        code="previous_response_not_found",
        message=f"Previous response with id '{response_id}' not found.",
        param="previous_response_id",
    )


def _refused(param: str, message: str) -> Refusal:
    return Refusal(code="invalid_request", message=message, param=param)


def _include(value: object, extras: Extras) -> bool:
    """Whether logprobs are asked for; what else only hosted tools have is an extra."""
    asked = [
        checks.text(one, f"include[{number}]") for number, one in enumerate(checks.items(value, "include"))
    ]
    other = [one for one in asked if one not in {LOGPROBS, ENCRYPTED}]
    if other:
        extras["include"] = checks.raw(other)
    return LOGPROBS in asked


def _reasoning(value: object, extras: Extras) -> Reasoning | None:
    wire = checks.mapping(value, "reasoning")
    checks.rest(wire, ("effort", "summary", "generate_summary"), "reasoning", extras)
    effort = checks.text(wire.get("effort"), "reasoning.effort")
    summary = checks.text(wire.get("summary"), "reasoning.summary")
    summary = summary or checks.text(wire.get("generate_summary"), "reasoning.generate_summary")
    if not effort and not summary:
        return None
    is_off = effort == "none"
    return Reasoning(mode="off" if is_off else "on", effort="" if is_off else effort, summary=summary)


def _format(value: object, body: RequestBody, extras: Extras) -> OutputFormat | None:
    wire = checks.mapping(value, "text")
    checks.rest(wire, ("format", "verbosity"), "text", extras)
    checks.text(wire.get("verbosity"), "text.verbosity")
    form = checks.mapping(wire.get("format"), "text.format")
    if not form:
        return None
    kind = checks.text(form.get("type"), "text.format.type", is_required=True)
    if kind == "text":
        return None
    if kind == "json_object":
        return OutputFormat(kind="json")
    if kind != "json_schema":
        extras["text.format"] = checks.raw(form)
        return None
    checks.rest(form, ("type", "name", "description", "schema", "strict"), "text.format", extras)
    if not loose_json.is_object(form.get("schema")):
        raise checks.wrong("text.format.schema", "an object, a JSON schema", form.get("schema"))
    inner = checks.raw_fields(bytes(checks.raw_fields(body.text("text")).get("format", NULL)))
    return OutputFormat(
        kind="schema",
        schema=msgspec.Raw(bytes(inner.get("schema", NULL))),
        name=checks.text(form.get("name"), "text.format.name"),
        description=checks.text(form.get("description"), "text.format.description"),
        is_strict=checks.boolean(form.get("strict"), "text.format.strict"),
    )


def _user(fields: dict[str, object], extras: Extras) -> str:
    safety = checks.text(fields.get("safety_identifier"), "safety_identifier")
    user = checks.text(fields.get("user"), "user")
    if safety and user:
        extras["user"] = checks.raw(user)
    return safety or user
