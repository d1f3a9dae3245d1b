"""The list's model: changes applied in any pieces come to what a fresh index says."""

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from aigw_dev.tui.logs.line import Line
from aigw_dev.tui.logs.listing import KEPT, Listing
from aigw_dev.tui.logs.runs import Runs


def index(seqs: set[int], query: str = "") -> dict[str, Any]:
    runs = Runs((seq, 1) for seq in seqs).pairs()
    return {"runs": runs, "total": len(seqs), "is_complete": True, "end": "e", "took_ms": 1.0, "logged": 100}


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 12))
def test_changes_come_to_what_a_fresh_index_says(seed: int, looks: int) -> None:
    """A log where rows come, end (and pass from then on, or no longer) and are purged."""
    dice = random.Random(seed)  # noqa: S311 -- the same log for the same seed
    passing: set[int] = set(range(1, dice.randrange(2, 30)))
    newest = max(passing)
    running: set[int] = set()
    listing = Listing("q", index(passing))
    for _ in range(looks):
        before = newest
        newest += dice.randrange(6)
        fresh = set(range(before + 1, newest + 1))
        seen = {seq for seq in fresh if dice.random() < 0.7}
        ending = {seq for seq in running if dice.random() < 0.5}
        passes = {seq for seq in ending if dice.random() < 0.5}
        gone = {seq for seq in passing if dice.random() < 0.1} - ending
        running = (running - ending) | {seq for seq in fresh if dice.random() < 0.3}
        passing = ((passing | seen | passes) - (ending - passes)) - gone
        listing.apply(
            {
                "runs": Runs((seq, 1) for seq in seen).pairs(),
                "ended": sorted(passes),
                "dropped": sorted({*(ending - passes), *gone}),
                "end": f"at {newest}",
            }
        )
        assert listing.runs == Runs((seq, 1) for seq in passing)
        assert listing.end == f"at {newest}"


def test_rows_that_come_at_the_end_move_nothing() -> None:
    listing = Listing("", index({1, 2, 3}))
    applied = listing.apply({"runs": [[4, 5]], "ended": [], "dropped": [], "end": "f"})
    assert (applied.added, applied.is_moved, len(listing)) == (5, False, 8)


def test_rows_that_go_or_come_in_between_move_the_others() -> None:
    listing = Listing("", index({1, 2, 9}))
    assert listing.apply({"runs": [], "ended": [5], "dropped": [], "end": ""}).is_moved
    assert listing.apply({"runs": [], "ended": [], "dropped": [1], "end": ""}).is_moved


def test_a_row_that_ended_is_told_as_stale_but_stays_until_it_is_fetched() -> None:
    listing = Listing("", index({1, 2}))
    listing.put([Line(seq=2, id="b", state="open")])
    applied = listing.apply({"runs": [], "ended": [2], "dropped": [], "end": ""})
    assert applied.stale == (2,)
    assert not applied.is_moved
    assert listing.line(2) is not None


def test_only_the_newest_of_many_new_rows_are_fetched_and_those_in_sight_that_ended() -> None:
    listing = Listing("", index({1, 2, 3}))
    changes = {"runs": [[10, 500], [600, 3]], "ended": [2, 3]}
    assert listing.to_fetch(changes, newest=5, shown={2}) == [2, 508, 509, 600, 601, 602]
    assert listing.to_fetch(changes, newest=0, shown=()) == []


def test_memory_is_bounded_and_what_is_looked_at_stays() -> None:
    listing = Listing("", {"runs": [[1, 10_000]], "end": ""})
    listing.put(Line(seq=seq, id=str(seq)) for seq in range(1, KEPT + 1))
    assert listing.missing(0, 5) == []
    listing.put(Line(seq=seq, id=str(seq)) for seq in range(KEPT + 1, KEPT + 500))
    assert listing.missing(0, 5) == []
    assert listing.missing(5, 7) == [6, 7]
    assert len(listing.kept()) == KEPT


def test_another_filters_list_takes_over_what_was_fetched() -> None:
    old = Listing("", index({1, 2, 3}))
    old.put([Line(seq=2, id="two")])
    new = Listing("q", index({2}))
    new.take_over(old)
    assert new.missing(0, 1) == []
