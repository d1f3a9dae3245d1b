"""Regexes take linear time and bounded memory, and a bad one is refused in words."""

import pytest

from aigw_dev.core.routing.patterns import MAX_PATTERN_CHARS, compile_pattern


def test_a_regex_is_found_anywhere() -> None:
    pattern = compile_pattern("b+")
    assert not isinstance(pattern, str)
    assert pattern.search(b"abbc")
    assert not pattern.search(b"ac")


def test_a_regex_reads_utf_8() -> None:
    pattern = compile_pattern("^gr.n$")
    assert not isinstance(pattern, str)
    assert pattern.search("grün".encode())


@pytest.mark.parametrize("text", ["(", "a{1001}", r"(a)\1", "(?=a)", "((a{100}){100}){100}"])
def test_a_bad_regex_is_said_to_be_one(text: str) -> None:
    assert isinstance(compile_pattern(text), str)


def test_a_regex_has_a_length_limit() -> None:
    assert not isinstance(compile_pattern("a" * MAX_PATTERN_CHARS), str)
    assert (
        compile_pattern("a" * (MAX_PATTERN_CHARS + 1)) == "it has 1,001 characters, at most 1,000 are taken"
    )


def test_a_regex_that_explodes_elsewhere_is_answered_at_once() -> None:
    pattern = compile_pattern("^(a+)+$")
    assert not isinstance(pattern, str)
    assert not pattern.search(b"a" * 100_000 + b"b")
