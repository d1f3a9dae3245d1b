"""Providers added, edited, renamed and deleted in the config; each step can be taken back."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec import Struct

from aigw_dev.client import AdminClient
from aigw_dev.tui.providers import edits
from aigw_dev.tui.providers.board import ProviderLine
from aigw_dev.tui.providers.host import Host
from aigw_dev.tui.widgets.form import Field, Form
from aigw_dev.tui.widgets.picker import Option, Picker

_MOST_STEPS: Final = 50


class Step(Struct, frozen=True, kw_only=True):
    """One change that was made."""

    title: str
    text: str
    """The config before it; empty where there was no file."""
    digest: str
    """Of the config after it: while it is still so, `text` is written back as it was, comments and all."""
    back: list[edits.Change]
    """What takes it back where the config has changed again since."""


class ConfigDesk:
    """The part of the screen that writes providers into the config."""

    def __init__(self, host: Host) -> None:
        """Writes nothing by itself."""
        self._host: Final = host
        self._done: list[Step] = []
        self._undone: list[Step] = []
        self.kinds: list[dict[str, Any]] = []

    @property
    def can_undo(self) -> bool:
        """There is something to take back."""
        return bool(self._done)

    def add(self, then: Callable[[str], None]) -> None:
        """Pick a kind, fill in the form, write it; `then` gets the new name when it is on the screen."""
        host = self._host

        def arrived(name: str) -> None:
            host.select(name)
            then(name)

        def filled(kind: Mapping[str, Any]) -> Callable[[dict[str, Any] | None], None]:
            def write(values: dict[str, Any] | None) -> None:
                if values is not None:
                    name = str(values["name"])
                    changes = edits.add_changes(kind, values)
                    self.apply(changes, f"Added {name}", then=lambda: arrived(name))

            return write

        def picked(name: str | None) -> None:
            kind = next((one for one in self.kinds if one["name"] == name), None)
            if kind is not None:
                taken = [line.name for line in host.board.providers]
                note = _about(kind)
                form = Form(f"Add {kind['name']}", edits.add_fields(kind, taken), host.shell.look, note=note)
                host.app.push_screen(form, filled(kind))

        def offer(kinds: list[dict[str, Any]]) -> None:
            self.kinds = kinds
            options = [_kind_option(kind) for kind in kinds if kind["name"] != "mock"]
            host.app.push_screen(
                Picker(f"Add a provider: {len(options)} kinds", options, host.shell.look, note="name of a vendor or server"), picked
            )  # fmt: skip

        if self.kinds:
            offer(self.kinds)
        else:
            host.shell.link.ask(
                host.node, lambda client: list(client.kinds()), offer, failed=host.refuse, group="kinds"
            )

    def edit(self, line: ProviderLine) -> None:
        """Every setting in a form; only what differs is written."""
        host = self._host

        def write(values: dict[str, Any] | None) -> None:
            if values is None:
                return
            changes = edits.edit_changes(line, values)
            if not changes:
                host.shell.toast("Nothing changed")
                return
            names = ", ".join(str(change["path"][2]) for change in changes)
            self.apply(changes, f"Changed {line.name}", said=names)

        host.app.push_screen(Form(f"Edit {line.name}", edits.edit_fields(line), host.shell.look), write)

    def rename(self, line: ProviderLine) -> None:
        """Another name, also in every route that sends to it."""
        host = self._host
        taken = [other.name for other in host.board.providers if other.name != line.name]
        field = Field(name="name", value=line.name, check=lambda value: edits.name_problem(value, taken))
        count = sum(use.provider == line.name for use in host.board.uses)
        note = f"{count} targets of {len(line.routes)} routes are changed with it." if count else ""

        def write(values: dict[str, Any] | None) -> None:
            to = str(values["name"]) if values is not None else line.name
            if to != line.name:
                changes = edits.rename_changes(line, to, is_default=host.board.default_provider == line.name)
                said = f"{count} targets follow" if count else ""
                self.apply(changes, f"Renamed {line.name} to {to}", said=said, then=lambda: host.select(to))

        host.app.push_screen(Form(f"Rename {line.name}", [field], host.shell.look, note=note), write)

    def remove(self, line: ProviderLine) -> None:
        """Delete at once where nothing uses it; else show which routes do."""
        host = self._host
        if not line.routes:
            self.apply(edits.remove_changes(line), f"Deleted {line.name}", said="u brings it back")
            return
        options = [Option(value=name, detail=_targets(host, name, line.name)) for name in line.routes]
        title = f"{line.name} is used by {len(options)} route{'s' * (len(options) > 1)}: enter opens one"

        def opened(route: str | None) -> None:
            if route is not None:
                host.shell.go("routes", route=route)

        host.app.push_screen(Picker(title, options, host.shell.look), opened)

    def undo(self) -> None:
        """Take the last change back."""
        self._turn(self._done, self._undone, "Undone")

    def redo(self) -> None:
        """Make it again."""
        self._turn(self._undone, self._done, "Redone")

    def apply(
        self,
        changes: list[edits.Change],
        title: str,
        *,
        said: str = "",
        then: Callable[[], None] | None = None,
    ) -> None:
        """Write `changes`, say so, show what is in force now."""
        host = self._host

        def work(client: AdminClient) -> Step:
            before = client.config()
            after = client.set_values(changes, before["digest"], title)
            text = before["text"] if before.get("path") else ""
            back = edits.inverse(changes, before.get("effective") or {})
            return Step(title=title, text=text, digest=str(after.get("digest") or ""), back=back)

        def done(step: Step) -> None:
            self._done = [*self._done[-_MOST_STEPS:], step]
            self._undone.clear()
            host.shell.toast(title, said or "u undoes it")
            places = " ".join(dict.fromkeys(".".join(map(str, change["path"][:3])) for change in changes))
            host.shell.cli(f"aigw-dev edit  # {places}")
            host.load(then)

        host.shell.link.ask(host.node, work, done, failed=host.refuse, group="write")

    def _turn(self, steps: list[Step], others: list[Step], word: str) -> None:
        host = self._host
        if not steps:
            host.shell.toast("Nothing to undo" if word == "Undone" else "Nothing to redo")
            return
        step = steps[-1]

        def work(client: AdminClient) -> Step:
            now = client.config()
            note = f"{word.lower()}: {step.title}"
            if step.text and now["digest"] == step.digest:
                client.put_config(step.text, digest=now["digest"], note=note)
            else:
                client.set_values(step.back, now["digest"], note)
            again = edits.inverse(step.back, now.get("effective") or {})
            digest = str(client.config()["digest"])
            return Step(title=step.title, text=now["text"], digest=digest, back=again)

        def done(turned: Step) -> None:
            steps.remove(step)
            others.append(turned)
            host.shell.toast(
                f"{word}: {step.title}", "U makes it again" if word == "Undone" else "u undoes it"
            )
            host.load()

        host.shell.link.ask(host.node, work, done, failed=host.refuse, group="write")


def _kind_option(kind: Mapping[str, Any]) -> Option:
    from aigw_dev.core.providers import KINDS

    name = str(kind["name"])
    known = KINDS.get(name)
    host = str(kind.get("base_url") or "").partition("://")[2].partition("/")[0]
    return Option(value=name, detail=known.title if known is not None else host)


def _about(kind: Mapping[str, Any]) -> str:
    words = [f"Speaks {kind['dialect']}." if kind.get("dialect") else ""]
    if kind.get("needs_key"):
        words.append("Its key is asked for next and goes into the keyring, never into the file.")
        if kind.get("variable"):
            words.append(f"{kind['variable']} is used where it is set.")
    else:
        words.append("It needs no key.")
    return " ".join(word for word in words if word)


def _targets(host: Host, route: str, provider: str) -> str:
    models = [use.model for use in host.board.uses if (use.route, use.provider) == (route, provider)]
    return ", ".join(dict.fromkeys(models))
