"""Single settings are changed in a config's text, and every other line stays."""

from typing import Any

import msgspec
import pytest

from aigw_dev.config_file import value_edits
from aigw_dev.config_file.value_edits import Change
from aigw_dev.core.errors import ConfigError

CONFIG = """version: 1
gateway: {name: x, default_provider: qwen}  # who
providers:
  qwen: {}   # the first
  other: {kind: openai}
routes:
  qwen/send:
    description: qwen/is no target
    flow:
      if: body.model == "qwen/x"
      then: {send: qwen/max, fallback: [other/a, qwen/plus, {send: qwen/turbo}]}  # paid
      else: {split: [{weight: 1, send: qwen2/x}, {weight: 1, send: qwen/a/b}]}
"""


def test_settings_are_set_and_taken_out_in_order() -> None:
    changes = [
        Change(path=("logging", "sample"), value=0.5),
        Change(path=("gateway", "name"), delete=True),
        Change(path=("gateway", "notes"), delete=True),
        Change(path=("providers", "new"), value={"kind": "groq"}),
    ]
    after = value_edits.apply_changes(CONFIG, changes)
    assert value_edits.value_at(after, ("logging", "sample")) == 0.5
    assert value_edits.value_at(after, ("gateway",)) == {"default_provider": "qwen"}
    assert value_edits.value_at(after, ("providers", "new", "kind")) == "groq"
    assert set(CONFIG.splitlines()) - set(after.splitlines()) == {CONFIG.splitlines()[1]}
    assert value_edits.paths_of(changes)[0] == ("logging", "sample")


def test_a_renamed_provider_is_followed_wherever_a_route_sends_to_it() -> None:
    after = value_edits.apply_changes(CONFIG, [Change(path=("providers", "qwen"), rename="q3")])
    expected = CONFIG.replace("  qwen: {}", "  q3: {}").replace(
        "default_provider: qwen", "default_provider: q3"
    )
    for model in ("max", "plus", "turbo", "a/b"):
        expected = expected.replace(f"qwen/{model}", f"q3/{model}")
    assert after == expected


def test_a_key_elsewhere_is_only_renamed() -> None:
    after = value_edits.apply_changes(CONFIG, [Change(path=("routes", "qwen/send"), rename="a")])
    assert after == CONFIG.replace("qwen/send:", "a:")


@pytest.mark.parametrize(
    "change",
    [{"path": []}, {"path": ["a"]}, {"path": ["a"], "delete": True, "value": 1}, {"path": [], "value": {}}],
)
def test_a_change_says_one_thing_about_one_place(change: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="has a `path` and one of"):
        value_edits.apply_changes(CONFIG, [msgspec.convert(change, Change)])


def test_a_null_can_be_written_and_what_is_not_there_is_none() -> None:
    after = value_edits.apply_changes(
        "a: {b: 1}\n", [msgspec.convert({"path": ["a", "b"], "value": None}, Change)]
    )
    assert after == "a: {b: null}\n"
    for path in [("x",), ("a", "x"), ("a", "b", "c"), ("a", 0)]:
        assert value_edits.value_at("a: {b: 1}\n", path) is None
    assert value_edits.value_at("a: [1, 2]\n", ("a", 1)) == 2
    assert value_edits.value_at("a: [1, 2]\n", ("a", 2)) is None
