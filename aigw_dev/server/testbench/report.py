"""What is said of tests: misses in words, drifts, and the documents of the admin API."""

import time
from pathlib import Path
from typing import Any, Final

from aigw_dev.core.exchange import Assembled
from aigw_dev.core.recording import miss as misses
from aigw_dev.core.recording.drift import render, shape_diff
from aigw_dev.core.recording.fixture import SUFFIX
from aigw_dev.core.recording.matching import Taken
from aigw_dev.server.testbench import saving
from aigw_dev.server.testbench.plain import dollars, plain_request
from aigw_dev.server.testbench.trial import BenchCall, Trial
from aigw_dev.server.testbench.trial_options import Found

SETTLE_S: Final = 2.0


def why_missed(
    trial: Trial, call: BenchCall, upstream: str, *, mend: misses.Mend, root: Path
) -> tuple[str, str, dict[str, Any]]:
    """Kind, text and details of a call that nothing recorded answers."""
    found = call.found
    if isinstance(found, Taken):
        text = misses.explain_route(
            found.interaction,
            tried=upstream,
            rule=call.exchange.route,
            test=trial.name,
            fixture_path=path_of(root, found.file),
            mend=mend,
        )
        return "route_changed", text, {"tried": upstream, "rule": call.exchange.route}
    assert found is not None  # noqa: S101  -- the pool was asked
    file = path_of(root, found.nearest_file or trial.file)
    text = misses.explain(
        found,
        test=trial.name,
        fixture_path=file,
        recorded_at=trial.fixture.recorded_at if trial.fixture is not None else "",
        now_at=moment(trial.began_at),
        mend=mend,
    )
    return found.kind, text, misses.as_dict(found, test=trial.name, fixture_path=file, mend=mend)


def path_of(root: Path, file: str) -> str:
    """A fixture's file, for people."""
    return str(root / f"{file}{SUFFIX}")


