"""The rows of the screen's panes, from what is known: no I/O, harmless text only."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aigw_dev.core.providers import KINDS
from aigw_dev.tui import text
from aigw_dev.tui.look import Glyphs
from aigw_dev.tui.providers import advice
from aigw_dev.tui.providers.board import Board, Health, KeyLine, ProviderLine
from aigw_dev.tui.providers.spend import Spent
from aigw_dev.tui.widgets.lines import Row, Span
from aigw_dev.tui.widgets.table import Column, Entry

LABEL: Final = 13
_DAY_S: Final = 86_400
_MINUTE_S: Final = 60
TIMEOUTS: Final = (
    ("connect_timeout_ms", "connect"),
    ("first_packet_timeout_ms", "first packet"),
    ("idle_timeout_ms", "idle"),
    ("timeout_ms", "whole call"),
)
BACKENDS: Final = (
    ("SecretService", "Secret Service"),
    ("libsecret", "Secret Service"),
    ("macOS", "macOS Keychain"),
    ("Windows", "Windows Credential Locker"),
    ("kwallet", "KWallet"),
)
"""How backends of the keyring library are called by people."""
SOURCES: Final[Mapping[str, str]] = {
    "keyring": "from the OS keyring",
    "encrypted": "from the encrypted file",
    "env": "a variable",
    "file": "a file",
}
LIST_COLUMNS: Final = (
    Column("name", is_elastic=True, most=22),
    Column("models", is_right=True),
    Column("keys", is_right=True),
    Column("last test", most=13),
)
_KEY_COLUMNS: Final = (
    Column("key", most=26),
    Column("where", most=15),
    Column("fingerprint", most=15),
    Column("added", most=10),
    Column("last used", most=10),
    Column("used by", most=40, is_elastic=True),
)
_KEY_CELLS: Final = ((100, (0, 1, 2, 3, 4, 5)), (60, (0, 1, 2, 3, 5)), (0, (0, 1, 2)))
"""From how many cells on which columns are shown."""


def key_columns(cells: int) -> tuple[Column, ...]:
    """Those that fit."""
    return tuple(_KEY_COLUMNS[position] for position in _shown(cells))


def _shown(cells: int) -> tuple[int, ...]:
    return next(positions for least, positions in _KEY_CELLS if cells >= least)


def _field(label: str, spans: Sequence[Span], cells: int) -> list[Row]:
    return flow(spans, cells, label=label, indent=LABEL)


def mark(style: str, glyphs: Glyphs) -> str:
    """The sign beside a colour, so that nothing is told by colour alone."""
    return {"good": glyphs.tick, "bad": glyphs.cross, "warn": glyphs.warn}.get(style, glyphs.ring)


def list_entries(
    board: Board, health: Mapping[str, Health], asking: frozenset[str], glyphs: Glyphs
) -> list[Entry]:
    """A row per provider."""
    entries: list[Entry] = []
    for line in board.providers:
        style, words = advice.short(health.get(line.name), line)
        if line.name in asking:
            style, words = "info", f"asking{glyphs.ellipsis}"
            sign = glyphs.again
        else:
            sign = mark(style, glyphs)
        missing = sum(key.is_missing for key in line.keys)
        stored = len(line.keys) - missing
        keys = f"{glyphs.cross}{missing}" if missing else str(stored) if stored else glyphs.dash
        if missing and stored:
            keys = f"{stored} {keys}"
        entries.append(
            Entry(
                line.name,
                (
                    line.name,
                    Span(str(len(line.models)) if line.models else glyphs.dash, "dim"),
                    Span(keys, "bad" if missing else "dim"),
                    Span(f"{sign} {words}", style),
                ),
            )
        )
    return entries


def detail_rows(line: ProviderLine, board: Board, *, traffic: str, cells: int, glyphs: Glyphs) -> list[Row]:
    """Everything about one provider; `traffic` is what went through it lately."""
    known = KINDS.get(line.kind)
    title = known.title if known is not None else ""
    kind = [Span(text.line(line.kind) + "  "), Span(text.line(title), "dim"), Span(f"  speaks {text.line(line.dialect)}", "dim")]  # fmt: skip
    rows = _field("kind", kind, cells)
    rows += _state(line, board, cells, glyphs)
    if line.base_url:
        own = [Span("  its kind's own", "dim")] if "base_url" not in line.written else []
        rows += _field("base URL", [Span(text.line(line.base_url), "info"), *own], cells)
    if line.key:
        key = [Span(text.line(line.key), "strong"), Span(f"  {text.line(SOURCES.get(line.key_source, line.key_source))}", "dim")]  # fmt: skip
        rows += _field("key in force", key, cells)
    elif not line.wants_key:
        rows += _field("key", [Span(text.line(line.key_source), "dim")], cells)
    for label, said in _written(line.written):
        rows += _field(label, [Span(text.line(said))], cells)
    rows += _field("models", _models(line, glyphs), cells)
    if traffic:
        rows += _field("last 24 h", [Span(text.line(traffic)), Span("  "), Span("l", "accent"), Span(" logs", "dim")], cells)  # fmt: skip
    rows += _used_by(line, board, cells, glyphs)
    return rows


def _state(line: ProviderLine, board: Board, cells: int, glyphs: Glyphs) -> list[Row]:
    if line.is_usable:
        return _field("state", [Span(f"{glyphs.tick} ready", "good")], cells)
    sign, style = (glyphs.warn, "warn") if line.is_held_back else (glyphs.cross, "bad")
    rows = _field("state", [Span(text.line(f"{sign} {line.why}"), style)], cells)
    if line.is_held_back:
        for setting in board.held_back[:4]:
            rows += _field("", [Span(f"{glyphs.middot} {text.line(setting)}", "dim")], cells)
        rows += _field(
            "", [Span("run "), Span("aigw-dev trust", "code"), Span(" after reading the file", "dim")], cells
        )
    return rows


def _models(line: ProviderLine, glyphs: Glyphs) -> list[Span]:
    if not line.models:
        return [Span("none listed yet  ", "dim"), Span("m", "accent"), Span(" asks for them", "dim")]
    count = f"{len(line.models)} " + ("named in the config" if "models" in line.written else "listed")
    return [Span(f"{count}  "), Span("m", "accent"), Span(f" browse {glyphs.middot} ", "dim"), Span("X", "accent"), Span(" call examples", "dim")]  # fmt: skip


def _used_by(line: ProviderLine, board: Board, cells: int, glyphs: Glyphs) -> list[Row]:
    """Routes with the models and keys that they name."""
    if not line.routes:
        return _field("used by", [Span("no route sends to it", "dim")], cells)
    rows: list[Row] = []
    for route in line.routes:
        targets = [use for use in board.uses if (use.route, use.provider) == (route, line.name)]
        said = dict.fromkeys(f"{use.model}" + (f" with {use.key}" if use.key else "") for use in targets)
        spans = [
            Span(text.line(route), "strong"),
            *(Span(f" {glyphs.to} {text.line(one)}", "dim") for one in said),
        ]
        rows += _field("used by" if not rows else "", spans, cells)
    return rows


def _written(own: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the config says beyond the kind: label and words."""
    found = [(name, str(own[name])) for name in ("auth", "usage", "proxy") if own.get(name)]
    times = [f"{label} {_time(own[name])}" for name, label in TIMEOUTS if own.get(name) is not None]
    if times:
        found.append(("timeouts", ", ".join(times)))
    headers: dict[str, Any] = own.get("headers") or {}
    found += [("header", f"{name}: {value}") for name, value in headers.items()]
    if own.get("forward_headers"):
        found.append(("forwards", ", ".join(own["forward_headers"])))
    return found


