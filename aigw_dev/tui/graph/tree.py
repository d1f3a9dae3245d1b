"""A route's flow as an immutable tree that can be edited: every node has an id that stays, and no value is lost.

`load` takes whatever stands under `flow:`, also what is no flow: a part that cannot be read as a node is kept as
`Broken`, a branch without a node as `Empty`, an unknown key in `rest`. `to_value(load(value).root)` equals `value`,
the order of keys included. What is *wrong* with a flow is not decided here (`check`, from the core's own rules).
"""

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, assert_never

from msgspec import UNSET, Struct, UnsetType

from aigw_dev.core.routing.yaml_tree import as_list, as_mapping

Fields = tuple[tuple[Any, Any], ...]
"""Keys and values of a mapping in the order written."""
Path = tuple[str | int, ...]
"""A place below `flow`: `("flow", "else", "split", 1)`, as the core's problems and decisions name it."""

MAX_DEPTH: Final = 48
"""Deeper than the core allows; what lies below is kept as it is, unread."""
_KINDS: Final = ("if", "split", "send")


class Empty(Struct, frozen=True):
    """A branch that leads nowhere yet."""

    id: str
    written: Any = UNSET
    """What stands in the file: nothing at all, null or an empty mapping."""


class Broken(Struct, frozen=True):
    """Something that is no node; shown as it is written."""

    id: str
    value: Any


class Send(Struct, frozen=True):
    """A model service with its fallbacks."""

    id: str
    fields: Fields
    """The leaf as written: `send`, `key`, `params`, `fallback`, `retry`, timeouts, and what else is there."""

    def get(self, key: str) -> Any:
        """The value of one key, None where it is not written."""
        return next((value for name, value in self.fields if name == key), None)

    @property
    def fallbacks(self) -> tuple[Any, ...]:
        """The entries of `fallback`: texts or mappings; empty where it is no list."""
        return tuple(as_list(self.get("fallback")) or ())


class Share(Struct, frozen=True):
    """One branch of a split."""

    node: "Node"
    weight: Any = UNSET
    """A number above 0; anything else is a problem, unset = not written."""
    weight_at: int = 0
    """Where among the keys of its entry the weight stands."""


class Split(Struct, frozen=True):
    """A draw between branches."""

    id: str
    shares: tuple[Share, ...]
    """At least one."""
    rest: Fields = ()
    """`sticky` and what else is written."""
    order: tuple[Any, ...] = ("split",)
    """The keys in the order written."""

    @property
    def sticky(self) -> Any:
        """`conversation` where nothing else is written."""
        return dict(self.rest).get("sticky", "conversation")


class If(Struct, frozen=True):
    """A question with two branches."""

    id: str
    condition: Any
    """The text as written; anything where the file holds anything."""
    then: "Node"
    otherwise: "Node"
    rest: Fields = ()
    """Unknown keys."""
    order: tuple[Any, ...] = ("if", "then", "else")
    """The keys in the order written."""


Node = If | Split | Send | Empty | Broken


class Tree(Struct, frozen=True):
    """A flow, and the number that its next new node gets."""

    root: Node
    next_number: int = 1


class _Numbers:
    """Hands out ids."""

    def __init__(self, first: int) -> None:
        self.next = first

    def id(self) -> str:
        self.next += 1
        return f"n{self.next - 1}"


def load(value: Any) -> Tree:
    """The tree of a flow's value, numbered from the top; the value is copied."""
    return grown(Tree(Empty("n0")), value)[1]


def grown(tree: Tree, value: Any) -> tuple[Node, Tree]:
    """A new node for `value` with ids that `tree` does not use; and a tree of it alone that knows the next number."""
    numbers = _Numbers(tree.next_number)
    node = _read(copy.deepcopy(value), numbers, depth=1)
    return node, Tree(node, numbers.next)


def to_value(node: Node) -> Any:
    """What stands in the file for `node`, as a fresh value; None for an empty root."""
    value = _written(node)
    return None if value is UNSET else copy.deepcopy(value)


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below, in the order drawn."""
    match node:
        case If(then=then, otherwise=otherwise):
            return (then, otherwise)
        case Split(shares=shares):
            return tuple(share.node for share in shares)
        case Send() | Empty() | Broken():
            return ()
        case _:  # pragma: no cover - the type checker proves it
            assert_never(node)


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it, from the top."""
    yield node
    for child in children(node):
        yield from walk(child)


def find(node: Node, node_id: str) -> Node | None:
    """The node with that id."""
    return next((each for each in walk(node) if each.id == node_id), None)


def parents(node: Node) -> dict[str, tuple[Node, int]]:
    """For every node but the first: what it hangs on, and as which branch."""
    return {
        child.id: (each, position) for each in walk(node) for position, child in enumerate(children(each))
    }


def with_children(node: Node, new: Sequence[Node]) -> Node:
    """The node with other branches; as many as before."""
    match node:
        case If():
            then, otherwise = new
            return If(node.id, node.condition, then, otherwise, node.rest, node.order)
        case Split(shares=shares):
            changed = tuple(
                Share(child, share.weight, share.weight_at) for share, child in zip(shares, new, strict=True)
            )
            return Split(node.id, changed, node.rest, node.order)
        case Send() | Empty() | Broken():
            return node
        case _:  # pragma: no cover - the type checker proves it
            assert_never(node)


