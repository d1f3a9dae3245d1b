"""A streamed reply in neutral words. Decoders make these from a provider's stream, encoders write a caller's from them.

Laws of the sequence, which every decoder keeps whatever the provider sends, so that no encoder has to check:

1. `Started` first, once. `Ended` last, once; or `Failed` last, once; nothing follows either.
2. Blocks of one choice never overlap: `BlockStarted(index)`, its `Delta`s, `BlockStopped(index)`; `index` counts 0, 1, 2.
3. `Finished` once per choice, after its last block. `Counted` at most once, after the last `Finished`, before `Ended`:
   it holds the final, cumulative usage.
4. A tool call's `arguments` deltas join to valid JSON, at least `{}` (sent as one delta where the provider sent none).
5. A stream that ends before its `Finished` ends in `Failed`: an end is never made up.
"""

from typing import Literal

import msgspec

from aigw_dev.core.chat.vocabulary import NULL, Logprob, Opaque, StopReason
from aigw_dev.core.exchange import Usage


class Started(msgspec.Struct, frozen=True, kw_only=True):
    """The reply begins."""

    id: str = ""
    model: str = ""
    created: int = 0
    usage: Usage | None = None
    """What the provider counted so far (Anthropic: the input)."""


class BlockStarted(msgspec.Struct, frozen=True, kw_only=True):
    """A block begins."""

    index: int
    kind: Literal["text", "thinking", "redacted", "tool_call", "refusal", "opaque"]
    id: str = ""
    """Of a tool call: its id."""
    name: str = ""
    """Of a tool call: the tool."""
    is_custom: bool = False
    """Of a tool call: the tool takes plain text."""
    signature: str = ""
    """Of a tool call: Gemini's thought signature. Of `redacted`: the whole opaque data."""
    origin: str = ""
    """The dialect of a signature in this block."""
    item_id: str = ""
    opaque: Opaque | None = None
    """Of `opaque`: the whole thing."""
    choice: int = 0


class Delta(msgspec.Struct, frozen=True, kw_only=True):
    """More of the open block. `kind` fits the block: `signature` belongs to thinking, `citations` to text."""

    index: int
    kind: Literal["text", "thinking", "signature", "arguments", "refusal", "citations"]
    text: str
    """The piece; of `citations` the dialect's own JSON list."""
    logprobs: tuple[Logprob, ...] | None = None
    choice: int = 0


class BlockStopped(msgspec.Struct, frozen=True, kw_only=True):
    """The open block is complete."""

    index: int
    choice: int = 0


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """One choice is complete."""

    reason: StopReason
    stop_sequence: str = ""
    raw: str = ""
    """The provider's own word."""
    details: msgspec.Raw = NULL
    choice: int = 0


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """The final usage."""

    usage: Usage


class Ping(msgspec.Struct, frozen=True):
    """Nothing, to keep the connection alive."""


class Failed(msgspec.Struct, frozen=True, kw_only=True):
    """The provider broke the stream off with an error, or it ended too early."""

    message: str
    code: str = ""
    status: int = 0
    """The HTTP status it stands for; 0 = not said."""


class Ended(msgspec.Struct, frozen=True):
    """The reply is complete."""


ChatEvent = Started | BlockStarted | Delta | BlockStopped | Finished | Counted | Ping | Failed | Ended
