"""What the tabs beside the answer show, as rows: the call in every language, bytes, the way it took, its timing. Pure."""

from collections.abc import Sequence
from typing import Any, Final

from aigw_dev.core.call_examples import CallRequest, curl, examples
from aigw_dev.tui import text
from aigw_dev.tui.chat.answer import Answer
from aigw_dev.tui.chat.talk import Facts
from aigw_dev.tui.logs.amounts import usd
from aigw_dev.tui.look import Glyphs
from aigw_dev.tui.widgets.highlight import highlighted
from aigw_dev.tui.widgets.lines import Row, Span
from aigw_dev.tui.widgets.prose import chop

TABS: Final = ("Answer", "cURL", "Code", "Raw", "Route", "Timing")
_MOST_ROWS: Final = 3_000
_MOST_READS: Final = 400
_LANGUAGES: Final = {"cURL": "bash", "Python": "python", "Node": "javascript", "Shell": "bash"}

Rows = list[Row]
_BY_ITSELF: Final = frozenset({"stop", "end_turn", "completed", "complete"})
"""The dialects' words for an answer that ended by itself: nothing to tell. Every other one is a warning."""


def curl_rows(request: CallRequest, cells: int, _glyphs: Glyphs) -> Rows:
    """The call as one command, and what it takes to run it."""
    note: Row = [Span('y copies it; AIGW_DEV_TOKEN comes from `eval "$(aigw-dev env)"`', "dim")]
    return [note, [], *_code(curl(request), "bash", cells)]


def code_rows(request: CallRequest, cells: int, glyphs: Glyphs) -> Rows:
    """The call in every language that has it."""
    rows: Rows = []
    for title, content in examples(request).items():
        if title == "cURL":
            continue
        line = glyphs.horizontal * max(0, cells - text.width(title) - 3)
        rows += [[Span(f"{glyphs.rule_right} {title} ", "head"), Span(line, "dim")]]
        rows += [*_code(content, _LANGUAGES[title.split()[0]], cells), []]
    return rows


def raw_rows(answer: Answer | None, cells: int, glyphs: Glyphs) -> Rows:
    """The reply's bytes as received."""
    if answer is None or answer.head is None:
        return _nothing("The reply's bytes stand here once one came.")
    rows: Rows = [
        [Span(f"{answer.head.status} ", _status_style(answer.head.status)), Span("response headers", "head")]
    ]
    for name, value in answer.head.headers.items():
        rows += [
            list(row) for row in chop([Span(f"{text.line(name)}: ", "dim"), Span(text.line(value))], cells)
        ]
    content = b"".join(answer.raw).decode("utf-8", "replace")
    rows += [[], [Span(f"body  {answer.raw_bytes:,} bytes", "head")]]
    for line in text.block(content):
        rows += (
            [list(row) for row in chop([Span(line, "dim" if not line.strip() else "")], cells)]
            if line
            else [[]]
        )
        if len(rows) > _MOST_ROWS:
            return [*rows, [], [Span(f"{glyphs.ellipsis} y copies all of it", "dim")]]
    return rows


def route_rows(answer: Answer | None, cells: int, glyphs: Glyphs) -> Rows:
    """The decision with the values it saw, and every attempt."""
    record = answer.record if answer is not None else None
    if answer is None or record is None:
        waiting = "The log is asked for the exchange when the answer has ended."
        return _nothing(
            waiting
            if answer is not None
            else "The way that a call took stands here: route, conditions, attempts."
        )
    rows: Rows = []
    decision: dict[str, Any] = record.get("decision") or {}
    if not decision:
        rows.append(
            [
                Span("no route: ", "dim"),
                Span(text.line(answer.model), "strong"),
                Span(" was called directly", "dim"),
            ]
        )
    else:
        rows.append([Span("dynamic/", "dim"), Span(text.line(decision.get("route", "")), "strong")])
        for step in decision.get("trace") or ():
            rows += _step(step, glyphs)
    rows += [[], [Span("attempts", "head")]]
    for one in record.get("attempts") or ():
        rows.append(_attempt(one, glyphs))
        if one.get("error_text"):
            said = [Span(f"     {text.line(str(one['error_text']))}", "dim")]
            rows += [list(row) for row in chop(said, cells)][:3]
    ledger: dict[str, Any] = record.get("ledger") or {}
    if entries := ledger.get("entries"):
        rows += [[], [Span("translation", "head")]]
        rows += [
            [
                Span(f"  {text.line(one['fate'])} ", "warn"),
                Span(text.line(one["field"])),
                Span(f"  {text.line(one['how'])}", "dim"),
            ]
            for one in entries
        ]
    rows += [[], [Span("l opens this exchange in Logs", "dim")]]
    return [
        [Span(text.cut(text.line("".join(s.text for s in row)), cells), row[0].style)]
        if _wide(row) > cells
        else row
        for row in rows
    ]


