"""What the mock models share: the request they were asked, the reply they give, words, usage and framing."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import Final

import msgspec

from aigw_dev.core import loose_json, tokens
from aigw_dev.core.dialects import openai_errors
from aigw_dev.core.errors import CODES, Refusal
from aigw_dev.core.streams import sse

JSON: Final = "application/json"
EVENTS: Final = "text/event-stream; charset=utf-8"
MAX_CHOICES: Final = 128
_WORD: Final = re.compile(r"\s*\S+\s*|\s+")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One request, checked as far as every operation checks it."""

    model: str
    """Without `mock/`."""
    request: dict[str, object]
    is_stream: bool
    wants_usage: bool
    input_tokens: int
    """What was read, counted like every estimate of this gateway."""
    created: int
    """UTC seconds."""
    id_seed: str


class MockReply(msgspec.Struct, frozen=True, kw_only=True):
    """A whole HTTP reply."""

    status: int
    content_type: str
    chunks: tuple[bytes, ...]
    """The body in the pieces it would arrive in: one per event of a stream, else one."""


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """Honest counts of what was read and written."""

    prompt_tokens: int
    completion_tokens: int = 0
    reasoning_tokens: int = 0
    """Part of `completion_tokens`."""

    def wire(self) -> dict[str, object]:
        """As OpenAI sends it."""
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.prompt_tokens + self.completion_tokens,
            "prompt_tokens_details": {"cached_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": self.reasoning_tokens},
        }


def answered(document: Mapping[str, object]) -> MockReply:
    """A JSON reply."""
    return MockReply(status=200, content_type=JSON, chunks=(msgspec.json.encode(document),))


def streamed(events: Iterable[Mapping[str, object]]) -> MockReply:
    """A stream of chunks, ended by `[DONE]`."""
    chunks = [sse.encode(sse.unbroken(msgspec.json.encode(event))) for event in events]
    return MockReply(status=200, content_type=EVENTS, chunks=(*chunks, sse.encode(b"[DONE]")))


def failed(status: int, code: str, message: str, *, param: str | None = None) -> MockReply:
    """An error in OpenAI's envelope."""
    body = openai_errors.encode_error(status, code, message, param=param)
    return MockReply(status=status, content_type=JSON, chunks=(body,))


def named_events(events: Iterable[Mapping[str, object]]) -> MockReply:
    """A stream whose events are named by their `type`; its last event ends it, as in OpenAI's streams of media."""
    chunks = [
        sse.encode(sse.unbroken(msgspec.json.encode(event)), event=loose_json.text(event.get("type")))
        for event in events
    ]
    return MockReply(status=200, content_type=EVENTS, chunks=tuple(chunks))


def refused(refusal: Refusal) -> MockReply:
    """A refusal as an error reply."""
    status = refusal.status or CODES[refusal.code].status
    return failed(status, refusal.code, refusal.message, param=refusal.param)


def words(text: str) -> list[str]:
    """`text` in the pieces it is streamed in: each word with the space after it; joined they are the text again."""
    return _WORD.findall(text)


def choices_wanted(asked: Asked) -> int | MockReply:
    """`n`, 1 where it is not given."""
    wanted = asked.request.get("n")
    if wanted is None:
        return 1
    if isinstance(wanted, bool) or not isinstance(wanted, int) or not 1 <= wanted <= MAX_CHOICES:
        return failed(
            400, "invalid_request", f"`n` must be a whole number from 1 to {MAX_CHOICES}", param="n"
        )
    return wanted


def limited(text: str, asked: Asked) -> tuple[str, str]:
    """`text` up to the first stop sequence and `max_tokens`, and its finish reason. 0 and null are no limit."""
    stop = asked.request.get("stop")
    sequences = [stop] if isinstance(stop, str) else loose_json.items(stop)
    places = [text.find(one) for one in sequences if isinstance(one, str) and one]
    text = text[: min((place for place in places if place >= 0), default=len(text))]
    given = asked.request.get("max_completion_tokens") or asked.request.get("max_tokens")
    limit = loose_json.count(given) or 0
    if not limit or tokens.estimate(text) <= limit:
        return text, "stop"
    ends = list(accumulate(len(word) for word in words(text)))
    kept = bisect_right(ends, limit, key=lambda end: tokens.estimate(text[:end].rstrip()))
    return text[: ends[kept - 1] if kept else 0].rstrip(), "length"
