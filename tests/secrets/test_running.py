import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from aigw_dev.core.errors import SecretError
from aigw_dev.secrets.home import Home
from aigw_dev.secrets.running import (
    Claim,
    RunningInfo,
    claim,
    last_port,
    list_running,
    read_running,
    remember_port,
)

GATEWAY = """
import os, sys, time
from pathlib import Path
from aigw_dev.secrets.running import RunningInfo, claim
held = claim(Path(sys.argv[1]))
if held is None:
    sys.exit(9)
held.publish(RunningInfo(pid=os.getpid(), url="http://127.0.0.1:2449", port=2449, started_at=time.time(), config_path=None, name="child", version="0"))
print("up", flush=True)
sys.stdin.read()
held.release()
"""


def info(port: int = 2449, started_at: float = 1.0, pid: int | None = None) -> RunningInfo:
    return RunningInfo(
        pid=pid or os.getpid(),
        url=f"http://127.0.0.1:{port}",
        port=port,
        started_at=started_at,
        config_path=None,
        name="default",
        version="0.1.0",
        instance="abc",
    )


def taken(folder: Path) -> Claim:
    held = claim(folder)
    assert held is not None
    return held


def start(folder: Path) -> "subprocess.Popen[bytes]":
    gateway = subprocess.Popen(
        [sys.executable, "-c", GATEWAY, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert gateway.stdout is not None
    assert gateway.stdout.readline() == b"up\n"
    return gateway


def test_a_gateway_is_claimed_by_one_process_only(tmp_path: Path) -> None:
    with taken(tmp_path):
        assert claim(tmp_path) is None
        second = subprocess.run(
            [sys.executable, "-c", GATEWAY, str(tmp_path)], stdin=subprocess.DEVNULL, check=False, timeout=30
        )
        assert second.returncode == 9
    taken(tmp_path).release()


def test_a_running_gateway_tells_where_it_answers(tmp_path: Path) -> None:
    with taken(tmp_path) as held:
        assert read_running(tmp_path) is None
        held.publish(info())
        assert read_running(tmp_path) == msgspec.structs.replace(info(), folder=str(tmp_path))
    assert read_running(tmp_path) is None
    assert not (tmp_path / "running.json").exists()


def test_running_json_holds_no_token(tmp_path: Path) -> None:
    home = Home(tmp_path / "state", env={})
    tokens = (home.token(), home.admin_token())
    with taken(home.gateway_dir(None, "x")) as held:
        held.publish(info())
        content = (held.folder / "running.json").read_text()
    assert not any(token in content for token in tokens)
    assert json.loads(content)["url"] == "http://127.0.0.1:2449"


def test_a_killed_gateway_is_not_believed_and_its_place_is_free(tmp_path: Path) -> None:
    gateway = start(tmp_path)
    found = read_running(tmp_path)
    assert found is not None
    assert found.pid == gateway.pid
    gateway.kill()
    with gateway:
        gateway.wait(10)
    assert (tmp_path / "running.json").exists()
    assert read_running(tmp_path) is None
    taken(tmp_path).release()


@pytest.mark.skipif(os.name != "posix", reason="SIGSTOP is POSIX")
def test_a_gateway_that_hangs_is_still_the_one_that_runs(tmp_path: Path) -> None:
    gateway = start(tmp_path)
    os.kill(gateway.pid, signal.SIGSTOP)
    try:
        assert read_running(tmp_path) is not None
        assert claim(tmp_path) is None
    finally:
        gateway.kill()
        with gateway:
            gateway.wait(10)


def test_a_reused_process_id_does_not_make_a_dead_gateway_alive(tmp_path: Path) -> None:
    held = taken(tmp_path)
    held.publish(info(pid=os.getpid()))
    content = (tmp_path / "running.json").read_bytes()
    held.release()
    (tmp_path / "running.json").write_bytes(content)
    assert read_running(tmp_path) is None
    with taken(tmp_path):
        assert not (tmp_path / "running.json").exists()


@pytest.mark.parametrize("content", [b"", b"{", b'{"pid": "x"}', b"\xff"])
def test_a_damaged_running_json_counts_as_not_running(tmp_path: Path, content: bytes) -> None:
    with taken(tmp_path):
        (tmp_path / "running.json").write_bytes(content)
        assert read_running(tmp_path) is None


def test_fields_of_a_newer_version_are_ignored(tmp_path: Path) -> None:
    with taken(tmp_path) as held:
        held.publish(info())
        newer = json.loads((tmp_path / "running.json").read_text()) | {"from_the_future": [1]}
        (tmp_path / "running.json").write_text(json.dumps(newer))
        assert read_running(tmp_path) is not None


def test_a_gateway_that_is_just_starting_is_waited_for(tmp_path: Path, until: Callable[..., None]) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", GATEWAY, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as gateway:
        assert read_running(tmp_path, wait_s=20) is not None
        assert gateway.stdin is not None
        gateway.stdin.close()
        assert gateway.wait(10) == 0
    assert read_running(tmp_path) is None


def test_every_running_gateway_of_a_home_is_listed_oldest_first(home: Home, tmp_path: Path) -> None:
    folders = [home.gateway_dir(tmp_path / f"{number}.yaml", "x") for number in range(3)]
    with taken(folders[0]) as younger, taken(folders[1]) as older, taken(folders[2]):
        younger.publish(info(2450, started_at=2.0))
        older.publish(info(2449, started_at=1.0))
        assert [(one.port, one.folder) for one in list_running(home)] == [
            (2449, str(folders[1])),
            (2450, str(folders[0])),
        ]
    assert list_running(home) == []


def test_the_port_of_the_last_run_is_remembered_after_it_ended(tmp_path: Path) -> None:
    assert last_port(tmp_path) is None
    with taken(tmp_path) as held:
        held.publish(info(2451))
    assert last_port(tmp_path) == 2451
    remember_port(tmp_path, 2452)
    assert last_port(tmp_path) == 2452


@pytest.mark.parametrize("content", [b"", b"0", b"70000", b"x", b"1" * 100])
def test_a_damaged_port_file_is_no_port(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "port").write_bytes(content)
    assert last_port(tmp_path) is None


def test_a_folder_that_cannot_be_claimed_is_told(tmp_path: Path) -> None:
    with pytest.raises(SecretError, match="cannot be written") as caught:
        claim(tmp_path / "missing")
    assert caught.value.code == "home_unusable"


def test_releasing_twice_is_no_error(tmp_path: Path) -> None:
    held = taken(tmp_path)
    held.release()
    held.release()


def test_a_claim_moves_with_its_folder(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    (old / "log.db").write_text("rows", "utf-8")
    with taken(old) as held:
        held.publish(info())
        held.move(new)
        held.announce(config_path="/p/aigw-dev.yaml", name="p")
        assert not old.exists()
        assert (new / "log.db").read_text("utf-8") == "rows"
        assert claim(new) is None
        found = read_running(new)
        assert found is not None
        assert (found.config_path, found.name, found.port) == ("/p/aigw-dev.yaml", "p", 2449)
        assert last_port(new) == 2449
    assert read_running(new) is None


def test_where_no_folder_can_be_moved_its_files_are(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    (old / "log.db").write_text("rows", "utf-8")

    def refusing(_: Path, __: Path) -> None:  # as Windows does while a file in it is open
        raise PermissionError(13, "in use")

    with taken(old) as held:
        held.publish(info())
        held.move(new, rename=refusing)
        assert (new / "log.db").read_text("utf-8") == "rows"
        assert claim(new) is None
        assert read_running(old) is None
        with pytest.raises(SecretError, match="cannot be moved"):
            held.move(new / "log.db" / "below", rename=refusing)
    taken(new).release()


def test_nobody_moves_into_a_folder_that_is_served(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    new.mkdir()
    with taken(old) as held:
        with taken(new), pytest.raises(SecretError, match="another process serves"):
            held.move(new)
        assert held.folder == old
        held.move(new)
        assert len([path for path in tmp_path.iterdir() if ".before-" in path.name]) == 1


def test_where_a_database_cannot_be_moved_nothing_is(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    (old / "log.db").write_text("rows", "utf-8")
    (old / "state.db").write_text("state", "utf-8")

    def refusing(_: Path, __: Path) -> None:  # and somebody reads one of the databases
        (new / "state.db").mkdir(parents=True)
        raise PermissionError(13, "in use")

    with taken(old) as held:
        held.publish(info())
        with pytest.raises(SecretError, match="cannot be moved"):
            held.move(new, rename=refusing)
        assert held.folder == old
        assert claim(old) is None
        assert read_running(old) is not None
        assert ((old / "log.db").read_text("utf-8"), (old / "state.db").read_text("utf-8")) == (
            "rows",
            "state",
        )
        assert not (new / "log.db").exists()
