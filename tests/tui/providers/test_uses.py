"""Where routes name providers and keys."""

from typing import Any

from aigw_dev.tui.providers.uses import routes_of, uses_in
from tests.tui.providers.known import ROUTES


def test_every_target_is_found_with_its_key_and_its_place_in_the_config() -> None:
    uses = uses_in(ROUTES)
    assert [(use.provider, use.model, use.key) for use in uses] == [
        ("qwen", "qwen3-max", "qwen-api-key"),
        ("openai", "gpt-4o", ""),
        ("mock", "echo", ""),
        ("openai", "gpt-4o-mini", "openai-eu"),
    ]
    for use in uses:
        here: Any = {"routes": {row["name"]: row for row in ROUTES}}
        for step in use.path:
            here = here[step]
        assert here == f"{use.provider}/{use.model}"


def test_routes_are_named_once_and_by_key_where_asked() -> None:
    uses = uses_in(ROUTES)
    assert routes_of(uses, "openai") == ("ai-test",)
    assert routes_of(uses, "openai", key="openai-eu") == ("ai-test",)
    assert routes_of(uses, "openai", key="other") == ()


def test_what_is_no_target_is_passed_over() -> None:
    rows: list[dict[str, Any]] = [
        {"name": "a", "flow": None},
        {"name": "b", "flow": {"send": 3}},
        {"name": "c", "flow": {"send": "bare", "fallback": "x"}},
    ]
    assert uses_in(rows) == []
