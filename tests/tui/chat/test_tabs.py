"""Every tab says its part of a call, harmlessly."""

from aigw_dev.core.call_examples import CallRequest
from aigw_dev.tui.chat import tabs
from aigw_dev.tui.chat.talk import Facts
from aigw_dev.tui.look import UNICODE
from aigw_dev.tui.widgets.lines import plain
from tests.tui.chat.answers import RECORD, an_answer, text_of


def test_the_line_of_facts_marks_estimates() -> None:
    facts = Facts(
        ttft_s=0.212,
        duration_s=3.1,
        input=41,
        output=268,
        is_estimated=True,
        nanousd=900_000,
        cost_status="estimated",
    )
    said = plain(tabs.facts_row(facts, UNICODE, is_over=True))
    assert said == "TTFT 212 ms · 3.1 s · ~41→268 tok · ~93 t/s · ~$0.0009"
    running = plain(tabs.facts_row(Facts(duration_s=0.5), UNICODE, is_over=False))
    assert running == "500 ms · cost when finished"
    unknown = plain(
        tabs.facts_row(Facts(duration_s=1.5, cost_status="unknown", finish="length"), UNICODE, is_over=True)
    )
    assert unknown == "1.5 s · cost unknown · length"
    assert "free" in plain(tabs.facts_row(Facts(cost_status="free", nanousd=0), UNICODE, is_over=True))


def test_the_route_tab_shows_conditions_values_attempts_and_losses() -> None:
    answer = an_answer()
    assert "log is asked" in text_of(tabs.route_rows(answer, 80, UNICODE))
    answer.record = RECORD
    said = text_of(tabs.route_rows(answer, 80, UNICODE))
    for one in (
        "dynamic/r",
        "✗ if metadata.tier == 'pro'  false",
        "metadata.tier was missing",
        "429",
        "up/n",
        "dropped seed",
        "slow\\x1b",
    ):
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
    request = CallRequest(
        base_url="http://x", body={"model": "m", "messages": [{"role": "user", "content": "hi"}]}
    )
    assert "curl -sS http://x" in text_of(tabs.curl_rows(request, 80, UNICODE))
    said = text_of(tabs.code_rows(request, 80, UNICODE))
    assert all(
        title in said for title in ("Python (openai)", "Python (anthropic)", "Node (openai)", "aigw-dev chat")
    )


def test_only_an_answer_that_was_ended_is_said_to_be() -> None:
    for finish, is_said in (("stop", False), ("end_turn", False), ("STOP", False), ("max_tokens", True)):
        row = plain(tabs.facts_row(Facts(duration_s=1.0, finish=finish), UNICODE, is_over=True))
        assert (finish in row) == is_said
