"""A line of the list shows more than its row, and costs little."""

import sqlite3
from pathlib import Path
from typing import Any

import msgspec

from aigw_dev.core.routing.trace import Decision, IfStep, SendStep, Target
from aigw_dev.store import listing
from aigw_dev.store.filters import Filter
from aigw_dev.store.records import Entry
from tests.store.making import attempt, exchange, log_reader, quick_log, refused, write


def decision(*answers: bool) -> bytes:
    """A decision that took these turns."""
    steps = [
        IfStep(node="flow", condition="stream", observations=(), result=one, not_taken="x") for one in answers
    ]
    trace = (*steps, SendStep(node="flow.then"))
    return msgspec.json.encode(
        Decision(route="r", targets=(Target(provider="mock", model="echo"),), trace=trace)
    )


def shown(path: Path, **fields: Any) -> Entry:
    write(path, [exchange(**fields)])
    return listing.between(log_reader(path), Filter(), first=1, last=99)[-1]


def test_the_way_through_the_route_is_there_shared_or_not(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    write(path, [exchange(route="r", decision=decision(False, False, True)) for _ in range(4)])
    write(path, [exchange(route="r", decision=decision(True))])
    entries = listing.between(log_reader(path), Filter(), first=1, last=9)
    assert [entry.path for entry in entries] == ["F·F·T"] * 4 + ["T"]
    assert shown(tmp_path / "direct.db").path == ""
    assert shown(tmp_path / "odd.db", route="r", decision=b"{}").path == ""


def test_the_providers_own_status_is_that_of_the_last_attempt(tmp_path: Path) -> None:
    failed = attempt(status=429)
    gone = attempt(number=2, status=None, error="connect_failed")
    assert shown(tmp_path / "a.db", attempts=[failed, attempt(number=2)]).upstream_status == 200
    assert shown(tmp_path / "b.db", attempts=[failed], status=502).upstream_status == 429
    assert shown(tmp_path / "c.db", attempts=[failed, gone], status=502).upstream_status is None
    write(tmp_path / "d.db", [refused()])
    (entry,) = listing.between(log_reader(tmp_path / "d.db"), Filter(), first=1, last=1)
    assert entry.upstream_status is None


def test_what_was_sent_again_names_what_it_repeats(tmp_path: Path) -> None:
    assert shown(tmp_path / "a.db", replay_of="aa11").replay_of == "aa11"
    assert shown(tmp_path / "b.db").replay_of == ""


def test_what_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    write(path, [exchange(replay_of="aa11"), exchange(replay_of="aa11")])
    db: sqlite3.Connection = quick_log(path)
    db.execute("UPDATE content SET detail='no json' WHERE seq=1")
    db.execute("DELETE FROM content WHERE seq=2")
    entries = listing.between(log_reader(path), Filter(), first=1, last=9)
    assert [(entry.replay_of, entry.upstream_status) for entry in entries] == [("", None)] * 2
