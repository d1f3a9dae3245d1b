"""What translation costs: per request and per streamed event, beside the same dialect relayed, in one run.

    python benchmarks/translation.py [--rounds 7] [--only codecs,pipeline,process] [--profile CALLER:PROVIDER]

`codecs`: the codecs alone. `pipeline`: door, pipeline, accounting in one process without sockets or log, as in
`pipeline.py`. `process`: the gateway as a user has it, between the client and the scripted upstream. Processor time;
medians; every pair takes its turn in every round, so that a neighbour on the machine troubles all alike. Nothing here
passes or fails: read the ratios.
"""

import argparse
import asyncio
import cProfile
import pstats
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import gateways
import in_process
import machine
import msgspec
import programs
import talks
from processes import Started, free_port, wait_for_port
from talks import CALLERS, PROVIDERS, SHORT, neutral, request, written

from aigw_dev.core.chat.heard import Heard, summary
from aigw_dev.core.chat.vocabulary import ChatReply
from aigw_dev.core.dialects.codec import caller_codec, provider_codec
from aigw_dev.core.ledger import Ledger
from aigw_dev.server.serving import loop_factory

PARTS: Final = ("codecs", "pipeline", "process")
HERE: Final = Path(__file__).resolve().parent
_CALLS: Final = 100
"""Requests timed together."""
_STREAMS: Final = 3

Pair = tuple[str, str]
_Outer = TypeVar("_Outer")
_Inner = TypeVar("_Inner")
PAIRS: Final[tuple[Pair, ...]] = tuple((caller, provider) for caller in CALLERS for provider in PROVIDERS)


def _us(work: Callable[[], object], times: int) -> float:
    began = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - began) / times * 1e6


# --- the codecs alone


def _round_trip(pair: Pair, *, is_large: bool) -> Callable[[], object]:
    """A request read and written, its reply read, summed up for the log, and written."""
    caller, provider = pair
    raw, answer = request(caller, is_large=is_large), talks.reply(provider)
    asked = talks.context(caller)

    def once() -> object:
        written(provider, neutral(caller, raw))
        said = provider_codec(provider).read_chat_reply(answer)
        assert isinstance(said, ChatReply)
        summary(said)
        return caller_codec(caller).write_reply(said, asked, Ledger())

    return once


def _streamed(pair: Pair) -> Callable[[], object]:
    """A whole stream, framed, decoded, heard and encoded."""
    caller, provider = pair
    pieces, asked = talks.stream(provider), talks.context(caller, is_stream=True)

    def once() -> object:
        codec = provider_codec(provider)
        framer, decoder = codec.framer(), codec.stream_decoder()
        encoder, heard = caller_codec(caller).stream_encoder(asked, Ledger()), Heard()
        sent: list[bytes] = []
        for piece in pieces:
            for event in framer.feed(piece):
                for said in decoder.feed(event):
                    heard.take(said)
                    sent.append(encoder.encode(said))
        for said in decoder.close():
            heard.take(said)
            sent.append(encoder.encode(said))
        return b"".join(sent)

    return once


