"""Which edit of a stream does which fault."""

from collections.abc import Callable, Mapping
from typing import Final, Literal

from aigw_dev.core.recording.faults.chunking import ping_of
from aigw_dev.core.recording.faults.edits_ending import Cut, CutInArguments, ErrorEvent, NoDone, NoFinish
from aigw_dev.core.recording.faults.edits_inside import (
    BadJson,
    EmptyChoices,
    Inserted,
    NoUsage,
    Paused,
    Reordered,
    Repeated,
    Restyled,
    Skipped,
    commented,
    crlf,
    several_lines,
)
from aigw_dev.core.recording.faults.spec import FaultSpec
from aigw_dev.core.recording.faults.steps import End, Stage
from aigw_dev.core.recording.faults.stream_rewriter import Edit


def edit_of(spec: FaultSpec, stage: Stage) -> Edit:
    """The edit that does this fault of a stream."""
    return _EDITS[spec.id](spec, stage)


def end_of(spec: FaultSpec, stage: Stage) -> End:
    """How a cut of this id ends."""
    if spec.id != "stream.stall":
        return End(_CUT_ENDS[spec.id])
    ping = ping_of(stage.dialect) if spec.ping_ms and stage.is_stream else b""
    return End("hold", ping=ping, every_s=(spec.ping_ms or 0) / 1000 if ping else 0.0)


_CUT_ENDS: Final[Mapping[str, Literal["clean", "dirty", "reset"]]] = {
    "stream.cut.clean": "clean",
    "stream.cut.dirty": "dirty",
    "stream.reset": "reset",
}
_EDITS: Final[Mapping[str, Callable[[FaultSpec, Stage], Edit]]] = {
    **{
        name: lambda spec, stage: Cut(spec, stage, end_of(spec, stage))
        for name in (*_CUT_ENDS, "stream.stall")
    },
    "stream.cut.in_tool_args": CutInArguments,
    "stream.no_done": NoDone,
    "stream.done_no_finish": NoFinish,
    "stream.error_event": ErrorEvent,
    "stream.bad_json": BadJson,
    "stream.utf8_invalid": lambda spec, stage: Inserted(spec, stage, b"\xff"),
    "stream.u2028": lambda spec, stage: Inserted(spec, stage, b"\xe2\x80\xa8"),
    "stream.multi_data": lambda spec, stage: Restyled(spec, stage, several_lines),
    "stream.crlf": lambda spec, stage: Restyled(spec, stage, crlf),
    "stream.comment": lambda spec, stage: Restyled(spec, stage, commented),
    "stream.dup": Repeated,
    "stream.reorder": Reordered,
    "stream.skip": Skipped,
    "stream.empty_choices": EmptyChoices,
    "stream.no_usage": NoUsage,
    "slow.events": Paused,
}
