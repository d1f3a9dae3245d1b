"""Two answers to one prompt differ in numbers and in words."""

from typing import Any

from aigw_dev.tui.chat.beside import diff_rows, numbers_row
from aigw_dev.tui.chat.talk import Facts, Strand, Turn
from aigw_dev.tui.look import UNICODE
from aigw_dev.tui.widgets.lines import plain
from tests.tui.chat.answers import text_of


def strand(model: str, said: str, **facts: Any) -> Strand:
    turn = Turn(role="assistant", message={"content": said}, facts=Facts(duration_s=1.0, **facts))
    return Strand(model=model, turns=[turn])


def test_two_answers_are_compared_in_numbers_and_words() -> None:
    one = ("A", strand("a", "one two three", ttft_s=0.5, output=10, nanousd=2_000_000))
    two = ("B", strand("b", "one two four", ttft_s=0.3, output=8, nanousd=1_000_000))
    said = plain(numbers_row([one, two], UNICODE))
    assert said == " B−A TTFT −200 ms  time 0 ms  tokens −2  cost −$0.0010"
    rows = text_of(diff_rows(one, two, 60, UNICODE))
    assert "[-three-]" in rows
    assert "{+four+}" in rows
    assert numbers_row([one, ("B", Strand())], UNICODE) == []
    assert "answer first" in text_of(diff_rows(one, ("B", Strand()), 60, UNICODE))
