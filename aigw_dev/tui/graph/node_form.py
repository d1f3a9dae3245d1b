"""The forms of the flow editor: what `FlowCanvas.Wants` asks for is opened here, and its answer applied to the canvas."""

import json
from collections.abc import Callable, Sequence
from typing import Any, Final

from aigw_dev.core.routing.conditions import Fault
from aigw_dev.tui import text
from aigw_dev.tui.graph import exports, faces, ops, quick
from aigw_dev.tui.graph.canvas import FlowCanvas, What
from aigw_dev.tui.graph.condition_form import ConditionForm
from aigw_dev.tui.graph.model_form import ModelForm, model_options
from aigw_dev.tui.graph.tree import Broken, Empty, If, Node, Send, Split, entry_text
from aigw_dev.tui.widgets.form import Field, Form
from aigw_dev.tui.widgets.picker import Option, Picker

Copy = Callable[[str, str], None]
"""Takes a text and what it is: `Shell.copy`."""
_TYPED: Final = "or type provider/model"


def answer(canvas: FlowCanvas, what: What, *, copy: Copy | None = None) -> bool:
    """Open the form for `what` on the selected node; its answer becomes one undo step, nothing on cancel.

    False for what this room cannot do: `key` leads to another screen, `copy` needs a way to copy.
    """
    opener = _OPENERS.get(what)
    if opener is None or (what == "copy" and copy is None):
        return False
    if what == "copy" and copy is not None:
        _copy(canvas, copy)
    else:
        opener(canvas)
    return True


def _add_if(canvas: FlowCanvas) -> None:
    node = canvas.selected

    def done(condition: str | None) -> None:
        if condition is not None:
            canvas.apply(ops.wrap_in_if(canvas.flow_tree, node, condition))

    canvas.app.push_screen(ConditionForm("Add a condition before this node", canvas.look), done)


def _condition(canvas: FlowCanvas) -> None:
    node = canvas.selected_node
    if not isinstance(node, If):
        return
    written = node.condition if isinstance(node.condition, str) else ""

    def done(condition: str | None) -> None:
        if condition is not None and condition != written:
            canvas.apply(ops.set_condition(canvas.flow_tree, node.id, condition))

    canvas.app.push_screen(ConditionForm("Condition", canvas.look, condition=written), done)


def _model(canvas: FlowCanvas) -> None:
    node = canvas.selected_node
    if isinstance(node, Send):
        canvas.app.push_screen(
            ModelForm(node, canvas.catalogue, canvas.look),
            lambda leaf: _put_leaf(canvas, node, leaf) if leaf is not None else None,
        )
        return
    if isinstance(node, Empty | Broken):
        _pick(
            canvas,
            "Model",
            lambda model: canvas.apply(
                ops.replace(canvas.flow_tree, node.id, {"send": model}, f"set {model}")
            ),
        )


def _put_leaf(canvas: FlowCanvas, node: Send, leaf: dict[str, Any]) -> None:
    if leaf != dict(node.fields):
        canvas.apply(ops.replace(canvas.flow_tree, node.id, leaf, f"set {leaf.get('send')}"))


def _fallback(canvas: FlowCanvas) -> None:
    node = canvas.selected
    _pick(
        canvas,
        "Fallback: tried where the models before it fail",
        lambda model: canvas.apply(ops.add_fallback(canvas.flow_tree, node, model)),
    )


def _pick(canvas: FlowCanvas, title: str, then: Callable[[str], object]) -> None:
    options = model_options(canvas.catalogue)
    screen = Picker(title, options, canvas.look, is_free=True, note=f"filter, {_TYPED}")

    def done(model: str | None) -> None:
        if model:
            then(model)

    canvas.app.push_screen(screen, done)


def _fallbacks(canvas: FlowCanvas) -> None:
    node = canvas.selected_node
    if not isinstance(node, Send):
        return
    lines = [entry_line(entry) for entry in node.fallbacks]
    field = Field(
        name="chain",
        label="in order",
        kind="area",
        value="\n".join(lines),
        rows=max(4, len(lines) + 1),
        check=_chain_wrong,
    )
    form = Form(
        "Fallbacks", [field], canvas.look, note="One a line: provider/model, or provider/model key NAME"
    )

    def done(values: dict[str, Any] | None) -> None:
        if values is not None:
            canvas.apply(
                ops.set_fallbacks(canvas.flow_tree, node.id, entries_of(values["chain"], node.fallbacks))
            )

    canvas.app.push_screen(form, done)


def entry_line(entry: Any) -> str:
    """A fallback on a line: `provider/model key NAME`."""
    key = ops.fields_of(entry).get("key")
    return f"{entry_text(entry)} key {key}" if isinstance(key, str) else entry_text(entry)


def entries_of(lines: str, before: Sequence[Any]) -> list[Any]:
    """The fallbacks that the lines name; one that was there before keeps what no line can say (parameters, timeouts)."""
    left = [(entry_line(entry), entry) for entry in before]
    found: list[Any] = []
    for line in filter(None, (line.strip() for line in lines.split("\n"))):
        at = next((place for place, (said, _) in enumerate(left) if said == line), None)
        if at is not None:
            found.append(left.pop(at)[1])
            continue
        read = quick.read(line)
        value = {"send": line} if isinstance(read, Fault) else read.value
        found.append(value if len(value) > 1 else value["send"])
    return found


