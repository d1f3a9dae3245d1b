import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from aigw_dev.core.errors import SecretError
from aigw_dev.secrets import keyring_child
from aigw_dev.secrets.keyring import Keyring, slot_name
from tests.secrets.fake_library import install

CANARY = "sk-proj-Canary7Value9Never3Shown"


class Machine:
    """A machine whose `keyring` library is the stand-in; every test chooses how it misbehaves."""

    def __init__(self, folder: Path) -> None:
        self.items_path = folder / "items.json"
        self._library = install(folder / "library")
        self.env = {
            **os.environ,
            "PYTHONPATH": str(self._library),
            "FAKE_ITEMS": str(self.items_path),
        }

    def keyring(
        self, mode: str = "", *, platform: str = sys.platform, backend: str = "keyring.backends.libsecret"
    ) -> Keyring:
        return Keyring(env={**self.env, "FAKE_MODE": mode, "FAKE_BACKEND": backend}, platform=platform)

    def items(self) -> dict[str, str]:
        return json.loads(self.items_path.read_text()) if self.items_path.exists() else {}


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def refusal_of(call: Callable[[], object]) -> SecretError:
    with pytest.raises(SecretError) as caught:
        call()
    return caught.value


# what it does


def test_keys_are_written_read_in_one_call_and_deleted(machine: Machine) -> None:
    keyring = machine.keyring()
    keyring.write("openai-api-key", CANARY)
    keyring.write("qwen-spare", "two\nlines \U0001f511")
    assert machine.items()["aigw-dev/openai-api-key"] == CANARY
    found = keyring.read(["openai-api-key", "qwen-spare", "missing", "openai-api-key"])
    assert {name: secret.value for name, secret in found.items()} == {
        "openai-api-key": CANARY,
        "qwen-spare": "two\nlines \U0001f511",
    }
    assert found["openai-api-key"].source == "keyring"
    assert keyring.delete(["openai-api-key", "missing"]) == {"openai-api-key"}
    assert keyring.read(["openai-api-key"]) == {}
    assert keyring.probe() == "keyring.backends.libsecret"


def test_nothing_is_started_for_no_names() -> None:
    keyring = Keyring(command=("no-such-program",))
    assert keyring.read([]) == {}
    assert keyring.delete([]) == frozenset()


def test_on_macos_all_keys_are_one_item(machine: Machine) -> None:
    keyring = machine.keyring(platform="darwin")
    keyring.write("a", "1")
    keyring.write("b", "2")
    assert list(machine.items()) == ["aigw-dev/all keys"]
    assert {name: secret.value for name, secret in keyring.read(["a", "b"]).items()} == {"a": "1", "b": "2"}


def test_on_windows_a_key_that_does_not_fit_is_sent_to_the_encrypted_file(machine: Machine) -> None:
    keyring = machine.keyring(platform="win32")
    keyring.write("fits", "k" * 1280)
    error = refusal_of(lambda: keyring.write("long", "k" * 1281))
    assert error.code == "key_invalid"
    assert "1,280" in error.message
    assert "encrypted-file" in error.hint
    assert "long" not in "".join(machine.items())


@pytest.mark.parametrize("name", ["", "UPPER", "a b", "nul\0", "a@b", "a@", "a@1@2", "all keys", CANARY])
def test_a_name_that_a_backend_could_stumble_over_never_reaches_it(name: str) -> None:
    keyring = Keyring(command=("no-such-program",))
    for call in (
        lambda: keyring.read([name]),
        lambda: keyring.write(name, "v"),
        lambda: keyring.delete([name]),
    ):
        error = refusal_of(call)
        assert error.code == "key_invalid"
        assert CANARY not in str(error)


def test_a_kept_value_has_a_name_that_no_key_can_have(machine: Machine) -> None:
    keyring = machine.keyring()
    keyring.write(slot_name("a", 3), "old")
    assert keyring.read(["a@3"])["a@3"].value == "old"


# what goes wrong


