"""The golden drawings in fixtures/tui/graph: every flow in every layout, with a path lit and what is wrong marked.

`python -m tests.tui.graph.drawings` shows which differ, `--update` writes them. Read one before you accept it.
"""

import sys
from pathlib import Path
from typing import Final

from aigw_dev.core.routing.facts import Facts
from aigw_dev.tui.graph import check, paint, trace, traffic
from aigw_dev.tui.graph import tree as trees
from aigw_dev.tui.graph.outline import outline
from aigw_dev.tui.graph.plan import Form, Layout, plan
from aigw_dev.tui.look import ASCII, UNICODE
from aigw_dev.tui.widgets.lines import plain
from tests.tui.graph.flows import ALL

FOLDER: Final = Path(__file__).resolve().parents[3] / "fixtures" / "tui" / "graph"
_DENSE_BELOW: Final = 110
_LAYOUTS: Final[dict[str, Layout]] = {"ladder": "ladder", "lr": "left-right"}
FACTS: Final = {"tier": "free", "task": "chat", "lang": "de", "env": "prod", "tokens": 900}


def names() -> list[str]:
    """`FLOW-LAYOUT-COLUMNS[-ascii]`, and `FLOW-outline`."""
    drawn = [f"{flow}-{layout}-{columns}" for flow in ALL for layout in _LAYOUTS for columns in (80, 160)]
    return [
        *drawn,
        *(f"{flow}-ladder-{columns}-ascii" for flow in ALL for columns in (80, 160)),
        *(f"{flow}-outline" for flow in ALL),
    ]


def made(name: str) -> str:
    """The drawing as it is made now."""
    flow, kind, *rest = name.split("-")
    root = trees.load(ALL[flow]).root
    tree = trees.load(ALL[flow])
    found = check.check(tree)
    marks = check.by_node(found)
    lit = trace.dry_run(tree, Facts(metadata=FACTS), draw=lambda: 0.5)
    worst = {node: "error" if check.is_blocking(tuple(some)) else "warning" for node, some in marks.items()}
    scene = paint.Scene(selected=root.id, trace=lit, marks=worst)  # pyright: ignore[reportArgumentType]  # two literals
    glyphs = ASCII if "ascii" in rest else UNICODE
    calls = {place: 100 * (len(place) % 7 + 1) for place in trees.core_ids(root)} if flow == "mixed" else {}
    if kind == "outline":
        rows = outline(root, scene, marks=marks, labels=traffic.labels(root, calls, is_dense=False))
        return "".join(f"{plain(row)}\n" for row in rows)
    form = Form(layout=_LAYOUTS[kind], is_dense=int(rest[0]) < _DENSE_BELOW)
    drawn = plan(root, form, labels=traffic.labels(root, calls, is_dense=form.is_dense), glyphs=glyphs)
    return "".join(f"{plain(row)}\n" for row in paint.paint(drawn, scene, glyphs))


def main() -> int:
    """Show or write differences."""
    is_update = "--update" in sys.argv
    FOLDER.mkdir(parents=True, exist_ok=True)
    different = [name for name in names() if not _is_same(name)]
    for name in different:
        if is_update:
            (FOLDER / f"{name}.txt").write_text(made(name), "utf-8", newline="\n")
        sys.stdout.write(f"{'wrote' if is_update else 'differs'} {name}\n{made(name)}")
    return 0 if is_update else bool(different)


def _is_same(name: str) -> bool:
    file = FOLDER / f"{name}.txt"
    return file.exists() and file.read_text("utf-8") == made(name)


if __name__ == "__main__":
    raise SystemExit(main())
