"""The Logs screen under load: a row every half millisecond over 100,000 stored ones, in a real terminal of 120x36.

    python benchmarks/tui_logs.py [--rows 100000] [--rates 200,2000] [--seconds 6] [--only screen,datatable,richlog]

The gateway runs in a process of its own, with exchanges put into its log at the rate; the TUI (or an alternative) runs
in a pty, whose output is read as fast as it comes. Lag is how late a heartbeat of 10 ms on the TUI's event loop is.
The alternatives (Textual's DataTable and RichLog) are given their rows from memory, without any gateway: their best case.
Trust ratios more than figures: everything shares this machine's cores.
"""

import argparse
import asyncio
import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any, Final, cast

HERE: Final = Path(__file__).resolve().parent
COLUMNS, LINES = 120, 36
SETTLE_S: Final = 2.0


# ---------------------------------------------------------------- the gateway, a process of its own


async def serve(folder: Path, rows: int, port: int) -> None:
    """A gateway over a log of `rows`; `rate N` on stdin puts N exchanges a second into it."""
    import uvicorn
    from store_bench import body, fill, make, reply

    from aigw_dev.config_file.discover import Found
    from aigw_dev.secrets.home import Home
    from aigw_dev.server.admin.app import build
    from aigw_dev.server.door import Door
    from aigw_dev.server.gateway import Gateway
    from aigw_dev.server.sources import ConfigSource
    from aigw_dev.store.state import StateStore

    home = Home(folder / "home", env={})
    found = Found(
        path=None, why="a benchmark", is_trusted_place=True, project_root=folder, first_save=folder / "x.yaml"
    )
    source = ConfigSource(found, home=home, env={})
    reading = source.read()
    assert reading.config is not None
    own = home.gateway_dir(None, source.name(reading.config))
    own.mkdir(parents=True, exist_ok=True)
    fill(own / "log.db", rows, 3.0, 40)
    gateway = Gateway(source=source, home=home, folder=own, env={}, state=StateStore(own / "state.db"))
    gateway.build_inside = lambda: build(gateway)  # pyright: ignore[reportAttributeAccessIssue]  -- Litestar names its own ASGI types
    await gateway.start(reading, port=port)
    rate = 0.0
    asks, answers = body(300, 1), reply(340, 1)

    def put() -> None:
        sent, began, last = 0, time.perf_counter(), rate
        while True:
            if rate != last:
                sent, began, last = 0, time.perf_counter(), rate
            due = int((time.perf_counter() - began) * rate)
            while sent < due:
                status = 429 if sent % 17 == 0 else 200
                gateway.recorder.writer.put(make(time.time(), asks, answers, status=status))
                sent += 1
            time.sleep(0.005)

    def listen() -> None:
        nonlocal rate
        for line in sys.stdin:
            rate = float(line)

    threading.Thread(target=put, daemon=True).start()
    threading.Thread(target=listen, daemon=True).start()
    (folder / "ready.json").write_text(json.dumps({"admin": home.admin_token(), "token": home.token()}))
    config = uvicorn.Config(Door(gateway), port=port, log_level="error", lifespan="off")  # pyright: ignore[reportArgumentType]  -- uvicorn names its own ASGI types
    await uvicorn.Server(config).serve()


# ---------------------------------------------------------------- what is looked at, in a pty


