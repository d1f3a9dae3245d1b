"""Writes tools, the choice among them, and the form of the answer for an Anthropic provider."""

from typing import Final

import msgspec

from aigw_dev.core.chat.tool_names import ANSWER_TOOL, wire_name
from aigw_dev.core.chat.vocabulary import OutputFormat, Tool, ToolChoice
from aigw_dev.core.dialects.anthropic.blocks_write import Block, Writing, cache_marker
from aigw_dev.core.dialects.anthropic.schema import answer_schema, input_schema
from aigw_dev.core.dialects.anthropic.wire import fields_of
from aigw_dev.core.dialects.anthropic.words import DIALECT
from aigw_dev.core.field_names import spelled

_CUSTOM_SCHEMA: Final = msgspec.Raw(
    b'{"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}'
)
_JSON_ONLY: Final = "Answer with one JSON object and nothing else: no text around it, no code fence."


def write_tools(writing: Writing) -> list[Block]:
    """Every tool that the provider can take; only those that an `allowed` choice names."""
    request, ledger = writing.request, writing.ledger
    choice = request.tool_choice
    allowed = set(choice.names) if choice is not None and choice.mode.startswith("allowed") else None
    if allowed is not None and any(tool.name not in allowed for tool in request.tools):
        ledger.approximated("tool_choice", "only the allowed tools are offered")
    tools: list[Block] = []
    for index, tool in enumerate(request.tools):
        if allowed is None or tool.name in allowed:
            tools.append(_tool(tool, f"tools[{index}]", writing))
    for hosted in request.hosted_tools:
        if hosted.dialect == DIALECT:
            tools.append(dict(fields_of(hosted.raw)))
        else:
            ledger.dropped(f"tools.{hosted.type}", f"runs only at providers of {hosted.dialect}")
    if tools:
        ledger.keep("tools")
    return tools


def write_choice(writing: Writing, tools: list[Block], *, is_forcible: bool) -> Block | None:
    """`tool_choice`; None where nothing is to be said. While the model thinks by a budget, no tool is forcible."""
    request, ledger = writing.request, writing.ledger
    choice = request.tool_choice
    field = spelled(request.dialect, "tool_choice")
    if not tools:
        if choice is not None and choice.mode != "none":
            ledger.dropped(field, "there is no tool to choose")
        return None
    wire: Block | None = _choice(choice)
    if not is_forcible and wire is not None and wire["type"] in {"any", "tool"}:
        ledger.approximated(field, "auto: a tool cannot be forced while the model thinks by a budget")
        wire = {"type": "auto"}
    elif choice is not None and not choice.mode.startswith("allowed"):
        ledger.keep(field)
    if request.is_parallel is False and (wire is None or wire["type"] != "none"):
        limited: Block = {**(wire or {"type": "auto"}), "disable_parallel_tool_use": True}
        wire = limited
        ledger.keep(spelled(request.dialect, "is_parallel"))
    return wire


def write_format(writing: Writing, *, has_structured_outputs: bool) -> tuple[Block | None, Block | None, str]:
    """How the answer's form is asked for: `output_config.format`, a tool that stands in for it, a sentence."""
    form = writing.request.format
    if form is None or form.kind == "text":
        return None, None, ""
    field, ledger = spelled(writing.request.dialect, "format"), writing.ledger
    if form.kind == "grammar":
        ledger.dropped(field, "the model takes no grammar")
        return None, None, ""
    if form.kind == "json" or bytes(form.schema) == b"null":
        ledger.approximated(field, "asked for in the system prompt")
        return None, None, _JSON_ONLY
    if not has_structured_outputs:
        ledger.approximated(field, "asked for through a tool that the model must call")
        return None, _answer_tool(form), ""
    schema, changed = answer_schema(form.schema)
    if changed:
        ledger.approximated(f"{field}.schema", f"moved into descriptions or changed: {', '.join(changed)}")
    else:
        ledger.keep(field)
    if form.description:
        ledger.dropped(f"{field}.description", "a form has no description here")
    return {"type": "json_schema", "schema": schema}, None, ""


def force_answer(choice: Block | None, tools: list[Block], *, is_forcible: bool) -> Block:
    """The choice when the answer is a tool's call: that tool, or any where there are others."""
    if not is_forcible:
        return choice or {"type": "auto"}
    if tools and (choice is None or choice["type"] in {"auto", "any"}):
        return (choice or {}) | {"type": "any"}
    if choice is not None and choice["type"] == "tool":
        return choice
    return {"type": "tool", "name": ANSWER_TOOL}


def _tool(tool: Tool, path: str, writing: Writing) -> Block:
    ledger = writing.ledger
    name = wire_name(tool.name)
    if name != tool.name:
        ledger.approximated(f"{path}.name", f"sent as {name}; replies say the caller's name again")
    block: Block = {"name": name}
    if tool.description:
        block["description"] = tool.description
    if tool.kind == "custom":
        ledger.approximated(path, "a tool of plain text: its input stands in the field `input` of an object")
        if bytes(tool.format) != b"null":
            ledger.dropped(f"{path}.format", "the input of a tool has no grammar")
        block["input_schema"] = _CUSTOM_SCHEMA
        return block | cache_marker(tool.cache, path, ledger)
    block["input_schema"], changes = input_schema(tool.parameters)
    if changes:
        ledger.approximated(f"{path}.parameters", changes)
    if tool.is_strict:
        block["input_schema"], moved = answer_schema(input_schema(tool.parameters)[0])
        block["strict"] = True
        if moved:
            ledger.approximated(
                f"{path}.parameters", f"moved into descriptions or changed: {', '.join(moved)}"
            )
    if writing.is_own:
        head = f"tools[{tool.name}]."
        block |= {
            key.removeprefix(head): raw for key, raw in writing.request.extras.items() if key.startswith(head)
        }
    return block | cache_marker(tool.cache, path, ledger)


def _choice(choice: ToolChoice | None) -> Block | None:
    if choice is None:
        return None
    match choice.mode:
        case "auto" | "allowed":
            return {"type": "auto"}
        case "required" | "allowed_required":
            return {"type": "any"}
        case "none":
            return {"type": "none"}
        case "tool":
            return {"type": "tool", "name": wire_name(choice.names[0])} if choice.names else {"type": "any"}


def _answer_tool(form: OutputFormat) -> Block:
    return {
        "name": ANSWER_TOOL,
        "description": form.description or "Call this with your final answer.",
        "input_schema": input_schema(form.schema)[0],
    }
