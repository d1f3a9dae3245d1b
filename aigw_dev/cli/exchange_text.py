"""One exchange as text: what happened, the path its route took, its attempts, its times, its cost, what was said.

Takes the exchange as `store.records.as_json` gives it. Every line it makes is harmless.
"""

import itertools
import time
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from aigw_dev.cli import conversation, stats_categories
from aigw_dev.cli.money import ms, usd
from aigw_dev.core import harmless
from aigw_dev.core.routing import draw
from aigw_dev.core.units import Units

_LABEL: Final = 11


def overview(exchange: dict[str, Any]) -> list[str]:
    """The facts in a few lines, label and text."""
    state = exchange["state"]
    how = exchange["outcome"] if state == "ended" else state
    rows: list[tuple[str, str]] = [
        ("exchange", f"{exchange['id']}  {how}"),
        ("time", _when(exchange["started_at"])),
        ("status", _status(exchange)),
        ("marks", " ".join(exchange["marks"])),
        ("error", ": ".join(filter(None, (exchange["error"], exchange["error_text"])))),
        ("model", _model(exchange)),
        ("asked", f"{exchange['method']} {exchange['path']}  {exchange['operation']}"),
        ("route", exchange["route"]),
        ("caller", _caller(exchange)),
        ("took", _took(exchange)),
        ("stream", _stream(exchange)),
        ("tokens", _tokens(exchange["usage"])),
        ("units", _units(exchange.get("units"))),
        ("cost", _cost(exchange)),
        ("gateway", _gateway(exchange)),
    ]
    return [f"{label:<{_LABEL}}{harmless.line(text)}" for label, text in rows if text]


def path(exchange: dict[str, Any], *, width: int, is_ascii: bool) -> list[str]:
    """The drawing of the decision that a route took, with the values it saw; empty where none decided."""
    decision = exchange["decision"]
    if not decision:
        return []
    try:
        drawn = draw.stored(msgspec.json.encode(decision), width=width, ascii=is_ascii)
    except msgspec.MsgspecError:
        return ["this decision was stored by another version and cannot be drawn; --json shows it"]
    return drawn.split("\n")


