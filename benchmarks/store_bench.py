"""What the log costs and how quickly it answers.

    python benchmarks/store_bench.py write            # microseconds of CPU per exchange, bytes on disk
    python benchmarks/store_bench.py load             # 5,000 exchanges per second for some seconds: what is dropped
    python benchmarks/store_bench.py big [--rows N]   # a log of a million exchanges: every list, search and summary

Works in a temporary folder (at most 3 GB), which is deleted at the end. CPU is that of this process; run it on a quiet
machine, and compare `calibration` (a fixed loop) between runs.
"""

import argparse
import json
import random
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from aigw_dev.core.config import Logging
from aigw_dev.core.exchange import Assembled, Attempt, Cost, Exchange, StreamTiming, Usage
from aigw_dev.core.mask import Masker
from aigw_dev.store import filters, listing, stats
from aigw_dev.store.batches import Batches, Counts
from aigw_dev.store.fulltext import index_some
from aigw_dev.store.journal import Journal
from aigw_dev.store.reader import LogReader
from aigw_dev.store.retention import Retention
from aigw_dev.store.writer import LogWriter, open_log

LOGGING = Logging(max_mb=1_000_000, keep_s=3650 * 86_400)
WORDS = [line.split() for line in [
    "my card was declined at the shop what can i do about it today please",
    "summarise this contract in three short sentences and name the parties",
    "write a test for the function below and explain every assertion in it",
    "translate the following paragraph to french and keep the names as they are",
]]  # fmt: skip
DICE = random.Random(7)  # noqa: S311 -- the same traffic every time


def calibration() -> float:
    """Milliseconds of a fixed loop: tells how quick the machine is right now."""
    best = 9.0
    for _ in range(5):
        began, total = time.process_time(), 0
        for number in range(300_000):
            total += number & 3
        best = min(best, time.process_time() - began)
    return best * 1e3


