"""What requests did at each branch, in words for its wire: `68 % 412`."""

from collections.abc import Mapping

from aigw_dev.tui.graph import tree as trees
from aigw_dev.tui.graph.tree import Node

_THOUSAND = 1_000


def labels(root: Node, calls: Mapping[str, int], *, is_dense: bool) -> dict[tuple[str, int], str]:
    """By node and branch; `calls` by the core's names of nodes (`flow.then`). Nothing where nothing was called.

    A share is of the calls that reached any branch of the node.
    """
    ids = trees.core_ids(root)
    counts = {ids[name]: count for name, count in calls.items() if name in ids}
    found: dict[tuple[str, int], str] = {}
    for node in trees.walk(root):
        below = trees.children(node)
        total = sum(counts.get(child.id, 0) for child in below)
        for branch, child in enumerate(below):
            count = counts.get(child.id, 0)
            if total:
                share = f"{100 * count / total:.0f}"
                found[node.id, branch] = f"{share}%" if is_dense else f"{share} % {short(count)}"
    return found


def short(count: int) -> str:
    """`412`, `4.1k`, `12k`, `3.4M`."""
    for unit, size in (("M", _THOUSAND**2), ("k", _THOUSAND)):
        if count >= size:
            parts = count / size
            return f"{parts:.0f}{unit}" if parts >= 10 else f"{parts:.1f}{unit}"
    return str(count)
