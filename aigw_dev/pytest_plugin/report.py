"""What a session tells at its end: the section `aigw` of pytest's summary, and the report file."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from aigw_dev.pytest_plugin.options import LIVE_MODES, Settings
from aigw_dev.pytest_plugin.tally import Row, Tally

_SHOWN: Final = 10


def lines(tally: Tally, settings: Settings) -> Iterator[str]:
    """The summary, line by line; nothing where no test used the gateway and nothing was asked for."""
    if tally.rows:
        yield _counts(tally, settings)
    yield from _listed("written", [row["written"] for row in tally.rows.values() if row["written"]])
    yield from _listed(
        "unused interactions",
        [f"{row['test']}: {_first_line(text)}" for row in tally.rows.values() for text in row["unused"]],
    )
    yield from _listed(
        "faults and stubs that nothing met",
        [f"{row['test']}: {_first_line(text)}" for row in tally.rows.values() for text in row["idle"]],
    )
    yield from _listed(
        "stale",
        [f"{row['fixture']} ({row['stale_days']} days)" for row in tally.rows.values() if row["stale_days"]],
    )
    if any(row["stale_days"] for row in tally.rows.values()):
        yield "  record them again: --aigw=record --aigw-refresh=stale"
    yield from _listed(
        "attempts to leave this machine, refused",
        [f"{row['test']}: {each}" for row in tally.rows.values() for each in row["egress"]],
    )
    yield from _listed("deleted", tally.pruned)
    kept = [each for each in tally.orphans if each not in tally.pruned]
    yield from _listed("orphans (their test is gone)", kept)
    if kept:
        yield "  delete them: --aigw-prune"
    if tally.unchecked and (settings.is_pruning or settings.report):
        yield f"orphans were not looked for: {tally.unchecked}"


def write(tally: Tally, settings: Settings) -> Path | None:
    """Write `aigw-report.md` or `.json` into rootdir, if asked for; where."""
    if settings.report is None:
        return None
    path = settings.root / f"aigw-report.{settings.report}"
    if settings.report == "json":
        document = {"mode": settings.mode, "dir": settings.directory.as_posix()} | tally.plain()
        text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    else:
        text = "\n".join(_markdown(tally, settings)) + "\n"
    path.write_text(text, encoding="utf-8")
    return path


def _counts(tally: Tally, settings: Settings) -> str:
    live = tally.sum("live_calls")
    parts = [
        f"{settings.mode}: {_of(len(tally.rows), 'test')}, {_of(tally.sum('calls'), 'call')}",
        f"{tally.sum('fixture_calls')} replayed, {live} live, {tally.sum('stub_calls')} stubbed",
        f"{tally.sum('used')} of {_of(tally.sum('interactions'), 'interaction')} used",
        f"cost ${_money(tally)}",
    ]
    if live or settings.mode in LIVE_MODES:
        limit = f" of ${settings.cost_limit}" if settings.cost_limit is not None else ""
        parts.append(f"spent ${tally.spent.normalize():f}{limit}")
    missed = sum(bool(row["misses"]) for row in tally.rows.values())
    if missed:
        parts.append(f"{_of(missed, 'test')} with misses")
    return "; ".join(parts)


def _markdown(tally: Tally, settings: Settings) -> Iterator[str]:
    yield "# aigw"
    yield ""
    yield from (f"- {line.strip()}" for line in lines(tally, settings))
    for gateway in tally.gateways:
        yield f"- gateway {gateway['url']} (pid {gateway['pid']}, {gateway['mode']}) of {gateway['worker'] or 'the session'}"
    yield ""
    yield "| test | mode | calls | live | used | unused | cost USD | spent USD |"
    yield "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    yield from (_markdown_row(tally.rows[test]) for test in sorted(tally.rows))


def _markdown_row(row: Row) -> str:
    name = row["test"].replace("|", "\\|")
    used = f"{row['used']}/{row['interactions']}"
    cells = [
        f"`{name}`",
        row["mode"],
        row["calls"],
        row["live_calls"],
        used,
        len(row["unused"]),
        row["cost"],
        row["spent"],
    ]
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def _listed(title: str, entries: list[str]) -> Iterator[str]:
    found = sorted(set(entries))
    if found:
        yield f"{title}: {len(found)}"
        yield from (f"  {entry}" for entry in found[:_SHOWN])
    if len(found) > _SHOWN:
        yield f"  and {len(found) - _SHOWN} more"


def _money(tally: Tally) -> str:
    unpriced = tally.sum("unpriced")
    return f"{tally.cost().normalize():f}" + (
        f" ({_of(unpriced, 'call')} without a price)" if unpriced else ""
    )


def _of(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")
