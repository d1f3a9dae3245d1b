"""Claims about a real Secret Service (gnome-keyring). `bash tests/with-secret-service.sh pytest -m keyring`."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aigw_dev.core.errors import SecretError
from aigw_dev.secrets.home import Home
from aigw_dev.secrets.keyring import Keyring
from aigw_dev.secrets.vault import Vault
from tests.secrets.keyrings import BASH, SCRIPT, Service

CANARY = "sk-proj-Canary7Value9Never3Shown"
TOOLS = ("bash", "dbus-run-session", "dbus-send", "gnome-keyring-daemon")


def refusal(
    keyring: Keyring, *, is_person_asked: bool = False, timeout_s: float | None = None
) -> tuple[SecretError, float]:
    began = time.monotonic()
    with pytest.raises(SecretError) as caught:
        keyring.read(["openai-api-key"], is_person_asked=is_person_asked, timeout_s=timeout_s)
    return caught.value, time.monotonic() - began


@pytest.mark.keyring
def test_a_key_goes_through_the_sessions_keyring_and_comes_back() -> None:
    keyring = Keyring()
    assert keyring.probe() == "keyring.backends.SecretService"
    keyring.write("test-round-trip", CANARY)
    try:
        assert keyring.read(["test-round-trip", "test-missing"])["test-round-trip"].value == CANARY
    finally:
        assert keyring.delete(["test-round-trip"]) == {"test-round-trip"}
    assert keyring.read(["test-round-trip"]) == {}


@pytest.mark.keyring
def test_other_programs_find_the_key_under_service_aigw_dev_and_its_name(service: Service) -> None:
    service.keyring().write("qwen-spare", CANARY)
    assert service.python("import keyring; print(keyring.get_password('aigw-dev', 'qwen-spare'))") == CANARY
    service.python("import keyring; keyring.set_password('aigw-dev', 'by-hand', 'other')")
    assert service.keyring().read(["by-hand"])["by-hand"].value == "other"


@pytest.mark.keyring
def test_a_frozen_keyring_is_given_up_within_five_seconds_and_works_again_later(service: Service) -> None:
    keyring = service.keyring()
    keyring.write("openai-api-key", CANARY)
    daemon = service.daemon()
    os.kill(daemon, signal.SIGSTOP)
    try:
        error, took_s = refusal(keyring)
    finally:
        os.kill(daemon, signal.SIGCONT)
    assert error.code == "keyring_locked"
    assert "did not answer within 5 s" in error.message
    assert 4.5 < took_s < 6.5
    assert keyring.read(["openai-api-key"])["openai-api-key"].value == CANARY


@pytest.mark.keyring
@pytest.mark.parametrize("is_person_asked", [False, True])
def test_a_locked_keyring_is_told_as_locked_with_the_alternatives(
    service: Service, *, is_person_asked: bool
) -> None:
    service.keyring().write("openai-api-key", CANARY)
    service.lock()
    error, took_s = refusal(service.keyring(), is_person_asked=is_person_asked, timeout_s=20)
    assert error.code == "keyring_locked"
    assert took_s < 10
    assert (
        "the login keyring is locked" in error.message
    ) is not is_person_asked  # nobody asked: no dialog is tried
    assert "env:NAME" in error.hint
    assert CANARY not in f"{error}{error.hint}"


@pytest.mark.keyring
def test_a_keyring_that_died_is_one_error_and_nothing_hangs(service: Service) -> None:
    service.keyring().write("openai-api-key", CANARY)
    os.kill(service.daemon(), signal.SIGKILL)
    error, took_s = refusal(service.keyring())  # D-Bus starts a new daemon, locked
    assert error.code in {"keyring_locked", "keyring_unavailable"}
    assert took_s < 6.5


@pytest.mark.keyring
def test_a_bus_that_is_gone_is_one_error(service: Service, tmp_path: Path) -> None:
    env = {**service.env, "DBUS_SESSION_BUS_ADDRESS": f"unix:path={tmp_path}/gone"}
    error, _ = refusal(Keyring(env=env))
    assert error.code == "keyring_unavailable"


@pytest.mark.keyring
def test_the_null_backend_is_refused_also_beside_a_working_keyring(service: Service) -> None:
    env = {**service.env, "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    error, _ = refusal(Keyring(env=env))
    assert error.code == "keyring_unavailable"
    assert "forgets every key" in error.message


@pytest.mark.keyring
def test_an_installed_plain_text_backend_is_refused_although_it_would_come_first(
    service: Service, tmp_path: Path
) -> None:
    (tmp_path / "keyrings" / "alt").mkdir(parents=True)
    (tmp_path / "keyrings" / "alt" / "file.py").write_text(
        "from keyring.backend import KeyringBackend\n"
        "class PlaintextKeyring(KeyringBackend):\n"
        "    priority = 9\n"
        "    def get_password(self, service, username): return 'plain'\n"
        "    def set_password(self, service, username, password): open('/dev/null', 'w')\n"
        "    def delete_password(self, service, username): pass\n"
    )
    env = {
        **service.env,
        "PYTHONPATH": str(tmp_path),
        "PYTHON_KEYRING_BACKEND": "keyrings.alt.file.PlaintextKeyring",
    }
    error, _ = refusal(Keyring(env=env))
    assert error.code == "keyring_unavailable"
    assert "keyrings.alt" in error.message


@pytest.mark.keyring
def test_a_key_kept_in_a_real_keyring_is_in_no_file_as_plain_text(service: Service, tmp_path: Path) -> None:
    vault = Vault(Home(tmp_path / "state", env={}), env={}, keyring=service.keyring())
    vault.add("openai-api-key", CANARY, provider="openai", origins=["https://api.openai.com"])
    kept = [
        entry
        for folder in (tmp_path, Path(service.env["HOME"]))
        for entry in folder.rglob("*")
        if entry.is_file()
    ]
    assert any(entry.suffix == ".keyring" for entry in kept)
    assert any(entry.name == "trust.db" for entry in kept)
    assert not [entry for entry in kept if CANARY.encode() in entry.read_bytes()]
    assert vault.read(vault.records()).found["openai-api-key"].value == CANARY


@pytest.mark.skipif(bool(os.environ.get("AIGW_DEV_TEST_KEYRING")), reason="this is that run")
@pytest.mark.skipif(any(shutil.which(tool) is None for tool in TOOLS), reason="needs dbus and gnome-keyring")
def test_the_claims_above_hold_wherever_a_secret_service_can_be_started() -> None:
    done = subprocess.run(
        [
            BASH,
            str(SCRIPT),
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-m",
            "keyring",
            "-p",
            "no:cacheprovider",
            __file__,
        ],
        cwd=SCRIPT.parent.parent,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "skipped" not in done.stdout
