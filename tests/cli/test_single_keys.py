"""Single keys while `up` runs in a terminal."""

import asyncio
import base64
import os
import pty
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from aigw_dev.cli.single_keys import listen
from tests.server.house import House, house

pytestmark = pytest.mark.anyio
URL = "http://127.0.0.1:2449"


@pytest.fixture
def anyio_backend() -> str:
    """The terminal is read the same way on every loop."""
    return "asyncio"


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Generator[int]:
    """Our end of a terminal whose other end is standard input."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, encoding="utf-8") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield ours
    os.close(ours)


async def pressed(one: House, terminal: int, keys: bytes) -> None:
    """Type `keys`, then `q`: the gateway is told to stop once all of them were read."""
    listen(one.gateway, URL)
    os.write(terminal, keys + b"q")
    async with asyncio.timeout(10):
        await one.gateway.stop.wait()
        await asyncio.gather(
            *(task for task in one.gateway.own_tasks if task.get_name() in {"single-keys", "show-last"})
        )


async def test_q_stops_and_gives_the_terminal_back(tmp_path: Path, terminal: int) -> None:
    import termios

    before = termios.tcgetattr(sys.stdin.fileno())
    async with house(tmp_path) as one:
        await pressed(one, terminal, b"")
        assert termios.tcgetattr(sys.stdin.fileno()) == before


async def test_p_pauses_and_resumes_the_recording_of_bodies(
    tmp_path: Path, terminal: int, capsys: pytest.CaptureFixture[str]
) -> None:
    async with house(tmp_path) as one:
        await pressed(one, terminal, b"p")
        assert one.gateway.is_paused
        one.gateway.stop.clear()
        await pressed(one, terminal, b"p")
        assert not one.gateway.is_paused
    said = capsys.readouterr().err
    assert "bodies are not recorded now" in said
    assert "bodies are recorded again" in said


async def test_c_copies_the_base_url_by_the_terminals_own_means(
    tmp_path: Path, terminal: int, capsys: pytest.CaptureFixture[str]
) -> None:
    async with house(tmp_path) as one:
        await pressed(one, terminal, b"c")
    assert f"\x1b]52;c;{base64.b64encode(f'{URL}/v1'.encode()).decode()}\x07" in capsys.readouterr().err


async def test_l_shows_the_last_exchange_in_a_line(
    tmp_path: Path, terminal: int, capsys: pytest.CaptureFixture[str]
) -> None:
    async with house(tmp_path) as one:
        await pressed(one, terminal, b"l")
        assert "nothing has been asked yet" in capsys.readouterr().err
        one.gateway.stop.clear()
        await one.chat("mock/echo", "hello\x1b[2Jthere")
        assert one.gateway.recorder.writer.flush()
        await pressed(one, terminal, b"lx")
        said = capsys.readouterr().err
        assert "200  mock/echo" in said
        assert "hello" in said
        assert "\x1b" not in said
