"""Hand-written answers of one test, given instead of a recording: no file, no provider."""

from typing import Final

import msgspec

from aigw_dev.core.recording.fixture import Response, Synth


class Stub(msgspec.Struct, kw_only=True):
    """One answer."""

    synth: Synth | None = None
    response: Response | None = None
    """A whole reply, instead of `synth`."""
    status: int = 200
    model: str = ""
    """Only for calls that ask for this model; empty = any."""
    times: int | None = 1
    """How many calls it answers; None = all that follow."""
    given: int = 0


class Stubs:
    """The answers of one test, in the order in which they were laid out."""

    def __init__(self) -> None:
        """None yet."""
        self._stubs: Final[list[Stub]] = []

    def add(self, stub: Stub) -> None:
        """Lay out one more."""
        self._stubs.append(stub)

    def take(self, *models: str) -> Stub | None:
        """The first that fits a call known by these names of its model."""
        for stub in self._stubs:
            if stub.times is not None and stub.given >= stub.times:
                continue
            if stub.model and stub.model not in models:
                continue
            stub.given += 1
            return stub
        return None

    @property
    def has_more(self) -> bool:
        """Whether one can still answer."""
        return any(stub.times is None or stub.given < stub.times for stub in self._stubs)

    def left(self) -> int:
        """Answers that were laid out and never asked for."""
        return sum(stub.times is not None and stub.given < stub.times for stub in self._stubs)
