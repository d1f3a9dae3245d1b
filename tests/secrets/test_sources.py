import os
from collections.abc import Callable
from pathlib import Path

import pytest

from aigw_dev.core.errors import SecretError
from aigw_dev.secrets.secret import Secret
from aigw_dev.secrets.sources import Passphrase, read_key_file, read_variable

CANARY = "sk-proj-Canary7Value9Never3Shown"
posix_only = pytest.mark.skipif(os.name != "posix", reason="modes are a POSIX matter")


def refusal_of(call: Callable[[], object]) -> SecretError:
    with pytest.raises(SecretError) as caught:
        call()
    assert CANARY not in f"{caught.value} {caught.value.hint}"
    return caught.value


def key_file(folder: Path, content: bytes, mode: int = 0o600) -> Path:
    path = folder / "key"
    path.write_bytes(content)
    path.chmod(mode)
    return path


# variables


def test_a_variable_gives_its_key_cleaned_and_named_by_its_reference() -> None:
    found = read_variable("OPENAI_API_KEY", {"OPENAI_API_KEY": f' "{CANARY}"\n'})
    assert isinstance(found, Secret)
    assert (found.name, found.value, found.source) == ("env:OPENAI_API_KEY", CANARY, "env")


@pytest.mark.parametrize("env", [{}, {"OPENAI_API_KEY": ""}, {"OPENAI_API_KEY": "  "}])
def test_an_unset_or_empty_variable_is_no_key(env: dict[str, str]) -> None:
    assert read_variable("OPENAI_API_KEY", env) is None


@pytest.mark.parametrize(
    "value", ["aigwdev-token", "Bearer aigwdev-token", "your-api-key", f"{CANARY} {CANARY}"]
)
def test_what_is_no_providers_key_is_refused_by_the_variables_name(value: str) -> None:
    error = refusal_of(lambda: read_variable("OPENAI_API_KEY", {"OPENAI_API_KEY": value}))
    assert error.code == "key_unreadable"
    assert "OPENAI_API_KEY" in error.message
    assert "aigwdev-token" not in error.message


# files


def test_a_file_gives_its_key_without_the_line_end(tmp_path: Path) -> None:
    path = key_file(tmp_path, f"{CANARY}\r\n".encode())
    found = read_key_file(str(path), base=Path("/nowhere"))
    assert found is not None
    assert (found.name, found.value, found.source) == (f"file:{path}", CANARY, "file")


def test_a_relative_path_is_beside_the_config(tmp_path: Path) -> None:
    key_file(tmp_path, CANARY.encode())
    found = read_key_file("key", base=tmp_path)
    assert found is not None
    assert found.name == "file:key"


def test_a_missing_file_is_no_key(tmp_path: Path) -> None:
    assert read_key_file("missing", base=tmp_path) is None
    key_file(tmp_path, b"x")
    assert read_key_file("key/below", base=tmp_path) is None


@posix_only
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o666, 0o620])
def test_a_file_that_others_can_read_or_write_is_refused_with_the_chmod(tmp_path: Path, mode: int) -> None:
    path = key_file(tmp_path, CANARY.encode(), mode)
    error = refusal_of(lambda: read_key_file(str(path), base=tmp_path))
    assert error.code == "key_unreadable"
    assert error.hint == f"chmod 600 {path}"
    assert path.stat().st_mode & 0o777 == mode  # somebody else's file is not changed


@posix_only
def test_a_link_to_a_private_file_is_followed(tmp_path: Path) -> None:
    key_file(tmp_path, CANARY.encode(), 0o400)
    (tmp_path / "link").symlink_to(tmp_path / "key")
    assert read_key_file("link", base=tmp_path) is not None


@posix_only
def test_a_pipe_or_a_folder_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    (tmp_path / "folder").mkdir(mode=0o700)
    for name in ("pipe", "folder"):
        assert "not a plain file" in refusal_of(lambda name=name: read_key_file(name, base=tmp_path)).message


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "empty"),
        (b"\n", "empty"),
        (b"x" * 70_000, "larger than 65,536 bytes"),
        (b"\xff\xfe\x00", "not text"),
        (f"{CANARY}\n{CANARY}\n".encode(), "space or a line end"),
        (b"aigwdev-token", "token of the gateway"),
    ],
)
def test_a_file_that_holds_no_single_key_is_refused(tmp_path: Path, content: bytes, problem: str) -> None:
    path = key_file(tmp_path, content)
    error = refusal_of(lambda: read_key_file(str(path), base=tmp_path))
    assert error.code == "key_unreadable"
    assert problem in error.message


# the passphrase


def test_the_passphrase_comes_from_a_private_file_without_its_line_end(tmp_path: Path) -> None:
    path = key_file(tmp_path, b" correct horse \n")
    assert Passphrase({"AIGW_DEV_PASSPHRASE_FILE": str(path)}).get() == " correct horse "


@posix_only
def test_a_passphrase_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = key_file(tmp_path, b"correct horse", 0o644)
    assert refusal_of(Passphrase({"AIGW_DEV_PASSPHRASE_FILE": str(path)}).get).hint == f"chmod 600 {path}"


def test_the_passphrase_comes_from_a_descriptor_once_and_is_remembered() -> None:
    reader, writer = os.pipe()
    os.write(writer, b"correct horse\n")
    os.close(writer)
    passphrase = Passphrase({"AIGW_DEV_PASSPHRASE_FD": str(reader)})
    assert passphrase.get() == "correct horse"
    assert passphrase.get() == "correct horse"


@pytest.mark.parametrize("number", ["x", "-1", "9999"])
def test_a_bad_descriptor_is_told(number: str) -> None:
    assert "AIGW_DEV_PASSPHRASE_FD" in refusal_of(Passphrase({"AIGW_DEV_PASSPHRASE_FD": number}).get).message


def test_a_passphrase_that_is_not_text_is_told(tmp_path: Path) -> None:
    path = key_file(tmp_path, b"\xff")
    assert "not text" in refusal_of(Passphrase({"AIGW_DEV_PASSPHRASE_FILE": str(path)}).get).message


def test_a_person_is_asked_at_most_once_until_it_was_wrong() -> None:
    asked: list[str] = []

    def ask() -> str:
        asked.append("asked")
        return "correct horse"

    passphrase = Passphrase({}, ask)
    assert [passphrase.get(), passphrase.get()] == ["correct horse"] * 2
    assert len(asked) == 1
    passphrase.forget()
    passphrase.get()
    assert len(asked) == 2
    assert "horse" not in repr(passphrase)


def test_nobody_to_ask_is_a_locked_key_file(tmp_path: Path) -> None:
    for passphrase in (Passphrase({}), Passphrase({}, lambda: None), Passphrase({}, lambda: "")):
        error = refusal_of(passphrase.get)
        assert error.code == "keyring_locked"
        assert "AIGW_DEV_PASSPHRASE_FILE" in error.hint
    missing = Passphrase({"AIGW_DEV_PASSPHRASE_FILE": str(tmp_path / "missing")})
    assert "does not exist" in refusal_of(missing.get).message
