"""A condition is cut into tokens with their columns, and a fault points at its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.routing.lexer import Fault, FaultError, Token, tokens


def test_every_kind_of_token_has_its_column() -> None:
    assert tokens("""metadata.a-b != "x" [-1.5e3,'y'](""") == [
        Token("name", "metadata.a-b", 1),
        Token("operator", "!=", 14),
        Token("string", '"x"', 17, "x"),
        Token("mark", "[", 21),
        Token("number", "-1.5e3", 22),
        Token("mark", ",", 28),
        Token("string", "'y'", 29, "y"),
        Token("mark", "]", 32),
        Token("mark", "(", 33),
        Token("end", "", 34),
    ]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (r'"a\"b"', 'a"b'),
        (r"'a\'b'", "a'b"),
        (r'"a\\b"', "a\\b"),
        (r'"\n\r\t"', "\n\r\t"),
        (r'"é"', "é"),
        (r'"^\d+\.\w$"', r"^\d+\.\w$"),
        (r'"\u12"', r"\u12"),
        ('"two\nlines"', "two\nlines"),
        ('"it\'s"', "it's"),
    ],
)
def test_escapes_in_a_text_are_read_and_a_regex_stays_as_written(written: str, value: str) -> None:
    assert tokens(written)[0].value == value


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60))
def test_any_text_is_cut_or_refused_at_a_place_inside_it(text: str) -> None:
    try:
        found = tokens(text)
    except FaultError as error:
        column = error.fault.column
    else:
        column = 1
        assert found[-1] == Token("end", "", len(text) + 1)
        for token in found:
            assert text[token.column - 1 :].startswith(token.text)
    assert 1 <= column <= max(1, len(text))


def test_a_text_of_backslashes_is_read_in_linear_time() -> None:
    with pytest.raises(FaultError):
        tokens('"' + "\\" * 8001)


@given(st.integers(1, 400), st.integers(0, 400))
def test_the_caret_stands_under_its_column(column: int, rest: int) -> None:
    text = "x" * (column - 1) + "!" + "y" * rest
    line, caret = Fault(message="", column=column, text=text).snippet().split("\n")
    assert line[caret.index("^")] == "!"
    assert len(line) <= 74


def test_the_caret_counts_wide_characters_as_two() -> None:
    assert Fault(message="", column=3, text="漢字!").snippet() == "漢字!\n    ^"


def test_the_caret_stands_behind_a_text_that_ends_too_soon() -> None:
    assert Fault(message="", column=4, text="not").snippet() == "not\n   ^"


def test_a_snippet_is_harmless_and_on_one_line() -> None:
    snippet = Fault(message="", column=6, text="a\nb\t\x1b!").snippet()
    assert snippet == "a b \\x1b!\n        ^"


def test_a_fault_becomes_a_problem_of_the_config() -> None:
    fault = Fault(message="`=` has no meaning here", column=3, text="a = 1", hint="did you mean `==`?")
    problem = fault.problem(("routes", "r", "flow", "if"))
    assert problem.path == ("routes", "r", "flow", "if")
    assert problem.message == "`=` has no meaning here, at column 3 of the condition\n    a = 1\n      ^"
    assert problem.hint == "did you mean `==`?"
