"""Gates ask in slices, open once, and say where they stand."""

from typing import Any, cast

import pytest

from aigw_dev.pytest_plugin.control import Control
from aigw_dev.pytest_plugin.gates import Gate


class Answers:
    def __init__(self, *reached: bool) -> None:
        self.reached = list(reached)
        self.opened = 0
        self.slices: list[float] = []

    def wait(self, path: str, *, timeout_s: float) -> dict[str, Any]:
        assert path == "/admin/v1/tests/t/gates/0"
        self.slices.append(timeout_s)
        return {"reached": self.reached.pop(0)}

    def ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        assert (method, path, body) == ("POST", "/admin/v1/tests/t/gates/0", {})
        self.opened += 1
        return {}


def gate(answers: Answers) -> Gate:
    return Gate(cast("Control", answers), test="t", gate="0", place="event 3 of call 0")


def test_a_long_wait_is_made_of_short_questions() -> None:
    answers = Answers(False, False, True)
    made = gate(answers)
    assert made.reached(timeout=60) is made
    assert len(answers.slices) == 3
    assert max(answers.slices) <= 5


def test_a_gate_is_opened_once() -> None:
    answers = Answers()
    made = gate(answers)
    assert repr(made) == "<gate before event 3 of call 0, closed>"
    made.open()
    made.open()
    assert answers.opened == 1
    assert made.is_open


def test_a_gate_that_is_not_reached_is_named() -> None:
    with pytest.raises(TimeoutError, match="the gate before event 3 of call 0 was not reached within 0 s"):
        gate(Answers(False)).wait(timeout=0)