def put(node: Node, node_id: str, new: Node) -> Node:
    """The tree with `new` in the place of one node; whatever is not above that place is the same object."""
    if node.id == node_id:
        return new
    below = children(node)
    changed = [put(child, node_id, new) for child in below]
    if all(before is after for before, after in zip(below, changed, strict=True)):
        return node
    return with_children(node, changed)


def places(node: Node, path: Path = ("flow",)) -> Iterator[tuple[Path, Node]]:
    """Every node with its place in the config."""
    yield path, node
    match node:
        case If(then=then, otherwise=otherwise):
            yield from places(then, (*path, "then"))
            yield from places(otherwise, (*path, "else"))
        case Split(shares=shares):
            for position, share in enumerate(shares):
                yield from places(share.node, (*path, "split", position))
        case Send() | Empty() | Broken():
            return
        case _:  # pragma: no cover - the type checker proves it
            assert_never(node)


def core_ids(node: Node) -> dict[str, str]:
    """The core's name of every place (`flow.else.split.1`) with the id of the node there."""
    return {".".join(map(str, path)): each.id for path, each in places(node)}


def entry_text(entry: Any) -> str:
    """A fallback, or the value of `send`, as one text: `provider/model`; what is none as it is."""
    mapping = as_mapping(entry)
    if mapping is not None and "send" in mapping:
        return entry_text(mapping["send"])
    return entry if isinstance(entry, str) else "?" if entry is None else str(entry)


def _read(value: Any, numbers: _Numbers, *, depth: int) -> Node:
    node_id = numbers.id()
    mapping = as_mapping(value)
    if value is None or value is UNSET or (mapping is not None and not mapping):
        return Empty(node_id, value)
    kinds = [kind for kind in _KINDS if mapping is not None and kind in mapping]
    if mapping is None or len(kinds) != 1 or depth > MAX_DEPTH:
        return Broken(node_id, value)
    if kinds == ["send"]:
        return Send(node_id, tuple(mapping.items()))
    if kinds == ["if"]:
        return _read_if(mapping, node_id, numbers, depth)
    return _read_split(mapping, node_id, numbers, depth)


def _read_if(mapping: Mapping[Any, Any], node_id: str, numbers: _Numbers, depth: int) -> If:
    return If(
        node_id,
        mapping["if"],
        _read(mapping.get("then", UNSET), numbers, depth=depth + 1),
        _read(mapping.get("else", UNSET), numbers, depth=depth + 1),
        tuple((key, value) for key, value in mapping.items() if key not in {"if", "then", "else"}),
        tuple(mapping),
    )


def _read_split(mapping: Mapping[Any, Any], node_id: str, numbers: _Numbers, depth: int) -> Node:
    entries = as_list(mapping["split"])
    if not entries:
        return Broken(node_id, mapping)
    return Split(
        node_id,
        tuple(_read_share(entry, numbers, depth + 1) for entry in entries),
        tuple((key, value) for key, value in mapping.items() if key != "split"),
        tuple(mapping),
    )


def _read_share(entry: Any, numbers: _Numbers, depth: int) -> Share:
    mapping = as_mapping(entry)
    if mapping is None or "weight" not in mapping:
        return Share(_read(entry, numbers, depth=depth))
    node = {key: value for key, value in mapping.items() if key != "weight"}
    return Share(_read(node, numbers, depth=depth), mapping["weight"], list(mapping).index("weight"))


def _written(node: Node) -> Any:
    """The value of a node, its parts shared; UNSET where nothing is to be written."""
    match node:
        case Empty(written=written):
            return written
        case Broken(value=value):
            return value
        case Send(fields=fields):
            return dict(fields)
        case If():
            known = {"if": node.condition, "then": _written(node.then), "else": _written(node.otherwise)}
            return _mapping(known, node.rest, node.order)
        case Split(shares=shares):
            return _mapping({"split": [_share_written(share) for share in shares]}, node.rest, node.order)
        case _:  # pragma: no cover - the type checker proves it
            assert_never(node)


def _share_written(share: Share) -> Any:
    value = _written(share.node)
    if share.weight is UNSET:
        return None if value is UNSET else value
    mapping = as_mapping({} if isinstance(value, UnsetType) or value is None else value)
    if mapping is None:
        return value  # what is no mapping has no place for a weight
    items = list(mapping.items())
    items.insert(share.weight_at, ("weight", share.weight))
    return dict(items)


def _mapping(known: Mapping[Any, Any], rest: Fields, order: Sequence[Any]) -> dict[Any, Any]:
    """The keys in the order written; a known one that is new stands behind the known one before it."""
    values = dict(rest) | {key: value for key, value in known.items() if value is not UNSET}
    keys = list(order)
    behind = 0
    for key in known:
        if key not in keys:
            keys.insert(behind, key)
        behind = keys.index(key) + 1
    keys += [key for key in values if key not in keys]
    return {key: values[key] for key in keys if key in values}
