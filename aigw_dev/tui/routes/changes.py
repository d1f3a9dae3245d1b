"""What differs between two versions of a route, node by node, in words that a person would use for it.

The shortest account is told: a condition put before a node is one change, whatever hangs below it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal

from msgspec import Struct

from aigw_dev.core.routing.yaml_tree import as_mapping
from aigw_dev.tui.graph import faces
from aigw_dev.tui.graph import tree as trees
from aigw_dev.tui.graph.ops import words
from aigw_dev.tui.graph.tree import If, Node, Send, Share, Split, entry_text

_FIELDS: Final = {
    "description": "description",
    "models": "claims",
    "metadata": "metadata",
    "on_loss": "on loss",
}
_MOST_PAIRS: Final = 20_000
"""Pairs of nodes compared for the shortest account; past them nodes are compared in their places only."""


class Change(Struct, frozen=True):
    """One difference."""

    sign: Literal["+", "-", "~"]
    said: str
    where: str = ""
    """The branch it is on, in words; empty at the top."""

    def text(self) -> str:
        """In a line."""
        return f"{self.sign} {self.said}" + (f"   ({self.where})" if self.where else "")


_Account = tuple[int, tuple[Change, ...]]
"""How much changes, and in which words."""


def route_changes(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> list[Change]:
    """Everything that differs between two trees of a route; None stands for a route that is not there."""
    if old is None and new is None:
        return []
    if old is None or new is None:
        tree = new if new is not None else old or {}
        flow = trees.load(tree.get("flow")).root
        count = sum(1 for _ in trees.walk(flow))
        sign = "+" if old is None else "-"
        return [Change(sign, f"route: {_said(flow)}, {count} node{'' if count == 1 else 's'}")]
    found = list(_field_changes(old, new))
    if old.get("flow") != new.get("flow"):
        found += flow_changes(old.get("flow"), new.get("flow"))
    return found


def flow_changes(old: Any, new: Any) -> list[Change]:
    """The differences of two flows."""
    comparing = _Comparing(trees.load(old).root, trees.load(new).root)
    found = list(comparing.account()[1])
    if not found and old != new:  # the same branches in another order: a draw then falls on others
        return [Change("~", "the branches stand in another order")]
    return found


def common_places(old: Any, new: Any) -> set[str]:
    """The places (`flow.else.then`) that a request reaches by the same questions in both flows."""
    pairs: list[tuple[str, Node, Node]] = [("flow", trees.load(old).root, trees.load(new).root)]
    found: set[str] = set()
    while pairs:
        place, one, other = pairs.pop()
        found.add(place)
        below = list(zip(trees.children(one), trees.children(other), strict=False))
        match one, other:
            case If(), If() if one.condition == other.condition:
                steps = ["then", "else"]
            case Split(), Split() if len(one.shares) == len(other.shares):
                steps = [f"split.{position}" for position in range(len(below))]
            case _:
                continue
        pairs += [(f"{place}.{step}", *pair) for step, pair in zip(steps, below, strict=True)]
    return found


def _field_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for key in dict.fromkeys([*old, *new]):
        before, after = old.get(key), new.get(key)
        if key == "flow" or before == after:
            continue
        name = _FIELDS.get(key, key)
        if before in (None, "", []):
            yield Change("+", f"{name} {faces.raw_words(after)}")
        elif after in (None, "", []):
            yield Change("-", f"{name} {faces.raw_words(before)}")
        else:
            yield Change("~", f"{name} {faces.raw_words(before)} → {faces.raw_words(after)}")


class _Comparing:
    """Two flows, and the accounts of pairs of their nodes as far as they are known."""

    def __init__(self, old: Node, new: Node) -> None:
        self._old, self._new = old, new
        self._values = {id(node): trees.to_value(node) for root in (old, new) for node in trees.walk(root)}
        self._kept: dict[tuple[int, int], _Account] = {}
        sizes = [sum(1 for _ in trees.walk(root)) for root in (old, new)]
        self._is_thorough = sizes[0] * sizes[1] <= _MOST_PAIRS

    def account(self) -> _Account:
        return self._compare(self._old, self._new)

    def _value(self, node: Node) -> Any:
        return self._values[id(node)]

    def _compare(self, old: Node, new: Node) -> _Account:
        pair = id(old), id(new)
        if pair not in self._kept:
            is_same = self._value(old) == self._value(new)
            self._kept[pair] = (0, ()) if is_same else min(self._accounts(old, new), key=_cost)
        return self._kept[pair]

    def _accounts(self, old: Node, new: Node) -> Iterator[_Account]:
        yield self._in_place(old, new)
        if not self._is_thorough:
            return
        for position, below in enumerate(trees.children(new)):
            yield _joined(_one(Change("+", _wrapped(new, position))), self._compare(old, below))
        for position, below in enumerate(trees.children(old)):
            yield _joined(_one(Change("-", _wrapped(old, position))), self._compare(below, new))

    def _in_place(self, old: Node, new: Node) -> _Account:
        match old, new:
            case If(), If():
                return self._ifs(old, new)
            case Split(), Split():
                return self._splits(old, new)
            case Send(), Send():
                return _sends(old, new)
            case _:
                size = sum(1 for root in (old, new) for _ in trees.walk(root))
                return size, (Change("~", f"{_said(old)} → {_said(new)}"),)

    def _ifs(self, old: If, new: If) -> _Account:
        straight = _joined(
            _placed(self._compare(old.then, new.then), f"{_said(new)}: true"),
            _placed(self._compare(old.otherwise, new.otherwise), f"{_said(new)}: false"),
        )
        crossed = _joined(
            _one(Change("~", f"{_said(new)}: branches exchanged")),
            _placed(self._compare(old.then, new.otherwise), f"{_said(new)}: false"),
            _placed(self._compare(old.otherwise, new.then), f"{_said(new)}: true"),
        )
        below = min(straight, crossed, key=_cost)
        if old.condition == new.condition:
            return below
        return _joined(_one(Change("~", f"{_said(old)} → {_said(new)}")), below)

    def _splits(self, old: Split, new: Split) -> _Account:
        said: list[_Account] = []
        pairs, gone, come = _matched(old.shares, new.shares, self._value)
        before, after = _weights(old), _weights(new)
        if before != after and not gone and not come:
            said.append(_one(Change("~", f"split {before} → {after}")))
        said += [_one(Change("-", f"split: {_said(share.node)} {_weight(share)}")) for share in gone]
        said += [_one(Change("+", f"split: {_said(share.node)} {_weight(share)}")) for share in come]
        said += [
            _placed(self._compare(one.node, other.node), f"split: {_weight(other)}") for one, other in pairs
        ]
        if old.rest != new.rest:
            said += [_one(change) for change in _fields("split", dict(old.rest), dict(new.rest))]
        return _joined(*said)


def _matched(
    old: Sequence[Share], new: Sequence[Share], value: Callable[[Node], Any]
) -> tuple[list[tuple[Share, Share]], list[Share], list[Share]]:
    """Branches that belong together (the same node, else the same place), those gone and those that came."""
    left, right = list(old), list(new)
    pairs: list[tuple[Share, Share]] = []
    for share in old:
        other = next((one for one in right if value(one.node) == value(share.node)), None)
        if other is not None:
            pairs.append((share, other))
            left.remove(share)
            right.remove(other)
    count = min(len(left), len(right))
    pairs += list(zip(left[:count], right[:count], strict=True))
    return pairs, left[count:], right[count:]


def _sends(old: Send, new: Send) -> _Account:
    before, after = dict(old.fields), dict(new.fields)
    said: list[_Account] = []
    name = entry_text(after.get("send"))
    if before.get("send") != after.get("send"):
        said.append((2, (Change("~", f"{entry_text(before.get('send'))} → {name}"),)))
    chains = [[entry_text(entry) for entry in node.fallbacks] for node in (old, new)]
    said += [_one(Change("+", f"{name}: fallback {entry}")) for entry in chains[1] if entry not in chains[0]]
    said += [_one(Change("-", f"{name}: fallback {entry}")) for entry in chains[0] if entry not in chains[1]]
    if before.get("fallback") != after.get("fallback") and sorted(chains[0]) == sorted(chains[1]):
        how = "order" if chains[0] != chains[1] else "settings"
        said.append(_one(Change("~", f"{name}: {how} of fallbacks, now {', '.join(chains[1])}")))
    told = {"send", "fallback"}
    rest = [{key: value for key, value in fields.items() if key not in told} for fields in (before, after)]
    said += [_one(change) for change in _fields(name, *rest)]
    return _joined(*said)


def _fields(name: str, old: Mapping[Any, Any], new: Mapping[Any, Any]) -> Iterator[Change]:
    for key in dict.fromkeys([*old, *new]):
        if old.get(key) == new.get(key):
            continue
        inner = [as_mapping(one.get(key)) for one in (old, new)]
        if inner[0] is not None and inner[1] is not None:
            yield from _fields(f"{name}: {key}", inner[0], inner[1])
        elif key not in old:
            yield Change("+", f"{name}: {key} {faces.raw_words(new[key])}")
        elif key not in new:
            yield Change("-", f"{name}: {key} {faces.raw_words(old[key])}")
        else:
            yield Change("~", f"{name}: {key} {faces.raw_words(old[key])} → {faces.raw_words(new[key])}")


def _wrapped(node: Node, position: int) -> str:
    """The node that came before another one, with what its other branches lead to."""
    others = [child for at, child in enumerate(trees.children(node)) if at != position]
    return f"{_said(node)} → {', '.join(map(_said, others))}" if others else _said(node)


def _said(node: Node) -> str:
    if isinstance(node, If):
        return f"if {faces.condition_words(node.condition)}"
    if isinstance(node, Split):
        return f"split {_weights(node)}"
    return words(node)


def _weights(split: Split) -> str:
    return ":".join(_weight(share) for share in split.shares)


def _weight(share: Share) -> str:
    weight = share.weight
    return f"{weight:g}" if isinstance(weight, int | float) else "?"


def _cost(account: _Account) -> int:
    return account[0]


def _one(change: Change) -> _Account:
    return 1, (change,)


def _joined(*accounts: _Account) -> _Account:
    return sum(cost for cost, _ in accounts), tuple(change for _, told in accounts for change in told)


def _placed(account: _Account, where: str) -> _Account:
    """On that branch, where no deeper one is named already."""
    cost, told = account
    return cost, tuple(change if change.where else Change(change.sign, change.said, where) for change in told)
