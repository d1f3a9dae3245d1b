"""`keys rotate`: tried first; the old key stays in force where the new one is refused."""

from pathlib import Path

import pytest

from tests.cli.machine import BAD, GOOD, NEW, Machine, config_for, vendor


@pytest.fixture
def passphrase(tmp_path: Path) -> Path:
    """A file with the passphrase of the encrypted key file."""
    file = tmp_path / "passphrase"
    file.write_text("correct horse battery\n")
    file.chmod(0o600)
    return file


def test_a_key_is_replaced_only_by_a_good_one_and_comes_back(tmp_path: Path, passphrase: Path) -> None:
    with vendor() as upstream:
        machine = Machine(
            tmp_path,
            config_for(upstream),
            AIGW_DEV_PASSPHRASE_FILE=str(passphrase),
            AIGW_DEV_CONFIG=str(tmp_path / "project/aigw-dev.yaml"),
        )
        assert machine.run("keys", "add", "local", "--stdin", "--encrypted-file", given=GOOD).code == 0
        refused = machine.run("keys", "rotate", "local-key", "--stdin", given=BAD)
        assert refused.code == 1
        assert "the old key stays in force" in refused.err
        done = machine.run("keys", "rotate", "local-key", "--stdin", "--grace", "1h", "--json", given=NEW)
        assert done.code == 0, done.err
        assert done.json["fingerprint"].endswith(NEW[-4:])
        assert done.json["previous"]["fingerprint"].endswith(GOOD[-4:])
        machine.run("keys", "check")
        assert upstream.requests[-1].header(b"authorization") == f"Bearer {NEW}".encode()
        back = machine.run("keys", "rotate", "local-key", "--undo")
        assert (back.code, GOOD[-4:] in back.out) == (0, True)


def test_a_grace_that_is_no_time_is_a_usage_error(tmp_path: Path, passphrase: Path) -> None:
    machine = Machine(tmp_path, AIGW_DEV_PASSPHRASE_FILE=str(passphrase))
    added = machine.run("keys", "add", "mistral", "--stdin", "--encrypted-file", "--no-check", given=GOOD)
    assert added.code == 0, added.err
    done = machine.run("keys", "rotate", "mistral-api-key", "--grace", "soon", "--stdin", given=NEW)
    assert done.code == 2
    assert "24h" in done.err


def test_a_variables_key_is_changed_where_it_is(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.run("keys", "add", "mistral", "--env", "SOMEWHERE")
    done = machine.run("keys", "rotate", "mistral-api-key", "--stdin", given=NEW)
    assert done.code == 2
    assert "change it there" in done.err