def _chain_wrong(lines: str) -> str:
    for number, line in enumerate(lines.split("\n"), start=1):
        if not line.strip():
            continue
        read = quick.read(line)
        if isinstance(read, Fault):
            return f"line {number}: {read.message}; {read.hint}"
        if read.kind != "models" or "fallback" in read.value:
            return f"line {number}: one model a line"
    return ""


def _split(canvas: FlowCanvas) -> None:
    node = canvas.selected_node
    if not isinstance(node, Split):
        return
    fields = [
        Field(
            name=f"w{place}",
            label=_short_words(share.node, canvas),
            value=_weight_text(share.weight),
            check=_weight_wrong,
        )
        for place, share in enumerate(node.shares)
    ]
    sticky = node.sticky if isinstance(node.sticky, str) else "conversation"
    fields.append(
        Field(
            name="sticky", label="draw", kind="choice", value=sticky,
            options=(Option(value="conversation", label="once per conversation"), Option(value="request", label="for every request")),
        )
    )  # fmt: skip

    def done(values: dict[str, Any] | None) -> None:
        if values is None:
            return
        weights = [_number(values[f"w{place}"]) for place in range(len(node.shares))]
        canvas.apply(ops.set_weights(canvas.flow_tree, node.id, weights, sticky=values["sticky"]))

    form = Form("Split: weights", fields, canvas.look, note="Any numbers above 0: 90 and 10, or 9 and 1.")
    canvas.app.push_screen(form, done)


def _short_words(node: Node, canvas: FlowCanvas) -> str:
    glyphs = canvas.look.glyphs
    return text.cut(faces.face(node, glyphs, 40).lines[0], 15, glyphs=glyphs)


def _weight_text(weight: object) -> str:
    return f"{weight:g}" if isinstance(weight, int | float) else ""


def _weight_wrong(typed: str) -> str:
    try:
        is_right = 0 < float(typed) <= 1_000_000
    except ValueError:
        is_right = False
    return "" if is_right else "a number above 0; d on an empty branch takes the branch away"


def _number(typed: str) -> float:
    value = float(typed)
    return int(value) if value.is_integer() else value


def _raw(canvas: FlowCanvas) -> None:
    node = canvas.selected_node
    if not isinstance(node, Broken):
        return
    written = json.dumps(node.value, ensure_ascii=False, indent=2, default=str)
    field = Field(name="json", label="JSON", kind="area", value=written, rows=12, check=_json_wrong)

    def done(values: dict[str, Any] | None) -> None:
        if values is not None:
            canvas.apply(ops.replace(canvas.flow_tree, node.id, json.loads(values["json"])))

    note = "This is no node; mend it here: {if, then, else}, {split: [...]} or {send: provider/model}."
    canvas.app.push_screen(Form("Unreadable node", [field], canvas.look, note=note), done)


def _json_wrong(typed: str) -> str:
    try:
        json.loads(typed)
    except ValueError as error:
        return f"no JSON: {error}"
    return ""


def _quick(canvas: FlowCanvas) -> None:
    node = canvas.selected
    field = Field(name="line", label="add", placeholder=quick.EXAMPLE, check=_quick_wrong)
    note = "if -> model | fallback   split 90 a/b 10 c/d   else c/d   a/b key NAME"

    def done(values: dict[str, Any] | None) -> None:
        read = quick.read(values["line"]) if values is not None else None
        if isinstance(read, quick.Quick):
            canvas.apply(quick.apply(canvas.flow_tree, node, read))

    canvas.app.push_screen(Form("Quick add", [field], canvas.look, note=note), done)


def _quick_wrong(typed: str) -> str:
    read = quick.read(typed)
    return f"{read.snippet()}\n{read.message}; {read.hint}" if isinstance(read, Fault) else ""


def _find(canvas: FlowCanvas) -> None:
    field = Field(name="words", label="find", placeholder="tier, gpt-4o, gold ...")

    def done(values: dict[str, Any] | None) -> None:
        if values is not None:
            canvas.find(values["words"])

    canvas.app.push_screen(Form("Find nodes", [field], canvas.look), done)


def _copy(canvas: FlowCanvas, copy: Copy) -> None:
    options = [Option(value=kind, label=said) for kind, said in exports.KINDS.items()]

    def done(picked: str | None) -> None:
        for kind, said in exports.KINDS.items():
            if kind == picked:
                copy(canvas.text(kind), f"the flow as {said}")

    canvas.app.push_screen(Picker("Copy the flow as", options, canvas.look), done)


_OPENERS: Final[dict[str, Callable[[FlowCanvas], None]]] = {
    "add-if": _add_if,
    "condition": _condition,
    "model": _model,
    "fallback": _fallback,
    "fallbacks": _fallbacks,
    "split": _split,
    "raw": _raw,
    "quick": _quick,
    "find": _find,
    "copy": lambda _canvas: None,
}