def moment(at_s: float) -> str:
    """UTC seconds as RFC 3339."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at_s))


def compare(trial: Trial, call: BenchCall) -> None:
    """Live against recorded, by shape: noted in the report, written nowhere."""
    if not isinstance(call.found, Taken):
        trial.note(
            Found(
                kind="drift",
                text=f"call {call.number}: nothing is recorded to compare with",
                call=call.number,
            )
        )
        return
    recorded = [one.response for one in call.found.interaction.attempts if one.response is not None]
    live = saving.last_response(call)
    if not recorded or live is None:
        return
    changes = shape_diff(recorded[-1], live)
    trial.drifts[call.number] = changes
    if changes:
        trial.note(Found(kind="drift", text=render(changes), call=call.number))


async def settled(trial: Trial, *, within_s: float = SETTLE_S) -> None:
    """Wait (not for ever) until calls whose caller has everything have ended here too."""
    await trial.wait_until(lambda: all(one.has_ended for one in trial.calls), within_s=within_s)


def document(
    trial: Trial, *, root: Path, mend: misses.Mend, with_conversation: bool = False, is_brief: bool = False
) -> dict[str, Any]:
    """Everything known of a test; `with_conversation`: what is wrong with the conversation it holds, too."""
    from aigw_dev.core.recording.conversation import check_conversation

    found = check_conversation([one.request for one in trial.calls]) if with_conversation else []
    return {
        "conversation": found,
        "id": trial.name,
        "path": f"/t/{trial.name}",
        "fixture": trial.file,
        "mode": trial.options.mode,
        "state": "ended" if trial.has_ended else "open",
        "passed": trial.passed,
        "interactions": len(trial.fixture.interactions) if trial.fixture is not None else 0,
        "recorded_at": trial.fixture.recorded_at if trial.fixture is not None else "",
        "expires": trial.fixture.expires if trial.fixture is not None else "",
        "calls": [call_row(one, is_brief=is_brief) for one in trial.calls],
        "misses": [
            {"kind": one.kind, "text": one.text, "call": one.call, **one.detail} for one in trial.misses()
        ],
        "drift": [{"call": one.call, "text": one.text} for one in trial.found if one.kind == "drift"],
        "unused": unused_rows(trial, root=root, mend=mend),
        "stubs_left": trial.stubs.left(),
        "cost_usd": dollars(trial.cost_nanousd),
        "written": trial.written or None,
        "error": trial.trouble or None,
    }


def call_row(call: BenchCall, *, is_brief: bool = False) -> dict[str, Any]:
    """The call as the admin API and the pytest plugin give it; `is_brief` without what was sent and answered."""
    return _outline(call) if is_brief else _outline(call) | _contents(call)


def _contents(call: BenchCall) -> dict[str, Any]:
    assembled = call.assembled or Assembled()
    return {
        "request": plain_request(call.request),
        "context": context_of(call),
        "request_headers": dict(call.request.headers),
        "response_text": assembled.text,
        "reasoning": assembled.reasoning,
        "refusal": assembled.refusal,
        "tool_calls": [[one.name, one.arguments] for one in assembled.tool_calls],
    }


def _outline(call: BenchCall) -> dict[str, Any]:
    exchange = call.exchange
    usage = exchange.usage
    nanousd = exchange.cost.nanousd
    return {
        "number": call.number,
        "op": exchange.operation,
        "model": exchange.original_model,
        "status": exchange.status,
        "stream": exchange.is_stream,
        "state": "ended" if call.has_ended else "open",
        "ended_by": call.ended_by or None,
        "error": exchange.error,
        "error_text": exchange.error_text,
        "finish": exchange.finish,
        "usage": None
        if usage is None
        else {
            "input_tokens": usage.input,
            "output_tokens": usage.output,
            "total_tokens": usage.input + usage.output,
            "cached_tokens": usage.cached_input,
            "reasoning_tokens": usage.reasoning,
            "estimated": usage.estimated,
        },
        "cost_usd": None if nanousd is None else dollars(nanousd),
        "cost_status": exchange.cost.status,
        "route": {"asked": exchange.original_model, "rule": exchange.route, "chosen": call.chosen()},
        "attempts": [
            {
                "upstream": f"{one.provider}/{one.request_model}".removesuffix("/"),
                "status": one.status,
                "error": one.error,
                "node": one.node,
                "why": one.reason,
            }
            for one in exchange.attempts
        ],
        "exchange": exchange.id,
        "interaction": call.found.number if isinstance(call.found, Taken) else None,
        "from": call.source,
        "started_s": call.began_s,
        "duration_s": exchange.duration_s,
        "ttft_s": exchange.ttft_s,
    }


def context_of(call: BenchCall) -> str:
    """The request as lines for a snapshot, made once."""
    if not call.lines:
        from aigw_dev.core.recording.context_lines import context_lines

        call.lines = context_lines(call.request)
    return call.lines


def row(trial: Trial) -> dict[str, Any]:
    """The same in one line of a table."""
    return {
        "id": trial.name,
        "fixture": trial.file,
        "mode": trial.options.mode,
        "state": "ended" if trial.has_ended else "open",
        "passed": trial.passed,
        "calls": len(trial.calls),
        "misses": len(trial.misses()),
        "unused": len(trial.unused()),
        "cost_usd": dollars(trial.cost_nanousd),
        "written": trial.written or None,
        "error": trial.trouble or None,
    }


def unused_rows(trial: Trial, *, root: Path, mend: misses.Mend) -> list[dict[str, Any]]:
    """Interactions that nothing asked for."""
    rows: list[dict[str, Any]] = []
    totals = {file: len(fixture.interactions) for file, fixture in trial.held()}
    for file, number, interaction in trial.unused():
        rows.append(
            {
                "fixture": file,
                "number": number,
                "key": interaction.key,
                "op": interaction.request.op,
                "text": misses.explain_unused(
                    interaction,
                    number=number,
                    total=totals.get(file, 0),
                    fixture_path=path_of(root, file),
                    nearest=trial.pool.nearest_to(file, number),
                    mend=mend,
                ),
            }
        )
    return rows
