"""`aigw-dev stats`: sums over an interval, from the roll-ups, so that they outlive the exchanges themselves."""

import time
from dataclasses import dataclass
from typing import Annotated, Any, Final

import msgspec
import typer

from aigw_dev.cli import log_source, output, stats_categories
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE, CommandError
from aigw_dev.cli.logs import FILTER
from aigw_dev.cli.money import usd
from aigw_dev.cli.place import Place
from aigw_dev.core import harmless
from aigw_dev.core.exchange import MARKS
from aigw_dev.core.operations import OPERATIONS
from aigw_dev.core.rollup import Totals
from aigw_dev.store.stats import GROUPS, SEED_TABLE, Group, Latency, Summary

SEED_HEADER: Final = (
    "PROVIDER(TYPE)", "MODEL@BASEURL", "RESP-TYPE", "TOTAL-REQ", "SUCCESS/FAILED", "AVG-DUR(ms)", "TOKENS(INPUT/OUTPUT)",
)  # fmt: skip
"""The table of `stats --by provider`."""

_PATHS: Final = {operation.name: f"/v1{operation.path}" for operation in OPERATIONS}
_DOUBTS: Final = (
    ("cost_unknown", "without a price"),
    ("cost_partial", "priced in part"),
    ("cost_upper_bound", "at most"),
    ("cost_estimated", "estimated"),
    ("cost_reported", "as the provider reported"),
    ("cost_free", "free"),
)
_LABEL: Final = 11


@dataclass(frozen=True, slots=True, kw_only=True)
class StatsOptions:
    """Over which time, and how divided."""

    by: Annotated[str, typer.Option(metavar="FIELD,...", help=f"Group by {', '.join(GROUPS)}.")] = ""
    since: Annotated[
        str, typer.Option(metavar="TIME", help="From when on: 5m, 24h, 7d ago, or 2026-11-20T10:00.")
    ] = "1h"
    until: Annotated[str, typer.Option(metavar="TIME", help="Until when: as --since.")] = ""


def stats(context: Context, words: FILTER = None, *, options: StatsOptions) -> int:
    """Sum up requests, success, tokens, cost and times.

    Counts every exchange that ended in the interval, also those the log no longer holds. `--by provider` prints a
    line for every provider, model, address and operation, `--by category` what each kind of call used.
    """
    by = tuple(part.strip() for part in options.by.split(",") if part.strip())
    fields = SEED_TABLE if by == ("provider",) else by
    is_by_category = "category" in by and not context.is_json
    if is_by_category:
        fields = (*by, "tier") if "tier" not in by else by
    since = log_source.instant(options.since, "--since")
    until = log_source.instant(options.until, "--until") if options.until else ""
    log = log_source.log_of(Place(context))
    try:
        found = log.totals(log_source.query_of(words), since=since, until=until, by=fields)
    finally:
        log.close()
    if found.until_s <= found.since_s:
        raise CommandError("The interval is empty: --since is not before --until.")
    if context.is_json:
        output.print_json(document(found))
        return DONE
    if not any(group.totals.requests for group in found.groups):
        output.note(f"nothing ended {_interval(found)}; --since 7d looks further back")
    if fields == SEED_TABLE:
        _print_seed(found)
    elif is_by_category:
        _print_categories(found, by)
    elif by:
        _print_groups(found, by)
    else:
        for line in total_lines(found):
            output.say(line)
    return DONE


def document(found: Summary) -> dict[str, Any]:
    """The summary as `--json` prints it: the admin API's, with each group's rate and means."""
    told: dict[str, Any] = msgspec.to_builtins(found)
    for shown, group in zip(told["groups"], found.groups, strict=True):
        totals = group.totals
        shown["success_rate"] = totals.success_rate
        shown["mean_duration_s"] = totals.mean_duration_s
        shown["mean_ttft_s"] = totals.mean_ttft_s
        shown["cost"] = cost(totals)
    return told


def cost(totals: Totals) -> str:
    """The sum with its doubt: `>=` while something has no price, `~` and `<=` for guesses, else `free` or `unknown`."""
    if totals.cost_nanousd == 0 and totals.cost_unknown + totals.cost_partial and not totals.cost_free:
        return "unknown"
    if totals.cost_nanousd == 0 and totals.cost_free:
        return ">=$0" if totals.cost_unknown + totals.cost_partial else "free"
    for counted, status in (
        (totals.cost_unknown + totals.cost_partial, "partial"),
        (totals.cost_estimated, "estimated"),
        (totals.cost_upper_bound, "upper_bound"),
    ):
        if counted:
            return usd(totals.cost_nanousd, status=status)
    return usd(totals.cost_nanousd)


