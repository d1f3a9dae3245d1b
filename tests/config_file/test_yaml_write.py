from typing import Any

import pytest
from hypothesis import given
from ruamel.yaml import YAML

from aigw_dev.config_file.edit import is_same
from aigw_dev.config_file.yaml_tree import read_yaml
from aigw_dev.config_file.yaml_write import Style, block, entry_lines, item_lines, one_line, plain_or_quoted
from aigw_dev.core.errors import ConfigError
from tests.config_file.random_yaml import WORDS, mappings, trees


def read_back(text: str) -> Any:
    document = read_yaml(text)
    assert document.problems == [], text
    return document.value


def read_by_another(text: str) -> Any:
    """What a YAML 1.1 reader, of which there are many, makes of it."""
    reader = YAML(typ="safe", pure=True)
    reader.version = (1, 1)
    return reader.load(text)  # pyright: ignore[reportUnknownMemberType] - ruamel has no complete types


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("is_json", [False, True])
def test_a_text_means_itself_to_every_reader(word: str, is_json: bool) -> None:
    written = plain_or_quoted(word, is_json=is_json)
    for text in (f"k: {written}\n", f"k: [{written}, x]\n", f"{written}: x\n", f"{{{written}: x}}\n"):
        ours, theirs = read_back(text), read_by_another(text)
        assert ours == theirs
        assert word in (ours.get("k"), *ours, *(ours["k"] if isinstance(ours.get("k"), list) else ()))


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("openai/gpt-4o", "openai/gpt-4o"),
        ("https://api.openai.com/v1", "https://api.openai.com/v1"),
        ("14d", "14d"),
        ('metadata.tier == "pro"', 'metadata.tier == "pro"'),
        ('a: "b"', "'a: \"b\"'"),
        ("it's \\d", "'it''s \\d'"),
        ("it's", '"it\'s"'),
        ("a \\d", "a \\d"),
        ("claude-*", "claude-*"),
        ("*-mini", '"*-mini"'),
        ("no", '"no"'),
        ("1.0", '"1.0"'),
        ("", '""'),
        ("a\nb", '"a\\nb"'),
        ("\u2028", '"\\u2028"'),
        ("😀", '"😀"'),
        ("a\u202eb", '"a\\u202eb"'),
        ("\U000e0001", '"\\U000e0001"'),
    ],
)
def test_quotes_are_used_only_where_something_could_misread(text: str, written: str) -> None:
    assert plain_or_quoted(text) == written


@given(trees)
def test_any_value_on_one_line_is_read_back(value: Any) -> None:
    for style in (Style(), Style(is_json=True)):
        written = one_line(value, style)
        assert "\n" not in written
        assert is_same(read_back(f"k: {written}\n"), {"k": value})
        assert is_same(read_back(f"[{written}, 1]\n"), [value, 1])


@given(mappings)
def test_any_mapping_in_lines_is_read_back(value: dict[str, Any]) -> None:
    for style in (Style(), Style(step=4), Style(may_be_literal=False)):
        text = "".join(f"{line}\n" for line in block(value, style))
        assert is_same(read_back(text), value)


def test_small_collections_stay_on_one_line_and_large_ones_do_not() -> None:
    leaf = {"send": "qwen/qwen3-max", "key": "qwen-api-key"}
    tree = {
        "if": "stream",
        "then": leaf,
        "else": {"split": [{"weight": 1, "send": "a/b"}]},
        "notes": "two\nlines",
        "more": [["x"]],
        "long": ["x" * 40, "y" * 40],
    }
    assert entry_lines("flow", tree, Style()) == [
        "flow:",
        "  if: stream",
        "  then: {send: qwen/qwen3-max, key: qwen-api-key}",
        "  else:",
        "    split:",
        "      - {weight: 1, send: a/b}",
        "  notes: |-",
        "    two",
        "    lines",
        "  more:",
        "    - [x]",
        "  long:",
        f"    - {'x' * 40}",
        f"    - {'y' * 40}",
    ]  # fmt: skip
    assert item_lines({"a": {"b": {}}, "c": [[1]]}, Style()) == ["- a: {b: {}}", "  c:", "    - [1]"]
    assert item_lines("a\n\nb\n", Style()) == ["- |", "  a", "", "  b"]


@pytest.mark.parametrize("text", [" a\nb", "a\n\n", "a \nb", "a\n\tb\x07", "\n", "a\r\nb"])
def test_a_text_that_lines_would_change_is_quoted(text: str) -> None:
    assert block(text, Style()) == [plain_or_quoted(text)]


@pytest.mark.parametrize("value", [float("inf"), float("nan"), "\ud800", {1, 2}, [object()]])
def test_what_a_config_cannot_hold_is_refused(value: Any) -> None:
    with pytest.raises(ConfigError):
        one_line(value, Style())
