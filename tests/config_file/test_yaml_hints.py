import pytest

from aigw_dev.config_file.yaml_hints import describe, has_open_quote
from aigw_dev.config_file.yaml_tree import read_yaml


def told(text: str) -> tuple[str, str, int]:
    (problem,) = read_yaml(text).problems
    return problem.message, problem.hint, problem.line


CONDITIONS = [
    ('if: metadata.x == "a: b"\nthen: 1', "`: ` ends an unquoted value", """if: 'metadata.x == "a: b"'"""),
    ("if: metadata.x == a: b\n", "`: ` ends an unquoted value", "if: 'metadata.x == a: b'"),
    ('r:\n  - if: metadata.x == "a #b"\n', "` #` begins a comment", """if: 'metadata.x == "a #b"'"""),
    ("if: metadata.x == 'a #b'\n", "` #` begins a comment", "if: 'metadata.x == ''a #b'''"),
    ('{if: metadata.x == "a, b", then: 1}', "`,` ends a value inside { } and [ ]", "in single quotes"),
    ('{if: metadata.x == "a: b", then: 1}', "`: ` ends an unquoted value", "in single quotes"),
    ('{if: metadata.x in ["a"], then: 1}', "an unquoted condition ends at `[`", "in single quotes"),
    ('if: "a" == metadata.x\n', "a value that begins with a quote ends at the closing quote", """if: '"a" == metadata.x'"""),
    ('if:\n  metadata.x == "a: b"\n', "`: ` ends an unquoted value", "in single quotes"),
    ('if: metadata.x == "a', "a text in this condition is not closed", "Close its quote"),
    ("if: !(stream)\n", "a tag", "in a condition write `not`"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message", "hint"), CONDITIONS)
def test_a_condition_that_needs_quotes_is_told_so_with_its_quoted_form(
    text: str, message: str, hint: str
) -> None:
    said, offered, _ = told(text)
    assert message in said
    assert hint in offered


@pytest.mark.parametrize("text", [condition for condition, _, hint in CONDITIONS if hint.startswith("if: ")])
def test_the_quoted_form_offered_can_be_read(text: str) -> None:
    _, hint, _ = told(text)
    offered = hint.partition(": ")[2]
    assert read_yaml(offered).problems == []


def test_a_condition_that_holds_a_key_is_not_repeated() -> None:
    text = 'if: metadata.x == "sk-proj-Ab3dEf6hIj9kLmNoPq2rStUv: b"\n'
    message, hint, _ = told(text)
    assert "Ab3dEf" not in message + hint


@pytest.mark.parametrize("condition", ['a == "b"', "a == 'it\"s'", r'a == "say \"x\""', "", "a == b"])
def test_closed_quotes_are_not_open(condition: str) -> None:
    assert not has_open_quote(condition)


@pytest.mark.parametrize(
    "text", ["notes: it's fine # really\n", 'notes: 5" disk # x\n', 'if: metadata.x == "a#b"\n']
)
def test_an_apostrophe_elsewhere_means_nothing(text: str) -> None:
    assert read_yaml(text).problems == []


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("a: b: c\n", "`: ` stands inside an unquoted value", 1),
        ("a: 1\n b: 2\n", "a key stands here where the value above goes on", 2),
        ("no colon\nb: 1\n", "a key stands here where the value above goes on", 2),
        ("a:\n\tb: 1\n", "a tab stands in the indentation", 2),
        ('a: "x\nb: 1\n', "the quote that opens here is never closed", 1),
        ('a: "x\n---\nb: 1\n', "the quote that opens here is never closed", 1),
        ("a: [1, 2\n", "the `[` that opens here is never closed", 1),
        ("b: 1\na: {x: 1\n", "the `{` that opens here is never closed", 2),
        ("a: [1, 2\nb: 3\n", "an unquoted value ends at , : [ ] { }; `:` cannot follow", 2),
        ("a: @x\n", "a value cannot begin with `@`", 1),
        ("a: `x`\n", "a value cannot begin with ```", 1),
        ("a: %x\n", "a value cannot begin with `%`", 1),
        ("a: }\n", "a value is missing or begins with a reserved character", 1),
        ("a: {b: 1}}\n", "does not fit the indentation", 1),
        ("- a\nb: 1\n", "does not fit the indentation", 2),
        ('a: "x" y\n', "a value that begins with a quote ends at the closing quote", 1),
        ("a: [*]\n", "`*` begins an alias", 1),
        ("&\n", "`&` begins an anchor", 1),
        ("a: !<\n", "`!` begins a tag", 1),
        ('a: "\\d"\n', "a backslash sequence in double quotes", 1),
        ("a: >x\n", "the text below `|` or `>`", 1),
        ("a: - b\n", "a list item (`- `) cannot stand here", 1),
        ("a: ? b\n", "a `? ` key cannot stand here", 1),
        ("a: |\nfoo\n", "this line has no `:`", 2),
        ('"a":b\n', "something stands here after the end of the document", 1),
        ("%FOO\n%FOO\n", "something stands here after the end of the document", 3),
        ("%YAML 1.2\n%YAML 1.2\n---\na: 1", "begins a directive", 2),
    ],
)
def test_what_the_parser_stumbles_over_is_said_in_plain_words(text: str, message: str, line: int) -> None:
    said, hint, at = told(text)
    assert message in said
    assert hint
    assert at == line


def test_an_error_that_nobody_foresaw_is_told_all_the_same() -> None:
    message, hint = describe("a: 1", ValueError("something new"))[1:]
    assert message == "this line cannot be read as YAML"
    assert hint
