"""The flow canvas of the Routes screen: boxes where they fit, read-only where it must be, and `u` lent to roll back."""

from collections.abc import Callable

from aigw_dev.tui.graph import plan as plans
from aigw_dev.tui.graph.canvas import FlowCanvas
from aigw_dev.tui.graph.ops import Denied, Outcome
from aigw_dev.tui.look import Look


class RouteCanvas(FlowCanvas):
    """A `FlowCanvas` that the screen can hold."""

    def __init__(self, look: Look, *, id: str | None = None) -> None:  # noqa: A002  -- Textual's name
        """Editable until `frozen` says why not."""
        self._fitted: tuple[object, plans.Form] = ((), plans.Form())
        super().__init__(look, id=id)
        self.frozen: str = ""
        """Why nothing can be changed; empty where it can."""
        self.is_undo_lent: Callable[[], bool] = lambda: False
        """Whether `u` belongs to the screen now."""

    @property
    def form(self) -> plans.Form:
        """By itself: boxes where the whole flow fits in them, else one row a node."""
        if self.density != "auto" or not self.size.area:
            return super().form
        key = (id(self.flow_tree), self.layout_name, self.size)
        if key != self._fitted[0]:
            boxes = plans.Form(layout=self.layout_name)
            drawn = plans.plan(self.flow_tree.root, boxes, glyphs=self.look.glyphs)
            is_fitting = drawn.width <= self.size.width and drawn.height <= self.size.height
            dense = plans.Form(layout=self.layout_name, is_dense=True, room=self.size.width)
            self._fitted = (key, boxes if is_fitting else dense)
        return self._fitted[1]

    def apply(self, outcome: Outcome) -> bool:
        """Refused while it is frozen."""
        return super().apply(
            Denied(self.frozen) if self.frozen and not isinstance(outcome, Denied) else outcome
        )

    def undo(self) -> str:
        """Nothing while it is frozen."""
        return "" if self.frozen else super().undo()

    def redo(self) -> str:
        """Nothing while it is frozen."""
        return "" if self.frozen else super().redo()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """`u` goes on to the screen while it is lent."""
        return not (action == "undo" and self.is_undo_lent())
