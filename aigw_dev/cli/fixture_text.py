"""A fixture as a person reads it: who was asked what, what came, by which way. Every line is harmless.

With `is_plain` nothing is said that a new recording of the same answer changes (times, ages, costs), so that a diff of
two versions shows what changed in what was said.
"""

import json
from collections.abc import Iterator
from typing import Any, Final, cast

from aigw_dev.cli.fixture_messages import message_lines
from aigw_dev.cli.fixtures import model_of
from aigw_dev.core import harmless
from aigw_dev.core.mask import redact
from aigw_dev.core.recording.fixture import Attempt, Fixture, Interaction, Request, Response
from aigw_dev.core.recording.summary import summary_of_interaction
from aigw_dev.core.recording.turns import Item, Mark, conversation_of

_LABEL: Final = 10
_BARS: Final = "▁▂▃▄▅▆▇█"
_MOST_BARS: Final = 60
_MOST_CHARS: Final = 20_000
"""Of one text."""


def fixture_lines(fixture: Fixture, *, numbers: list[int], is_plain: bool) -> list[str]:
    """The whole fixture, or the interactions in `numbers`."""
    head = [("test", fixture.test), ("ignore", ", ".join(fixture.ignore)), ("notes", fixture.notes)]
    if not is_plain:
        head[1:1] = [("recorded", fixture.recorded_at), ("expires", fixture.expires)]
    lines = [line for label, text in head if text for line in _said(label, text)]
    for number in numbers:
        if lines:
            lines.append("")
        lines += interaction_lines(fixture.interactions[number], number, is_plain=is_plain)
    return lines


def interaction_lines(one: Interaction, number: int, *, is_plain: bool) -> list[str]:
    """What was asked, which way it took, what was answered."""
    key = "" if is_plain else one.key
    lines = [" ".join(filter(None, ("--", f"[{number}]", one.request.op, model_of(one), key)))]
    if one.note:
        lines += _said("note", one.note)
    lines += request_lines(one.request)
    lines += _route(one)
    for at, attempt in enumerate(one.attempts):
        lines += _attempt(attempt, at, is_plain=is_plain)
    lines += _answer(one, is_plain=is_plain)
    if one.usage and not is_plain:
        lines += _said("usage", ", ".join(f"{name} {value}" for name, value in one.usage.items()))
    if one.repeat:
        lines += _said("repeat", one.repeat)
    return lines


def request_lines(request: Request) -> list[str]:
    """The conversation, its parameters and its tools."""
    conversation = conversation_of(request)
    fields = cast("dict[str, Any]", request.body if isinstance(request.body, dict) else request.form or {})
    lines = _said("path", f"{request.method} {request.path}") if request.path else []
    unread = {
        name: value for name, value in fields.items() if name not in conversation.read_fields | {"model"}
    }
    if unread:
        lines += _said("with", ", ".join(f"{name}={_compact(value)}" for name, value in unread.items()))
    if conversation.tools:
        lines += _said(
            "tools", " ".join(f"{one.name}({', '.join(one.params)})" for one in conversation.tools)
        )
    for item in conversation.items:
        lines += _item(item)
    return lines


def _item(item: Item) -> list[str]:
    texts = [f"<{part.text}>" if isinstance(part, Mark) else part for part in item.parts]
    label = item.kind.replace("_", " ")
    if item.kind == "tool_call":
        return _said(label, f"{item.name}({''.join(texts)})")
    return _said(" ".join(filter(None, (label, item.name))), "\n".join(texts))


def _route(one: Interaction) -> list[str]:
    route = one.route
    if route is None or not (route.rule or route.chosen):
        return []
    ways = [route.asked, f"({route.rule})" if route.rule else "", route.chosen]
    return _said("route", " -> ".join(filter(None, ways)))


def _attempt(attempt: Attempt, at: int, *, is_plain: bool) -> list[str]:
    response = attempt.response
    ended = f"{attempt.error}: {attempt.error_text}".removesuffix(": ")
    if response is not None:
        words = [str(response.status), "" if response.end == "eof" else response.end]
        ended = " ".join(filter(None, words))
    lines = _said(f"try {at + 1}", "  ".join(filter(None, (attempt.upstream, ended, attempt.why))))
    if response is not None and not is_plain:
        lines += _timing(response)
    return lines


def _timing(response: Response) -> list[str]:
    times = response.dt_ms or [dt_ms for dt_ms, _ in response.raw or ()]
    if not times:
        return []
    if len(times) == 1:
        return _said("timing", f"{times[0]} ms")
    longest = max(*times[1:], 1)
    bars = "".join(_BARS[min(7, each * 7 // longest)] for each in times[1 : _MOST_BARS + 1])
    more = "…" if len(times) > _MOST_BARS + 1 else ""
    return _said(
        "timing", f"{times[0]} ms to the first of {len(times)}, {sum(times)} ms in all  {bars}{more}"
    )


def _answer(one: Interaction, *, is_plain: bool) -> list[str]:
    summary = one.summary or summary_of_interaction(one) or {}
    last = one.attempts[-1].response if one.attempts else None
    if last is not None and last.ws is not None:
        return [line for label, text in message_lines(last, is_plain=is_plain) for line in _said(label, text)]
    lines: list[str] = []
    for name, label in (("reasoning", "reasoning"), ("text", "answer"), ("refusal", "refusal")):
        if isinstance(summary.get(name), str) and summary[name]:
            lines += _said(label, summary[name])
    calls = summary.get("tool_calls")
    for call in cast("list[Any]", calls) if isinstance(calls, list) else []:
        lines += _said("calls", str(call))
    rest = {name: summary[name] for name in ("finish", "vectors", "dims") if summary.get(name)}
    if rest:
        lines += _said("ended", ", ".join(f"{name} {value}" for name, value in rest.items()))
    return lines or [line for text in _whole(one) for line in _said("answer", text)]


def _whole(one: Interaction) -> Iterator[str]:
    """What a reply without a summary holds: an error's body, a picture."""
    response = one.attempts[-1].response if one.attempts else None
    if response is None:
        return
    if response.blob is not None:
        yield f"<{response.blob.type or 'bytes'} {response.blob.bytes} bytes>"
    elif response.text is not None:
        yield response.text
    elif response.events is not None:
        yield f"{len(response.events)} events"
    elif response.raw is not None:
        yield f"{sum(len(piece) for _, piece in response.raw)} bytes in {len(response.raw)} pieces"
    else:
        yield _compact(response.body, most=2_000)


def _said(label: str, text: str) -> list[str]:
    """A label and its text: beside it where that is one line, below it where it is several."""
    shown = harmless.block(redact(text[:_MOST_CHARS])).split("\n")
    if len(text) > _MOST_CHARS:
        shown.append(f"… {len(text) - _MOST_CHARS} more characters; --raw shows all")
    head = harmless.line(label)
    if len(shown) == 1:
        return [f"{head:<{_LABEL}}{'' if len(head) < _LABEL else ' '}{shown[0]}".rstrip()]
    return [head, *(f"{'':<{_LABEL}}{line}".rstrip() for line in shown)]


def _compact(value: Any, *, most: int = 200) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=repr)
    return text if len(text) <= most else f"{text[: most - 1]}…"
