"""The sums equal the rows: whatever comes late, wherever the process dies, whichever second an interval begins in."""

import random
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, cast

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aigw_dev.core import rollup
from aigw_dev.core.config import Logging
from aigw_dev.core.exchange import Cost, Exchange, Usage
from aigw_dev.core.rollup import COUNTERS, Totals
from aigw_dev.core.units import Images, Units
from aigw_dev.store import stats
from aigw_dev.store.filters import Filter, parse
from aigw_dev.store.migrations import LOG_VERSION
from aigw_dev.store.reader import LogReader
from aigw_dev.store.rollups import DAY_S, Rollups
from aigw_dev.store.tiles import added
from tests.store.making import KEEP_ALL, NOON, batches, exchange, log_reader, quick_log, refused

BEGIN: Final = int(NOON)


def some_exchange(draw: random.Random, ended_s: float) -> Exchange:
    """Traffic of several providers, models and endings."""
    if draw.random() < 0.1:
        return refused(started_at=ended_s - 0.001, consumer=draw.choice(["none", "alice"]))
    duration_s = draw.choice([0.05, 0.5, 2.0, 31.0])
    status = draw.choice([200, 200, 200, 429, 500])
    return exchange(
        started_at=ended_s - duration_s,
        duration_s=duration_s,
        ttft_s=draw.choice([None, 0.2]),
        is_stream=draw.random() < 0.5,
        provider=draw.choice(["openai", "qwen"]),
        request_model=draw.choice(["small", "large"]),
        consumer=draw.choice(["none", "alice", "bob"]),
        route=draw.choice(["", "ai-test"]),
        status=status,
        marks={mark for mark in ("fallback", "cancelled", "broken", "cached") if draw.random() < 0.1},
        usage=draw.choice(
            [None, Usage(input=draw.randrange(5000), output=draw.randrange(900), estimated=True)]
        ),
        units=draw.choice([None, None, _some_units(draw)]),
        cost=draw.choice([Cost(), Cost(status="exact", nanousd=draw.randrange(10**9))]),
    )


def _some_units(draw: random.Random) -> Units:
    return Units(
        images=(Images(draw.randrange(9), draw.choice(["", "1024x1024", "2048x2048"])),),
        audio_in_s=draw.choice([None, draw.random() * 1000]),
        audio_out_s=draw.choice([None, draw.random() * 1000]),
        characters=draw.randrange(5000),
        videos=draw.randrange(2),
        video_s=draw.choice([None, 8.0]),
        searches=draw.randrange(3),
        documents=draw.randrange(100),
        unknown=draw.choice([(), ("audio_in_s",)]),
    )


def brute_force(
    exchanges: Iterable[Exchange], since_s: int, until_s: int
) -> dict[tuple[str, str, str], Totals]:
    """The sums that the roll-ups must equal, from the exchanges themselves."""
    sums: dict[tuple[str, str, str], tuple[int, ...]] = {}
    for one in exchanges:
        if since_s <= rollup.ended_second(one) < until_s:
            key = (one.provider, one.request_model, one.consumer)
            sums[key] = added(
                sums.get(key, (0,) * len(COUNTERS)), rollup.contribution(one, rollup.outcome(one))
            )
    return {key: Totals(*added_up) for key, added_up in sums.items()}


def buckets(exchanges: Iterable[Exchange], since_s: int, until_s: int) -> dict[int, int]:
    found: dict[int, int] = {}
    for one in exchanges:
        if since_s <= rollup.ended_second(one) < until_s and one.is_stream:
            for metric, number in rollup.observations(one, rollup.outcome(one)):
                if metric == rollup.DURATION:
                    found[number] = found.get(number, 0) + 1
    return found


def summed(reader: LogReader, since_s: int, until_s: int) -> dict[tuple[str, str, str], Totals]:
    answer = stats.summary(
        reader, since_s=since_s, until_s=until_s, by=("provider", "model", "consumer"), percentiles=False
    )
    assert isinstance(answer, stats.Summary)
    assert (answer.since_s, answer.until_s, answer.is_widened) == (since_s, until_s, False)
    return {(g.key["provider"], g.key["model"], g.key["consumer"]): g.totals for g in answer.groups}


