"""What fails a test beside its own assertions."""

from decimal import Decimal
from typing import Any

from aigw_dev.pytest_plugin import verdict
from aigw_dev.pytest_plugin.egress import Try
from aigw_dev.pytest_plugin.markers import Wanted

TRY = Try("t", "example.com", "socket.connect", "a.py:1 in f")


def test_misses_come_before_budgets() -> None:
    document: dict[str, Any] = {"calls": [{"cost_usd": "1"}, {"cost_usd": None}]}
    wanted = Wanted(max_calls=1, max_cost=Decimal("0.5"))
    assert verdict.of_call(wanted, document, ["a miss"], []) == "a miss"
    found = verdict.of_call(wanted, document, [], [TRY, TRY])
    assert "2 calls were made" in found
    assert "cost $1" in found
    assert found.count("network access blocked") == 1
    assert verdict.of_call(Wanted(), document, [], []) == ""


def test_unused_interactions_count_in_replay_only() -> None:
    document: dict[str, Any] = {"error": "not written: a key is left", "drift": [{"text": "a field is gone"}]}
    replay = verdict.of_end({}, mode="replay", late=[], tries=[], unused=["unused"], idle=[])
    assert replay == "unused"
    auto = verdict.of_end(document, mode="auto", late=["late"], tries=[], unused=["unused"], idle=["idle"])
    assert auto == "late\n\na field is gone\n\nnot written: a key is left\n\nidle"


def test_the_tests_own_error_is_named() -> None:
    assert verdict.with_own_error("text", None) == "text"
    assert verdict.with_own_error("text", ValueError("")).endswith("The test itself raised ValueError: ")
