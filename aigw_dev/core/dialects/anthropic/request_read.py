"""Reads a caller's request into neutral words, checked field by field (`CallerCodec.read_chat`, `CountCodec.read_count`).

Unknown fields stand in `extras` under the caller's own name, dotted where they are nested; those of a tool under the
tool's name: `tools[get_weather].defer_loading`.
"""

from typing import Final, cast

import msgspec

from aigw_dev.core.chat.vocabulary import (
    ChatRequest,
    Message,
    Opaque,
    OutputFormat,
    Part,
    Reasoning,
    Role,
    Text,
    Tool,
    ToolChoice,
    ToolResult,
    named_results,
)
from aigw_dev.core.dialects.anthropic.blocks_read import Scope, read_cache, read_content
from aigw_dev.core.dialects.anthropic.facts import model_missing
from aigw_dev.core.dialects.anthropic.fields import (
    Fields,
    MalformedError,
    is_string,
    kept,
    object_at,
    string_at,
)
from aigw_dev.core.dialects.anthropic.words import DIALECT
from aigw_dev.core.dialects.request_body import RequestBody
from aigw_dev.core.errors import Refusal
from aigw_dev.core.remembered import TOOL_LIST_BYTES, TOOL_LISTS, remembered

_KNOWN: Final = frozenset(
    {
        "model", "messages", "system", "max_tokens", "stream", "temperature", "top_p", "top_k", "stop_sequences",
        "tools", "tool_choice", "thinking", "output_config", "output_format", "metadata", "service_tier",
    }
)  # fmt: skip
_SAMPLING: Final = ("temperature", "top_p", "top_k")
_MESSAGE_KNOWN: Final = frozenset({"role", "content"})
_ROLES: Final = frozenset({"user", "assistant", "system"})
_TOOL_KNOWN: Final = frozenset({"type", "name", "description", "input_schema", "strict", "cache_control"})
_CHOICES: Final = {"auto": "auto", "any": "required", "none": "none", "tool": "tool"}
_CHOICE_KNOWN: Final = frozenset({"type", "name", "disable_parallel_tool_use"})


def read_chat(
    body: RequestBody, /, *, path_model: str = "", is_stream: bool = False, version: str = ""
) -> ChatRequest | Refusal:
    """A caller's request; `version` decides which rules hold."""
    try:
        return _read(body, path_model, version, is_stream=is_stream, needs_limit=True)
    except MalformedError as error:
        return error.refusal


def read_count(body: RequestBody, /, *, path_model: str = "", version: str = "") -> ChatRequest | Refusal:
    """A caller's request to count; it needs no `max_tokens`."""
    try:
        return _read(body, path_model, version, is_stream=False, needs_limit=False)
    except MalformedError as error:
        return error.refusal


def _read(
    body: RequestBody, path_model: str, version: str, *, is_stream: bool, needs_limit: bool
) -> ChatRequest | Refusal:
    fields, scope = Fields(body.fields, ""), Scope(version)
    model = fields.text("model") or path_model
    if not model:
        return model_missing()
    if needs_limit:
        fields.needed("max_tokens")
    limit = fields.integer("max_tokens")
    if limit is not None and limit < 0:
        raise MalformedError("max_tokens", "must not be negative")
    for name in _SAMPLING:
        if name in body.fields:
            scope.refuse(name, "is not taken, not even with its default value,")
    tools, hosted = _tools(fields, scope)
    choice, is_parallel = _tool_choice(fields, scope)
    reasoning, form = _thought_and_form(fields, scope)
    scope.extras |= dict(fields.others(_KNOWN))
    metadata = fields.object("metadata")
    if metadata is not None:
        scope.extras |= dict(metadata.others(frozenset({"user_id"})))
    return ChatRequest(
        dialect=DIALECT,
        model=model,
        messages=_messages(fields, scope),
        is_stream=is_stream or fields.boolean("stream") is True,
        tools=tools,
        hosted_tools=hosted,
        tool_choice=choice,
        is_parallel=is_parallel,
        max_tokens=limit,
        temperature=fields.number("temperature"),
        top_p=fields.number("top_p"),
        top_k=fields.integer("top_k"),
        stop=tuple(string_at(item, path) for item, path in fields.array("stop_sequences")),
        reasoning=reasoning,
        format=form,
        user="" if metadata is None else metadata.text("user_id"),
        service_tier=fields.text("service_tier"),
        extras=scope.extras,
    )


def _messages(fields: Fields, scope: Scope) -> tuple[Message, ...]:
    messages: list[Message] = []
    system = fields.raw("system")
    if system is not None:
        parts = tuple(_texts_only(read_content(system, "system", "system", scope), "system"))
        if any(part.text or part.cache for part in parts):
            messages.append(Message(role="system", parts=parts))
    fields.needed("messages")
    for one in fields.objects("messages"):
        role = one.needed_text("role")
        if role not in _ROLES:
            raise MalformedError(one.at("role"), "must be user, assistant or system")
        content = one.needed("content")
        known = cast("Role", role)
        if is_string(content):
            text = Text(text=string_at(content, one.at("content")))
            messages.append(Message(role=known, parts=(text,)))
        else:
            messages += _turns(known, read_content(content, one.at("content"), known, scope))
        if not one.wire.keys() <= _MESSAGE_KNOWN:
            scope.extras |= dict(one.others(_MESSAGE_KNOWN))
    if not messages or all(message.role == "system" for message in messages):
        raise MalformedError("messages", "must hold at least one message of the user or the assistant")
    names = named_results(tuple(messages))
    return tuple([message if message.role != "tool" else _named(message, names) for message in messages])


