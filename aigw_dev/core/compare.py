"""Two exchanges side by side: what came out alike and what did not. Pure, and bounded whatever the exchanges hold.

The first is the one that was there, the second what was made of it (a replay, another model): `before` and `after`.
"""

from typing import Any, Final

import msgspec

from aigw_dev.core.exchange import Assembled, Exchange, ToolCall
from aigw_dev.core.json_diff import VOLATILE, Difference, differences
from aigw_dev.core.rollup import outcome
from aigw_dev.core.text_diff import TextDiff, diff

_MOST_JSON_BYTES: Final = 1 << 20
_MOST_CALLS: Final = 64


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One fact of both exchanges."""

    name: str
    """As in `Exchange`: `status`, `response_model`, `duration_s`, `cost_nanousd`, `output_tokens` ..."""
    before: str | int | float | None
    after: str | int | float | None
    """None where it is not known."""
    delta: float | None = None
    """`after - before` of amounts that both have."""


class ToolChange(msgspec.Struct, frozen=True, kw_only=True):
    """The tool calls at one place of both replies."""

    kind: str
    """`same`, `changed`, `added` or `removed`."""
    name_before: str = ""
    name_after: str = ""
    arguments: list[Difference] = []
    """Where the arguments differ, by path."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """How an exchange differs from another."""

    before: str
    """Its id."""
    after: str
    is_same: bool
    """The same status, text, tool calls and finish: what a program would see."""
    fields: list[Field]
    text: TextDiff | None
    """The replies' texts; None where one of them was not kept."""
    reasoning: TextDiff | None
    tool_calls: list[ToolChange]
    """By place."""
    request: list[Difference]
    """Where the requests' JSON differs; empty where one was not kept."""
    response: list[Difference]
    """Where the replies' JSON differs, both having come whole; ids and times that mean nothing are left out."""
    notes: list[str]
    """What could not be compared, in words."""


def compare(before: Exchange, after: Exchange) -> Comparison:
    """The comparison of two exchanges that have ended."""
    old, new = before.assembled, after.assembled
    text = reasoning = None
    tool_calls: list[ToolChange] = []
    notes: list[str] = []
    if old is not None and new is not None:
        text = diff(_said(old), _said(new))
        reasoning = diff(old.reasoning, new.reasoning) if old.reasoning or new.reasoning else None
        tool_calls = _tool_changes(old.tool_calls, new.tool_calls)
    else:
        which = " and ".join(name for name, one in (("first", old), ("second", new)) if one is None)
        notes.append(f"the text of the {which} reply was not kept, or there was none")
    request = _bodies(before.request_body, after.request_body, frozenset())
    response = _bodies(before.response_body, after.response_body, VOLATILE)
    if request is None:
        notes.append("the requests were not both kept as JSON of at most 1 MiB")
    fields = _fields(before, after)
    is_same = (
        before.status == after.status
        and before.finish == after.finish
        and (old is None or new is None or _said(old) == _said(new))
        and all(change.kind == "same" for change in tool_calls)
        and (text is not None or response == [])
    )
    return Comparison(
        before=before.id,
        after=after.id,
        is_same=is_same,
        fields=fields,
        text=text,
        reasoning=reasoning,
        tool_calls=tool_calls,
        request=request or [],
        response=response or [],
        notes=notes,
    )


def _said(message: Assembled) -> str:
    return message.text or message.refusal


def _fields(before: Exchange, after: Exchange) -> list[Field]:
    """What lists show, of both."""
    old, new = _facts(before), _facts(after)
    found: list[Field] = []
    for name, was in old.items():
        now = new[name]
        delta = None
        if name in _AMOUNTS and isinstance(was, int | float) and isinstance(now, int | float):
            delta = now - was
        found.append(Field(name=name, before=was, after=now, delta=delta))
    return found


_AMOUNTS: Final = frozenset(
    {"input_tokens", "output_tokens", "cached_input_tokens", "reasoning_tokens", "cost_nanousd", "duration_s",
     "ttft_s", "attempts"}
)  # fmt: skip


def _facts(one: Exchange) -> dict[str, str | int | float | None]:
    usage = one.usage
    return {
        "status": one.status,
        "outcome": outcome(one),
        "error": one.error,
        "provider": one.provider,
        "request_model": one.request_model,
        "response_model": one.response_model,
        "route": one.route,
        "finish": one.finish,
        "attempts": len(one.attempts),
        "input_tokens": usage.input if usage else None,
        "output_tokens": usage.output if usage else None,
        "cached_input_tokens": usage.cached_input if usage else None,
        "reasoning_tokens": usage.reasoning if usage else None,
        "cost_nanousd": one.cost.nanousd,
        "duration_s": one.duration_s,
        "ttft_s": one.ttft_s,
    }


def _tool_changes(before: list[ToolCall], after: list[ToolCall]) -> list[ToolChange]:
    changes: list[ToolChange] = []
    for place in range(min(max(len(before), len(after)), _MOST_CALLS)):
        if place >= len(after):
            changes.append(ToolChange(kind="removed", name_before=before[place].name))
        elif place >= len(before):
            changes.append(ToolChange(kind="added", name_after=after[place].name))
        else:
            changes.append(_tool_change(before[place], after[place]))
    return changes


def _tool_change(before: ToolCall, after: ToolCall) -> ToolChange:
    arguments = differences(_arguments(before), _arguments(after))
    is_same = before.name == after.name and not arguments
    return ToolChange(
        kind="same" if is_same else "changed",
        name_before=before.name,
        name_after=after.name,
        arguments=arguments,
    )


def _arguments(call: ToolCall) -> Any:
    """The arguments as JSON; what is none is compared as text."""
    try:
        return msgspec.json.decode(call.arguments)
    except (msgspec.DecodeError, RecursionError):
        return call.arguments


def _bodies(before: bytes | None, after: bytes | None, ignored: frozenset[str]) -> list[Difference] | None:
    """Where two JSON bodies differ; None where one is none, or too large."""
    if not before or not after or max(len(before), len(after)) > _MOST_JSON_BYTES:
        return None
    try:
        old, new = msgspec.json.decode(before), msgspec.json.decode(after)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    return differences(old, new, ignored=ignored)
