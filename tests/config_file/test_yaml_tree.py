import time
from typing import Any, Final

import pytest
from hypothesis import given, settings

from aigw_dev.config_file.edit import is_same
from aigw_dev.config_file.yaml_tree import MAX_BYTES, MAX_NODES, Document, line_and_column, read_yaml
from tests.config_file.random_yaml import documents

ALIAS_BOMB: Final = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + at)}: &{chr(98 + at)} [{','.join([f'*{chr(97 + at)}'] * 9)}]\n" for at in range(9)
)


def first_problem(text: str) -> tuple[str, int, int]:
    document = read_yaml(text)
    assert document.value == {}
    (problem,) = document.problems
    return problem.message, problem.line, problem.column


def value(text: str) -> Any:
    document = read_yaml(text)
    assert document.problems == []
    return document.value


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("no", "no"), ("on", "on"), ("yes", "yes"), ("off", "off"), ("y", "y"), ("true", True), ("False", False),
        ("TRUE", True), ("null", None), ("~", None), ("", None), ("12", 12), ("-3", -3), ("+3", 3), ("007", 7),
        ("0o17", 15), ("0x1f", 31), ("1.5", 1.5), (".5", 0.5), ("1e3", 1000.0), ("1_000", "1_000"), ("0b1", "0b1"),
        ("12:30", "12:30"), ("2024-01-01", "2024-01-01"), ("1.2.3", "1.2.3"), ("=", "="), ("'12'", "12"),
        ('"true"', "true"), ("14d", "14d"), ('metadata.a == "b"', 'metadata.a == "b"'), ("a:b", "a:b"),
        ("https://x/v1", "https://x/v1"), ("a#b", "a#b"), ("é😀", "é😀"), (r'"\ud83d\ude00"', "😀"),
    ],
)  # fmt: skip
def test_scalars_follow_the_core_schema_of_yaml_1_2(word: str, meant: object) -> None:
    assert is_same(value(f"k: {word}\n"), {"k": meant})


@pytest.mark.parametrize("key", ["12", "true", "null", "1.5", "no"])
def test_keys_are_text_as_written(key: str) -> None:
    assert value(f"{key}: 1") == {key: 1}


@pytest.mark.parametrize(
    "text", ["", "\n\n", "# only a comment\n", "---\n", "\ufeff", "null\n", "---\n...\n"]
)
def test_an_empty_document_is_an_empty_mapping(text: str) -> None:
    assert value(text) == {}


def test_a_byte_order_mark_and_crlf_are_legal() -> None:
    document = read_yaml("\ufeffa: 1\r\nb:\r\n  - x\r\n")
    assert document.value == {"a": 1, "b": ["x"]}
    assert document.place(("a",)) == (1, 1)
    assert document.place(("b", 0)) == (3, 5)


def test_a_document_may_begin_with_a_marker_and_the_right_version() -> None:
    assert value("%YAML 1.2\n---\na: 1\n...\n") == {"a": 1}


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("a: &x 1", "an anchor (`&name`) stands here; a config repeats what it means", (1, 4)),
        ("a: &x [1]", "an anchor (`&name`) stands here; a config repeats what it means", (1, 4)),
        ("- *-mini", "an alias (`*name`) stands here; a config repeats what it means", (1, 3)),
        ("a: !!str 5", "a tag (`!...`) stands here; a config needs none", (1, 4)),
        ("a: !<tag:x> {}", "a tag (`!...`) stands here; a config needs none", (1, 4)),
        ("a: !!python/object/apply:os.system [x]", "a tag (`!...`) stands here; a config needs none", (1, 4)),
        ("a: 1\n<<: {b: 2}", "a merge key (`<<`) stands here; a config repeats what it means", (2, 1)),
        ("a: 1\n---\nb: 2", "a second document begins here; a config is one document", (2, 1)),
        ("a: 1\n...\n# c\nb: 2", "a second document begins here; a config is one document", (4, 1)),
        ("%YAML 1.1\n---\na: yes", "a directive (`%...`) stands before the document; a config needs none", (2, 1)),
        ("%TAG !e! tag:x,2000:\n---\na: 1", "a directive (`%...`) stands before the document; a config needs none", (2, 1)),
        ("a:\n  b: 1\n  b: 2", "`b` is given twice; it is also on line 2", (3, 3)),
        ("{a: 1, 'a': 2}", "`a` is given twice; it is also on line 1", (1, 8)),
        ("? [a]\n: b", "a key is a list or mapping here", (1, 3)),
        ("{{a: b}: c}", "a key is a list or mapping here", (1, 2)),
        (": x", "a `:` stands here without a key before it", (1, 1)),
        ("a: .inf", "`.inf` is not a number that JSON can carry", (1, 4)),
        ("a: .NaN", "`.NaN` is not a number that JSON can carry", (1, 4)),
        ("a: 1e999", "`1e999` is not a number that JSON can carry", (1, 4)),
        (f"a: {'9' * 41}", "a number has more than 40 characters", (1, 4)),
        ("a: \x00", "a NUL character stands here; this is not a text file", (1, 4)),
        ("a: \x07", "the character U+0007 stands here", (1, 4)),
        ("a: \u2028", "the character U+2028 stands here", (1, 4)),
        ("a: 1\n\ufeffb: 2", "the character U+FEFF stands here", (2, 1)),
        ("a: \ud800", "the character U+D800 stands here", (1, 4)),
        ("a: 1\rb: 2", "a carriage return stands here without a line feed", (1, 5)),
        (r'a: "\ud83d"', "an escape in this text is half of a character", (1, 4)),
        (r'a: "\Uffffffff"', "this is not YAML that can be read", (1, 1)),
        (f"{'k' * 257}: 1", "a key has more than 256 characters", (1, 1)),
        ("[" * 33, "the config is nested more than 32 levels deep", (1, 33)),
        ("sk-proj-Ab3dEf6hIj9kLmNoPq2rStUv: 1", "something that looks like a provider's key stands here as the name of a setting", (1, 1)),
    ],
)  # fmt: skip
def test_what_a_config_does_not_need_is_refused_where_it_stands(
    text: str, message: str, place: tuple[int, int]
) -> None:
    assert first_problem(text) == (message, *place)


