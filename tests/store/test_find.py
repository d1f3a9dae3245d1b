"""What a filter finds is what a plain look at every exchange finds, whichever index answers."""

import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from aigw_dev.core.exchange import Assembled, Cost, Exchange, Usage
from aigw_dev.core.rollup import outcome
from aigw_dev.store.filters import Filter, parse
from aigw_dev.store.find import find
from aigw_dev.store.fulltext import index_some
from aigw_dev.store.vocabulary import Vocabulary
from tests.store.making import (
    KEEP_ALL,
    NOON,
    batches,
    copies,
    exchange,
    log_reader,
    quick_log,
    refused,
    reply,
    request,
    write,
)

NOW = NOON + 3600


def wanted(text: str) -> Filter:
    found = parse(text, now_s=NOW)
    assert isinstance(found, Filter), found
    return found


def traffic(count: int) -> list[Exchange]:
    """Exchanges of every kind, some of them out of order in time."""
    draw = random.Random(11)  # noqa: S311 -- the same dice every time
    made: list[Exchange] = []
    for number in range(count):
        at = NOON + number * 2 - draw.choice([0, 0, 0, 0, 1500])
        if draw.random() < 0.08:
            made.append(refused(started_at=at))
            continue
        status = draw.choice([200] * 12 + [429, 500, 502])
        answer = draw.choice(["check the balance", "call the bank"])
        made.append(
            exchange(
                started_at=at,
                status=status,
                provider=draw.choice(["openai", "qwen", "deepseek"]),
                request_model=draw.choice(["gpt-4o", "gpt-4o-mini", "qwen3-max"]),
                response_model=draw.choice(["", "gpt-4o-2024"]),
                consumer=draw.choice(["none", "alice"]),
                is_stream=draw.random() < 0.5,
                duration_s=draw.choice([0.1, 0.9, 3.0, 40.0]),
                marks={mark for mark in ("fallback", "cached", "cancelled") if draw.random() < 0.05},
                error="idle_timeout" if status >= 500 else "",
                finish=draw.choice(["stop", "length"]),
                session=draw.choice(["", "conversation-1"]),
                usage=draw.choice([None, Usage(input=draw.randrange(2000), output=5)]),
                cost=draw.choice([Cost(), Cost(status="exact", nanousd=draw.randrange(10**8))]),
                request_body=request(draw.choice(["card declined", "lost card", "refund please"])),
                response_body=reply(answer),
                assembled=Assembled(text=answer),
            )
        )
    return made


def ended(one: Exchange) -> float:
    return one.started_at + one.duration_s


def said(one: Exchange) -> str:
    return ((one.request_body or b"") + (one.response_body or b"")).decode()


CASES: list[tuple[str, Callable[[Exchange], bool]]] = [
    ("", lambda _: True),
    ("provider:qwen", lambda one: one.provider == "qwen"),
    (
        "provider:qwen,deepseek model:gpt-4o*",
        lambda one: (
            one.provider in {"qwen", "deepseek"}
            and any(
                name.startswith("gpt-4o")
                for name in (one.original_model, one.request_model, one.response_model)
            )
        ),
    ),
    ("-provider:openai", lambda one: one.provider != "openai"),
    ("provider:nobody", lambda _: False),
    ("status:>=400", lambda one: one.status >= 400),
    ("status:429 provider:openai", lambda one: one.status == 429 and one.provider == "openai"),
    ("mark:fallback", lambda one: "fallback" in one.marks),
    ("-mark:fallback status:200", lambda one: "fallback" not in one.marks and one.status == 200),
    ("error:*timeout", lambda one: one.error.endswith("timeout")),
    ("-error:*timeout", lambda one: not one.error.endswith("timeout")),
    ("finish:length", lambda one: one.finish == "length"),
    ("-finish:stop", lambda one: one.finish != "stop"),
    ("outcome:failed", lambda one: outcome(one) == "failed"),
    ("outcome:ok", lambda one: outcome(one) == "ok"),
    ("-outcome:ok", lambda one: outcome(one) != "ok"),
    ("ms:>2000", lambda one: one.duration_s > 2),
    ("ms:>2000 consumer:alice", lambda one: one.duration_s > 2 and one.consumer == "alice"),
    ("cost:unknown", lambda one: one.cost.status == "unknown" and one.provider != "" and one.status > 0),
    ("cost:>0.05", lambda one: (one.cost.nanousd or 0) > 50_000_000),
    ("tokens:>1000", lambda one: one.usage is not None and one.usage.input + one.usage.output > 1000),
    ("stream:no", lambda one: not one.is_stream),
    ("session:conversation-1", lambda one: one.session == "conversation-1"),
    ("since:50m until:30m", lambda one: NOW - 3000 <= ended(one) < NOW - 1800),
    ("since:50m provider:qwen", lambda one: ended(one) >= NOW - 3000 and one.provider == "qwen"),
    ("until:7d", lambda _: False),
    ("declined", lambda one: "declined" in said(one)),
    ('"card declined" provider:qwen', lambda one: "card declined" in said(one) and one.provider == "qwen"),
    ("card -declined", lambda one: "card" in said(one) and "declined" not in said(one)),
    (
        "response:bank status:200",
        lambda one: "bank" in (one.response_body or b"").decode() and one.status == 200,
    ),
    ("request:bal*", lambda _: False),
    ("nothingofthekind", lambda _: False),
]