class World:
    """A log whose clock may jump, whose process may die, and the list of everything that truly happened."""

    def __init__(self, path: Path, seed: int) -> None:
        self.path = path
        self.draw = random.Random(seed)  # noqa: S311 -- the same dice every time
        self.now_s = float(BEGIN)
        self.written: list[Exchange] = []
        self.db = quick_log(path)
        self.writing = batches(self.db)

    def step(self, what: str) -> None:
        getattr(self, what)()

    def traffic(self) -> None:
        ended = [
            some_exchange(self.draw, self.now_s - self.draw.random() * 3)
            for _ in range(self.draw.randrange(1, 9))
        ]
        self.writing.write(ended, [], KEEP_ALL)
        self.written += ended
        self.now_s += self.draw.choice([0.05, 1, 7])

    def late(self) -> None:
        ended = [some_exchange(self.draw, self.now_s - self.draw.choice([20, 300, 7000, 100_000]))]
        self.writing.write(ended, [], KEEP_ALL)
        self.written += ended

    def wait(self) -> None:
        self.now_s += self.draw.choice([1, 14, 61, 901, 3700, 22_000])

    def clock_back(self) -> None:
        self.now_s -= self.draw.choice([5, 90, 4000])

    def fold(self) -> None:
        self.writing.rollups.close_some(self.now_s)

    def fold_all(self) -> None:
        while self.writing.rollups.close_some(self.now_s):
            pass

    def die(self) -> None:
        """The process ends without a word: what was committed is there, the rest is not."""
        self.db.close()
        self.db = quick_log(self.path)
        self.writing = batches(self.db)

    def die_in_a_batch(self) -> None:
        ended = [some_exchange(self.draw, self.now_s)]
        statement = self.draw.choice(
            ["INSERT INTO exchange", "INSERT INTO roll_dim", "INSERT INTO hist", "COMMIT"]
        )
        if self._happens(statement, lambda: self.writing.write(ended, [], KEEP_ALL)):
            # It has no such statement: a failure adds to no histogram.
            self.written += ended

    def die_in_a_fold(self) -> None:
        self._happens(
            self.draw.choice(
                ["INSERT INTO roll SELECT", "INSERT INTO hist_dim SELECT", "INSERT OR REPLACE INTO mark"]
            ),
            lambda: self.writing.rollups.close_some(self.now_s),
        )

    def _happens(self, statement: str, action: Callable[[], object]) -> bool:
        """Interrupt SQLite where it begins this statement; True where it never did."""
        is_there, was_there = False, False

        def watch(text: str) -> None:
            nonlocal is_there, was_there
            is_there = not was_there and text.startswith(statement)
            was_there = was_there or is_there

        self.db.set_trace_callback(watch)
        self.db.set_progress_handler(lambda: is_there, 1)
        try:
            action()
        except sqlite3.OperationalError:
            return False
        finally:
            self.db.set_progress_handler(None, 0)
            self.db.set_trace_callback(None)
        assert not was_there
        return True


STEPS: Final = st.lists(
    st.sampled_from(
        [
            "traffic",
            "traffic",
            "traffic",
            "late",
            "wait",
            "clock_back",
            "fold",
            "fold_all",
            "die",
            "die_in_a_batch",
            "die_in_a_fold",
        ]
    ),
    min_size=3,
    max_size=25,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=STEPS, seed=st.integers(0, 10**6))
def test_any_interval_of_whole_seconds_equals_the_rows(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str], seed: int
) -> None:
    world = World(tmp_path_factory.mktemp("world") / "log.db", seed)
    for step in steps:
        world.step(step)
    reader = log_reader(world.path)
    ends = [rollup.ended_second(one) for one in world.written] or [BEGIN]
    low, high = min(ends), max(ends) + 1
    for _ in range(8):
        since_s, until_s = sorted(
            (world.draw.randrange(low - 2, high + 1), world.draw.randrange(low - 1, high + 2))
        )
        assert summed(reader, since_s, until_s) == brute_force(world.written, since_s, until_s)
        answer = stats.summary(reader, since_s=since_s, until_s=until_s)
        assert isinstance(answer, stats.Summary)
        assert answer.groups[0].stream_latency == stats.latency(buckets(world.written, since_s, until_s))
    reader.close()
    world.db.close()


def test_totals_equal_the_sum_over_groups(tmp_path: Path) -> None:
    world = World(tmp_path / "log.db", 1)
    for step in ["traffic", "wait", "fold_all", "late", "traffic"]:
        world.step(step)
    answer = stats.summary(log_reader(world.path), since_s=0, until_s=world.now_s + 10, percentiles=False)
    assert isinstance(answer, stats.Summary)
    everything = (0,) * len(COUNTERS)
    for totals in brute_force(world.written, 0, int(world.now_s) + 10).values():
        everything = added(everything, msgspec.structs.astuple(totals))
    assert answer.groups[0].totals == Totals(*everything)


def levels(db: sqlite3.Connection) -> dict[int, int]:
    """Requests counted by each level, the same by dim and over everything."""
    rows = db.execute("SELECT level, sum(requests) FROM roll GROUP BY level").fetchall()
    assert rows == db.execute("SELECT level, sum(requests) FROM roll_dim GROUP BY level").fetchall()
    return dict(cast("list[tuple[int, int]]", rows))


def test_tiles_that_are_over_are_summed_up_level_by_level(tmp_path: Path) -> None:
    db = quick_log(tmp_path / "log.db")
    writing = batches(db)
    writing.write([exchange(started_at=NOON, duration_s=0.5)], [], KEEP_ALL)
    assert levels(db) == {1: 1}
    assert writing.rollups.close_some(NOON + 21)
    assert levels(db) == {1: 1, 15: 1}
    assert not writing.rollups.close_some(NOON + 21)
    writing.write([exchange(started_at=NOON + 2 * DAY_S)], [], KEEP_ALL)
    while writing.rollups.close_some(NOON + 2 * DAY_S + 100):
        pass
    assert levels(db) == {1: 2, 15: 2, 60: 2, 900: 1, 3600: 1, 21600: 1, 86400: 1}


