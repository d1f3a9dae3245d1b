"""Two answers to the same prompt beside each other: numbers in a line, and words that differ. Pure."""

from aigw_dev.core.text_diff import diff
from aigw_dev.tui import text
from aigw_dev.tui.chat.talk import Facts, Strand, Turn
from aigw_dev.tui.logs.amounts import usd
from aigw_dev.tui.look import Glyphs
from aigw_dev.tui.widgets.lines import Row, Span
from aigw_dev.tui.widgets.prose import wrap

_STYLES = {"same": "", "removed": "bad", "added": "good"}


def last_answer(strand: Strand) -> Turn | None:
    """The newest answer of a strand."""
    return next((turn for turn in reversed(strand.turns) if turn.role == "assistant" and turn.facts), None)


def numbers_row(strands: list[tuple[str, Strand]], glyphs: Glyphs) -> Row:
    """`B-A: TTFT +176 ms  tokens -126  cost ...` for every pane beside the first; empty where there is no pair."""
    answered = [
        (letter, turn.facts) for letter, strand in strands if (turn := last_answer(strand)) and turn.facts
    ]
    if len(answered) < 2:
        return []
    first, base = answered[0]
    spans: list[Span] = [Span(" ")]
    for letter, facts in answered[1:]:
        spans += [Span(f"{letter}{glyphs.minus}{first} ", "head"), *_deltas(base, facts, glyphs), Span("   ")]
    return spans


def diff_rows(left: tuple[str, Strand], right: tuple[str, Strand], cells: int, glyphs: Glyphs) -> list[Row]:
    """What the second answer has and the first has not."""
    one, other = last_answer(left[1]), last_answer(right[1])
    if one is None or other is None:
        return [[Span("Both panes want an answer first.", "dim")]]
    found = diff(one.text, other.text)
    rows: list[Row] = [
        [
            Span(f"{left[0]} ", "bad strong"),
            Span(text.line(left[1].model)),
            Span(f"  {glyphs.to}  "),
            Span(f"{right[0]} ", "good strong"),
            Span(text.line(right[1].model)),
        ],
        [
            Span(f"{found.similarity:.0%} of the words are the same", "head"),
            Span("" if found.is_exact else "  (they differ too much to follow word by word)", "dim"),
        ],
    ]
    if one.facts is not None and other.facts is not None:
        rows.append(_deltas(one.facts, other.facts, glyphs))
    rows.append([])
    line: list[Span] = []
    for hunk in found.hunks:
        marks = {"removed": ("[-", "-]"), "added": ("{+", "+}")}.get(hunk.kind, ("", ""))
        pieces = text.block(hunk.text)
        for number, piece in enumerate(pieces):
            if number:
                rows += [list(row) for row in wrap(line, cells)]
                line = []
            if piece.strip() and marks[0]:
                line += [
                    Span(marks[0] + piece.rstrip() + marks[1], _STYLES[hunk.kind]),
                    Span(" " * (len(piece) - len(piece.rstrip()))),
                ]
            elif piece:
                line.append(Span(piece, _STYLES[hunk.kind]))
    return [*rows, *(list(row) for row in wrap(line, cells))]


def _deltas(base: Facts, other: Facts, glyphs: Glyphs) -> list[Span]:
    spans: list[Span] = []
    if base.ttft_s is not None and other.ttft_s is not None:
        spans.append(_delta("TTFT", (other.ttft_s - base.ttft_s) * 1000, "ms", glyphs))
    spans.append(_delta("time", (other.duration_s - base.duration_s) * 1000, "ms", glyphs))
    if base.output is not None and other.output is not None:
        spans.append(_delta("tokens", other.output - base.output, "", glyphs))
    if base.nanousd is not None and other.nanousd is not None and base.nanousd != other.nanousd:
        change = other.nanousd - base.nanousd
        sign, style = ("+", "warn") if change > 0 else (glyphs.minus, "good")
        spans.append(Span(f"cost {sign}${usd(abs(change), None, glyphs)}  ", style))
    return spans


def _delta(name: str, change: float, unit: str, glyphs: Glyphs) -> Span:
    sign = "+" if change > 0 else glyphs.minus if change < 0 else ""
    style = "" if abs(change) < 1 else "good" if change < 0 else "warn"
    return Span(f"{name} {sign}{abs(change):,.0f}{' ' + unit if unit else ''}  ", style if unit else "")
