"""One exchange in rows: what happened, its route, its attempts on a line of time, what translation lost. Pure.

Takes the exchange as the admin API gives it. Everything from outside passes `text.line` here.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from aigw_dev.core.routing import draw
from aigw_dev.tui import text
from aigw_dev.tui.logs import amounts
from aigw_dev.tui.look import Glyphs
from aigw_dev.tui.widgets.lines import Row, Span

Exchange = Mapping[str, Any]
_LABEL: Final = 10
_FATES: Final = {"dropped": "bad", "approximated": "warn", "invented": "warn"}


def overview(one: Exchange, glyphs: Glyphs, *, width: int) -> list[Row]:
    """The facts in a few lines."""
    usage: Mapping[str, Any] = one.get("usage") or {}
    facts: list[tuple[str, str, str]] = [
        ("status", _ending(one), _style(one)),
        ("error", ": ".join(filter(None, (one["error"], one["error_text"]))), "bad"),
        ("model", _model(one), ""),
        ("route", _route(one, glyphs), "info"),
        ("marks", " ".join(one["marks"]), "warn"),
        ("took", _took(one, glyphs), ""),
        ("tokens", _tokens(usage), ""),
        ("cost", _cost(one, glyphs), ""),
        ("stream", _stream(one, glyphs), ""),
        ("asked", f"{one['method']} {one['path']}  {one['operation']}", "dim"),
        ("caller", _caller(one), "dim"),
        ("time", amounts.moment(one["started_at"]), "dim"),
        ("exchange", one["id"], "dim"),
        ("replay of", str(one.get("replay_of") or ""), "code"),
        ("gateway", f"{one['gateway']}  config {one['deployment'][:12]}  trace {one['trace_id']}", "dim"),
    ]
    rows: list[Row] = []
    for label, said, style in facts:
        if not said:
            continue
        for number, part in enumerate(text.wrapped(text.line(said), max(20, width - _LABEL))):
            rows.append([Span(text.fit("" if number else label, _LABEL), "head"), Span(part, style)])
    answer = (one.get("assembled") or {}).get("text") or ""
    if answer:
        rows += [[], [Span("answer", "head")]]
        rows += [
            [Span(part)]
            for whole in text.block(answer[:4_000])
            for part in text.wrapped(whole, max(20, width))
        ]
    return rows


def route(one: Exchange, glyphs: Glyphs, *, width: int, is_ascii: bool) -> list[Row]:
    """The path that was taken, with the values it saw."""
    decision = one.get("decision")
    if not decision:
        target = f"{one['provider']}/{one['request_model']}" if one["provider"] else one["original_model"]
        return [
            [
                Span("No route decided: ", "dim"),
                Span(text.line(target)),
                Span(" was asked for by name.", "dim"),
            ],
            [],
            [Span("dynamic/ROUTE as model sends a call through a route; 2 shows them.", "dim")],
        ]
    try:
        drawn = draw.stored(msgspec.json.encode(decision), width=max(30, width), ascii=is_ascii)
    except msgspec.MsgspecError:
        return [[Span("this decision was stored by another version and cannot be drawn", "warn")]]
    rows: list[Row] = [[Span(line, _path_style(line))] for line in drawn.split("\n")]
    rows += [[], [Span("targets", "head")]]
    tried = {attempt["node"]: attempt for attempt in one["attempts"]}
    for number, target in enumerate(decision.get("targets", []), start=1):
        attempt = tried.get(target.get("node", ""))
        said = f"{target.get('provider', '')}/{target.get('model', '')}"
        ending = "not tried" if attempt is None else _attempt_ending(attempt)
        style = (
            "dim" if attempt is None else "good" if attempt["status"] and attempt["status"] < 400 else "bad"
        )
        rows.append(
            [
                Span(f"{number} ", "dim"),
                Span(text.fit(text.line(said), 34, glyphs=glyphs)),
                Span(text.line(ending), style),
            ]
        )
    rows += [
        [],
        [Span("o", "accent strong"), Span(" opens the route in the editor with this path lit", "dim")],
    ]
    return rows


def attempts(one: Exchange, glyphs: Glyphs, *, width: int) -> list[Row]:
    """Every upstream call on one line of time."""
    ends = [attempt["ended_s"] or 0.0 for attempt in one["attempts"]]
    whole_s = max([one["duration_s"] or 0.0, *ends, 1e-4])
    scale = _Scale(glyphs, whole_s, width)
    ended_s = one["duration_s"] or whole_s
    rows: list[Row] = [
        scale.head(),
        scale.bar("whole call", "strong", began=0.0, first=one["ttft_s"], ended=ended_s),
    ]
    for attempt in one["attempts"]:
        name = f"{attempt['number']} {attempt['provider']}/{attempt['request_model']}".removesuffix("/")
        is_well = attempt["status"] and attempt["status"] < 400 and not attempt["error"]
        ended_s = attempt["ended_s"] if attempt["ended_s"] is not None else whole_s
        began, first = attempt["started_s"], attempt["first_byte_s"]
        rows += [[], scale.bar(name, "good" if is_well else "bad", began=began, first=first, ended=ended_s)]
        rows += [[Span("  "), *spans] for spans in _attempt_words(attempt, glyphs)]
    if not one["attempts"]:
        rows += [[], [Span("Nothing was sent upstream.", "dim")]]
    legend = f"{glyphs.shade * 2} waiting for the first byte  {glyphs.block * 2} receiving"
    return [*rows, [], [Span(legend, "dim")]]


def ledger(one: Exchange, glyphs: Glyphs, *, width: int) -> list[Row]:
    """What translation approximated, dropped and invented, and what the provider's stream did wrong."""
    stored: Mapping[str, Any] = one.get("ledger") or {}
    rows: list[Row] = []
    if stored:
        rows.append(
            [Span(text.line(f"{stored.get('from', '?')} {glyphs.to} {stored.get('to', '?')}"), "head")]
        )
        for entry in stored.get("entries", []):
            side = " (reply)" if entry.get("side") == "reply" else ""
            said = f"{entry.get('field', '')}: {entry.get('how', '')}{side}"
            fate = str(entry.get("fate", ""))
            for number, part in enumerate(text.wrapped(text.line(said), max(20, width - 14))):
                rows.append(
                    [
                        Span(text.fit("" if number else text.line(fate), 14), _FATES.get(fate, "dim")),
                        Span(part),
                    ]
                )
        if stored.get("omitted"):
            rows.append([Span(f"and {stored['omitted']} more", "dim")])
        if stored.get("kept"):
            kept = ", ".join(str(name) for name in stored["kept"])
            for number, part in enumerate(text.wrapped(text.line(kept), max(20, width - 14))):
                rows.append([Span(text.fit("" if number else "kept", 14), "good"), Span(part, "dim")])
    else:
        rows.append(
            [
                Span(
                    "Nothing was translated: caller and provider speak the same dialect, bytes passed through.",
                    "dim",
                )
            ]
        )
    if one["violations"]:
        rows += [[], [Span("What the provider's stream did that its protocol forbids", "head")]]
        rows += [[Span(f"{glyphs.warn} ", "warn"), Span(text.line(said))] for said in one["violations"]]
    return rows


