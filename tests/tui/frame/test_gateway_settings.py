"""The gateway's own settings in a form."""

from pathlib import Path

import pytest

from aigw_dev.tui.frame.gateway_settings import fields, problem, read_settings, settings_changes
from aigw_dev.tui.widgets.form import Form
from tests.tui.harness import desk, toasts

pytestmark = pytest.mark.anyio
CONFIG = """version: 1
gateway: {name: my-app}   # ours
logging:
  keep: 14d  # two weeks
"""


async def test_what_is_changed_is_written_in_place_and_in_force_at_once(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="providers") as at:
        await at.press("ctrl+t")
        await at.until(lambda: isinstance(at.app.screen, Form))
        await at.sees(
            "Gateway my-app", "in force at once", "next start", "verify callers", "14d", "100", "200"
        )
        await at.press("tab")
        await at.type("for demos")
        await at.press("tab", "tab", "right", "tab", "tab", "ctrl+u", *"25", "ctrl+j")
        await at.until(lambda: at.house.gateway.in_force.logging.sample == 0.25)
        config = at.house.gateway.in_force
        assert (config.gateway.notes, config.logging.record_request) == ("for demos", False)
        text = (tmp_path / "aigw-dev.yaml").read_text("utf-8")
        assert "# two weeks" in text
        assert "# ours" in text
        await at.until(lambda: any("Changed 3 settings" in one for one in toasts(at.app)))
        await at.sees("$ aigw-dev edit  # gateway.notes, logging.record_request, logging.sample")


async def test_nothing_changed_writes_nothing(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="providers") as at:
        await at.press("ctrl+t")
        await at.until(lambda: isinstance(at.app.screen, Form))
        await at.press("ctrl+j")
        await at.until(lambda: any("Nothing changed" in one for one in toasts(at.app)))
        assert (tmp_path / "aigw-dev.yaml").read_text("utf-8") == CONFIG


async def test_a_file_that_cannot_be_written_says_why(tmp_path: Path) -> None:
    async with desk(tmp_path, CONFIG, room="providers") as at:
        await at.press("ctrl+t")
        await at.until(lambda: isinstance(at.app.screen, Form))
        at.bridge.is_down = True
        await at.press("ctrl+u", *"other", "enter")
        await at.until(lambda: any("gateway_unreachable" in one for one in toasts(at.app)))


def test_defaults_stand_where_the_config_says_nothing() -> None:
    now = read_settings({})
    assert (now["sample"], now["keep"], now["max_mb"], now["deploy"]) == ("100", "14d", "200", "auto")
    assert now["identity_verification"] is True


def test_only_what_differs_is_written_with_its_type() -> None:
    now = read_settings({"logging": {"sample": 0.5}})
    values = now | {
        "sample": "12.5",
        "max_mb": "50",
        "deploy": "manual",
        "keep": "24h",
        "record_response": False,
    }
    assert settings_changes(now, values) == [
        {"path": ["gateway", "deploy"], "value": "manual"},
        {"path": ["logging", "record_response"], "value": False},
        {"path": ["logging", "sample"], "value": 0.125},
        {"path": ["logging", "keep"], "value": "24h"},
        {"path": ["logging", "max_mb"], "value": 50},
    ]
    assert settings_changes(now, now) == []


@pytest.mark.parametrize(
    ("name", "wrong", "right"),
    [
        ("sample", "101", "0"),
        ("sample", "x", "99.5"),
        ("keep", "two weeks", "90s"),
        ("max_mb", "0", "1"),
        ("name", "x" * 65, ""),
    ],
)
def test_what_cannot_be_is_told(name: str, wrong: str, right: str) -> None:
    field = next(field for field in fields(read_settings({})) if field.name == name)
    assert field.check is not None
    assert field.check(wrong)
    assert not field.check(right)


def test_callers_stay_verified_where_others_can_reach_it() -> None:
    assert "verified" in problem({"identity_verification": False}, "0.0.0.0")  # noqa: S104  -- nothing is bound
    assert problem({"identity_verification": False}, "127.0.0.1") == ""
    assert problem({"identity_verification": True}, "0.0.0.0") == ""  # noqa: S104  -- nothing is bound