def attempts(exchange: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Header and rows: every upstream call with its own status, key and times (ms since the exchange began)."""
    header = ["#", "WHY", "TARGET", "KEY", "STATUS", "START", "FIRST", "END", "ERROR"]
    rows = [
        [
            str(one["number"]),
            one["reason"],
            f"{one['provider']}/{one['request_model']}".removesuffix("/"),
            one["key_name"] or "-",
            "-" if one["status"] is None else str(one["status"]),
            ms(one["started_s"]),
            ms(one["first_byte_s"]),
            ms(one["ended_s"]),
            _attempt_error(one) or "-",
        ]
        for one in exchange["attempts"]
    ]
    return header, rows


_SOCKET: Final = 101
"""The status of an exchange that became a WebSocket."""


def request(exchange: dict[str, Any]) -> list[str]:
    """What was asked."""
    if "request_body_base64" in exchange:
        return [f"{exchange['request_bytes']} bytes that are no text"]
    return conversation.request_lines(exchange["request_body"], is_kept=exchange["request_bytes"] > 0)


def response(exchange: dict[str, Any]) -> list[str]:
    """What was answered."""
    assembled: dict[str, Any] = exchange["assembled"] or {}
    if "response_body_base64" in exchange and not any(assembled.values()):
        return [f"{exchange['response_bytes']} bytes that are no text"]
    if exchange["status"] == _SOCKET and exchange["response_body"]:
        return conversation.socket_lines(exchange["response_body"])
    return conversation.reply_lines(exchange["assembled"], exchange["response_body"])


def raw(body: str | None) -> list[str]:
    """A body as it was sent, line by line."""
    return ["not recorded"] if body is None else harmless.block(body).rstrip("\n").split("\n")


def headers(pairs: Iterable[Sequence[str]]) -> list[str]:
    """`name: value` lines."""
    return [harmless.line(f"{name}: {value}") for name, value in pairs]


def ledger(exchange: dict[str, Any]) -> list[str]:
    """What translation approximated, dropped and invented, a line each, and what crossed whole."""
    stored: dict[str, Any] = exchange["ledger"] or {}
    if not stored:
        return []
    lines = [f"{stored.get('from', '?')} to {stored.get('to', '?')}"]
    lines += [
        f"{one['fate']:<13}{one['field']}: {one['how']}" + (" (reply)" if one["side"] == "reply" else "")
        for one in stored.get("entries", [])
    ]
    if stored.get("omitted"):
        lines.append(f"and {stored['omitted']} more")
    if stored.get("kept"):
        lines.append(f"{'kept':<13}{', '.join(stored['kept'])}")
    return [harmless.line(line) for line in lines]


def violations(exchange: dict[str, Any]) -> list[str]:
    """What the provider's stream did that its protocol forbids."""
    return [harmless.line(text) for text in exchange["violations"]]


def _status(exchange: dict[str, Any]) -> str:
    if exchange["state"] != "ended":
        return "still running" if exchange["state"] == "open" else "its gateway died before it ended"
    finish = f"  finish {exchange['finish']}" if exchange["finish"] else ""
    return f"{exchange['status']}{finish}"


def _when(at: float) -> str:
    moment = time.localtime(at)
    return f"{time.strftime('%Y-%m-%d %H:%M:%S', moment)}.{int(at * 1000) % 1000:03d} {time.strftime('%z', moment)}"


def _model(exchange: dict[str, Any]) -> str:
    asked, sent, answered = (exchange[f"{which}_model"] for which in ("original", "request", "response"))
    if not exchange["provider"]:
        return f"{asked} (nothing was sent)" if asked else ""
    target = f"{exchange['provider']}/{sent}".removesuffix("/")
    notes = [
        f"asked for as {asked}" if asked not in {"", target} else "",
        f"answered by {answered}" if answered not in {"", sent} else "",
    ]
    key = f"  key {exchange['key_name']}" if exchange["key_name"] else ""
    told = ", ".join(filter(None, notes))
    return f"{target}{f' ({told})' if told else ''}{key}"


def _caller(exchange: dict[str, Any]) -> str:
    parts = [
        f"consumer {exchange['consumer']}",
        f"run {exchange['run']}" if exchange["run"] else "",
        f"session {exchange['session']}" if exchange["session"] else "",
        exchange["client"],
    ]
    return "  ".join(filter(None, parts))


def _took(exchange: dict[str, Any]) -> str:
    if exchange["state"] != "ended":
        return ""
    first = f", first packet after {ms(exchange['ttft_s'])} ms" if exchange["ttft_s"] is not None else ""
    size = f"  {exchange['request_bytes']} bytes in, {exchange['response_bytes']} out"
    return f"{ms(exchange['duration_s'])} ms{first}{size}"


def _stream(exchange: dict[str, Any]) -> str:
    """How the pieces came: how many, and the longest wait for one."""
    timing = exchange["timing"]
    if exchange["status"] == _SOCKET:
        return ""
    if not timing or not timing["at_us"]:
        return "asked for, nothing came" if exchange["is_stream"] and exchange["state"] == "ended" else ""
    at_us: list[int] = timing["at_us"]
    count = f"{len(at_us)} chunk{'' if len(at_us) == 1 else 's'}"
    gaps = [(after - before, number) for number, (before, after) in enumerate(itertools.pairwise(at_us), 2)]
    if not gaps:
        return count
    longest, number = max(gaps)
    return (
        f"{count}, longest gap {ms(longest / 1e6)} ms before chunk {number}, last at {ms(at_us[-1] / 1e6)} ms"
    )


def _tokens(usage: dict[str, Any] | None) -> str:
    if usage is None:
        return ""
    inside = [
        f"{usage.get(key, 0)} {word}"
        for key, word in (("cached_input", "cached"), ("cache_write", "written to the cache"))
        if usage.get(key)
    ]
    outside = f" ({usage['reasoning']} reasoning)" if usage.get("reasoning") else ""
    doubt = "  estimated: the provider sent no usage" if usage.get("estimated") else ""
    of_input = f" ({', '.join(inside)})" if inside else ""
    return f"{usage.get('input', 0)} in{of_input}, {usage.get('output', 0)} out{outside}{doubt}"


def _units(units: dict[str, Any] | None) -> str:
    return stats_categories.of_one(msgspec.convert(units, Units)) if units else ""


def _cost(exchange: dict[str, Any]) -> str:
    if exchange["cost_status"] is None:
        return ""
    found = exchange["cost"]
    price = f"  price {found['price_id']}" if found["price_id"] else ""
    reason = f"  {found['reason']}" if found["reason"] else ""
    amount = usd(found["nanousd"], status=found["status"])
    status = "" if amount == found["status"] else f"  {found['status']}"
    return f"{amount}{status}{price}{reason}"


def _gateway(exchange: dict[str, Any]) -> str:
    config = f"  config {exchange['deployment'][:12]}" if exchange["deployment"] else ""
    return f"{exchange['gateway']}{config}  trace {exchange['trace_id']}"


def _attempt_error(one: dict[str, Any]) -> str:
    wait = f" (retry after {one['retry_after_s']:g} s)" if one["retry_after_s"] is not None else ""
    text = ": ".join(filter(None, (one["error"], one["error_text"])))
    known = f"  [{one['upstream_request_id']}]" if text and one["upstream_request_id"] else ""
    return f"{text}{wait}{known}"
