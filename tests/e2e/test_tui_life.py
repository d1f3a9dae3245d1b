"""The screens over their life, in a real terminal: sizes, a gateway that dies, a screen that dies, attaching, copying."""

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.e2e.conftest import GatewayProcess
from tests.e2e.tmux import needs_tmux
from tests.e2e.tui_seat import Kind, Seat, is_alive

pytestmark = [needs_tmux, pytest.mark.timeout(90)]

NARROW: Final = Kind(name="80x24", size=(80, 24))
CONFIG: Final = """\
version: 1
gateway: {name: my-app}
routes:
  # who pays gets the tools
  support:
    metadata: optional
    flow:
      if: metadata.tier == "pro"
      then: {send: mock/tools}
      else: {send: mock/echo}
  zeta:
    flow: {send: mock/echo}
"""
ALIVE_S: Final = 10.0
"""The goal is 5 s; twice that on machines that do other things besides."""


@pytest.fixture
def seat(tmp_path: Path, until: Callable[..., None]) -> Iterator[Seat]:
    """An 80x24 terminal, and a config with two routes."""
    found = Seat(tmp_path, NARROW, until)
    found.config(CONFIG)
    yield found
    found.close()


def opened(seat: Seat, *words: str) -> dict[str, Any]:
    """The screens, over a gateway that answers."""
    seat.open(*words)
    running = seat.gateway()
    seat.sees(rf"● my-app :{running['port']}")
    return running


def to_the_picture(seat: Seat) -> None:
    """The Routes screen, with the keys on the picture of `support`."""
    seat.goes("2", "Routes")
    seat.sees("▸ +support")
    seat.asks("enter", "support · as live", "if · node 1 of 3")


def test_a_smaller_window_and_back_keeps_everything(seat: Seat) -> None:
    opened(seat)
    to_the_picture(seat)
    seat.at.resize(60, 18)
    seat.sees(r"\[2 ", "tier == pro", "mock/tools", r"\? all keys *$")
    assert all(len(line) <= 60 for line in seat.at.screen().splitlines())
    seat.asks("down", "node 3 of 3")
    seat.goes("4", "Logs")
    seat.at.resize(80, 24)
    seat.sees("filter ▸")
    seat.goes("2", "Routes")
    seat.sees("node 3 of 3", "support · as live")
    leaves(seat)


def test_a_gateway_that_is_killed_is_said_and_started_again(seat: Seat) -> None:
    first = opened(seat)
    seat.sees("No requests yet")
    seat.asks("g", r"^ Requests(.*\n){1,2} 1 ")
    os.kill(first["pid"], signal.SIGKILL)
    seat.sees("✗ my-app", "stale since", r"^ Requests(.*\n){1,2} 1 ")
    seat.asks("^g", "▸ start my-app")
    seat.at.key("enter")
    seat.at.gone("start my-app")
    seat.until(lambda: (seat.running() or first)["pid"] != first["pid"], timeout_s=20, what="another gateway")
    second = seat.gateway()
    seat.sees(rf"● my-app :{second['port']}")
    seat.at.gone("stale since")
    seat.at.key("g")
    seat.told(
        lambda client: len(client.exchanges()["entries"]) == 2, "the second request is logged, the first kept"
    )
    seat.sees(r"^ Requests(.*\n){1,2} 2 ")
    leaves(seat)
    seat.until(lambda: not is_alive(second["pid"]), timeout_s=20, what="the second gateway has ended")


