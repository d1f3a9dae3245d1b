"""Which recorded request is most like one that was missed, and where the two differ.

Linear in the size of the requests: lists are lined up by what is equal at their beginning and end, and only the few that
are alike at a glance are looked at closely.
"""

import heapq
import json
import re
from collections.abc import Sequence
from typing import Any, Final, Literal, cast

import msgspec

from aigw_dev.core.mask import redact
from aigw_dev.core.recording.fixture import Request, Wild
from aigw_dev.core.recording.ignore import Rules
from aigw_dev.core.recording.keys import canonical
from aigw_dev.core.recording.wildcards import fits

Verdict = Literal["changed", "+ new", "- gone"]
MOST_FIELDS: Final = 200
"""Differences that are listed."""
_LOOKED_AT: Final = 8
"""Recordings that are compared field by field."""
_SHOWN_CHARS: Final = 400
_CONTEXT_CHARS: Final = 20
_LONG_CHARS: Final = 48
"""A text longer than this is shown from shortly before the difference on."""
_TURNS: Final = ("messages", "contents", "input")
_HEAVY: Final = {"op": 6.0, "body.model": 4.0}
_MOST_WEIGHT: Final = 4.0
_CHARS_PER_WEIGHT: Final = 200
_PLACE: Final = re.compile(r"(?:op|method|path|headers|body|form|files|blob)(?:[.\[]|$)")
_ODD: Final = re.compile(r"[.\[\]~\"'*]")


class FieldDiff(msgspec.Struct, frozen=True, kw_only=True):
    """One place where a recorded request and the one sent differ."""

    path: str
    """`messages[2].content`; positions are those of the request sent, of what is gone the recorded one's."""
    recorded: str
    """A text as it is, else JSON; cut to the part that differs; empty where it is new."""
    sent: str
    """As `recorded`; empty where it is gone."""
    verdict: Verdict


