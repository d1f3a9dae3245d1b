"""Positions and seqs of a list, against a plain sorted list."""

import bisect
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.tui.logs.runs import Runs

SEQS = st.integers(1, 80)
RUN = st.tuples(SEQS, st.integers(1, 9))
STEP = st.one_of(
    st.tuples(st.just("add"), st.lists(RUN, max_size=4)),
    st.tuples(st.just("drop"), st.lists(SEQS, max_size=12)),
)


@given(st.lists(STEP, max_size=12))
def test_runs_are_the_set_they_stand_for(steps: list[tuple[str, list[Any]]]) -> None:
    runs, plain = Runs(), set[int]()
    for what, given_ in steps:
        if what == "add":
            runs.add(given_)
            plain |= {seq for first, count in given_ for seq in range(first, first + count)}
        else:
            runs.drop(given_)
            plain -= set(given_)
        ordered = sorted(plain)
        assert len(runs) == len(ordered)
        assert runs.seqs(0, len(ordered)) == ordered
        for seq in range(1, 92):
            assert (seq in runs) == (seq in plain)
            assert runs.position(seq) == bisect.bisect_left(ordered, seq)


@given(st.lists(RUN, max_size=12), st.randoms())
def test_the_order_of_runs_does_not_matter_and_none_touch(parts: list[tuple[int, int]], dice: object) -> None:
    shuffled = list(parts)
    dice.shuffle(shuffled)  # pyright: ignore[reportAttributeAccessIssue]  -- hypothesis' Random
    assert Runs(parts) == Runs(shuffled)
    pairs = Runs(parts).pairs()
    assert all(first + count < after for (first, count), (after, _) in itertools.pairwise(pairs))


def test_what_lies_outside_has_no_seq() -> None:
    runs = Runs([(5, 3)])
    assert runs.seqs(-4, 99) == [5, 6, 7]
    for position in (-1, 3):
        with pytest.raises(IndexError, match="of 3"):
            runs.seq(position)


def test_taking_the_head_of_many_runs_leaves_the_rest_where_it_is() -> None:
    runs = Runs([(at, 1) for at in range(0, 4_000, 2)])
    runs.drop(range(2_000))
    assert len(runs) == 1_000
    assert (runs.seq(0), runs.seq(999), runs.position(3_000)) == (2_000, 3_998, 500)
