import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from aigw_dev.secrets.os_lock import OsLock, is_process_alive

HOLD = """
import sys
from pathlib import Path
from aigw_dev.secrets.os_lock import OsLock
lock = OsLock(Path(sys.argv[1]))
print(lock.acquire(), flush=True)
sys.stdin.read()
"""


def test_only_one_holder_at_a_time_also_within_a_process(tmp_path: Path) -> None:
    first, second = OsLock(tmp_path / "lock"), OsLock(tmp_path / "lock")
    assert first.acquire()
    assert first.is_held
    assert first.acquire()
    assert not second.acquire()
    first.release()
    assert not first.is_held
    assert second.acquire()
    second.release()
    second.release()


def test_a_lock_waits_only_as_long_as_it_is_told(tmp_path: Path) -> None:
    first, second = OsLock(tmp_path / "lock"), OsLock(tmp_path / "lock")
    assert first.acquire()
    assert not second.acquire(wait_s=0.05)
    first.release()


def test_the_lock_is_free_when_its_holder_was_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "lock")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == b"True"
        lock = OsLock(tmp_path / "lock")
        assert not lock.acquire()
        holder.kill()
    assert lock.acquire(wait_s=5)
    lock.release()


@pytest.mark.skipif(os.name != "posix", reason="POSIX children inherit descriptors")
def test_a_child_that_outlives_the_holder_does_not_keep_the_lock(tmp_path: Path) -> None:
    hold_and_start_child = HOLD.replace(
        "sys.stdin.read()",
        "import subprocess\nprint(subprocess.Popen(['sleep', '60']).pid, flush=True)\nsys.stdin.read()",
    )
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", hold_and_start_child, str(tmp_path / "lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == b"True"
        child = int(holder.stdout.readline())
        holder.kill()
        holder.wait(10)
        try:
            lock = OsLock(tmp_path / "lock")
            assert lock.acquire(wait_s=5)
            lock.release()
        finally:
            os.kill(child, signal.SIGKILL)


def no_locks(handle: int) -> bool:
    raise OSError(95, "Operation not supported")


def test_where_a_file_system_has_no_locks_an_exclusive_file_stands_in(tmp_path: Path) -> None:
    first, second = (OsLock(tmp_path / "lock", try_lock=no_locks) for _ in range(2))
    assert first.acquire()
    assert not second.acquire()
    first.release()
    assert second.acquire()
    second.release()


@pytest.mark.skipif(os.name != "posix", reason="whether a process lives is asked by signal 0")
def test_the_stand_in_of_a_dead_process_does_not_hold_for_ever(tmp_path: Path) -> None:
    gone = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True
    )
    (tmp_path / "lock.held").write_text(gone.stdout)
    lock = OsLock(tmp_path / "lock", try_lock=no_locks)
    assert lock.acquire(wait_s=1)
    lock.release()


@pytest.mark.skipif(os.name != "posix", reason="whether a process lives is asked by signal 0")
def test_a_process_is_alive_until_it_ends() -> None:
    assert is_process_alive(os.getpid())
    assert is_process_alive(1)
    assert not is_process_alive(2**63)
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    assert not is_process_alive(ended.pid)
