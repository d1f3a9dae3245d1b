"""Streams for the tests: chunks in, events and bytes out."""

import json
from typing import Any

from aigw_dev.core.chat.events import (
    BlockStarted,
    BlockStopped,
    ChatEvent,
    Counted,
    Delta,
    Ended,
    Failed,
    Finished,
    Started,
)
from aigw_dev.core.dialects import gemini
from aigw_dev.core.streams.sse import Event

G = "gemini-generate-content"


def chunk(*parts: Any, **more: Any) -> dict[str, Any]:
    said = {
        key: more.pop(key)
        for key in ("finishReason", "index", "groundingMetadata", "logprobsResult")
        if key in more
    }
    return {
        "candidates": [{"content": {"parts": list(parts), "role": "model"}, **said}],
        "responseId": "r",
        **more,
    }


def decoded(*chunks: Any) -> list[ChatEvent]:
    decoder = gemini.stream_decoder()
    events = [one for each in chunks for one in decoder.feed(Event(data=json.dumps(each).encode()))]
    events += decoder.close()
    check_laws(events)
    assert decoder.close() == []
    return events


def check_laws(events: list[ChatEvent]) -> None:
    """The laws in `core.chat.events`."""
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Ended | Failed)
    assert sum(isinstance(one, Started | Ended | Failed) for one in events) == 2
    open_blocks: dict[int, BlockStarted] = {}
    following: dict[int, int] = {}
    finished: set[int] = set()
    arguments: dict[tuple[int, int], str] = {}
    for one in events[1:-1]:
        match one:
            case BlockStarted():
                assert one.choice not in open_blocks
                assert one.choice not in finished
                assert one.index == following.get(one.choice, 0)
                following[one.choice] = one.index + 1
                open_blocks[one.choice] = one
            case Delta():
                block = open_blocks[one.choice]
                assert block.index == one.index
                fits = {
                    "text": {"text", "citations"},
                    "thinking": {"thinking", "signature"},
                    "tool_call": {"arguments"},
                }
                assert one.kind in fits[block.kind]
                if one.kind == "arguments":
                    arguments[one.choice, one.index] = arguments.get((one.choice, one.index), "") + one.text
            case BlockStopped():
                block = open_blocks.pop(one.choice)
                assert block.index == one.index
                if block.kind == "tool_call":
                    assert isinstance(json.loads(arguments[one.choice, one.index]), dict)
            case Finished():
                assert one.choice not in open_blocks
                assert one.choice not in finished
                finished.add(one.choice)
            case Counted():
                assert one is events[-2]
            case _:
                raise AssertionError(one)
    if isinstance(events[-1], Ended):
        assert finished >= set(following)
        assert finished


def spoken(events: list[ChatEvent], kind: str) -> str:
    return "".join(one.text for one in events if isinstance(one, Delta) and one.kind == kind)


def finish(events: list[ChatEvent]) -> Finished:
    (one,) = [one for one in events if isinstance(one, Finished)]
    return one


def partial(
    name: str = "", pieces: list[Any] | None = None, *, more: bool = True, **rest: Any
) -> dict[str, Any]:
    call: dict[str, Any] = dict(rest)
    if name:
        call["name"] = name
    if pieces:
        call["partialArgs"] = pieces
    if more:
        call["willContinue"] = True
    return {"functionCall": call}
