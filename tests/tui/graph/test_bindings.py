"""Every key has an id, a sentence, and a meaning of its own."""

from textual.binding import Binding

from aigw_dev.tui.graph.bindings import EDIT, VIEW


def test_ids_and_keys_are_unique() -> None:
    bindings = [each for each in (*VIEW, *EDIT) if isinstance(each, Binding)]
    assert len(bindings) == len(VIEW) + len(EDIT)
    ids = [each.id for each in bindings]
    keys = [key for each in bindings for key in each.key.split(",")]
    assert len(set(ids)) == len(ids)
    assert len(set(keys)) == len(keys)
    assert all(each.id and each.id.startswith("routes.") and each.tooltip for each in bindings)
    assert sum(each.show for each in bindings) <= 10
