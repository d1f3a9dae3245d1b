"""The journal tells what happened since a place, or that it cannot."""

from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.store.journal import MOST_SEQS, Journal, Place


@given(st.lists(st.tuples(st.lists(st.integers(1, 99)), st.lists(st.integers(1, 99)))), st.integers(0, 5))
def test_what_happened_since_a_place_is_told_whole(notes: list[tuple[list[int], list[int]]], at: int) -> None:
    journal = Journal()
    places = [journal.place]
    for ended, gone in notes:
        journal.note(ended=ended, gone=gone)
        places.append(journal.place)
    at = min(at, len(notes))
    news = journal.since(places[at])
    assert news is not None
    assert news.place == journal.place
    assert sorted(news.ended) == sorted(seq for ended, _ in notes[at:] for seq in ended)
    assert sorted(news.gone) == sorted(seq for _, gone in notes[at:] for seq in gone)


def test_a_place_of_another_journal_or_of_before_a_restart_is_unknown() -> None:
    journal = Journal()
    journal.note(gone=[1])
    assert journal.since(Journal().place) is None
    before = journal.place
    assert journal.since(Place(before.epoch, before.position + 1)) is None, "from the future"
    journal.restart()
    assert journal.since(before) is None
    assert journal.since(journal.place) is not None


def test_what_is_forgotten_is_said_to_be_unknown_and_memory_stays_bounded() -> None:
    journal = Journal()
    first = journal.place
    journal.note(ended=[1, 2])
    second = journal.place
    for seq in range(MOST_SEQS):
        journal.note(gone=[seq])
    assert journal.since(first) is None
    news = journal.since(second)
    assert news is not None
    assert len(news.gone) == MOST_SEQS


def test_new_rows_alone_move_the_place_and_cost_no_memory() -> None:
    journal = Journal()
    first = journal.place
    for _ in range(MOST_SEQS * 2):
        journal.note()
    news = journal.since(first)
    assert news is not None
    assert (news.ended, news.gone) == ([], [])
    assert news.place != first