def is_expected(text: str, holds: Callable[[Exchange], bool], one: Exchange) -> bool:
    if text == "cost:unknown" and not any(
        attempt.status is not None and attempt.status < 400 for attempt in one.attempts
    ):
        return one.usage is not None and one.cost.status == "unknown"
    return holds(one)


@pytest.fixture(scope="module", params=["indexed", "half indexed", "not indexed", "no index"])
def log(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[Exchange]]:
    path = tmp_path_factory.mktemp("log") / "log.db"
    made = traffic(400)
    write(path, made)
    db = quick_log(path)
    if request.param == "no index":
        db.execute("DROP TABLE text_index")
    for most in {"indexed": [100] * 5, "half indexed": [201]}.get(request.param, []):
        index_some(db, most)
    db.close()
    return path, made


@pytest.mark.parametrize(("text", "holds"), CASES, ids=[text or "everything" for text, _ in CASES])
def test_a_filter_finds_exactly_what_passes_it(
    log: tuple[Path, list[Exchange]], text: str, holds: Callable[[Exchange], bool]
) -> None:
    path, made = log
    reader = log_reader(path)
    expected = [one.id for one in reversed(made) if is_expected(text, holds, one)]
    found: list[str] = []
    before: int | None = None
    while True:
        page = reader.page(wanted(text), before=before, limit=37)
        found += [entry.id for entry in page.entries]
        before = page.next_before
        if before is None:
            break
    assert found == expected
    reader.close()


def test_a_search_ends_when_its_time_is_up_and_says_where_to_go_on(tmp_path: Path) -> None:
    db = quick_log(tmp_path / "log.db")
    batches(db).write([exchange(duration_s=9.0)], [], KEEP_ALL)
    copies(db, 60_000, duration_s=0.1)
    late = find(db, Vocabulary(db), wanted("ms:>5000"), limit=10, is_late=lambda: True)
    assert (late.rows, late.is_complete) == ([], False)
    assert late.next_before is not None
    rest = find(db, Vocabulary(db), wanted("ms:>5000"), before=late.next_before, limit=10)
    assert [one.seq for one in rest.rows] == [1]
    assert rest.is_complete
    db.close()


def test_a_time_is_turned_into_a_range_of_rows(tmp_path: Path) -> None:
    db = quick_log(tmp_path / "log.db")
    batches(db).write([exchange(started_at=NOON - 90_000)], [], KEEP_ALL)
    copies(db, 60_000, duration_s=0.1)
    batches(db).write([exchange(started_at=NOON)], [], KEEP_ALL)
    found = find(db, Vocabulary(db), wanted("since:2h ms:>1"), limit=10, is_late=lambda: True)
    assert (len(found.rows), found.is_complete) == (1, True)
    found = find(db, Vocabulary(db), wanted("until:2h since:9h"), limit=10, is_late=lambda: True)
    assert (found.rows, found.is_complete) == ([], True)
    db.close()


def test_a_search_says_how_much_it_could_not_look_at(tmp_path: Path) -> None:
    write(tmp_path / "log.db", [exchange() for _ in range(620)])
    page = log_reader(tmp_path / "log.db").page(wanted("declined"), limit=1000)
    assert (len(page.entries), page.unindexed) == (500, 120)
    assert log_reader(tmp_path / "log.db").page(limit=1000).unindexed == 0


def test_more_dims_than_are_merged_are_scanned(tmp_path: Path) -> None:
    write(tmp_path / "log.db", [exchange(request_model=f"m{number}", duration_s=3.0) for number in range(90)])
    reader = log_reader(tmp_path / "log.db")
    assert len(reader.page(wanted("provider:openai model:m*,x ms:>2000 -model:m1")).entries) == 89
    assert len(reader.page(wanted("-model:m1"), limit=50).entries) == 50


def explained(db: sqlite3.Connection, text: str) -> str:
    """The plans of every statement that a search runs."""
    statements: list[str] = []
    db.set_trace_callback(statements.append)
    find(db, Vocabulary(db), wanted(text), limit=10)
    db.set_trace_callback(None)
    plans = [
        row[3] for one in statements if "exchange e" in one for row in db.execute(f"EXPLAIN QUERY PLAN {one}")
    ]
    return "\n".join(plans)


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("provider:qwen", "exchange_dim"),
        ("provider:qwen ms:>1", "exchange_dim"),
        ("status:>=500", "exchange_notable"),
        ("mark:fallback provider:qwen", "exchange_notable"),
        ("declined", "text_index"),
    ],
)
def test_the_right_index_answers(log: tuple[Path, list[Exchange]], text: str, index: str) -> None:
    db = sqlite3.connect(log[0])
    if db.execute("SELECT 1 FROM sqlite_master WHERE name='text_index'").fetchone():
        plan = explained(db, text)
        assert index in plan
        assert "TEMP B-TREE" not in plan
    db.close()
