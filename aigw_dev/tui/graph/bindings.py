"""The keys of the flow canvas, and the forms they ask for."""

from typing import Final, Literal

from textual.binding import Binding, BindingType

What = Literal[
    "add-if", "condition", "model", "fallback", "fallbacks", "split", "raw", "quick", "find", "copy", "key"
]
"""What a form is wanted for."""


def _key(keys: str, action: str, label: str, name: str, said: str, *, show: bool = False) -> Binding:
    return Binding(keys, action, label, show=show, id=f"routes.{name}", tooltip=said)


VIEW: Final[list[BindingType]] = [
    _key("up,k", "go('up')", "Up", "up", "The branch before, or the node above."),
    _key("down,j", "go('down')", "Down", "down", "The false branch, or the next one."),
    _key("left,h", "go('left')", "Left", "left", "What the node hangs on."),
    _key("right,l", "go('right')", "Right", "right", "The true branch, or the first one."),
    _key("home,g", "edge('first')", "Start", "first", "The first node."),
    _key("end,G", "edge('last')", "End", "last", "The last node."),
    _key("y", "ask('copy')", "Copy as", "copy", "Copy the flow as YAML, picture, Mermaid, outline."),
    _key("n", "problem(1)", "Next problem", "next_problem", "The next node that something is wrong with."),
    _key(
        "N",
        "problem(-1)",
        "Problem before",
        "previous_problem",
        "The node before that something is wrong with.",
    ),
    _key("slash", "ask('find')", "Find", "find", "Find nodes by their text."),
    _key("K", "ask('key')", "Key", "key", "Set the key of this node's provider."),
    _key("v", "layout", "Layout", "layout", "Ladder, or left to right."),
    _key("z", "density", "Density", "density", "One row a node, or boxes."),
    _key("o", "outline", "Outline", "outline", "The flow as a list in words, and back."),
]
"""Of a picture that is only looked at. Ids stay: keymaps name them."""

EDIT: Final[list[BindingType]] = [
    _key(
        "a",
        "ask('add-if')",
        "Add if",
        "add",
        "Add a condition before this node: it stays on the true branch, its first fallback goes to the false one.",
        show=True,
    ),
    _key(
        "A", "model", "Add model", "model", "Choose the model of an empty branch; on a split, add a branch."
    ),
    _key("e,enter", "edit", "Edit", "edit", "Edit the condition, the model or the weights.", show=True),
    _key(
        "colon",
        "ask('quick')",
        "Quick add",
        "quick",
        "Add in one line: tier == gold -> openai/gpt-4o | azure/gpt-4o",
        show=True,
    ),
    _key(
        "f", "ask('fallback')", "Fallback", "fallback", "Add a model to try where this one fails.", show=True
    ),
    _key(
        "F",
        "ask('fallbacks')",
        "Fallbacks",
        "fallbacks",
        "Put the fallbacks in another order, or take some away.",
    ),
    _key("x", "flip", "Flip", "flip", "True and false change places.", show=True),
    _key(
        "percent_sign",
        "split",
        "Split",
        "split",
        "Share the requests between this node and another; on a split, add a branch.",
    ),
    _key(
        "d,delete",
        "remove('else')",
        "Delete",
        "delete",
        "Take the node away; an if leaves its false branch.",
        show=True,
    ),
    _key(
        "D",
        "remove('then')",
        "Delete, keep true",
        "delete_keep_true",
        "Take an if away and leave its true branch.",
    ),
    _key(
        "ctrl+up", "shift('up')", "Move up", "move_up", "Ask this condition earlier, or move the branch up."
    ),
    _key(
        "ctrl+down",
        "shift('down')",
        "Move down",
        "move_down",
        "Ask this condition later, or move the branch down.",
    ),
    _key("P", "shift('out')", "Promote", "promote", "Put the node in the place of what it hangs on."),
    _key("c", "copy_node", "Copy node", "copy_node", "Remember this node with everything below it."),
    _key("p", "paste_node", "Paste", "paste", "Put what was copied in the place of this node."),
    _key("u,ctrl+z", "undo", "Undo", "undo", "Take the last change back.", show=True),
    _key("U,ctrl+y", "redo", "Redo", "redo", "Do again what was taken back."),
]
"""What editing adds."""
