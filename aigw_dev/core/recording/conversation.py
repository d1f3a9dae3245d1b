"""What must hold for the requests of one test whatever was asked: answered tool calls, declared tools, stable prefixes.

A provider refuses some of it with a message that nobody can place, and bills for the rest: a prompt cache holds only as
far as a request's tools, system text and turns are the same bytes as before.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, cast

from aigw_dev.core.harmless import line
from aigw_dev.core.recording.fixture import Request
from aigw_dev.core.recording.keys import MOST_DEPTH, deep_mark
from aigw_dev.core.recording.turns import Conversation, Item, conversation_of

MOST_FINDINGS: Final = 100
_BEFORE_TURNS: Final = ("tools", "system", "instructions", "systemInstruction", "system_instruction")
"""What providers put before the turns, in the order of the cache."""
_MOVES: Final = "cache_control"
"""A mark that apps move along from turn to turn; it is no part of what is cached."""
_LEAST_SHARED: Final = 0.6
_LOOK_BACK: Final = 50
"""Requests before one among which the one that it goes on with is looked for."""


def check_conversation(requests: Sequence[Request]) -> list[str]:
    """What is wrong with the requests of one test, in the order sent; empty where all is well. At most `MOST_FINDINGS`."""
    found: list[str] = []
    conversations = [conversation_of(one) for one in requests]
    for number, conversation in enumerate(conversations, 1):
        found += [f"request {number}: {text}" for text in _within(conversation)]
    found += _unstable(requests, conversations)
    return list(dict.fromkeys(found))[:MOST_FINDINGS]


def _within(conversation: Conversation) -> Iterator[str]:
    items = [one for one in conversation.items if not one.is_hosted]
    calls = [one for one in items if one.kind == "tool_call"]
    results = [one for one in items if one.kind == "tool_result"]
    yield from _doubled(calls, "tool call")
    yield from _doubled(results, "tool result")
    if not conversation.continues_elsewhere:
        yield from _orphans(items)
    yield from _unanswered(items)
    declared = {one.name for one in conversation.tools}
    for call in calls:
        if call.is_declared and call.name not in declared:
            yield f"{_place(call)} calls {_named(call)}, which the request does not declare"


def _doubled(items: Iterable[Item], noun: str) -> Iterator[str]:
    seen: dict[str, str] = {}
    for one in items:
        if one.id and one.id in seen:
            yield f"{_place(one)} is a second {noun} with the id {line(one.id)} (first: {line(seen[one.id])})"
        seen.setdefault(one.id, one.path)


def _orphans(items: Iterable[Item]) -> Iterator[str]:
    """Results of calls that do not stand before them. Without ids (Gemini, old functions) the name counts, one call each."""
    ids: set[str] = set()
    open_names: list[str] = []
    for one in items:
        if one.kind == "tool_call":
            ids.add(one.id)
            open_names.append(one.name)
        elif one.kind == "tool_result" and one.id:
            if one.id not in ids:
                yield f"{_place(one)} is the result of {line(one.id)}, but no call with that id stands before it"
        elif one.kind == "tool_result":
            if one.name in open_names:
                open_names.remove(one.name)
            else:
                yield f"{_place(one)} is the result of a call of {_named(one)}, but no such call stands before it"


def _unanswered(items: Sequence[Item]) -> Iterator[str]:
    results = {one.id for one in items if one.kind == "tool_result" and one.id}
    names = [one.name for one in items if one.kind == "tool_result" and not one.id]
    for one in items:
        if one.kind != "tool_call" or (one.id and one.id in results):
            continue
        if not one.id and one.name in names:
            names.remove(one.name)
            continue
        said = f" ({line(one.id)})" if one.id else ""
        yield f"{_place(one)} calls {_named(one)}{said}, which has no result in the request"


def _named(item: Item) -> str:
    return f"`{line(item.name)}`" if item.name else "a tool without a name"


def _place(item: Item) -> str:
    return line(item.path)


def _unstable(requests: Sequence[Request], conversations: Sequence[Conversation]) -> Iterator[str]:
    """Requests that go on with an earlier one, but changed what was said before."""
    turns = [_turns(one, talk) for one, talk in zip(requests, conversations, strict=True)]
    texts = [[_text(one, is_sorted=True) for one in held] for held in turns]
    for later in range(1, len(requests)):
        earlier = _extended(requests, texts, later)
        if earlier is None:
            continue
        change = _first_change(requests[earlier].body, requests[later].body, turns[earlier], turns[later])
        if change is not None:
            path, how = change
            where = line(path.format(history=conversations[later].history))
            yield (
                f"request {later + 1} goes on with request {earlier + 1}, but {where} {how}: "
                "a prompt cache holds only up to there"
            )


def _turns(request: Request, conversation: Conversation) -> list[Any]:
    if not conversation.history or not isinstance(request.body, dict):
        return []
    turns = cast("dict[str, Any]", request.body).get(conversation.history)
    return cast("list[Any]", turns) if isinstance(turns, list) else []


def _extended(requests: Sequence[Request], texts: Sequence[Sequence[str]], later: int) -> int | None:
    """The latest request before `later` that it goes on with: its last turn is kept, or most of its turns are."""
    after = texts[later]
    kept = set(after)
    for earlier in range(later - 1, max(-1, later - 1 - _LOOK_BACK), -1):
        before = texts[earlier]
        is_longer = before and len(before) < len(after)
        if not is_longer or _model(requests[earlier]) != _model(requests[later]):
            continue
        if before[-1] in kept or sum(one in kept for one in before) >= _LEAST_SHARED * len(before):
            return earlier
    return None


def _model(request: Request) -> Any:
    return request.op.replace("stream_", ""), cast("dict[str, Any]", request.body).get("model")


def _first_change(
    before: dict[str, Any], after: dict[str, Any], turns: Sequence[Any], later: Sequence[Any]
) -> tuple[str, str] | None:
    for name in _BEFORE_TURNS:
        found = _change(before.get(name), after.get(name), name)
        if found is not None:
            return found
    for place, (one, other) in enumerate(zip(turns, later, strict=False)):
        found = _change(one, other, f"{{history}}[{place}]")
        if found is not None:
            return found
    return None


def _change(before: Any, after: Any, path: str, depth: int = 0) -> tuple[str, str] | None:
    """The first place where two values are not the same bytes, and how; None where they are."""
    if _text(before) == _text(after):
        return None
    if depth >= MOST_DEPTH:
        return path, "changed"
    if isinstance(before, dict) and isinstance(after, dict):
        return _object_change(_kept(before), _kept(after), path, depth)
    if isinstance(before, list) and isinstance(after, list):
        one, other = cast("list[Any]", before), cast("list[Any]", after)
        for place, (left, right) in enumerate(zip(one, other, strict=False)):
            found = _change(left, right, f"{path}[{place}]", depth + 1)
            if found is not None:
                return found
        at = min(len(one), len(other))
        return f"{path}[{at}]", "is new" if len(other) > at else "is gone"
    if before is None or after is None:
        return path, "is new" if before is None else "is gone"
    return path, "changed"


def _object_change(
    before: dict[str, Any], after: dict[str, Any], path: str, depth: int
) -> tuple[str, str] | None:
    for name, value in before.items():
        below = f"{path}.{name.replace('{', '{{').replace('}', '}}')}"
        if name not in after:
            return below, "is gone"
        found = _change(value, after[name], below, depth + 1)
        if found is not None:
            return found
    for name in after:
        if name not in before:
            return f"{path}.{name.replace('{', '{{').replace('}', '}}')}", "is new"
    return path, "has its fields in another order"


def _kept(value: Any) -> dict[str, Any]:
    return {name: one for name, one in value.items() if name != _MOVES}


def _text(value: Any, *, is_sorted: bool = False) -> str:
    """JSON in the order sent, without the marks that move."""
    return json.dumps(_unmarked(value, 0), ensure_ascii=False, sort_keys=is_sorted, default=repr)


def _unmarked(value: Any, depth: int) -> Any:
    if depth >= MOST_DEPTH:
        return deep_mark(value)
    if isinstance(value, dict):
        held = cast("dict[str, Any]", value)
        return {name: _unmarked(one, depth + 1) for name, one in held.items() if name != _MOVES}
    if isinstance(value, list):
        return [_unmarked(one, depth + 1) for one in cast("list[Any]", value)]
    return value
