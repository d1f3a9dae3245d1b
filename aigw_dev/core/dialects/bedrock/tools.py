"""The tools that a model may call, and whether it must."""

from typing import Final

import msgspec

from aigw_dev.core.chat.vocabulary import NULL, ChatRequest, Tool, ToolChoice
from aigw_dev.core.dialects.bedrock import wire
from aigw_dev.core.dialects.bedrock.parts import TOOL_NAME, Block, PartWriter
from aigw_dev.core.dialects.codec import Traits
from aigw_dev.core.errors import Refusal
from aigw_dev.core.ledger import Ledger

_ANY_OBJECT: Final = msgspec.Raw(b'{"type":"object","properties":{}}')
_PLACEHOLDER: Final[Block] = {
    "toolSpec": {
        "name": "no_tool_available",
        "description": "No tool can be called at the moment. Never call this.",
        "inputSchema": {"json": {"type": "object", "properties": {}}},
    }
}
"""Stands where earlier turns hold tool calls but none is offered: the provider refuses such a conversation."""


class ToolWriter:
    """Writes `toolConfig`."""

    def __init__(self, request: ChatRequest, traits: Traits, ledger: Ledger) -> None:
        self._request = request
        self._traits = traits
        self._ledger = ledger

    def write(self, parts: PartWriter, *, has_history: bool, is_free: bool) -> Block | Refusal | None:
        """The object; None where there is nothing to say.

        `has_history`: earlier turns hold calls; `is_free`: the model thinks, so that no call may be forced.
        """
        self._note_hosted()
        offered = self._offered()
        if isinstance(offered, Refusal):
            return offered
        choice = self._choice(offered, is_free=is_free)
        if isinstance(choice, Refusal):
            return choice
        specs: list[Block] = []
        for index, tool in offered:
            specs.append(self._spec(tool, index))
            specs += parts.cache(tool.cache, f"tools[{index}]")
        if not specs:
            if not has_history:
                return None
            self._ledger.invented(
                "tools", "the provider wants one where earlier turns called tools: never to be called"
            )
            return {"tools": [_PLACEHOLDER]}
        self._ledger.keep("tools")
        return {"tools": specs, "toolChoice": choice} if choice else {"tools": specs}

    def _note_hosted(self) -> None:
        for hosted in self._request.hosted_tools:
            self._ledger.dropped(f"tools.{hosted.type}", f"runs at {hosted.dialect}'s providers only")

    def _offered(self) -> list[tuple[int, Tool]] | Refusal:
        """The tools to offer, each with its place in the request."""
        choice = self._request.tool_choice
        offered: list[tuple[int, Tool]] = []
        for index, tool in enumerate(self._request.tools):
            if tool.kind == "custom":
                self._ledger.dropped(f"tools[{index}]", "the provider knows no tool that takes plain text")
                continue
            if not TOOL_NAME.fullmatch(tool.name):
                message = (
                    f"tools[{index}].name: the provider takes names of letters, digits, _ and - "
                    f"up to 64 characters, not {tool.name[:80]!r}; rename the tool"
                )
                return Refusal(code="invalid_request", message=message, param=f"tools[{index}].name")
            offered.append((index, tool))
        if choice is not None and choice.mode in {"allowed", "allowed_required"}:
            self._ledger.approximated("tool_choice", "the tools that are not allowed are not offered")
            return [(index, tool) for index, tool in offered if tool.name in choice.names]
        if choice is not None and choice.mode == "none":
            self._ledger.approximated(
                "tool_choice", "no tool is offered: the provider cannot forbid their use"
            )
            return []
        return offered

    def _choice(self, offered: list[tuple[int, Tool]], *, is_free: bool) -> Block | Refusal | None:
        choice = self._request.tool_choice
        if choice is None or choice.mode == "none":
            return None
        forced = _forced(choice)
        if forced is None:
            self._ledger.keep("tool_choice")
            return {"auto": {}}
        names = {tool.name for _, tool in offered}
        if not names or (choice.mode == "tool" and choice.names[0] not in names):
            message = (
                "tool_choice: the tool that must be called is not offered to this provider; see the tools"
            )
            return Refusal(code="invalid_request", message=message, param="tool_choice")
        if is_free or "tool_choice" in self._traits.refuses:
            why = "a model that thinks cannot be forced" if is_free else "the model cannot be forced"
            self._ledger.approximated("tool_choice", f"{why} to call a tool: it may")
            return {"auto": {}}
        self._ledger.keep("tool_choice")
        return forced

    def _spec(self, tool: Tool, index: int) -> Block:
        spec: Block = {"name": tool.name}
        if tool.description.strip():
            spec["description"] = tool.description
        spec["inputSchema"] = {"json": self._schema(tool.parameters, index)}
        if tool.is_strict and self._traits.has_structured_outputs:
            spec["strict"] = True
        elif tool.is_strict:
            self._ledger.dropped(
                f"tools[{index}].strict", "the model does not hold itself to a tool's schema"
            )
        return {"toolSpec": spec}

    def _schema(self, schema: msgspec.Raw, index: int) -> msgspec.Raw:
        fields = wire.fields(schema)
        if schema == NULL or not fields:
            return _ANY_OBJECT
        if "type" in fields:
            return schema
        self._ledger.invented(f"tools[{index}].parameters.type", "the provider wants an object: `object`")
        return msgspec.Raw(msgspec.json.encode({"type": "object", **fields}))


def _forced(choice: ToolChoice) -> Block | None:
    """What forces a call; None where none is forced."""
    match choice.mode:
        case "required" | "allowed_required":
            return {"any": {}}
        case "tool":
            return {"tool": {"name": choice.names[0]}}
        case "auto" | "none" | "allowed":
            return None
