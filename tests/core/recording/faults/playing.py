"""Sample replies of every dialect, and a player that does to them what a fault says."""

import functools
from collections.abc import Sequence
from typing import Any

import msgspec

from aigw_dev.core.recording.events import json_bytes, sse_bytes
from aigw_dev.core.recording.faults.row import ANTHROPIC, BEDROCK, CHAT, GEMINI, RESPONSES
from aigw_dev.core.recording.faults.spec import generator, parse_fault
from aigw_dev.core.recording.faults.steps import Act, Bytes, End, Headers, Rewriter, Stage, Step, Wait
from aigw_dev.core.recording.faults.wire import perform
from aigw_dev.core.recording.fixture import Synth
from aigw_dev.core.recording.synth import build
from aigw_dev.core.streams import event_stream, sse

CALLERS = (CHAT, RESPONSES, ANTHROPIC, GEMINI)
TEXT = Synth(text="Grüße aus Oslo, wo es schneit.")
CALL = Synth(tool_calls=[["get_weather", {"city": "Oslo", "unit": "celsius"}]])
STREAMED: Headers = [(b"content-type", b"text/event-stream")]
WHOLE: Headers = [(b"content-type", b"application/json")]
FRAMES: Headers = [(b"content-type", b"application/vnd.amazon.eventstream")]

_BEDROCK_TEXT = (
    ("messageStart", {"role": "assistant"}),
    ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "Grüße "}}),
    ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "aus Oslo"}}),
    ("contentBlockStop", {"contentBlockIndex": 0}),
    ("messageStop", {"stopReason": "end_turn"}),
    ("metadata", {"usage": {"inputTokens": 3, "outputTokens": 4, "totalTokens": 7}}),
)
_BEDROCK_CALL = (
    ("messageStart", {"role": "assistant"}),
    (
        "contentBlockStart",
        {"contentBlockIndex": 0, "start": {"toolUse": {"toolUseId": "t1", "name": "get_weather"}}},
    ),
    ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"toolUse": {"input": '{"city":'}}}),
    ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"toolUse": {"input": '"Oslo"}'}}}),
    ("contentBlockStop", {"contentBlockIndex": 0}),
    ("messageStop", {"stopReason": "tool_use"}),
    ("metadata", {"usage": {"inputTokens": 3, "outputTokens": 4, "totalTokens": 7}}),
)


class Played(msgspec.Struct):
    """What a client saw."""

    status: int
    headers: Headers
    steps: list[Step]
    has_acted: bool

    @property
    def body(self) -> bytes:
        """Every byte of the body."""
        return b"".join(step.data for step in self.steps if isinstance(step, Bytes))

    @property
    def pieces(self) -> list[bytes]:
        """The writes."""
        return [step.data for step in self.steps if isinstance(step, Bytes)]

    @property
    def end(self) -> End | None:
        """How the fault ended it; None = as the reply did."""
        last = self.steps[-1] if self.steps else None
        return last if isinstance(last, End) else None

    @property
    def waited_s(self) -> float:
        """All pauses in the body."""
        return sum(step.seconds for step in self.steps if isinstance(step, Wait))

    @property
    def events(self) -> list[sse.Event]:
        """The body's events."""
        return events(self.body)

    @property
    def payloads(self) -> list[dict[str, Any]]:
        """The JSON of the body's events."""
        return payloads(self.body)

    @property
    def document(self) -> Any:
        """The body as JSON."""
        return msgspec.json.decode(self.body)


def events(body: bytes) -> list[sse.Event]:
    """The events of a body, comments left out."""
    decoder = sse.Decoder()
    return [event for event in decoder.feed(body) + decoder.close() if not event.is_comment]


def payloads(body: bytes) -> list[dict[str, Any]]:
    """The JSON objects in a body's events."""
    return [msgspec.json.decode(event.data) for event in events(body) if event.data[:1] == b"{"]


def stream(dialect: str, synth: Synth = TEXT) -> bytes:
    """A good stream."""
    return _stream(dialect, msgspec.json.encode(synth))


def whole(dialect: str, synth: Synth = TEXT) -> bytes:
    """A good whole reply."""
    return _whole(dialect, msgspec.json.encode(synth))


@functools.cache
def _stream(dialect: str, written: bytes) -> bytes:
    synth = msgspec.json.decode(written, type=Synth)
    if dialect == BEDROCK:
        rows = _BEDROCK_CALL if synth.tool_calls else _BEDROCK_TEXT
        return b"".join(event_stream.encode(msgspec.json.encode(data), event=name) for name, data in rows)
    built = build(synth, dialect=dialect, model="m-1", is_stream=True, created=100)
    return b"".join(map(sse_bytes, built.events or ()))


@functools.cache
def _whole(dialect: str, written: bytes) -> bytes:
    synth = msgspec.json.decode(written, type=Synth)
    if dialect == BEDROCK:
        tool = {"toolUse": {"toolUseId": "t1", "name": "get_weather", "input": {"city": "Oslo"}}}
        content = [tool] if synth.tool_calls else [{"text": synth.text}]
        return msgspec.json.encode(
            {
                "output": {"message": {"role": "assistant", "content": content}},
                "stopReason": "end_turn",
                "usage": {"inputTokens": 3, "outputTokens": 4, "totalTokens": 7},
            }
        )
    return json_bytes(build(synth, dialect=dialect, model="m-1", is_stream=False, created=100).body)


def stage(dialect: str, *, is_stream: bool = True, seed: int = 1, model: str = "m-1") -> Stage:
    """A call to do a fault to, at the provider's edge."""
    return Stage(
        dialect=dialect,
        is_stream=is_stream,
        edge="provider",
        model=model,
        at_s=1_700_000_000.0,
        draw=generator(seed),
    )


def rewriter(text: str, dialect: str, *, is_stream: bool = True) -> Rewriter:
    """The rewriter that a fault is."""
    found = perform(parse_fault(text), stage(dialect, is_stream=is_stream))
    assert not isinstance(found, Act)
    return found


def act(text: str, dialect: str = CHAT, *, is_stream: bool = False) -> Act:
    """The act that a fault is."""
    found = perform(parse_fault(text), stage(dialect, is_stream=is_stream))
    assert isinstance(found, Act)
    return found


def play(
    found: Rewriter, body: bytes, headers: Headers, *, cuts: Sequence[int] = (), status: int = 200
) -> Played:
    """What comes of a reply that is read in pieces cut at `cuts`."""
    status, headers, steps = found.head(status, list(headers))
    ends = [*sorted(cuts), len(body)]
    start = 0
    for end in ends:
        if any(isinstance(step, End) for step in steps):
            break
        steps = [*steps, *found.feed(body[start:end])]
        start = end
    if not any(isinstance(step, End) for step in steps):
        steps = [*steps, *found.close()]
    return Played(status, headers, steps, found.has_acted)


def streamed(text: str, dialect: str, synth: Synth = TEXT, *, cuts: Sequence[int] = ()) -> Played:
    """What a fault makes of a good stream."""
    headers = FRAMES if dialect == BEDROCK else STREAMED
    return play(rewriter(text, dialect), stream(dialect, synth), headers, cuts=cuts)


def answered(text: str, dialect: str, synth: Synth = TEXT) -> Played:
    """What a fault makes of a good whole reply."""
    return play(rewriter(text, dialect, is_stream=False), whole(dialect, synth), WHOLE)
