"""Back and forth over what was done."""

from aigw_dev.tui.graph import tree as trees
from aigw_dev.tui.graph.history import MOST, History, Step

ONE, TWO = trees.load({"send": "a/a"}), trees.load({"send": "b/b"})


def test_undo_and_redo_bring_back_the_very_tree_and_its_selection() -> None:
    history = History()
    history.did(ONE, "n1", "set b/b")
    assert history.undo(TWO, "n7") == Step(ONE, "n1", "set b/b")
    assert history.can_redo
    back = history.redo(ONE, "n1")
    assert back == Step(TWO, "n7", "set b/b")
    assert back is not None
    assert back.tree is TWO


def test_there_is_an_end_on_both_sides() -> None:
    history = History()
    assert history.undo(ONE, "n1") is None
    assert history.redo(ONE, "n1") is None
    history.did(ONE, "n1", "x")
    history.clear()
    assert history.undo(ONE, "n1") is None


def test_a_new_change_forgets_what_was_undone_and_the_oldest_go() -> None:
    history = History()
    for at in range(MOST + 3):
        history.did(ONE, "n1", str(at))
    assert len(history.labels) == MOST
    assert history.labels[0] == "3"
    history.undo(TWO, "n1")
    history.did(ONE, "n1", "new")
    assert not history.can_redo
