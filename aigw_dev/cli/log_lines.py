"""An exchange as one line: the columns that `logs list`, `search` and `tail` can show, and which they show at first."""

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aigw_dev.cli.exits import CommandError
from aigw_dev.cli.money import clock, ms, usd
from aigw_dev.core import harmless
from aigw_dev.core.routing import cells

Entry = dict[str, Any]
"""`store.records.Entry` as plain values."""


@dataclass(frozen=True, slots=True)
class Column:
    """What one column shows."""

    header: str
    cell: Callable[[Entry], str]
    columns: int
    """How wide it stands in a stream of lines, where nobody knows what comes."""
    is_right: bool = False


def _text(field: str, columns: int = 12) -> Column:
    return Column(field.upper().replace("_", "-"), lambda entry: str(entry[field]) or "-", columns)


def _number(header: str, field: str, columns: int = 7) -> Column:
    def cell(entry: Entry) -> str:
        value = entry[field]
        return "-" if value is None else str(value)

    return Column(header, cell, columns, is_right=True)


def _status(entry: Entry) -> str:
    return str(entry["status"]) if entry["state"] == "ended" else str(entry["state"])


def model(entry: Entry) -> str:
    """`provider/model` as it was sent, or what was asked for where nothing was sent."""
    if entry["provider"]:
        return f"{entry['provider']}/{entry['request_model']}".removesuffix("/")
    return str(entry["original_model"]) or "-"


def tokens(entry: Entry) -> str:
    """`57/40`: input and output; `~` before our own count."""
    if entry["input_tokens"] is None:
        return "-"
    return f"{'~' if entry['usage_estimated'] else ''}{entry['input_tokens']}/{entry['output_tokens'] or 0}"


def cost(entry: Entry) -> str:
    """An amount with its doubt, `free`, `unknown`, or `-` where there was nothing to price."""
    status = entry["cost_status"]
    if status is None or status == "free":
        return status or "-"
    return usd(entry["cost_nanousd"], status=status)


def _response(entry: Entry) -> str:
    return entry["response_preview"] or entry["error"] or "-"


COLUMNS: Final[dict[str, Column]] = {
    "id": Column("ID", lambda entry: entry["id"][:8], 8),
    "status": Column("STATUS", _status, 6),
    "time": Column("TIME", lambda entry: clock(entry["started_at"]), 8),
    "marks": Column("MARKS", lambda entry: ",".join(entry["marks"]), 8),
    "model": Column("MODEL", model, 18),
    "request": Column("REQUEST", lambda entry: entry["request_preview"] or "-", 0),
    "response": Column("RESPONSE", _response, 0),
    "ms": Column("MS", lambda entry: ms(entry["duration_s"]), 6, is_right=True),
    "tokens": Column("TOKENS", tokens, 9, is_right=True),
    "cost": Column("COST", cost, 10, is_right=True),
    "ttft": Column("TTFT", lambda entry: ms(entry["ttft_s"]), 6, is_right=True),
    "stream": Column("STREAM", lambda entry: "yes" if entry["is_stream"] else "no", 6),
    "asked": Column("ASKED", lambda entry: entry["original_model"] or "-", 20),
    "answered": Column("ANSWERED", lambda entry: entry["response_model"] or "-", 20),
    "key": Column("KEY", lambda entry: entry["key_name"] or "-", 14),
    "input": _number("INPUT", "input_tokens"),
    "output": _number("OUTPUT", "output_tokens"),
    "cached": _number("CACHED", "cached_input_tokens"),
    "attempts": _number("ATTEMPTS", "attempts", 8),
    "seq": _number("SEQ", "seq"),
    "bytes": Column(
        "BYTES", lambda entry: f"{entry['request_bytes']}/{entry['response_bytes']}", 12, is_right=True
    ),
    "whole_id": Column("ID", lambda entry: entry["id"], 16),
    "operation": _text("operation", 23),
    "client": _text("client", 20),
    "provider": _text("provider"),
    "route": _text("route"),
    "consumer": _text("consumer"),
    "run": _text("run"),
    "session": _text("session"),
    "gateway": _text("gateway"),
    "outcome": _text("outcome"),
    "state": _text("state"),
    "error": _text("error"),
    "finish": _text("finish"),
}
"""Every column by name."""

USUAL: Final = ("id", "status", "time", "marks", "model", "request", "response")
"""Shown whatever the width: the seed's five, with the name to ask further by, and the marks."""
_WIDER: Final = (("ms", 92), ("tokens", 106), ("cost", 120))
"""Shown besides, from a terminal of so many columns on."""
_LEAST_PREVIEW: Final = 8


def chosen(names: str, *, width: int) -> list[Column]:
    """The columns of `--columns a,b,c`; with none given the usual ones that fit. `width` 0 = no limit."""
    if not names:
        return [
            COLUMNS[name]
            for name in (*USUAL, *(name for name, least in _WIDER if not width or width >= least))
        ]
    return [_known(name.strip().lower().replace("-", "_")) for name in names.split(",") if name.strip()]


def _known(name: str) -> Column:
    if name not in COLUMNS:
        near = difflib.get_close_matches(name, COLUMNS, n=1)
        hint = f"Did you mean `{near[0]}`?" if near else f"There are {', '.join(COLUMNS)}."
        raise CommandError(f"There is no column `{harmless.line(name[:40])}`.", hint=hint)
    return COLUMNS[name]


class Lines:
    """Lines of a stream: every column has its place from the first line on."""

    def __init__(self, columns: Sequence[Column], *, width: int) -> None:
        """In a terminal of `width` cells previews share what the others leave and are cut; 0 cuts nothing."""
        self._columns = columns
        self._width = width
        previews = sum(column.columns == 0 for column in columns) or 1
        used = sum(max(column.columns, len(column.header)) for column in columns if column.columns)
        left = (width - used - 2 * (len(columns) - 1)) // previews if width else 40
        self._widths = [
            max(column.columns or max(left, _LEAST_PREVIEW), len(column.header)) for column in columns
        ]

    def header(self) -> str:
        """The line above."""
        return self._line([column.header for column in self._columns])

    def line(self, entry: Entry) -> str:
        """One exchange, made harmless."""
        return self._line([harmless.line(column.cell(entry)) for column in self._columns])

    def _line(self, texts: list[str]) -> str:
        parts: list[str] = []
        for column, text, width in zip(self._columns, texts, self._widths, strict=True):
            shown = cells.cut(text, width) if self._width else text
            blank = " " * (width - cells.width(shown))
            parts.append(blank + shown if column.is_right else shown + blank)
        return "  ".join(parts).rstrip()
