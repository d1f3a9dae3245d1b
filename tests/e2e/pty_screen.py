"""A terminal made of a pty and nothing else: every byte the program writes is kept, sorted into text and sequences.

The grammar is what Textual writes and no more: whatever else arrives is a stray, which `Terminal.strays` names with the
bytes around it. The screen is the grid that a terminal would show, kept only to know when to press the next key.
"""

import codecs
import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import threading
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self

from rich.cells import split_graphemes

KEYS: Final = {
    "up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "home": "\x1b[H", "end": "\x1b[F",
    "enter": "\r", "esc": "\x1b[27u", "tab": "\t", "space": " ", "backspace": "\x7f", "pageup": "\x1b[5~",
    "pagedown": "\x1b[6~", "shift+tab": "\x1b[Z", "f3": "\x1bOR", "f4": "\x1bOS",
}  # fmt: skip
PATIENCE_S: Final = 15.0

_SEQUENCE: Final = re.compile(
    r"\x1b(?:"
    r"\[(?P<csi>[0-?]*[ -/]*[@-~])"
    r"|\](?P<osc>[^\x07\x1b]*)(?:\x07|\x1b\\)"
    r"|(?P<string>[PX^_])[^\x1b]*\x1b\\"
    r"|(?P<short>[ -/]*[0-OQ-WYZ\\`-~])"
    r")"
)
_ALLOWED_CSI: Final = re.compile(
    r"[0-9;]*m"  # colours
    r"|[0-9]*;?[0-9]*H"  # the cursor goes to a place
    r"|\?(?:1000|1003|1004|1006|1015|1016|1049|2004|2026|2048|25|7)[hl]"  # modes of Textual's own driver
    r"|\?(?:2026|2048)\$p"  # what the terminal can do
    r"|>[0-9]+u|<u"  # the keyboard protocol
)
_POINTER: Final = re.compile(r"22;[a-z-]+")
"""The mouse pointer's shape, which Textual sets by the widget below it."""
_COPY: Final = re.compile(r"52;c;[A-Za-z0-9+/]*={0,2}")
"""What a person copies; the tests say when that may be."""
_BAD_CHARS: Final = re.compile(
    "[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Between sequences: Textual's own line ends are all that may come of the controls."""
_NUMBER: Final = re.compile(r"[0-9]+")
_MOST_MARKS: Final = 32
"""Characters that may stand in one cell: more is a flood."""
_TAIL: Final = 100_000
"""An unfinished sequence is waited for up to this length; then it is a stray."""


class Terminal:
    """What was written, sorted. Feed it bytes; it never fails, it notes."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size
        self.raw = bytearray()
        self.strays: list[str] = []
        """What is no part of the grammar, with what stood around it."""
        self.shapes: Counter[str] = Counter()
        """Every sequence that came: numbers of colours and places left out, those of modes kept."""
        self.copied: list[str] = []
        """What OSC 52 put into the clipboard, in base64."""
        self._decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
        self._rest = ""
        self._x = self._y = 0
        self._cells = [[" "] * size[0] for _ in range(size[1])]

    def feed(self, data: bytes) -> None:
        """More bytes, cut anywhere."""
        self.raw += data
        said = self._decoder.decode(data)
        if "\\x" in said and b"\\x" not in data:
            self._stray("bytes that are no UTF-8", said[:200])
        said, self._rest, at = self._rest + said, "", 0
        while at < len(said):
            begin = said.find("\x1b", at)
            if begin < 0:
                self._text(said[at:])
                return
            self._text(said[at:begin])
            found = _SEQUENCE.match(said, begin)
            if found is None:
                if len(said) - begin > _TAIL:
                    self._stray("an endless sequence", said[begin : begin + 80])
                    at = begin + 1
                    continue
                self._rest = said[begin:]
                return
            self._sequence(found)
            at = found.end()

    def text(self) -> str:
        """The screen's lines."""
        return "\n".join("".join(row).rstrip() for row in self._cells)

    def _sequence(self, found: re.Match[str]) -> None:
        said = found[0]
        csi = found["csi"]
        osc = found["osc"] or ""
        if _POINTER.fullmatch(osc):
            return
        if _COPY.fullmatch(osc):
            self.copied.append(osc.removeprefix("52;c;"))
            return
        if csi is None or not _ALLOWED_CSI.fullmatch(csi):
            self._stray("a sequence", said)
            return
        shape = csi if csi[0] in "?><" else _NUMBER.sub("N", csi)
        self.shapes["m" if csi[-1] == "m" else shape] += 1
        if csi[-1] == "H":
            row, _, column = csi[:-1].partition(";")
            self._y, self._x = int(row or 1) - 1, int(column or 1) - 1

    def _text(self, said: str) -> None:
        for bad in _BAD_CHARS.finditer(said):
            self._stray(f"U+{ord(bad[0]):04X}", said[max(0, bad.start() - 40) : bad.end() + 40])
        for line in re.split(r"(\r\n|\r|\n)", said):
            if line in {"\r\n", "\n", "\r"}:
                self._x = 0
                self._y += "\n" in line
            elif line:
                self._put(line)

    def _put(self, line: str) -> None:
        width, height = self.size
        if not 0 <= self._y < height:
            self._stray("text outside the screen", line[:80])
            return
        row = self._cells[self._y]
        for begin, end, cells in split_graphemes(line)[0]:
            if self._x + cells > width:
                self._stray("a line wider than the screen", line[:200])
                return
            if cells == 0:
                continue
            row[self._x] = line[begin:end][:_MOST_MARKS]
            for x in range(self._x + 1, self._x + cells):
                row[x] = ""
            self._x += cells
            if end - begin > _MOST_MARKS:
                self._stray(f"{end - begin} characters in one cell", line[begin : begin + 20])

    def _stray(self, what: str, around: str) -> None:
        if len(self.strays) < 50:
            self.strays.append(
                f"{what}: {around!r} on the screen\n{self.text()}"
                if not self.strays
                else f"{what}: {around!r}"
            )


class PtyScreen:
    """One program in one terminal. A context manager; leaving it ends what still runs."""

    def __init__(
        self, command: list[str], *, env: Mapping[str, str], cwd: Path, size: tuple[int, int] = (120, 36)
    ) -> None:
        """Starts it at once; `env` is all of its environment."""
        self.terminal = Terminal(size)
        self._changed = threading.Condition()
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=dict(env), cwd=cwd, start_new_session=True,
            close_fds=True,
        )  # fmt: skip
        os.close(slave)
        self._is_over = False
        self._reader = threading.Thread(target=self._read, name="pty", daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(PATIENCE_S)
        self._reader.join(PATIENCE_S)
        os.close(self._master)

    def key(self, *names: str) -> None:
        """Keys by name, `^x` for control, or characters."""
        for name in names:
            said = KEYS.get(name) or (chr(ord(name[1]) & 0x1F) if len(name) == 2 and name[0] == "^" else name)
            self._write(said.encode())

    def paste(self, text: str) -> None:
        """Text between the marks of a bracketed paste."""
        self._write(b"\x1b[200~" + text.encode("utf-8", "surrogatepass") + b"\x1b[201~")

    def screen(self) -> str:
        """What stands on the screen."""
        with self._changed:
            return self.terminal.text()

    def sees(self, *patterns: str, gone: str = "", timeout_s: float = PATIENCE_S) -> str:
        """Wait until every pattern is on the screen, and `gone` is not; the screen."""

        def holds() -> bool:
            shown = self.terminal.text()
            return all(re.search(one, shown) for one in patterns) and not (gone and re.search(gone, shown))

        with self._changed:
            if not self._changed.wait_for(lambda: holds() or self._is_over, timeout_s) or not holds():
                shown = self.terminal.text()
                missing = [one for one in patterns if not re.search(one, shown)]
                ended = f" (it ended with {self.process.poll()})" if self._is_over else ""
                raise AssertionError(f"never on the screen{ended}: {missing}, or still {gone!r}\n{shown}")
            return self.terminal.text()

    def ends(self) -> int:
        """Wait for its end; the exit code."""
        try:
            code = self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it does not end\n{self.screen()}") from None
        self._reader.join(PATIENCE_S)
        return code

    def _write(self, data: bytes) -> None:
        at, deadline = 0, time.monotonic() + PATIENCE_S
        while at < len(data):
            assert time.monotonic() < deadline, "the program does not read its keys"
            if select.select([], [self._master], [], 0.1)[1]:
                at += os.write(self._master, data[at : at + 512])

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._master, 65536)
            except OSError:  # the last one has closed the other side
                data = b""
            with self._changed:
                if data:
                    self.terminal.feed(data)
                self._is_over = not data
                self._changed.notify_all()
            if not data:
                return
