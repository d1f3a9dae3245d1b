"""A streamed reply, written for a Gemini caller: whole partial replies, each call complete in one chunk.

Nothing ends a Gemini stream but the body's end. The endings wait for the usage, so that the last chunk has both. With
`is_array` the stream is a JSON array, which is what callers get who do not ask for `alt=sse`.
"""

import msgspec

from aigw_dev.core.chat.events import (
    BlockStarted,
    BlockStopped,
    ChatEvent,
    Counted,
    Delta,
    Ended,
    Failed,
    Finished,
    Ping,
    Started,
)
from aigw_dev.core.chat.vocabulary import ReplyContext, Thinking
from aigw_dev.core.dialects.gemini import reply_write
from aigw_dev.core.dialects.gemini.errors import error_object
from aigw_dev.core.dialects.gemini.wire import DIALECT
from aigw_dev.core.exchange import Usage
from aigw_dev.core.ledger import Ledger
from aigw_dev.core.streams import sse

_Written = dict[str, object]


class StreamEncoder:
    """Writes one stream; see `codec.StreamEncoder`."""

    def __init__(self, context: ReplyContext, ledger: Ledger, *, is_array: bool = False) -> None:
        self._context = context
        self._ledger = ledger
        self._is_array = is_array
        self._is_begun = False
        self._identity = reply_write.identity("", "", context)
        self._shows = reply_write.shows_thoughts(context)
        self._open: dict[int, _Block] = {}  # by choice
        self._finished: list[Finished] = []
        self._usage: Usage | None = None
        self._said: list[str] = []  # all of it, to estimate tokens from where nobody counts them

    def encode(self, event: ChatEvent) -> bytes:
        """The bytes for this event; may be empty."""
        match event:
            case Started():
                self._identity = reply_write.identity(event.id, event.model, self._context)
                return b""
            case BlockStarted():
                self._open[event.choice] = _Block(event)
                self._said.append(event.name)
                return b""
            case Delta():
                return self._delta(event)
            case BlockStopped():
                return self._stop(event)
            case Finished():
                self._finished.append(event)
                return b""
            case Counted():
                self._usage = event.usage
                return b""
            case Ping():
                # Gemini has none, and Google's own SDK (google-genai 3.4) parses a comment as JSON and fails.
                return b""
            case Failed():
                error = error_object(event.status or 502, event.code or "upstream_in_band", event.message)
                return self._write({"error": error}) + self._end()
            case Ended():
                return self._last() + self._end()

    def _delta(self, event: Delta) -> bytes:
        block = self._open[event.choice]
        if event.kind not in {"signature", "citations"}:
            self._said.append(event.text)
        match event.kind:
            case "text" | "refusal":
                extra: _Written = {}
                if event.logprobs:
                    extra["logprobsResult"] = reply_write.logprobs_of(event.logprobs)
                return self._part({"text": event.text}, event.choice, extra) if event.text or extra else b""
            case "thinking":
                if self._shows:
                    return (
                        self._part({"text": event.text, "thought": True}, event.choice) if event.text else b""
                    )
                block.is_hidden = True
            case "signature":
                block.signature.append(event.text)
            case "arguments":
                block.arguments.append(event.text)
            case "citations":
                cited = reply_write.citing(msgspec.Raw(event.text.encode("utf-8", "replace")), self._ledger)
                return self._part({"text": ""}, event.choice, cited) if cited else b""
        return b""

    def _stop(self, event: BlockStopped) -> bytes:
        block = self._open.pop(event.choice)
        started = block.started
        if block.is_hidden:
            self._ledger.dropped(
                "reasoning", "the caller did not ask for thoughts (thinkingConfig.includeThoughts)"
            )
        match started.kind:
            case "tool_call":
                call = (started.id, started.name, "".join(block.arguments))
                signature = (started.origin or DIALECT, started.signature or "".join(block.signature))
                part = reply_write.call_part(call, signature, self._ledger, is_custom=started.is_custom)
            case "thinking" | "redacted":
                signed = Thinking(
                    signature=started.signature or "".join(block.signature),
                    origin=started.origin,
                    is_redacted=started.kind == "redacted",
                )
                part = reply_write.thinking_part(signed, self._context, self._ledger)
            case "opaque":
                part = (
                    None if started.opaque is None else reply_write.opaque_part(started.opaque, self._ledger)
                )
            case _:
                part = None
        return b"" if part is None else self._part(part, event.choice)

    def _last(self) -> bytes:
        """One chunk with every ending and the usage."""
        body: _Written = {
            "candidates": [
                {
                    "content": {"role": "model", "parts": [{"text": ""}]},
                    "finishReason": reply_write.finish_of(one.reason, one.stop_sequence, self._ledger),
                    "index": one.choice,
                }
                for one in self._finished
            ]
        }
        usage = self._usage or reply_write.estimated_usage(self._said, self._context, self._ledger)
        body["usageMetadata"] = reply_write.usage_of(usage, self._ledger)
        return self._write(body | self._identity)

    def _part(self, part: _Written, choice: int, extra: _Written | None = None) -> bytes:
        candidate: _Written = {"content": {"role": "model", "parts": [part]}, "index": choice}
        return self._write({"candidates": [candidate | (extra or {})], **self._identity})

    def _write(self, body: _Written) -> bytes:
        text = sse.unbroken(msgspec.json.encode(body))
        if not self._is_array:
            return sse.encode(text)
        head = b",\n" if self._is_begun else b"["
        self._is_begun = True
        return head + text

    def _end(self) -> bytes:
        if not self._is_array:
            return b""
        return b"]" if self._is_begun else b"[]"


class _Block:
    """An open block: what must be said whole is gathered."""

    def __init__(self, started: BlockStarted) -> None:
        self.started = started
        self.arguments: list[str] = []
        self.signature: list[str] = []
        self.is_hidden = False


def stream_encoder(context: ReplyContext, ledger: Ledger, *, is_array: bool = False) -> StreamEncoder:
    """A new encoder, for one stream; `is_array` where the caller did not ask for `alt=sse`."""
    return StreamEncoder(context, ledger, is_array=is_array)
