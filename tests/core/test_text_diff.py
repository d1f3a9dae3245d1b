"""Two texts are told apart word by word, in bounded time, and nothing of either is lost."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.text_diff import MOST_CHARS, MOST_EDITS, Hunk, diff

TEXTS = st.text(alphabet="ab c.\n你", max_size=60)


def squeezed(text: str) -> str:
    return "".join(text.split())


@given(TEXTS, TEXTS)
def test_the_hunks_are_both_texts(before: str, after: str) -> None:
    found = diff(before, after)
    assert squeezed("".join(hunk.text for hunk in found.hunks if hunk.kind != "added")) == squeezed(before)
    assert "".join(hunk.text for hunk in found.hunks if hunk.kind != "removed").lstrip() == after.lstrip()
    assert 0.0 <= found.similarity <= 1.0
    assert found.is_exact
    assert (found.similarity == 1.0) == (
        squeezed(before) == squeezed(after) or before.split() == after.split()
    )


@given(TEXTS)
def test_a_text_is_like_itself(text: str) -> None:
    found = diff(text, text)
    assert (found.similarity, [hunk.kind for hunk in found.hunks]) == (1.0, ["same"] if text else [])


@pytest.mark.parametrize(
    ("before", "after", "hunks", "similarity"),
    [
        (
            "the cat sat",
            "the dog sat",
            [("same", "the "), ("removed", "cat "), ("added", "dog "), ("same", "sat")],
            2 / 3,
        ),
        ("a b", "a b c", [("same", "a b "), ("added", "c")], 0.8),
        ("a b c", "b", [("removed", "a "), ("same", "b"), ("removed", "c")], 0.5),
        ("", "x", [("added", "x")], 0.0),
        ("你好吗", "你坏吗", [("same", "你"), ("removed", "好"), ("added", "坏"), ("same", "吗")], 2 / 3),
        ("a  b", "a b", [("same", "a b")], 1.0),
        (" ", "\n", [], 1.0),
    ],
)
def test_what_went_stands_before_what_came(
    before: str, after: str, hunks: list[tuple[str, str]], similarity: float
) -> None:
    found = diff(before, after)
    assert [(hunk.kind, hunk.text) for hunk in found.hunks] == hunks
    assert found.similarity == pytest.approx(similarity)


def test_texts_with_little_in_common_end_in_bounded_time() -> None:
    before = " ".join(f"w{number % 977}" for number in range(30_000))
    after = " ".join(f"w{number * 7 % 991}" for number in range(30_000))
    began = time.process_time()
    found = diff("Same start. " + before, "Same start. " + after)
    assert time.process_time() - began < 5
    assert not found.is_exact
    assert found.hunks[0] == Hunk("same", "Same start. w0 ")
    assert 0.5 < found.similarity < 1, "words in common count wherever they stand"
    assert not diff("x", "y " * (MOST_EDITS + 2)).is_exact


def test_what_is_too_long_is_compared_as_far_as_it_goes() -> None:
    found = diff("a" * MOST_CHARS + " b", "a" * MOST_CHARS + " c")
    assert (found.similarity, found.is_exact) == (1.0, False)
