"""The screens in a real terminal, over a gateway whose every text is hostile: nothing of it reaches the terminal alive.

Every byte that the program writes is sorted by the grammar of what Textual writes; anything else fails the test.
"""

import base64
import contextlib
import shutil
from collections import Counter
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

pytest.importorskip("termios", reason="a pty is needed")

from tests.e2e.conftest import AIGW, GatewayProcess
from tests.e2e.hostile_stage import HostileGateway, answer
from tests.e2e.pty_screen import PtyScreen
from tests.hostile import SEQUENCES
from tests.scripted import ScriptedUpstream

ROOMS = {"1": "Dashboard", "2": "Routes", "3": "Chat", "4": "Logs", "5": "Providers"}
LIVE = [one.encode() for one in SEQUENCES if "?1049" not in one]
"""Textual itself leaves the alternate screen, once: that one is counted."""
SHOWN = r"\\x1b\[2J"
"""How an escape sequence looks that was made harmless."""
HEAD = r"time +st +model"
BOLD = r"\[bold\]BOLD\[/"


class Driver:
    """Someone at the keys."""

    def __init__(self, screen: PtyScreen) -> None:
        self.screen = screen
        self.sees = screen.sees
        self.key = screen.key

    def room(self, digit: str) -> None:
        """Another screen, out of whatever field or modal has the keys."""
        here = rf"\[{digit} {ROOMS[digit]}\]"
        for _ in range(8):
            self.key("esc", "esc", digit)
            with contextlib.suppress(AssertionError):
                self.sees(here, timeout_s=1.0)
                return
        self.sees(here)

    def press(self, key: str, *patterns: str, gone: str = "") -> str:
        """A key, and what it brings."""
        self.key(key)
        return self.sees(*patterns, gone=gone)

    def insist(self, key: str, *patterns: str) -> str:
        """A key that opens something, again where a field still had the keys when it came."""
        for _ in range(6):
            self.key("esc", key)
            with contextlib.suppress(AssertionError):
                return self.sees(*patterns, timeout_s=1.5)
        return self.sees(*patterns)

    def again(self, key: str, *patterns: str) -> str:
        """A key that does nothing until something is there."""
        for _ in range(6):
            self.key(key)
            with contextlib.suppress(AssertionError):
                return self.sees(*patterns, timeout_s=1.5)
        return self.sees(*patterns)

    def opens(self, key: str, *patterns: str, closes_to: str) -> None:
        """A modal, and away again."""
        self.press(key, *patterns)
        self.press("esc", closes_to, gone=patterns[0])


def env_of(gateway: GatewayProcess) -> dict[str, str]:
    env = {
        **gateway.env,
        "AIGW_DEV_CONFIG": str(gateway.path),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
    }
    for name in ("NO_COLOR", "TMUX", "DISPLAY", "WAYLAND_DISPLAY", "TEXTUAL_DRIVER"):
        env.pop(name, None)
    return env


@contextlib.contextmanager
def driven(gateway: GatewayProcess, folder: Path) -> Generator[Driver]:
    """The program in a pty, remembering nothing of earlier ones; at the end it is alive, repaints and ends well."""
    shutil.rmtree(gateway.home / "tui", ignore_errors=True)
    env = env_of(gateway) | {"AIGW_DEV_HOME": str(gateway.home), "XDG_CONFIG_HOME": str(folder)}
    with PtyScreen([*AIGW, "tui"], env=env, cwd=folder) as screen:
        screen.sees(r"1 Dashboard", r"\^p \?")
        at = Driver(screen)
        yield at
        for digit in ("5", "1"):
            at.room(digit)
        at.key("q")
        assert screen.ends() == 0, screen.screen()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    with ScriptedUpstream(answer) as upstream:
        gateway = HostileGateway(tmp_path_factory.mktemp("hostile"), upstream.url)
        with gateway.process:
            gateway.fill()
            yield gateway.process


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    """The sequences of a run in which every text is calm: what Textual itself writes."""
    folder = tmp_path_factory.mktemp("calm")
    with (
        GatewayProcess(folder, "version: 1\ngateway: {name: calm}\n") as gateway,
        driven(gateway, folder) as at,
    ):
        gateway.chat("mock/echo", "calm")
        for digit in ROOMS:
            at.room(digit)
        at.press("?", "Keys")
        at.key("esc")
        terminal = at.screen.terminal
    assert terminal.strays == []
    assert terminal.copied == []
    assert all(
        count <= 2 for shape, count in terminal.shapes.items() if shape[0] in "?><" and "2026" not in shape
    )
    return frozenset(terminal.shapes)


