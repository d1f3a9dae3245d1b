"""The laws of a neutral stream (`core.chat.events`), checked on what a decoder said."""

import json
from collections.abc import Sequence

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

_FITS = {
    "text": {"text", "citations"},
    "thinking": {"thinking", "signature"},
    "tool_call": {"arguments"},
    "refusal": {"refusal"},
    "redacted": set[str](),
    "opaque": set[str](),
}


def broken_laws(events: Sequence[ChatEvent]) -> list[str]:
    """What a whole stream breaks; empty for a good one."""
    said = [event for event in events if not isinstance(event, Ping)]
    broken = broken_block_laws(said)
    if not said or not isinstance(said[0], Started):
        broken.append("Started is not first")
    if not isinstance(said[-1], Ended | Failed):
        broken.append("neither Ended nor Failed is last")
    for kind in (Started, Ended, Failed, Counted):
        if sum(isinstance(event, kind) for event in said) > 1:
            broken.append(f"{kind.__name__} more than once")
    if any(isinstance(event, Ended | Failed) for event in said[:-1]):
        broken.append("something follows the end")
    finished = [event.choice for event in said if isinstance(event, Finished)]
    if len(finished) != len(set(finished)):
        broken.append("Finished twice for one choice")
    if isinstance(said[-1], Ended) and not finished:
        broken.append("Ended without Finished")
    places = [at for at, event in enumerate(said) if isinstance(event, Counted)]
    if places and any(isinstance(event, Finished) for event in said[places[0] :]):
        broken.append("Counted before the last Finished")
    return broken


def broken_block_laws(events: Sequence[ChatEvent]) -> list[str]:
    """What the blocks break: overlap, gaps, deltas that do not fit, arguments that are no JSON object."""
    broken: list[str] = []
    opened: dict[int, BlockStarted] = {}
    count: dict[int, int] = {}
    arguments: dict[int, list[str]] = {}
    done: set[int] = set()
    has_failed = any(isinstance(event, Failed) for event in events)
    for event in events:
        match event:
            case BlockStarted():
                if (
                    event.choice in opened
                    or event.index != count.get(event.choice, 0)
                    or event.choice in done
                ):
                    broken.append(f"block {event.index} of choice {event.choice} begins wrongly")
                opened[event.choice] = event
                count[event.choice] = event.index + 1
                arguments[event.choice] = []
            case Delta():
                block = opened.get(event.choice)
                if block is None or block.index != event.index or event.kind not in _FITS[block.kind]:
                    broken.append(f"{event.kind} does not fit block {event.index}")
                if event.kind == "arguments":
                    arguments[event.choice].append(event.text)
            case BlockStopped():
                block = opened.pop(event.choice, None)
                if block is None or block.index != event.index:
                    broken.append(f"block {event.index} stops but is not open")
                elif block.kind == "tool_call" and not block.is_custom and not has_failed:
                    broken += _json_problem("".join(arguments[event.choice]))
            case Finished():
                done.add(event.choice)
                if event.choice in opened:
                    broken.append("Finished inside a block")
            case _:
                pass
    if opened and not has_failed:
        broken.append("a block was never stopped")
    return broken


def _json_problem(text: str) -> list[str]:
    try:
        value: object = json.loads(text)
    except ValueError:
        return [f"arguments are no JSON: {text!r}"]
    return [] if isinstance(value, dict) else [f"arguments are no object: {text!r}"]
