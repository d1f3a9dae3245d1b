"""The flow of a route as a picture that is edited by keys: one focusable widget over the pure parts of this room.

    canvas = FlowCanvas(look, id="flow")
    canvas.load(flow, route="ai-test")     the value of `routes.NAME.flow`, also an invalid one; forgets the undo list
    canvas.flow                            the value as edited, for `put_route`
    canvas.problems                        what is wrong (`check.Mark`), canvas.is_valid whether it can be deployed
    canvas.selected_node, canvas.flow_tree tree.Node, tree.Tree; canvas.select(node_id)
    canvas.set_catalogue(catalogue)        `catalogue.read_catalogue(models=..., providers=..., keys=...)`: pickers, warnings
    canvas.set_trace(trace)                `trace.dry_run(canvas.flow_tree, facts, ...)`, `trace.from_decision(canvas.flow_tree, ...)`
    canvas.set_traffic(nodes)              `nodes` of AdminClient.traffic(): calls by the core's node names; {} = none
    canvas.apply(outcome)                  what a function of `ops`, `moving`, `quick` gave: one undo step, or `Refused`
    canvas.undo(), canvas.redo()           the label of what was undone, or an empty text
    canvas.inspect(cells)                  rows for the pane beside it
    canvas.text(kind)                      to copy: `exports.KINDS`
    canvas.view, canvas.recall(view)       layout and density, to keep for the next run

`Changed` follows every edit, `Selected` every move; `Wants` asks for a form: `node_form.answer(canvas, what)` opens it and
applies what it gives. A trace is thrown away by an edit; whoever showed it makes it again on `Changed`.
"""

from typing import Any, ClassVar, Final, Literal

from textual import events
from textual.binding import BindingType

from aigw_dev.tui.graph import moving, ops
from aigw_dev.tui.graph import tree as trees
from aigw_dev.tui.graph.bindings import EDIT, What
from aigw_dev.tui.graph.flow_view import FlowView
from aigw_dev.tui.graph.history import History, Step
from aigw_dev.tui.graph.ops import Denied, Outcome
from aigw_dev.tui.graph.tree import Broken, Empty, If, Send, Split
from aigw_dev.tui.look import Look

_EDITS: Final[dict[type, What]] = {
    If: "condition",
    Split: "split",
    Send: "model",
    Empty: "model",
    Broken: "raw",
}


