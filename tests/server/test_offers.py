"""What can be asked for here, with price, key and use."""

from pathlib import Path
from typing import Any

import pytest

from aigw_dev.server.offers import kind_rows, offers
from tests.server.house import house

pytestmark = pytest.mark.anyio
CONFIG = """version: 1
providers:
  openai: {models: [gpt-4o, tts-1, nobody-knows]}
routes:
  both: {flow: {split: [{weight: 1, send: openai/gpt-4o}, {weight: 1, send: mock/echo}]}}
  astray: {flow: {send: openai/tts-1}}
"""
STATES: list[dict[str, Any]] = [
    {"name": "openai", "usable": False, "why": "no key", "key": "", "key_source": "none"},
    {"name": "mock", "usable": True, "why": "", "key": "", "key_source": "none needed"},
]


async def test_every_route_and_model_is_offered_with_what_is_known_of_it(tmp_path: Path) -> None:
    async with house(tmp_path, CONFIG) as one:
        rows = offers(one.gateway.snapshot, STATES, now_s=1.8e9)
        by_name = {f"{row['provider']}/{row['model']}": row for row in rows}
        assert [row["provider"] for row in rows[:2]] == ["dynamic", "dynamic"]
        known = by_name["openai/gpt-4o"]
        assert 0 < known["input_usd_per_m"] < known["output_usd_per_m"] < 100
        assert (known["usable"], known["why"], known["key_state"]) == (False, "no key", "none")
        assert by_name["openai/nobody-knows"]["output_usd_per_m"] is None
        assert by_name["mock/echo"]["output_usd_per_m"] == 0.0
        assert by_name["dynamic/both"]["usable"]
        assert (by_name["dynamic/astray"]["usable"], by_name["dynamic/astray"]["operations"]) == (
            False,
            ["speech"],
        )


async def test_only_what_does_the_thing_is_offered(tmp_path: Path) -> None:
    async with house(tmp_path, CONFIG) as one:
        names = {row["model"] for row in offers(one.gateway.snapshot, STATES, need="chat", now_s=1.8e9)}
        assert names == {"both", "gpt-4o", "nobody-knows", "echo", "tools", "think"}


def test_kinds_say_what_a_new_provider_needs() -> None:
    rows = {row["name"]: row for row in kind_rows()}
    assert rows["openai"]["base_url"].startswith("https://")
    assert rows["openai-compatible"]["base_url_example"]
