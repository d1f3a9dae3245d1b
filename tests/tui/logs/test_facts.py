"""One exchange in rows: from the fixed one the pictures show, and from hostile ones."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.tui.logs import facts
from aigw_dev.tui.look import ASCII, UNICODE
from aigw_dev.tui.widgets.lines import Row, plain

FIXED = Path(__file__).parents[3] / "fixtures" / "tui" / "logs.json"


def exchange(**fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(FIXED.read_bytes())["exchange"]
    return found | fields


def said(rows: list[Row]) -> str:
    return "\n".join(plain(row) for row in rows)


def test_the_overview_names_what_differs() -> None:
    shown = said(facts.overview(exchange(status=502, error="stream_broken"), UNICODE, width=100))
    assert "502  ok  the provider answered 200" in shown
    assert "asked for as dynamic/smart, answered by gpt-4o-2024-08-06" in shown
    assert "412 in, 268 out (128 cached)" in shown
    assert "9 chunks, gap p50 20" in shown
    assert "$0.0041  exact" in shown


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"state": "open"}, "still running"),
        ({"state": "interrupted"}, "its gateway died before it ended"),
        ({"provider": "", "attempts": []}, "dynamic/smart (nothing was sent)"),
        ({"usage": {"input": 3, "output": 4, "estimated": True}}, "~ counted here"),
        (
            {"cost": {"status": "unknown", "nanousd": None, "price_id": "", "reason": "no price"}},
            "–  unknown  no price",
        ),
        ({"timing": {"at_us": [5], "size_bytes": [1]}}, "1 chunk"),
        ({"replay_of": "abc"}, "replay of"),
    ],
)
def test_the_overview_says_what_is_special(fields: dict[str, Any], words: str) -> None:
    assert words in said(facts.overview(exchange(**fields), UNICODE, width=100))


def test_the_route_has_its_path_values_and_targets() -> None:
    shown = said(facts.route(exchange(), UNICODE, width=100, is_ascii=False))
    assert 'metadata.tier is "free"' in shown
    lines = [line for line in shown.split("\n") if line[:2] in {"1 ", "2 ", "3 "}]
    assert ["429" in lines[0], "200" in lines[1], "not tried" in lines[2]] == [True, True, True]


def test_without_a_route_or_with_a_strange_decision_it_says_so() -> None:
    assert "No route decided: azure/gpt-4o" in said(
        facts.route(exchange(decision=None), UNICODE, width=80, is_ascii=False)
    )
    assert "another version" in said(
        facts.route(exchange(decision={"x": 1}), UNICODE, width=80, is_ascii=False)
    )


@given(st.integers(40, 200), st.lists(st.floats(0, 50), min_size=3, max_size=3))
def test_bars_stay_on_their_line_of_time(width: int, times: list[float]) -> None:
    began, first, ended = sorted(times)
    one = exchange(duration_s=ended, ttft_s=None)
    one["attempts"][0] |= {"started_s": began, "first_byte_s": first, "ended_s": ended}
    rows = facts.attempts(one, UNICODE, width=width)
    bars = [plain(row) for row in rows if "1 openai" in plain(row) or "whole call" in plain(row)]
    assert all(len(bar) <= width + 12 for bar in bars)
    assert len(bars) == 2


def test_an_attempt_tells_why_it_was_made_and_what_it_was_told() -> None:
    shown = said(facts.attempts(exchange(), UNICODE, width=110))
    for words in (
        "first  429",
        "asked to wait 20 s",
        "req_7f3a",
        "fallback  200",
        "key az-eu",
        "Rate limit reached",
    ):
        assert words in shown
    assert "Nothing was sent" in said(facts.attempts(exchange(attempts=[]), UNICODE, width=80))


def test_the_ledger_tells_what_translation_lost() -> None:
    ledger = {
        "from": "openai-chat",
        "to": "anthropic-messages",
        "entries": [{"fate": "dropped", "field": "seed", "how": "has no counterpart", "side": "request"}],
        "kept": ["model", "messages"],
        "omitted": 3,
    }
    shown = said(facts.ledger(exchange(ledger=ledger, violations=["data after the end"]), UNICODE, width=90))
    for words in (
        "openai-chat → anthropic-messages",
        "dropped       seed: has no counterpart",
        "and 3 more",
        "model, messages",
        "data after the end",
    ):
        assert words in shown


def test_everything_is_ascii_where_that_is_wanted() -> None:
    one = exchange()
    rows = [
        *facts.overview(one, ASCII, width=90),
        *facts.route(one, ASCII, width=90, is_ascii=True),
        *facts.attempts(one, ASCII, width=90),
        *facts.ledger(one, ASCII, width=90),
    ]
    assert said(rows).isascii()


@given(st.text(max_size=40))
def test_no_text_of_an_exchange_steers_the_terminal(text: str) -> None:
    one = exchange(error_text=text, path=text, client=text, request_model=text, violations=[text], run=text)
    one["attempts"][0] |= {"error_text": text, "base_url": text, "key_name": text}
    rows = [
        *facts.overview(one, UNICODE, width=80),
        *facts.attempts(one, UNICODE, width=80),
        *facts.ledger(one, UNICODE, width=80),
        *facts.headers("headers", [(text, text)], width=80),
    ]
    steering = {*range(0x20), *range(0x7F, 0xA0), 0x202E, 0x2066}
    assert not {ord(char) for row in rows for span in row for char in span.text} & steering
