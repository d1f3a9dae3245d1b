"""An answer is collected as it comes; the log's record knows better."""

from typing import Any

from aigw_dev.calling import Ended, Heard, Opened
from aigw_dev.core.call_examples import CallRequest
from aigw_dev.core.exchange import Assembled, Usage
from aigw_dev.core.reply_pieces import ToolPiece
from aigw_dev.tui.chat import tabs
from aigw_dev.tui.chat.answer import Answer, why_slow
from aigw_dev.tui.chat.beside import diff_rows, numbers_row
from aigw_dev.tui.chat.talk import Facts, Strand, Turn
from aigw_dev.tui.look import UNICODE
from aigw_dev.tui.widgets.lines import plain

HEAD = Opened(at_ms=5, status=200, headers={"a": "\x1b"}, exchange="e1", upstream="up/m", route="r", attempts=1)
RECORD: dict[str, Any] = {
    "usage": {"input": 41, "output": 268},
    "cost": {"status": "estimated", "nanousd": 900_000},
    "finish": "length",
    "attempts": [
        {"number": 1, "provider": "up", "request_model": "m", "status": 429, "error": "upstream_status", "error_text": "slow\x1b"},
        {"number": 2, "provider": "up", "request_model": "n", "status": 200, "reason": "fallback"},
    ],
    "decision": {
        "route": "r",
        "trace": [
            {"type": "if", "condition": "metadata.tier == 'pro'", "result": False, "observations": [{"name": "metadata.tier", "actual": None}]},
            {"type": "send", "node": "flow.else"},
        ],
    },
    "ledger": {"entries": [{"side": "request", "fate": "dropped", "field": "seed", "how": "has no place"}]},
}


def an_answer() -> Answer:
    answer = Answer("dynamic/r", {"stream": True}, None, began_s=0.0)
    answer.take(HEAD)
    answer.take(Heard(at_ms=200, data=b"x" * 10, reasoning="hm"))
    answer.take(Heard(at_ms=500, data=b"y", text="Hello", tools=(ToolPiece(index=0, id="c", name="look", arguments="{"),)))
    answer.take(Heard(at_ms=900, data=b"z", text=" you", tools=(ToolPiece(index=0, arguments="}"),)))
    return answer


def text_of(rows: list[Any]) -> str:
    return "\n".join(plain(row) for row in rows)


def test_pieces_become_a_message() -> None:
    message = an_answer().message()
    assert message["content"] == "Hello you"
    assert message["tool_calls"] == [{"id": "c", "type": "function", "function": {"name": "look", "arguments": "{}"}}]


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


def test_the_line_of_facts_marks_estimates() -> None:
    facts = Facts(ttft_s=0.212, duration_s=3.1, input=41, output=268, is_estimated=True, nanousd=900_000, cost_status="estimated")
    said = plain(tabs.facts_row(facts, UNICODE, is_over=True))
    assert said == "TTFT 212 ms · 3.1 s · ~41→268 tok · ~93 t/s · ~$0.0009"
    running = plain(tabs.facts_row(Facts(duration_s=0.5), UNICODE, is_over=False))
    assert running == "500 ms · cost when finished"
    unknown = plain(tabs.facts_row(Facts(duration_s=1.5, cost_status="unknown", finish="length"), UNICODE, is_over=True))
    assert unknown == "1.5 s · cost unknown · length"
    assert "free" in plain(tabs.facts_row(Facts(cost_status="free", nanousd=0), UNICODE, is_over=True))


def test_the_route_tab_shows_conditions_values_attempts_and_losses() -> None:
    answer = an_answer()
    assert "log is asked" in text_of(tabs.route_rows(answer, 80, UNICODE))
    answer.record = RECORD
    said = text_of(tabs.route_rows(answer, 80, UNICODE))
    for one in ("dynamic/r", "✗ if metadata.tier == 'pro'  false", "metadata.tier was missing", "429", "up/n", "dropped seed", "slow\\x1b"):
        assert one in said


def test_raw_and_timing_show_bytes_and_offsets() -> None:
    answer = an_answer()
    answer.over_s = 1.0
    raw = text_of(tabs.raw_rows(answer, 80, UNICODE))
    assert "a: \\x1b" in raw
    assert "xxxxxxxxxxyz" in raw
    timing = text_of(tabs.timing_rows(answer, 2.0, 80, UNICODE))
    assert "longest pause 400 ms" in timing
    assert "first token" in timing
    for rows in (tabs.raw_rows, tabs.route_rows):
        assert "stand" in text_of(rows(None, 80, UNICODE))


def test_the_call_is_shown_in_every_language() -> None:
    request = CallRequest(base_url="http://x", body={"model": "m", "messages": [{"role": "user", "content": "hi"}]})
    assert "curl -sS http://x" in text_of(tabs.curl_rows(request, 80, UNICODE))
    said = text_of(tabs.code_rows(request, 80, UNICODE))
    assert all(title in said for title in ("Python (openai)", "Python (anthropic)", "Node (openai)", "aigw-dev chat"))


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
