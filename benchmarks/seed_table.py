"""The seed's benchmark table, measured so that it means something.

    python benchmarks/seed_table.py [--repeats 5] [--latency-ms 0] [--also NAME=PORT[=KEY]] [--quick]

1,000 requests at 50 in flight, 10,000 at 100 and 10,000 at 1,000 (the seed's row of that name was measured with 100).
The same bytes to every target, each warmed up, the targets taking turns; the upstream itself is measured too, so that
what a gateway adds can be told from what the machine takes. Results: benchmarks/results/seed_table.json.
"""

import argparse
import contextlib
import signal
import statistics
import tempfile
from pathlib import Path
from typing import Final

import bodies
import gateways
import machine
import msgspec
from gateways import Gateway
from processes import Started, free_port, wait_for_port
from programs import UPSTREAM_KEY, Load, Programs, load, prepare

HERE: Final = Path(__file__).resolve().parent
ROWS: Final = ((1_000, 50), (10_000, 100), (10_000, 1_000))
_LONG_S: Final = 20.0
"""A target that would take longer than this for one repeat gets fewer requests, once only; the table says how many."""


class Cell(msgspec.Struct):
    """One target in one row: medians over the repeats, milliseconds."""

    target: str
    requests: int
    in_flight: int
    repeats: int
    qps: float
    mean_ms: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    errors: int
    """Over all repeats."""


def measure(
    programs: Programs,
    folder: Path,
    targets: list[Gateway],
    *,
    requests: int,
    in_flight: int,
    repeats: int,
    paces: dict[str, float],
) -> list[Cell]:
    """One row of the table: the targets take turns, `repeats` times. `paces`: requests per second of each, roughly."""
    seen: dict[str, list[Load]] = {target.name: [] for target in targets}
    for number in range(repeats):
        for target in targets:
            fits = max(2 * in_flight, int(paces[target.name] * _LONG_S))
            if number and fits < requests:
                continue
            seen[target.name].append(
                load(
                    programs,
                    folder,
                    port=target.port,
                    bearer=target.bearer,
                    body=bodies.small(),
                    connections=in_flight,
                    requests=min(requests, fits),
                )
            )
    return [_cell(name, loads, in_flight) for name, loads in seen.items()]


def _cell(name: str, loads: list[Load], in_flight: int) -> Cell:
    def middle(values: list[float]) -> float:
        return round(statistics.median(values), 2)

    return Cell(
        target=name,
        requests=loads[0].requests,
        in_flight=in_flight,
        repeats=len(loads),
        qps=round(middle([one.requests / one.seconds for one in loads])),
        mean_ms=middle([one.mean_us / 1000 for one in loads]),
        p50_ms=middle([one.p50_us / 1000 for one in loads]),
        p95_ms=middle([one.p95_us / 1000 for one in loads]),
        p99_ms=middle([one.p99_us / 1000 for one in loads]),
        errors=sum(one.errors for one in loads),
    )


def table(cells: list[Cell]) -> str:
    """The cells in Markdown."""
    lines = [
        "| requests / in flight | target | QPS | mean ms | p50 | p95 | p99 | errors | repeats |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {cell.requests:,} / {cell.in_flight:,} | {cell.target} | {cell.qps:,.0f} | {cell.mean_ms} | {cell.p50_ms} "
        f"| {cell.p95_ms} | {cell.p99_ms} | {cell.errors} | {cell.repeats} |"
        for cell in cells
    ]
    return "\n".join(lines)


def _also(text: str) -> Gateway:
    """`NAME=PORT[=KEY]`: something that runs already in front of the upstream's port."""
    name, port, *key = text.split("=", 2)
    return Gateway(name, int(port), key[0] if key else "sk-nobody", None)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--latency-ms", type=float, default=0.0, help="how long the upstream thinks")
    parser.add_argument("--upstream-port", type=int, default=0, help="a fixed one, for gateways of --also")
    parser.add_argument(
        "--also", type=_also, action="append", default=[], help="NAME=PORT[=KEY], running already"
    )
    parser.add_argument("--quick", action="store_true", help="two repeats")
    parser.add_argument("--out", type=Path, default=HERE / "results" / "seed_table.json")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, gateways.leave)
    repeats = 2 if given.quick else given.repeats
    described = machine.describe()
    cells: list[Cell] = []
    with tempfile.TemporaryDirectory(prefix="aigw-dev-seed-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        programs = prepare(folder)
        port = given.upstream_port or free_port()
        command = [
            *programs.upstream,
            str(port),
            str(int(given.latency_ms * 1000)),
            "100",
            "5000",
            UPSTREAM_KEY,
        ]
        upstream = stack.enter_context(Started(command, log=folder / "upstream.log"))
        wait_for_port(port, upstream)
        targets = [Gateway("direct", port, UPSTREAM_KEY, None)]
        for start in gateways.installed().values():
            gateway = start(folder, port, None)
            if gateway.started is not None:
                stack.enter_context(gateway.started)
            targets.append(gateway)
        targets += given.also
        paces: dict[str, float] = {}
        for target in targets:  # the warm-up
            few = 100 if target.name == "litellm" else 3_000
            warmed = load(
                programs,
                folder,
                port=target.port,
                bearer=target.bearer,
                body=bodies.small(),
                connections=50,
                requests=few,
            )
            paces[target.name] = warmed.requests / warmed.seconds
        for requests, in_flight in ROWS:
            cells += measure(
                programs,
                folder,
                targets,
                requests=requests,
                in_flight=in_flight,
                repeats=repeats,
                paces=paces,
            )
    result = {
        "machine": described,
        "programs": programs.kind,
        "latency_ms": given.latency_ms,
        "not_compared": gateways.absent(),
        "rows": cells,
    }
    given.out.parent.mkdir(exist_ok=True)
    given.out.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n")
    print(f"{described.system}, {described.cpus} CPUs, Python {described.python}; upstream: {programs.kind}")
    print("not compared: " + "; ".join(f"{key}: {why}" for key, why in gateways.absent().items()))
    print(table(cells))


if __name__ == "__main__":
    main()
