"""`^p`: everything that can be done where the focus is, as `group: Verb`, found by typing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textual import on

from aigw_dev.tui.frame.top_line import ROOMS
from aigw_dev.tui.widgets.picker import Option, Picker
from aigw_dev.tui.widgets.table import Table

if TYPE_CHECKING:
    from textual.app import App
    from textual.dom import DOMNode

    from aigw_dev.tui.look import Look


@dataclass(frozen=True, slots=True)
class Deed:
    """One entry: an action of a node."""

    label: str
    key: str
    help: str
    action: str
    node: "DOMNode"


def deeds(app: "App[Any]") -> list[Deed]:
    """What the keys do here: first what the key bar shows, most local first, then the rest, the screens and the themes."""
    found: dict[str, Deed] = {}
    active = sorted(app.screen.active_bindings.values(), key=lambda one: not one.binding.show)
    for node, binding, is_enabled, tooltip in active:
        if not is_enabled or not binding.id or not binding.description:
            continue
        group = binding.id.partition(".")[0]
        label = f"{group}: {binding.description}"
        found.setdefault(label, Deed(label, app.get_key_display(binding), tooltip, binding.action, node))
    for room, title, _ in ROOMS:
        found.pop(f"app: {title}", None)
        found[f"go: {title}"] = Deed(f"go: {title}", "", f"The {title} screen.", f"room('{room}')", app)
    found["app.theme"] = Deed("view: Theme", "", "Other colours.", "theme", app)
    found["app.picture"] = Deed("view: Screenshot", "", "Save the screen as SVG.", "picture", app)
    return list(found.values())


def open_palette(app: "App[Any]", look: "Look") -> None:
    """Ask, then do it."""
    listed = deeds(app)
    options = [
        Option(
            value=str(at),
            label=deed.label,
            detail=f"{deed.key}  {deed.help if deed.help not in deed.label else ''}".strip(),
        )
        for at, deed in enumerate(listed)
    ]

    async def then(value: str | None) -> None:
        if value is not None:
            deed = listed[int(value)]
            await app.run_action(deed.action, deed.node)

    app.push_screen(Picker("Actions", options, look, note="what would you do?"), then)


class ThemePicker(Picker):
    """Shows every theme while the cursor stands on it."""

    def __init__(self, app: "App[Any]", look: "Look", say: Callable[[str], None]) -> None:
        """`say` sets a theme."""
        names = sorted(name for name in app.available_themes if not name.startswith("ansi"))
        super().__init__("Theme", [Option(value=name) for name in names], look, at=app.theme)
        self._say = say

    @on(Table.Moved)
    def shown(self, event: Table.Moved) -> None:
        """Try it on."""
        if event.key:
            self._say(event.key)


def open_themes(app: "App[Any]", look: "Look") -> None:
    """Pick one; leaving brings the old one back."""
    old = app.theme

    def say(name: str) -> None:
        app.theme = name

    def then(value: str | None) -> None:
        say(value if value is not None else old)

    app.push_screen(ThemePicker(app, look, say), then)