def codecs(rounds: int) -> dict[str, dict[Pair, float]]:
    """Microseconds by what is done and pair; the same dialect both ways is measured too, though it is never translated."""
    works: dict[str, dict[Pair, Callable[[], object]]] = {
        "400 B": {pair: _round_trip(pair, is_large=False) for pair in PAIRS},
        "8 KB": {pair: _round_trip(pair, is_large=True) for pair in PAIRS},
        "event": {pair: _streamed(pair) for pair in PAIRS},
    }
    found: dict[str, dict[Pair, list[float]]] = {name: {} for name in works}
    for _ in range(rounds):
        for name, by_pair in works.items():
            for pair, work in by_pair.items():
                is_stream = name == "event"
                us = _us(work, _STREAMS if is_stream else _CALLS // 2)
                found[name].setdefault(pair, []).append(us / (talks.EVENTS if is_stream else 1))
    return _medians(found)


def codec_steps(rounds: int) -> dict[str, dict[str, float]]:
    """Microseconds of each step at 8 KB by dialect, and of reading and writing one streamed event."""
    steps: dict[str, dict[str, Callable[[], object]]] = {}
    chat = neutral(talks.CHAT, request(talks.CHAT, is_large=True))
    for one in PROVIDERS:
        mine = steps.setdefault(one, {})
        mine["write request"] = lambda one=one: written(one, chat)
        mine["read reply"] = lambda one=one: provider_codec(one).read_chat_reply(talks.reply(one))
        mine["decode event"] = lambda one=one: _decoded(one)
        if one not in CALLERS:
            continue
        said = provider_codec(one).read_chat_reply(talks.reply(one))
        assert isinstance(said, ChatReply)
        mine["read request"] = lambda one=one: neutral(one, request(one, is_large=True))
        mine["write reply"] = lambda one=one, said=said: caller_codec(one).write_reply(
            said, talks.context(one), Ledger()
        )
        told = _decoded(talks.CHAT)
        mine["encode event"] = lambda one=one, told=told: _encoded(one, told)
    found: dict[str, dict[str, list[float]]] = {one: {} for one in steps}
    for _ in range(rounds):
        for one, mine in steps.items():
            for name, work in mine.items():
                us = _us(work, _STREAMS if "event" in name else _CALLS)
                found[one].setdefault(name, []).append(us / (talks.EVENTS if "event" in name else 1))
    return _medians(found)


def _decoded(provider: str) -> list[object]:
    codec = provider_codec(provider)
    framer, decoder = codec.framer(), codec.stream_decoder()
    said: list[object] = []
    for piece in talks.stream(provider):
        for event in framer.feed(piece):
            said += decoder.feed(event)
    return said + list(decoder.close())


def _encoded(caller: str, told: list[object]) -> None:
    encoder = caller_codec(caller).stream_encoder(talks.context(caller, is_stream=True), Ledger())
    for event in told:
        encoder.encode(event)  # type: ignore[arg-type]  # of `_decoded`


def _medians(found: dict[_Outer, dict[_Inner, list[float]]]) -> dict[_Outer, dict[_Inner, float]]:
    return {
        outer: {inner: round(statistics.median(us), 1) for inner, us in by_inner.items()}
        for outer, by_inner in found.items()
    }


# --- the whole pipeline, without sockets


async def pipeline(rounds: int) -> dict[str, dict[Pair, float]]:
    """Microseconds of the event loop's thread by what is sent and pair; of a stream, per event."""
    async with in_process.running() as stage:
        works = {
            "400 B": {pair: stage.sender(*pair, is_large=False) for pair in PAIRS},
            "8 KB": {pair: stage.sender(*pair, is_large=True) for pair in PAIRS},
            "event": {pair: stage.sender(*pair, is_large=False, is_stream=True) for pair in PAIRS},
        }
        found: dict[str, dict[Pair, list[float]]] = {name: {} for name in works}
        for number in range(rounds + 1):
            for name, by_pair in works.items():
                for pair, send in by_pair.items():
                    is_stream = name == "event"
                    us = await _awaited_us(send, _STREAMS if is_stream else _CALLS)
                    if number:  # the first round warms
                        found[name].setdefault(pair, []).append(us / (talks.EVENTS if is_stream else 1))
    return _medians(found)


async def _awaited_us(send: in_process.Sender, times: int) -> float:
    began = time.thread_time()
    for _ in range(times):
        await asyncio.create_task(send())
    return (time.thread_time() - began) / times * 1e6


# --- as a table


def _table(title: str, by_pair: dict[Pair, float], *, is_beside: bool) -> list[str]:
    """Callers down, providers across; `is_beside`: what a pair costs above the caller's own dialect stands behind it."""
    lines = [
        f"| {title} | {' | '.join(f'-> {SHORT[one]}' for one in PROVIDERS)} |",
        "|---" * (len(PROVIDERS) + 1) + "|",
    ]
    for caller in CALLERS:
        own = by_pair[caller, caller]
        cells: list[str] = []
        for provider in PROVIDERS:
            us = by_pair[caller, provider]
            beside = f" (+{us - own:.1f}, {us / own:.1f}x)" if is_beside and provider != caller else ""
            cells.append(f"{us:.1f}{beside}")
        lines.append(f"| {SHORT[caller]} | {' | '.join(cells)} |")
    return [*lines, ""]


def _steps_table(steps: dict[str, dict[str, float]]) -> list[str]:
    names = ("read request", "write request", "read reply", "write reply", "decode event", "encode event")
    lines = [f"| one step, us | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for one, mine in steps.items():
        cells = [f"{mine[name]:.1f}" if name in mine else "-" for name in names]
        lines.append(f"| {SHORT[one]} | {' | '.join(cells)} |")
    return [*lines, ""]


def _profile(named: str) -> None:
    caller, _, provider = named.partition(":")
    long = {short: one for one, short in SHORT.items()}
    pair = (long[caller], long[provider])
    for work, times in ((_round_trip(pair, is_large=True), 1000), (_streamed(pair), 20)):
        work()
        profile = cProfile.Profile()
        profile.enable()
        for _ in range(times):
            work()
        profile.disable()
        pstats.Stats(profile).sort_stats("tottime").print_stats(35)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", default=",".join(PARTS), help="parts, separated by commas")
    parser.add_argument("--profile", metavar="CALLER:PROVIDER", help="only show where the codecs' time goes")
    parser.add_argument("--out", type=Path, default=HERE / "results" / "translation.json")
    given = parser.parse_args()
    if given.profile:
        _profile(given.profile)
        return
    parts = given.only.split(",")
    if unknown := set(parts) - set(PARTS):
        parser.error(f"unknown part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    lines: list[str] = []
    raw: dict[str, object] = {"machine": machine.describe()}
    if "codecs" in parts:
        steps = codec_steps(given.rounds)
        lines += _steps_table(steps)
        raw["steps"] = steps
        measured = codecs(given.rounds)
        for name, by_pair in measured.items():
            lines += _table(f"codecs alone, {name}, us", by_pair, is_beside=False)
        raw["codecs"] = _named(measured)
    if "pipeline" in parts:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            measured = runner.run(pipeline(given.rounds))
        for name, by_pair in measured.items():
            lines += _table(f"pipeline, {name}, us", by_pair, is_beside=True)
        raw["pipeline"] = _named(measured)
    if "process" in parts:
        measured = process(min(given.rounds, 3))
        lines += _process_table(measured)
        raw["process"] = _named(measured)
    given.out.parent.mkdir(exist_ok=True)
    given.out.write_bytes(msgspec.json.format(msgspec.json.encode(raw), indent=1) + b"\n")
    print("\n".join(lines))
    print(f"written to {given.out}")


def _named(measured: dict[str, dict[Pair, float]]) -> dict[str, dict[str, float]]:
    return {
        name: {f"{SHORT[caller]} -> {SHORT[provider]}": us for (caller, provider), us in by_pair.items()}
        for name, by_pair in measured.items()
    }


# --- through the process

_SETTINGS: Final = """\
version: 1
gateway: {{name: benchmarks}}
providers:
  up: {{kind: openai, base_url: "http://127.0.0.1:{upstream}/v1", keys: ["env:BENCH_UPSTREAM_KEY"]}}
  anthropic: {{base_url: "http://127.0.0.1:{upstream}", keys: ["env:BENCH_UPSTREAM_KEY"]}}
logging: {{max_mb: 8192}}
routes:
  measured: {{models: [{model}], flow: {{send: up/{model}}}}}
"""
_PATHS: Final = {talks.CHAT: "/v1/chat/completions", talks.ANTHROPIC: "/v1/messages"}
_TARGETS: Final = {talks.CHAT: "up/gpt-4o-mini", talks.ANTHROPIC: "anthropic/claude-sonnet-4-5"}
_IN_FLIGHT, _EVENTS_A_STREAM = 50, 100
_IDLE_US: Final = 10_000.0
"""One tick of the system's clock in 0.2 s: nothing is being written."""


def process(rounds: int) -> dict[str, dict[Pair, float]]:
    """Microseconds of the gateway's process tree, log and all: per 8 KB request, and per streamed event."""
    pairs = [(caller, provider) for caller in _PATHS for provider in _TARGETS]
    found: dict[str, dict[Pair, list[float]]] = {"8 KB": {}, "event": {}}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = programs.prepare(folder)
        if made.kind != "C":
            return {}
        port = free_port()
        command = [*made.upstream, *map(str, (port, 0, _EVENTS_A_STREAM, 5000)), programs.UPSTREAM_KEY]
        with Started(command, log=folder / "upstream.log") as upstream:
            wait_for_port(port, upstream)
            ours = gateways.start_ours(folder, port, None, settings=_SETTINGS)
            assert ours.started is not None
            with ours.started:
                for number in range(rounds + 1):
                    for what, by_pair in found.items():
                        for pair in pairs:
                            us = _loaded_us(made, folder, ours, pair, is_stream=what == "event")
                            if number:  # the first round warms
                                by_pair.setdefault(pair, []).append(us)
    return _medians(found)


def _loaded_us(
    made: programs.Programs, folder: Path, ours: gateways.Gateway, pair: Pair, *, is_stream: bool
) -> float:
    caller, provider = pair
    assert ours.started is not None
    body = request(caller, is_large=not is_stream, is_stream=is_stream, model=_TARGETS[provider])
    before = _at_rest_us(ours.started)
    seen = programs.load(
        made,
        folder,
        port=ours.port,
        bearer=ours.bearer,
        body=body,
        connections=20 if is_stream else _IN_FLIGHT,
        requests=200 if is_stream else 1500,
        path=_PATHS[caller],
    )
    if seen.errors:
        raise RuntimeError(f"{pair}: {seen.errors} of {seen.requests} failed ({seen.worst_status})")
    return (_at_rest_us(ours.started) - before) / seen.requests / (_EVENTS_A_STREAM if is_stream else 1)


def _at_rest_us(started: Started) -> float:
    """Processor time so far, once the log has written what it had: it is part of what a request costs."""
    spent = started.cpu_us()
    for _ in range(50):
        time.sleep(0.2)
        before, spent = spent, started.cpu_us()
        if spent - before <= _IDLE_US:
            break
    return spent


def _process_table(measured: dict[str, dict[Pair, float]]) -> list[str]:
    if not measured:
        return ["through the process: not measured, there is no C compiler or no epoll", ""]
    lines = ["| through the process, us | own dialect | translated | above |", "|---|---|---|---|"]
    for what, by_pair in measured.items():
        for (caller, provider), us in by_pair.items():
            if caller != provider:
                own = by_pair[caller, caller]
                name = f"{what}, {SHORT[caller]} -> {SHORT[provider]}"
                lines.append(f"| {name} | {own:.1f} | {us:.1f} | +{us - own:.1f}, {us / own:.1f}x |")
    return [*lines, ""]


if __name__ == "__main__":
    main()
