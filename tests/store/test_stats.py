from pathlib import Path

import pytest

from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Cost, Exchange, Usage
from aigw_dev.core.units import Units
from aigw_dev.store import stats
from aigw_dev.store.filters import Filter, parse
from aigw_dev.store.reader import LogReader
from aigw_dev.store.stats import Series, Summary
from tests.store.making import KEEP_ALL, NOON, batches, exchange, log_reader, quick_log, refused, write


def wanted(text: str) -> Filter:
    found = parse(text, now_s=NOON)
    assert isinstance(found, Filter)
    return found


def summary(
    reader: LogReader, since_s: float = NOON, until_s: float = NOON + 60, **options: object
) -> Summary:
    found = stats.summary(reader, since_s=since_s, until_s=until_s, **options)  # pyright: ignore[reportArgumentType] - test's own options
    assert isinstance(found, Summary), found
    return found


def series(reader: LogReader, since_s: float, until_s: float, step_s: int, **options: object) -> Series:
    found = stats.series(reader, since_s=since_s, until_s=until_s, step_s=step_s, **options)  # pyright: ignore[reportArgumentType] - test's own options
    assert isinstance(found, Series), found
    return found


@pytest.fixture
def reader(tmp_path: Path) -> LogReader:
    made: list[Exchange] = [
        exchange(started_at=NOON + second, duration_s=0.2 + second / 100) for second in range(10)
    ]
    made += [
        exchange(
            started_at=NOON + 10,
            is_stream=True,
            duration_s=4.0,
            ttft_s=0.3,
            provider="qwen",
            consumer="alice",
        )
    ]
    made += [exchange(started_at=NOON + 11, status=500, provider="qwen"), refused(started_at=NOON + 12)]
    made += [
        exchange(
            started_at=NOON + 13, usage=Usage(input=1, output=2, estimated=True), cost=Cost(), attempts=[]
        )
    ]
    write(tmp_path / "log.db", made)
    return log_reader(tmp_path / "log.db")


def test_everything_together_is_one_group(reader: LogReader) -> None:
    (group,) = summary(reader).groups
    totals = group.totals
    assert (totals.requests, totals.ok, totals.failed) == (14, 12, 2)
    assert totals.success_rate == pytest.approx(12 / 14)
    assert (group.stream.requests, group.non_stream.requests) == (1, 13)
    assert group.ttft_latency.p95_s == pytest.approx(0.3, rel=0.04)
    assert group.stream_latency.p50_s == pytest.approx(4.0, rel=0.04)
    assert group.non_stream_latency.p50_s == pytest.approx(0.25, rel=0.2)
    assert (totals.cost_unknown, totals.estimated_usage) == (1, 1)


def test_the_seeds_table_comes_by_provider_model_and_address(reader: LogReader) -> None:
    groups = summary(reader, by=stats.SEED_TABLE).groups
    rows = [(*group.key.values(), group.totals.requests, group.totals.ok, group.totals.failed, group.totals.input_tokens)
            for group in groups]  # fmt: skip
    assert rows == [
        (
            "openai",
            "openai",
            "gpt-4o-mini",
            "https://openai.test/v1",
            "openai.chat.completions",
            10,
            10,
            0,
            570,
        ),
        ("qwen", "qwen", "gpt-4o-mini", "https://qwen.test/v1", "openai.chat.completions", 2, 1, 1, 114),
        ("", "", "gpt-4o-mini", "", "openai.chat.completions", 1, 0, 1, 0),
        ("openai", "", "gpt-4o-mini", "", "openai.chat.completions", 1, 1, 0, 1),
    ]
    assert groups[0].totals.mean_duration_s == pytest.approx(0.245)


def test_groups_and_filters_go_together(reader: LogReader) -> None:
    groups = summary(reader, by=("consumer", "stream"), filter_=wanted("provider:qwen")).groups
    assert [(group.key, group.totals.requests) for group in groups] == [
        ({"consumer": "alice", "stream": "yes"}, 1),
        ({"consumer": "none", "stream": "no"}, 1),
    ]
    (group,) = summary(reader, filter_=wanted("provider:nobody")).groups
    assert group.totals.requests == 0


def test_an_interval_has_whole_seconds_and_its_end_outside(reader: LogReader) -> None:
    found = summary(reader, NOON + 2.9, NOON + 4.1)
    assert (found.since_s, found.until_s) == (NOON + 2, NOON + 5)
    assert found.groups[0].totals.requests == 3
    assert found.rate(found.groups[0].totals.requests) == 1.0
    assert summary(reader, NOON + 5, NOON + 5).rate(7) == 7


def test_a_series_has_a_point_for_every_step(reader: LogReader) -> None:
    found = series(reader, NOON - 4, NOON + 15, 5)
    assert [(point.start_s - NOON, point.totals.requests) for point in found.points] == [
        (-5, 0),
        (0, 5),
        (5, 5),
        (10, 4),
    ]
    assert found.points[3].stream.requests == 1
    assert sum(point.totals.requests for point in series(reader, NOON, NOON + 20, 1).points) == 14


