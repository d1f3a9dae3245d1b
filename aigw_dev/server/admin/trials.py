"""Tests over the admin API: begin, look, lay out stubs, gates and faults, end. What the pytest plugin and `run` talk to."""

import asyncio
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote

import msgspec
from litestar import Router, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody

from aigw_dev.core.errors import GatewayError
from aigw_dev.core.recording.fixture import FixtureError, Synth
from aigw_dev.core.recording.synth import build
from aigw_dev.server.admin.desk import Desk, refuse
from aigw_dev.server.testbench import report
from aigw_dev.server.testbench.bench import Bench
from aigw_dev.server.testbench.names import named
from aigw_dev.server.testbench.pace import pace_of
from aigw_dev.server.testbench.stubs import Stub
from aigw_dev.server.testbench.trial import Trial
from aigw_dev.server.testbench.trial_options import TrialOptions

_LONGEST_WAIT_S: Final = 300.0
_MOMENT_S: Final = 0.05
_MOST_USD: Final = 1_000_000_000
_Count = Annotated[int, msgspec.Meta(ge=0)]
_AtLeastOne = Annotated[int, msgspec.Meta(ge=1)]


class BeginRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How a test is run."""

    test: str
    fixture: str = ""
    mode: Literal["", "replay", "auto", "record", "live", "drift"] = ""
    ignore: list[str] = []
    repeat: Literal["", "last", "cycle"] = ""
    timing: str | float = ""
    keep_failures: bool = False
    record_raw: bool = False
    max_cost: str | None = None
    """USD."""
    max_calls: _AtLeastOne | None = None
    faults: list[Any] = []


class StubRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """An answer written by hand."""

    text: str = ""
    reasoning: str = ""
    tool_calls: list[Any] = []
    finish: str = ""
    usage: dict[str, _Count] = {}
    chunks: _AtLeastOne | None = None
    ttft_ms: _Count = 0
    tps: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    status: Annotated[int, msgspec.Meta(ge=200, le=599)] = 200
    model: str = ""
    times: _AtLeastOne | None = 1


class GateRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Where a reply is held."""

    call: _Count = 0
    before_event: _Count = 0


class EndRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How a test ended."""

    passed: bool


def router(desk: Desk) -> Router:
    """The handlers."""
    handlers = [*_life(desk), *_ending(desk), *_means(desk), *_gates(desk)]
    return Router(path="/admin/v1", route_handlers=handlers, tags=["tests"])


def _life(desk: Desk) -> list[HTTPRouteHandler]:
    @get("/tests")
    async def listed() -> dict[str, Any]:
        """Every test since the start, and where the fixtures lie."""
        bench = _bench(desk)
        rows = [report.row(one) for one in bench.trials.values()]
        return {"mode": bench.mode, "dir": str(bench.settings.root), "tests": rows}

    @post("/tests", status_code=200)
    async def begin(data: JSONBody[BeginRequest]) -> dict[str, Any]:
        """Begin a test, or begin it anew: its calls, stubs and gates are forgotten and its recordings rewound."""
        bench = _bench(desk)
        if not data.test:
            refuse("invalid_request", "test: name it", status=400)
        trial = await _begun(bench, data.test, _options(bench, data))
        desk.gateway.faults.begin(data.test, data.faults)
        return {
            "id": trial.name,
            "path": f"/t/{quote(trial.name, safe='')}",
            "fixture": trial.file,
            "mode": trial.options.mode,
            "interactions": len(trial.fixture.interactions) if trial.fixture is not None else 0,
            "recorded_at": trial.fixture.recorded_at if trial.fixture is not None else "",
            "expires": trial.fixture.expires if trial.fixture is not None else "",
        }

    @get("/tests/{name:str}")
    async def shown(
        name: FromPath[str],
        calls: FromQuery[int] = 0,
        timeout_ms: FromQuery[int] = 0,
        *,
        conversation: FromQuery[bool] = False,
        brief: FromQuery[bool] = False,
    ) -> dict[str, Any]:
        """A test: its calls, misses, unused interactions, cost. With `calls` it waits until so many have ended.

        `brief` leaves out what calls sent and were answered; `conversation` looks for what is wrong between them.
        """
        bench, name = _bench(desk), named(name)
        trial = await _trial(bench, name)
        bench.heard(name)
        if trial.options.mode == "drift":
            await bench.flush()
        await _wait_for(trial, calls, timeout_ms)
        found = report.document(
            trial,
            root=bench.settings.root,
            mend=bench.mend(trial),
            with_conversation=conversation,
            is_brief=brief,
        )
        return found | {"faults": desk.gateway.faults.rows(name)}

    return [listed, begin, shown]


def _ending(desk: Desk) -> list[HTTPRouteHandler]:
    @post("/tests/{name:str}/end", status_code=200)
    async def end(
        name: FromPath[str], data: JSONBody[EndRequest], *, brief: FromQuery[bool] = False
    ) -> dict[str, Any]:
        """End a test: what it recorded is written where it passed. One that made no call begins here."""
        bench, name = _bench(desk), named(name)
        if name not in bench.trials:
            await _begun(bench, name, None)
        bench.heard(name)
        trial = await bench.end_trial(name, passed=data.passed)
        assert trial is not None  # noqa: S101  -- it was found
        found = report.document(trial, root=bench.settings.root, mend=bench.mend(trial), is_brief=brief)
        found["faults"] = desk.gateway.faults.end(name)
        return found

    return [end]


def _means(desk: Desk) -> list[HTTPRouteHandler]:
    @post("/tests/{name:str}/stubs", status_code=200)
    async def stub(name: FromPath[str], data: JSONBody[StubRequest]) -> dict[str, Any]:
        """Lay out an answer; calls take them in order, before any recording."""
        trial = await _trial(_bench(desk), named(name))
        fields = {one: getattr(data, one) for one in Synth.__struct_fields__}
        synth = Synth(**fields)
        try:
            build(synth, dialect="openai-chat", model="m", is_stream=False, created=0)
        except FixtureError as error:
            refuse("invalid_request", f"{error}; {error.hint}".removesuffix("; "), status=400)
        made = Stub(synth=synth, model=data.model, times=data.times, status=data.status)
        trial.stubs.add(made)
        return {"stubs": trial.stubs.left()}

    @post("/tests/{name:str}/faults", status_code=200)
    async def fault(name: FromPath[str], data: JSONBody[dict[str, Any]]) -> dict[str, Any]:
        """Make something break in this test: `{"fault": "stream.cut;after_events=3"}` or its fields as an object."""
        trial = await _trial(_bench(desk), named(name))
        return {"fault_id": desk.gateway.faults.add(data, test=trial.name)}

    return [stub, fault]


def _gates(desk: Desk) -> list[HTTPRouteHandler]:
    @post("/tests/{name:str}/gates", status_code=200)
    async def gate(name: FromPath[str], data: JSONBody[GateRequest]) -> dict[str, Any]:
        """Hold a call's reply before an event, until the gate is opened."""
        trial = await _trial(_bench(desk), named(name))
        return {"gate": trial.gates.add(call=data.call, before_event=data.before_event).id}

    @get("/tests/{name:str}/gates/{gate_id:str}")
    async def reached(
        name: FromPath[str], gate_id: FromPath[str], timeout_ms: FromQuery[int] = 0
    ) -> dict[str, Any]:
        """Whether the reply stands before the gate; waits so long for it."""
        found = (await _trial(_bench(desk), named(name))).gates.find(gate_id)
        if found is None:
            refuse("invalid_request", f"there is no gate {gate_id!r}", status=404)
        if found.is_reached.is_set():  # also where nobody waits: a wait of 0 ms is over before it looks
            return {"reached": True}
        try:
            await asyncio.wait_for(found.is_reached.wait(), min(timeout_ms / 1000, _LONGEST_WAIT_S))
        except TimeoutError:
            return {"reached": False}
        return {"reached": True}

    @post("/tests/{name:str}/gates/{gate_id:str}", status_code=200)
    async def opened(name: FromPath[str], gate_id: FromPath[str]) -> dict[str, Any]:
        """Let the reply go on."""
        found = (await _trial(_bench(desk), named(name))).gates.find(gate_id)
        if found is None:
            refuse("invalid_request", f"there is no gate {gate_id!r}", status=404)
        found.is_open.set()
        return {"reached": found.is_reached.is_set()}

    return [gate, reached, opened]


