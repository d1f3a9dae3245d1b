"""An exchange as one line: nothing is hidden, guessed silently or able to steer a terminal."""

import pytest

from aigw_dev.cli import log_lines
from aigw_dev.cli.exits import CommandError
from aigw_dev.core.routing import cells
from tests.cli.logged import STEERING, entry


def headers(names: str = "", *, width: int = 0) -> list[str]:
    return [column.header for column in log_lines.chosen(names, width=width)]


def test_the_seeds_five_are_always_among_the_columns() -> None:
    for width in (0, 20, 80, 200):
        assert {"STATUS", "TIME", "MODEL", "REQUEST", "RESPONSE"} <= set(headers(width=width))


def test_times_tokens_and_cost_come_as_the_terminal_grows() -> None:
    assert "MS" not in headers(width=80)
    assert headers(width=95)[-1] == "MS"
    assert headers(width=120)[-3:] == ["MS", "TOKENS", "COST"]
    assert headers(width=0)[-3:] == ["MS", "TOKENS", "COST"]


def test_columns_can_be_named() -> None:
    assert headers("cost, Whole-ID,ttft") == ["COST", "ID", "TTFT"]


def test_an_unknown_column_is_an_error_that_names_a_near_one() -> None:
    with pytest.raises(CommandError) as refused:
        log_lines.chosen("modle", width=0)
    assert "modle" in refused.value.message
    assert "`model`" in refused.value.hint


def test_every_column_shows_something_for_every_exchange() -> None:
    empty = entry(
        duration_s=None, ttft_s=None, input_tokens=None, cost_status=None, cost_nanousd=None, provider="",
        original_model="", key_name="", request_preview="", response_preview="", state="open", status=0,
    )  # fmt: skip
    for given in (entry(), empty):
        for name, column in log_lines.COLUMNS.items():
            assert column.cell(given) or name == "marks"


def test_a_call_without_a_model_names_the_provider_alone() -> None:
    assert log_lines.model(entry(provider="openai", request_model="")) == "openai"


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, "$0.000033"),
        ({"cost_status": "estimated"}, "~$0.000033"),
        ({"cost_status": "partial"}, ">=$0.000033"),
        ({"cost_status": "free", "cost_nanousd": 0}, "free"),
        ({"cost_status": "unknown", "cost_nanousd": None}, "unknown"),
        ({"cost_status": None, "cost_nanousd": None}, "-"),
        ({"cost_nanousd": 3}, "<$0.000001"),
    ],
)
def test_a_cost_shows_its_doubt_and_is_never_a_silent_zero(fields: dict[str, object], text: str) -> None:
    assert log_lines.cost(entry(**fields)) == text


def test_our_own_count_of_tokens_is_marked() -> None:
    assert log_lines.tokens(entry()) == "57/40"
    assert log_lines.tokens(entry(usage_estimated=True)) == "~57/40"


def test_a_call_that_was_never_sent_shows_what_was_asked_and_why_not() -> None:
    refused = entry(
        provider="", original_model="nope", error="model_not_found", response_preview="", status=404
    )
    assert log_lines.model(refused) == "nope"
    assert log_lines.COLUMNS["response"].cell(refused) == "model_not_found"


def test_a_running_exchange_has_its_state_for_a_status() -> None:
    assert log_lines.COLUMNS["status"].cell(entry(state="open", status=0)) == "open"


@pytest.mark.parametrize("columns", [80, 92, 106, 120, 200])
def test_lines_of_a_stream_fit_the_terminal_and_stand_below_each_other(columns: int) -> None:
    lines = log_lines.Lines(log_lines.chosen("", width=columns), width=columns)
    long = entry(request_preview="漢字" * 200, response_preview="x" * 400, marks=["fallback", "retried"])
    assert cells.width(lines.line(long)) <= columns
    assert lines.header().index("TIME") == lines.line(long).index("2023-")


def test_lines_in_a_pipe_are_never_cut() -> None:
    lines = log_lines.Lines(log_lines.chosen("", width=0), width=0)
    assert "x" * 400 in lines.line(entry(response_preview="x" * 400))


def test_untrusted_text_is_harmless_in_a_line() -> None:
    lines = log_lines.Lines(log_lines.chosen("request,client", width=0), width=0)
    line = lines.line(entry(request_preview=STEERING, client=STEERING))
    assert "\x1b" not in line
    assert "\u202e" not in line
    assert r"\x1b]0;owned" in line