class Ranked(msgspec.Struct, frozen=True, kw_only=True):
    """The nearest recording."""

    place: int
    """Its place among those that were given."""
    likeness: float
    """0 to below 1."""
    fields: list[FieldDiff]


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What a request holds, at a glance."""

    messages: int
    """Turns of the conversation; a lone text is one."""
    tools: int


def nearest(
    request: Request, recorded: Sequence[tuple[Request, Rules]], *, used: Sequence[bool]
) -> Ranked | None:
    """The one of `recorded` most like `request`, each looked at under its own rules; None where there is none.

    Of equals one that is not used yet, then the earlier.
    """
    glances = [
        (_glance(one, request), not is_used, -place)
        for place, ((one, _), is_used) in enumerate(zip(recorded, used, strict=True))
    ]
    best: tuple[float, bool, int, list[FieldDiff]] | None = None
    for _, is_unused, minus_place in heapq.nlargest(_LOOKED_AT, glances):
        other, rules = recorded[-minus_place]
        share, fields = compare(canonical(other, rules), canonical(request, rules))
        ranked = (share, is_unused, minus_place, fields)
        if best is None or ranked[:3] > best[:3]:
            best = ranked
    return None if best is None else Ranked(place=-best[2], likeness=best[0], fields=best[3])


def compare(recorded: Any, sent: Any) -> tuple[float, list[FieldDiff]]:
    """How alike two canonical requests are (0 to 1), and where they differ; paths leave out `body.`."""
    found = _Comparison()
    found.walk(recorded, sent, "")
    if not found.fields:  # equal to Python, which takes 1 for True
        found = _Comparison(is_strict=True)
        found.walk(recorded, sent, "")
    share = found.same / found.total if found.total else 1.0
    return (min(share, 0.999) if found.fields else share), found.fields


def counts(request: Request) -> Counts:
    """How many turns and tools a request has."""
    body = request.body
    if not isinstance(body, dict):
        return Counts(messages=0, tools=0)
    tools = cast("dict[str, Any]", body).get("tools")
    return Counts(
        messages=len(_turns(request)), tools=len(cast("list[Any]", tools)) if isinstance(tools, list) else 0
    )


def _turns(request: Request) -> list[Any]:
    if not isinstance(request.body, dict):
        return []
    for name in _TURNS:
        turns = cast("dict[str, Any]", request.body).get(name)
        if isinstance(turns, list):
            return cast("list[Any]", turns)
        if turns is not None:
            return [turns]
    return []


def _model(request: Request) -> Any:
    held = cast("dict[str, Any]", request.body) if isinstance(request.body, dict) else request.form or {}
    return held.get("model")


def _glance(recorded: Request, sent: Request) -> float:
    """How alike two requests are without looking inside their turns."""
    score = 8.0 * (recorded.op == sent.op) + 3.0 * (_model(recorded) == _model(sent))
    score += 2.0 * ((recorded.path, recorded.method) == (sent.path, sent.method))
    before, after = _turns(recorded), _turns(sent)
    if before and after:
        score += 2.0 * (before[-1] == after[-1]) + (before[0] == after[0])
    return score + 1.0 / (1 + abs(len(before) - len(after)))


class _Comparison:
    """One walk through two values side by side."""

    def __init__(self, *, is_strict: bool = False) -> None:
        self.fields: list[FieldDiff] = []
        self.same = 0.0
        self.total = 0.0
        self._is_strict = is_strict

    def walk(self, recorded: Any, sent: Any, path: str) -> None:
        """Compare what stands at `path`."""
        if not self._is_strict and recorded == sent:
            self._add(weight := _weight(recorded, path), weight)
        elif isinstance(recorded, Wild) and fits(recorded, sent):
            self._add(1.0, 1.0)
        elif isinstance(recorded, dict) and isinstance(sent, dict):
            self._objects(cast("dict[str, Any]", recorded), cast("dict[str, Any]", sent), path)
        elif isinstance(recorded, list) and isinstance(sent, list):
            self._lists(cast("list[Any]", recorded), cast("list[Any]", sent), path)
        elif _is_same(recorded, sent):
            self._add(1.0, 1.0)
        else:
            self._differ(recorded, sent, path)

    def _objects(self, recorded: dict[str, Any], sent: dict[str, Any], path: str) -> None:
        if recorded != sent and _is_media(recorded, sent):
            self._differ(recorded, sent, path)
            return
        for name, one in recorded.items():
            below = _below(path, name)
            if name in sent:
                self.walk(one, sent[name], below)
            elif one != Wild():
                self._only(one, below, "- gone")
        for name, one in sent.items():
            if name not in recorded:
                self._only(one, _below(path, name), "+ new")

    def _lists(self, recorded: list[Any], sent: list[Any], path: str) -> None:
        head = 0
        most = min(len(recorded), len(sent))
        while head < most and recorded[head] == sent[head]:
            head += 1
        tail = 0
        while tail < most - head and recorded[-1 - tail] == sent[-1 - tail]:
            tail += 1
        if self._is_strict:
            head = tail = 0
        for place in range(head):
            self._add(weight := _weight(sent[place], path), weight)
        for place in range(tail):
            self._add(weight := _weight(sent[-1 - place], path), weight)
        middle, other = recorded[head : len(recorded) - tail], sent[head : len(sent) - tail]
        for place, (one, two) in enumerate(zip(middle, other, strict=False), head):
            self.walk(one, two, f"{path}[{place}]")
        for place in range(len(other), len(middle)):
            self._only(middle[place], f"{path}[{head + place}]", "- gone")
        for place in range(len(middle), len(other)):
            self._only(other[place], f"{path}[{head + place}]", "+ new")

    def _only(self, value: Any, path: str, verdict: Verdict) -> None:
        self._add(0.0, _weight(value, path))
        text = _from(_shown(value), 0)
        if verdict == "+ new":
            self._note(path, "", text, verdict)
        else:
            self._note(path, text, "", verdict)

    def _differ(self, recorded: Any, sent: Any, path: str) -> None:
        weight = max(_weight(recorded, path), _weight(sent, path))
        before, after = _shown(recorded), _shown(sent)
        head = 0
        if isinstance(recorded, str) and isinstance(sent, str):
            head = _common(before, after)
            longest = max(len(before), len(after), 1)
            tail = _common(before[head:][::-1], after[head:][::-1])
            self.same += weight * (head + tail) / longest
            if longest <= _LONG_CHARS or head <= _CONTEXT_CHARS:
                head = 0
        elif before == after:
            before, after = _json(recorded), _json(sent)  # the text "1" and the number 1
        self._add(0.0, weight)
        self._note(path, _from(before, head), _from(after, head), "changed")

    def _note(self, path: str, recorded: str, sent: str, verdict: Verdict) -> None:
        if len(self.fields) < MOST_FIELDS:
            self.fields.append(FieldDiff(path=_outside(path), recorded=recorded, sent=sent, verdict=verdict))

    def _add(self, same: float, total: float) -> None:
        self.same += same
        self.total += total


def _is_same(recorded: Any, sent: Any) -> bool:
    return isinstance(recorded, bool) is isinstance(sent, bool) and recorded == sent


def _is_media(recorded: dict[str, Any], sent: dict[str, Any]) -> bool:
    return "~blob" in recorded or "~blob" in sent


def _outside(path: str) -> str:
    """A path without `body`; a body's own field that is called like a place of the request keeps a `$`."""
    if not path.startswith(("body.", "body[")):
        return path
    inner = path.removeprefix("body").removeprefix(".")
    return f"$.{inner}" if _PLACE.match(inner) else inner


def _below(path: str, name: str) -> str:
    """The path of a field, as an ignore rule would say it."""
    if not name or _ODD.search(name):
        return f"{path}[{json.dumps(name, ensure_ascii=False)}]"
    return f"{path}.{name}" if path else name


def _weight(value: Any, path: str) -> float:
    """How much a value counts: by its leaves, a long text more."""
    if isinstance(value, str):
        return _HEAVY.get(path, min(_MOST_WEIGHT, 1 + len(value) / _CHARS_PER_WEIGHT))
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return sum((_weight(one, f"{path}.{name}" if path else name) for name, one in fields.items()), 0.25)
    if isinstance(value, list):
        return sum((_weight(one, "") for one in cast("list[Any]", value)), 0.25)
    return 1.0


def _from(text: str, head: int) -> str:
    text = f"…{text[head - _CONTEXT_CHARS :]}" if head else text
    return text[:_SHOWN_CHARS]


def _common(one: str, other: str) -> int:
    """How many characters two texts share at their beginning."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _shown(value: Any) -> str:
    """For people; masked before anything is cut off, since a piece of a key is not known as one."""
    readable = _readable(value)
    return redact(readable if isinstance(readable, str) else _json(value))


def _json(value: Any) -> str:
    return json.dumps(_readable(value), ensure_ascii=False)


def _readable(value: Any) -> Any:
    """`value` with media and wildcards as short words."""
    if isinstance(value, Wild):
        return "<anything>" if value.pattern is None else f"<text like {value.pattern}>"
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        if "~blob" in fields:
            return f"<{fields.get('type', 'base64')} {fields['~blob'][:15]}>"
        return {name: _readable(one) for name, one in fields.items()}
    return [_readable(one) for one in cast("list[Any]", value)] if isinstance(value, list) else value
