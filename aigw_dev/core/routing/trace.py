"""What a route decided and why: the targets in order and a trace that explains itself, also years later.

Stored as JSON with the exchange (`msgspec.json.encode`), read back with `read_decision`. It holds no reference to the
config: what was not taken is there as a summary.
"""

from typing import Any, Literal

import msgspec

from aigw_dev.core.routing.evaluate import Observation


class Retry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How often the same target is called again before the next one."""

    attempts: int
    """Calls beside the first; 0 = off."""
    backoff_ms: int = 500
    """Milliseconds before the first retry, doubled before each further one, with jitter."""
    max_wait_ms: int = 10_000
    """The longest wait; a provider that asks for more (`retry-after`) is left for the next target."""


class Target(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One model at one provider, and how to call it. A timeout of None leaves it to the provider, 0 switches it off."""

    provider: str
    model: str
    """The name sent upstream."""
    key: str | None = None
    """The one key to use, by reference; None = the provider's own choice."""
    params: dict[str, Any] = {}
    """Merged into the request's body at its top level."""
    node: str = ""
    """Where it stands in the route: `flow.then`, `flow.else.split.1.fallback.0`; empty for a direct call."""
    connect_timeout_ms: int | None = None
    """Milliseconds to connect."""
    first_packet_timeout_ms: int | None = None
    """Milliseconds to the first event of a stream."""
    idle_timeout_ms: int | None = None
    """Milliseconds between two pieces of a reply."""
    timeout_ms: int | None = None
    """Milliseconds for the whole call."""
    retry: Retry | None = None
    """None = one call."""
    fallback_on: tuple[int | str, ...] = ()
    """Statuses (404) and classes (`4xx`) that move on to the next target beside the usual ones."""

    def text(self) -> str:
        """`provider/model`."""
        return f"{self.provider}/{self.model}"


class IfStep(msgspec.Struct, frozen=True, kw_only=True, tag="if", omit_defaults=True):
    """A condition was asked."""

    node: str
    condition: str
    """As the route writes it."""
    observations: tuple[Observation, ...]
    result: bool
    """True: `then` was taken; False: `else`."""
    not_taken: str
    """The other branch in a line."""


class Share(msgspec.Struct, frozen=True):
    """One branch of a split."""

    weight: float
    summary: str
    """The branch in a line."""


class SplitStep(msgspec.Struct, frozen=True, kw_only=True, tag="split", omit_defaults=True):
    """A branch was drawn."""

    node: str
    shares: tuple[Share, ...]
    draw: float
    """From 0 up to, not including, 1."""
    chosen: int
    """Which of `shares`, from 0."""
    sticky: Literal["conversation", "request"]
    """`conversation`: the whole conversation gets this branch; `request`: drawn for this request alone."""
    reason: str = ""
    """Why it was drawn for the request alone, in words."""

    def __post_init__(self) -> None:
        if not 0 <= self.chosen < len(self.shares):
            message = "`chosen` is none of `shares`"
            raise ValueError(message)


class SendStep(msgspec.Struct, frozen=True, kw_only=True, tag="send", omit_defaults=True):
    """The end of the path: `Decision.targets` holds the targets."""

    node: str


Step = IfStep | SplitStep | SendStep


class Decision(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a request goes, in order, and why."""

    route: str
    """The route's name."""
    targets: tuple[Target, ...]
    """Never empty: the first is called, the others where it fails."""
    trace: tuple[Step, ...]
    """From the start of the flow to its end; the last is a `SendStep`."""
    sticky: Literal["conversation", "request", ""] = ""
    """How its splits were drawn; empty where there is none."""

    def __post_init__(self) -> None:
        if not self.targets or not self.trace or not isinstance(self.trace[-1], SendStep):
            message = "a decision has a target and ends with `send`"
            raise ValueError(message)


def read_decision(text: bytes | str) -> Decision:
    """A stored decision; `msgspec.DecodeError` where it is none."""
    return msgspec.json.decode(text, type=Decision)


class _Turn(msgspec.Struct, tag_field="type", tag="if"):
    """An `IfStep` as far as the way goes."""

    result: bool


class _Branch(msgspec.Struct, tag_field="type", tag="split"):
    chosen: int


class _End(msgspec.Struct, tag_field="type", tag="send"):
    pass


class _Way(msgspec.Struct):
    """A `Decision` as far as the way goes: reads in microseconds what a list shows a thousand times."""

    trace: list[_Turn | _Branch | _End]


def path_in_short(text: bytes | str) -> str:
    """The way that a stored decision took: `F·F·T`, the number from 1 of a split's branch; empty for none."""
    try:
        steps = msgspec.json.decode(text, type=_Way).trace
    except msgspec.DecodeError:
        return ""
    marks: list[str] = []
    for step in steps:
        match step:
            case _Turn():
                marks.append("T" if step.result else "F")
            case _Branch():
                marks.append(str(step.chosen + 1))
            case _End():
                pass
    return "·".join(marks)
