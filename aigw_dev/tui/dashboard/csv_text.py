"""What `y` copies: the numbers behind a panel as CSV. Pure; an unknown number is an empty cell."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from aigw_dev.core.rollup import Totals
from aigw_dev.tui import text
from aigw_dev.tui.dashboard.picture import Picture, Times
from aigw_dev.tui.dashboard.ranges import moment

_COUNTS: Final = ("requests", "ok", "failed", "input_tokens", "output_tokens")
_NUMBERS: Final = (*_COUNTS, "cost_usd", "p50_ms", "p95_ms")
_FORMULA: Final = ("=", "+", "-", "@")
"""A spreadsheet would calculate what begins so."""


def series(picture: Picture) -> str:
    """A line for every bucket."""
    rows = [(moment(step.start_s), *_numbers(step.totals, step.times)) for step in picture.steps]
    return _written(("start", *_NUMBERS), rows)


def groups(picture: Picture) -> str:
    """A line for every group."""
    rows = [(group.name, *_numbers(group.totals, group.times)) for group in picture.groups]
    return _written((picture.question.by, *_NUMBERS), rows)


def faults(picture: Picture) -> str:
    """A line for every kind of error."""
    rows = [
        (fault.calls, fault.status or "", fault.words, fault.model, moment(fault.first_s), moment(fault.last_s))
        for fault in picture.faults
    ]  # fmt: skip
    return _written(("count", "status", "what", "model", "first", "last"), rows)


def _numbers(totals: Totals, times: Times) -> tuple[object, ...]:
    is_priced = totals.cost_nanousd or (totals.cost_free and not totals.cost_unknown)
    cost = f"{totals.cost_nanousd / 1e9:.9f}" if is_priced else ""
    ms = ("" if seconds is None else f"{seconds * 1000:.1f}" for seconds in times)
    return (*(getattr(totals, name) for name in _COUNTS), cost, *ms)


def _written(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue()


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    said = text.line(value)
    return f"'{said}" if said.startswith(_FORMULA) else said
