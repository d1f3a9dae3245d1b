"""Measures what the project has promised about speed and size, in one run, as ratios to nginx (and LiteLLM).

    python benchmarks/run.py [--quick] [--only cpu,stream,latency,log,start,memory,help,packages] [--no-pin]

Trust processor time, and only where nginx's readings, before and after ours, agree within 10 %. See README.md.
"""

import argparse
import contextlib
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Final

import bodies
import gateways
import machine
import msgspec
from gateways import Gateway
from processes import Started, free_port, wait_for_port
from programs import UPSTREAM_KEY, Load, Programs, load, prepare
from report import Figure, shown

HERE: Final = Path(__file__).resolve().parent
PARTS: Final = ("cpu", "stream", "latency", "log", "start", "memory", "help", "packages")
_STEADY: Final = 1.10


class Bench:
    """The upstream, the gateways that run, and what was found."""

    def __init__(self, folder: Path, *, is_quick: bool, is_pinned: bool, gateways_wanted: set[str]) -> None:
        self.folder = folder
        self.is_quick = is_quick
        self.wanted = gateways_wanted
        cpus = os.cpu_count() or 1
        self.cpu = cpus - 1 if is_pinned and cpus > 1 else None
        self.other_cpu = 0 if is_pinned and cpus > 1 else None
        self.programs: Programs = prepare(folder)
        self.rounds = 2 if is_quick else 3
        self.seconds = 1.5 if is_quick else 3.0
        self.figures: list[Figure] = []
        self.raw: dict[str, object] = {}

    @contextlib.contextmanager
    def upstream(self, *, chunks: int = 100, interval_us: int = 5000, latency_us: int = 0) -> Generator[int]:
        """A scripted provider; its port."""
        port = free_port()
        command = [*self.programs.upstream, *map(str, (port, latency_us, chunks, interval_us)), UPSTREAM_KEY]
        with Started(command, log=self.folder / "upstream.log", cpu=self.other_cpu) as started:
            wait_for_port(port, started)
            yield port

    @contextlib.contextmanager
    def running(self, upstream: int) -> Generator[list[Gateway]]:
        """Every gateway there is, in front of `upstream`."""
        with contextlib.ExitStack() as stack:
            found: list[Gateway] = []
            for name, start in gateways.installed().items():
                if name not in self.wanted:
                    continue
                gateway = start(self.folder, upstream, self.cpu)
                found.append(gateway)
                if gateway.started is not None:
                    stack.enter_context(gateway.started)
            yield found

    def send(
        self, gateway: Gateway, body: bytes, *, connections: int, requests: int = 0, seconds: float = 0.0
    ) -> Load:
        """One run of the client; errors in it end the benchmark."""
        seen = load(
            self.programs,
            self.folder,
            port=gateway.port,
            bearer=gateway.bearer,
            body=body,
            connections=connections,
            requests=requests,
            seconds=seconds,
            cpu=self.other_cpu,
        )
        if seen.errors:
            raise RuntimeError(
                f"{gateway.name}: {seen.errors} of {seen.requests} failed ({seen.worst_status})"
            )
        return seen

    def compare(
        self, name: str, unit: str, found: dict[str, list[float]], *, goal: float, litellm: float
    ) -> None:
        """A figure from the readings of each gateway: medians, the ratio to nginx, whether it counts."""
        self.raw[name] = found
        medians = {gateway: statistics.median(readings) for gateway, readings in found.items()}
        ours, nginx = medians["aigw-dev"], medians.get("nginx")
        spread = max(found["nginx"]) / max(min(found["nginx"]), 1e-9) if nginx else None
        self.figures.append(
            Figure(
                name=name,
                unit=unit,
                ours=round(ours, 1),
                nginx=round(nginx, 1) if nginx else None,
                litellm=round(medians["litellm"], 1) if "litellm" in medians else None,
                ratio=round(ours / nginx, 2) if nginx else None,
                litellm_ratio=round(medians["litellm"] / ours, 1) if "litellm" in medians else None,
                goal=f"<= {goal:g}x nginx, <= 1/{litellm:g} LiteLLM" if litellm else f"<= {goal:g}x nginx",
                is_met=None if nginx is None else ours <= goal * nginx,
                is_steady=None if spread is None else spread <= _STEADY,
                note=f"nginx readings differ {(spread - 1) * 100:.0f} %" if spread else "no nginx",
            )
        )

    def plain(
        self, name: str, unit: str, value: float, *, goal: str, is_met: bool | None, note: str = ""
    ) -> None:
        """A figure that stands for itself."""
        self.figures.append(
            Figure(name=name, unit=unit, ours=round(value, 3), goal=goal, is_met=is_met, note=note)
        )


