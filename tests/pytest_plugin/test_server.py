"""A gateway's life hangs on ours."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from aigw_dev.pytest_plugin import server

FAKE = Path(__file__).with_name("fake_gateway.py")


def start(folder: Path, *command: str, **environ: str) -> server.Gateway:
    line = command or (sys.executable, str(FAKE))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AIGW_DEV_")}
    return server.start(
        line, directory=folder, mode="replay", config=None, root=folder, environ=kept | environ
    )


def test_it_answers_where_it_said_and_ends_in_order(tmp_path: Path) -> None:
    log = tmp_path / "log"
    gateway = start(tmp_path, FAKE_GATEWAY_LOG=str(log))
    assert gateway.is_alive()
    assert gateway.control.ask("POST", "/admin/v1/tests", {"test": "a"})["path"] == "/t/a"
    gateway.stop()
    gateway.stop()
    assert not gateway.is_alive()
    assert log.read_text() == "replay  ended\n"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("no-such-program-here",), "cannot run 'no-such-program-here'.*aigw_command"),
        (
            (sys.executable, "-c", "import sys; sys.exit('why: ' + sys.argv[1])"),
            "ended with 1(.|\n)*why: replay",
        ),
        ((sys.executable, "-c", "print('ready, I think')"), "ended with 0"),
    ],
)
def test_one_that_does_not_start_says_why(tmp_path: Path, command: tuple[str, ...], words: str) -> None:
    with pytest.raises(server.StartError, match=words):
        start(tmp_path, *command)


def test_one_that_ignores_the_end_of_its_input_is_terminated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_DRAIN_S", 0.1)
    code = (
        'import time; print(\'{"event": "ready", "url": "http://127.0.0.1:9"}\', flush=True); time.sleep(600)'
    )
    gateway = start(tmp_path, sys.executable, "-c", code)
    gateway.stop()
    assert not gateway.is_alive()


def test_it_ends_with_a_pytest_that_is_killed(tmp_path: Path, until: Callable[..., None]) -> None:
    log = tmp_path / "log"
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom aigw_dev.pytest_plugin import server\n"
        f"server.start([sys.executable, {str(FAKE)!r}], directory=Path('.'), mode='replay', config=None, root=Path('.'), environ=os.environ)\n"
        "os._exit(0)\n"
    )
    subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        check=True,
        timeout=60,
        env=os.environ | {"FAKE_GATEWAY_LOG": str(log)},
    )
    until(log.exists, what="the orderly end of the gateway")
