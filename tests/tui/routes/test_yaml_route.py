"""A route as YAML for an editor, and back."""

import pytest

from aigw_dev.tui.routes.yaml_route import Read, diff_rows, for_editor, from_yaml, to_yaml
from aigw_dev.tui.widgets.lines import plain

TREE = {
    "description": "a: b # c",
    "flow": {"if": 'metadata.tier == "pro"', "then": {"send": "a/b"}, "else": {"send": "c/d"}},
}


def test_what_is_written_is_read_back() -> None:
    assert from_yaml("ai-test", for_editor("ai-test", TREE)) == Read(tree=TREE)
    assert to_yaml("ai-test", None) == ""


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("ai-test: [", "line 1"),
        ("other: {}", "wants one entry"),
        ("ai-test: 3", "wants `flow`"),
        ("ai-test: &x {flow: *x}", "line 1"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(content: str, said: str) -> None:
    found = from_yaml("ai-test", content)
    assert found.tree is None
    assert said in found.problem


def test_a_diff_shows_its_signs_and_nothing_live() -> None:
    rows = diff_rows(
        "x", {"flow": {"send": "a/b"}}, {"flow": {"send": "a/\x1b[31mb"}}, names=("live", "draft")
    )
    said = [plain(row) for row in rows]
    assert "-  flow: {send: a/b}" in said
    assert not any("\x1b" in line for line in said)
    assert diff_rows("x", TREE, TREE, names=("live", "draft")) == []
