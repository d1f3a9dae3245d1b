"""Every change of a flow: a tree in, an `Edit` out (tree, what is selected, a label for the undo toast), or `Denied`.

Nothing but the part named is touched; the rest of the new tree is the same objects. A change that would change nothing
is denied, so that an undo list holds no empty steps.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from msgspec import UNSET, Struct

from aigw_dev.core.routing.yaml_tree import as_list, as_mapping
from aigw_dev.tui.graph import tree as trees
from aigw_dev.tui.graph.tree import Broken, Empty, If, Node, Send, Share, Split, Tree, entry_text

_SPLIT: Final = (90, 10)
"""The weights of a new split."""
_LABEL_CHARS: Final = 48


class Edit(Struct, frozen=True):
    """A changed tree."""

    tree: Tree
    selected: str
    """The id to select now."""
    label: str
    """What was done, in words: `delete if lang != "en"`."""


class Denied(Struct, frozen=True):
    """Why it cannot be done, and what can."""

    reason: str


Outcome = Edit | Denied
Branch = Literal["then", "else"]


def words(node: Node) -> str:
    """The node in a few words, for labels."""
    match node:
        case If(condition=condition):
            return _short(f"if {condition}")
        case Split(shares=shares):
            return f"split of {len(shares)}"
        case Send():
            return _short(entry_text(node.get("send")))
        case Empty():
            return "empty branch"
        case Broken():
            return "unreadable node"


def replace(tree: Tree, node_id: str, value: Any, label: str = "") -> Outcome:
    """A node for `value` in the place of another; it keeps the id, so the selection stays."""
    before = trees.find(tree.root, node_id)
    if before is None:
        return _gone()
    if trees.to_value(before) == value:
        return Denied("nothing changed")
    node, grown = trees.grown(tree, value)
    return _edit(
        grown.next_number,
        trees.put(tree.root, node_id, _named(node, node_id)),
        node_id,
        label or f"set {words(node)}",
    )


def wrap_in_if(tree: Tree, node_id: str, condition: str) -> Outcome:
    """A condition before the node: the node stays as it is on the true branch.

    The first fallback of a model service is written on the false one too, with those behind it as its own fallbacks;
    where there is none the false branch is empty.
    """
    node = trees.find(tree.root, node_id)
    if node is None:
        return _gone()
    other, grown = trees.grown(tree, _backup(node))
    number = grown.next_number
    new = If(f"n{number}", condition, node, other)
    return _edit(number + 1, trees.put(tree.root, node_id, new), new.id, f"add if {condition}")


def add_before(tree: Tree, node_id: str, condition: str, value: Any) -> Outcome:
    """A condition before the node that sends to `value` where it holds; the node is on the false branch."""
    node = trees.find(tree.root, node_id)
    if node is None:
        return _gone()
    then, grown = trees.grown(tree, value)
    number = grown.next_number
    new = If(f"n{number}", condition, then, node)
    return _edit(number + 1, trees.put(tree.root, node_id, new), new.id, f"add if {condition}")


def wrap_in_split(tree: Tree, node_id: str) -> Outcome:
    """A split before the node, which gets 90; 10 go to its first fallback, or to an empty branch."""
    node = trees.find(tree.root, node_id)
    if node is None:
        return _gone()
    other, grown = trees.grown(tree, _backup(node))
    number = grown.next_number
    new = Split(f"n{number}", (Share(node, _SPLIT[0]), Share(other, _SPLIT[1])))
    return _edit(number + 1, trees.put(tree.root, node_id, new), new.id, "add split")


def add_share(tree: Tree, split_id: str, value: Any = None, weight: float = 10) -> Outcome:
    """One more branch at the end of a split."""
    split = trees.find(tree.root, split_id)
    if not isinstance(split, Split):
        return Denied("branches are added to a split: select one")
    node, grown = trees.grown(tree, value)
    changed = Split(split.id, (*split.shares, Share(node, weight)), split.rest, split.order)
    return _edit(
        grown.next_number, trees.put(tree.root, split_id, changed), node.id, f"add branch {weight:g}"
    )


def set_condition(tree: Tree, node_id: str, condition: str) -> Outcome:
    """Another question, the same branches."""
    node = trees.find(tree.root, node_id)
    if not isinstance(node, If):
        return Denied("only an if has a condition: press a to add one")
    if node.condition == condition:
        return Denied("the condition is as it was")
    changed = If(node.id, condition, node.then, node.otherwise, node.rest, node.order)
    return _put(tree, changed, f"set if {condition}")


def set_weights(tree: Tree, split_id: str, weights: Sequence[float], *, sticky: str | None = None) -> Outcome:
    """The weights of all branches; `sticky` where it is given."""
    split = trees.find(tree.root, split_id)
    if not isinstance(split, Split):
        return Denied("only a split has weights")
    if len(weights) != len(split.shares):
        return Denied(f"the split has {len(split.shares)} branches, not {len(weights)}")
    shares = tuple(
        Share(share.node, weight, share.weight_at)
        for share, weight in zip(split.shares, weights, strict=True)
    )
    rest = split.rest
    if sticky is not None and sticky != split.sticky:
        rest = _with(rest, "sticky", sticky)
    changed = Split(split.id, shares, rest, split.order)
    if changed == split:
        return Denied("the weights are as they were")
    return _put(tree, changed, "set weights " + " ".join(f"{weight:g}" for weight in weights))


def set_field(tree: Tree, node_id: str, key: str, value: Any) -> Outcome:
    """One key of a model service; None takes it away."""
    node = trees.find(tree.root, node_id)
    if not isinstance(node, Send):
        return Denied("this belongs to a model service: select one")
    fields = _without(node.fields, key) if value is None else _with(node.fields, key, value)
    if fields == node.fields:
        return Denied(f"`{key}` is as it was")
    return _put(tree, Send(node.id, fields), f"set {key} of {words(node)}")


def add_fallback(tree: Tree, node_id: str, entry: Any, at: int | None = None) -> Outcome:
    """One more model to try where the others fail: at the end, or before position `at`."""
    node = trees.find(tree.root, node_id)
    if not isinstance(node, Send):
        return Denied("fallbacks belong to a model service: select one")
    if node.get("fallback") is not None and as_list(node.get("fallback")) is None:
        return Denied("`fallback` of this node is no list: press e and mend it first")
    entries = list(node.fallbacks)
    entries.insert(len(entries) if at is None else at, entry)
    return _fallbacks(tree, node, entries, f"add fallback {_short(entry_text(entry))}")


def move_fallback(tree: Tree, node_id: str, at: int, to: int) -> Outcome:
    """A fallback to another position of the chain."""
    node = trees.find(tree.root, node_id)
    if not isinstance(node, Send) or not 0 <= at < len(node.fallbacks) > to >= 0 or at == to:
        return Denied("there is no place to move it to")
    entries = list(node.fallbacks)
    entries.insert(to, moved := entries.pop(at))
    return _fallbacks(tree, node, entries, f"move fallback {_short(entry_text(moved))}")


def remove_fallback(tree: Tree, node_id: str, at: int) -> Outcome:
    """The chain without one entry."""
    node = trees.find(tree.root, node_id)
    if not isinstance(node, Send) or not 0 <= at < len(node.fallbacks):
        return Denied("there is no such fallback")
    entries = list(node.fallbacks)
    gone = entries.pop(at)
    return _fallbacks(tree, node, entries, f"remove fallback {_short(entry_text(gone))}")


def set_fallbacks(tree: Tree, node_id: str, entries: Sequence[Any]) -> Outcome:
    """The whole chain at once."""
    node = trees.find(tree.root, node_id)
    if not isinstance(node, Send):
        return Denied("fallbacks belong to a model service: select one")
    if list(entries) == list(node.fallbacks):
        return Denied("the fallbacks are as they were")
    return _fallbacks(tree, node, list(entries), f"set {len(entries)} fallbacks")


def flip(tree: Tree, node_id: str) -> Outcome:
    """True and false change places; a split turns its branches round."""
    node = trees.find(tree.root, node_id)
    match node:
        case If():
            turned = If(node.id, node.condition, node.otherwise, node.then, node.rest, node.order)
            return _put(tree, turned, f"flip {words(node)}")
        case Split() if len(node.shares) > 1:
            turned = Split(node.id, node.shares[::-1], node.rest, node.order)
            return _put(tree, turned, "flip split")
        case _:
            return Denied("only an if or a split has branches to flip: select one")


def delete(tree: Tree, node_id: str, keep: Branch = "else") -> Outcome:
    """Take a node away.

    An if or a split leaves the branch that is kept in its place (`then` = the first of a split, `else` = the last); a
    model service leaves an empty branch; an empty branch of a split goes with its weight, and a split of one branch
    becomes that branch.
    """
    node = trees.find(tree.root, node_id)
    match node:
        case None:
            return _gone()
        case If() | Split():
            below = trees.children(node)
            kept = below[0] if keep == "then" else below[-1]
            label = f"delete {words(node)}, keep {words(kept)}"
            return _edit(tree.next_number, trees.put(tree.root, node_id, kept), kept.id, label)
        case Send() | Broken():
            return _put(tree, Empty(node.id), f"delete {words(node)}")
        case Empty():
            return _delete_empty(tree, node)


def subtree(tree: Tree, node_id: str) -> Any:
    """What `paste` takes: the value of a node with everything below it."""
    node = trees.find(tree.root, node_id)
    return None if node is None else trees.to_value(node)


def paste(tree: Tree, node_id: str, value: Any) -> Outcome:
    """A copied subtree in the place of a node."""
    label = words(trees.load(value).root)
    return replace(tree, node_id, value, f"paste {label}")


def _delete_empty(tree: Tree, node: Empty) -> Outcome:
    parent, position = trees.parents(tree.root).get(node.id, (None, 0))
    if not isinstance(parent, Split):
        return Denied("there is nothing to delete: press e to choose a model, or delete the if above")
    left = parent.shares[:position] + parent.shares[position + 1 :]
    if len(left) == 1:
        kept = left[0].node
        return _edit(tree.next_number, trees.put(tree.root, parent.id, kept), kept.id, "delete split of one")
    if not left:
        return _put(tree, Empty(parent.id), "delete split")
    changed = Split(parent.id, left, parent.rest, parent.order)
    selected = left[min(position, len(left) - 1)].node.id
    return _edit(tree.next_number, trees.put(tree.root, parent.id, changed), selected, "delete branch")


def _backup(node: Node) -> Any:
    """The leaf that the first fallback would be, with the rest of the chain behind it; None where there is none."""
    if not isinstance(node, Send) or not node.fallbacks:
        return None
    first, *others = node.fallbacks
    leaf: dict[Any, Any] = dict(as_mapping(first) or {"send": first})
    if others:
        leaf["fallback"] = others
    status = node.get("fallback_on")
    if status is not None and others:
        leaf.setdefault("fallback_on", status)
    return leaf


def _fallbacks(tree: Tree, node: Send, entries: list[Any], label: str) -> Outcome:
    fields = _with(node.fields, "fallback", entries) if entries else _without(node.fields, "fallback")
    return _put(tree, Send(node.id, fields), label)


def _with(fields: trees.Fields, key: str, value: Any) -> trees.Fields:
    if any(name == key for name, _ in fields):
        return tuple((name, value if name == key else old) for name, old in fields)
    return (*fields, (key, value))


def _without(fields: trees.Fields, key: str) -> trees.Fields:
    return tuple((name, value) for name, value in fields if name != key)


def _named(node: Node, node_id: str) -> Node:
    match node:
        case If():
            return If(node_id, node.condition, node.then, node.otherwise, node.rest, node.order)
        case Split():
            return Split(node_id, node.shares, node.rest, node.order)
        case Send():
            return Send(node_id, node.fields)
        case Empty():
            return Empty(node_id, UNSET if node.written is None else node.written)
        case Broken():
            return Broken(node_id, node.value)


def _put(tree: Tree, node: Node, label: str) -> Edit:
    return _edit(tree.next_number, trees.put(tree.root, node.id, node), node.id, label)


def _edit(next_number: int, root: Node, selected: str, label: str) -> Edit:
    return Edit(Tree(root, next_number), selected, _short(label, 2 * _LABEL_CHARS))


def _gone() -> Denied:
    return Denied("the selected node is gone")


def _short(text: str, most: int = _LABEL_CHARS) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def fields_of(entry: Any) -> Mapping[Any, Any]:
    """A fallback entry as a mapping, also where it is written as a text."""
    return as_mapping(entry) or {"send": entry}
