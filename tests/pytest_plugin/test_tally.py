"""Sums over tests, and over workers."""

import json
from decimal import Decimal
from typing import Any

from aigw_dev.pytest_plugin.tally import Tally, row_of

DOCUMENT: dict[str, Any] = {
    "fixture": "f",
    "calls": [
        {"from": "live", "cost_usd": "0.5", "usage": {"input_tokens": 3}},
        {"from": "fixture", "cost_usd": "0.25"},
        {"from": "stub"},
        {"ended_by": "miss"},
    ],
    "misses": [{"text": "m", "code": "fixture_miss"}],
    "unused": ["u"],
}


def test_a_row_tells_spent_from_cost() -> None:
    row = row_of("t", DOCUMENT, mode="auto", interactions=2)
    assert (row["cost"], row["spent"], row["unpriced"]) == ("0.75", "0.5", 1)
    assert (row["calls"], row["live_calls"], row["fixture_calls"], row["stub_calls"]) == (4, 1, 1, 1)
    assert (row["used"], row["unused"], row["misses"], row["tokens"]["input"]) == (1, ["u"], ["m"], 3)


def test_what_nothing_met_is_told() -> None:
    faults = [
        {"id": "f1", "spec": 'http.429@provider:opnai;test="a;b"', "seen": 0, "fired": 0},
        {"id": "f2", "spec": "http.500;test=t;nth=2", "seen": 1, "fired": 0},
        {"id": "f3", "spec": "http.503", "seen": 1, "fired": 1},
    ]
    row = row_of("t", {"faults": faults, "stubs_left": 2}, mode="replay", interactions=0)
    assert row["idle"] == [
        "aigw: fault http.429@provider:opnai fired 0 times: no call of this test matched it",
        "aigw: fault http.500;nth=2 fired 0 times: 1 call matched it, none was struck",
        "aigw: 2 stubs were never asked for",
    ]


def test_a_rerun_counts_once_but_its_money_is_gone_twice() -> None:
    tally = Tally()
    for _ in range(2):
        tally.add(row_of("t", DOCUMENT, mode="auto", interactions=2))
    assert (tally.sum("calls"), tally.cost(), tally.spent) == (4, Decimal("0.75"), Decimal("1.0"))


def test_workers_add_up_as_plain_json() -> None:
    whole = Tally()
    for name in ("a", "b"):
        part = Tally(orphans=["gone"], unchecked="-k", gateways=[{"worker": name}])
        part.add(row_of(name, DOCUMENT, mode="auto", interactions=2))
        whole.merge(json.loads(json.dumps(part.plain())))
    assert set(whole.rows) == {"a", "b"}
    assert whole.spent == Decimal("1.0")
    assert (whole.orphans, whole.unchecked, len(whole.gateways)) == (["gone"], "-k", 2)