def test_a_key_as_a_name_is_not_echoed() -> None:
    (problem,) = read_yaml("providers:\n  sk-proj-Ab3dEf6hIj9kLmNoPq2rStUv: {}").problems
    assert "Ab3dEf" not in problem.text()
    assert problem.path == ("providers",)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (ALIAS_BOMB, "anchor"),
        ("[" * 100_000, "32 levels"),
        ("- " * 100_000, "32 levels"),
        ("{a: " * 60_000, "32 levels"),
        ("a: 1\n" * 50_000, "given twice"),
        ("".join(f"k{at}: {at}\n" for at in range(20_000)), f"{MAX_NODES:,} values"),
        ("[" + "[]," * 80_000, f"{MAX_NODES:,} values"),
        ("x" * (MAX_BYTES + 1), "256 KiB"),
        ("é" * (MAX_BYTES // 2 + 1), "256 KiB"),
        ("a: '" + "\n\n" * 100_000, "never closed"),
        ("\t" * 200_000, "tab"),
        ("--- a\n" * 40_000, "second document"),
        ("a: b\n " * 40_000, "value above goes on"),
    ],
    ids=["alias bomb", "brackets", "dashes", "braces", "duplicates", "many keys", "many lists", "large", "large in bytes", "open quote", "tabs", "documents", "one value"],
)  # fmt: skip
def test_hostile_yaml_is_refused_in_under_a_second(text: str, what: str) -> None:
    begin = time.process_time()
    message, *_ = first_problem(text)
    assert time.process_time() - begin < 1
    assert what in message


def test_an_index_becomes_a_line_and_a_column() -> None:
    assert line_and_column("ab\ncd", 0) == (1, 1)
    assert line_and_column("ab\ncd", 4) == (2, 2)
    assert line_and_column("\ufeffab", 0) == (1, 1)
    assert line_and_column("\ufeffab", 2) == (1, 2)


def test_the_place_of_what_is_missing_is_its_parents() -> None:
    document = read_yaml("a:\n  b: {c: [1, 2]}\n")
    assert document.place(("a", "b", "c", 1)) == (2, 14)
    assert document.place(("a", "b", "x", "y")) == (2, 3)
    assert document.place(("z",)) == (1, 1)
    assert Document(text="", value={}, nodes={}, problems=[]).place(("a",)) == (1, 1)


def test_marks_are_where_the_text_says() -> None:
    text = "a:  one  # c\nb:\n  - x\n  -\n  - {k: v,\n     l}\nc: |+\n  t\n\n# end\nd: |\n  u\n\n"
    document = read_yaml(text)

    def written(*path: str | int) -> str:
        node = document.nodes[path]
        return text[node.start : node.end]

    assert document.value == {"a": "one", "b": ["x", None, {"k": "v", "l": None}], "c": "t\n\n", "d": "u\n"}
    assert written("a") == "one"
    assert written("b") == "- x\n  -\n  - {k: v,\n     l}"
    assert written("b", 2) == "{k: v,\n     l}"
    assert written("c") == "|+\n  t\n"
    assert written("d") == "|\n  u"
    empty = document.nodes["b", 1]
    assert (empty.is_empty, text[empty.lead_end - 1]) == (True, "-")
    assert document.nodes["b", 2, "l"].lead_end == -1


@settings(max_examples=150)
@given(documents())
def test_every_style_means_the_same_tree(written: tuple[str, dict[str, Any]]) -> None:
    text, tree = written
    document = read_yaml(text)
    assert document.problems == []
    assert is_same(document.value, tree)
    for path, node in document.nodes.items():
        assert 0 <= node.start <= node.end <= len(text), path
