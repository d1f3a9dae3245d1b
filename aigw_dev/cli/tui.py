"""`aigw-dev tui` (also bare `aigw-dev` and `up --tui`): the screens over the gateway of this config.

Attaches to the gateway that runs, else starts one in a process of its own while the screens are already there, and
stops that one when they close.
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from aigw_dev.cli import output
from aigw_dev.cli.context import Context
from aigw_dev.cli.exits import DONE, USAGE, CommandError
from aigw_dev.cli.place import URL_VARIABLE, Place
from aigw_dev.core import harmless
from aigw_dev.secrets.running import RunningInfo, list_running, read_running

if TYPE_CHECKING:
    from aigw_dev.tui.settings import Told
    from aigw_dev.tui.shell import Choice, Opening

_BUILT_IN: Final = "built-in default"
AGAIN: Final = -1
"""What the app returns when another gateway was picked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TuiOptions:
    """How the screens are shown."""

    keys: Annotated[bool, typer.Option("--keys", help="List every key with its action id, and end.")] = False
    ascii: Annotated[bool, typer.Option("--ascii", help="Draw with ASCII characters only.")] = False
    no_mouse: Annotated[
        bool,
        typer.Option("--no-mouse", help="Leave the mouse to the terminal: selecting text works as usual."),
    ] = False
    demo: Annotated[
        bool,
        typer.Option(
            "--demo", help="Show a gateway of its own with generated traffic; nothing of yours is touched."
        ),
    ] = False
    web: Annotated[
        bool, typer.Option("--web", help="Serve the screens to a browser on this machine, behind a token.")
    ] = False


def tui(context: Context, options: TuiOptions) -> int:
    """Open the screens: dashboard, routes, chat, logs, providers.

    Attaches to the running gateway, or starts one and stops it at the end. `?` shows every key.
    """
    told = _settings(context)
    if options.keys:
        return _print_keys(context, told)
    if options.web:
        from aigw_dev.cli.tui_web import serve

        return serve(context, is_ascii=options.ascii, is_demo=options.demo)
    _require_terminal()
    if options.demo:
        from aigw_dev.cli.demo import demo_opening

        with demo_opening(context) as opening:
            return show(opening, told, options)
    return _attached(Session(Place(context)), told, options)


def over_up(context: Context, *, port: int | None, host: str | None) -> int:
    """`up --tui`: the same, with what `up` was told about where to listen."""
    _require_terminal()
    return _attached(Session(Place(context), port=port, host=host), _settings(context), TuiOptions())


def _attached(session: "Session", told: "Told", options: TuiOptions) -> int:
    from aigw_dev.cli.temporary import ended_by_signals

    with _ended_with_the_terminal(session), ended_by_signals():
        try:
            return show(session.opening(), told, options)
        finally:
            session.close()


