from typing import Any

import pytest

from aigw_dev.config_file import splice
from aigw_dev.config_file.splice import Splice
from aigw_dev.config_file.yaml_tree import Document, Path, read_yaml
from aigw_dev.config_file.yaml_write import Style


def document(text: str) -> Document:
    read = read_yaml(text)
    assert read.problems == []
    return read


def test_replacements_are_made_in_one_go() -> None:
    assert splice.apply("abcdef", [Splice(4, 5, "X"), Splice(0, 1, ""), Splice(2, 2, "-")]) == "b-cdXf"


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("a: 1\n", Style()),
        ("a:\n    b:\n        c: 1\n", Style(step=4)),
        ("a:\n b: 1\n", Style(step=1)),
        ("- a: 1\n", Style()),
        ('{"a": 1}', Style(is_json=True)),
        ("{a: 1}", Style()),
        ("", Style()),
    ],
)
def test_what_is_added_looks_like_the_rest(text: str, style: Style) -> None:
    assert splice.style_of(document(text)) == style


REPLACED: list[tuple[str, Path, Any, str]] = [
    ("a: 1  # c\n", ("a",), 2, "a: 2  # c\n"),
    ("a:  # c\nb: 1\n", ("a",), "x", "a: x  # c\nb: 1\n"),
    ("a:\n  - 1\n  -\n", ("a", 1), 2, "a:\n  - 1\n  - 2\n"),
    ("a: {b, c: }\n", ("a", "b"), 1, "a: {b: 1, c: }\n"),
    ("a: {b, c: }\n", ("a", "c"), 1, "a: {b, c: 1 }\n"),
    ("a: x  # c\n", ("a",), {"b": {"c": 1}}, "a:  # c\n  b: {c: 1}\n"),
    ("a: x  # c\n", ("a",), "two\nlines\n", "a: |  # c\n  two\n  lines\n"),
    ("a:  # c\n  # d\n  b: 1 # e\n# f\n", ("a",), 5, "a: 5  # c\n  # d\n# f\n"),
    ("a: [1, 2]  # c\n", ("a",), {"b": 1}, "a: {b: 1}  # c\n"),
    ("a: []\n", ("a",), [{"b": {"c": 1}}], "a:\n  - b: {c: 1}\n"),
    ("- a: 1\n  b: 2  # c\n- x\n", (0,), "z", "- z  # c\n- x\n"),
    ("- x  # c\n", (0,), {"a": {"b": 1}, "c": 2}, "- a: {b: 1}  # c\n  c: 2\n"),
    ("a: |\n  x\n\nb: 1\n", ("a",), "z", "a: z\n\nb: 1\n"),
    ("a:\n    b: 1\n", ("a",), {"c": {"d": 1}}, "a:\n    c: {d: 1}\n"),
    ("a: 1\r\nb: x\r\n", ("b",), {"c": {"d": {}}}, "a: 1\r\nb:\r\n  c: {d: {}}\r\n"),
    ('{"a": 1, "b": [2]}', ("b",), {"c": "d"}, '{"a": 1, "b": {"c": "d"}}'),
    ("a: 1\n", (), {"b": 2}, "b: 2\n"),
    ("\ufeffa: 1\n", (), {"b": 2}, "\ufeffb: 2\n"),
    ("a: 1\n", (), {}, "{}\n"),
]


@pytest.mark.parametrize(("text", "path", "value", "edited"), REPLACED)
def test_a_value_is_replaced_where_it_stands(text: str, path: Path, value: Any, edited: str) -> None:
    read = document(text)
    assert splice.replace(read, path, value, splice.style_of(read)) == edited


ADDED: list[tuple[str, Path, Any, str]] = [
    ("a: 1  # c\n# d\n", ("b",), 2, "a: 1  # c\nb: 2\n# d\n"),
    ("a: 1", ("b",), 2, "a: 1\nb: 2"),
    ("a:\n  b: 1\n\n# c\nd: 1\n", ("a", "e"), [1], "a:\n  b: 1\n  e: [1]\n\n# c\nd: 1\n"),
    ("a:  # c\n", ("a", "b"), 1, "a:  # c\n  b: 1\n"),
    ("a: {}  # c\n", ("a", "b"), {}, "a:  # c\n  b: {}\n"),
    ("a: {b: 1}\n", ("a", "c"), "x: y", 'a: {b: 1, c: "x: y"}\n'),
    ("a: {b: {}}\n", ("a", "b", "c"), 1, "a: {b: {c: 1}}\n"),
    ("a: {\n  b: 1,  # c\n}\n", ("a", "d"), 2, "a: {\n  b: 1,  # c\n  d: 2,\n}\n"),
    ("a: {\n  b: 1  # c\n}\n", ("a", "d"), 2, "a: {\n  b: 1,  # c\n  d: 2\n}\n"),
    ("a: {\n  b: 1 }\n", ("a", "d"), 2, "a: {\n  b: 1, d: 2 }\n"),
    ("- {}\n", (0, "a"), 1, "- {a: 1}\n"),
    ("", ("a",), 1, "a: 1\n"),
    ("# c", ("a",), {"b": {"c": 1}}, "# c\na:\n  b: {c: 1}\n"),
    ("---\n", ("a",), 1, "---\na: 1\n"),
    ("{}\n", ("a",), 1, "a: 1\n"),
    ("~\n", ("a",), 1, "a: 1\n"),
    ('{"a": {}}', ("a", "b"), "c", '{"a": {"b": "c"}}'),
    ("a: |+\n  x\n\nb: 1\n", ("b2",), 1, "a: |+\n  x\n\nb: 1\nb2: 1\n"),
    ("a:\n  b: |+\n    x\n\nc: 1\n", ("a", "d"), 1, "a:\n  b: |+\n    x\n\n  d: 1\nc: 1\n"),
]