async def _begun(bench: Bench, name: str, options: TrialOptions | None) -> Trial:
    try:
        return await bench.begin_trial(name, options)
    except (FixtureError, GatewayError, OSError) as error:
        refuse("fixture_invalid", str(error), status=422)


async def _wait_for(trial: Trial, calls: int, timeout_ms: int) -> None:
    within_s = min(timeout_ms / 1000, _LONGEST_WAIT_S)
    await trial.wait_until(lambda: sum(one.has_ended for one in trial.calls) >= calls, within_s=within_s)
    # A caller has its last byte a moment before the call has ended here.
    await report.settled(trial, within_s=_MOMENT_S)


def _options(bench: Bench, data: BeginRequest) -> TrialOptions:
    settings = bench.settings
    mode = data.mode or settings.mode
    if settings.mode == "replay" and mode != "replay":
        refuse("invalid_request", f"this gateway only replays; {mode!r} needs one started for it", status=409)
    try:
        pace = settings.pace if data.timing == "" else pace_of(str(data.timing))
    except ValueError as error:
        refuse("invalid_request", str(error), status=400)
    return TrialOptions(
        mode=mode,
        fixture=data.fixture,
        ignore=tuple(dict.fromkeys([*settings.ignore, *data.ignore])),
        repeat=data.repeat,
        pace=pace,
        keep_failures=data.keep_failures,
        record_raw=data.record_raw or settings.record_raw,
        max_cost_nanousd=None if data.max_cost is None else _nanousd(data.max_cost),
        max_calls=data.max_calls,
    )


def _nanousd(text: str) -> int:
    """An amount of USD; its size is looked at before anything is computed from it."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 <= amount <= _MOST_USD:
        refuse("invalid_request", f"max_cost: an amount in USD such as 0.50, not {text[:40]!r}", status=400)
    return int(amount * 1_000_000_000)


def _bench(desk: Desk) -> Bench:
    bench = desk.gateway.bench
    if bench is None:
        refuse(
            "invalid_request",
            "this gateway neither records nor replays; start it with `aigw-dev up --record DIR` or `aigw-dev replay DIR`",
            status=409,
        )
    return bench


async def _trial(bench: Bench, name: str) -> Trial:
    """The test of this name; for a runner that tells of its tests, one it has not begun begins now."""
    trial = bench.trials.get(name)
    if trial is not None:
        return trial
    if bench.settings.is_told:
        return await _begun(bench, name, None)
    return refuse("invalid_request", f"no test {name!r} has begun", status=404)
