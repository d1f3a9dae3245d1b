from collections.abc import Callable, Iterator
from typing import Any, Final, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aigw_dev.config_file import edit
from aigw_dev.config_file.yaml_tree import Document, Path, read_yaml
from aigw_dev.core.errors import CODES, ConfigError
from tests.config_file.random_yaml import documents, keys, trees

EXAMPLE: Final = """\
# The gateway of my app
version: 1   # only one
providers:
  # the main one
  openai: {kind: openai}   # o
  qwen:
    kind: qwen
    keys: [a, b]   # keys
  empty:

routes:
  r:
    flow:
      split:
        - {weight: 90, send: a/b}
        # between
        - weight: 10
          send: c/d   # cd
# end
"""


def changed(before: str, after: str) -> tuple[list[str], list[str]]:
    """The lines that went and those that came, between equal beginnings and ends."""
    old, new = before.split("\n"), after.split("\n")
    while old and new and old[0] == new[0]:
        del old[0], new[0]
    while old and new and old[-1] == new[-1]:
        del old[-1], new[-1]
    return old, new


def test_a_scalar_is_set_on_its_line() -> None:
    after = edit.set_value(EXAMPLE, ("providers", "qwen", "kind"), "groq")
    assert changed(EXAMPLE, after) == (["    kind: qwen"], ["    kind: groq"])


def test_missing_mappings_are_made_in_the_files_indentation() -> None:
    text = "providers:\n    openai:\n        kind: openai\n"
    after = edit.set_value(text, ("gateway", "limits", "json_mb"), 8)
    assert changed(text, after) == ([], ["gateway:", "    limits: {json_mb: 8}"])


def test_an_empty_provider_gets_its_first_key() -> None:
    after = edit.set_value(EXAMPLE, ("providers", "empty", "kind"), "groq")
    assert changed(EXAMPLE, after) == ([], ["    kind: groq"])


def test_setting_what_is_there_changes_nothing() -> None:
    tree = read_yaml(EXAMPLE).value
    assert edit.replace_tree(EXAMPLE, tree) == EXAMPLE


def test_a_mapping_is_merged_and_keeps_its_comments() -> None:
    tree = read_yaml(EXAMPLE).value
    del tree["providers"]["qwen"]["kind"]
    tree["providers"]["openai"]["base_url"] = "https://x/v1"
    tree["routes"]["r"]["flow"]["split"].append({"weight": 5, "send": "e/f"})
    after = edit.replace_tree(EXAMPLE, tree)
    assert read_yaml(after).value == tree
    assert [line for line in EXAMPLE.split("\n") if line not in after.split("\n")] == [
        "  openai: {kind: openai}   # o",
        "    kind: qwen",
    ]


def test_a_list_changes_only_where_it_differs() -> None:
    text = "a:\n  - 1  # one\n  - 2  # two\n  - 3  # three\n  - 4  # four\n"
    assert edit.set_value(text, ("a",), [1, 9, 4]) == "a:\n  - 1  # one\n  - 9  # two\n  - 4  # four\n"
    assert edit.set_value(text, ("a",), [0, 1, 2, 3, 4]).endswith(text.removeprefix("a:\n"))


def test_a_list_position_at_the_end_appends() -> None:
    assert edit.set_value("a: [1]\n", ("a", 1), 2) == "a: [1, 2]\n"


def test_appending_makes_the_list_where_there_is_none() -> None:
    assert edit.append_item("a:\n", ("a",), "x") == "a: [x]\n"
    assert edit.append_item("", ("a", "b"), "x") == "a:\n  b: [x]\n"
    assert edit.append_item("a: [x]\n", ("a",), "z") == "a: [x, z]\n"


def test_a_route_is_renamed_in_its_place() -> None:
    after = edit.rename_key(EXAMPLE, ("routes", "r"), "smart")
    assert changed(EXAMPLE, after) == (["  r:"], ["  smart:"])


def test_the_last_provider_leaves_an_empty_mapping() -> None:
    assert edit.delete_value("providers:\n  a: {}  # x\n", ("providers", "a")) == "providers: {}\n"


def test_crlf_stays_crlf() -> None:
    text = EXAMPLE.replace("\n", "\r\n")
    after = edit.set_value(text, ("providers", "new"), {"kind": "groq", "headers": {"a": "b"}})
    assert after.count("\n") == after.count("\r\n") == text.count("\r\n") + 3


