"""What is done to whole routes: add, settings, rename, duplicate, delete, revert. Every one can be undone with `u`."""

from typing import Any

from aigw_dev.tui.graph.model_form import model_options
from aigw_dev.tui.routes import cli_words
from aigw_dev.tui.routes.bench import Bench, Undo
from aigw_dev.tui.routes.samples import SAMPLES, flow_of
from aigw_dev.tui.routes.shelf import CLAIMS, Duplicate, Put, Remove, Rename, Revert
from aigw_dev.tui.widgets.form import Field, Form
from aigw_dev.tui.widgets.picker import Option

_DEFAULTS = {"metadata": "required", "on_loss": "allow"}


def add(bench: Bench) -> None:
    """Ask for name, description, what to begin with and the first model; the route is in the draft then."""
    models = list(model_options(bench.canvas.catalogue)) or [Option(value="mock/echo")]
    samples = [Option(value=sample.name, label=f"{sample.name}: {sample.said}") for sample in SAMPLES]
    form = Form(
        "New route",
        [
            Field(name="name", label="Name", placeholder="called as dynamic/NAME", check=bench.shelf.name_problem),
            Field(name="description", label="Description", placeholder="a line for people"),
            Field(name="model", label="First model", kind="choice", options=models, value=models[0].value, is_free=True, check=_model_problem),
            Field(name="sample", label="Begin with", kind="choice", options=samples, value=samples[0].value),
        ],
        bench.shell.look,
        note="A route decides by the request where it goes. It is only in the draft until you deploy it.",
    )  # fmt: skip
    bench.app.push_screen(form, lambda values: _added(bench, values))


def _added(bench: Bench, values: dict[str, Any] | None) -> None:
    if values is None:
        return
    name = values["name"]
    tree: dict[str, Any] = {"description": values["description"]} if values["description"] else {}
    tree["flow"] = flow_of(values["sample"], values["model"])
    if bench.do(Put(name, tree), undo=Undo(f"add {name}", (Remove(name),)), select=name):
        bench.shell.toast(f"Added {name}", "in the draft; s deploys it, u takes it back")
        bench.shell.cli(cli_words.add(name, tree))
        bench.canvas.focus()


def edit(bench: Bench) -> None:
    """Ask for name, description, claims, metadata mode and what lossy translations do."""
    item = bench.item
    if item is None or item.tree is None:
        _nothing(bench)
        return
    tree = item.tree
    form = Form(
        f"Settings of {item.name}",
        [
            Field(name="name", label="Name", value=item.name, check=lambda name: bench.shelf.name_problem(name, besides=item.name)),
            Field(name="description", label="Description", value=item.description),
            Field(name="claims", label="Claims", value=", ".join(item.claims), placeholder="model names it also answers to: smart, claude-*"),
            Field(name="metadata", label="Metadata", kind="choice", value=str(tree.get("metadata") or "required"),
                  options=[Option(value="required", label="required: 400 without the header"), Option(value="optional", label="optional: no header is an empty one")]),
            Field(name="on_loss", label="Lossy", kind="choice", value=str(tree.get("on_loss") or "allow"),
                  options=[Option(value="allow", label="allow: the ledger says what was lost"), Option(value="warn", label="warn: the exchange is marked too"), Option(value="reject", label="reject: that target is passed over")]),
        ],
        bench.shell.look,
    )  # fmt: skip
    bench.app.push_screen(form, lambda values: _edited(bench, item.name, tree, values))


