"""A route as a Mermaid flowchart (mermaid.js.org, "Flowcharts"; entity codes as its page says, read 2025-11)."""

import itertools
import string
from typing import Final, assert_never

from aigw_dev.core import harmless
from aigw_dev.core.routing.nodes import CompiledRoute, If, Node, Send, Split

_PLAIN: Final = frozenset(string.ascii_letters + string.digits + " _-./,:=+@")
_LABEL_CHARS: Final = 160


def mermaid(route: CompiledRoute) -> str:
    """The flowchart's text, each statement on its line; labels are quoted and hold nothing that Mermaid reads."""
    chart = _Chart()
    start = chart.box("([", f"dynamic/{route.name}", "])")
    chart.link(start, chart.node(route.node))
    return "\n".join(["flowchart TD", *chart.lines])


class _Chart:
    """Collects statements and numbers the boxes."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._count = 0

    def box(self, opening: str, label: str, closing: str) -> str:
        """A new box; gives its id."""
        name = f"n{self._count}"
        self._count += 1
        self.lines.append(f'  {name}{opening}"{_escaped(label)}"{closing}')
        return name

    def link(self, source: str, target: str, label: str = "", *, is_dotted: bool = False) -> None:
        """An arrow, with words on it where there are any."""
        arrow = "-.->" if is_dotted else "-->"
        words = f'|"{_escaped(label)}"|' if label else ""
        self.lines.append(f"  {source} {arrow}{words} {target}")

    def node(self, node: Node) -> str:
        """A node with everything below it; gives its id."""
        match node:
            case Send(targets=targets):
                boxes = [self.box("[", target.text(), "]") for target in targets]
                for number, pair in enumerate(itertools.pairwise(boxes), start=1):
                    self.link(*pair, f"fallback {number}", is_dotted=True)
                return boxes[0]
            case If(condition=condition, then=then, otherwise=otherwise):
                name = self.box("{", f"if {condition.text}", "}")
                for label, branch in (("then", then), ("else", otherwise)):
                    self.link(name, self.node(branch), label)
                return name
            case Split(shares=shares, branches=branches):
                name = self.box("{{", "split", "}}")
                total = sum(share.weight for share in shares)
                for share, branch in zip(shares, branches, strict=True):
                    self.link(name, self.node(branch), f"{100 * share.weight / total:.3g} %")
                return name
            case _:  # pragma: no cover - the type checker proves it
                assert_never(node)


def _escaped(label: str) -> str:
    """Everything but plain ASCII text and letters of other scripts as `#NN;`."""
    shown = harmless.line(label if len(label) <= _LABEL_CHARS else label[: _LABEL_CHARS - 1] + "…")
    return "".join(char if char in _PLAIN or not char.isascii() else f"#{ord(char)};" for char in shown)