def test_a_text_of_several_lines_stands_below_a_bar_where_it_can() -> None:
    assert edit.set_value("a: x\n", ("a",), "one\ntwo\n") == "a: |\n  one\n  two\n"
    text = "a: x\n      # a deep comment\nb: 1\n"
    assert edit.set_value(text, ("a",), "one\ntwo\n") == 'a: "one\\ntwo\\n"\n      # a deep comment\nb: 1\n'


REFUSED: list[tuple[Callable[[str], str], str]] = [
    (lambda text: edit.delete_value(text, ("nope",)), "`nope` is not in the config"),
    (lambda text: edit.delete_value(text, ()), "`the whole config` is not in the config"),
    (lambda text: edit.rename_key(text, ("a", 0), "x"), "`a.0` is an item of a list and has no name"),
    (lambda text: edit.rename_key(text, ("a",), "b"), "`b` is there already"),
    (lambda text: edit.rename_key(text, ("z",), "b"), "`z` is not in the config"),
    (lambda text: edit.insert_item(text, ("b",), 0, 1), "`b` is not a list"),
    (lambda text: edit.insert_item(text, ("a",), 3, 1), "`a.3` is outside the list"),
    (lambda text: edit.append_item(text, ("b",), 1), "`b` is not a list"),
    (lambda text: edit.set_value(text, ("a", 5), 1), "`a.5` is outside the list"),
    (lambda text: edit.set_value(text, ("b", "c"), 1), "`b` has no `c` inside it: it is not a mapping"),
    (lambda text: edit.set_value(text, ("b", 0), 1), "`b` has no `0` inside it: it is not a list"),
    (lambda text: edit.set_value(text, (0,), 1), "`0` has no `0` inside it: it is not a list"),
]