class Beat:
    """How late the event loop is, and what the process used."""

    def __init__(self) -> None:
        self.lags: list[float] = []
        self._cpu = self._began = 0.0

    async def run(self) -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.01)
            self.lags.append((time.perf_counter() - began - 0.01) * 1e3)

    def begin(self) -> None:
        self.lags.clear()
        self._cpu, self._began = sum(os.times()[:2]), time.perf_counter()

    def found(self) -> dict[str, float]:
        lags, spent_s = sorted(self.lags), time.perf_counter() - self._began
        return {
            "lag_p50_ms": round(lags[len(lags) // 2], 1),
            "lag_p99_ms": round(lags[int(len(lags) * 0.99)], 1),
            "lag_max_ms": round(lags[-1], 1),
            "cpu_percent": round((sum(os.times()[:2]) - self._cpu) / spent_s * 100),
            "rss_mb": rss_mb(),
        }


def rss_mb() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return round(int(line.split()[1]) / 1024)
    return 0


def screen(url: str, tokens: dict[str, str], seconds: float, out: Path) -> None:
    """The TUI itself, on the Logs screen."""
    from aigw_dev.tui.app import AigwApp
    from aigw_dev.tui.look import Look
    from aigw_dev.tui.settings import Settings
    from aigw_dev.tui.shell import Opening

    app = AigwApp(
        Opening(name="bench", url=url, admin_token=tokens["admin"], token=tokens["token"], room="logs"),
        look=Look(),
        settings=Settings(),
    )
    beat = Beat()

    def rows() -> int:
        feed: Any = getattr(app.screen, "_feed", None)
        return len(feed.listing) if feed is not None else 0

    async def measure() -> None:
        while not rows():  # noqa: ASYNC110 -- whatever the screen is made of
            await asyncio.sleep(0.05)
        await asyncio.sleep(SETTLE_S)
        before = rows()
        beat.begin()
        await asyncio.sleep(seconds)
        found = beat.found() | {"came_per_s": round((rows() - before) / seconds), "rows": rows()}
        out.write_text(json.dumps(found))  # noqa: ASYNC240 -- after the measuring
        app.exit(0)

    run(app, beat, measure())


def alternative(which: str, rows: int, rate: int, seconds: float, out: Path) -> None:
    """A DataTable or a RichLog that follows rows from memory."""
    import random

    from textual.app import App, ComposeResult
    from textual.widgets import DataTable, RichLog

    dice = random.Random(1)  # noqa: S311 -- the same rows every time

    def row(at: int) -> tuple[str, ...]:
        return (
            f"12:{at // 60 % 60:02}:{at % 60:02}.{at % 1000:03}", str(dice.choice((200, 200, 429))), "openai/gpt-4o-mini",
            str(dice.randint(80, 9000)), f"{dice.randint(1, 9999)}→{dice.randint(1, 999)}", f"{dice.random() / 50:.4f}",
            "my card was declined at the shop", "Please check the balance",
        )  # fmt: skip

    class Other(App[int]):
        def compose(self) -> ComposeResult:
            yield DataTable(cursor_type="row") if which == "datatable" else RichLog(max_lines=None)

        def put(self, made: list[tuple[str, ...]]) -> None:
            if which == "datatable":
                table = cast("Any", self.query_one(DataTable))
                table.add_rows(made)
                table.scroll_end(animate=False)
            else:
                log = self.query_one(RichLog)
                for one in made:
                    log.write(" ".join(one))

        def on_mount(self) -> None:
            if which == "datatable":
                table = cast("Any", self.query_one(DataTable))
                for width in (12, 4, 20, 7, 11, 9, 22, 22):
                    table.add_column("x", width=width)

    app, beat = Other(), Beat()

    async def measure() -> None:
        await asyncio.sleep(0.5)
        app.put([row(at) for at in range(rows)])
        await asyncio.sleep(SETTLE_S)
        beat.begin()
        began, sent = time.perf_counter(), 0
        while (now := time.perf_counter() - began) < seconds:
            due = int(now * rate)
            if due > sent:
                app.put([row(at) for at in range(sent, due)])
                sent = due
            await asyncio.sleep(0.16)  # as often as our screen looks
        out.write_text(json.dumps(beat.found() | {"came_per_s": round(sent / seconds), "rows": rows + sent}))  # noqa: ASYNC240 -- after the measuring
        app.exit(0)

    run(app, beat, measure())


def run(app: Any, beat: Beat, measure: Any) -> None:
    async def both() -> None:
        tasks = [asyncio.create_task(beat.run()), asyncio.create_task(measure)]
        await app.run_async()
        for task in tasks:
            task.cancel()

    asyncio.run(both())


# ---------------------------------------------------------------- the driver


def in_pty(arguments: list[str], out: Path, *, timeout_s: float) -> dict[str, Any]:
    """Run this script in a pty of 120x36; what it wrote to `out`, and how many bytes it painted per second."""
    import fcntl
    import pty
    import struct
    import termios

    pid, terminal = pty.fork()
    if pid == 0:
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        os.execve(sys.executable, [sys.executable, __file__, *arguments], environment)  # noqa: S606 -- ourselves
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    end, painted, began = time.monotonic() + timeout_s, 0, time.monotonic()
    with contextlib.suppress(OSError):
        while time.monotonic() < end:
            ready, _, _ = select.select([terminal], [], [], 0.2)
            if ready:
                content = os.read(terminal, 1 << 16)
                if not content:
                    break
                painted += len(content)
    spent_s = time.monotonic() - began
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    os.waitpid(pid, 0)
    os.close(terminal)
    found = json.loads(out.read_text()) if out.exists() else {"failed": f"nothing within {timeout_s:.0f} s"}
    return found | {"kb_per_s": round(painted / spent_s / 1000)}


@contextlib.contextmanager
def gateway(folder: Path, rows: int, port: int) -> Generator[Any]:
    command = [
        sys.executable,
        __file__,
        "--role",
        "serve",
        "--folder",
        str(folder),
        "--rows",
        str(rows),
        "--port",
        str(port),
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, text=True, cwd=HERE) as started:
        try:
            end = time.monotonic() + 300
            while not (folder / "ready.json").exists():
                assert time.monotonic() < end, "the gateway did not start"
                assert started.poll() is None, "the gateway ended"
                time.sleep(0.1)
            time.sleep(1.0)
            yield started
        finally:
            started.terminate()


def drive(arguments: argparse.Namespace) -> None:
    only = set(arguments.only.split(","))
    rates = [int(rate) for rate in arguments.rates.split(",")]
    found: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if "screen" in only:
            with gateway(folder, arguments.rows, arguments.port) as started:
                for rate in (0, *rates):
                    started.stdin.write(f"{rate}\n")
                    started.stdin.flush()
                    out = folder / f"screen-{rate}.json"
                    told = ["--role", "screen", "--folder", name, "--out", str(out), "--seconds", str(arguments.seconds), "--port", str(arguments.port)]  # fmt: skip
                    found.append({"widget": "Logs screen", "rate": rate} | in_pty(told, out, timeout_s=60))
                    print(json.dumps(found[-1]), flush=True)
        for which in ("datatable", "richlog"):
            for rate in rates if which in only else []:
                out = folder / f"{which}-{rate}.json"
                told = ["--role", which, "--out", str(out), "--rows", str(arguments.rows), "--rate", str(rate), "--seconds", str(arguments.seconds)]  # fmt: skip
                found.append({"widget": which, "rate": rate} | in_pty(told, out, timeout_s=120))
                print(json.dumps(found[-1]), flush=True)
    if arguments.save:
        (HERE / "results" / "tui_logs.json").write_text(json.dumps(found, indent=1) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rates", default="200,2000")
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--only", default="screen,datatable,richlog")
    parser.add_argument("--save", action="store_true", help="keep the figures in results/tui_logs.json")
    parser.add_argument("--port", type=int, default=24_490)
    for name in ("--role", "--folder", "--out"):
        parser.add_argument(name, default="", help=argparse.SUPPRESS)
    parser.add_argument("--rate", type=int, default=0, help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.role == "serve":
        asyncio.run(serve(Path(told.folder), told.rows, told.port))
    elif told.role == "screen":
        tokens = json.loads((Path(told.folder) / "ready.json").read_text())
        screen(f"http://127.0.0.1:{told.port}", tokens, told.seconds, Path(told.out))
    elif told.role:
        alternative(told.role, told.rows, told.rate, told.seconds, Path(told.out))
    else:
        drive(told)


if __name__ == "__main__":
    main()