def cpu(bench: Bench, running: list[Gateway]) -> None:
    """Processor time per request at 50 in flight, small and 8 KB; nginx before and after ours."""
    for name, body, goal, litellm in (
        ("CPU per request, 436 B, c=50", bodies.small(), 4, 120),
        ("CPU per request, 8 KB, c=50", bodies.large(), 5, 150),
    ):
        found: dict[str, list[float]] = {}
        for gateway in _in_rounds(bench, running):
            found.setdefault(gateway.name, []).append(_cpu_us(bench, gateway, body, connections=50)[0])
        bench.compare(name, "us", found, goal=goal, litellm=litellm)


def stream(bench: Bench, running: list[Gateway]) -> None:
    """Processor time per relayed event: 20 streams of 200 events a second each."""
    found: dict[str, list[float]] = {}
    for gateway in _in_rounds(bench, running):
        spent, seen = _cpu_us(bench, gateway, bodies.stream(), connections=20)
        found.setdefault(gateway.name, []).append(spent * seen.requests / seen.events)
    bench.compare("CPU per SSE event, 20 streams x 200/s", "us", found, goal=2.5, litellm=20)


def latency(bench: Bench, running: list[Gateway], upstream: int) -> None:
    """Time at one connection: to the whole reply, and to a stream's first byte; what the gateway adds to the direct way."""
    direct = Gateway("direct", upstream, UPSTREAM_KEY, None)
    whole: dict[str, list[float]] = {}
    first: dict[str, list[float]] = {}
    requests, streams = (200, 3) if bench.is_quick else (1000, 6)
    for gateway in [direct, *_in_rounds(bench, running), direct]:
        few = 30 if gateway.name == "litellm" else requests
        whole.setdefault(gateway.name, []).append(
            bench.send(gateway, bodies.small(), connections=1, requests=few).p50_us
        )
        first.setdefault(gateway.name, []).append(
            bench.send(gateway, bodies.stream(), connections=1, requests=streams).first_p50_us
        )
    bench.compare("time to the whole reply, c=1, p50", "us", whole, goal=2.5, litellm=0)
    bench.compare("time to first token, c=1, p50", "us", first, goal=2.5, litellm=0)
    for name, found in (("reply", whole), ("first token", first)):
        added = min(found["aigw-dev"]) - min(found["direct"])
        bench.raw[f"added to the {name} over direct, us"] = round(added, 1)


def log(bench: Bench, running: list[Gateway]) -> None:
    """What the log costs, what it kept, how much disk it takes."""
    ran = subprocess.run(
        [sys.executable, str(HERE / "pipeline.py"), "--requests", "1500" if bench.is_quick else "5000"],
        capture_output=True,
        check=True,
        timeout=300,
        cwd=HERE,
    )
    alone: dict[str, float] = msgspec.json.decode(ran.stdout)
    bench.raw["pipeline alone"] = alone
    bench.plain(
        "own work per request, one process, no sockets, no log",
        "us",
        alone["pipeline_us"],
        goal="<= 40 us (own aim)",
        is_met=alone["pipeline_us"] <= 40,
    )
    bench.plain(
        "log per small request (one process)",
        "us",
        alone["log_us"],
        goal="<= 12 us (+ 6 us roll-ups)",
        is_met=alone["log_us"] <= 18,
    )
    ours = next(gateway for gateway in running if gateway.name == "aigw-dev")
    assert ours.started is not None
    assert ours.home is not None
    time.sleep(2)  # earlier load's index and roll-ups are not this one's
    before, side = _log_bytes(ours.home), ours.started.side_threads_us()
    seen = bench.send(ours, bodies.small(), connections=50, requests=5_000 if bench.is_quick else 30_000)
    time.sleep(3)  # what is folded off the request path belongs to its cost
    side_us = (ours.started.side_threads_us() - side) / seen.requests
    bench.plain(
        "threads beside the event loop, per request under load",
        "us",
        side_us,
        goal="<= 18 us (log with roll-ups)",
        is_met=side_us <= 18,
    )
    bodies_bytes = seen.requests * (len(bodies.small()) + len(bodies.REPLY))
    share = (_log_bytes(ours.home) - before) / bodies_bytes
    bench.plain(
        "log on disk per byte of bodies, full text included",
        "x",
        share,
        goal="<= 1.25 full text apart: store_bench.py",
        is_met=None,
    )
    dropped = _dropped_rows(ours)
    bench.plain(
        f"rows dropped at {seen.requests / seen.seconds:,.0f} requests/s",
        "",
        dropped,
        goal="0 at 5,000/s",
        is_met=not dropped,
    )