def _texts_only(parts: list[Part], path: str) -> list[Text]:
    texts: list[Text] = []
    for index, part in enumerate(parts):
        if not isinstance(part, Text):
            raise MalformedError(f"{path}[{index}]", "must be a text block")
        texts.append(part)
    return texts


def _turns(role: Role, parts: list[Part]) -> list[Message]:
    """One message of the wire: tool results stand in messages of their own, in the order they were said."""
    if len(parts) == 1 and not isinstance(parts[0], ToolResult):
        return [Message(role=role, parts=(parts[0],))]  # the usual message
    turns: list[Message] = []
    run: list[Part] = []
    run_role: Role = role
    for part in parts:
        own: Role = "tool" if isinstance(part, ToolResult) else role
        if run and own != run_role:
            turns.append(Message(role=run_role, parts=tuple(run)))
            run = []
        run_role = own
        run.append(part)
    turns.append(Message(role=run_role, parts=tuple(run)))
    return turns


def _named(message: Message, names: dict[str, str]) -> Message:
    if message.role != "tool":
        return message
    results = [part for part in message.parts if isinstance(part, ToolResult)]
    parts = [msgspec.structs.replace(part, name=names.get(part.call_id, "")) for part in results]
    return Message(role="tool", parts=tuple(parts))


def _tools(fields: Fields, scope: Scope) -> tuple[tuple[Tool, ...], tuple[Opaque, ...]]:
    listed = fields.raw("tools")
    if listed is None:
        return (), ()
    tools, hosted, others = _offered(bytes(listed))
    scope.extras.update(others)
    return tools, hosted


@remembered(most=TOOL_LISTS, longest=TOOL_LIST_BYTES)
def _offered(listed: bytes) -> tuple[tuple[Tool, ...], tuple[Opaque, ...], dict[str, msgspec.Raw]]:
    tools: list[Tool] = []
    hosted: list[Opaque] = []
    extras: dict[str, msgspec.Raw] = {}
    for item, path in Fields({"tools": msgspec.Raw(listed)}, "").array("tools"):
        tool = object_at(item, path)
        kind = tool.text("type")
        if kind and kind != "custom":
            hosted.append(Opaque(dialect=DIALECT, type=kind, raw=kept(item)))
            continue
        name = tool.needed_text("name")
        if not name:
            raise MalformedError(tool.at("name"), "must not be empty")
        tools.append(
            Tool(
                name=name,
                description=tool.text("description"),
                parameters=tool.json_object("input_schema"),
                is_strict=tool.boolean("strict"),
                cache=read_cache(tool),
            )
        )
        for other, value in tool.others(_TOOL_KNOWN):
            extras[f"tools[{name}]{other.removeprefix(path)}"] = value
    return tuple(tools), tuple(hosted), extras


def _tool_choice(fields: Fields, scope: Scope) -> tuple[ToolChoice | None, bool | None]:
    wire = fields.object("tool_choice")
    if wire is None:
        return None, None
    mode = _CHOICES.get(wire.needed_text("type"))
    if mode is None:
        raise MalformedError(wire.at("type"), "must be auto, any, tool or none")
    scope.extras |= dict(wire.others(_CHOICE_KNOWN))
    is_off = wire.boolean("disable_parallel_tool_use")
    is_parallel = None if is_off is None else not is_off
    if mode == "tool":
        return ToolChoice(mode="tool", names=(wire.needed_text("name"),)), is_parallel
    if mode == "auto":
        return ToolChoice(mode="auto"), is_parallel
    return ToolChoice(mode="none" if mode == "none" else "required"), is_parallel


def _thought_and_form(fields: Fields, scope: Scope) -> tuple[Reasoning | None, OutputFormat | None]:
    """`thinking`, and both halves of `output_config`: the effort and the answer's form (once `output_format`)."""
    config = fields.object("output_config")
    effort = ""
    form, older = None, fields.raw("output_format")
    if older is not None and is_string(older):
        scope.extras["output_format"] = kept(older)  # a word, not a schema
    elif older is not None:
        form = _format(fields.object("output_format"), scope)
    if config is not None:
        effort = config.text("effort")
        form = _format(config.object("format"), scope) or form
        scope.extras |= dict(config.others(frozenset({"effort", "format"})))
    return _reasoning(fields, effort, scope), form


def _reasoning(fields: Fields, effort: str, scope: Scope) -> Reasoning | None:
    """Effort alone is mode `on` without a budget, which this wire cannot say otherwise."""
    wire = fields.object("thinking")
    if wire is None:
        return Reasoning(effort=effort) if effort else None
    kind = wire.needed_text("type")
    shown = wire.text("display")
    if kind == "enabled":
        wire.needed("budget_tokens")
        budget = wire.integer("budget_tokens")
        return Reasoning(mode="on", effort=effort, budget_tokens=budget, summary=shown)
    if kind == "adaptive":
        return Reasoning(mode="adaptive", effort=effort, summary=shown)
    if kind == "disabled":
        return Reasoning(mode="off", effort=effort)
    scope.extras["thinking"] = kept(fields.raw("thinking"))
    return Reasoning(effort=effort) if effort else None


def _format(wire: Fields | None, scope: Scope) -> OutputFormat | None:
    if wire is None:
        return None
    kind = wire.needed_text("type")
    if kind != "json_schema":
        raise MalformedError(wire.at("type"), "must be json_schema")
    scope.extras |= dict(wire.others(frozenset({"type", "schema", "name"})))
    return OutputFormat(
        kind="schema", schema=wire.json_object("schema"), name=wire.text("name"), is_strict=True
    )
