"""Two exchanges side by side."""

from typing import Any

import msgspec

from aigw_dev.core.json_diff import Difference
from aigw_dev.tui.logs import comparing
from aigw_dev.tui.look import UNICODE
from aigw_dev.tui.widgets.lines import plain
from tests.tui.logs.test_facts import said

URL = "http://127.0.0.1:2449"


def comparison(**fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "before": "a",
        "after": "b",
        "is_same": False,
        "fields": [
            {"name": "status", "before": 200, "after": 200, "delta": None},
            {"name": "duration_s", "before": 1.0, "after": 0.588, "delta": -0.412},
            {"name": "cost_nanousd", "before": 4_100_000, "after": 5_000_000, "delta": 900_000},
            {"name": "error", "before": "", "after": "", "delta": None},
        ],
        "text": {
            "similarity": 0.97,
            "is_exact": True,
            "hunks": [
                {"kind": "same", "text": "the sky is "},
                {"kind": "removed", "text": "blue "},
                {"kind": "added", "text": "green\nand wide "},
                {"kind": "same", "text": "today"},
            ],
        },
        "reasoning": None,
        "tool_calls": [
            {"kind": "changed", "name_before": "f", "name_after": "g",
             "arguments": msgspec.to_builtins([Difference(path="x", kind="changed", before="1", after="2")])},
        ],
        "request": [],
        "response": [],
        "notes": ["the requests were not both kept"],
    }  # fmt: skip
    return found | fields


def test_a_comparison_shows_words_calls_and_amounts() -> None:
    shown = said(comparing.rows(comparison(), UNICODE, width=90))
    for words in (
        "They differ",
        "Δ −412",
        "Δ +0.0009",
        "97 % alike",
        "[-blue-] {+green",
        "and wide+}",
        "f → g",
        "- 1",
        "+ 2",
        "the requests were not both kept",
    ):
        assert words in shown
    assert "error" not in shown


def test_a_badge_says_it_in_a_few_words() -> None:
    assert comparing.badge(comparison(), UNICODE) == "Δ −412 ms · text 97 % alike"
    same = comparison(text={"similarity": 1.0, "hunks": []}, fields=[])
    assert comparing.badge(same, UNICODE) == "same text"


def test_replays_have_a_line_each_and_failures_say_why() -> None:
    made = [
        {
            "id": "1",
            "model": "mock/echo",
            "status": 200,
            "outcome": "ok",
            "duration_s": 0.2,
            "comparison": comparison(),
        },
        {
            "id": "2",
            "model": "x/y",
            "status": 502,
            "outcome": "failed",
            "duration_s": 0.1,
            "error": "connect_failed",
            "error_text": "",
            "comparison": comparison(),
        },
    ]
    rows = [plain(row) for row in comparing.replays(made, UNICODE, width=90)]
    assert "text 97 % alike" in rows[1]
    assert "connect_failed" in rows[2]
    assert sum("── " in row for row in rows) == 2
