"""Provider, model and key are picked, the rest is typed, and what the form does not show stays."""

from typing import Any

import pytest

from aigw_dev.tui.graph import model_form
from aigw_dev.tui.widgets.choice import Choice
from tests.tui.graph.bare import CATALOGUE, sitting
from tests.tui.graph.flows import send

FULL: dict[str, Any] = {
    "idle_timeout_ms": 7,
    "send": "openai/gpt-4o",
    "unknown": [1],
    "params": {"temperature": 0},
    "retry": {"attempts": 2, "max_wait_ms": 9},
    "fallback": ["a/b", {"send": "c/d"}],
}


def typed(leaf: dict[str, Any], **over: str) -> dict[str, str]:
    provider, _, model = leaf["send"].partition("/")
    return {
        "provider": provider, "model": model, "key": leaf.get("key", ""),
        "params": model_form.params_text(leaf.get("params")),
        "retry": model_form.retry_text(leaf.get("retry")),
        "waits": model_form.waits_text(leaf),
    } | over  # fmt: skip


def test_a_form_that_was_not_touched_changes_nothing() -> None:
    leaf = model_form.leaf_of(typed(FULL), FULL)
    assert list(leaf.items()) == list(FULL.items())


@pytest.mark.parametrize(
    ("over", "changed"),
    [
        ({"model": "gpt-4o-mini"}, {"send": "openai/gpt-4o-mini"}),
        ({"key": "openai-prod"}, {"key": "openai-prod"}),
        ({"params": ""}, {"params": None}),
        ({"params": '{"top_p": 1}'}, {"params": {"top_p": 1}}),
        ({"retry": "3"}, {"retry": {"attempts": 3}}),
        ({"retry": ""}, {"retry": None}),
        (
            {"waits": "- 2000 - 60000"},
            {"first_packet_timeout_ms": 2000, "timeout_ms": 60000, "idle_timeout_ms": None},
        ),
    ],
)
def test_what_was_typed_goes_into_its_own_keys(over: dict[str, str], changed: dict[str, Any]) -> None:
    wanted = {key: value for key, value in (FULL | changed).items() if value is not None}
    assert model_form.leaf_of(typed(FULL, **over), FULL) == wanted


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (model_form.params_wrong, ["", "{}", '{"a": 1}'], ["x", "[1]", "{"]),
        (model_form.retry_wrong, ["", "2", "2 500 10000", "2 - 9"], ["two", "1 2 3 4", "-1"]),
        (model_form.waits_wrong, ["", "- - - 9"], ["1 2 3 4 5", "1s"]),
    ],
)
def test_what_cannot_be_taken_is_said(check: Any, good: list[str], bad: list[str]) -> None:
    assert [check(each) for each in good] == [""] * len(good)
    assert all(check(each) for each in bad)


def test_a_retry_that_is_none_is_shown_as_it_is() -> None:
    assert model_form.retry_text({"often": 2}) == '{"often": 2}'
    assert model_form.retry_text("twice") == '"twice"'


def test_pickers_show_price_key_state_and_why_not() -> None:
    models = {option.value: option for option in model_form.model_options(CATALOGUE)}
    assert list(models) == ["openai/gpt-4o", "openai/gpt-4o-mini", "azure/gpt-4o", "mock/echo"]
    assert models["openai/gpt-4o"].detail == "$2.5 / $10 per M"
    assert (models["azure/gpt-4o"].detail, models["azure/gpt-4o"].style) == ("no key is stored", "warn")
    assert [option.value for option in model_form.model_options(CATALOGUE, "openai")] == [
        "gpt-4o",
        "gpt-4o-mini",
    ]
    keys = {option.value: option.detail for option in model_form.key_options(CATALOGUE, "openai")}
    assert keys == {"": "", "openai-prod": "keyring sk-…a91f", "openai-eu": "missing"}
    assert [option.value for option in model_form.key_options(CATALOGUE, "mock")] == [""]
    assert {option.value: option.style for option in model_form.provider_options(CATALOGUE)}[
        "azure"
    ] == "warn"


@pytest.mark.anyio
async def test_another_provider_has_other_models_and_keys() -> None:
    async with sitting(send("openai/gpt-4o", "mock/echo", key="openai-prod")) as one:
        await one.press("e")
        await one.form()
        screen = one.app.screen
        screen.query_one("#f-provider", Choice).put("mock")
        await one.pilot.pause()
        assert (screen.query_one("#f-model", Choice).value, screen.query_one("#f-key", Choice).value) == (
            "",
            "",
        )
        await one.press("ctrl+j")
        assert "pick a provider and a model" in one.app.screen_text()
        screen.query_one("#f-model", Choice).put("echo")
        await one.press("ctrl+j")
        await one.closed()
        assert one.canvas.flow == send("mock/echo", "mock/echo")
        assert one.app.labels == ["set mock/echo"]