def total_lines(found: Summary) -> list[str]:
    """Everything together, a fact a line."""
    group = found.groups[0]
    totals = group.totals
    marks = [f"{getattr(totals, mark)} {mark}" for mark in MARKS if getattr(totals, mark)]
    doubts = [f"{getattr(totals, field)} {word}" for field, word in _DOUBTS if getattr(totals, field)]
    unsure = f"{usd(totals.cost_unsure_nanousd)} of it unsure" if totals.cost_unsure_nanousd else ""
    estimated = f"{_requests(totals.estimated_usage)} counted by us" if totals.estimated_usage else ""
    cached = f"{totals.cached_input_tokens} cached" if totals.cached_input_tokens else ""
    reasoning = f"{totals.reasoning_tokens} reasoning" if totals.reasoning_tokens else ""
    rows = [
        ("interval", _interval(found)),
        ("requests", f"{totals.requests}  {_rate(found.rate(totals.requests))}/s"),
        ("success", f"{_percent(totals.success_rate)}  {totals.ok} ok, {totals.failed} failed"),
        ("marks", ", ".join(marks)),
        (
            "tokens",
            f"{totals.input_tokens} in, {totals.output_tokens} out{_beside(cached, reasoning, estimated)}",
        ),
        ("cost", f"{cost(totals)}{_beside(unsure, *doubts)}"),
        ("whole", f"{_latency(group.non_stream_latency)}  {_requests(group.non_stream.requests)}"),
        ("streams", f"{_latency(group.stream_latency)}  {_requests(group.stream.requests)}"),
        ("ttft", _latency(group.ttft_latency)),
    ]
    return [f"{label:<{_LABEL}}{text}" for label, text in rows if text]


def seed_row(group: Group) -> list[str]:
    """A line of `stats --by provider`."""
    key, totals = group.key, group.totals
    mean_s = totals.mean_duration_s
    return [
        f"{key['provider'] or '-'}({key['kind'] or '-'})",
        f"{key['request_model'] or '-'}@{key['base_url'] or '-'}",
        _PATHS.get(key["operation"], key["operation"] or "-"),
        str(totals.requests),
        f"{totals.ok}/{totals.failed}",
        "-" if mean_s is None else f"{mean_s * 1000:.0f}",
        f"{totals.input_tokens}/{totals.output_tokens}",
    ]


def _print_seed(found: Summary) -> None:
    rows = [seed_row(group) for group in found.groups]
    if output.is_terminal():
        output.table(SEED_HEADER, rows)
        return
    # In a pipe exactly two spaces stand between cells, so that the header is one known text.
    for row in (SEED_HEADER, *rows):
        output.say("  ".join(harmless.line(cell) for cell in row))


def _print_categories(found: Summary, by: tuple[str, ...]) -> None:
    header = [*(name.upper().replace("_", "-") for name in by), *stats_categories.HEADER]
    rows = [stats_categories.cells(line, by, cost) for line in stats_categories.lines(found.groups, by)]
    output.table(header, rows, right=stats_categories.RIGHT)


def _print_groups(found: Summary, by: tuple[str, ...]) -> None:
    header = [
        "REQUESTS", "OK", "FAILED", "SUCCESS", "INPUT", "OUTPUT", "COST",
        "P50(ms)", "P95(ms)", "STREAM-P50", "STREAM-P95", "TTFT-P50", "TTFT-P95",
    ]  # fmt: skip
    rows = [[*(group.key[name] or "-" for name in by), *_cells(group)] for group in found.groups]
    output.table([*(name.upper().replace("_", "-") for name in by), *header], rows, right=frozenset(header))


def _cells(group: Group) -> list[str]:
    totals = group.totals
    latencies = (group.non_stream_latency, group.stream_latency, group.ttft_latency)
    return [
        str(totals.requests),
        str(totals.ok),
        str(totals.failed),
        _percent(totals.success_rate),
        f"{'~' if totals.estimated_usage else ''}{totals.input_tokens}",
        str(totals.output_tokens),
        cost(totals),
        *(_ms(value) for latency in latencies for value in (latency.p50_s, latency.p95_s)),
    ]


def _interval(found: Summary) -> str:
    start, end = (
        time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at)) for at in (found.since_s, found.until_s)
    )
    wider = " (wider than asked for: older seconds are no longer kept one by one)" if found.is_widened else ""
    return f"from {start} to {end}{wider}"


def _requests(count: int) -> str:
    return f"{count} request{'' if count == 1 else 's'}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share * 100:.1f}%"


def _rate(per_s: float) -> str:
    return f"{per_s:.3g}"


def _latency(latency: Latency) -> str:
    return f"p50 {_ms(latency.p50_s)} ms, p95 {_ms(latency.p95_s)} ms, p99 {_ms(latency.p99_s)} ms"


def _ms(seconds: float | None) -> str:
    """Whole milliseconds; tenths below ten, where a gateway's own time lies."""
    if seconds is None:
        return "-"
    return f"{seconds * 1000:.1f}" if seconds < 0.01 else f"{seconds * 1000:.0f}"  # noqa: PLR2004  -- 10 ms


def _beside(*notes: str) -> str:
    told = ", ".join(filter(None, notes))
    return f"  ({told})" if told else ""
