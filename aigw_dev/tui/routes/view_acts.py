"""What is looked at or taken elsewhere: copies, call examples, the editor, logged requests, the other screens."""

import json
from typing import Any, cast

import msgspec
from textual import events
from textual.app import ComposeResult

from aigw_dev.core import call_examples
from aigw_dev.core.errors import GatewayError
from aigw_dev.core.routing.trace import Decision
from aigw_dev.tui import text
from aigw_dev.tui.graph import exports
from aigw_dev.tui.graph import trace as traces
from aigw_dev.tui.routes import asking, cli_words, yaml_route
from aigw_dev.tui.routes.bench import Bench, Undo
from aigw_dev.tui.routes.dry_run import compiled
from aigw_dev.tui.routes.editing import edit_text
from aigw_dev.tui.routes.shelf import Put
from aigw_dev.tui.widgets.lines import Span
from aigw_dev.tui.widgets.modal import Box, Modal
from aigw_dev.tui.widgets.picker import Option, Picker
from aigw_dev.tui.widgets.text_pane import TextPane

_LISTED = 50
"""Logged requests offered for a dry-run."""


def metadata_of(bench: Bench) -> dict[str, Any] | None:
    """Metadata that the route wants, with values of its own conditions; None where it reads none."""
    item = bench.item
    known = compiled(item.name, item.shown) if item is not None else None
    return dict(known.metadata_example) if known is not None and known.metadata_example else None


# copies


def copy(bench: Bench) -> None:
    """A menu of forms; the picked one is copied."""
    item = bench.item
    if item is None:
        return
    options = [
        Option(value="yaml", label="YAML", detail="the route, as in aigw-dev.yaml"),
        Option(value="json", label="JSON", detail="the flow"),
        Option(value="art", label="Picture", detail="as text"),
        Option(value="ascii", label="Picture in ASCII", detail="for mail and code comments"),
        Option(value="mermaid", label="Mermaid", detail="a flowchart for Markdown"),
        Option(value="outline", label="Outline", detail="in words"),
        Option(value="model", label="Model name", detail=f"dynamic/{item.name}"),
        Option(value="curl", label="cURL", detail="a call with the metadata it needs"),
    ]
    bench.app.push_screen(
        Picker(f"Copy {item.name} as", options, bench.shell.look), lambda kind: _copied(bench, kind)
    )


def _copied(bench: Bench, kind: str | None) -> None:
    item = bench.item
    if kind is None or item is None:
        return
    if kind == "yaml":
        content = yaml_route.to_yaml(item.name, item.shown)
    elif kind == "model":
        content = f"dynamic/{item.name}"
    elif kind == "curl":
        content = call_examples.curl(_call(bench))
    else:
        content = bench.canvas.text(cast("exports.Kind", kind))
    bench.shell.copy(content, f"{item.name} as {kind}" if kind != "model" else "the model's name")


# call examples


def _call(bench: Bench) -> call_examples.CallRequest:
    body = {"model": f"dynamic/{bench.at}", "messages": [{"role": "user", "content": "Hello!"}]}
    return call_examples.CallRequest(base_url=bench.shell.link.url, body=body, metadata=metadata_of(bench))


class Examples(Modal[None]):
    """One example at a time: `[` and `]` go through them, `c` copies, any other key closes."""

    DEFAULT_CSS = """
    Examples > Vertical { width: 110; height: auto; }
    Examples TextPane { height: auto; max-height: 100%; }
    """
    AUTO_FOCUS = "TextPane"

    def __init__(self, bench: Bench, title: str, found: dict[str, str]) -> None:
        """`found` are texts by title."""
        super().__init__()
        self._bench, self._title, self._found, self._at = bench, title, found, 0

    def compose(self) -> ComposeResult:
        """The text alone; the titles are on the edge."""
        with Box():
            yield TextPane()

    def on_mount(self) -> None:
        """The first one."""
        self._show()

    def on_key(self, event: events.Key) -> None:
        """Nothing leaks below."""
        event.stop()
        event.prevent_default()
        steps = {"left_square_bracket": -1, "left": -1, "right_square_bracket": 1, "right": 1, "tab": 1}
        if event.key in steps:
            self._at = (self._at + steps[event.key]) % len(self._found)
            self._show()
        elif event.key in {"c", "y"}:
            name, content = list(self._found.items())[self._at]
            self._bench.shell.copy(content, name)
        elif event.key in {"up", "down", "pageup", "pagedown", "j", "k"}:
            by = {"up": -1, "k": -1, "down": 1, "j": 1, "pageup": -10, "pagedown": 10}[event.key]
            self.query_one(TextPane).scroll_relative(y=by, animate=False)
        else:
            self.dismiss(None)

    def _show(self) -> None:
        names = list(self._found)
        shown = "  ".join(f"[{name}]" if at == self._at else name for at, name in enumerate(names))
        text.title(self.query_one(Box), f"{self._title}   {shown}", "[ ] other · c copies · any key closes")
        content = self._found[names[self._at]]
        self.query_one(TextPane).show([[Span(line)] for line in text.block(content.rstrip("\n"))])


def show_examples(bench: Bench) -> None:
    """cURL, Python, Node for this route."""
    if bench.item is None:
        return
    bench.app.push_screen(Examples(bench, f"Call dynamic/{bench.at}", call_examples.examples(_call(bench))))


# the editor


