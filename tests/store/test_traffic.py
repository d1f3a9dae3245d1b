"""What went through a route is counted by node and by target, quickly, and only where it fits the flow in force."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from aigw_dev.core.exchange import Exchange
from aigw_dev.core.routing.flow import CompiledRoute
from aigw_dev.store.filters import Filter
from aigw_dev.store.traffic import TargetTraffic, Traffic, traffic
from tests.core.routing.test_traffic import FLOW, compiled, decided
from tests.store.making import attempt, exchange, log_reader, quick_log, write
from tests.store.test_find import wanted

ROUTE: CompiledRoute = compiled(FLOW)


def call(tier: str = "pro", draw: float = 0.0, **fields: Any) -> Exchange:
    """A call that the route decided."""
    decision = decided(FLOW, tier, draw)
    first = attempt("mock", node=decision.targets[0].node)
    known = {"route": "r", "decision": msgspec.json.encode(decision), "attempts": [first]}
    return exchange(**(known | fields))


def counted(folder: Path, made: list[Exchange], within: Filter | None = None, **more: Any) -> Traffic:
    write(folder / "log.db", made)
    return traffic(log_reader(folder / "log.db"), ROUTE, within or Filter(), **more)


def test_calls_are_counted_at_every_node_they_passed(tmp_path: Path) -> None:
    failed = attempt("mock", node="flow.else.split.1", status=500, error="upstream_status")
    bad = call("free", 0.9, status=500, error="upstream_status", attempts=[failed])
    made = [
        call(),
        call(),
        call("free"),
        bad,
        call(route="other"),
    ]
    found = counted(tmp_path, [*made, exchange()])
    assert (found.calls, found.errors, found.misfits, found.is_complete) == (4, 1, 0, True)
    assert found.nodes == {
        "flow": 4,
        "flow.then": 2,
        "flow.else": 2,
        "flow.else.split.0": 1,
        "flow.else.split.1": 1,
    }
    assert found.node_errors == {"flow": 1, "flow.else": 1, "flow.else.split.1": 1}
    assert {node: (one.attempts, one.errors) for node, one in found.targets.items()} == {
        "flow.then": (2, 0), "flow.else.split.0": (1, 0), "flow.else.split.1": (1, 1),
    }  # fmt: skip


def test_retries_and_fallbacks_are_counted_at_their_targets(tmp_path: Path) -> None:
    failed = attempt("mock", node="flow.then", status=429, error="upstream_status")
    again = attempt("mock", number=2, node="flow.then", status=None, error="connect_failed", reason="retry")
    other = attempt("qwen", number=3, node="flow.then.fallback.0", reason="fallback")
    found = counted(tmp_path, [call(attempts=[failed, again, other], marks={"fallback", "retried"})] * 1)
    assert found.targets == {
        "flow.then": TargetTraffic(attempts=2, errors=2, retries=1),
        "flow.then.fallback.0": TargetTraffic(attempts=1, fallbacks=1),
    }


def test_what_another_flow_decided_is_a_misfit(tmp_path: Path) -> None:
    old = msgspec.json.encode(decided({"send": "mock/echo"}))
    found = counted(tmp_path, [call(decision=old), call(decision=b""), call(decision=b"{}"), call()])
    assert (found.calls, found.misfits, found.nodes["flow"]) == (4, 3, 1)


def test_only_the_interval_counts_and_running_calls_do_not(tmp_path: Path) -> None:
    made = [call(), call(started_at=call().started_at + 3590)]
    found = counted(tmp_path, made, wanted("since:1m"))
    assert found.calls == 1
    db = quick_log(tmp_path / "log.db")
    db.execute("UPDATE exchange SET state=1")
    db.close()
    assert traffic(log_reader(tmp_path / "log.db"), ROUTE, Filter()).calls == 0


def test_the_newest_count_when_the_time_is_up(tmp_path: Path) -> None:
    found = counted(tmp_path, [call() for _ in range(600)], budget_s=0)
    assert not found.is_complete
    assert 0 < found.calls < 600


def test_what_cannot_be_read_counts_as_a_misfit(tmp_path: Path) -> None:
    write(tmp_path / "log.db", [call(), call()])
    db = quick_log(tmp_path / "log.db")
    db.execute("UPDATE content SET detail='no json' WHERE seq=1")
    db.execute("DELETE FROM content WHERE seq=2")
    db.execute("UPDATE exchange SET decision=0")
    db.close()
    assert traffic(log_reader(tmp_path / "log.db"), ROUTE, Filter()).misfits == 2


@pytest.mark.parametrize("has_log", [True, False])
def test_a_route_that_nobody_called_has_no_traffic(tmp_path: Path, has_log: bool) -> None:
    if has_log:
        write(tmp_path / "log.db", [exchange(route="other")])
    assert traffic(log_reader(tmp_path / "log.db"), ROUTE, Filter()) == Traffic(route="r")