@pytest.mark.parametrize(
    ("exception", "code"),
    [
        ("KeyringLocked", "keyring_locked"),
        ("InitError", "keyring_locked"),
        ("TimeoutError", "keyring_locked"),
        ("KeyringError", "keyring_unavailable"),
        ("PasswordSetError", "keyring_unavailable"),
        ("FileNotFoundError", "keyring_unavailable"),
        ("ConnectionResetError", "keyring_unavailable"),
        ("ValueError", "keyring_unavailable"),
        ("EOFError", "keyring_unavailable"),
        ("RecursionError", "keyring_unavailable"),
    ],
)
def test_whatever_a_backend_raises_is_one_error_with_a_code_and_the_alternatives(
    machine: Machine, exception: str, code: str
) -> None:
    error = refusal_of(lambda: machine.keyring(f"raise:{exception}").write("a", CANARY))
    assert error.code == code
    assert exception in error.message
    assert "env:NAME" in error.hint
    assert "--encrypted-file" in error.hint
    assert CANARY not in f"{error} {error.hint}"
    assert "\x1b" not in error.message
    assert len(error.message) < 400


def test_a_backend_that_ends_its_process_is_told(machine: Machine) -> None:
    error = refusal_of(lambda: machine.keyring("die").read(["a"]))
    assert error.code == "keyring_unavailable"
    assert "without an answer" in error.message


def test_what_a_backend_prints_does_not_spoil_the_answer(
    machine: Machine, capfd: pytest.CaptureFixture[str]
) -> None:
    keyring = machine.keyring("noisy")
    keyring.write("a", CANARY)
    assert keyring.read(["a"])["a"].value == CANARY
    assert capfd.readouterr() == ("", "")


def test_a_key_that_does_not_come_back_is_an_error(machine: Machine) -> None:
    error = refusal_of(lambda: machine.keyring("lossy").write("a", CANARY))
    assert error.code == "keyring_unavailable"
    assert "does not give it back" in error.message


@pytest.mark.parametrize(
    "backend",
    ["keyring.backends.null", "keyring.backends.fail", "keyrings.alt.file", "keyring.backends.chainer"],
)
def test_a_refused_backend_is_never_written_to(machine: Machine, backend: str) -> None:
    error = refusal_of(lambda: machine.keyring(backend=backend).write("a", CANARY))
    assert error.code == "keyring_unavailable"
    assert machine.items() == {}