def test_screens_that_are_killed_are_as_they_were_when_they_come_back(seat: Seat) -> None:
    running = opened(seat)
    seat.goes("2", "Routes")
    seat.sees("▸ +support")
    seat.asks("down", "▸ +zeta")
    seat.goes("4", "Logs")
    seat.asks("/", "filter ▸", "tab complete")
    seat.writes("model:echo status:200", "filter ▸ model:echo status:200")
    seat.asks("enter", "space pause")
    seat.goes("3", "Chat")
    seat.writes("half a question")

    def kept() -> str:
        return "".join(path.read_text("utf-8") for path in (seat.state / "tui").glob("*.json"))

    words = ("half a question", "model:echo status:200", '"route":"zeta"', '"room":"chat"')
    seat.until(lambda: all(word in kept() for word in words), timeout_s=10, what="it is kept")
    os.kill(seat.at.program(), signal.SIGKILL)
    assert seat.at.exit_code() == 128 + signal.SIGKILL
    assert is_alive(running["pid"])

    seat.open()
    seat.sees(r"\[3 Chat\]", "half a question", rf"● my-app :{running['port']}")
    seat.asks("esc", "m model")
    seat.goes("4", "Logs")
    seat.sees("filter ▸ model:echo status:200")
    seat.goes("2", "Routes")
    seat.sees("▸ +zeta")
    leaves(seat)


def test_a_terminal_that_is_closed_takes_the_gateway_with_it(seat: Seat) -> None:
    running = opened(seat)
    seat.at.close()
    seat.until(lambda: not is_alive(running["pid"]), timeout_s=20, what="the gateway has ended")
    assert seat.running() is None


def test_a_gateway_that_runs_is_attached_to_and_left_running(seat: Seat) -> None:
    with GatewayProcess(seat.work, CONFIG, home=seat.state) as gateway:
        running = opened(seat, "tui")
        assert running["url"] == gateway.url
        gateway.chat("dynamic/support", "from outside")
        seat.goes("4", "Logs")
        seat.sees("200 +mock/echo +from outside")
        leaves(seat)
        assert gateway.process is not None
        assert gateway.process.poll() is None
        assert gateway.chat("mock/echo").status_code == 200


def test_up_with_the_screens_serves_until_they_are_left(seat: Seat) -> None:
    running = opened(seat, "up", "--tui")
    assert seat.ask(lambda client: client.status())["name"] == "my-app"
    seat.goes("5", "Providers")
    seat.sees("▸ mock", "ready")
    leaves(seat)
    seat.until(lambda: not is_alive(running["pid"]), timeout_s=20, what="the gateway has ended")


def test_the_demo_fills_all_five_screens_at_once(seat: Seat) -> None:
    seat.open("tui", "--demo")
    seat.sees(r"\[1 Dashboard\]")
    end = time.monotonic() + ALIVE_S
    for key, *patterns in (
        ("1", r"\[1 Dashboard\]", r"^ Requests(.*\n){1,2} [1-9]"),
        ("2", r"\[2 Routes\]", r"▸ +assistant +\d+"),
        ("4", r"\[4 Logs\]", r"(?s)200 +\w+/.*200 +\w+/.*200 +\w+/"),
        ("5", r"\[5 Providers\]", "openai", r"last 24 h +[\d,]+ calls"),
        ("3", r"\[3 Chat\]", "send to dynamic/assistant"),
    ):
        seat.at.key(key)
        seat.sees(*patterns, timeout=max(0.5, end - time.monotonic()))
    assert seat.running() is None, "nothing of the user's is used"
    seat.asks("esc", "m model")
    leaves(seat)
    assert list(seat.state.glob("gateways/*")) == []


def test_copying_reaches_tmux_and_a_click_selects(seat: Seat) -> None:
    opened(seat)
    to_the_picture(seat)
    seat.at.click(*seat.at.place_of("mock/tools"))
    seat.sees("model · node 2 of 3")
    seat.at.click(*seat.at.place_of("4 Logs"))
    seat.sees(r"\[4 Logs\]", "Waiting for|No requests|filter ▸")
    seat.at.click(*seat.at.place_of("2 Routes"))
    seat.sees(r"\[2 Routes\]", "model · node 2 of 3")
    seat.asks("y", "Copy support as")
    seat.writes("yaml", "▸ YAML")
    seat.at.key("enter")
    seat.sees("Copied .*support.*characters", "to tmux's buffer")
    assert 'if: metadata.tier == "pro"' in seat.at.buffer()
    leaves(seat)


def leaves(seat: Seat) -> None:
    """`q`, and 0."""
    seat.at.key("q")
    assert seat.at.exit_code() == 0
    assert not re.search("Traceback|Error", seat.at.screen())
