"""What undo and redo go back and forth over: trees with what was selected and what was done."""

from typing import Final

from msgspec import Struct

from aigw_dev.tui.graph.tree import Tree

MOST: Final = 500
"""Steps kept."""


class Step(Struct, frozen=True):
    """A state to go to."""

    tree: Tree
    selected: str
    label: str
    """What going there undoes, or does again."""


class History:
    """The states before and after the present one."""

    def __init__(self) -> None:
        self._before: list[Step] = []
        self._after: list[Step] = []

    @property
    def labels(self) -> list[str]:
        """What can be undone, newest last."""
        return [step.label for step in self._before]

    @property
    def can_redo(self) -> bool:
        """Whether something was undone since the last change."""
        return bool(self._after)

    def clear(self) -> None:
        """Forget everything."""
        self._before.clear()
        self._after.clear()

    def did(self, tree: Tree, selected: str, label: str) -> None:
        """Remember the state before something was done."""
        self._before.append(Step(tree, selected, label))
        del self._before[:-MOST]
        self._after.clear()

    def undo(self, tree: Tree, selected: str) -> Step | None:
        """The state before, to go to from the present one; None where there is none."""
        return _go(self._before, self._after, tree, selected)

    def redo(self, tree: Tree, selected: str) -> Step | None:
        """The state that was left by `undo`."""
        return _go(self._after, self._before, tree, selected)


def _go(source: list[Step], target: list[Step], tree: Tree, selected: str) -> Step | None:
    if not source:
        return None
    step = source.pop()
    target.append(Step(tree, selected, step.label))
    return step
