"""Two exchanges side by side, and what replays came to: rows, and the window that shows them."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from aigw_dev.tui import text
from aigw_dev.tui.logs import amounts
from aigw_dev.tui.logs.source import Rows
from aigw_dev.tui.logs.text_view import TextView
from aigw_dev.tui.look import Glyphs, Look
from aigw_dev.tui.widgets.lines import Row, Span
from aigw_dev.tui.widgets.modal import Box, Modal

Comparison = Mapping[str, Any]
_LABELS: Final = {
    "request_model": "model",
    "response_model": "answered by",
    "input_tokens": "tokens in",
    "output_tokens": "tokens out",
    "cached_input_tokens": "cached",
    "reasoning_tokens": "reasoning",
    "cost_nanousd": "cost $",
    "duration_s": "took ms",
    "ttft_s": "ttft ms",
}
_BETTER_LESS: Final = frozenset({"duration_s", "ttft_s", "cost_nanousd", "attempts"})


def badge(comparison: Comparison, glyphs: Glyphs) -> str:
    """`Δ −412 ms · text 97 % alike`: a difference in a few words."""
    parts: list[str] = []
    took = next((one for one in comparison["fields"] if one["name"] == "duration_s"), None)
    if took is not None and took.get("delta") is not None:
        parts.append(f"{glyphs.delta} {_signed(took['delta'] * 1000, glyphs)} ms")
    if comparison.get("text") is not None:
        alike = comparison["text"]["similarity"]
        parts.append("same text" if alike == 1 else f"text {int(alike * 100)} % alike")
    return f" {glyphs.middot} ".join(parts)


def rows(
    comparison: Comparison, glyphs: Glyphs, *, width: int, names: tuple[str, str] = ("before", "after")
) -> list[Row]:
    """The whole comparison."""
    is_same = comparison["is_same"]
    said = "A program would see the same." if is_same else "They differ."
    made: list[Row] = [
        [
            Span(
                f"{glyphs.tick if is_same else glyphs.cross} {said}",
                "good strong" if is_same else "warn strong",
            )
        ],
        [],
    ]
    made += _fields(comparison["fields"], glyphs, width=width, names=names)
    for key, label in (("text", "text"), ("reasoning", "reasoning")):
        found = comparison.get(key)
        if found is not None:
            made += [[], _alike(label, found, glyphs), *_words(found["hunks"], width)]
    calls = [one for one in comparison["tool_calls"] if one["kind"] != "same"]
    if comparison["tool_calls"]:
        made += [[], [Span("tool calls", "head"), Span("" if calls else "  the same", "good")]]
    for call in calls:
        made.append(
            [
                Span(f"{call['kind']:<9}", "warn"),
                Span(text.line(f"{call['name_before']} {glyphs.to} {call['name_after']}".strip())),
            ]
        )
        made += _differences(call["arguments"], width)
    for key in ("request", "response"):
        if comparison[key]:
            made += [[], [Span(f"{key} JSON", "head")], *_differences(comparison[key], width)]
    made += [[Span(f"{glyphs.warn} {text.line(note)}", "warn")] for note in comparison["notes"]]
    return made


def replays(found: Sequence[Mapping[str, Any]], glyphs: Glyphs, *, width: int) -> list[Row]:
    """Several replays: a line each, then their comparisons."""
    made: list[Row] = [[Span(f"{'model':<34} {'status':>6} {'ms':>8}  against what was logged", "head")]]
    for one in found:
        is_well = one["status"] < 400
        made.append(
            [
                Span(text.fit(text.line(one["model"]), 34, glyphs=glyphs) + " "),
                Span(f"{one['status']:>6} ", "good" if is_well else "bad"),
                Span(f"{amounts.ms(one['duration_s'], glyphs):>8}  "),
                Span(
                    badge(one["comparison"], glyphs)
                    if is_well
                    else text.line(one.get("error_text") or one.get("error") or ""),
                    "" if is_well else "bad",
                ),
            ]
        )
    for one in found:
        made += [
            [],
            [
                Span(
                    f"{glyphs.horizontal * 2} {text.line(one['model'])} {glyphs.horizontal * 2}",
                    "accent strong",
                )
            ],
        ]
        made += rows(one["comparison"], glyphs, width=width, names=("logged", "replay"))
    return made


class CompareView(Modal[None]):
    """Rows in front of the screen: scrolls, searches nothing, closes with `esc` or `q`."""

    DEFAULT_CSS = """
    CompareView > Vertical { width: 94%; height: 90%; max-height: 90%; }
    CompareView TextView { height: 1fr; }
    """
    AUTO_FOCUS = "TextView"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "q,c,enter", "close", "Close", show=False, id="compare.close", tooltip="Close the comparison."
        ),
        Binding("y", "copy", "Copy", show=False, id="compare.copy", tooltip="Copy the comparison."),
    ]

    def __init__(
        self, title: str, make: Callable[[int], list[Row]], look: Look, *, copy: Callable[[str, str], None]
    ) -> None:
        """`make(width)` gives the rows."""
        super().__init__()
        self._title, self._make, self._look, self._copy = title, make, look, copy

    def compose(self) -> ComposeResult:
        """The text alone."""
        with Box() as box:
            text.title(box, self._title, "arrows scroll · y copies · esc closes")
            yield TextView(self._look)

    def on_resize(self) -> None:
        """Rows as wide as the window."""
        width = max(40, int(self.size.width * 0.94) - 7)
        self.query_one(TextView).show(Rows(self._make(width)))

    def action_copy(self) -> None:
        """All of it."""
        self._copy(self.query_one(TextView).source.whole(), "the comparison")


def _fields(
    fields: Sequence[Mapping[str, Any]], glyphs: Glyphs, *, width: int, names: tuple[str, str]
) -> list[Row]:
    column = max(12, min(30, (width - 30) // 2))
    made: list[Row] = [[Span(f"{'':<12}{text.fit(names[0], column)} {text.fit(names[1], column)}", "head")]]
    for one in fields:
        before, after = one["before"], one["after"]
        if before in {None, ""} and after in {None, ""}:
            continue
        name = one["name"]
        shown = [
            text.fit(text.line(_value(name, value, glyphs)), column, glyphs=glyphs)
            for value in (before, after)
        ]
        style = "" if before == after else "strong"
        delta = one.get("delta")
        made.append(
            [
                Span(f"{_LABELS.get(name, name):<12}", "dim"),
                Span(shown[0] + " ", "" if before == after else "dim"),
                Span(shown[1] + " ", style),
                Span(_delta(name, delta, glyphs) if delta else "", _tone(name, delta)),
            ]
        )
    return made


def _value(name: str, value: object, glyphs: Glyphs) -> str:
    if value is None:
        return glyphs.dash
    if name in {"duration_s", "ttft_s"} and isinstance(value, int | float):
        return amounts.ms(value, glyphs)
    if name == "cost_nanousd" and isinstance(value, int):
        return amounts.usd(value, "exact", glyphs)
    return str(value)


def _delta(name: str, delta: float, glyphs: Glyphs) -> str:
    if name in {"duration_s", "ttft_s"}:
        return f"{glyphs.delta} {_signed(delta * 1000, glyphs)}"
    if name == "cost_nanousd":
        return f"{glyphs.delta} {'+' if delta > 0 else glyphs.minus}{amounts.usd(int(abs(delta)), 'exact', glyphs)}"
    return f"{glyphs.delta} {_signed(delta, glyphs)}"


def _tone(name: str, delta: float | None) -> str:
    if not delta or name not in _BETTER_LESS:
        return "dim"
    return "good" if delta < 0 else "warn"


def _signed(number: float, glyphs: Glyphs) -> str:
    whole = round(number)
    return f"{'+' if whole > 0 else glyphs.minus if whole < 0 else ''}{abs(whole):,}"


def _alike(label: str, found: Mapping[str, Any], glyphs: Glyphs) -> Row:
    alike = found["similarity"]
    said = "the same" if alike == 1 else f"{int(alike * 100)} % alike"
    doubt = (
        "" if found.get("is_exact", True) else f" {glyphs.middot} too different to be followed word by word"
    )
    return [Span(f"{label}  ", "head"), Span(said + doubt, "good" if alike == 1 else "warn")]


def _words(hunks: Sequence[Mapping[str, Any]], width: int) -> list[Row]:
    """The texts in one: `[-gone-]` and `{+come+}`, wrapped."""
    made: list[list[Span]] = [[]]
    used = 0
    for hunk in hunks:
        said: str = hunk["text"]
        head, tail, style = _HUNKS.get(hunk["kind"], ("", "", ""))
        inner = said.rstrip()
        for number, whole in enumerate(text.block(f"{head}{inner}{tail}{said[len(inner) :]}")):
            if number:
                made.append([])
                used = 0
            for piece in _PIECES.findall(whole):
                cells = text.width(piece)
                if used and used + cells > width:
                    made.append([])
                    used = 0
                made[-1].append(Span(piece, style))
                used += cells
    return list(made)


_HUNKS: Final = {"removed": ("[-", "-]", "bad"), "added": ("{+", "+}", "good")}
_PIECES: Final = re.compile(r"\S+\s*|\s+")


def _differences(found: Sequence[Mapping[str, Any]], width: int) -> list[Row]:
    made: list[Row] = []
    for one in found:
        made.append([Span(text.line(one["path"] or "(all)"), "info")])
        for sign, key, style in (("- ", "before", "bad"), ("+ ", "after", "good")):
            if one.get(key):
                made += [
                    [Span(f"  {sign}", style), Span(part, style)]
                    for part in text.wrapped(text.line(one[key]), max(20, width - 6))
                ]
    return made