@pytest.mark.parametrize(("text", "path", "value", "edited"), ADDED)
def test_a_key_is_added_after_the_last_one(text: str, path: Path, value: Any, edited: str) -> None:
    read = document(text)
    assert splice.add_key(read, path, value, splice.style_of(read)) == edited


INSERTED: list[tuple[str, int, Any, str]] = [
    ("a: [1, 2]\n", 0, 9, "a: [9, 1, 2]\n"),
    ("a: [1, 2]\n", 1, 9, "a: [1, 9, 2]\n"),
    ("a: [1, 2]\n", 2, 9, "a: [1, 2, 9]\n"),
    ("a: []\n", 0, 9, "a: [9]\n"),
    ("a:\n- 1\n# c\n- 2\n", 0, 9, "a:\n- 9\n- 1\n# c\n- 2\n"),
    ("a:\n- 1\n# c\n- 2\n", 1, 9, "a:\n- 1\n- 9\n# c\n- 2\n"),
    ("a:\n  - 1  # c\n", 1, {"b": {"c": 1}, "d": 2}, "a:\n  - 1  # c\n  - b: {c: 1}\n    d: 2\n"),
    ("a: [\n  1,  # c\n  2\n]\n", 2, 9, "a: [\n  1,  # c\n  2,\n  9\n]\n"),
    ("a: [\n  1,  # c\n  2\n]\n", 1, 9, "a: [\n  1,  # c\n  9,\n  2\n]\n"),
    ("a: [\n  1,  # c\n  2\n]\n", 0, 9, "a: [\n  9,\n  1,  # c\n  2\n]\n"),
]


@pytest.mark.parametrize(("text", "index", "value", "edited"), INSERTED)
def test_an_item_is_inserted_between_its_neighbours(text: str, index: int, value: Any, edited: str) -> None:
    read = document(text)
    assert splice.insert_item(read, ("a",), index, value, splice.style_of(read)) == edited


REMOVED: list[tuple[str, Path, str]] = [
    ("a: 1  # c\n# d\nb: 2\n", ("a",), "# d\nb: 2\n"),
    ("\ufeffa: 1\nb: 2\n", ("a",), "\ufeffb: 2\n"),
    ("a: 1\nb: 2", ("b",), "a: 1\n"),
    ("a:\n  b: 1\nc: 2\n", ("a", "b"), "a: {}\nc: 2\n"),
    ("a:\n  - 1\nc: 2\n", ("a", 0), "a: []\nc: 2\n"),
    ("# c\na: 1\n", ("a",), "# c\n"),
    ("{a: 1}\n", ("a",), "{}\n"),
    ("a: {b: 1, c: 2, d: 3}\n", ("a", "c"), "a: {b: 1, d: 3}\n"),
    ("a: {b: 1, c: 2}\n", ("a", "c"), "a: {b: 1}\n"),
    ("a: {b: 1, c}\n", ("a", "b"), "a: {c}\n"),
    ("- a: 1\n  # c\n  b: 2\n", (0, "a"), "- b: 2\n"),
    ("- - 1\n  - 2\n", (0, 0), "- - 2\n"),
    ("- a: 1\n  b:\n    c: 1\n- x\n", (0, "b"), "- a: 1\n- x\n"),
    ("a: [\n  1,  # c\n  2,  # d\n]\n", ("a", 0), "a: [\n  2,  # d\n]\n"),
    ("a: [\n  1,  # c\n  2  # d\n]\n", ("a", 1), "a: [\n  1,  # c\n]\n"),
    ("a:\n  - 1\n  -\n  - 3\n", ("a", 1), "a:\n  - 1\n  - 3\n"),
]


@pytest.mark.parametrize(("text", "path", "edited"), REMOVED)
def test_a_value_goes_with_its_key_and_nothing_else(text: str, path: Path, edited: str) -> None:
    read = document(text)
    assert splice.remove(read, path, splice.style_of(read)) == edited


@pytest.mark.parametrize(
    ("text", "path", "key", "edited"),
    [
        ("a: 1  # c\n", ("a",), "b c", "b c: 1  # c\n"),
        ("a: 1\n", ("a",), "no", '"no": 1\n'),
        ('{"a":1}\n', ("a",), "b", '{"b":1}\n'),
        ("'a': {b: 1}\n", ("a", "b"), "c", "'a': {c: 1}\n"),
    ],
)
def test_a_key_is_renamed_in_the_quotes_it_had(text: str, path: Path, key: str, edited: str) -> None:
    read = document(text)
    assert splice.rename(read, path, key, splice.style_of(read)) == edited
