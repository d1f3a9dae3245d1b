"""Drift: how a provider's reply today differs from the recorded one by shape: fields, types, events; never by values.

What differs from call to call is passed over: ids, texts, numbers, how many items a list has, what a null could have been.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal, cast

import msgspec

from aigw_dev.core.harmless import line
from aigw_dev.core.recording.fixture import Response

MOST_CHANGES: Final = 200
_WATCHED: Final = ("retry-after", "x-should-retry", "x-ratelimit-", "anthropic-ratelimit-")
_FINISH: Final = frozenset({"finish_reason", "stop_reason", "finishReason"})
_OPAQUE: Final = frozenset({"input", "args", "arguments", "metadata", "tokens"})
"""Objects under these names are content: their fields are the model's or the caller's choice."""
_PASSED_EVENTS: Final = frozenset({"ping"})
_NAMES: Final = {
    str: "string",
    int: "number",
    float: "number",
    bool: "boolean",
    dict: "object",
    list: "array",
}
_SIGNS: Final = {"changed": "~", "new": "+", "gone": "-"}

_Shape = dict[str, set[str]]


class ShapeChange(msgspec.Struct, frozen=True, kw_only=True):
    """One way in which a reply has another shape than the recorded one."""

    kind: Literal["changed", "new", "gone"]
    """`new`: only in the live reply; `gone`: only in the recorded one."""
    path: str
    """`choices[].message.content`, `event message_start: message.usage`, `status`, `headers.retry-after`, `finish`."""
    recorded: str = ""
    """A type, a status, a name; empty where it is new."""
    live: str = ""


def shape_diff(recorded: Response, live: Response) -> list[ShapeChange]:
    """How `live` differs from `recorded` by shape; empty where they are alike. At most `MOST_CHANGES`.

    A hand-written answer (`synth`) has no shape of its own: against it nothing differs but a status.
    """
    changes = [*_status(recorded, live)]
    if recorded.synth is not None or live.synth is not None:
        return changes
    changes += _headers(recorded.headers, live.headers)
    kinds = (_kind(recorded), _kind(live))
    if kinds[0] != kinds[1]:
        changes.append(ShapeChange(kind="changed", path="reply", recorded=kinds[0], live=kinds[1]))
        return changes
    if recorded.end != live.end:
        changes.append(ShapeChange(kind="changed", path="end", recorded=recorded.end, live=live.end))
    before, after = _pieces(recorded), _pieces(live)
    changes += _sequence([name for name, _ in before], [name for name, _ in after])
    shared = {name for name, _ in before} & {name for name, _ in after}
    for name in dict.fromkeys(name for name, _ in before if name in shared):
        prefix = f"event {name}: " if name else ""
        changes += _fields(_shape(before, name), _shape(after, name), prefix)
    changes += _finish(before, after)
    return changes[:MOST_CHANGES]


def render(changes: Sequence[ShapeChange]) -> str:
    """The changes for a terminal, one a line; `no drift` where there are none."""
    if not changes:
        return "no drift"
    width = max(len(line(one.path)) for one in changes)
    return "\n".join(f"{_SIGNS[one.kind]} {line(one.path).ljust(width)}  {_values(one)}" for one in changes)


def _values(change: ShapeChange) -> str:
    if change.kind == "changed":
        return f"{line(change.recorded)} -> {line(change.live)}"
    return line(change.recorded or change.live)


def _status(recorded: Response, live: Response) -> Iterable[ShapeChange]:
    """The class of a status counts; of errors the status itself, which clients act on."""
    before, after = recorded.status, live.status
    if before // 100 != after // 100 or (before != after and before >= 400):  # noqa: PLR2004 -- HTTP's own classes
        yield ShapeChange(kind="changed", path="status", recorded=str(before), live=str(after))


def _headers(recorded: dict[str, str], live: dict[str, str]) -> Iterable[ShapeChange]:
    before, after = (
        one.get("content-type", "").partition(";")[0].strip().lower() for one in (recorded, live)
    )
    if before != after:
        yield ShapeChange(
            kind="changed", path="headers.content-type", recorded=before or "none", live=after or "none"
        )
    for name in sorted(recorded.keys() ^ live.keys()):
        if name.startswith(_WATCHED):
            kind = "gone" if name in recorded else "new"
            yield ShapeChange(kind=kind, path=f"headers.{name}")


def _kind(response: Response) -> str:
    if response.body is not msgspec.UNSET:
        return "JSON"
    kinds = {"text": "text", "blob": "bytes", "events": "events", "raw": "raw stream", "ws": "WebSocket"}
    return next((word for name, word in kinds.items() if getattr(response, name) is not None), "empty")


def _pieces(response: Response) -> list[tuple[str, Any]]:
    """The JSON values of a reply, each with the name of its kind of event; "" for a whole body."""
    if response.body is not msgspec.UNSET:
        return [("", response.body)]
    rows = [(_event_name(one.name, one.data, one.text), one.data) for one in response.events or ()]
    rows += [
        (
            f"{'sent' if one.side == 'c' else 'received'} {_event_name(None, one.data, one.text or '')}",
            one.data,
        )
        for one in response.ws or ()
    ]
    return [row for row in rows if row[0] not in _PASSED_EVENTS]


def _event_name(name: str | None, content: Any, text: str) -> str:
    if isinstance(content, dict):
        held = cast("dict[str, Any]", content)
        named = (held.get(one) for one in ("type", "object"))
        return name or next((one for one in named if isinstance(one, str)), "data")
    return name or (text if text == "[DONE]" else "text")


def _sequence(recorded: Sequence[str], live: Sequence[str]) -> Iterable[ShapeChange]:
    before, after = list(dict.fromkeys(recorded)), list(dict.fromkeys(live))
    for name in before:
        if name not in after:
            yield ShapeChange(kind="gone", path=f"event {name}")
    for name in after:
        if name not in before:
            yield ShapeChange(kind="new", path=f"event {name}")
    orders = [[one for one in names if one in before and one in after] for names in (before, after)]
    if orders[0] != orders[1]:
        yield ShapeChange(
            kind="changed", path="order of events", recorded=", ".join(orders[0]), live=", ".join(orders[1])
        )


def _shape(pieces: Iterable[tuple[str, Any]], name: str) -> _Shape:
    """Which types stand at which path, over all events of a name; items of lists are one path."""
    found: _Shape = {}
    waiting = [("", value) for kind, value in pieces if kind == name and value is not msgspec.UNSET]
    while waiting:
        path, value = waiting.pop()
        found.setdefault(path, set()).add(_NAMES.get(value.__class__, "null"))
        if isinstance(value, list):
            waiting += [(f"{path}[]", one) for one in cast("list[Any]", value)]
        elif isinstance(value, dict) and path.rpartition(".")[2] not in _OPAQUE:
            below = f"{path}." if path else ""
            waiting += [(f"{below}{key}", one) for key, one in cast("dict[str, Any]", value).items()]
    return found


def _fields(recorded: _Shape, live: _Shape, prefix: str) -> Iterable[ShapeChange]:
    for path in sorted(recorded.keys() | live.keys()):
        before, after = recorded.get(path), live.get(path)
        if before is None or after is None:
            have = live if before is None else recorded
            lacks = recorded if before is None else live
            if _is_first_missing(path, lacks):
                kind = "new" if before is None else "gone"
                types = _types(have[path])
                change = {"live": types} if before is None else {"recorded": types}
                yield ShapeChange(kind=kind, path=f"{prefix}{path}", **change)
        elif (one := before - {"null"}) and (other := after - {"null"}) and one != other:
            yield ShapeChange(
                kind="changed", path=f"{prefix}{path}", recorded=_types(before), live=_types(after)
            )


def _is_first_missing(path: str, shape: _Shape) -> bool:
    """Whether what holds `path` stands in `shape`, able to hold it: no null, no list without items."""
    parent = path.removesuffix("[]") if path.endswith("[]") else path.rpartition(".")[0]
    return not path.endswith("[]") and "object" in shape.get(parent, ())


def _types(types: Iterable[str]) -> str:
    return " or ".join(sorted(types))


def _finish(recorded: Iterable[tuple[str, Any]], live: Iterable[tuple[str, Any]]) -> Iterable[ShapeChange]:
    before, after = (", ".join(sorted(_finish_words(one))) for one in (recorded, live))
    if before != after:
        yield ShapeChange(kind="changed", path="finish", recorded=before or "none", live=after or "none")


def _finish_words(pieces: Iterable[tuple[str, Any]]) -> set[str]:
    found: set[str] = set()
    waiting = [value for _, value in pieces]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += cast("list[Any]", value)
        elif isinstance(value, dict):
            for name, one in cast("dict[str, Any]", value).items():
                if name in _FINISH and isinstance(one, str):
                    found.add(one)
                elif name not in _OPAQUE:
                    waiting.append(one)
    return found