def edit_yaml(bench: Bench) -> None:
    """The route's YAML in the person's editor; what comes back is checked and put into the draft."""
    item = bench.item
    if item is None or item.tree is None or bench.read_only:
        bench.shell.toast("Nothing to edit", bench.read_only or "there is no route here")
        return
    if bench.app.is_web:
        bench.shell.toast("No editor here", "the screen is shared over the web", "warning")
        return
    if not bench.shell.opening.editor:
        bench.shell.toast("No editor is set", "set $VISUAL or $EDITOR and start again", "warning")
        return
    content = bench.kept_texts.get(item.name) or yaml_route.for_editor(item.name, item.tree)
    _open_editor(bench, item.name, item.tree, content)


def _open_editor(bench: Bench, name: str, tree: dict[str, Any], content: str) -> None:
    try:
        changed = edit_text(bench.app, bench.shell.opening.editor, content, suffix=".yaml")
    except OSError as error:
        bench.shell.toast(
            "The editor could not be started", f"{bench.shell.opening.editor[0]}: {error.strerror}", "error"
        )
        return
    if changed is None or not changed.strip():
        bench.shell.toast("Nothing changed")
        return
    found = yaml_route.from_yaml(name, changed)
    if found.problem:
        bench.kept_texts[name] = changed
        bench.shell.toast(f"{name}: not kept", f"{found.problem}. F4 opens your text again", "error")
    elif found.tree is None or found.tree == tree:
        bench.shell.toast("Nothing changed")
    elif bench.do(Put(name, found.tree), undo=Undo(f"edit {name} as YAML", (Put(name, tree),), name)):
        bench.kept_texts.pop(name, None)
        count = len(bench.shelf.changes(name))
        bench.shell.toast(
            f"Edited {name}", f"{count} change{'' if count == 1 else 's'} in the draft; u takes it back"
        )
        bench.shell.cli(f"aigw-dev routes edit {name} --draft")


# logged requests


def pick_logged(bench: Bench) -> None:
    """The last requests of this route; the picked one fills the dry-run."""
    name = bench.at
    if not name:
        return

    def then(page: dict[str, Any]) -> None:
        entries = cast("list[dict[str, Any]]", page.get("exchanges") or page.get("entries") or [])
        if not entries:
            bench.shell.toast(f"{name} has no logged requests", "send one: c talks to it", "warning")
            return
        options = [_logged(entry) for entry in entries]
        bench.app.push_screen(
            Picker(f"A logged request of {name}", options, bench.shell.look), lambda found: take(bench, found)
        )

    bench.shell.link.ask(
        bench.screen,
        lambda client: client.exchanges(query=f"route:{name}", limit=_LISTED),
        then,
        group="logged",
    )


def _logged(entry: dict[str, Any]) -> Option:
    import time

    at = time.strftime("%H:%M:%S", time.localtime(float(entry.get("started_at") or 0)))
    said = str(entry.get("prompt") or entry.get("request_preview") or entry.get("response_model") or "")
    status = int(entry.get("status") or 0)
    return Option(
        value=str(entry["id"]),
        label=f"{at}  {status or entry.get('error') or ''}  {said}",
        detail=str(entry.get("response_model") or ""),
        style="bad" if status >= 400 else "",
    )


def take(bench: Bench, exchange_id: str | None) -> None:
    """Light the path a logged request took, and type it into the dry-run."""
    if exchange_id is None:
        return

    def then(exchange: dict[str, Any]) -> None:
        route = str(exchange.get("route") or "")
        if route and route != bench.at and route in bench.shelf.items:
            bench.select(route)
        light(bench, exchange)

    def failed(error: GatewayError) -> None:
        bench.shell.toast("That request is not there any more", error.message, "warning")

    bench.shell.link.ask(
        bench.screen, lambda client: client.exchange(exchange_id), then, failed=failed, group="exchange"
    )


def light(bench: Bench, exchange: dict[str, Any]) -> None:
    """The recorded decision on the picture, the request in the dry-run's field."""
    item = bench.item
    known = compiled(item.name, item.shown) if item is not None else None
    bench.show_request(asking.words_of(exchange, sorted(known.names) if known is not None else []))
    try:
        decision = msgspec.convert(exchange.get("decision"), Decision)
    except msgspec.ValidationError:
        bench.shell.toast("No route decided this request", "its facts are in the dry-run", "warning")
        return
    bench.show_trace(traces.from_decision(bench.canvas.flow_tree, decision))


# the other screens


def chat(bench: Bench) -> None:
    """Talk to this route, with the metadata of the dry-run or of its own conditions."""
    if bench.item is None:
        return
    metadata = bench.asked.metadata if bench.asked is not None else None
    bench.shell.go("chat", model=f"dynamic/{bench.at}", metadata=metadata or metadata_of(bench) or {})
    words = json.dumps(metadata or metadata_of(bench) or {}, ensure_ascii=False)
    bench.shell.cli(f"aigw-dev chat dynamic/{bench.at}" + (f" --metadata '{words}'" if words != "{}" else ""))


def logs(bench: Bench) -> None:
    """The requests that went through it."""
    if bench.item is not None:
        bench.shell.go("logs", filter=f"route:{bench.at}")


def explained(bench: Bench) -> None:
    """Show the command of the dry-run."""
    if bench.asked is not None and bench.at:
        options = asking.as_options(bench.asked)
        is_draft = bool(bench.shelf.changes(bench.at))
        bench.shell.cli(cli_words.explain(bench.at, options, is_draft=is_draft))
