"""Putting drafts in force and versions back: save and deploy, roll back, restore, differences, conflicts."""

import time
from typing import Any, cast

from aigw_dev.client import AdminClient
from aigw_dev.core.errors import GatewayError
from aigw_dev.tui.link import is_unreachable
from aigw_dev.tui.routes import cli_words
from aigw_dev.tui.routes.bench import OFFER_S, Bench, Undo, live_trees
from aigw_dev.tui.routes.changes import route_changes
from aigw_dev.tui.routes.conflict import Conflict, Way
from aigw_dev.tui.routes.deploy_form import DeployForm, Wanted
from aigw_dev.tui.routes.live import quiet
from aigw_dev.tui.routes.merging import merged
from aigw_dev.tui.routes.outbox import CONFLICTS
from aigw_dev.tui.routes.rows import change_rows
from aigw_dev.tui.routes.shelf import Put, Revert
from aigw_dev.tui.routes.yaml_route import diff_rows, text_diff_rows
from aigw_dev.tui.widgets.lines import Row, Span
from aigw_dev.tui.widgets.viewer import Viewer

_CELLS = 88


# save and deploy


def save(bench: Bench) -> None:
    """Show what the draft changes and ask for a note; refused while the flow has errors."""
    item = bench.item
    if bench.read_only:
        bench.shell.toast("Read only", bench.read_only, "warning")
        return
    if item is None or not bench.shelf.changes(item.name):
        others = bench.shelf.drafted()
        said = (
            f"the draft changes {', '.join(others)}: select one of them"
            if others
            else "the draft is what is live"
        )
        bench.shell.toast("Nothing to deploy", said)
        return
    errors = [mark for mark in bench.canvas.problems if mark.severity == "error"]
    if errors and item.tree is not None:
        count = len(errors)
        bench.canvas.focus()
        bench.canvas.select(errors[0].node)
        bench.shell.toast(
            f"{count} problem{'' if count == 1 else 's'} hold{'s' if count == 1 else ''} it back",
            f"{errors[0].message}. n goes to the next one",
            "warning",
        )
        return
    if not bench.shell.link.is_up:
        bench.shell.toast(
            "The gateway does not answer", "the draft is kept; deploy when it is back", "warning"
        )
        return
    bench.outbox.when_sent(lambda: _ask(bench, item.name))


def _ask(bench: Bench, name: str) -> None:
    shelf, item = bench.shelf, bench.shelf.items.get(name)
    if item is None:
        return
    if shelf.is_stale and name in shelf.conflicts:
        bench.conflicted(name, None)
        return
    mine = shelf.belonging(name)
    others = [other for other in shelf.drafted() if other not in mine]
    changes = shelf.changes(name)
    count = len(changes)
    rows: list[Row] = [*change_rows(changes, _CELLS), []]
    rows += diff_rows(name, item.live, item.tree, names=("live", "draft"))
    title = f"Deploy {name}: {count} change{'' if count == 1 else 's'}"
    form = DeployForm(title, rows, bench.shell.look, others=others)
    bench.app.push_screen(
        form,
        lambda wanted: _deploy(bench, name, None if wanted is not None and wanted.is_all else mine, wanted),
    )


def _deploy(bench: Bench, name: str, routes: list[str] | None, wanted: Wanted | None) -> None:
    if wanted is None:
        return
    count = len(bench.shelf.changes(name)) if routes is not None else len(bench.shelf.drafted())
    what = "change" if routes is not None else "route"

    def work(client: AdminClient) -> tuple[dict[str, Any], int]:
        before = client.deployments(limit=1)
        return client.deploy(wanted.note, routes), int(before[0]["number"]) if before else 0

    def then(found: tuple[dict[str, Any], int]) -> None:
        answer, previous = found
        number = answer.get("number")
        said = f"{name}: {count} {what}{'' if count == 1 else 's'}"
        bench.app.notify(
            f"{said} · u rolls back" if previous else said, title=f"Deployed #{number}", timeout=OFFER_S
        )
        bench.shell.cli(cli_words.deploy(wanted.note, routes))
        if previous:
            bench.offer_undo(lambda: _back(bench, name, previous, routes))
        bench.read_histories.clear()
        bench.reload()

    def failed(error: GatewayError) -> None:
        if error.code in CONFLICTS:
            bench.conflicted(name, error)
        elif is_unreachable(error):
            bench.shell.toast("Not deployed", "the gateway does not answer; the draft is kept", "warning")
        else:
            bench.shell.toast("Not deployed", f"{error.message}\n{error.hint}".strip(), "error")

    bench.shell.link.ask(bench.screen, work, then, failed=failed, group="deploy")


def _back(bench: Bench, name: str, number: int, routes: list[str] | None, *, note: str = "") -> None:
    """Write an earlier version back: of these routes, or the whole config."""

    def work(client: AdminClient) -> dict[str, Any]:
        if routes is None:
            return client.rollback(number, note=note)
        answers = [client.rollback_route(route, number, note=note) for route in routes]
        return answers[-1]

    def then(answer: dict[str, Any]) -> None:
        said = f" as #{answer['number']}" if answer.get("number") else ""
        bench.shell.toast(
            f"Rolled {name} back to #{number}{said}", "a new deployment; the history keeps the other"
        )
        bench.shell.cli(cli_words.rollback(number, routes))
        bench.read_histories.clear()
        bench.reload()

    bench.shell.link.ask(bench.screen, work, then, group="deploy")