def _time(milliseconds: int) -> str:
    if not milliseconds:
        return "off"
    return f"{milliseconds / 1000:g} s" if milliseconds >= 1000 else f"{milliseconds} ms"


def key_entries(line: ProviderLine, *, now: float, cells: int, glyphs: Glyphs) -> list[Entry]:
    """A row per key; those that are referred to and missing stand out."""
    entries: list[Entry] = []
    for key in line.keys:
        all_cells = _key_cells(key, now, glyphs)
        entries.append(Entry(key.name, tuple(all_cells[position] for position in _shown(cells))))
    return entries


def _key_cells(key: KeyLine, now: float, glyphs: Glyphs) -> tuple[str | Span, ...]:
    if key.is_missing:
        who = f"route {key.routes[0]} refers to it" if key.routes else "the config names it"
        return (
            Span(f"{glyphs.cross} {key.name}", "bad"),
            Span("missing", "bad strong"),
            Span(f"{glyphs.to} K sets it", "accent"),
            "",
            "",
            Span(who, "bad"),
        )
    used = ", ".join((*(["config"] if key.is_configured else []), *key.routes))
    return (
        Span(
            f"{glyphs.dot if key.is_in_force else glyphs.ring} {key.name}",
            "strong" if key.is_in_force else "",
        ),
        key.where,
        Span(key.fingerprint or glyphs.dash, "info" if key.fingerprint else "dim"),
        Span(_ago(key.added_at, now) if key.is_recorded else glyphs.dash, "dim"),
        Span(_ago(key.last_used_at, now) if key.is_recorded else glyphs.dash, "dim"),
        used or Span(glyphs.dash, "dim"),
    )


def _ago(at: float | None, now: float) -> str:
    if at is None:
        return "never"
    seconds = max(0.0, now - at)
    if seconds < _MINUTE_S:
        return "just now"
    if seconds < 60 * _MINUTE_S:
        return f"{seconds / _MINUTE_S:.0f} min ago"
    if seconds < _DAY_S:
        return f"{seconds / 3600:.0f} h ago"
    if seconds < 14 * _DAY_S:
        return f"{seconds / _DAY_S:.0f} d ago"
    return time.strftime("%d %b %y", time.localtime(at))