def start(bench: Bench, upstream: int) -> None:
    """From `up` to the first 200, a new home each time; and LiteLLM's."""
    found: dict[str, list[float]] = {}
    for name, begin in gateways.installed().items():
        if name not in bench.wanted:
            continue
        for _ in range(1 if name == "litellm" else bench.rounds):
            gateway = begin(bench.folder, upstream, None)
            found.setdefault(name, []).append(gateway.start_s)
            if gateway.started is not None:
                gateway.started.__exit__(None, None, None)
    bench.raw["start_s"] = found
    ours = statistics.median(found["aigw-dev"])
    theirs = found.get("litellm")
    is_met = ours <= 0.6 and (theirs is None or ours * 9 <= theirs[0])
    note = f"min {min(found['aigw-dev']):.2f}" + (f"; LiteLLM {theirs[0]:.2f}" if theirs else "; no LiteLLM")
    bench.plain("`up` to first 200", "s", ours, goal="<= 0.6 s, <= 1/9 LiteLLM", is_met=is_met, note=note)


def memory(bench: Bench) -> None:
    """Resident memory when idle, after requests, then after streams; a new gateway for each round."""
    counts = (4_000, 1_000) if bench.is_quick else (20_000, 10_000)
    idles: list[float] = []
    growths: dict[str, list[float]] = {"requests": [], "streams": []}
    for _ in range(1 if bench.is_quick else 3):
        with bench.upstream(chunks=10, interval_us=1000) as upstream:
            ours = gateways.start_ours(bench.folder, upstream, None)
            assert ours.started is not None
            with ours.started as process:
                time.sleep(1)
                idles.append(process.rss_mb())
                for name, body, count in zip(growths, (bodies.small(), bodies.stream()), counts, strict=True):
                    bench.send(ours, body, connections=50, requests=count)
                    time.sleep(1)
                    growths[name].append((process.rss_mb() / idles[-1] - 1) * 100)
    bench.raw["memory"] = {"idle": idles, **growths}
    idle = statistics.median(idles)
    bench.plain("memory, idle", "MB", idle, goal="<= 80", is_met=idle <= 80)
    for (name, found), count in zip(growths.items(), counts, strict=True):
        note = f"{min(found):.0f} to {max(found):.0f} %"
        growth = statistics.median(found)
        bench.plain(
            f"memory growth after {count:,} {name}",
            "%",
            growth,
            goal="<= 15",
            is_met=max(found) <= 15,
            note=note,
        )


def help_text(bench: Bench) -> None:
    """`--help` against an empty Python."""
    rounds = 5 if bench.is_quick else 15
    empty = min(_run_ms([sys.executable, "-c", "pass"]) for _ in range(rounds))
    ours = min(_run_ms([*gateways.ours(), "--help"]) for _ in range(rounds))
    note = f"{ours:.1f} ms, `python -c pass` {empty:.1f} ms; best of {rounds}"
    bench.plain("`aigw-dev --help`", "x", ours / empty, goal="<= 2x", is_met=ours <= 2 * empty, note=note)


