"""The Providers screen: who there is, with which keys, whether they answer, which models they have, who uses them."""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, cast

from msgspec import convert, to_builtins
from textual import on
from textual.app import App
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.widget import Widget

from aigw_dev.client import AdminClient
from aigw_dev.core.errors import GatewayError
from aigw_dev.tui.providers import show
from aigw_dev.tui.providers.board import Board, Health, KeyLine, ProviderLine, read_board
from aigw_dev.tui.providers.config_desk import ConfigDesk
from aigw_dev.tui.providers.key_desk import KeyDesk
from aigw_dev.tui.providers.panes import NARROW, Panes
from aigw_dev.tui.providers.spend import Spent
from aigw_dev.tui.providers.trial_desk import TrialDesk
from aigw_dev.tui.room import Room
from aigw_dev.tui.shell import Shell
from aigw_dev.tui.widgets.table import Table


class ProvidersRoom(Room):
    """List at the left; details, keys and the last test at the right."""

    ROOM: ClassVar[str] = "providers"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "add", "Add", id="providers.add", tooltip="Add a provider from a template."),
        Binding("e", "edit", "Edit", id="providers.edit", tooltip="Base URL, headers, timeouts, models, proxy, usage, auth."),
        Binding("K", "key", "Key", id="providers.key", tooltip="Set or rotate a key; it goes into the OS keyring."),
        Binding("t", "test", "Test", id="providers.test", tooltip="Ask the provider, without spending."),
        Binding("T", "test_all", "Test all", id="providers.test_all", tooltip="Ask every provider, without spending."),
        Binding("dollar_sign", "spend", "1 token", id="providers.spend", tooltip="One real call with one token of answer; you pick the model and see its price first."),
        Binding("m", "models", "Models", id="providers.models", tooltip="Browse its models."),
        Binding("X", "examples", "Examples", id="providers.examples", tooltip="How to call it: cURL, Python, Node."),
        Binding("I", "import", "Import", id="providers.import", tooltip="Store keys that stand in the gateway's environment."),
        Binding("l", "logs", "Logs", show=False, id="providers.logs", tooltip="The log entries of this provider."),
        Binding("R", "rename", "Rename", show=False, id="providers.rename", tooltip="Another name, also in the routes."),
        Binding("u,ctrl+z", "undo", "Undo", show=False, id="providers.undo", tooltip="Take the last change of the config back."),
        Binding("U,ctrl+y", "redo", "Redo", show=False, id="providers.redo", tooltip="Make it again."),
        Binding("n", "problem(1)", "Next problem", show=False, id="providers.next", tooltip="The next provider that cannot be used."),
        Binding("N", "problem(-1)", "Previous problem", show=False, id="providers.previous", tooltip="The one before."),
    ]  # fmt: skip

    def __init__(self, shell: Shell) -> None:
        """Knows nothing yet."""
        super().__init__(shell)
        self.board: Board = Board()
        self.health: dict[str, Health] = {}
        self._after_load: list[Callable[[], None]] = []
        self.spent: dict[str, Spent] = {}
        self.asking: set[str] = set()
        self.keyring: dict[str, Any] = {}
        self.traffic: dict[str, str] = {}
        """By provider, the last day in words."""
        self.is_loaded: bool = False
        """The first answer came."""
        self._wanted = ""
        """The provider to select when it comes."""
        self._here = ""
        """The provider under the cursor, also when the panes are gone already."""
        self.config_desk: ConfigDesk = ConfigDesk(self)
        self.trial_desk: TrialDesk = TrialDesk(self)
        self.key_desk: KeyDesk = KeyDesk(self, self.config_desk, self.trial_desk)

    def body(self) -> Iterable[Widget]:
        """The panes."""
        yield Panes(self.shell.look)

    @property
    def panes(self) -> Panes:
        """The body."""
        return self.query_one(Panes)

    # what the parts use (providers.host.Host)

    @property
    def node(self) -> DOMNode:
        """For `Link.ask`."""
        return self

    @property
    def app(self) -> App[object]:
        """For dialogs."""
        return cast("App[object]", super().app)

    def chosen(self) -> ProviderLine | None:
        """The provider under the cursor."""
        return self.board.find(self.panes.providers.key)

    def load(self, then: Callable[[], None] | None = None) -> None:
        """Ask for everything again; `then` runs when it is shown, also where a newer call was faster."""
        if then is not None:
            self._after_load.append(then)

        def work(client: AdminClient) -> Board:
            return read_board(
                providers=client.providers(),
                keys=client.keys(),
                routes=client.routes(),
                config=client.config(),
            )

        def done(board: Board) -> None:
            for line in board.providers:
                before = self.board.find(line.name)
                if before is not None and (before.base_url, before.key) != (line.base_url, line.key):
                    self.health.pop(line.name, None)  # it was another place, or another key
            self.board, self.is_loaded = board, True
            self.show()
            waiting, self._after_load = self._after_load, []
            for one in waiting:
                one()

        self.shell.link.ask(self, work, done, group="board")
        self.shell.link.ask(
            self, lambda client: client.keyring(), self._on_keyring, failed=lambda _: None, group="keyring"
        )
        self.shell.link.ask(self, _last_day, self._on_traffic, failed=lambda _: None, group="traffic")

    def select(self, provider: str) -> None:
        """Put the cursor on a provider, now or when it comes."""
        self._wanted = "" if self.panes.providers.move_to(provider) else provider

    def refuse(self, error: GatewayError) -> None:
        """Say what went wrong and what to do."""
        words = "\n".join(part for part in (error.message, error.hint) if part)
        self.shell.toast(error.code, words, "error")

    def show(self) -> None:
        """Paint what is known."""
        if not self.is_attached:
            return
        if self.panes.paint(self, here=self._wanted):
            self._wanted = ""
        self._here = self.panes.providers.key
        self.refresh_top()

    # Room

    def on_shown(self) -> None:
        """Ask, and give the list the keys."""
        if self.focused is None:
            self.panes.providers.focus()
        self.load()

    def on_link(self, *, is_up: bool) -> None:
        """It came back: ask again."""
        if is_up and self.is_current:
            self.load()
        elif not is_up:
            self.asking.clear()
            self.show()

    def open_at(self, **place: Any) -> None:
        """`provider=NAME`."""
        self.select(str(place.get("provider") or ""))
        self.panes.providers.focus()

    def remember(self) -> dict[str, Any]:
        """The cursor and what the last tests said, without the providers' words."""
        kept = {name: to_builtins(one) | {"reason": ""} for name, one in self.health.items() if one.is_well or one.status}  # fmt: skip
        return {"provider": self._wanted or self._here, "health": kept}

    def recall(self, kept: dict[str, Any]) -> None:
        """What fits."""
        self._wanted = str(kept.get("provider") or "")
        found = kept.get("health")
        for name, one in (found if isinstance(found, dict) else {}).items():
            try:
                self.health[str(name)] = convert(one, Health)
            except ValueError:
                continue

    def top_words(self) -> str:
        """Where keys live; at 80 columns that stands below the list."""
        is_wide = self.app.size.width >= NARROW
        return show.keyring_words(self.keyring, self.shell.look.glyphs) if is_wide else ""

    # keys

    def why_not(self, action: str) -> str:
        """Why a key does nothing now; empty where it works."""
        action = action.removeprefix("screen.")
        if action in {"add", "test_all", "import", "undo", "redo", "problem"}:
            return ""
        line = self.chosen()
        if line is None:
            return "No provider is chosen."
        if action in {"edit", "delete", "rename"} and not line.is_written:
            return (
                f"{line.name} is built in."
                if not line.wants_key and not line.base_url
                else f"{line.name} is not in the config."
            )
        if action == "key" and not line.wants_key:
            return f"{line.name} needs no key."
        return ""

    def _line(self, action: str) -> ProviderLine | None:
        reason = self.why_not(action)
        if reason:
            self.shell.toast("Not now", reason, "warning")
            return None
        return self.chosen()

    def action_add(self) -> None:
        """From a template; its key is asked for next."""

        def added(name: str) -> None:
            line = self.board.find(name)
            if line is not None and line.wants_key and not line.is_usable and not line.is_held_back:
                self.key_desk.set(line)

        self.config_desk.add(added)

    def action_edit(self) -> None:
        """Its settings."""
        if line := self._line("edit"):
            self.config_desk.edit(line)

    def action_rename(self) -> None:
        """Its name."""
        if line := self._line("rename"):
            self.config_desk.rename(line)

    def action_delete(self) -> None:
        """The provider."""
        if line := self._line("delete"):
            self.config_desk.remove(line)

    def action_key(self) -> None:
        """Of the provider; the one under the cursor where the keys have the focus."""
        line = self._line("key")
        if line is not None:
            self.key_desk.set(line, self._key() if self.panes.keys.has_focus else None)

    def action_remove_key(self) -> None:
        """The key under the cursor."""
        if key := self._key():
            self.key_desk.remove(key)

    def action_import(self) -> None:
        """From the environment."""
        self.key_desk.import_found()

    def action_test(self) -> None:
        """One provider."""
        if line := self._line("test"):
            self.trial_desk.check([line.name])

    def action_test_all(self) -> None:
        """All of them."""
        self.trial_desk.check([line.name for line in self.board.providers])

    def action_spend(self) -> None:
        """One token."""
        if line := self._line("spend"):
            self.trial_desk.spend(line)

    def action_models(self) -> None:
        """Browse."""
        if line := self._line("models"):
            self.trial_desk.browse(line)

    def action_examples(self) -> None:
        """How to call it."""
        if line := self._line("examples"):
            self.trial_desk.examples(line)

    def action_logs(self) -> None:
        """What went through it."""
        if line := self._line("logs"):
            self.shell.cli(f"aigw-dev logs list provider:{line.name}")
            self.shell.go("logs", filter=f"provider:{line.name}")

    def action_undo(self) -> None:
        """The last change."""
        self.config_desk.undo()

    def action_redo(self) -> None:
        """Again."""
        self.config_desk.redo()

    def action_problem(self, by: int) -> None:
        """The next provider that cannot be used or failed its test."""
        names = [line.name for line in self.board.providers]
        at = names.index(self.panes.providers.key) if self.panes.providers.key in names else 0
        for step in range(1, len(names) + 1):
            line = self.board.providers[(at + by * step) % len(names)]
            tested = self.health.get(line.name)
            if not line.is_usable or (tested is not None and not tested.is_well):
                self.select(line.name)
                return
        self.shell.toast("No problem", "Every provider can be used.")

    # what is shown

    @on(Table.Moved, "#prov-list")
    def moved(self) -> None:
        """Another provider."""
        self._here = self.panes.providers.key
        self.panes.paint_chosen(self)
        self.refresh_bindings()

    @on(Table.Chosen, "#prov-list")
    def opened(self) -> None:
        """`enter` goes to its keys."""
        self.panes.keys.focus()

    @on(Table.Chosen, "#prov-keys")
    def key_opened(self) -> None:
        """`enter` on a key sets it."""
        self.action_key()

    def on_resize(self) -> None:
        """Columns and wrapping follow the width."""
        if self.is_loaded:
            self.call_after_refresh(self.show)

    def _key(self) -> KeyLine | None:
        line, name = self.chosen(), self.panes.keys.key
        return next((key for key in line.keys if key.name == name), None) if line is not None else None

    def _on_traffic(self, traffic: dict[str, str]) -> None:
        self.traffic = traffic
        self.panes.paint_chosen(self)

    def _on_keyring(self, keyring: dict[str, Any]) -> None:
        self.keyring = keyring
        self.show()


def _last_day(client: AdminClient) -> dict[str, str]:
    return show.traffic_words(client.stats(since="24h", until="", by=["provider"]))
