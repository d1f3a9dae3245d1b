"""A route's flow after it was checked: a tree of `If` and `Split` whose leaves are `Send`."""

import hashlib
import json
from typing import Final, Literal, assert_never

import msgspec

from aigw_dev.core.config import Route
from aigw_dev.core.exchange import Scalar
from aigw_dev.core.routing.terms import Condition
from aigw_dev.core.routing.trace import Share, Target

_SUMMARY_CHARS: Final = 100


class Send(msgspec.Struct, frozen=True, eq=False):
    """A leaf: a target, and the others to try where it fails."""

    id: str
    """The path in the config: `flow.else.then`."""
    targets: tuple[Target, ...]
    """Never empty; the first is `send`, the others `fallback` in order."""
    summary: str
    """The node in a line."""


class If(msgspec.Struct, frozen=True, eq=False):
    """A question with two branches."""

    id: str
    condition: Condition
    then: "Node"
    otherwise: "Node"
    summary: str


class Split(msgspec.Struct, frozen=True, eq=False):
    """A draw between branches."""

    id: str
    shares: tuple[Share, ...]
    """At least one, each weight above 0."""
    branches: tuple["Node", ...]
    """As many as `shares`."""
    sticky: Literal["conversation", "request"]
    summary: str


Node = Send | If | Split


class CompiledRoute(msgspec.Struct, frozen=True, eq=False):
    """A route that can decide."""

    name: str
    node: Node
    """The start of its flow."""
    config: Route
    """The route as configured."""
    names: frozenset[str]
    """Every name its conditions read."""
    metadata_example: dict[str, Scalar]
    """Every metadata key they read, each with a value from the condition; in order of appearance."""

    @property
    def reads_metadata(self) -> bool:
        """Whether any condition reads `metadata.KEY`."""
        return bool(self.metadata_example)


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below, in the order written."""
    match node:
        case Send():
            return ()
        case If(then=then, otherwise=otherwise):
            return (then, otherwise)
        case Split(branches=branches):
            return branches
        case _:  # pragma: no cover - the type checker proves it
            assert_never(node)


def targets(node: Node) -> tuple[Target, ...]:
    """Every target below a node, in the order written."""
    if isinstance(node, Send):
        return node.targets
    return tuple(target for child in children(node) for target in targets(child))


def summary_of_send(targets: tuple[Target, ...]) -> str:
    """`qwen/qwen3-max, else deepseek/deepseek-chat`."""
    return _short(", else ".join(target.text() for target in targets))


def summary_of_if(condition: Condition, then: Node, otherwise: Node) -> str:
    """`if CONDITION: ... else: ...`."""
    return _short(f"if {condition.text}: {then.summary}; else: {otherwise.summary}")


def summary_of_split(shares: tuple[Share, ...]) -> str:
    """`split 90: ... | 10: ...`."""
    return _short("split " + " | ".join(f"{share.weight:g}: {share.summary}" for share in shares))


def point(route: str, node: str, conversation: str) -> float:
    """Where a conversation falls in a split, from 0 up to, not including, 1: the same on every machine and every day."""
    place = json.dumps([route, node, conversation]).encode()
    return int.from_bytes(hashlib.blake2b(place, digest_size=6).digest(), "big") / (1 << 48)


def _short(text: str) -> str:
    return text if len(text) <= _SUMMARY_CHARS else text[: _SUMMARY_CHARS - 1] + "…"
