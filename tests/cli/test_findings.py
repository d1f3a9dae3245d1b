"""What the doctor looks at, each by itself."""

import sys
from pathlib import Path

import pytest

from aigw_dev.cli import findings
from tests.cli.machine import Machine

MOUNTS = """/dev/sda1 / ext4 rw 0 0
nas:/home /home nfs4 rw 0 0
tmpfs /home/local tmpfs rw 0 0
//nas/a\\040b /mnt/a\\040b cifs rw 0 0
"""
DARWIN = """/dev/disk3s1s1 on / (apfs, sealed, local, read-only)
//me@nas/share on /Volumes/share (smbfs, nodev, nosuid)
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/me/x", "nfs4"),
        ("/home/local/x", None),
        ("/homes", None),
        ("/mnt/a b/c", "cifs"),
        ("/var", None),
    ],
)
def test_a_network_mount_is_known_by_the_longest_path_above(path: str, kind: str | None) -> None:
    assert findings.linux_kind(MOUNTS, path) == kind


@pytest.mark.parametrize(("path", "kind"), [("/Volumes/share/x", "smbfs"), ("/Users/me", None)])
def test_so_it_is_on_macos(path: str, kind: str | None) -> None:
    assert findings.darwin_kind(DARWIN, path) == kind


def test_variables_in_force_are_named_and_their_secrets_are_not(tmp_path: Path) -> None:
    env = {
        "HTTPS_PROXY": "http://me:secret@proxy:3128",
        "AIGW_DEV_TOKEN": "aigwdev-secret",
        "OPENAI_BASE_URL": "http://x",
    }
    found = findings.environment(Machine(tmp_path).place(env=env))
    assert found.state == "note"
    assert "proxy:3128" in found.text
    assert "never read by the gateway: OPENAI_BASE_URL" in found.text
    assert "secret" not in found.text
    assert findings.environment(Machine(tmp_path / "b").place()).state == "ok"


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX's")
def test_a_state_directory_that_others_can_read_fails(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    place = machine.place()
    assert findings.home(place).state == "ok"
    place.home.token()
    assert findings.home(place).state == "ok"
    (machine.home / "token").chmod(0o644)
    found = findings.home(place)
    assert (found.state, "chmod" in found.text) == ("FAIL", True)


def test_a_damaged_log_fails_and_a_missing_one_does_not(tmp_path: Path) -> None:
    place = Machine(tmp_path, "version: 1\n").place()
    assert findings.log(place).state == "ok"
    folder = place.home.gateway_dir(place.source.path, "demo")
    (folder / "log.db").write_bytes(b"not a database, " * 1000)
    assert findings.log(place).state == "FAIL"


def test_prices_program_and_library_say_their_versions(tmp_path: Path) -> None:
    place = Machine(tmp_path).place()
    assert findings.prices(place).text.startswith("of 20")
    assert "aigw-dev" in findings.program(place).text
    assert findings.sqlite(place).text[0].isdigit()
