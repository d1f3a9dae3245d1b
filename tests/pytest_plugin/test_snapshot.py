"""Requests as short lines in syrupy's snapshots."""

from typing import Any

import pytest

from aigw_dev.pytest_plugin.calls import Call
from aigw_dev.pytest_plugin.control import ControlError
from aigw_dev.pytest_plugin.snapshot import context_of

Suite = Any  # the fixture `suite` of conftest.py
PARIS = {"model": "m", "text": "Paris."}


def test_a_request_is_kept_as_its_context_lines(suite: Suite) -> None:
    suite.fixture("test_shown", PARIS)
    suite.tests("""
        def test_shown(aigw, aigw_snapshot):
            ask()
            assert aigw.calls[0].request == aigw_snapshot
            assert aigw.calls[0].request == {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
            assert {"plain": 1} == aigw_snapshot
    """)
    suite.run("--snapshot-update", plugins=("syrupy",)).assert_outcomes(passed=1)
    kept = (suite.root / "__snapshots__" / "test_app.ambr").read_text(encoding="utf-8")
    assert "# name: test_shown\n  00:user hi\n# ---" in kept
    assert "'plain': 1" in kept
    suite.run(plugins=("syrupy",)).assert_outcomes(passed=1)


def test_lists_of_calls_show_each_and_old_gateways_are_named() -> None:
    calls = [
        Call({"request": {"a": 1}, "context": "00:user one"}),
        Call({"request": {}, "context": "00:user two"}),
    ]
    assert context_of(calls) == "# call 0\n00:user one\n# call 1\n00:user two"
    assert context_of(["text"]) is None
    with pytest.raises(ControlError, match="sends no context lines"):
        context_of(Call({"request": {"a": 1}}))