def timing_rows(answer: Answer | None, now_s: float, cells: int, glyphs: Glyphs) -> Rows:
    """Where the time went, and when every piece came."""
    if answer is None:
        return _nothing("Time to first token, pauses and every chunk's offset stand here.")
    facts = answer.facts(now_s)
    total_ms = max(1.0, facts.duration_s * 1000)
    head_ms = answer.head.at_ms if answer.head is not None else None
    phases = (
        ("headers", 0.0, head_ms),
        ("first token", head_ms or 0.0, answer.first_ms),
        ("reasoning", answer.first_ms or 0.0, answer.thought_ms if answer.reasoning else None),
        (
            "writing",
            answer.thought_ms or answer.first_ms or 0.0,
            total_ms if answer.first_ms is not None else None,
        ),
    )
    width = max(10, cells - 30)
    rows: Rows = []
    for name, start, end in phases:
        if end is None:
            continue
        left = round(start / total_ms * width)
        size = max(1, round((end - start) / total_ms * width))
        bar = glyphs.block * min(size, max(1, width - left))
        rows.append(
            [
                Span(f"{name:<12}"),
                Span(f"{max(0.0, end - start):>9,.0f} ms  ", "dim"),
                Span(" " * left),
                Span(bar, "info"),
            ]
        )
    rows.append([Span(f"{'total':<12}", "strong"), Span(f"{total_ms:>9,.0f} ms", "strong")])
    gaps = [after - before for (before, _), (after, _) in zip(answer.marks, answer.marks[1:], strict=False)]
    if gaps:
        spark = _spark(gaps, max(10, cells - 2), glyphs)
        rows += [
            [],
            [
                Span(
                    f"{len(answer.marks):,} reads, longest pause {max(gaps):,.0f} ms, pauses over time:",
                    "head",
                )
            ],
            [Span(spark, "info")],
        ]
        rows += [[], [Span("   at ms    pause   bytes", "head")]]
    before = 0.0
    longest = max(gaps, default=0.0)
    for at_ms, size in answer.marks[:_MOST_READS]:
        pause = at_ms - before
        style = "warn" if pause >= longest > 50 else ""
        rows.append([Span(f"{at_ms:>8,.0f}"), Span(f"{pause:>9,.0f}", style), Span(f"{size:>8,}", "dim")])
        before = at_ms
    if len(answer.marks) > _MOST_READS:
        rows.append([Span(f"{glyphs.ellipsis} {len(answer.marks) - _MOST_READS:,} more", "dim")])
    return rows


