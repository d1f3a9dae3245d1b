"""The models browser."""

from typing import Any

import pytest

from aigw_dev.tui.look import UNICODE, Look
from aigw_dev.tui.providers import models
from tests.tui.stage import stage

pytestmark = pytest.mark.anyio
ROWS: list[dict[str, Any]] = [
    {"provider": "qwen", "model": "qwen3-max", "operations": ["openai.chat.completions"], "context": 262_144,
     "input_usd_per_m": 1.2, "output_usd_per_m": 6.0, "usable": True, "why": "", "key": "qwen-api-key", "key_state": "ok"},
    {"provider": "qwen", "model": "embed-v4", "operations": ["openai.embeddings"], "context": 900, "usable": True,
     "key": "", "key_state": ""},
    {"provider": "qwen", "model": "old", "operations": [], "context": 1_000_000, "usable": False, "why": "off", "key": "k",
     "key_state": "missing"},
]  # fmt: skip


class Asked:
    def __init__(self) -> None:
        self.what: list[Any] = []

    def view(self) -> models.Models:
        return models.Models(
            "Models of qwen",
            Look(),
            renew=lambda: self.what.append("renew"),
            examples=self.what.append,
            copy=lambda text, _: self.what.append(("copy", text)),
        )


async def test_models_are_shown_with_what_they_can_cost_and_need() -> None:
    async with stage(size=(120, 24)) as at:
        view = Asked().view()
        await at.show(view)
        assert "asking the gateway" in at.text()
        view.show(ROWS)
        await at.pilot.pause()
        for words in (
            "qwen/qwen3-max",
            "chat",
            "262k",
            "1.2",
            "✓ qwen-api-key",
            "✗ k",
            "1M",
            "900",
            "3 models",
        ):
            assert words in at.text()


async def test_slash_filters_by_words_in_any_order_and_enter_opens() -> None:
    async with stage(size=(120, 24)) as at:
        view = Asked().view()
        await at.show(view)
        view.show(ROWS)
        await at.press("slash", *"maxqw")
        assert "No model fits" in at.text()
        await at.press("ctrl+u", *"max", "space", *"chat")
        assert "1 of 3" in at.text()
        await at.press("enter", "enter")
        assert at.results == ["qwen/qwen3-max"]


async def test_keys_refresh_copy_and_show_examples() -> None:
    async with stage(size=(80, 24)) as at:
        asked = Asked()
        view = asked.view()
        await at.show(view)
        view.show(ROWS)
        await at.press("u")
        assert "asking" in at.text()
        view.say("not listed: 401")
        await at.press("down", "X", "y")
        assert "not listed: 401" in at.text()
        assert asked.what == ["renew", "qwen/embed-v4", ("copy", "qwen/embed-v4")]


def test_a_route_is_called_by_its_whole_name_and_operations_are_short() -> None:
    assert models.name_of({"provider": "dynamic", "model": "dynamic/x"}) == "dynamic/x"
    row = {
        "operations": [
            "openai.chat.completions",
            "openai.images.edits",
            "openai.images.generations",
            "rerank",
        ]
    }
    assert models.operations(row) == ["chat", "images", "rerank"]
    assert models.key_state({"usable": False, "why": "held back"}, UNICODE).text == "✗ held back"
    assert models.key_state({"usable": True}, UNICODE).text == "✓ none needed"
