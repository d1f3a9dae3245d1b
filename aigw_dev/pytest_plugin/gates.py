"""A gate holds one event of a streamed answer back until the test opens it: no sleep, no race."""

import time
from typing import Any, Final

from aigw_dev.pytest_plugin.control import Control, path_of
from aigw_dev.pytest_plugin.waiting import SLICE_S, Waited, run_after_turns, wait_or_later

_FIRST_SLICE_S: Final = 0.2
"""The first question while waiting; each further one is twice as long: a call that has ended is noticed soon."""


class Gate(Waited):
    """A place in a stream where the gateway waits for the test."""

    def __init__(self, control: Control, *, test: str, gate: str, call: int, before_event: int) -> None:
        """It stands before event `before_event` of call `call`, both from 0."""
        self._control = control
        self._path = path_of(test, "gates", gate)
        self._test_path = f"{path_of(test)}?brief=1"
        self._call = call
        self._event = before_event
        self._place = f"event {before_event} of call {call}"
        self._is_open = False

    @property
    def is_open(self) -> bool:
        """Whether the test let the stream go on."""
        return self._is_open

    def reached(self, timeout: float = 10.0) -> "Gate":
        """Wait until everything before the gate was sent; to be awaited in async code. `TimeoutError` where it is not, early where the call has ended."""
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
        slice_s = _FIRST_SLICE_S
        while True:
            left = deadline - time.monotonic()
            if self._is_reached(max(0.0, min(left, slice_s))):
                return self
            how = self._end_of_call()
            if how:
                if self._is_reached(0.0):  # between the two questions
                    return self
                raise TimeoutError(
                    f"call {self._call} {how}; the gate before event {self._event} was not reached"
                )
            slice_s = min(slice_s * 2, SLICE_S)
            if left <= 0:
                raise TimeoutError(f"the gate before {self._place} was not reached within {timeout_s} s")

    def _is_reached(self, timeout_s: float) -> bool:
        return bool(self._control.wait(self._path, timeout_s=timeout_s).get("reached"))

    def _end_of_call(self) -> str:
        """How the gate's call has ended; empty = it has not, or did not come yet."""
        rows: list[dict[str, Any]] = self._control.ask("GET", self._test_path).get("calls") or []
        row = rows[self._call] if self._call < len(rows) else {}
        if not row.get("ended_by"):
            return ""
        took = row.get("duration_s")
        after = f" after {took:.2f} s" if isinstance(took, float) else ""
        return f"ended with {row.get('status') or row['ended_by']}{after}"