def test_a_series_by_group_has_points_where_something_happened(reader: LogReader) -> None:
    found = series(reader, NOON, NOON + 15, 15, by=("provider",), filter_=wanted("-provider:openai"))
    assert [(point.key["provider"], point.totals.requests) for point in found.points] == [
        ("", 1),
        ("qwen", 2),
    ]


def test_a_series_over_closed_tiles_equals_one_over_seconds(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    made = [exchange(started_at=NOON + 7 * number) for number in range(900)]
    write(path, made)
    before = series(log_reader(path), NOON, NOON + 6300, 60)
    db = quick_log(path)
    rollups = batches(db).rollups
    while rollups.close_some(NOON + 90_000):
        pass
    after = series(log_reader(path), NOON, NOON + 6300, 60)
    assert after == before
    assert len(series(log_reader(path), NOON, NOON + 6300, 90).points) == 70
    db.close()


def test_a_series_is_coarser_where_fine_tiles_are_gone(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    db = quick_log(path)
    writing = batches(db)
    for day in range(4):
        writing.write([exchange(started_at=NOON + day * 86_400)], [], KEEP_ALL)
    while writing.rollups.close_some(NOON + 5 * 86_400):
        pass
    while writing.rollups.prune_some(NOON + 5 * 86_400, {1: 86_400, 15: 86_400, 60: 86_400}, 100):
        pass
    found = series(log_reader(path), NOON, NOON + 900, 5)
    assert (found.step_s, found.points[0].totals.requests) == (900, 1)
    db.close()


@pytest.mark.parametrize("by", [("colour",), ("provider", "seq")])
def test_there_is_no_grouping_by_what_is_not_counted_apart(reader: LogReader, by: tuple[str, ...]) -> None:
    for found in (
        stats.summary(reader, since_s=0, until_s=1, by=by),
        stats.series(reader, since_s=0, until_s=1, step_s=1, by=by),
    ):
        assert isinstance(found, Refusal)
        assert "there is gateway" in found.message


@pytest.mark.parametrize("text", ["status:500", "declined", "error:x"])
def test_statistics_refuse_a_filter_they_cannot_keep(reader: LogReader, text: str) -> None:
    found = stats.summary(reader, since_s=0, until_s=1, filter_=wanted(text))
    assert isinstance(found, Refusal)
    assert "can be filtered by" in found.message


@pytest.mark.parametrize(("until_s", "step_s"), [(10_000, 1), (10, 0)])
def test_a_series_of_too_many_steps_is_refused(reader: LogReader, until_s: float, step_s: int) -> None:
    assert isinstance(stats.series(reader, since_s=0, until_s=until_s, step_s=step_s), Refusal)


def test_a_log_that_is_not_there_has_no_numbers(tmp_path: Path) -> None:
    reader = log_reader(tmp_path / "none.db")
    assert summary(reader).groups == []
    assert series(reader, NOON, NOON + 10, 1).points == []


def test_percentiles_can_be_left_out(reader: LogReader) -> None:
    assert summary(reader, percentiles=False).groups[0].non_stream_latency.p50_s is None


def test_categories_are_told_apart_in_totals_and_series(tmp_path: Path) -> None:
    made = [
        exchange(),
        exchange(operation="openai.embeddings", started_at=NOON + 61),
        exchange(operation="rerank", units=Units(searches=2)),
        exchange(operation="openai.realtime", is_stream=True),
        exchange(operation="openai.files"),
    ]
    write(tmp_path / "log.db", made)
    reader = log_reader(tmp_path / "log.db")
    found = summary(reader, NOON, NOON + 120, by=("category",))
    counted = {
        group.key["category"]: (group.totals.requests, group.totals.searches) for group in found.groups
    }
    assert counted == {
        "chat": (1, 0),
        "embedding": (1, 0),
        "rerank": (1, 2),
        "realtime": (1, 0),
        "other": (1, 0),
    }
    points = series(reader, NOON, NOON + 120, 60, by=("category", "provider"))
    assert [one.key["category"] for one in points.points if one.start_s > NOON] == ["embedding"]


@pytest.mark.parametrize("by", [(), ("provider",)])
def test_a_series_has_percentiles_where_they_are_asked_for(reader: LogReader, by: tuple[str, ...]) -> None:
    plain = series(reader, since_s=NOON, until_s=NOON + 60, step_s=15, by=by)
    assert isinstance(plain, Series)
    assert all(point.latency is None for point in plain.points)
    found = series(reader, since_s=NOON, until_s=NOON + 60, step_s=15, by=by, percentiles=True)
    assert isinstance(found, Series)
    whole = summary(reader, since_s=NOON, until_s=NOON + 60)
    assert isinstance(whole, Summary)
    known = [
        point.latency.p50_s for point in found.points if point.latency is not None and point.latency.p50_s
    ]
    latencies = (whole.groups[0].non_stream_latency, whole.groups[0].stream_latency)
    edges = [value for one in latencies for value in (one.p50_s, one.p99_s) if value is not None]
    assert known
    assert all(min(edges) * 0.5 <= value <= max(edges) * 1.1 for value in known)
    assert [point.totals for point in found.points] == [point.totals for point in plain.points]
