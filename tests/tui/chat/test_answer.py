"""An answer is collected as it comes; the log's record knows better."""

from aigw_dev.calling import Ended
from aigw_dev.core.exchange import Assembled, Usage
from aigw_dev.tui.chat.answer import why_slow
from tests.tui.chat.answers import RECORD, an_answer


def test_pieces_become_a_message() -> None:
    message = an_answer().message()
    assert message["content"] == "Hello you"
    assert message["tool_calls"] == [
        {"id": "c", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    ]


def test_facts_are_estimated_until_the_reply_and_the_log_say_more() -> None:
    answer = an_answer()
    facts = answer.facts(2.0)
    assert (facts.ttft_s, facts.duration_s, facts.is_estimated, facts.input) == (0.2, 2.0, True, None)
    answer.take(Ended(assembled=Assembled(finish="stop"), usage=Usage(input=1, output=2)))
    assert answer.facts(2.0).is_estimated is False
    answer.record = RECORD
    facts = answer.facts(2.0)
    assert (facts.input, facts.output, facts.nanousd, facts.finish) == (41, 268, 900_000, "length")
    assert facts.why == "up/m 429, then up/n"


def test_a_first_attempt_that_went_well_is_no_reason() -> None:
    assert why_slow({"attempts": RECORD["attempts"][1:]}) == ""
    assert why_slow({}) == ""