def result_rows(line: ProviderLine, health: Health, *, cells: int, glyphs: Glyphs) -> list[Row]:
    """What the last test found and what to do."""
    steps = [
        Span(f"{mark(style, glyphs)} {text.line(words)}   ", style)
        for style, words in advice.steps(health, line)
    ]
    if health.duration_s:
        steps.append(Span(advice.milliseconds(health.duration_s), "strong"))
    rows = flow(steps, cells)
    if health.reason:
        rows += flow([Span(text.line(health.reason), "warn" if health.is_well else "bad")], cells)
    if told := advice.what_to_do(health, line):
        rows += flow([Span(f"{glyphs.to} {told}", "accent")], cells)
    return rows


def flow(spans: Sequence[Span], cells: int, *, label: str = "", indent: int = 0) -> list[Row]:
    """Spans over as many rows as they need, broken between spans, and inside one that is wider than a row."""
    room = max(8, cells - indent)
    rows: list[list[Span]] = [[]]
    left = room
    for span in spans:
        said, style = span
        if text.width(said.rstrip()) > left and rows[-1]:
            rows.append([])
            said, left = said.lstrip(), room
        while text.width(said.rstrip()) > left:
            head = text.wrapped(said, left)[0]
            rows[-1].append(Span(head, style))
            rows.append([])
            said, left = said[len(head) :].lstrip(), room
        rows[-1].append(Span(said, style))
        left -= text.width(said)
    return [
        [Span(text.fit(label if not position else "", indent), "dim"), *row] if indent else row
        for position, row in enumerate(rows)
    ]


def spent_rows(spent: Spent, *, cells: int, glyphs: Glyphs) -> list[Row]:
    """What the call with one token said."""
    style = "good" if spent.is_well else "bad"
    head = [Span(f"{mark(style, glyphs)} chat 1 token   ", style), Span(f"{text.line(spent.model)}   ")]
    if spent.is_well:
        cost = {"": "", "unknown": "cost unknown   "}.get(spent.cost_usd, f"${spent.cost_usd}   ")
        head += [Span(text.line(cost), "strong"), Span(f"{text.line(spent.tokens)}   ", "dim")]
        return flow([*head, Span(advice.milliseconds(spent.duration_s), "strong")], cells)
    rows = flow(head, cells) + flow([Span(text.line(spent.reason), "bad")], cells)
    return rows + (
        flow([Span(f"{glyphs.to} {text.line(spent.hint)}", "accent")], cells) if spent.hint else []
    )


def untested(cells: int) -> list[Row]:
    """Before the first test."""
    free = [Span("t", "accent"), Span(" asks without spending: address, key, answer.", "dim")]
    paid = [
        Span("$", "accent"),
        Span(" makes one real call; you pick the model and see its price first.", "dim"),
    ]
    return flow(free, cells) + flow(paid, cells)


def empty_rows(*, is_loaded: bool) -> list[Row]:
    """Where no provider is chosen."""
    if not is_loaded:
        return [[Span("asking the gateway ...", "dim")]]
    return [[Span("There is no provider. ", "dim"), Span("a", "accent"), Span(" adds one.", "dim")]]


def no_keys(line: ProviderLine, keyring: Mapping[str, Any]) -> str:
    """What teaches where a provider has no key."""
    if not line.wants_key:
        return "It needs no key."
    if line.is_usable:
        return "No key is stored; it is called without one. K stores one."
    if keyring.get("state") == "none":
        return "No key, and no keyring here. K shows the three other places:\na variable (env:NAME), a file (file:PATH), the encrypted file."
    return "No key yet. K stores one in the OS keyring,\nI imports those that stand in the environment."


def traffic_words(summary: Mapping[str, Any]) -> dict[str, str]:
    """By provider, what went through it: from `AdminClient.stats(by=["provider"])`."""
    found: dict[str, str] = {}
    for group in summary.get("groups") or ():
        name, totals = str((group.get("key") or {}).get("provider") or ""), group.get("totals") or {}
        calls = int(totals.get("requests") or 0)
        if not calls:
            continue
        said = [f"{calls:,} call{'s' * (calls > 1)}"]
        failed = int(totals.get("failed") or 0)
        if failed:
            said.append(f"{failed:,} failed")
        tokens = int(totals.get("input_tokens") or 0) + int(totals.get("output_tokens") or 0)
        said.append(f"{_short(tokens)} tokens")
        cost = int(totals.get("cost_nanousd") or 0)
        is_floor = totals.get("cost_unknown") or totals.get("cost_partial")
        floor = "at least " if is_floor else ""
        spent = f"{floor}${cost / 1_000_000_000:.4f}" if cost else "cost unknown" if is_floor else "$0"
        said.append(spent)
        found[name] = ", ".join(said)
    return found


def _short(count: int) -> str:
    if count >= 1_000_000:
        return f"{count / 1_000_000:.1f}M"
    return f"{count / 1000:.1f}k" if count >= 1000 else str(count)


def keyring_words(keyring: Mapping[str, Any], glyphs: Glyphs) -> str:
    """`AdminClient.keyring()` in a few words; empty before the first answer."""
    state = str(keyring.get("state") or "")
    if state == "ok":
        backend = str(keyring.get("backend") or "")
        name = next(
            (said for begin, said in BACKENDS if backend.startswith(begin)), text.line(backend) or "OS"
        )
        return f"keyring: {name} {glyphs.tick}"
    return f"keyring: {state} {glyphs.warn}" if state else ""