def test_an_idle_gateway_writes_nothing(tmp_path: Path) -> None:
    db = quick_log(tmp_path / "log.db")
    writing = batches(db)
    writing.write([exchange()], [], KEEP_ALL)
    while writing.rollups.close_some(NOON + 400 * DAY_S):
        pass
    changes = db.total_changes
    assert not writing.rollups.close_some(NOON + 900 * DAY_S)
    assert db.total_changes == changes


def test_one_step_of_closing_is_small(tmp_path: Path) -> None:
    db = quick_log(tmp_path / "log.db")
    writing = batches(db)
    for second in range(0, 900, 5):
        writing.write([exchange(started_at=NOON + second)], [], KEEP_ALL)
    assert writing.rollups.close_some(NOON + 5000)
    assert levels(db)[15] <= 4 * 3


def test_a_lost_batch_is_written_once_when_it_is_written_again(tmp_path: Path) -> None:
    db = quick_log(tmp_path / "log.db")
    writing = batches(db)
    one = exchange()
    db.execute("CREATE TRIGGER no BEFORE INSERT ON roll BEGIN SELECT raise(ABORT, 'no'); END")
    with pytest.raises(sqlite3.Error):
        writing.write([one], [], KEEP_ALL)
    db.execute("DROP TRIGGER no")
    writing.write([one], [], KEEP_ALL)
    assert levels(db) == {1: 1}
    assert db.execute("SELECT count(*) FROM exchange").fetchone() == (1,)


def pruned_log(path: Path) -> sqlite3.Connection:
    """Four days of traffic, one exchange every 40 minutes, of which only the last day is kept to the second."""
    db = quick_log(path)
    writing = batches(db)
    for minute in range(0, 4 * 1440, 40):
        writing.write([exchange(started_at=NOON + minute * 60 + 7)], [], KEEP_ALL)
    now_s = NOON + 4 * DAY_S
    while writing.rollups.close_some(now_s):
        pass
    while writing.rollups.prune_some(now_s, {1: DAY_S, 15: DAY_S, 60: 2 * DAY_S}, 10):
        pass
    return db


def test_pruning_thins_out_fine_levels_and_answers_from_coarser_ones(tmp_path: Path) -> None:
    db = pruned_log(tmp_path / "log.db")
    everything = 4 * 1440 // 40
    assert levels(db)[1] < everything
    assert levels(db)[60] < everything
    assert levels(db)[900] >= everything - 40
    reader = log_reader(tmp_path / "log.db")
    total = stats.summary(reader, since_s=NOON - DAY_S, until_s=NOON + 5 * DAY_S)
    assert isinstance(total, stats.Summary)
    assert total.groups[0].totals.requests == everything
    assert total.groups[0].non_stream_latency.p50_s == pytest.approx(0.5, rel=0.04)
    assert not total.is_widened
    old = stats.summary(reader, since_s=NOON + 11, until_s=NOON + 3000)
    assert isinstance(old, stats.Summary)
    assert (old.since_s, old.until_s, old.is_widened) == (NOON, NOON + 3600, True)
    assert old.groups[0].totals.requests == 2
    assert LOG_VERSION >= 1
    db.close()


def test_a_row_that_comes_after_its_second_was_pruned_is_still_counted(tmp_path: Path) -> None:
    db = pruned_log(tmp_path / "log.db")
    batches(db).write([exchange(started_at=NOON + 100)], [], KEEP_ALL)
    reader = log_reader(tmp_path / "log.db")
    old = stats.summary(reader, since_s=NOON, until_s=NOON + 900)
    assert isinstance(old, stats.Summary)
    assert old.groups[0].totals.requests == 2
    db.close()


def test_pruning_waits_until_a_days_tile_stands_for_what_goes(tmp_path: Path) -> None:
    db = quick_log(tmp_path / "log.db")
    writing = batches(db)
    writing.write([exchange()], [], KEEP_ALL)
    assert not writing.rollups.prune_some(NOON + 90 * DAY_S, {1: 0, 15: 0, 60: 0}, 100)
    assert Rollups(db).kept == {}
    db.close()


def test_exchanges_that_sampling_leaves_out_are_counted_all_the_same(tmp_path: Path) -> None:
    db = quick_log(tmp_path / "log.db")
    batches(db, draw=lambda: 0.9).write([exchange() for _ in range(10)], [], Logging(sample=0.1))
    assert db.execute("SELECT count(*) FROM exchange").fetchone() == (0,)
    assert levels(db) == {1: 10}
    wanted = parse("provider:openai", now_s=NOON)
    assert isinstance(wanted, Filter)
    found = stats.summary(log_reader(tmp_path / "log.db"), since_s=NOON, until_s=NOON + 9, filter_=wanted)
    assert isinstance(found, stats.Summary)
    assert found.groups[0].totals.requests == 10
    db.close()
