"""What a session adds up over its tests: plain JSON, so that xdist's workers can hand it to their controller."""

import dataclasses
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final, cast

from aigw_dev.pytest_plugin.calls import decimal_or_none

_OF_TEST: Final = re.compile(r""";test=(?:"(?:[^"\\]|\\.)*"|[^;]*)""")
"""What a fault's text says of the test that it belongs to."""
Row = dict[str, Any]
"""One test: test, fixture, mode, calls, fixture_calls, live_calls, stub_calls, unpriced, cost, spent, tokens, interactions,
used, unused, idle, misses, egress, written, stale_days. A rerun replaces it; what it spent stays."""


@dataclasses.dataclass(slots=True)
class Tally:
    """The sums, and the tests they come from."""

    rows: dict[str, Row] = dataclasses.field(default_factory=dict[str, Row])
    gateways: list[dict[str, Any]] = dataclasses.field(default_factory=list[dict[str, Any]])
    """Each with worker, url, pid, mode."""
    orphans: list[str] = dataclasses.field(default_factory=list[str])
    """Fixtures whose test is gone."""
    unchecked: str = ""
    """Why orphans were not looked for; empty = they were, or there was nothing to look for."""
    pruned: list[str] = dataclasses.field(default_factory=list[str])
    spent: Decimal = Decimal(0)
    """USD paid to providers, over all attempts at all tests."""
    worker: str = ""

    def add(self, row: Row) -> None:
        """A test has ended."""
        self.rows[row["test"]] = row
        self.spent += Decimal(row["spent"])

    def plain(self) -> dict[str, Any]:
        """For `workeroutput`, and for the JSON report."""
        return {
            "tests": list(self.rows.values()),
            "gateways": self.gateways,
            "orphans": self.orphans,
            "orphans_not_checked": self.unchecked,
            "pruned": self.pruned,
            "spent_usd": str(self.spent),
        }

    def merge(self, plain: dict[str, Any]) -> None:
        """Take in what a worker has added up."""
        for row in plain["tests"]:
            self.rows[row["test"]] = row
        self.spent += Decimal(plain["spent_usd"])
        self.gateways += plain["gateways"]
        self.orphans = sorted({*self.orphans, *plain["orphans"]})
        self.pruned = sorted({*self.pruned, *plain["pruned"]})
        self.unchecked = self.unchecked or plain["orphans_not_checked"]

    def sum(self, name: str) -> int:
        """A count over all tests."""
        return sum(int(row[name]) for row in self.rows.values())

    def cost(self) -> Decimal:
        """USD that the calls cost, or would have."""
        return sum((Decimal(row["cost"]) for row in self.rows.values()), Decimal(0))


def row_of(test: str, document: dict[str, Any], *, mode: str, interactions: int) -> Row:
    """A test's row, from the gateway's document of its end."""
    calls: list[dict[str, Any]] = document.get("calls") or []
    costs = [decimal_or_none(call.get("cost_usd")) for call in calls]
    sources = [str(call.get("from") or "") for call in calls]
    spent = (
        cost for cost, source in zip(costs, sources, strict=True) if source == "live" and cost is not None
    )
    unused: list[Any] = document.get("unused") or []
    return {
        "test": test,
        "fixture": str(document.get("fixture") or ""),
        "mode": mode,
        "calls": len(calls),
        "fixture_calls": sources.count("fixture"),
        "live_calls": sources.count("live"),
        "stub_calls": sources.count("stub"),
        "unpriced": sum(cost is None and bool(source) for cost, source in zip(costs, sources, strict=True)),
        "cost": str(sum((cost for cost in costs if cost is not None), Decimal(0))),
        "spent": str(sum(spent, Decimal(0))),
        "tokens": {
            name: sum(_tokens(call, name) for call in calls) for name in ("input", "output", "cached")
        },
        "interactions": interactions,
        "used": max(0, interactions - len(unused)),
        "unused": texts_of(unused),
        "idle": list(_idle(document)),
        "misses": texts_of(document.get("misses")),
        "egress": [],
        "written": str(document.get("written") or ""),
        "stale_days": 0,
    }


def texts_of(entries: Any) -> list[str]:
    """The words of misses, unused interactions and the like: each a text, or an object with one."""
    rows: list[Any] = entries or []
    return [
        str(cast("dict[str, Any]", row).get("text", cast("object", row)) if isinstance(row, dict) else row)
        for row in rows
    ]


def _idle(document: dict[str, Any]) -> Iterator[str]:
    """What a test laid out and nothing met: faults that never fired, stubs that were never asked for."""
    faults: list[dict[str, Any]] = document.get("faults") or []
    for fault in faults:
        if fault.get("fired") != 0:
            continue
        named = _OF_TEST.sub("", str(fault.get("spec") or fault.get("fault") or fault.get("id") or ""))
        seen = int(fault.get("seen") or 0)
        why = (
            f"{_of(seen, 'call')} matched it, none was struck" if seen else "no call of this test matched it"
        )
        yield f"aigw: fault {named} fired 0 times: {why}"
    left = int(document.get("stubs_left") or 0)
    if left:
        yield f"aigw: {_of(left, 'stub')} {'was' if left == 1 else 'were'} never asked for"


def _of(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _tokens(call: dict[str, Any], name: str) -> int:
    usage: dict[str, Any] = call.get("usage") or {}
    return int(usage.get(f"{name}_tokens") or 0)