def body(size: int, seed: int) -> bytes:
    """A chat request of about this size."""
    words = WORDS[seed % len(WORDS)]
    text = " ".join(words[(seed + place * 7) % len(words)] for place in range(max(4, (size - 140) // 6)))
    messages = [
        {"role": "system", "content": "You are helpful."},
        {"role": "user", "content": f"{text} {seed}"},
    ]
    return json.dumps({"model": "openai/gpt-4o-mini", "messages": messages}).encode()[: max(size, 120)]


def reply(size: int, seed: int) -> bytes:
    """A whole chat reply of about this size."""
    text = "Please check the balance and try again. " * max(1, (size - 300) // 40)
    return json.dumps({"id": f"chatcmpl-{seed}", "object": "chat.completion", "created": 1_795_000_000,
                       "model": "gpt-4o-mini-2024-07-18",
                       "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
                       "usage": {"prompt_tokens": 57, "completion_tokens": 40, "total_tokens": 97}}).encode()  # fmt: skip


def make(at: float, request: bytes, response: bytes, **fields: Any) -> Exchange:
    """An exchange as the pipeline hands it over."""
    known: dict[str, Any] = {
        "id": f"{DICE.getrandbits(64):016x}",
        "gateway": "my-app",
        "started_at": at,
        "method": "POST",
        "path": "/v1/chat/completions",
        "operation": "openai.chat.completions",
        "dialect": "openai-chat",
        "client": "OpenAI/Python 1.60.0",
        "trace_id": f"{DICE.getrandbits(128):032x}",
        "original_model": "openai/gpt-4o-mini",
        "request_model": "gpt-4o-mini",
        "response_model": "gpt-4o-mini-2024-07-18",
        "provider": "openai",
        "key_name": "openai-api-key",
        "status": 200,
        "usage": Usage(input=57, output=40, raw=msgspec.Raw(b'{"prompt_tokens":57,"completion_tokens":40,"total_tokens":97}')),
        "cost": Cost(status="exact", nanousd=32_550, price_id="openai/gpt-4o-mini@2024-07-18"),
        "ttft_s": 0.41,
        "duration_s": 0.52,
        "finish": "stop",
        "request_bytes": len(request),
        "response_bytes": len(response),
        "request_body": request,
        "response_body": response,
        "request_headers": [("content-type", "application/json"), ("accept", "application/json"),
                            ("user-agent", "OpenAI/Python 1.60.0"), ("x-stainless-lang", "python"),
                            ("x-stainless-package-version", "1.60.0"), ("x-stainless-os", "Linux")],
        "response_headers": [("content-type", "application/json"), ("x-request-id", f"req_{DICE.getrandbits(64):016x}")],
        "assembled": Assembled(text="Please check the balance and try again.", finish="stop"),
        "deployment": "abcdef0123456789",
    }  # fmt: skip
    known |= fields
    if "attempts" not in known:
        known["attempts"] = [
            Attempt(number=1, provider=known["provider"], kind=known["provider"], base_url=f"https://api.{known['provider']}.com/v1",
                    request_model=known["request_model"], key_name=known["key_name"], started_s=0.0003, first_byte_s=0.41,
                    ended_s=0.52, status=known["status"], upstream_request_id=f"req_{DICE.getrandbits(48):012x}")
        ]  # fmt: skip
    return Exchange(**known)


def batches(path: Path, mask: Callable[[bytes], bytes]) -> Batches:
    return Batches(open_log(path), mask=mask, draw=random.random, counts=Counts())


# ---------------------------------------------------------------- what it costs


def bench_write(place: Path) -> None:
    masker = Masker(["sk-proj-0123456789abcdef0123456789abcdef", "another-key-of-a-provider-000111"])
    stream = b"".join(
        b'data: {"choices":[{"delta":{"content":"word%d "}}]}\n\n' % number for number in range(450)
    )
    timing = StreamTiming(at_us=list(range(5000, 505_000, 5000)), size_bytes=[250] * 100)
    shapes: list[tuple[str, int, int, dict[str, Any]]] = [
        ("small: 436 B + 552 B", 436, 552, {}),
        ("2.1 KB together", 1050, 1050, {}),
        ("8.5 KB request", 8491, 552, {}),
        ("stream: 100 chunks, 25 KB", 452, 0, {"is_stream": True, "timing": timing, "response_body": stream}),
    ]
    print(
        f"{'shape':28} {'batch':>6} {'mask':>5} {'us/row min':>10} {'median':>7} {'bytes/row':>10} {'of bodies':>9}"
    )
    for name, asks, answers, fields in shapes:
        for size in (250, 10):
            for mask_name, mask in (("none", lambda text: text), ("real", masker.bytes)):
                path = place / f"{DICE.getrandbits(32)}.db"
                writing = batches(path, mask)
                count = 10_000 if size == 250 else 2_000
                made = [
                    make(
                        1.795e9 + at / 1000, body(asks, at), reply(answers, at) if answers else b"", **fields
                    )
                    for at in range(count)
                ]
                spent: list[float] = []
                for begin in range(0, count, size):
                    began = time.thread_time()
                    writing.write(made[begin : begin + size], [], LOGGING)
                    spent.append((time.thread_time() - began) / size * 1e6)
                writing.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                bodies = statistics.mean(
                    len(one.request_body or b"") + len(one.response_body or b"") for one in made
                )
                disk = path.stat().st_size / count
                print(
                    f"{name:28} {size:6} {mask_name:>5} {min(spent):10.1f} {statistics.median(spent):7.1f} {disk:10.0f} {disk / bodies:9.2f}"
                )
                writing.db.close()
                path.unlink()
    began = time.perf_counter()
    writer = LogWriter(place / "put.db", mask=lambda text: text)
    one = make(1.795e9, body(436, 1), reply(552, 1))
    writer.flush(20)
    began = time.perf_counter()
    for _ in range(10_000):
        writer.put(one)
    print(
        f"put() on the event loop: {(time.perf_counter() - began) / 10_000 * 1e6:.2f} us (with the writer at work)"
    )
    writer.close()


def bench_load(place: Path, rate: int, seconds: int) -> None:
    """Put at a steady rate and see what is lost and how late rows become durable."""
    writer = LogWriter(place / "load.db", mask=Masker(["sk-proj-0123456789abcdef"]).bytes, logging=LOGGING)
    writer.flush(20)
    made = [make(time.time(), body(436, at), reply(552, at)) for at in range(2000)]
    began, cpu, sent, late = time.perf_counter(), time.process_time(), 0, 0.0
    while (now := time.perf_counter() - began) < seconds:
        due = int(now * rate)
        late = max(late, (due - sent) / rate)
        while sent < due:
            writer.put(made[sent % len(made)])
            sent += 1
        time.sleep(0.001)
    waiting = writer.health().waiting
    writer.flush(60)
    health = writer.health()
    print(f"{sent} exchanges in {seconds} s: {health.dropped_bodies} bodies and {health.dropped_rows} rows dropped; "
          f"{waiting} waiting at the end; CPU {(time.process_time() - cpu) / sent * 1e6:.1f} us per exchange (with this loop); "
          f"the loop was held up {late * 1e3:.0f} ms at most")  # fmt: skip
    writer.close()


# ---------------------------------------------------------------- a million rows


def fill(path: Path, rows: int, days: float, dims: int) -> float:
    """Traffic of `dims` combinations over some days, ending now; seconds of CPU per row."""
    writing = batches(path, lambda text: text)
    writing.db.execute("PRAGMA synchronous=OFF")
    kinds = [(f"provider{at % 5}", f"model{at % 10}", ("none", "alice", "bob", "carol", "dave", "erin")[at % 6],
              f"route{at % 4}" if at % 3 == 0 else "") for at in range(dims)]  # fmt: skip
    end, step, spent = time.time(), days * 86_400 / rows, 0.0
    for begin in range(0, rows, 250):
        made: list[Exchange] = []
        for at in range(begin, min(rows, begin + 250)):
            provider, model, consumer, route = kinds[min(int(DICE.expovariate(6 / dims)), dims - 1)]
            is_stream = DICE.random() < 0.6
            duration = DICE.lognormvariate(0.3, 0.8)
            status = 200 if DICE.random() < 0.95 else DICE.choice((429, 500, 502))
            marks = {"fallback"} if DICE.random() < 0.02 else {"broken"} if DICE.random() < 0.001 else set()
            made.append(make(end - days * 86_400 + at * step - duration, body(300, at % 5000), reply(340, at % 5000), provider=provider,
                             request_model=model, original_model=f"{provider}/{model}", consumer=consumer, route=route,
                             is_stream=is_stream, duration_s=duration, ttft_s=duration * 0.3, status=status, marks=marks,
                             error="upstream_status" if status > 200 else ""))  # fmt: skip
        began = time.process_time()
        writing.write(made, [], LOGGING)
        if begin % 5000 == 0:
            while writing.rollups.close_some(made[-1].started_at):
                pass
        spent += time.process_time() - began
    writing.db.close()
    return spent / rows


def timed(name: str, goal_ms: float, ask: Callable[[], Any], *, times: int = 7) -> None:
    """Medians of some warm runs: by the wall, and of this thread's CPU (steadier on a busy machine)."""
    answer = ask()
    wall: list[float] = []
    cpu: list[float] = []
    for _ in range(times):
        began, cpu_began = time.perf_counter(), time.thread_time()
        ask()
        wall.append((time.perf_counter() - began) * 1e3)
        cpu.append((time.thread_time() - cpu_began) * 1e3)
    found = next(
        (getattr(answer, name) for name in ("entries", "groups", "points") if hasattr(answer, name)), [answer]
    )
    median = statistics.median(wall)
    verdict = "ok" if median <= goal_ms else "ok by CPU" if statistics.median(cpu) <= goal_ms else "MISSED"
    print(f"{name:58} {median:8.2f} ms  worst {max(wall):8.2f}  cpu {statistics.median(cpu):8.2f}  goal {goal_ms:4.0f}  {verdict}"
          f"  ({len(found)})", flush=True)  # fmt: skip


def bench_big(place: Path, rows: int, indexed: int, days: float, dims: int) -> None:
    path = place / "log.db"
    spent = fill(path, rows, days, dims)
    print(
        f"{rows} rows over {days} days, {dims} combinations: {spent * 1e6:.1f} us CPU per row with roll-ups, {path.stat().st_size / 1e6:.0f} MB"
    )
    db = open_log(path)
    db.execute("PRAGMA synchronous=OFF")
    newest = db.execute("SELECT max(seq) FROM exchange").fetchone()[0]
    db.execute("INSERT OR REPLACE INTO mark VALUES('indexed', ?)", (max(0, newest - indexed),))
    began, longest, taken = time.process_time(), 0.0, 0
    while True:
        slice_began = time.perf_counter()
        count = index_some(db, 60)
        if not count:
            break
        taken += count
        longest = max(longest, time.perf_counter() - slice_began)
    if taken:
        print(
            f"full text of {taken} rows: {(time.process_time() - began) / taken * 1e6:.0f} us CPU per row, longest slice of 60 {longest * 1e3:.0f} ms"
        )
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    for table in ("exchange", "roll", "roll_dim", "hist", "hist_dim", "text"):
        count = db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 -- names of our own
        print(f"  {table} {count}", end="")
    print(f"; {path.stat().st_size / 1e6:.0f} MB")
    db.close()
    bench_questions(LogReader(path), rows)
    bench_prune(path)


def bench_questions(reader: LogReader, rows: int) -> None:
    now = time.time()

    def page(text: str, **options: Any) -> Callable[[], Any]:
        wanted = filters.parse(text, now_s=now)
        assert isinstance(wanted, filters.Filter), wanted
        return lambda: reader.page(wanted, **options)

    for text in ("", "provider:provider3", "model:model7 consumer:alice", "model:gpt* ", "status:>=400", "status:429 provider:provider1",
                 "mark:fallback", "mark:broken", "since:5m", "since:1d provider:provider4", "stream:yes", "ms:>2000"):  # fmt: skip
        timed(f"latest 100: {text or 'everything'}", 2, page(text))
    timed("latest 100 with previews", 50, page("", previews=True))
    timed("100 in the middle: provider:provider3", 2, page("provider:provider3", before=rows // 2))
    for text in (
        "ms:>60000",
        "tokens:>100000",
        "session:none",
        "provider:provider3 ms:>60000",
        "error:nothing*",
    ):
        timed(f"nothing matches, whole log: {text}", 500, page(text), times=3)
        timed(f"  the same with a budget of 40 ms: {text}", 65, page(text, budget_s=0.04), times=3)
    timed("search: declined", 50, page("declined"))
    timed('search: "translate the" provider:provider2', 50, page('"translate the" provider:provider2'))
    timed("search: a word of every row", 50, page("please"))
    timed("search: nothing", 50, page("nothingofthekind"))
    journal = Journal()
    for text in ("", "provider:provider3", "status:>=400", "ms:>100", "declined"):
        wanted = filters.parse(text, now_s=now)
        assert isinstance(wanted, filters.Filter)
        end = listing.index(reader, journal, wanted).end
        seen, _, newest = end.rpartition(".")
        behind = f"{seen}.{int(newest) - 200}"
        timed(
            f"index: {text or 'everything'}",
            200,
            lambda wanted=wanted: listing.index(reader, journal, wanted),
            times=3,
        )
        timed(f"60 rows in sight: {text or 'everything'}", 5,
              lambda wanted=wanted: listing.between(reader, wanted, first=rows // 2, last=rows // 2 + 59))  # fmt: skip
        journal.note()
        timed(f"changes, 200 new rows: {text or 'everything'}", 1,
              lambda wanted=wanted, behind=behind: listing.changes(reader, journal, wanted, end=behind))  # fmt: skip
    timed(
        "60 rows by their numbers",
        5,
        lambda: listing.these(reader, list(range(rows // 2, rows // 2 + 600, 10))),
    )
    ids = [entry.id for entry in reader.page(limit=1000).entries]
    timed("get last", 50, lambda: reader.get("last"))
    timed("get by id, the 1000th", 50, lambda: reader.get(ids[-1]))
    old = reader.page(before=2, limit=1).entries[0].id
    timed("get by id, the oldest", 300, lambda: reader.get(old), times=3)
    timed("get by prefix of 8", 300, lambda: reader.get(ids[0][:8]), times=3)
    for name, seconds in (("15 min", 900), ("1 h", 3600), ("24 h", 86_400), ("7 d", 7 * 86_400)):
        timed(
            f"summary, {name}",
            50,
            lambda seconds=seconds: stats.summary(reader, since_s=now - seconds, until_s=now),
        )
        timed(f"summary by provider, model, {name}", 50,
              lambda seconds=seconds: stats.summary(reader, since_s=now - seconds, until_s=now, by=("provider", "model")))  # fmt: skip
        timed(f"the seed's table, {name}", 50,
              lambda seconds=seconds: stats.summary(reader, since_s=now - seconds, until_s=now, by=stats.SEED_TABLE, percentiles=False))  # fmt: skip
    for step, seconds in ((1, 300), (1, 900), (15, 21_600), (60, 86_400), (900, 7 * 86_400)):
        timed(f"series {step} s x {seconds} s", 50,
              lambda step=step, seconds=seconds: stats.series(reader, since_s=now - seconds, until_s=now, step_s=step))  # fmt: skip
    timed(
        "series by model 900 s x 24 h",
        50,
        lambda: stats.series(reader, since_s=now - 86_400, until_s=now, step_s=900, by=("model",)),
    )


def bench_prune(path: Path) -> None:
    """Slices of pruning on a large log: the longest is the promise."""
    db = open_log(path)
    writing = Batches(db, mask=lambda text: text, draw=random.random, counts=Counts())
    retention = Retention(db, writing.rollups)
    size = path.stat().st_size >> 20
    spent: list[float] = []
    began = time.perf_counter()
    while time.perf_counter() - began < 6:
        slice_began = time.perf_counter()
        if not retention.prune_some(Logging(max_mb=size // 2, keep_s=3650 * 86_400), now_s=time.time()):
            break
        spent.append((time.perf_counter() - slice_began) * 1e3)
    spent.sort()
    print(f"pruning: {len(spent)} slices, {retention.pruned} rows; median {statistics.median(spent):.1f} ms, "
          f"95th of 100 {spent[int(len(spent) * 0.95)]:.1f} ms, longest {spent[-1]:.1f} ms")  # fmt: skip
    db.close()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("write", "load", "big"))
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--indexed", type=int, default=200_000, help="rows in the full-text index")
    parser.add_argument("--days", type=float, default=7.0)
    parser.add_argument(
        "--dims", type=int, default=60, help="combinations of provider, model, route, consumer"
    )
    parser.add_argument("--rate", type=int, default=5_000)
    parser.add_argument("--seconds", type=int, default=5)
    options = parser.parse_args()
    place = Path(tempfile.mkdtemp(prefix="aigw-dev-store-bench-"))
    print(
        f"calibration {calibration():.1f} ms; python {sys.version.split()[0]}; threads {threading.active_count()}"
    )
    try:
        if options.what == "write":
            bench_write(place)
        elif options.what == "load":
            bench_load(place, options.rate, options.seconds)
        else:
            bench_big(place, options.rows, options.indexed, options.days, options.dims)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    print(f"calibration {calibration():.1f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
