"""Blocks that never overlap, made from pieces that come in any order.

OpenAI-compatible providers may write several tool calls at once, or text between them. What a decoder reads goes in
here piece by piece; what comes out keeps the laws of `events`. One block is open at a time and streams live. A piece of
another block ends the open one if that is complete, else waits in its own block until its turn comes:

* text, thinking and refusals are complete as soon as something else begins;
* a tool call is complete when its arguments are a whole JSON object, or at the end of the choice.

Nothing is lost and nothing is made up: arguments that are no JSON are a `problem`; the missing end of arguments that
were cut off is added and `is_truncated` says so.
"""

from collections.abc import Hashable
from typing import Final, Literal

import msgspec

from aigw_dev.core.chat.arguments import EMPTY, is_whole, missing_end, object_text
from aigw_dev.core.chat.events import BlockStarted, BlockStopped, ChatEvent, Delta
from aigw_dev.core.chat.vocabulary import Logprob, Opaque

Spoken = Literal["text", "thinking", "refusal"]
_Said = Literal["text", "thinking", "refusal", "signature", "citations"]
_OBJECT_BEGINS: Final = "{"
_SHOWN_CHARS: Final = 200


class _Block:
    """A block that is open or waits for its turn."""

    __slots__ = ("arguments", "begin", "held", "is_signed", "key", "sent")

    def __init__(self, begin: BlockStarted, key: Hashable = None) -> None:
        self.begin = begin
        self.key = key
        self.held: list[Delta] = []  # of a block that waits
        self.is_signed = False  # of a thought: nothing can be added
        self.arguments: list[str] = []  # of a tool call: everything so far
        self.sent = 0  # of a tool call: how many of these are sent