@contextlib.contextmanager
def _ended_with_the_terminal(session: "Session") -> Generator[None]:
    """Where the terminal is closed, what was started for it goes too, and so does this process, at once.

    A thread of its own waits for that: the main one hangs, as Textual's writer waits for a terminal that takes nothing
    any more. What the screens remember is written every second.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows ends the process by itself
        yield
        return

    def wait() -> None:
        signal.sigwait({signal.SIGHUP})
        try:
            session.close()
        finally:
            os._exit(128 + signal.SIGHUP)

    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    threading.Thread(target=wait, name="terminal", daemon=True).start()
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _require_terminal() -> None:
    if "TEXTUAL_DRIVER" in os.environ:  # `--web` runs this command behind a page
        return
    if not (output.is_terminal(sys.stdin) and output.is_terminal(sys.__stdout__)):
        raise CommandError(
            "The screens need a terminal.",
            hint="`aigw-dev status`, `logs tail`, `stats` and `routes show` print the same; `tui --web` serves a browser.",
            exit_code=USAGE,
        )


def show(opening: "Opening", told: "Told", options: TuiOptions) -> int:
    """Run the app, again for every other gateway that is picked; the exit code."""
    from aigw_dev.tui.app import AigwApp
    from aigw_dev.tui.look import find_look

    settings = told.settings
    look = find_look(
        os.environ,
        is_ascii=options.ascii or settings.ascii,
        has_mouse=settings.mouse and not options.no_mouse,
    )
    problems = told.problems
    while True:
        app = AigwApp(opening, look=look, settings=settings, problems=problems)
        code = app.run(mouse=look.has_mouse)
        if code != AGAIN or app.next_opening is None:
            return code if code is not None else app.return_code or DONE
        opening, problems = app.next_opening, ()


class Session:
    """The gateway behind the screens: found, or started and ours to stop."""

    def __init__(self, place: Place, *, port: int | None = None, host: str | None = None) -> None:
        self._place = place
        self._port, self._host = port, host
        self._own: RunningInfo | None = None

    def opening(self) -> "Opening":
        """Of the gateway that runs; without one an opening without an address, which `start` fills."""
        place = self._place
        url = place.env.get(URL_VARIABLE, "").strip()
        if url:
            return _opening(place, name=url.rpartition("/")[2], url=url, config="", start=None)
        running = place.running()
        if running is not None:
            return _of(place, running, start=self.start)
        name = place.reading.config.gateway.name if place.reading.config is not None else ""
        return _opening(place, name=name or "aigw-dev", url="", config=_config(place), start=self.start)

    def start(self) -> "Opening":
        """Start the gateway of this config; ours to stop from then on."""
        from aigw_dev.cli.detached import start_detached

        place = self._place = Place(self._place.context)  # the config may have been mended meanwhile
        running = place.running()
        if running is None:
            reading = place.reading
            if reading.config is None:
                said = "\n".join(problem.text() for problem in reading.problems)
                raise CommandError(said, code="config_invalid", hint="`aigw-dev edit` opens it.")
            folder = place.home.gateway_dir(place.source.path, place.source.name(reading.config))
            running = self._own = start_detached(place.context, folder, port=self._port, host=self._host)
        return _of(place, running, start=self.start)

    def close(self) -> None:
        """Stop what was started here."""
        if self._own is None:
            return
        from aigw_dev.cli.stopping import stop

        running = next(
            (one for one in list_running(self._place.home) if one.pid == self._own.pid),
            read_running(Path(self._own.folder)),
        )
        if running is not None:
            with contextlib.suppress(OSError):  # nobody reads it where the terminal was closed
                output.note(
                    f"stopping {harmless.line(running.name)} at {running.url}, which the screens had started"
                )
            stop(self._place, running)


def _of(place: Place, running: RunningInfo, *, start: "Callable[[], Opening] | None") -> "Opening":
    return _opening(
        place, name=running.name, url=running.url, config=running.config_path or _BUILT_IN, start=start
    )


def _opening(
    place: Place, *, name: str, url: str, config: str, start: "Callable[[], Opening] | None"
) -> "Opening":
    from aigw_dev.tui.shell import Opening

    home = place.home
    return Opening(
        name=name,
        url=url,
        admin_token=home.admin_token(),
        token=home.token(),
        memory_path=home.ready() / "tui" / f"{memory_name(config or url)}.json",
        config_path=config,
        editor=_words(place, "VISUAL", "EDITOR"),
        pager=_words(place, "PAGER"),
        gateways=lambda: [_choice(one) for one in list_running(home)],
        attach=lambda choice: _opening(
            place, name=choice.name, url=choice.url, config=choice.config, start=start
        ),
        start=start,
    )


def _choice(running: RunningInfo) -> "Choice":
    from aigw_dev.tui.shell import Choice

    return Choice(name=running.name, url=running.url, config=running.config_path or _BUILT_IN)


def _config(place: Place) -> str:
    return str(place.source.path or _BUILT_IN)


def memory_name(text: str) -> str:
    """A file name for a config's path or an address: readable, and one per config."""
    import hashlib
    import re

    tail = re.sub(r"[^A-Za-z0-9]+", "-", text)[-40:].strip("-") or "gateway"
    return f"{tail}-{hashlib.blake2b(text.encode(), digest_size=4).hexdigest()}"


def _words(place: Place, *variables: str) -> tuple[str, ...]:
    import shlex

    for variable in variables:
        named = place.env.get(variable, "").strip()
        if named:
            return tuple(shlex.split(named, posix=os.name != "nt"))
    return ()


def _settings(context: Context) -> "Told":
    from aigw_dev.tui.settings import FILE, read_settings

    return read_settings(context.user_config_dir() / FILE)


def _print_keys(context: Context, told: "Told") -> int:
    """The table of actions, with the keys in force and what is wrong with tui.yaml."""
    from aigw_dev.tui.key_list import all_actions
    from aigw_dev.tui.keymap import problems

    actions = all_actions()
    keymap = told.settings.keymap
    wrong = [*told.problems, *problems(keymap, actions)]
    rows = [
        {
            "id": one.id,
            "keys": keymap.get(one.id, one.keys),
            "default": one.keys,
            "label": one.label,
            "help": one.help,
        }
        for one in actions
    ]
    if context.is_json:
        output.print_json({"keys": rows, "problems": wrong})
    else:
        output.table(["ACTION", "KEYS", "DOES"], [[row["id"], row["keys"], row["help"]] for row in rows])
        for said in wrong:
            output.note(harmless.line(said))
    return USAGE if wrong else DONE