class FlowCanvas(FlowView):
    """The picture with its undo list; every edit is one step of it."""

    BINDINGS: ClassVar[list[BindingType]] = EDIT

    class Changed(FlowView.Told):
        """The flow was edited, undone or redone; `label` says what: `delete if lang != "en"`."""

        def __init__(self, canvas: "FlowCanvas", label: str, way: Literal["did", "undid", "redid"]) -> None:
            """`way` is how it came about."""
            super().__init__(canvas)
            self.label, self.way = label, way

    class Copied(FlowView.Told):
        """A node was remembered for `p`."""

        def __init__(self, canvas: "FlowCanvas", words: str) -> None:
            """`words` name it."""
            super().__init__(canvas)
            self.words = words

    def __init__(self, look: Look, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002  -- Textual's name
        """Empty until `load`."""
        super().__init__(look, id=id, classes=classes)
        self.history: History = History()
        """What `undo` goes back over."""
        self.copied: Any = None
        """What `p` puts down: the value of a node."""

    def load(self, flow: Any, *, route: str = "draft") -> None:
        """Show a flow. The same flow again keeps selection and undo list; another one begins anew."""
        if route != self.route or self.flow != flow:
            self.history.clear()
        super().load(flow, route=route)

    def apply(self, outcome: Outcome) -> bool:
        """Do an edit as one undo step; a denial is told as `Refused`. Whether it was done."""
        if isinstance(outcome, Denied):
            self.post_message(self.Refused(self, outcome.reason))
            return False
        self.history.did(self.flow_tree, self.selected, outcome.label)
        self.show(outcome.tree, outcome.selected)
        self.post_message(self.Changed(self, outcome.label, "did"))
        return True

    def undo(self) -> str:
        """Take the last change back; its label, empty where there is none."""
        return self._travel(self.history.undo(self.flow_tree, self.selected), "undid")

    def redo(self) -> str:
        """Do again what was taken back; its label, empty where there is none."""
        return self._travel(self.history.redo(self.flow_tree, self.selected), "redid")

    def why_not(self, action: str) -> str:
        """Why a key of the bar would do nothing now; empty where it works."""
        node = self.selected_node
        if action == "flip" and not isinstance(node, If | Split):
            return "only an if or a split has branches to flip"
        if action == "undo" and not self.history.labels:
            return "nothing was changed yet"
        return ""

    # keys

    def action_ask(self, what: What) -> None:
        """Ask for a form, where one would help."""
        node = self.selected_node
        if what in {"fallback", "fallbacks"} and not isinstance(node, Send):
            self.post_message(self.Refused(self, "fallbacks belong to a model service: select one"))
        elif what == "fallbacks" and isinstance(node, Send) and not node.fallbacks:
            self.post_message(self.Refused(self, "there are no fallbacks yet: f adds one"))
        else:
            self.post_message(self.Wants(self, what))

    def action_edit(self) -> None:
        """Edit what is selected."""
        self.action_ask(_EDITS[type(self.selected_node)])

    def action_model(self) -> None:
        """A model for an empty branch, or one more branch."""
        node = self.selected_node
        if isinstance(node, Split):
            self.apply(ops.add_share(self.flow_tree, node.id))
        elif isinstance(node, Empty | Send | Broken):
            self.action_ask("model")
        else:
            self.apply(Denied("both branches are there: select one of them, or press a to add a condition"))

    def action_flip(self) -> None:
        """Turn the branches round."""
        self.apply(ops.flip(self.flow_tree, self.selected))

    def action_split(self) -> None:
        """A split before the node, or one more branch of a split."""
        node = self.selected_node
        done = ops.add_share if isinstance(node, Split) else ops.wrap_in_split
        self.apply(done(self.flow_tree, node.id))

    def action_remove(self, keep: ops.Branch) -> None:
        """Take the node away."""
        self.apply(ops.delete(self.flow_tree, self.selected, keep))

    def action_shift(self, way: str) -> None:
        """Move the node."""
        done = {"up": moving.move_up, "down": moving.move_down, "out": moving.promote}[way]
        self.apply(done(self.flow_tree, self.selected))

    def action_copy_node(self) -> None:
        """Remember the node."""
        self.copied = ops.subtree(self.flow_tree, self.selected)
        self.post_message(self.Copied(self, ops.words(self.selected_node)))

    def action_paste_node(self) -> None:
        """Put what was remembered here."""
        if self.copied is None:
            self.apply(Denied("nothing was copied yet: c remembers a node"))
        else:
            self.apply(ops.paste(self.flow_tree, self.selected, self.copied))

    def action_undo(self) -> None:
        """Back one step."""
        if not self.undo():
            self.apply(Denied("nothing to undo"))

    def action_redo(self) -> None:
        """Forward one step."""
        if not self.redo():
            self.apply(Denied("nothing to redo"))

    def on_click(self, event: events.Click) -> None:
        """A double click edits; a click on the words of a wire flips its condition."""
        x, y = event.x + self.scroll_offset.x, event.y + self.scroll_offset.y
        if self.node_at(x, y) is not None:
            if event.chain == 2:
                self.action_edit()
            return
        fork = self.fork_at(x, y)
        if fork is not None and isinstance(trees.find(self.flow_tree.root, fork), If):
            self.select(fork)
            self.action_flip()

    # within

    def _travel(self, step: Step | None, way: Literal["undid", "redid"]) -> str:
        if step is None:
            return ""
        self.show(step.tree, step.selected)
        self.post_message(self.Changed(self, step.label, way))
        return step.label
