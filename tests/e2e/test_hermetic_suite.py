"""The examples where a suite has nothing: no network, no keyring, no home, no key, a project that cannot be written."""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.e2e.examples_run import FEWEST, bare, copied, run

# In a network of its own loopback is down at first; in a mount table of its own the project is read-only, for root too.
ALONE: Final = """
import fcntl, os, socket, struct, subprocess, sys
with socket.socket() as any_socket:
    flags = struct.pack("16sh", b"lo", 0x1 | 0x40)  # IFF_UP, IFF_RUNNING
    fcntl.ioctl(any_socket, 0x8914, flags.ljust(40, b"\\0"))  # SIOCSIFFLAGS
folder = sys.argv[1]
subprocess.run(["mount", "--bind", folder, folder], check=True)
subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
os.chdir(folder)
os.execv(sys.argv[2], sys.argv[2:])
"""
UNSHARE: Final = ("unshare", "--user", "--map-root-user", "--net", "--mount")
# Every Python process of the run refuses to leave the machine, and says so where the test looks.
GUARD: Final = """
import sys
def guard(event, arguments):
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1] if event == "socket.connect" else arguments[-1]
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "0.0.0.0"):
            with open(r"LEFT", "a") as out:
                out.write(f"{address}\\n")
            raise OSError(f"no network here: {address}")
sys.addaudithook(guard)
"""
CAN: Final = "print(open('/proc/net/dev').read())"

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("examples")]


def _nothing(tmp_path: Path, **more: str) -> dict[str, str]:
    """A container's environment: no HOME, no session bus, a keyring that fails, a proxy that leads nowhere."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    nowhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:9")
    return bare(
        PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring",
        TMPDIR=str(scratch),
        CI="true",
        **nowhere,
        **more,
    )


def _state(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _made_read_only(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        path.chmod(path.stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))


def _may_unshare() -> bool:
    if shutil.which("unshare") is None or shutil.which("mount") is None:
        return False
    tried = subprocess.run([*UNSHARE, "true"], capture_output=True, timeout=20, check=False)
    return tried.returncode == 0


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The examples in a folder that nobody may write."""
    made = copied(tmp_path)
    _made_read_only(made)
    return made


@pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")
def test_without_a_network_at_all_the_examples_pass_unchanged(project: Path, tmp_path: Path) -> None:
    if not _may_unshare():
        pytest.skip("this machine permits no namespaces of one's own")
    before = _state(project)
    alone = [*UNSHARE, sys.executable, "-c", ALONE, str(project)]
    seen = subprocess.run([*alone, sys.executable, "-c", CAN], capture_output=True, text=True, check=False)
    devices = [line.split(":")[0].strip() for line in seen.stdout.splitlines() if ":" in line]
    assert devices == ["lo"], f"the network was not taken away: {seen.stdout}{seen.stderr}"
    done = run(before=alone, cwd=project, env=_nothing(tmp_path))
    assert done.code == 0, done.text
    assert done.count("passed") >= FEWEST
    assert _state(project) == before


def test_where_nothing_may_leave_the_examples_pass_unchanged(project: Path, tmp_path: Path) -> None:
    guard, left = tmp_path / "guard", tmp_path / "left.txt"
    guard.mkdir()
    (guard / "sitecustomize.py").write_text(GUARD.replace("LEFT", str(left)), "utf-8")
    before = _state(project)
    env = _nothing(tmp_path, PYTHONPATH=str(guard))
    tried = subprocess.run(
        [sys.executable, "-c", "import socket; socket.create_connection(('192.0.2.1', 80), 1)"],
        env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "no network here" in tried.stderr, "the guard guards"
    left.unlink()
    done = run(cwd=project, env=env)
    assert done.code == 0, done.text
    assert done.count("passed") >= FEWEST
    assert not left.exists(), left.read_text("utf-8")
    if os.name == "nt" or os.geteuid() != 0:  # root may write anywhere
        assert _state(project) == before
