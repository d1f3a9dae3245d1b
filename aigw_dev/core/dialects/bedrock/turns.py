"""The conversation as Converse takes it: the system's words apart, then turns of user and assistant in alternation."""

from typing import Final, Literal

import msgspec

from aigw_dev.core.chat.vocabulary import ChatRequest, Message, Opaque, Text, ToolResult
from aigw_dev.core.dialects.bedrock.parts import Block, PartWriter
from aigw_dev.core.errors import Refusal
from aigw_dev.core.ledger import Ledger

_SYSTEM: Final = frozenset({"system", "developer"})
_WireRole = Literal["user", "assistant"]


class Turn(msgspec.Struct):
    """One turn: adjacent messages of one role are one."""

    role: _WireRole
    results: list[Block] = []
    """What tools answered; stands first, right behind the calls, as Anthropic's models demand."""
    blocks: list[Block] = []

    def has(self, kind: str) -> bool:
        """Whether a block of this kind is in it."""
        return any(kind in block for block in (*self.results, *self.blocks))


class Conversation(msgspec.Struct):
    """What was said."""

    system: list[Block] = []
    turns: list[Turn] = []

    @property
    def messages(self) -> list[Block]:
        """The turns on the wire."""
        return [{"role": turn.role, "content": [*turn.results, *turn.blocks]} for turn in self.turns]

    @property
    def has_tool_blocks(self) -> bool:
        """A tool was called or answered: the provider then wants tools to be offered."""
        return any(turn.has("toolUse") or turn.has("toolResult") for turn in self.turns)

    @property
    def is_in_unthought_tool_loop(self) -> bool:
        """The last answer called a tool and its thinking is not with it."""
        last = next((turn for turn in reversed(self.turns) if turn.role == "assistant"), None)
        return last is not None and last.has("toolUse") and not last.has("reasoningContent")


def write_conversation(request: ChatRequest, writer: PartWriter, ledger: Ledger) -> Conversation | Refusal:
    """Everything that was said; a `Refusal` names the part that cannot be."""
    conversation = Conversation()
    leading = _leading(request.messages)
    is_system_alone = leading == len(request.messages)
    for index, message in enumerate(request.messages):
        where = f"messages[{index}]"
        if message.name:
            ledger.dropped(f"{where}.name", "the provider knows roles only")
        written = _write_message(message, where, writer)
        if isinstance(written, Refusal):
            return written
        if not written and message.parts:
            ledger.dropped(where, "nothing is left of it, and the provider refuses an empty message")
        if index < leading and not is_system_alone:
            conversation.system += written
            continue
        if message.role in _SYSTEM:
            why = (
                "at least one message of the user"
                if is_system_alone
                else "the system's words at the start only"
            )
            ledger.approximated(f"{where}.role", f"the provider wants {why}: stands as the user's text")
        _append(conversation, message, written, where, ledger)
    if not conversation.turns:
        message_text = "messages: nothing is left that the provider could answer; send a message with content"
        return Refusal(code="invalid_request", message=message_text, param="messages")
    ledger.keep("messages")
    return conversation


def _leading(messages: tuple[Message, ...]) -> int:
    """How many messages at the start are the system prompt."""
    return next((index for index, one in enumerate(messages) if one.role not in _SYSTEM), len(messages))


def _write_message(message: Message, where: str, writer: PartWriter) -> list[Block] | Refusal:
    blocks: list[Block] = []
    for index, part in enumerate(message.parts):
        place = f"{where}.content[{index}]"
        if message.role in _SYSTEM and not isinstance(part, Text | Opaque):
            message_text = (
                f"{place}: the provider takes text only in the system prompt; move it to a user message"
            )
            return Refusal(code="invalid_request", message=message_text, param=place)
        written = writer.write(part, place)
        if isinstance(written, Refusal):
            return written
        blocks += written
    return blocks


def _append(
    conversation: Conversation, message: Message, written: list[Block], where: str, ledger: Ledger
) -> None:
    if not written:
        return
    role: _WireRole = "assistant" if message.role == "assistant" else "user"
    if not conversation.turns or conversation.turns[-1].role != role:
        conversation.turns.append(Turn(role=role))
    turn = conversation.turns[-1]
    if not any(isinstance(part, ToolResult) for part in message.parts):
        turn.blocks += written
        return
    if turn.blocks:
        ledger.approximated(where, "what a tool answered stands before the user's words of the same turn")
    turn.results += written
