"""Thoughts that belong to a tool call, kept for callers whose protocol has no sure place for them.

A provider that thinks wants its signed thoughts back with the tool's result (Anthropic refuses the turn without them,
Gemini answers worse). Clients of OpenAI's chat mostly do not echo what they do not know. So the gateway remembers, by the
call's id, what came with it, and puts it back where a caller left it out.
"""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

import msgspec

from aigw_dev.core.chat.vocabulary import ChatReply, ChatRequest, Message, Part, Thinking, ToolCall
from aigw_dev.core.ledger import Ledger

MOST_CALLS: Final = 5_000
MOST_CHARS: Final = 16 * 1024 * 1024
"""Of all thoughts and signatures together."""


class Carried(msgspec.Struct, frozen=True):
    """What came with a call."""

    thoughts: tuple[Thinking, ...]
    signature: str = ""
    """The call's own (Gemini's)."""

    @property
    def size(self) -> int:
        """Characters."""
        return len(self.signature) + sum(len(one.text) + len(one.signature) for one in self.thoughts)


class Memory:
    """Carried thoughts by consumer and call; the oldest are forgotten first."""

    def __init__(self, *, most_calls: int = MOST_CALLS, most_chars: int = MOST_CHARS) -> None:
        self._kept: OrderedDict[tuple[str, str], Carried] = OrderedDict()
        self._chars = 0
        self._most_calls = most_calls
        self._most_chars = most_chars

    def remember(self, consumer: str, parts: Iterable[Part]) -> None:
        """Keep what came with each call of a reply; signed thoughts only, others need not come back."""
        listed = list(parts)
        thoughts = tuple(part for part in listed if isinstance(part, Thinking) and part.signature)
        for part in listed:
            if isinstance(part, ToolCall) and part.id and (thoughts or part.signature):
                self._keep((consumer, part.id), Carried(thoughts, part.signature))

    def find(self, consumer: str, call_id: str) -> Carried | None:
        """What came with a call; None where nothing did, or it is forgotten."""
        return self._kept.get((consumer, call_id))

    def _keep(self, key: tuple[str, str], carried: Carried) -> None:
        old = self._kept.pop(key, None)
        self._chars += carried.size - (old.size if old is not None else 0)
        self._kept[key] = carried
        while self._kept and (len(self._kept) > self._most_calls or self._chars > self._most_chars):
            _, gone = self._kept.popitem(last=False)
            self._chars -= gone.size


def parts_of(reply: ChatReply) -> list[Part]:
    """Everything that a reply's first choice says."""
    return list(reply.choices[0].parts) if reply.choices else []


def restored(
    request: ChatRequest, memory: Memory, *, consumer: str, dialect: str, ledger: Ledger
) -> ChatRequest:
    """The request with thoughts put back that its caller left out, where they are `dialect`'s own."""
    changed: dict[int, Message] = {}
    for number, message in enumerate(request.messages):
        if message.role == "assistant":
            better = _with_thoughts(message, memory, consumer, dialect)
            if better is not message:
                changed[number] = better
                ledger.invented(
                    f"messages[{number}].thinking", "what came with the call is sent back with it"
                )
    if not changed:
        return request
    turns = tuple(changed.get(number, message) for number, message in enumerate(request.messages))
    return msgspec.structs.replace(request, messages=turns)


def _with_thoughts(message: Message, memory: Memory, consumer: str, dialect: str) -> Message:
    calls = [part for part in message.parts if isinstance(part, ToolCall)]
    if not calls:
        return message
    found = {call.id: carried for call in calls if (carried := memory.find(consumer, call.id)) is not None}
    if not found:
        return message
    own = next(iter(found.values())).thoughts
    is_echoed = any(isinstance(part, Thinking) and part.signature for part in message.parts)
    parts: list[Part] = [] if is_echoed else [one for one in own if one.origin == dialect]
    is_restored = bool(parts)
    for part in message.parts:
        if isinstance(part, ToolCall) and not part.signature and part.id in found:
            parts.append(msgspec.structs.replace(part, signature=found[part.id].signature))
        elif not (is_restored and isinstance(part, Thinking)):
            parts.append(part)  # an unsigned echo of the same thought gives way to the signed one
    return message if tuple(parts) == message.parts else msgspec.structs.replace(message, parts=tuple(parts))