class Serial:
    """One choice's blocks, in order; every method returns the events that can be sent now."""

    def __init__(self, origin: str = "", choice: int = 0) -> None:
        """`origin` is the dialect whose signatures `sign` and `redact` are given."""
        self.origin = origin
        self.choice = choice
        self.count = 0
        """Blocks begun so far."""
        self.has_calls = False
        self.problem = ""
        """What cannot be mended in what was written; empty where all is well. Final after `end`."""
        self.is_truncated = False
        """Arguments were cut off and completed. Final after `end`."""
        self._open: _Block | None = None
        self._waiting: list[_Block] = []
        self._ended_keys: set[Hashable] = set()

    def say(self, kind: Spoken, piece: str, logprobs: tuple[Logprob, ...] | None = None) -> list[ChatEvent]:
        """More text, thinking or refusal; an empty piece without logprobs says nothing."""
        return self._spoken(kind, kind, piece, logprobs) if piece or logprobs else []

    def sign(self, signature: str, item_id: str = "") -> list[ChatEvent]:
        """The signature of what was thought last, or of a thought without words; what is thought next is another."""
        return self._spoken("thinking", "signature", signature, item_id=item_id)

    def cite(self, citations: str) -> list[ChatEvent]:
        """A JSON list of citations, of the text that was said last."""
        return self._spoken("text", "citations", citations)

    def redact(self, signature: str, item_id: str = "") -> list[ChatEvent]:
        """A thought whose words nobody may see."""
        begin = BlockStarted(
            index=0,
            kind="redacted",
            signature=signature,
            origin=self.origin,
            item_id=item_id,
            choice=self.choice,
        )
        return self._append(_Block(begin))

    def hand_on(self, opaque: Opaque) -> list[ChatEvent]:
        """Something that only its own dialect has a word for."""
        return self._append(_Block(BlockStarted(index=0, kind="opaque", opaque=opaque, choice=self.choice)))

    def call(
        self,
        key: Hashable,
        arguments: str = "",
        *,
        id: str = "",  # noqa: A002 - the field's name
        name: str = "",
        is_custom: bool = False,
        signature: str = "",
        item_id: str = "",
    ) -> list[ChatEvent]:
        """A tool call, which its decoder names `key`, begins or goes on; of the names the first piece's count.

        `is_custom`: the tool takes plain text, which is never checked.
        """
        self.has_calls = True
        if key in self._ended_keys:
            return []  # its arguments are a whole object: only blanks may follow
        block = self._find(key)
        if block is not None:
            block.arguments.append(arguments)
            return [*self._sendable(block), *self._advance()] if block is self._open else []
        begin = BlockStarted(
            index=0,
            kind="tool_call",
            id=id,
            name=name,
            is_custom=is_custom,
            signature=signature,
            origin=self.origin if signature else "",
            item_id=item_id,
            choice=self.choice,
        )
        block = _Block(begin, key)
        block.arguments.append(arguments)
        return self._append(block)

    def is_call_whole(self, key: Hashable) -> bool:
        """Whether this call's arguments are a whole object."""
        block = self._find(key)
        return key in self._ended_keys if block is None else is_whole("".join(block.arguments))

    def end(self) -> list[ChatEvent]:
        """Complete whatever is open or waits: the choice is over."""
        events: list[ChatEvent] = []
        while self._open is not None or self._waiting:
            if self._open is not None:
                events += self._close(self._open)
            if self._waiting:
                events += self._begin(self._waiting.pop(0))
        return events

    def _spoken(
        self,
        kind: Spoken,
        said: _Said,
        piece: str,
        logprobs: tuple[Logprob, ...] | None = None,
        *,
        item_id: str = "",
    ) -> list[ChatEvent]:
        """A piece for the last block where it is of this kind, else for a new one."""
        block = self._waiting[-1] if self._waiting else self._open
        is_new = block is None or block.begin.kind != kind or block.is_signed
        if block is None or is_new:
            origin = self.origin if kind == "thinking" else ""
            block = _Block(
                BlockStarted(index=0, kind=kind, origin=origin, item_id=item_id, choice=self.choice)
            )
        block.is_signed = said == "signature"
        delta = Delta(index=block.begin.index, kind=said, text=piece, logprobs=logprobs, choice=self.choice)
        if block is self._open:
            return [delta]
        block.held.append(delta)
        return self._append(block) if is_new else []

    def _append(self, block: _Block) -> list[ChatEvent]:
        self._waiting.append(block)
        return self._advance()

    def _find(self, key: Hashable) -> _Block | None:
        blocks = self._waiting if self._open is None else [self._open, *self._waiting]
        return next((one for one in blocks if one.begin.kind == "tool_call" and one.key == key), None)

    def _advance(self) -> list[ChatEvent]:
        """Go on to the next block for as long as the open one is complete and another waits."""
        events: list[ChatEvent] = []
        while self._waiting and (self._open is None or _is_complete(self._open)):
            if self._open is not None:
                events += self._close(self._open)
            events += self._begin(self._waiting.pop(0))
        return events

    def _begin(self, block: _Block) -> list[ChatEvent]:
        index = self.count
        self.count += 1
        block.begin = msgspec.structs.replace(block.begin, index=index)
        self._open = block
        held = [msgspec.structs.replace(delta, index=index) for delta in block.held]
        return [block.begin, *held, *self._sendable(block)]

    def _sendable(self, block: _Block) -> list[ChatEvent]:
        """The arguments that have not been sent; none before it is clear that they are an object."""
        pieces = block.arguments
        if not block.sent and not block.begin.is_custom:
            text = "".join(pieces)
            if not text.lstrip().startswith(_OBJECT_BEGINS):
                return []
        else:
            text = "".join(pieces[block.sent :])
        block.sent = len(pieces)
        return self._arguments(block, text)

    def _arguments(self, block: _Block, text: str) -> list[ChatEvent]:
        if not text:
            return []
        return [Delta(index=block.begin.index, kind="arguments", text=text, choice=self.choice)]

    def _close(self, block: _Block) -> list[ChatEvent]:
        events: list[ChatEvent] = []
        if block.begin.kind == "tool_call":
            self._ended_keys.add(block.key)
            if not block.begin.is_custom:
                events += self._arguments(block, self._missing(block))
        self._open = None
        return [*events, BlockStopped(index=block.begin.index, choice=self.choice)]

    def _missing(self, block: _Block) -> str:
        """What makes the arguments of a call that ends a JSON object: nothing as a rule."""
        text = "".join(block.arguments)
        if not block.sent and (whole := object_text(text)) is not None:
            return whole
        if block.sent and is_whole(text):
            return ""
        ending = missing_end(text) if block.sent else None
        if ending is not None:
            self.is_truncated = True
            return ending
        tool = block.begin.name or "(unnamed)"
        self.problem = (
            f"the model's arguments for the tool {tool} are not a JSON object: {text[:_SHOWN_CHARS]}"
        )
        return "" if block.sent else EMPTY


def _is_complete(block: _Block) -> bool:
    """Whether another block may begin."""
    if block.begin.kind != "tool_call" or block.begin.is_custom:
        return True
    # Looking at the last piece first keeps this cheap while a long call grows.
    return block.arguments[-1].rstrip().endswith("}") and is_whole("".join(block.arguments))
