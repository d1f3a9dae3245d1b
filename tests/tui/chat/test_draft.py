"""The panel is read field by field, and what it sends can be taken back."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.tui.chat.draft import Draft, body_of, command_of, metadata_lines, read, take

MESSAGES = [{"role": "user", "content": "hi"}]


def test_the_defaults_are_the_seeds() -> None:
    body = body_of(Draft(model="mock/echo"), MESSAGES)
    assert body == {
        "model": "mock/echo", "messages": MESSAGES, "max_tokens": 1024, "top_p": 0.95, "temperature": 1, "stream": True,
    }  # fmt: skip
    assert command_of(Draft(model="mock/echo"), MESSAGES) == "aigw-dev chat mock/echo hi"


@pytest.mark.parametrize(
    ("name", "value", "is_well"),
    [
        ("max_tokens", "0", True), ("max_tokens", "8192", True), ("max_tokens", "8193", False), ("max_tokens", "-1", False),
        ("max_tokens", "1.5", False), ("top_p", "1", True), ("top_p", "1.01", False), ("temperature", "2", True),
        ("temperature", "2.1", False), ("temperature", "warm", False), ("temperature", "nan", False), ("top_p", "", True),
    ],
)  # fmt: skip
def test_limits_hold_exactly(name: str, value: str, is_well: bool) -> None:
    draft = Draft(model="m")
    draft.numbers[name] = value
    assert (name not in read(draft).problems) is is_well


def test_limits_can_be_lifted_but_not_the_types() -> None:
    draft = Draft(model="m", system="s" * 101, has_limits=False)
    draft.numbers |= {"max_tokens": "9000", "temperature": "warm"}
    assert list(read(draft).problems) == ["temperature"]
    assert body_of(draft, MESSAGES)["max_tokens"] == 9000
    draft.has_limits = True
    assert set(read(draft).problems) == {"temperature", "max_tokens", "system"}


def test_the_system_prompt_is_counted_in_characters() -> None:
    assert not read(Draft(system="界" * 100)).problems
    assert "system" in read(Draft(system="界" * 101)).problems


def test_custom_json_wins_and_says_over_what() -> None:
    draft = Draft(model="m", custom='{"temperature": 0, "seed": 7, "model": "other"}')
    assert body_of(draft, MESSAGES)["model"] == "other"
    assert read(draft).notes["custom"] == "wins over model, temperature"


@pytest.mark.parametrize("field", ["custom", "metadata", "tools"])
@pytest.mark.parametrize("text", ["{", "[1]", '"x"', "5"])
def test_what_is_no_json_of_the_right_kind_is_a_problem(field: str, text: str) -> None:
    draft = Draft()
    setattr(draft, field, text)
    assert field in read(draft).problems
    assert body_of(draft, MESSAGES)["messages"] == MESSAGES


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("tier=free lang=en", {"tier": "free", "lang": "en"}),
        ("note=two words tier=x", {"note": "two words", "tier": "x"}),
        ("", None),
        ("tier=pro", {"tier": "pro"}),
        ("tier = pro\nregion=eu, lang=de; x=1=2", {"tier": "pro", "region": "eu", "lang": "de", "x": "1=2"}),
        ('{"n": 1, "b": true}', {"n": 1, "b": True}),
        ("{}", {}),
    ],
)
def test_metadata_is_lines_or_json(text: str, found: dict[str, Any] | None) -> None:
    assert read(Draft(metadata=text)).metadata == found


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=8) | st.integers() | st.booleans(), max_size=4))
def test_metadata_comes_back_as_it_was_written(metadata: dict[str, Any]) -> None:
    assert read(Draft(metadata=metadata_lines(metadata))).metadata == metadata


def test_tools_are_sent_without_their_canned_results() -> None:
    draft = Draft(
        tools='[{"function": {"name": "a"}, "result": {"x": 1}}, {"type": "function", "function": {"name": "b"}, "result": "t"}]'
    )
    found = read(draft)
    assert [set(tool) for tool in found.tools] == [{"type", "function"}] * 2
    assert found.canned["b"] == "t"
    assert '"x": 1' in found.canned["a"]
    assert "tools" in read(Draft(tools='[{"function": {}}]')).problems


def test_a_request_is_taken_up_and_sent_the_same() -> None:
    body: dict[str, Any] = {
        "model": "m",
        "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}],
        "max_tokens": 9000,
        "temperature": "odd",
        "tools": [{"type": "function", "function": {"name": "a"}}],
        "seed": 7,
    }
    draft = Draft()
    messages = take(draft, body, {"tier": "pro"})
    assert messages == [{"role": "user", "content": "u"}]
    assert not draft.has_limits
    assert body_of(draft, messages) == body
    assert read(draft).metadata == {"tier": "pro"}
