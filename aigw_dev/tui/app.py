"""The app: five screens over one gateway, and what is the same on all of them."""

import contextlib
import io
import os
import signal
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from rich.text import Text
from textual.app import App
from textual.binding import Binding
from textual.filter import LineFilter
from textual.widget import Widget
from textual.widgets import Input, TextArea

from aigw_dev.client import AdminClient
from aigw_dev.core import harmless
from aigw_dev.tui import clipboard, theme
from aigw_dev.tui.ascii_filter import AsciiFilter
from aigw_dev.tui.frame import app_keys
from aigw_dev.tui.frame.command_line import CommandLine
from aigw_dev.tui.frame.help import key_rows
from aigw_dev.tui.frame.jump import Jump
from aigw_dev.tui.link import Link
from aigw_dev.tui.look import Look
from aigw_dev.tui.memory import Memory
from aigw_dev.tui.palette import open_palette, open_themes
from aigw_dev.tui.room import Room
from aigw_dev.tui.settings import Settings
from aigw_dev.tui.shell import Opening, Severity, Shell
from aigw_dev.tui.watch import Watch
from aigw_dev.tui.widgets.viewer import Viewer

SAVE_S: Final = 1.0
TWICE_S: Final = 1.0
"""Within this, a second ctrl-C quits."""
_THREADS: Final = 24
_KEY_NAMES: Final = {"⏎": "enter", "⌫": "bksp", "↑": "up", "↓": "down", "←": "left", "→": "right"}
"""Signs that Textual shows keys by, one cell each: they have no ASCII sign as wide."""
_SECONDS: Final = {"information": 4.0, "warning": 6.0, "error": 20.0}


