"""The section and the file at a session's end."""

import json
from pathlib import Path
from typing import Any

import pytest

from aigw_dev.pytest_plugin import report
from aigw_dev.pytest_plugin.options import Settings, settings_of
from aigw_dev.pytest_plugin.tally import Tally, row_of


def tally() -> Tally:
    made = Tally(gateways=[{"worker": "", "url": "http://127.0.0.1:9", "pid": 7, "mode": "replay"}])
    calls: list[dict[str, Any]] = [{"from": "fixture", "cost_usd": "0.5"}]
    made.add(
        row_of(
            "t.py::a|b",
            {"calls": calls, "unused": [f"u{at}" for at in range(12)]},
            mode="replay",
            interactions=13,
        )
    )
    return made


def settings(pytester: pytest.Pytester, *arguments: str) -> Settings:
    return settings_of(pytester.parseconfig("-p", "aigw_dev.pytest_plugin", *arguments))


def test_nothing_used_is_nothing_said(pytester: pytest.Pytester) -> None:
    assert list(report.lines(Tally(), settings(pytester))) == []
    assert report.write(Tally(), settings(pytester)) is None


def test_long_lists_are_cut(pytester: pytest.Pytester) -> None:
    found = list(report.lines(tally(), settings(pytester)))
    assert found[0].startswith(
        "replay: 1 test, 1 call; 1 replayed, 0 live, 0 stubbed; 1 of 13 interactions used; cost $0.5"
    )
    assert "spent" not in found[0]
    assert found[1] == "unused interactions: 12"
    assert found[-1] == "  and 2 more"


def test_markdown_names_gateway_and_escapes(pytester: pytest.Pytester) -> None:
    path = report.write(tally(), settings(pytester, "--aigw-report=md"))
    assert path == pytester.path / "aigw-report.md"
    text = (pytester.path / "aigw-report.md").read_text(encoding="utf-8")
    assert "- gateway http://127.0.0.1:9 (pid 7, replay) of the session" in text
    assert "| `t.py::a\\|b` | replay | 1 | 0 | 1/13 | 12 | 0.5 | 0 |" in text


def test_json_is_the_tally(pytester: pytest.Pytester) -> None:
    path = report.write(tally(), settings(pytester, "--aigw-report=json"))
    assert isinstance(path, Path)
    found = json.loads(path.read_text(encoding="utf-8"))
    assert found["mode"] == "replay"
    assert found["tests"][0]["test"] == "t.py::a|b"