def headers(title: str, pairs: Iterable[Sequence[str]], *, width: int) -> list[Row]:
    """A titled list of headers; nothing where there are none."""
    rows: list[Row] = []
    for name, value in pairs:
        for number, part in enumerate(text.wrapped(text.line(value), max(20, width - 26))):
            rows.append([Span(text.fit("" if number else text.line(name), 26), "info"), Span(part, "dim")])
    return [[], [Span(title, "head")], *rows] if rows else []


class _Scale:
    """A line of time."""

    def __init__(self, glyphs: Glyphs, whole_s: float, width: int) -> None:
        self._glyphs, self._whole_s = glyphs, whole_s
        self._label = 30 if width >= 90 else 22
        self._cells = max(10, width - self._label - 10)

    def head(self) -> Row:
        end = f"{amounts.ms(self._whole_s, self._glyphs)} ms"
        return [
            Span(text.fit("", self._label + 1)),
            Span("0" + text.fit(end, self._cells - 1, is_right=True), "dim"),
        ]

    def bar(self, name: str, style: str, *, began: float, first: float | None, ended: float) -> Row:
        cells, glyphs = self._cells, self._glyphs
        scale = cells / self._whole_s
        start = min(cells - 1, int(began * scale))
        end = max(start + 1, min(cells, round(ended * scale)))
        middle = end if first is None else max(start, min(end, round(first * scale)))
        return [
            Span(text.fit(text.line(name), self._label, glyphs=glyphs) + " "),
            Span(" " * start + glyphs.shade * (middle - start), style),
            Span(glyphs.block * (end - middle), style),
            Span(" " * (cells - end) + f" {amounts.ms(ended - began, glyphs)}", "strong"),
        ]


def _attempt_words(attempt: Mapping[str, Any], glyphs: Glyphs) -> list[list[Span]]:
    first = attempt["first_byte_s"]
    waited = (
        f"first byte after {amounts.ms(first - attempt['started_s'], glyphs)} ms" if first is not None else ""
    )
    key = f"key {attempt['key_name']}" if attempt["key_name"] else ""
    said = "  ".join(
        filter(None, (attempt["reason"], _attempt_ending(attempt), waited, key, attempt["base_url"]))
    )
    lines = [[Span(text.line(said), "dim")]]
    error = ": ".join(filter(None, (attempt["error"], attempt["error_text"])))
    if error:
        lines.append([Span(text.line(error), "bad")])
    if attempt["retry_after_s"] is not None:
        lines.append([Span(f"{glyphs.again} asked to wait {attempt['retry_after_s']:g} s", "warn")])
    if attempt["upstream_request_id"]:
        lines.append([Span(text.line(f"the provider's id {attempt['upstream_request_id']}"), "dim")])
    return lines


