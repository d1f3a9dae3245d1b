"""A gate holds one event of a streamed answer back until the test opens it: no sleep, no race."""

import time

from aigw_dev.pytest_plugin.control import Control, path_of
from aigw_dev.pytest_plugin.waiting import SLICE_S, Waited, run_after_turns, wait_or_later


class Gate(Waited):
    """A place in a stream where the gateway waits for the test."""

    def __init__(self, control: Control, *, test: str, gate: str, place: str) -> None:
        """`place` says in words where it stands."""
        self._control = control
        self._path = path_of(test, "gates", gate)
        self._place = place
        self._is_open = False

    @property
    def is_open(self) -> bool:
        """Whether the test let the stream go on."""
        return self._is_open

    def reached(self, timeout: float = 10.0) -> "Gate":
        """Wait until everything before the gate was sent; to be awaited in async code. `TimeoutError` where it is not."""
        return wait_or_later(lambda: self._wait(timeout), "gate.reached()")

    def wait(self, timeout: float = 10.0) -> "Gate":
        """The same, for plain tests: blocks, also in async code."""
        return self._wait(timeout)

    def open(self) -> None:
        """Let the stream go on; a gate may be opened before it is reached, and twice.

        In async code it is opened once the loop has turned: after `task.cancel(); gate.open()` the caller has left first.
        """
        if not self._is_open:
            self._is_open = True
            run_after_turns(lambda: self._control.ask("POST", self._path, {}))

    def __repr__(self) -> str:
        return f"<gate before {self._place}, {'open' if self._is_open else 'closed'}>"

    def _wait(self, timeout_s: float) -> "Gate":
        deadline = time.monotonic() + timeout_s
        while True:
            left = deadline - time.monotonic()
            if self._control.wait(self._path, timeout_s=max(0.0, min(left, SLICE_S))).get("reached"):
                return self
            if left <= 0:
                raise TimeoutError(f"the gate before {self._place} was not reached within {timeout_s} s")
