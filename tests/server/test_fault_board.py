"""Which faults are in force, and what happens to what they hold."""

import pytest

from aigw_dev.core.recording.faults.spec import CallFacts, FaultError
from aigw_dev.server.fault_board import FaultBoard

CALL = CallFacts(edge="client", model="m")


def struck(board: FaultBoard, facts: CallFacts = CALL) -> str:
    found = board.striking(facts)
    return "" if found is None else found.spec.id


def test_faults_strike_one_after_the_other() -> None:
    board = FaultBoard()
    board.add("http.429;times=2")
    board.add({"fault": "http.500", "times": 1})
    assert [struck(board) for _ in range(4)] == ["http.429", "http.429", "http.500", ""]
    assert [(row["seen"], row["fired"]) for row in board.rows()] == [(4, 2), (2, 1)]


def test_a_call_that_a_fault_cannot_be_done_to_is_not_counted() -> None:
    board = FaultBoard()
    board.add("http.429;on_call=2")
    assert board.striking(CALL, can_be_done=lambda _: False) is None
    assert [struck(board), struck(board)] == ["", "http.429"]


def test_a_fault_of_one_edge_does_not_look_at_the_other() -> None:
    board = FaultBoard()
    board.add("http.429@provider:openai")
    assert struck(board) == ""
    assert struck(board, CallFacts(edge="provider", provider="openai", model="m")) == "http.429"


def test_what_is_wrong_is_said_and_nothing_is_in_force() -> None:
    board = FaultBoard()
    with pytest.raises(FaultError, match=r"stream\.cut"):
        board.add("stream.cutt")
    assert board.is_empty


def test_a_fault_taken_back_lets_go_of_what_it_holds() -> None:
    board = FaultBoard()
    identifier = board.add("stream.stall")
    found = board.striking(CALL)
    assert found is not None
    told: list[str] = []
    found.hold(lambda: told.append("held"))
    forget = found.hold(lambda: told.append("forgotten"))
    forget()
    assert board.remove(identifier)
    assert (told, found.is_over) == (["held"], True)
    found.hold(lambda: told.append("late"))
    assert told == ["held", "late"]
    assert not board.remove(identifier)


def test_a_tests_faults_go_with_it_and_others_stay() -> None:
    board = FaultBoard()
    board.add("http.500")
    board.add("http.429", test="a")
    board.begin("a", ["http.503", {"fault": "http.504", "times": 1}])
    assert [row["fault"] for row in board.rows("a")] == ["http.503", "http.504"]
    assert [row["fault"] for row in board.end("a")] == ["http.503", "http.504"]
    assert [row["fault"] for row in board.rows()] == ["http.500"]
    board.clear()
    assert board.is_empty
