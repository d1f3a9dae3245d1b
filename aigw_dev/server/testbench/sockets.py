"""The provider's edge for WebSockets: a recorded socket stands in for the connection, as `edge` does for calls."""

import asyncio
import time
from collections.abc import Sequence

from aigw_dev.core.errors import UpstreamError
from aigw_dev.core.recording import miss as misses
from aigw_dev.core.recording.fixture import Attempt, Response
from aigw_dev.core.recording.frames import Script
from aigw_dev.core.recording.ignore import compile_rules
from aigw_dev.core.recording.keys import SUBPROTOCOLS
from aigw_dev.core.recording.matching import FieldDiff, Miss, Taken
from aigw_dev.server.call import Call, RefusedCallError
from aigw_dev.server.socket_answer import Answer, Declined, Dial, Opened, Through
from aigw_dev.server.testbench.bench import Bench
from aigw_dev.server.testbench.edge import NOT_KEPT, upstream_of, why_of
from aigw_dev.server.testbench.replayed import pieces_of
from aigw_dev.server.testbench.report import path_of
from aigw_dev.server.testbench.requests import of_call
from aigw_dev.server.testbench.socket_capture import CapturedSocket, SocketTee
from aigw_dev.server.testbench.socket_replay import Missed, ReplayedSocket
from aigw_dev.server.testbench.trial import BenchCall
from aigw_dev.server.testbench.trial_options import Found
from aigw_dev.server.trail import Trail


def through_of(bench: Bench | None) -> Through | None:
    """What stands before a provider's sockets; None where nothing is recorded or replayed."""
    if bench is None:
        return None

    async def through(call: Call, dial: Dial) -> Answer:
        trail = call.trail
        bench_call = trail.inbound.bench_call if isinstance(trail, Trail) else None
        if not isinstance(trail, Trail) or not isinstance(bench_call, BenchCall):
            return await dial()  # offline that reaches nobody: `Edge.wrap_socket`
        return await _answer(bench, bench_call, trail, call, dial)

    return through


async def _answer(bench: Bench, bench_call: BenchCall, trail: Trail, call: Call, dial: Dial) -> Answer:
    trial = bench_call.trial
    upstream = upstream_of(trail)
    if trial.answers_from_fixture and bench_call.found is None:
        bench_call.found = trial.pool.take(bench_call.request)
    if trial.options.mode in {"replay", "auto"}:
        recorded = bench_call.next_attempt(upstream)
        if recorded is not None:
            bench_call.source = "fixture"
            return await _replayed(bench, bench_call, trail, recorded)
        if not (isinstance(bench_call.found, Miss) and trial.options.mode == "auto"):
            raise RefusedCallError(bench.miss(trial, bench_call, upstream))
    return await _live(bench, bench_call, trail, call, dial)


async def _live(bench: Bench, bench_call: BenchCall, trail: Trail, call: Call, dial: Dial) -> Answer:
    """Dial, and remember what is said."""
    attempt = trail.attempt
    bench_call.source = "live"
    captured = CapturedSocket(
        upstream_of(trail),
        kind="" if attempt.kind == attempt.provider else attempt.kind,
        why=why_of(trail),
        dialect=trail.dialect,
        request=of_call(call, trail, bench.clean),
        clean=bench.clean,
    )
    bench_call.captured.append(captured)
    try:
        answer = await dial()
    except UpstreamError as error:
        captured.fail(error)
        raise
    except asyncio.CancelledError:
        captured.error, captured.error_text = "cancelled", "the caller left"
        raise
    if isinstance(answer, Opened):
        return Opened(SocketTee(answer, captured), answer.headers, answer.subprotocol)
    captured.status, captured.headers = answer.status, list(answer.headers)
    captured.head_s = time.monotonic()
    captured.pieces.append((captured.head_s, answer.body))
    captured.end = "eof"
    return answer


async def _replayed(bench: Bench, bench_call: BenchCall, trail: Trail, recorded: Attempt) -> Answer:
    pace, response = bench_call.trial.options.pace, recorded.response
    if recorded.error:
        code = "upstream_failed" if recorded.error == NOT_KEPT else recorded.error
        raise UpstreamError(
            recorded.error_text or recorded.error, code=code, is_sent=code != "connect_failed"
        )
    if response is None:
        raise UpstreamError("the fixture holds no reply of this attempt", code="upstream_protocol")
    if pace and response.dt_ms:
        await asyncio.sleep(response.dt_ms[0] * pace / 1000)
    headers = [
        (name.lower().encode("latin-1", "replace"), value.encode("latin-1", "replace"))
        for name, value in response.headers.items()
        if name.lower() != SUBPROTOCOLS
    ]
    if response.ws is None:
        return Declined(response.status, headers, b"".join(pieces_of(response, bench.read_blob)))
    socket = ReplayedSocket(
        response,
        _script(bench_call, response),
        read_blob=bench.read_blob,
        pace=pace,
        clean=bench.clean,
        missed=_missed(bench, bench_call, trail, response),
    )
    chosen = response.headers.get(SUBPROTOCOLS, "").encode("latin-1", "replace")
    offered = trail.inbound.subprotocols or ()
    return Opened(socket, headers, chosen if chosen in offered else b"")


def _script(bench_call: BenchCall, response: Response) -> Script:
    trial, found = bench_call.trial, bench_call.found
    held = dict(trial.held())
    own = held[found.file].ignore if isinstance(found, Taken) and found.file in held else ()
    rules = compile_rules(tuple(dict.fromkeys((*own, *trial.options.ignore))))
    return Script(response.ws or [], op=bench_call.request.op, rules=rules)


def _missed(bench: Bench, bench_call: BenchCall, trail: Trail, response: Response) -> Missed:
    """What notes a message that was not recorded so, and says what the caller is told."""
    trial, found = bench_call.trial, bench_call.found
    total = sum(frame.side == "c" for frame in response.ws or ())

    def missed(number: int, fields: Sequence[FieldDiff] | None) -> str:
        assert isinstance(found, Taken)  # noqa: S101  -- something recorded is being replayed
        text = misses.explain_message(
            found.interaction,
            number=number,
            total=total,
            fields=fields,
            test=trial.name,
            fixture_path=path_of(bench.settings.root, found.file),
            mend=bench.mend(trial),
        )
        first = text.partition("\n")[0].removeprefix("aigw: ")
        detail = misses.message_as_dict(number=number, fields=fields)
        trial.note(Found(kind="miss", text=text, call=bench_call.number, detail=detail))
        bench.tell(f"miss  {trial.name}: {first}")
        trail.exchange.error, trail.exchange.error_text = "fixture_miss", text
        return text

    return missed