@pytest.fixture
def at(hostile: GatewayProcess, usual: frozenset[str], tmp_path: Path) -> Iterator[Driver]:
    """Someone at the keys of the hostile gateway; afterwards the bytes are judged."""
    with driven(hostile, tmp_path) as driver:
        yield driver
    terminal = driver.screen.terminal
    assert terminal.strays == [], "\n".join(terminal.strays)
    assert [one for one in LIVE if one in terminal.raw] == []
    assert set(terminal.shapes) <= usual
    modes = Counter({shape: count for shape, count in terminal.shapes.items() if shape[0] in "?><"})
    assert [shape for shape, count in modes.items() if count > 2 and "2026" not in shape] == []
    assert modes["?1049h"] == modes["?1049l"] == 1
    assert driver.screen.process.returncode == 0


def test_dashboard_and_frame(at: Driver) -> None:
    at.sees(BOLD, "Requests", r"By model", SHOWN, r"\[/\]")
    for group in ("provider", "route", "consumer", "key", "model"):
        at.press("b", rf"By {group}")
    for _ in range(9):
        at.key("tab")
    at.opens("?", "Keys", closes_to="By model")
    at.press("^p", "filter|type")
    at.key("bold")
    at.press("esc", "By model")
    at.press("^t", "Gateway.*" + BOLD, SHOWN)  # the settings: name and notes
    at.press("esc", "By model", gone="verify callers")
    at.press("^g", "Gateways", BOLD)
    at.press("esc", "By model", gone="Gateways")


def test_routes(at: Driver) -> None:
    at.room("2")
    at.sees("nasty", "Inspector", SHOWN, BOLD, r"dry-run ▸ .*\\x1b")
    at.key("tab", "tab", "down", "down")
    at.sees("up/plain")
    at.opens("X", "cURL|curl", closes_to="Inspector")
    at.press("t", "enter Keep")
    at.screen.paste('tier="\x9b2J[/]\u202e\x07" [/]=[bold]')
    at.sees(r"tier=.*\\x9b2J\[/\]\\u202e\\x07")
    at.press("esc", "t Dry-run", gone="enter Keep")
    at.press("^l", SHOWN)  # requests that were logged
    at.press("enter", "Inspector")


@pytest.mark.parametrize(
    "words",
    [
        ("nasty", "tools", "fence", "floods"),
        ("error", "page", "garbage"),
        ("deep", "markdown", "long", "table"),
    ],
    ids=lambda words: words[0],
)
def test_chat_shows_every_answer(at: Driver, words: tuple[str, ...]) -> None:
    for word in words:
        talk(at, word)
        for tab in ("cURL", "Code", "Raw", "Route", "Timing", "Answer"):
            at.press("]", rf"\[{tab}\]")
        if word == "tools":
            at.insist("t", "Tool results", SHOWN)
            at.press("esc", "r retry", gone="Tool results")
    at.insist("H", "Conversations", f"hello {words[-1]}")
    at.press("esc", gone="Conversations")


def test_chat_beside_each_other_and_copied(at: Driver) -> None:
    at.room("3")
    at.insist("+", "A model beside it")
    at.key("up/[/]")
    at.press("enter", "B  up/|B .*up/")
    talk(at, "nasty", is_picked=True)
    at.press("D", SHOWN)
    at.again("esc", "r retry")
    at.insist("y", "Cop(y|ied) the answer")
    copied = [base64.b64decode(one) for one in at.screen.terminal.copied]
    # As it was written: only the screen is made harmless. A machine with a clipboard of its own gets no OSC 52.
    assert not copied or any(b"\x1b[2J" in one for one in copied), copied


def test_logs_in_every_tab(at: Driver) -> None:
    at.room("4")
    at.sees("status:>=400", SHOWN, "garbage")
    at.press("enter", r"\[Overview\]")
    at.press("z", r"\[Overview\]", gone=HEAD)
    seen = set[str]()
    for _ in range(28):
        for tab in ("Request", "Response", "Stream", "Route", "Attempts", "Ledger", "cURL", "Overview"):
            seen.add(at.press("]", rf"\[{tab}"))
        at.press("z", HEAD)
        at.key("k")
        at.sees(r"\[Overview")
        at.press("z", gone=HEAD)
    assert len(seen) > 60


