"""A flow as text to be pasted elsewhere: YAML, JSON, the picture, Mermaid, an outline."""

import json
from typing import Final, Literal

from aigw_dev.core.config import Route
from aigw_dev.core.routing.flow import compile_route
from aigw_dev.core.routing.mermaid import mermaid
from aigw_dev.tui.graph import tree as trees
from aigw_dev.tui.graph.outline import outline
from aigw_dev.tui.graph.paint import Scene, paint
from aigw_dev.tui.graph.plan import Form, plan
from aigw_dev.tui.graph.tree import Node
from aigw_dev.tui.look import ASCII, UNICODE
from aigw_dev.tui.widgets.lines import plain

Kind = Literal["yaml", "json", "art", "ascii", "mermaid", "outline"]
KINDS: Final[dict[Kind, str]] = {
    "yaml": "YAML, as in aigw-dev.yaml",
    "json": "JSON",
    "art": "the picture",
    "ascii": "the picture in plain ASCII",
    "mermaid": "a Mermaid flowchart",
    "outline": "an outline in words",
}


def export(root: Node, kind: Kind, *, route: str = "draft", form: Form | None = None) -> str:
    """The text; a chart of a flow that is not whole says what is wrong instead."""
    match kind:
        case "yaml":
            return _yaml(root)
        case "json":
            return json.dumps(trees.to_value(root), ensure_ascii=False, indent=2, default=str)
        case "mermaid":
            return _mermaid(root, route)
        case "outline":
            return "\n".join(plain(row) for row in outline(root, Scene()))
        case "art" | "ascii":
            glyphs = ASCII if kind == "ascii" else UNICODE
            drawn = plan(root, form or Form(), glyphs=glyphs)
            return "\n".join(plain(row) for row in paint(drawn, Scene(), glyphs)).rstrip("\n")


def _yaml(root: Node) -> str:
    from aigw_dev.config_file.yaml_write import Style, block

    return "\n".join(block({"flow": trees.to_value(root)}, Style()))


def _mermaid(root: Node, route: str) -> str:
    compiled, problems = compile_route(route, Route(flow=trees.to_value(root)), path=("flow",))
    if compiled is None:
        return "\n".join(
            f"%% {problem.where()}: {problem.message.partition(chr(10))[0]}" for problem in problems
        )
    return mermaid(compiled)