# versions


def show_diff(bench: Bench, key: str = "draft") -> None:
    """How a version differs from what is on the canvas; `draft`: how that differs from what is live."""
    item = bench.item
    if item is None:
        return
    if key == "draft":
        old, names = item.live, ("live", "draft")
    else:
        old, names = _version(bench, key), (f"#{key}", "now")
    changes = route_changes(old, item.tree) if key != "draft" else bench.shelf.changes(item.name)
    rows: list[Row] = [*change_rows(changes, _CELLS), []]
    rows += diff_rows(item.name, old, item.tree, names=names)
    if not changes:
        rows = [[Span(f"{names[0]} and {names[1]} are the same", "dim")]]
    bench.app.push_screen(Viewer(f"{item.name}: {names[0]} → {names[1]}", rows, copy=bench.shell.copy))


def restore(bench: Bench, key: str) -> None:
    """Put a version's tree into the draft."""
    item = bench.item
    tree = _version(bench, key)
    if item is None or key == "draft" or tree is None:
        bench.shell.toast("Nothing to restore", "choose a version that has this route")
        return
    if item.tree == tree:
        bench.shell.toast(f"The draft is #{key} already")
        return
    back: Any = Put(item.name, item.tree) if item.tree is not None else Revert(item.name)
    if bench.do(Put(item.name, tree), undo=Undo(f"restore #{key}", (back,), item.name)):
        bench.shell.toast(f"Restored #{key} into the draft", "s deploys it, u takes it back")
        bench.shell.cli(cli_words.edit_flow(item.name, tree))


def roll_back(bench: Bench, key: str) -> None:
    """Put a version in force again, as a new deployment."""
    item = bench.item
    if bench.read_only:
        bench.shell.toast("Read only", bench.read_only, "warning")
    elif item is None or key in {"", "draft"}:
        bench.shell.toast("Nothing to roll back to", "choose a version that was deployed")
    elif item.live == _version(bench, key):
        bench.shell.toast(f"#{key} is what is live")
    else:
        _back(bench, item.name, int(key), [item.name], note=f"roll {item.name} back to #{key}")


def _version(bench: Bench, key: str) -> dict[str, Any] | None:
    rows = bench.histories.get(bench.at, [])
    found = next((row for row in rows if str(row["number"]) == key), None)
    tree = found.get("tree") if found is not None else None
    return cast("dict[str, Any]", tree) if isinstance(tree, dict) else None


def read_history(bench: Bench) -> None:
    """Ask for the deployments that changed the selected route."""
    name = bench.at
    if not name or name in bench.read_histories:
        return
    bench.read_histories.add(name)

    def then(rows: list[dict[str, Any]]) -> None:
        bench.histories[name] = rows
        bench.redraw()

    bench.shell.link.ask(
        bench.screen, lambda client: client.route_history(name), then, failed=quiet, group="history"
    )


# conflicts


def resolve(bench: Bench, name: str, error: GatewayError | None) -> None:
    """The file and the draft both changed a route: show what differs and ask for a way."""
    item = bench.shelf.items.get(name)
    mine = item.tree if item is not None else None

    def then(found: tuple[dict[str, Any], dict[str, Any], dict[str, Any] | None]) -> None:
        config, base, draft = found
        theirs = cast("dict[str, Any] | None", live_trees(config).get(name))
        rows = diff_rows(name, theirs, mine, names=("file now", "yours"))
        detail = error.detail if error is not None else str((draft or {}).get("diff") or "")
        rows = rows or text_diff_rows(detail)
        modal = Conflict(name, rows, said=_told(error))
        digest = str(config.get("digest") or "")
        bench.app.push_screen(
            modal, lambda way: _go(bench, name, way, (base.get(name), mine, theirs), digest)
        )

    bench.shell.link.ask(bench.screen, _both, then, group="conflict")


def _both(client: AdminClient) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any] | None]:
    """The config now, the trees the draft was begun from as far as they are known, and the draft."""
    config, draft = client.config(), client.draft()
    digest = str((draft or {}).get("base_digest") or "")
    rows = client.deployments(limit=200) if digest else []
    number = next((int(row["number"]) for row in rows if row.get("digest") == digest), None)
    base = client.deployment(number) if number is not None else {}
    return config, live_trees(base) if base else {}, draft


def _told(error: GatewayError | None) -> str:
    said = (
        error.message
        if error is not None
        else "The file changed since the draft was begun, and so did the draft."
    )
    return f"{said[:1].upper()}{said[1:]} ({time.strftime('%H:%M')})"


def _go(bench: Bench, name: str, way: Way | None, trees: tuple[Any, Any, Any], digest: str) -> None:
    base, mine, theirs = trees
    if way is None:
        bench.shell.toast(f"{name} was changed elsewhere", "your version is kept; s asks again", "warning")
        return
    if way == "discard" or mine is None:
        bench.send(Revert(name), is_urgent=True)
    else:
        bench.shelf.digest = digest
        bench.shelf.is_stale = False
        tree = merged(base, mine, theirs) if way == "rebase" and theirs is not None else mine
        bench.send(Put(name, tree), is_urgent=True)
    bench.outbox.when_sent(bench.reload)
    words = {"rebase": "Rebased", "overwrite": "Yours now, in the draft:", "discard": "As in the file again:"}
    bench.shell.toast(f"{words[way]} {name}")