def test_logs_filtered_compared_replayed(at: Driver) -> None:
    at.room("4")
    at.sees("status:>=400", SHOWN)
    at.press("/", "tab complete")
    at.screen.paste('model:"\x9b2J[/]\u202e" \u2066 \x07 [bold]')
    at.sees(r'model:"\\x9b2J\[/\]\\u202e"', r"0 of \d+")
    at.press("enter", r"0 of \d+ match", "/ filter", gone="tab complete")
    at.press("esc", SHOWN, gone=r"0 of \d+")
    at.again("m", "■")  # nothing to mark before the row is there
    at.key("k", "k")  # marking may have moved the cursor on
    at.press("m", r"■(?s:.*)■")
    at.press("c", "They differ|same")
    at.press("esc", "replay")
    at.press("r", "Replay of|Replayed")
    at.press("esc", "replay")
    at.press("R", r"Replay \w+ against", "mock/rerank")
    at.press("esc", "replay", gone="against")
    at.opens("x", "Export", closes_to="replay")
    at.opens("C", "Columns|columns", closes_to="replay")
    at.press("e", r"\[3 Chat\]")
    at.sees("Message")


def test_providers(at: Driver) -> None:
    at.room("5")
    at.sees("Providers", "mock")
    at.press("j", r"─ up ─", r"x-title: \[bold\]BOLD\[/\]")
    at.press("t", "answered 200")
    at.press("m", "Models of up")
    at.press("u", SHOWN, BOLD)
    at.press("esc", "answered 200")
    at.opens("X", "curl|cURL", closes_to="answered 200")
    at.opens("e", "forwards", closes_to="answered 200")
    at.press("$", "price unknown")
    at.press("esc", "answered 200", gone="price unknown")


def talk(at: Driver, word: str, *, is_picked: bool = False) -> None:
    """Say something in Chat to the hostile provider and wait for the end of the answer."""
    at.room("3")
    at.again("esc", "r retry")
    if not is_picked:
        at.insist("N", "Nothing said yet")
        at.insist("m", "Model or route")
        at.key("up/plain")
        at.sees("│ up/plain")
        at.press("enter", "◀ up/plain", gone="Model or route")
    at.press("i", gone="r retry")
    at.key(f"hello {word}")
    at.sees(f"hello {word}")
    at.again("^j", r"TTFT \d|\d ms .*cost")  # an empty message is not sent: pressing again does no harm
    at.again("esc", "r retry")


def test_the_list_of_keys_and_a_hostile_keymap(hostile: GatewayProcess, tmp_path: Path) -> None:
    folder = tmp_path / "aigw-dev"
    folder.mkdir()
    (folder / "tui.yaml").write_text(
        'theme: "\\e[2J\\a"\nkeymap: {"\\e]0;t\\a": "\\x9b", app.logs: "\\u202e[/]"}\n"\\e[31m": 1\n', "utf-8"
    )
    done = hostile.run("tui", "--keys", expect=None, XDG_CONFIG_HOME=str(tmp_path))
    said = done.stdout + done.stderr
    assert "app.logs" in said
    assert not any(
        ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 or char in "\u202e\u2066"
        for char in said
        if char != "\n"
    )
    with PtyScreen(
        [*AIGW, "tui"], env=env_of(hostile) | {"XDG_CONFIG_HOME": str(tmp_path)}, cwd=tmp_path
    ) as screen:
        screen.sees("1 Dashboard", "tui.yaml")
        screen.key("q")
        assert screen.ends() == 0
        assert screen.terminal.strays == []


def test_a_folder_and_a_home_with_hostile_names(tmp_path: Path) -> None:
    folder = tmp_path / "\x1b]0;t\x07[bold]\u202e"
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("this file system takes no such name")
    (folder / "a\x1b[2Jb.txt").write_text("x", "utf-8")
    with (
        GatewayProcess(folder, "version: 1\n", home=tmp_path / "home") as gateway,
        driven(gateway, folder) as at,
    ):
        at.room("3")
        at.insist("a", "a\\\\x1b\\[2Jb.txt")
        at.again("esc", "r retry")
        terminal = at.screen.terminal
    assert terminal.strays == []
    assert terminal.copied == []
