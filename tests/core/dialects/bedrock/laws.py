"""The laws of a stream's neutral events (`aigw_dev.core.chat.events`), and a reply put together from them."""

import json
from collections.abc import Iterable

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
from aigw_dev.core.dialects import bedrock
from aigw_dev.core.streams import event_stream
from aigw_dev.core.streams.sse import Event

FITTING = {
    "text": {"text", "citations"},
    "thinking": {"thinking", "signature"},
    "tool_call": {"arguments"},
    "redacted": set[str](),
    "opaque": set[str](),
}


def check(events: list[ChatEvent]) -> None:
    """Raise where the sequence breaks a law."""
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Ended | Failed)
    is_failed = isinstance(events[-1], Failed)
    open_block: BlockStarted | None = None
    arguments = ""
    next_index = finished = counted = 0
    for event in events[1:-1]:
        match event:
            case BlockStarted():
                assert open_block is None
                assert not finished
                assert event.index == next_index
                next_index += 1
                open_block, arguments = event, ""
            case Delta():
                assert open_block is not None
                assert event.index == open_block.index
                assert event.kind in FITTING[open_block.kind]
                assert event.text
                arguments += event.text
            case BlockStopped():
                assert open_block is not None
                assert event.index == open_block.index
                if open_block.kind == "tool_call":
                    assert isinstance(json.loads(arguments), dict)
                open_block = None
            case Finished():
                assert open_block is None
                finished += 1
            case Counted():
                assert finished
                counted += 1
            case Ping():
                pass
            case Started() | Ended() | Failed():
                raise AssertionError(event)
    assert finished == (0 if is_failed and not finished else 1)
    assert is_failed or finished == 1
    assert counted <= 1


def decode(frames: Iterable[tuple[str, bytes]]) -> list[ChatEvent]:
    """The neutral events of a stream of (event, payload); its laws hold."""
    decoder = bedrock.stream_decoder()
    events: list[ChatEvent] = []
    for name, payload in frames:
        events += decoder.feed(Event(data=payload, event=name))
    events += decoder.close()
    assert decoder.close() == []
    check(events)
    return events


def decode_bytes(pieces: Iterable[bytes]) -> list[ChatEvent]:
    """The same from the bytes of a body."""
    framer, decoder = event_stream.Framer(), bedrock.stream_decoder()
    events: list[ChatEvent] = []
    for piece in pieces:
        for event in framer.feed(piece):
            events += decoder.feed(event)
    framer.close()
    events += decoder.close()
    check(events)
    return events


class Told(msgspec.Struct):
    """What a stream told, put together."""

    text: str = ""
    thinking: str = ""
    signatures: list[str] = []
    redacted: list[str] = []
    calls: list[tuple[str, str, str]] = []
    opaque: list[str] = []
    citations: int = 0
    finish: Finished | None = None
    counted: Counted | None = None
    failed: Failed | None = None


def told(events: list[ChatEvent]) -> Told:
    """Everything that the events say."""
    out = Told()
    for event in events:
        match event:
            case BlockStarted(kind="tool_call"):
                out.calls.append((event.id, event.name, ""))
            case BlockStarted(kind="redacted"):
                out.redacted.append(event.signature)
            case BlockStarted(kind="opaque"):
                out.opaque.append(event.opaque.type if event.opaque else "")
            case Delta(kind="text"):
                out.text += event.text
            case Delta(kind="thinking"):
                out.thinking += event.text
            case Delta(kind="signature"):
                out.signatures.append(event.text)
            case Delta(kind="citations"):
                out.citations += 1
            case Delta(kind="arguments"):
                call_id, name, before = out.calls[-1]
                out.calls[-1] = (call_id, name, before + event.text)
            case Finished():
                out.finish = event
            case Counted():
                out.counted = event
            case Failed():
                out.failed = event
            case _:
                pass
    return out