def packages(bench: Bench) -> None:
    """How many packages an installation without extras brings."""
    found = machine.runtime_packages()
    bench.raw["packages"] = found
    bench.plain("runtime packages", "", len(found), goal="<= 40", is_met=len(found) <= 40)


def _in_rounds(bench: Bench, running: list[Gateway]) -> Iterator[Gateway]:
    """nginx, ours, nginx in each round; what is slow once at the end."""
    named = {gateway.name: gateway for gateway in running}
    for gateway in running:
        bench.send(
            gateway, bodies.small(), connections=20, requests=50 if gateway.name == "litellm" else 3000
        )
    for _ in range(bench.rounds):
        for name in ("nginx", "aigw-dev", "nginx"):
            if name in named:
                yield named[name]
    if "litellm" in named:
        yield named["litellm"]


def _cpu_us(bench: Bench, gateway: Gateway, body: bytes, *, connections: int) -> tuple[float, Load]:
    assert gateway.started is not None
    before = gateway.started.cpu_us()
    seen = bench.send(gateway, body, connections=connections, seconds=bench.seconds)
    time.sleep(0.1)  # the log's last batch is part of it
    return (gateway.started.cpu_us() - before) / seen.requests, seen


def _log_bytes(home: Path) -> int:
    return sum(path.stat().st_size for path in home.rglob("log.db"))


def _dropped_rows(ours: Gateway) -> float:
    """The gateway's own count, from its metrics."""
    request = urllib.request.Request(f"http://127.0.0.1:{ours.port}/metrics")
    request.add_header("authorization", f"Bearer {ours.bearer}")
    with urllib.request.urlopen(request, timeout=10) as reply:  # noqa: S310 -- http, to our own port
        lines = reply.read().decode().splitlines()
    dropped = [line for line in lines if "dropped_rows" in line and not line.startswith("#")]
    return sum(float(line.rpartition(" ")[2]) for line in dropped) if dropped else float("nan")


def _run_ms(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True, timeout=60)
    return (time.perf_counter() - began) * 1000


def _measure(bench: Bench, parts: list[str]) -> None:
    with bench.upstream() as upstream:
        if {"cpu", "stream", "latency", "log"} & set(parts):
            with bench.running(upstream) as running:
                if "latency" in parts:  # first: pools and logs are small
                    latency(bench, running, upstream)
                if "cpu" in parts:
                    cpu(bench, running)
                if "stream" in parts:
                    stream(bench, running)
                if "log" in parts:
                    log(bench, running)
        if "start" in parts:
            start(bench, upstream)
    if "memory" in parts:
        memory(bench)
    if "help" in parts:
        help_text(bench)
    if "packages" in parts:
        packages(bench)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="shorter and rougher: about a minute")
    parser.add_argument("--only", default=",".join(PARTS), help="parts, separated by commas")
    parser.add_argument("--against", default="nginx,litellm", help="what to compare with, where installed")
    parser.add_argument("--no-pin", action="store_true", help="let the system choose processors")
    parser.add_argument("--out", type=Path, default=HERE / "results" / "run.json")
    given = parser.parse_args()
    parts = given.only.split(",")
    if unknown := set(parts) - set(PARTS):
        parser.error(f"unknown part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    signal.signal(signal.SIGTERM, gateways.leave)
    described, pace = machine.describe(), machine.pace_ms()
    with tempfile.TemporaryDirectory(prefix="aigw-dev-bench-") as folder:
        bench = Bench(
            Path(folder),
            is_quick=given.quick,
            is_pinned=not given.no_pin,
            gateways_wanted={"aigw-dev", *given.against.split(",")},
        )
        _measure(bench, parts)
    result = {
        "machine": described,
        "pace_ms": [pace, machine.pace_ms()],
        "programs": bench.programs.kind,
        "not_compared": gateways.absent(),
        "figures": bench.figures,
        "readings": bench.raw,
    }
    given.out.parent.mkdir(exist_ok=True)
    given.out.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n")
    print(shown(bench.figures, described, pace_ms=(pace, machine.pace_ms()), programs=bench.programs.kind))
    print(f"written to {given.out}")


if __name__ == "__main__":
    main()