def _attempt_ending(attempt: Mapping[str, Any]) -> str:
    return str(attempt["status"]) if attempt["status"] is not None else attempt["error"] or "no reply"


def _path_style(line: str) -> str:
    if "(not taken)" in line or "because " in line or "fallback " in line:
        return "dim"
    return (
        "hot"
        if any(mark in line for mark in ("━▶", "=>"))
        else "strong"
        if " is " in line or "drawn" in line
        else ""
    )


def _ending(one: Exchange) -> str:
    if one["state"] == "open":
        return "still running"
    if one["state"] != "ended":
        return "its gateway died before it ended"
    finish = f"  finish {one['finish']}" if one["finish"] else ""
    last = one["attempts"][-1]["status"] if one["attempts"] else None
    upstream = f"  the provider answered {last}" if last is not None and last != one["status"] else ""
    return f"{one['status']}  {one['outcome']}{upstream}{finish}"


def _style(one: Exchange) -> str:
    if one["state"] != "ended":
        return "accent"
    return (
        "good"
        if one["outcome"] == "ok"
        else "warn"
        if one["outcome"] in {"throttled", "cancelled"}
        else "bad"
    )


def _model(one: Exchange) -> str:
    asked, sent, answered = (one[f"{which}_model"] for which in ("original", "request", "response"))
    if not one["provider"]:
        return f"{asked} (nothing was sent)" if asked else ""
    target = f"{one['provider']}/{sent}".removesuffix("/")
    notes = [
        f"asked for as {asked}" if asked not in {"", target} else "",
        f"answered by {answered}" if answered not in {"", sent} else "",
    ]
    key = f"  key {one['key_name']}" if one["key_name"] else ""
    told = ", ".join(filter(None, notes))
    return f"{target}{f' ({told})' if told else ''}{key}"


def _route(one: Exchange, glyphs: Glyphs) -> str:
    tries = len(one["attempts"])
    return (
        f"{one['route']}{f'  {glyphs.again} {tries} attempts' if tries > 1 else ''}" if one["route"] else ""
    )


def _took(one: Exchange, glyphs: Glyphs) -> str:
    if one["state"] != "ended":
        return ""
    first = (
        f", first packet after {amounts.ms(one['ttft_s'], glyphs)} ms" if one["ttft_s"] is not None else ""
    )
    return f"{amounts.ms(one['duration_s'], glyphs)} ms{first}  {amounts.size(one['request_bytes'])} in, {amounts.size(one['response_bytes'])} out"


def _tokens(usage: Mapping[str, Any]) -> str:
    if not usage:
        return ""
    parts = [
        f"{usage.get(key, 0)} {word}"
        for key, word in (
            ("cached_input", "cached"),
            ("cache_write", "written to the cache"),
            ("reasoning", "reasoning"),
        )
        if usage.get(key)
    ]
    doubt = "  ~ counted here: the provider sent no usage" if usage.get("estimated") else ""
    inside = f" ({', '.join(parts)})" if parts else ""
    return f"{usage.get('input', 0):,} in, {usage.get('output', 0):,} out{inside}{doubt}"


def _cost(one: Exchange, glyphs: Glyphs) -> str:
    if one["cost_status"] is None:
        return ""
    cost = one["cost"]
    said = amounts.dollars(cost["nanousd"], cost["status"], glyphs)
    status = "" if said == cost["status"] else f"  {cost['status']}"
    return f"{said}{status}{'  ' + cost['price_id'] if cost['price_id'] else ''}{'  ' + cost['reason'] if cost['reason'] else ''}"


def _stream(one: Exchange, glyphs: Glyphs) -> str:
    at_us: list[int] = (one.get("timing") or {}).get("at_us") or []
    if not at_us:
        return ""
    gaps = sorted(after - before for before, after in itertools.pairwise(at_us))
    if not gaps:
        return "1 chunk"
    middle, high = gaps[len(gaps) // 2], gaps[min(len(gaps) - 1, int(len(gaps) * 0.95))]
    return f"{len(at_us)} chunks, gap p50 {amounts.ms(middle / 1e6, glyphs)}, p95 {amounts.ms(high / 1e6, glyphs)}, longest {amounts.ms(gaps[-1] / 1e6, glyphs)} ms"


def _caller(one: Exchange) -> str:
    return "  ".join(
        filter(
            None,
            (
                f"consumer {one['consumer']}",
                f"run {one['run']}" if one["run"] else "",
                f"session {one['session']}" if one["session"] else "",
                one["client"],
            ),
        )
    )