def facts_row(facts: Facts, glyphs: Glyphs, *, is_over: bool) -> Row:
    """`TTFT 212 ms · 3.1 s · 41→268 tok · 88 t/s · $0.0009`."""
    parts: list[Span] = []
    if facts.ttft_s is not None:
        parts.append(Span(f"TTFT {_ms(facts.ttft_s)}"))
    parts.append(Span(_ms(facts.duration_s)))
    doubt = "~" if facts.is_estimated else ""
    if facts.output is not None:
        before = f"{facts.input:,}{glyphs.to}" if facts.input is not None else ""
        parts.append(Span(f"{doubt}{before}{facts.output:,} tok"))
        writing_s = facts.duration_s - (facts.ttft_s or 0.0)
        if facts.ttft_s is not None and writing_s > 0.02:
            parts.append(Span(f"{doubt}{facts.output / writing_s:,.0f} t/s"))
    if facts.cost_status:
        cost = usd(facts.nanousd, facts.cost_status, glyphs)
        is_amount = cost[-1].isdigit()
        parts.append(
            Span(
                f"${cost}"
                if is_amount and cost[0].isdigit()
                else f"{cost[0]}${cost[1:]}"
                if is_amount
                else "cost unknown"
                if cost == glyphs.dash
                else cost,
                "good" if is_amount else "dim",
            )
        )
    elif not is_over:
        parts.append(Span("cost when finished", "dim"))
    if facts.finish and facts.finish.lower() not in _BY_ITSELF:
        parts.append(Span(text.line(facts.finish), "warn"))
    row: list[Span] = []
    for part in parts:
        row += [*([Span(f" {glyphs.middot} ", "dim")] if row else []), part]
    return row


def why_row(facts: Facts) -> Row:
    """Why it was slow; empty where nothing went wrong."""
    return [Span("slow: ", "warn"), Span(text.line(facts.why), "dim")] if facts.why else []


def _step(step: dict[str, Any], glyphs: Glyphs) -> Rows:
    if step.get("type") != "if":
        said = " ".join(
            text.line(f"{name}={value}") for name, value in step.items() if name not in {"type", "node"}
        )
        return [
            [
                Span(f"  {glyphs.to} ", "good"),
                Span(text.line(str(step.get("type", ""))), "strong"),
                Span(f" {said}", "dim"),
            ]
        ]
    is_true = step.get("result") is True
    sign = Span(f"  {glyphs.tick if is_true else glyphs.cross} ", "good" if is_true else "warn")
    rows: Rows = [
        [
            sign,
            Span("if ", "dim"),
            Span(text.line(step.get("condition", "")), "strong"),
            Span(f"  {'true' if is_true else 'false'}", "good" if is_true else "warn"),
        ]
    ]
    for seen in step.get("observations") or ():
        actual = (
            text.line(repr(seen["actual"])) if "actual" in seen and seen["actual"] is not None else "missing"
        )
        rows.append([Span(f"      {text.line(seen.get('name', ''))} was ", "dim"), Span(actual, "accent")])
    return rows


def _attempt(one: dict[str, Any], glyphs: Glyphs) -> Row:
    is_well = not one.get("error") and (one.get("status") or 0) < 400
    status = str(one.get("status") or one.get("error") or glyphs.dash)
    took = (one.get("ended_s") or 0.0) - (one.get("started_s") or 0.0)
    return [
        Span(f"  {glyphs.tick if is_well else glyphs.cross} ", "good" if is_well else "bad"),
        Span(f"{one.get('number', 0)} ", "dim"),
        Span(text.line(f"{one.get('provider', '')}/{one.get('request_model', '')}"), "strong"),
        Span(f"  {text.line(status)}", _status_style(one.get("status") or 599)),
        Span(f"  {took * 1000:,.0f} ms  {text.line(one.get('reason', ''))}", "dim"),
        Span(f"  {text.line(one['error'])}" if one.get("error") else "", "warn"),
    ]


def _code(content: str, language: str, cells: int) -> Rows:
    lines = text.block(content.rstrip("\n"))
    return [list(row) for spans in highlighted(lines, language) for row in chop(spans, cells)]


def _spark(values: Sequence[float], cells: int, glyphs: Glyphs) -> str:
    """`values` squeezed into `cells`, the largest of each cell."""
    size = max(1, -(-len(values) // cells))
    tops = [max(values[at : at + size]) for at in range(0, len(values), size)]
    most = max(tops) or 1.0
    signs = glyphs.sparks
    return "".join(signs[min(len(signs) - 1, int(top / most * (len(signs) - 1)))] for top in tops)


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:,.0f} ms" if seconds < 1 else f"{seconds:,.1f} s"


def _status_style(status: int) -> str:
    return "good" if status < 400 else "bad"


def _nothing(words: str) -> Rows:
    return [[Span(words, "dim")]]


def _wide(row: Row) -> int:
    return sum(text.width(span.text) for span in row)
