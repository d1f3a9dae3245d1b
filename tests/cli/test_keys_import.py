"""`keys import`: lists what lies around, asks, and stores."""

from pathlib import Path

from tests.cli.machine import GOOD, Machine


def machine_with_dotenv(folder: Path) -> Machine:
    secret = folder / "passphrase"
    secret.write_text("correct horse battery\n")
    secret.chmod(0o600)
    machine = Machine(folder, AIGW_DEV_PASSPHRASE_FILE=str(secret))
    (machine.project / ".env").write_text(f"export MISTRAL_API_KEY='{GOOD}'\n")
    return machine


def test_without_a_terminal_it_lists_and_stores_nothing(tmp_path: Path) -> None:
    machine = machine_with_dotenv(tmp_path)
    done = machine.run("keys", "import")
    assert done.code == 2
    assert "mistral: MISTRAL_API_KEY in" in done.err
    assert GOOD not in done.err
    assert machine.run("keys", "list", "--json").json["keys"] == []


def test_what_is_found_is_stored_once(tmp_path: Path) -> None:
    machine = machine_with_dotenv(tmp_path)
    words = ["keys", "import", "--yes", "--encrypted-file", "--no-check", "--json"]
    done = machine.run(*words)
    assert done.code == 0, done.err
    assert [(row["name"], row["state"]) for row in done.json] == [("mistral-api-key", "stored")]
    assert [row["state"] for row in machine.run(*words).json] == ["kept"]
    (machine.project / ".env").write_text("MISTRAL_API_KEY=another-Zz1Yy2Xx3Ww4\n")
    assert [row["name"] for row in machine.run(*words).json] == ["mistral-api-key-2"]


def test_a_person_may_say_no(tmp_path: Path) -> None:
    machine = machine_with_dotenv(tmp_path)
    done = machine.type(
        "keys", "import", "--encrypted-file", "--no-check", typed=[("Store MISTRAL_API_KEY", "n")]
    )
    assert done.code == 0
    assert machine.run("keys", "list", "--json").json["keys"] == []


def test_nothing_to_find_is_said(tmp_path: Path) -> None:
    done = Machine(tmp_path).run("keys", "import")
    assert (done.code, "no usual variable" in done.err) == (0, True)
