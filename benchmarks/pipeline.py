"""The gateway's own work per request in one process, without sockets: door, pipeline, accounting, log.

    python benchmarks/pipeline.py [--requests 5000] [--profile]

Prints JSON: microseconds of processor time per request of the event loop's thread without a log, and what the log
adds to the process. Steadier than a run with sockets; the place to look at before and after a change.
"""

import argparse
import asyncio
import cProfile
import json
import os
import pstats
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

import msgspec
from bodies import REPLY, small

from aigw_dev.config_file.discover import discover
from aigw_dev.core.exchange import Exchange
from aigw_dev.secrets.home import Home
from aigw_dev.server.call import Call, Headers, Reply
from aigw_dev.server.cycle import Link
from aigw_dev.server.door import Door
from aigw_dev.server.gateway import Gateway
from aigw_dev.server.serving import loop_factory
from aigw_dev.server.sources import ConfigSource
from aigw_dev.store.state import StateStore

CONFIG = """\
version: 1
gateway: {name: pipeline-benchmark}
providers:
  up: {kind: openai, base_url: "http://127.0.0.1:9/v1", keys: ["env:BENCH_UPSTREAM_KEY"]}
routes:
  measured:
    models: [gpt-4o-mini]
    flow: {if: stream == true, then: {send: up/gpt-4o-mini}, else: {send: up/gpt-4o-mini}}
"""
PORT = 2449
SLICE = 500
"""Requests timed together; the quickest slice counts, because neighbours on the machine only ever add to one."""


class _Canned:
    """A whole reply, as the pool gives it for one that came in one read."""

    status = 200
    is_complete = True

    def __init__(self) -> None:
        self.headers: Headers = [
            (b"content-type", b"application/json"),
            (b"x-request-id", b"req_bench"),
            (b"content-length", b"%d" % len(REPLY)),
        ]

    async def chunks(self) -> AsyncIterator[bytes]:
        yield REPLY

    async def read(self, limit: int) -> bytes:
        return REPLY[:limit]

    def cancel(self) -> None:
        pass


class _NoLog:
    """Takes exchanges and forgets them."""

    def open(self, exchange: Exchange) -> None:
        pass

    def put(self, exchange: Exchange, finish: object = None) -> None:
        pass

    def close(self) -> None:
        pass


async def _canned(_: Call) -> Reply:
    return _Canned()


def _request(door: Door, token: bytes) -> Callable[[], Coroutine[Any, Any, list[Any]]]:
    body = small()
    headers = [
        (b"host", b"127.0.0.1:%d" % PORT),
        (b"content-type", b"application/json"),
        (b"accept", b"application/json"),
        (b"user-agent", b"aigw-dev-benchmarks"),
        (b"authorization", b"Bearer " + token),
        (b"content-length", b"%d" % len(body)),
    ]
    path = "/v1/chat/completions"

    async def once() -> list[Any]:
        sent: list[Any] = []
        scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": headers,
            "extensions": {"aigw": Link()},
        }

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await door(scope, receive, send)
        return sent

    return once


async def _measure(folder: Path, requests: int, *, is_logged: bool, is_profiled: bool) -> tuple[float, float]:
    env = {**os.environ, "BENCH_UPSTREAM_KEY": "sk-upstream"}
    config, home = folder / "aigw-dev.yaml", Home(folder / f"home-{is_logged}")
    config.write_text(CONFIG)
    found = discover(explicit=config, env=env, cwd=folder, home=folder, user_config_dir=folder / "none")
    source = ConfigSource(found, home=home, env=env)
    state = home.gateway_dir(found.path, "pipeline-benchmark")
    gateway = Gateway(source=source, home=home, folder=state, env=env, state=StateStore(state / "state.db"))
    await gateway.start(source.read(), port=PORT)
    provider = msgspec.structs.replace(gateway.snapshot.providers["up"], send=_canned)
    gateway.snapshot = msgspec.structs.replace(
        gateway.snapshot, providers={**gateway.snapshot.providers, "up": provider}
    )
    writer = gateway.recorder.writer
    if not is_logged:
        gateway.recorder.writer = _NoLog()  # type: ignore[assignment,misc]  # what the recorder uses of a writer
    once = _request(Door(gateway), home.token().encode())
    answer = await once()
    assert answer[0]["status"] == 200, answer
    for _ in range(requests // 5):
        await once()
    await asyncio.to_thread(writer.flush)
    threads: list[float] = []
    processes: list[float] = []
    for _ in range(max(1, requests // SLICE)):
        thread, process = time.thread_time(), time.process_time()
        for _ in range(SLICE):
            await asyncio.create_task(once())
        threads.append((time.thread_time() - thread) / SLICE * 1e6)
        await asyncio.to_thread(writer.flush)
        processes.append((time.process_time() - process) / SLICE * 1e6)
    thread_us, process_us = min(threads), min(processes)
    if is_profiled:
        await _profile(once)
    gateway.recorder.writer = writer  # type: ignore[misc]  # as it was
    await gateway.close()
    return thread_us, process_us


async def _profile(once: Callable[[], Awaitable[object]]) -> None:
    profile = cProfile.Profile()
    profile.enable()
    for _ in range(3000):
        await once()
    profile.disable()
    pstats.Stats(profile).sort_stats("tottime").print_stats(45)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=5000)
    parser.add_argument("--profile", action="store_true", help="also show where the time goes")
    given = parser.parse_args()
    bare: list[float] = []
    logged: list[float] = []
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner(loop_factory=loop_factory()) as runner:
        for number in range(3):
            for is_logged, kept in ((False, bare), (True, logged)):
                place = Path(folder) / f"{number}"
                place.mkdir(exist_ok=True)
                is_profiled = given.profile and number == 2
                thread_us, process_us = runner.run(
                    _measure(place, given.requests, is_logged=is_logged, is_profiled=is_profiled)
                )
                kept.append(process_us if is_logged else thread_us)
    shown = {
        "pipeline_us": round(min(bare), 1),
        "with_log_us": round(min(logged), 1),
        "log_us": round(min(logged) - min(bare), 1),
    }
    print(json.dumps(shown))


if __name__ == "__main__":
    main()
