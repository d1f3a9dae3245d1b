"""What a fault does to one call: a reply of its own (`Act`) or a change of the provider's (`Rewriter`).

Nothing here touches a connection; a shell plays the steps. `head` of a rewriter is called once, then `feed` for every
read and `close` at the body's proper end. Where the upstream broke, `close` is not called and the break passes on.
"""

from collections.abc import Callable, Mapping
from typing import Final, Literal

from aigw_dev.core.recording.faults import bodies, chunking, http_forms
from aigw_dev.core.recording.faults.catalogue import CATALOGUE
from aigw_dev.core.recording.faults.row import DIALECTS
from aigw_dev.core.recording.faults.spec import FaultError, FaultSpec
from aigw_dev.core.recording.faults.steps import Act, Bytes, End, Rewriter, Stage, Step, Wait
from aigw_dev.core.recording.faults.stream_rewriter import EventRewriter
from aigw_dev.core.recording.faults.streams import edit_of, end_of
from aigw_dev.core.recording.faults.tool_faults import WholeReply

__all__ = ("Act", "Bytes", "End", "Rewriter", "Stage", "Step", "Wait", "perform")

_GARBAGE_BYTES: Final = 64
_KEEPS_LENGTH: Final = frozenset({"stream.cut.dirty", "stream.reset", "stream.stall", "slow.events"})
_NO_CONNECTION: Final[Mapping[str, tuple[str, str]]] = {
    "net.refused": ("connect_failed", "the connection was refused"),
    "net.dns": ("connect_failed", "the host's name is not known"),
    "net.tls": ("tls_failed", "the provider's certificate cannot be trusted: self-signed certificate"),
    "net.unreachable": ("connect_failed", "the network is unreachable"),
    "net.connect_timeout": ("connect_timeout", "no connection within connect_timeout_ms"),
}
_BROKEN: Final[Mapping[str, tuple[Literal["empty", "garbage", "reset"], str, str]]] = {
    "net.empty": ("empty", "upstream_reset", "the provider closed the connection without a reply"),
    "net.garbage": ("garbage", "upstream_protocol", "what the provider sent is no HTTP"),
    "net.reset": ("reset", "upstream_reset", "the provider reset the connection"),
}


def perform(spec: FaultSpec, stage: Stage) -> Act | Rewriter:
    """What `spec` does to one call.

    Raises FaultError where it cannot be done to this call: a dialect that has nothing of the kind, a fault of streams
    and a whole reply, a dead connection at the client's edge.
    """
    _check(spec, stage)
    family = CATALOGUE[spec.id].family
    if family == "http":
        return http_forms.reply(spec, stage)
    if family == "net":
        return _net(spec, stage)
    if family in {"slow", "chunk"}:
        return _SLOW[spec.id](spec, stage)
    if family == "stream":
        return _stream(spec, stage)
    return _body(spec, stage)


def _check(spec: FaultSpec, stage: Stage) -> None:
    row = CATALOGUE[spec.id]
    if stage.edge not in row.edges:
        raise FaultError(
            f"`{spec.id}` cannot be done to a connection that stands",
            hint=f'let the app use aigw.dead_url("{spec.id.removeprefix("net.")}"), or name a provider: '
            f"{spec.id}@provider:NAME",
        )
    if stage.dialect not in DIALECTS:
        raise FaultError(f"`{spec.id}` has no form in the dialect {stage.dialect}")
    if stage.dialect in row.not_for:
        raise FaultError(f"`{spec.id}` does not exist in the dialect {stage.dialect}")
    if row.needs_stream and not stage.is_stream:
        raise FaultError(
            f"`{spec.id}` is done to streams, and this call asked for a whole reply",
            hint='ask for a stream ("stream": true), or use a fault of http.*, net.*, slow.* or body.*',
        )


def _net(spec: FaultSpec, stage: Stage) -> Act:
    if spec.id in _NO_CONNECTION:
        code, text = _NO_CONNECTION[spec.id]
        return Act(before="error", code=code, text=f"{text} (fault {spec.id})", is_sent=False)
    before, code, text = _BROKEN[spec.id]
    steps: tuple[Step, ...] = ()
    if before == "garbage":
        # a byte of the upper half first: no HTTP version begins so
        noise = bytes(
            [0x80 | int(stage.draw() * 128), *(int(stage.draw() * 256) for _ in range(_GARBAGE_BYTES - 1))]
        )
        steps = (Bytes(noise), End("dirty"))
    return Act(before=before, code=code, text=f"{text} (fault {spec.id})", steps=steps)


def _stream(spec: FaultSpec, stage: Stage) -> Rewriter:
    if spec.id == "stream.utf8_split":
        return chunking.SplitCharacters()
    is_cut = not CATALOGUE[spec.id].needs_stream
    if is_cut and (spec.after_bytes is not None or not stage.is_stream):
        return chunking.CutAt(spec.after_bytes, end_of(spec, stage))
    return EventRewriter(edit_of(spec, stage), stage, keeps_length=spec.id in _KEEPS_LENGTH)


def _body(spec: FaultSpec, stage: Stage) -> Act | Rewriter:
    change = bodies.change_of(spec.id)
    if change is not None:
        return bodies.BodyRewriter(spec, stage, change)
    match spec.id:
        case "body.truncated_length":
            return bodies.truncated_length(spec)
        case "body.gzip_broken":
            return bodies.gzip_broken()
        case "body.huge":
            return bodies.Huge(spec, stage)
        case "body.wrong_content_type":
            kinds = {"text": b"text/plain; charset=utf-8", "json": b"application/json"}
            return bodies.retyped(kinds[spec.kind]) if spec.kind in kinds else bodies.login_page()
        case _:
            return WholeReply(spec, stage)


def _events(spec: FaultSpec, stage: Stage) -> Rewriter:
    if not stage.is_stream:
        return chunking.paused(spec, stage)
    return EventRewriter(edit_of(spec, stage), stage, keeps_length=True)


_SLOW: Final[Mapping[str, Callable[[FaultSpec, Stage], Rewriter]]] = {
    "slow.headers": chunking.LateHead,
    "slow.first_token": chunking.LateBody,
    "slow.events": _events,
    "slow.trickle": chunking.trickle,
    "chunk.fuzz": chunking.fuzz,
}