class AigwApp(App[int]):
    """Returns 0 when it was quit."""

    TITLE = "aigw-dev"
    AUTO_FOCUS = None
    ENABLE_COMMAND_PALETTE = False
    CSS = """
    Toast { max-width: 70; padding: 0 1; }
    ToastRack { margin-bottom: 2; }
    """
    BINDINGS = app_keys.BINDINGS

    def __init__(
        self, opening: Opening, *, look: Look, settings: Settings, problems: tuple[str, ...] = ()
    ) -> None:
        """Connects to nothing before it runs. `problems` are those of tui.yaml, shown at the start."""
        if not look.is_colour:
            os.environ["NO_COLOR"] = (
                "1"  # Textual takes it out again, and leaves only bold, reverse and underline
            )
        super().__init__(ansi_color=not look.is_colour)
        self.shell: Final = Shell(
            opening=opening,
            link=_link(opening),
            look=look,
            memory=Memory(opening.memory_path),
            settings=settings,
            ways=self,
        )
        self.watch_gateway: Final = Watch(self, self.shell, lambda: list(self._rooms.values()))
        self._ascii = AsciiFilter(is_strict=look.is_strict)
        self._problems = problems
        self._last_error = ""
        self._cancelled_at = 0.0
        self._previous = ""
        self._kept = self.shell.memory.encoded()
        self._here = ""
        self._rooms: dict[str, Room] = {}
        self._copied_text = ""

    # life

    def on_mount(self) -> None:
        """Themes, keys, the first screen."""
        import asyncio

        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(_THREADS, "tui"))
        for name in ("SIGTERM", "SIGHUP"):  # a closed window ends it like `q`
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError, AttributeError):
                loop.add_signal_handler(getattr(signal, name), self.exit, 0)
        for one in theme.OURS:
            self.register_theme(one)
        self._set_theme()
        self._use_keymap()
        kept = self.shell.memory.room("app")
        self.go(self.shell.opening.room or str(kept.get("room", "")) or "dashboard")
        self.set_interval(SAVE_S, self._save)
        self.watch_gateway.begin()

    def on_unmount(self) -> None:
        """Keep what there is to keep; by now the screens are taken apart."""
        self.shell.memory.save(self._kept)
        self.shell.link.close()

    def exit(self, result: int | None = None, return_code: int = 0, message: Any = None) -> None:
        """Remember how the screens stand, and go."""
        if self._rooms:
            self._kept = self._remembered()
        super().exit(result, return_code, message)

    def _use_keymap(self) -> None:
        """A person's keys, unless they would break others; then ours hold and it is said why."""
        wrong = list(self._problems)
        keymap = dict(self.shell.settings.keymap)
        if keymap:
            from aigw_dev.tui.key_list import all_actions
            from aigw_dev.tui.keymap import problems

            conflicts = problems(keymap, all_actions())
            wrong += conflicts
            if not conflicts:
                self.set_keymap(keymap)
        if wrong:
            self.notify("\n".join(wrong), title="tui.yaml", severity="error")

    def _set_theme(self) -> None:
        wanted = (
            str(self.shell.memory.room("app").get("theme", "")) or self.shell.settings.theme or theme.DEFAULT
        )
        if not self.shell.look.is_colour:
            wanted = theme.NO_COLOUR
        self.theme = wanted if wanted in self.available_themes else theme.DEFAULT

    def _fatal_error(self) -> None:
        """A crash: where it happened, without the values, among which are tokens and what was said."""
        traceback.print_exc(file=(told := io.StringIO()))
        self._exit_renderables.append(Text(harmless.block(told.getvalue())))
        self._close_messages_no_wait()

    # ways of screens (shell.Ways)

    def go(self, room: str, **place: Any) -> None:
        """Show another screen, at a place."""
        screen = self._rooms.get(room)
        if screen is None:
            screen = _make(room, self.shell)
            self.add_room(screen)
        if room != self._here:
            self._previous, self._here = self._here, room
            self.switch_mode(room)
        if place:
            screen.call_later(screen.open_at, **place)

    def add_room(self, screen: Room) -> None:
        """A screen is made when it is first wanted: starting shows one, not five."""
        self._rooms[screen.ROOM] = screen
        self.add_mode(screen.ROOM, lambda: screen)

    def toast(self, title: str, text: str = "", severity: Severity = "information") -> None:
        """Say what happened."""
        self.notify(text, title=title, severity=severity)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: Severity = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Harmless and without markup, whoever calls; errors are kept for `!`."""
        del markup
        said, head = harmless.block(message), harmless.line(title)
        if severity == "error":
            self._last_error = f"{head}\n\n{said}".strip()
        super().notify(
            said, title=head, severity=severity, timeout=timeout or _SECONDS[severity], markup=False
        )

    def copy_text(self, text: str, what: str) -> None:
        """Copy in a thread; say by which way it went."""
        folder = self.shell.memory.folder
        if self.is_web:  # the browser's clipboard is meant, not this machine's
            self.copy_to_clipboard(text)
            self.notify("sent to the browser", title=f"Copy {what} ({len(text):,} characters)")
            return

        def work(_: AdminClient) -> tuple[bool, str]:
            return clipboard.copy(text, env=os.environ, send_osc52=self._osc52, folder=folder)

        def then(done: tuple[bool, str]) -> None:
            is_sure, how = done
            self.notify(how, title=f"{'Copied' if is_sure else 'Copy'} {what} ({len(text):,} characters)")

        self.shell.link.ask(self, work, then, is_local=True)

    def _osc52(self, text: str) -> None:
        self.call_from_thread(self.copy_to_clipboard, text)

    def show_command(self, words: str) -> None:
        """Above the key bar of the screen that is shown, behind what stands in front of it."""
        shown = next((one for one in reversed(self.screen_stack) if not one.is_modal), self.screen)
        for line in shown.query(CommandLine):
            line.show(words)

    # actions

    def action_copy_command(self) -> None:
        """The one above the key bar."""
        words = next((line.words for line in self.screen.query(CommandLine)), "")
        if words:
            self.copy_text(words, "the command")
        else:
            self.toast("No command yet", "it stands above the keys once something was done")

    def action_room(self, room: str) -> None:
        """A digit."""
        self.go(room)

    def action_previous(self) -> None:
        """As `cd -`."""
        if self._previous:
            self.go(self._previous)

    def action_help(self) -> None:
        """What works here."""
        self.push_screen(
            Viewer("Keys", key_rows(self.screen, Viewer.cells(self.size.width)), copy=self.copy_text)
        )

    def action_jump(self) -> None:
        """Letters on everything."""

        def then(widget: Widget | None) -> None:
            if widget is not None:
                widget.focus()

        self.push_screen(Jump(self.screen), then)

    def action_last_error(self) -> None:
        """Read it again."""
        if self._last_error:
            self.push_screen(Viewer("Last error", self._last_error, copy=self.copy_text))
        else:
            self.toast("No error so far")

    def action_cancel(self) -> None:
        """Copies a selection; a second time within a second quits."""
        now = time.monotonic()
        selected = self.screen.get_selected_text()
        if selected:
            self.copy_text(selected, "the selection")
            return
        if now - self._cancelled_at < TWICE_S:
            self.exit(0)
            return
        self._cancelled_at = now
        self.notify("once more quits", title="ctrl-C", timeout=TWICE_S)

    async def action_quit(self) -> None:
        """Leave with 0."""
        self.exit(0)

    def action_gateways(self) -> None:
        """Pick another running gateway."""
        from aigw_dev.tui.frame.gateways import pick

        pick(self, self.shell)

    def action_settings(self) -> None:
        """The gateway's own settings."""
        from aigw_dev.tui.frame.gateway_settings import open_settings

        open_settings(self, self.shell)

    def action_faults(self) -> None:
        """What breaks on purpose."""
        from aigw_dev.tui.frame.faults import open_faults

        open_faults(self, self.shell)

    def action_palette(self) -> None:
        """Find an action by name."""
        open_palette(self, self.shell.look)

    def action_theme(self) -> None:
        """Other colours, tried on while choosing."""
        open_themes(self, self.shell.look)

    def action_picture(self) -> None:
        """The screen as SVG, in the working directory."""
        self.set_timer(0.1, lambda: self.toast("Saved", self.save_screenshot()))

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Ours comes last: in ASCII mode nothing else reaches the terminal."""
        filters = super().get_line_filters()
        return [*filters, self._ascii] if self.shell.look.is_ascii else filters

    def get_key_display(self, binding: Binding) -> str:
        """As Textual shows a key; in ASCII mode by its name."""
        shown = super().get_key_display(binding)
        if not self.shell.look.is_ascii:
            return shown
        for sign, name in _KEY_NAMES.items():
            shown = shown.replace(sign, name)
        return shown

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Digits and letters belong to a text field while it has the focus; behind a modal nothing happens."""
        if (
            action in {"room", "previous", "quit", "settings", "gateways", "palette", "jump", "faults"}
            and self.screen.is_modal
        ):
            return False
        is_typing = isinstance(self.focused, Input | TextArea)
        return not (
            is_typing and action in {"room", "previous", "quit", "help", "last_error", "copy_command"}
        )

    # the gateway

    def attach(self, opening: Opening) -> None:
        """Another gateway: the same screens, begun anew."""
        self.exit(result=-1)
        self.next_opening = opening

    next_opening: Opening | None = None
    """Set by `attach`: the caller runs a new app with it."""

    def start_gateway(self) -> None:
        """Start this config's gateway, in a thread; the screens are there meanwhile."""
        self.watch_gateway.start()

    # memory

    def _remembered(self) -> bytes:
        memory = self.shell.memory
        memory.put("app", {"room": self._here, "theme": self.theme})
        for name, room in self._rooms.items():
            if room.is_recalled:
                memory.put(name, room.remember())
        return memory.encoded()

    def _save(self) -> None:
        content = self._kept = self._remembered()
        self.run_worker(lambda: self.shell.memory.save(content), thread=True, group="save", exclusive=True)


def _link(opening: Opening) -> Link:
    return Link(
        opening.url, admin_token=opening.admin_token, token=opening.token, transport=opening.transport
    )


def _make(room: str, shell: Shell) -> Room:
    """Import and make a screen."""
    import importlib

    module = importlib.import_module(f"aigw_dev.tui.screens.{room}")
    made: Callable[[Shell], Room] = getattr(module, f"{room.capitalize()}Room")
    return made(shell)