def _edited(bench: Bench, name: str, old: dict[str, Any], values: dict[str, Any] | None) -> None:
    if values is None:
        return
    tree = dict(old)
    claims = [claim.strip() for claim in str(values["claims"]).split(",") if claim.strip()]
    for key, value in (("description", values["description"]), (CLAIMS, claims)):
        _set(tree, key, value, is_default=not value)
    for key, default in _DEFAULTS.items():
        _set(tree, key, values[key], is_default=values[key] == default and key not in old)
    to = str(values["name"])
    edits: list[Any] = [Put(name, tree)] if tree != old else []
    if to != name:
        edits.append(Rename(name, to))
    if not edits:
        bench.shell.toast("Nothing changed")
        return
    back: list[Any] = [Rename(to, name)] if to != name else []
    undo = Undo(f"settings of {name}", (*back, Put(name, old)), select=name)
    if bench.do(*edits, undo=undo, select=to):
        bench.shell.toast(f"Changed {to}", "in the draft; u takes it back")
        bench.shell.cli(
            cli_words.rename(name, to) if tree == old else cli_words.edit_settings(name, tree, old)
        )


def _set(tree: dict[str, Any], key: str, value: Any, *, is_default: bool) -> None:
    """What is as by default is not written; the flow stays last, as people write it."""
    if is_default:
        tree.pop(key, None)
        return
    if key not in tree:
        flow = tree.pop("flow", None)
        tree[key] = value
        tree["flow"] = flow
    tree[key] = value


def rename(bench: Bench) -> None:
    """Ask for another name."""
    item = bench.item
    if item is None or item.tree is None:
        _nothing(bench)
        return
    name = item.name

    def then(values: dict[str, Any] | None) -> None:
        to = str(values["name"]) if values is not None else name
        if to != name and bench.do(
            Rename(name, to), undo=Undo(f"rename {name}", (Rename(to, name),), name), select=to
        ):
            bench.shell.toast(
                f"Renamed {name} to {to}", f"callers use dynamic/{to} once it is deployed; u takes it back"
            )
            bench.shell.cli(cli_words.rename(name, to))

    field = Field(
        name="name", label="Name", value=name, check=lambda to: bench.shelf.name_problem(to, besides=name)
    )
    bench.app.push_screen(Form(f"Rename {name}", [field], bench.shell.look), then)


def duplicate(bench: Bench) -> None:
    """A copy below it, at once; `r` gives it a better name."""
    item = bench.item
    if item is None or item.tree is None:
        _nothing(bench)
        return
    to = bench.shelf.free_name(item.name)
    copy = {key: value for key, value in item.tree.items() if key != CLAIMS}
    if bench.do(
        Duplicate(item.name, to), undo=Undo(f"duplicate {item.name}", (Remove(to),), item.name), select=to
    ):
        bench.shell.toast(f"Copied {item.name} to {to}", "r renames it, u takes it back")
        bench.shell.cli(cli_words.add(to, copy))


def delete(bench: Bench) -> None:
    """Out of the draft, at once."""
    item = bench.item
    if item is None or item.tree is None:
        _nothing(bench)
        return
    name, tree = item.name, item.tree
    back: Any = Revert(name) if item.state == "same" else Put(name, tree)  # a revert keeps place and comments
    if bench.do(Remove(name), undo=Undo(f"delete {name}", (back,), name)):
        said = "callers get it until you deploy" if item.live is not None else "it was never deployed"
        bench.shell.toast(f"Deleted {name}", f"{said}; u brings it back")
        bench.shell.cli(cli_words.remove(name))


def revert(bench: Bench) -> None:
    """Throw the draft of this route away."""
    item = bench.item
    if item is None or item.state == "same":
        bench.shell.toast("Nothing to revert", "this route is as it is live")
        return
    name, tree = item.name, item.tree
    count = len(bench.shelf.changes(name))
    back: Any = Put(name, tree) if tree is not None else Remove(name)
    if bench.do(Revert(name), undo=Undo(f"revert {name}", (back,), name)):
        bench.shell.toast(
            f"Reverted {name}", f"{count} change{'' if count == 1 else 's'} thrown away; u brings them back"
        )


def _nothing(bench: Bench) -> None:
    item = bench.item
    if item is None:
        bench.shell.toast("There is no route", "a adds one")
    else:
        bench.shell.toast(f"{item.name} is deleted in the draft", "u or R brings it back")


def _model_problem(value: str) -> str:
    provider, slash, model = value.partition("/")
    return "" if provider and slash and model else "write provider/model"
