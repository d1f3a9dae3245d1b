"""Gates ask in slices, open once, and say where they stand."""

from typing import Any, cast

import pytest

from aigw_dev.pytest_plugin.control import Control
from aigw_dev.pytest_plugin.gates import Gate


class Answers:
    def __init__(self, *reached: bool) -> None:
        self.reached = list(reached)
        self.calls: list[dict[str, Any]] = []
        self.opened = 0
        self.slices: list[float] = []

    def wait(self, path: str, *, timeout_s: float) -> dict[str, Any]:
        assert path == "/admin/v1/tests/t/gates/0"
        self.slices.append(timeout_s)
        return {"reached": self.reached.pop(0)}

    def ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        if method == "GET":
            assert path == "/admin/v1/tests/t?brief=1"
            return {"calls": self.calls}
        assert (method, path, body) == ("POST", "/admin/v1/tests/t/gates/0", {})
        self.opened += 1
        return {}


def gate(answers: Answers) -> Gate:
    return Gate(cast("Control", answers), test="t", gate="0", call=0, before_event=3)


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


def test_a_call_that_has_ended_ends_the_wait() -> None:
    answers = Answers(False, False)
    answers.calls = [{"ended_by": "eof", "status": 404, "duration_s": 0.014}]
    words = "call 0 ended with 404 after 0.01 s; the gate before event 3 was not reached"
    with pytest.raises(TimeoutError, match=words):
        gate(answers).wait(timeout=60)


def test_a_gate_reached_just_before_its_call_ended_was_reached() -> None:
    answers = Answers(False, True)
    answers.calls = [{"ended_by": "eof", "status": 200}]
    assert gate(answers).wait(timeout=60)