@pytest.mark.parametrize(("change", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_an_edit_that_has_no_place_is_refused(change: Callable[[str], str], message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        change("a: [1]\nb: 2\n")
    assert refused.value.message == message
    assert refused.value.code == "config_edit_refused"


def test_an_edit_that_would_change_something_else_is_refused() -> None:
    text = "a: |\n  no line end after this"
    with pytest.raises(ConfigError, match="without rewriting other lines") as refused:
        edit.set_value(text, ("b",), 1)
    assert refused.value.code in CODES


def test_a_text_that_cannot_be_read_cannot_be_edited() -> None:
    with pytest.raises(ConfigError, match="line 2: `a` is given twice"):
        edit.set_value("a: 1\na: 2\n", ("b",), 1)


@pytest.mark.parametrize(("one", "other"), [(1, True), (1, 1.0), ({"a": 1}, {"a": True}), ([0], [False]), ([1], [1, 2]), ({"a": 1}, {"b": 1}), ("1", 1), (None, {})])  # fmt: skip
def test_equal_is_not_the_same(one: Any, other: Any) -> None:
    assert not edit.is_same(one, other)
    assert edit.is_same(one, one)


def all_paths(tree: Any, path: Path = ()) -> Iterator[Path]:
    for step, entry in entries(tree):
        yield (*path, step)
        yield from all_paths(entry, (*path, step))


def entries(tree: Any) -> list[tuple[str | int, Any]]:
    if isinstance(tree, dict):
        return list(cast("dict[str | int, Any]", tree).items())
    return list(enumerate(cast("list[Any]", tree))) if isinstance(tree, list) else []


def at(tree: Any, path: Path) -> Any:
    for step in path:
        tree = tree[step]
    return tree


def lines_of(document: Document, path: Path) -> tuple[int, int]:
    """First and last line of a node with its key, from 0."""
    node = document.nodes[path]
    begin = node.key_start if node.key_start >= 0 else node.lead_end - 1 if node.lead_end >= 0 else node.start
    end = max(node.end, node.lead_end, node.key_end, begin)
    return document.text.count("\n", 0, begin), document.text.count("\n", 0, end)


def only_lines(before: str, after: str, first: int, last: int) -> bool:
    """Whether nothing but the lines from `first` to `last` (from 0) changed; the last line end of a file may come."""
    old, new = before.splitlines(), after.splitlines()
    tail = old[last + 1 :]
    return new[:first] == old[:first] and (not tail or new[-len(tail) :] == tail)


@settings(max_examples=2500, phases=[__import__("hypothesis").Phase.generate], suppress_health_check=list(__import__("hypothesis").HealthCheck))
@given(documents(), trees, st.data())
def test_setting_a_value_leaves_every_other_line(
    written: tuple[str, Any], value: Any, data: st.DataObject
) -> None:
    text, tree = written
    path = data.draw(st.sampled_from(list(all_paths(tree))))
    after = edit.set_value(text, path, value)
    assert edit.is_same(at(read_yaml(after).value, path), value)
    assert only_lines(text, after, *lines_of(read_yaml(text), path))


@settings(max_examples=2500, phases=[__import__("hypothesis").Phase.generate], suppress_health_check=list(__import__("hypothesis").HealthCheck))
@given(documents(), trees, keys, st.data())
def test_adding_a_key_leaves_every_other_line(
    written: tuple[str, Any], value: Any, key: str, data: st.DataObject
) -> None:
    text, tree = written
    path = data.draw(
        st.sampled_from([(), *(path for path in all_paths(tree) if isinstance(at(tree, path), dict))])
    )
    if key in at(tree, path):
        return
    after = edit.set_value(text, (*path, key), value)
    document = read_yaml(text)
    _, last = lines_of(document, path)
    begin = last if document.nodes[path].style == "flow" else last + 1
    first = (
        min(begin, lines_of(document, (*path, list(at(tree, path))[-1]))[0])
        if at(tree, path) and begin == last
        else begin
    )
    if not at(tree, path):
        first, last = lines_of(document, path)
    assert only_lines(text, after, first, last)


@settings(max_examples=2500, phases=[__import__("hypothesis").Phase.generate], suppress_health_check=list(__import__("hypothesis").HealthCheck))
@given(documents(), st.data())
def test_deleting_a_value_leaves_every_other_line(written: tuple[str, Any], data: st.DataObject) -> None:
    text, tree = written
    path = data.draw(st.sampled_from(list(all_paths(tree))))
    after = edit.delete_value(text, path)
    document = read_yaml(text)
    siblings = list(at(tree, path[:-1]))
    first, last = lines_of(document, path if len(siblings) > 1 or len(path) == 1 else path[:-1])
    if isinstance(at(tree, path[:-1]), dict) and len(siblings) > 1:
        following = siblings[siblings.index(path[-1]) + 1 :]
        last = max([last, *(lines_of(document, (*path[:-1], step))[0] for step in following[:1])])
    elif len(siblings) > 1 and isinstance(path[-1], int):
        last = max(
            [
                last,
                *(
                    lines_of(document, (*path[:-1], step))[0]
                    for step in range(path[-1] + 1, len(siblings))[:1]
                ),
            ]
        )
    if document.nodes[path[:-1]].style == "flow" and len(siblings) > 1:
        first, last = lines_of(document, path[:-1])
    assert only_lines(text, after, first, last)


@settings(max_examples=2500, phases=[__import__("hypothesis").Phase.generate], suppress_health_check=list(__import__("hypothesis").HealthCheck))
@given(documents(), trees, st.data())
def test_inserting_an_item_leaves_every_other_line(
    written: tuple[str, Any], value: Any, data: st.DataObject
) -> None:
    text, tree = written
    lists = [path for path in all_paths(tree) if isinstance(at(tree, path), list)]
    if not lists:
        return
    path = data.draw(st.sampled_from(lists))
    items = at(tree, path)
    index = data.draw(st.integers(0, len(items)))
    after = edit.insert_item(text, path, index, value)
    expected = [*items[:index], value, *items[index:]]
    assert edit.is_same(at(read_yaml(after).value, path), expected)
    first, last = lines_of(read_yaml(text), path)
    assert only_lines(text, after, first, last)
    assert len(after.splitlines()) >= len(text.splitlines())


@settings(max_examples=2500, phases=[__import__("hypothesis").Phase.generate], suppress_health_check=list(__import__("hypothesis").HealthCheck))
@given(documents(), keys, st.data())
def test_renaming_a_key_changes_its_line_only(
    written: tuple[str, Any], key: str, data: st.DataObject
) -> None:
    text, tree = written
    path = data.draw(st.sampled_from([path for path in all_paths(tree) if isinstance(path[-1], str)]))
    if key in at(tree, path[:-1]):
        return
    after = edit.rename_key(text, path, key)
    first, _ = lines_of(read_yaml(text), path)
    assert only_lines(text, after, first, first)
    assert list(at(read_yaml(after).value, path[:-1])).index(key) == list(at(tree, path[:-1])).index(path[-1])


@settings(max_examples=2500, phases=[__import__("hypothesis").Phase.generate], suppress_health_check=list(__import__("hypothesis").HealthCheck))
@given(documents(), documents())
def test_any_config_can_become_any_other(one: tuple[str, Any], other: tuple[str, Any]) -> None:
    assert edit.is_same(read_yaml(edit.replace_tree(one[0], other[1])).value, other[1])