def test_the_real_library_without_a_keyring_is_unavailable_and_says_so() -> None:
    env = {**os.environ, "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    error = refusal_of(lambda: Keyring(env=env).read(["a"]))
    assert error.code == "keyring_unavailable"
    assert "no keyring service" in error.message


@pytest.mark.parametrize(
    ("backend", "reason"),
    [("keyring.backends.null.Keyring", "forgets"), ("keyring.backends.chainer.ChainerBackend", "chained")],
)
def test_the_real_librarys_other_backends_are_refused(backend: str, reason: str) -> None:
    env = {name: value for name, value in os.environ.items() if name != "DBUS_SESSION_BUS_ADDRESS"}
    error = refusal_of(lambda: Keyring(env={**env, "PYTHON_KEYRING_BACKEND": backend}).write("a", CANARY))
    assert error.code == "keyring_unavailable"
    assert reason in error.message


def test_a_backend_that_does_not_exist_is_unavailable() -> None:
    error = refusal_of(
        lambda: Keyring(env={**os.environ, "PYTHON_KEYRING_BACKEND": "no.such.Backend"}).read(["a"])
    )
    assert error.code == "keyring_unavailable"


@pytest.mark.parametrize(
    "command",
    [
        ("no-such-program-anywhere",),
        ("",),
        (sys.executable, "-c", "print('garbage')"),
        (sys.executable, "-c", ""),
    ],
)
def test_a_child_that_cannot_be_started_or_understood_is_unavailable(command: tuple[str, ...]) -> None:
    assert refusal_of(lambda: Keyring(command=command).read(["a"])).code == "keyring_unavailable"


# deadlines


def test_a_keyring_that_never_answers_is_given_up_at_the_deadline(machine: Machine) -> None:
    began = time.monotonic()
    error = refusal_of(lambda: machine.keyring("hang").read(["a"], timeout_s=1.0))
    assert time.monotonic() - began < 3.0
    assert error.code == "keyring_locked"
    assert "did not answer within 1 s" in error.message
    assert "env:NAME" in error.hint


def hang_with_child(folder: Path) -> tuple[str, ...]:
    """A program that hangs, and has a child of its own that does."""
    program = (
        "import os, subprocess, sys, pathlib, time\n"
        "child = subprocess.Popen(['sleep', '600'])\n"
        f"path = pathlib.Path({str(folder / 'pids')!r})\n"
        "path.with_suffix('.new').write_text(f'{os.getpid()} {child.pid}')\n"
        "path.with_suffix('.new').rename(path)\n"
        "time.sleep(600)\n"
    )
    return (sys.executable, "-c", program)


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked up in /proc")
def test_nothing_of_a_call_that_was_given_up_goes_on_running(
    tmp_path: Path, until: Callable[..., None]
) -> None:
    refusal_of(lambda: Keyring(command=hang_with_child(tmp_path)).read(["a"], timeout_s=1.5))
    pids = [int(text) for text in (tmp_path / "pids").read_text().split()]
    until(lambda: all(is_gone(pid) for pid in pids), timeout_s=5, what="the end of the child and its child")


@pytest.fixture
def stuck(
    tmp_path: Path, until: Callable[..., None]
) -> Generator[tuple[Keyring, threading.Thread, list[SecretError]]]:
    """A keyring with a call under way, in a thread, that would take a minute."""
    keyring = Keyring(command=hang_with_child(tmp_path))
    raised: list[SecretError] = []

    def ask() -> None:
        raised.append(refusal_of(lambda: keyring.read(["a"], is_person_asked=True)))

    thread = threading.Thread(target=ask)
    thread.start()
    until((tmp_path / "pids").exists, what="the child")
    yield keyring, thread, raised
    keyring.close()
    thread.join(10)


def test_closing_ends_a_call_under_way_so_that_the_gateway_can_exit(
    stuck: tuple[Keyring, threading.Thread, list[SecretError]],
) -> None:
    keyring, thread, raised = stuck
    keyring.close()
    thread.join(5)
    assert not thread.is_alive()
    assert raised[0].code == "keyring_unavailable"
    assert "stopping" in refusal_of(lambda: keyring.read(["a"])).message


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked up in /proc")
def test_the_child_ends_itself_where_its_parent_was_killed(
    machine: Machine, until: Callable[..., None]
) -> None:
    request = {"op": "get", "service": "aigw-dev", "names": ["a"], "may_prompt": False, "timeout_s": 0.5}
    child = subprocess.Popen(
        [sys.executable, "-P", keyring_child.__file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env={**machine.env, "FAKE_MODE": "hang"},
    )
    with child:
        assert child.stdin is not None
        child.stdin.write(json.dumps(request).encode())
        child.stdin.close()
        assert child.wait(20) == 75


# what others can see


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="processes are looked up in /proc")
def test_no_process_shows_the_key_in_its_arguments_or_environment(
    machine: Machine, until: Callable[..., None]
) -> None:
    keyring = machine.keyring("hang")
    thread = threading.Thread(target=lambda: refusal_of(lambda: keyring.write("a", CANARY, timeout_s=30)))
    thread.start()

    def seen() -> dict[str, bytes]:
        shown: dict[str, bytes] = {}
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                shown[entry.name] = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            except OSError:
                continue
        return shown

    until(lambda: any(b"keyring_child.py" in text for text in seen().values()), what="the child")
    shown = seen()
    keyring.close()
    thread.join(10)
    assert not any(CANARY.encode() in text for text in shown.values())


def test_a_hostile_working_directory_brings_no_code_into_the_child(machine: Machine, tmp_path: Path) -> None:
    hostile = tmp_path / "cloned-repository"
    hostile.mkdir()
    for name in ("keyring", "json", "secretstorage", "sitecustomize", "aigw_dev", "threading"):
        (hostile / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    os.chdir(hostile)
    machine.keyring().write("a", "1")
    assert not (tmp_path / "ran").exists()
    assert machine.items() == {"aigw-dev/a": "1"}
