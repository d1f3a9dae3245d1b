"""Somebody in front of a terminal with the screens in it, who also knows what the gateway behind them says."""

import contextlib
import json
import os
import re
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

import pytest

from aigw_dev.client import AdminClient
from aigw_dev.tui.look import ASCII, UNICODE
from tests.e2e.tmux import Tmux

AIGW: Final = (sys.executable, "-m", "aigw_dev")
_SIGNS: Final = str.maketrans(
    {
        sign: getattr(ASCII, field.name)
        for field in fields(UNICODE)
        if len(sign := getattr(UNICODE, field.name)) == 1 and not sign.isascii()
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A terminal and how the screens are drawn in it."""

    name: str
    size: tuple[int, int]
    is_ascii: bool = False
    is_colour: bool = True
    words: tuple[str, ...] = ()
    """Of the command, behind `aigw-dev`."""

    @property
    def is_narrow(self) -> bool:
        """Parameters and lists lie over the rest."""
        return self.size[0] < 100


class Seat:
    """One folder, one home, one gateway, one terminal at a time."""

    def __init__(self, folder: Path, kind: Kind, until: Callable[..., None]) -> None:
        """Everything is empty; `open` starts the program."""
        self.kind, self.until = kind, until
        self.home, self.work, self.state = (folder / name for name in ("home", "work", "state"))
        for place in (self.home, self.work, self.state):
            place.mkdir(mode=0o700)
        self.record = folder / "terminal"
        self.terminals: list[Tmux] = []
        self._pids: set[int] = set()

    @property
    def at(self) -> Tmux:
        """The terminal."""
        return self.terminals[-1]

    def open(self, *words: str) -> None:
        """`aigw-dev` with these words, or those of the kind, in a new terminal."""
        if self.terminals:
            self.at.close()
        env = {
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "XDG_DATA_HOME": str(self.home / ".local/share"),
            "XDG_STATE_HOME": str(self.home / ".local/state"),
            "XDG_CACHE_HOME": str(self.home / ".cache"),
            "AIGW_DEV_HOME": str(self.state),
            "LC_ALL": "C.UTF-8",
            "PYTHONPATH": os.pathsep.join(sys.path),
        } | ({} if self.kind.is_colour else {"NO_COLOR": "1"})
        self.terminals.append(
            Tmux(
                [*AIGW, *(words or self.kind.words)],
                size=self.kind.size,
                env=env,
                cwd=self.work,
                until=self.until,
                record=self.record,
            )
        )

    def config(self, text: str) -> Path:
        """Put a config into the folder."""
        path = self.work / "aigw-dev.yaml"
        path.write_text(text, "utf-8")
        return path

    def close(self) -> None:
        """Nothing is left running."""
        for terminal in self.terminals:
            terminal.close()
        self.running()
        for pid in self._pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    # the gateway behind it

    def running(self) -> dict[str, Any] | None:
        """What the gateway has published; None while none runs."""
        for path in self.state.glob("gateways/*/running.json"):
            with contextlib.suppress(OSError, ValueError):
                found = json.loads(path.read_text("utf-8"))
                if is_alive(found["pid"]):
                    self._pids.add(found["pid"])
                    return found
        return None

    def gateway(self) -> dict[str, Any]:
        """As `running`, waited for."""
        self.until(lambda: self.running() is not None, timeout_s=20, what="a gateway runs")
        found = self.running()
        assert found is not None
        return found

    def ask(self, question: Callable[[AdminClient], Any]) -> Any:
        """One question to the admin API."""
        token = (self.state / "admin.token").read_text("utf-8").strip()
        with AdminClient(self.gateway()["url"], token) as client:
            return question(client)

    def told(self, question: Callable[[AdminClient], Any], what: str) -> Any:
        """The first true answer: what a key did reaches the gateway a moment later."""
        answer: Any = None

        def holds() -> bool:
            nonlocal answer
            answer = self.ask(question)
            return bool(answer)

        self.until(holds, timeout_s=20, what=what)
        return answer

    # what a person does and sees

    def draws(self, pattern: str) -> str:
        """A pattern with our signs, as this terminal shows them."""
        if not self.kind.is_ascii:
            return pattern
        pattern = pattern.replace("→", "-?>")  # the glyph is one cell, an arrow in running text is two
        return "".join(char if char.isascii() else re.escape(char.translate(_SIGNS)) for char in pattern)

    def sees(self, *patterns: str, timeout: float = 20.0) -> str:
        """Wait for these patterns, written with our signs."""
        return self.at.sees(*map(self.draws, patterns), timeout=timeout)

    def asks(self, key: str, *patterns: str) -> None:
        """A key that opens something, and what is seen then."""
        self.at.key(key)
        self.sees(*patterns)

    def writes(self, words: str, *patterns: str) -> None:
        """Text into the field that has the keys, and what is seen then; else the text."""
        self.at.type(words)
        self.sees(*(patterns or (re.escape(words),)))

    def next_field(self) -> None:
        """Tab, waited for by the cursor, or by what marks a field without one."""
        before = self._marks()
        self.at.key("tab")
        try:
            self.until(lambda: self._marks() != before, timeout_s=10)
        except pytest.fail.Exception as error:
            raise AssertionError(f"no other field has the keys\n{before[1]}") from error

    def types_at(self, pattern: str) -> None:
        """Wait until the cursor stands where the screen shows `pattern`: a field that is empty yet."""

        def holds() -> bool:
            (column, row), (shown_column, shown_row) = self.at.cursor(), self.at.place_of(pattern)
            return (
                row == shown_row and abs(column - shown_column) <= 1
            )  # Textual counts the field's padding twice

        self.until(holds, timeout_s=10, what=f"the field {pattern!r} has the keys")

    def jumps_below(self, label: str) -> None:
        """By the letter that `^o` puts on the field below `label`."""
        self.at.key("^o")
        pattern = rf"{label}[^\n]*\n\W+([a-z]) "
        found = re.search(pattern, self.at.sees(pattern))
        assert found is not None
        self.at.key(found[1])
        self.at.gone(pattern)

    def answers(self, title: str, key: str = "enter") -> None:
        """Accept a form, until it is closed."""
        self.at.key(key)
        self.at.gone(title)

    def goes(self, digit: str, name: str) -> None:
        """Another screen."""
        self.at.key(digit)
        self.sees(rf"\[{digit} {name}")

    def _marks(self) -> tuple[tuple[int, int], str]:
        return self.at.cursor(), self.at.screen(styled=True)

    def lit(self, on: str, *off: str) -> None:
        """The node `on` is on the path, the nodes `off` are not. A node is named by its first words."""
        glyphs = ASCII if self.kind.is_ascii else UNICODE
        signs = "[" + re.escape(glyphs.diamond + glyphs.square + glyphs.pointer) + "]"
        lit = rf"(?:{glyphs.path}{signs}|{glyphs.thick[-1]}) "
        unlit = rf"(?: {signs}|{re.escape(glyphs.round[-1])}) "
        self.at.sees(lit + on, *(unlit + words for words in off))


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and was not collected does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return True
