import base64
import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aigw_dev.core.errors import SecretError
from aigw_dev.secrets.encrypted import EncryptedFile
from aigw_dev.secrets.sources import Passphrase

CANARY = "sk-proj-Canary7Value9Never3Shown"
CHEAP = 2**14


def keys(
    folder: Path, passphrase: str | None = "correct horse battery", *, cost: int = CHEAP
) -> EncryptedFile:
    return EncryptedFile(folder / "keys.enc", Passphrase({}, lambda: passphrase), cost=cost)


def refusal_of_read(file: EncryptedFile) -> SecretError:
    with pytest.raises(SecretError) as caught:
        file.read(["openai-api-key"])
    assert CANARY not in f"{caught.value} {caught.value.hint}"
    return caught.value


def test_keys_come_back_with_the_passphrase_they_were_written_with(tmp_path: Path) -> None:
    keys(tmp_path).write("openai-api-key", CANARY)
    keys(tmp_path).write("qwen-spare", '{"long": "' + "k" * 5000 + '"}')
    found = keys(tmp_path).read(["openai-api-key", "qwen-spare", "missing"])
    assert found["openai-api-key"].value == CANARY
    assert found["openai-api-key"].source == "encrypted"
    assert len(found["qwen-spare"].value) > 5000
    assert "missing" not in found


def test_the_file_is_the_owners_and_shows_neither_key_nor_name(tmp_path: Path) -> None:
    keys(tmp_path).write("openai-api-key", CANARY)
    content = (tmp_path / "keys.enc").read_bytes()
    assert content.startswith(b"aigw-dev keys 1\n")
    assert CANARY.encode() not in content
    assert b"openai-api-key" not in content
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "keys.enc").stat().st_mode) == 0o600


def test_new_files_cost_an_attacker_scrypt_of_128_mib(tmp_path: Path) -> None:
    EncryptedFile(tmp_path / "keys.enc", Passphrase({}, lambda: "correct horse battery")).write("a", "1")
    header = json.loads((tmp_path / "keys.enc").read_bytes().splitlines()[1])
    assert (header["kdf"], header["n"], header["r"], header["p"]) == ("scrypt", 2**17, 8, 1)
    assert header["cipher"] == "AES-256-GCM"


def test_salt_and_nonce_are_new_at_every_write(tmp_path: Path) -> None:
    seen: set[tuple[str, str]] = set()
    for _ in range(3):
        keys(tmp_path).write("a", "1")
        header = json.loads((tmp_path / "keys.enc").read_bytes().splitlines()[1])
        seen.add((header["salt"], header["nonce"]))
    assert len({salt for salt, _ in seen}) == len({nonce for _, nonce in seen}) == 3


def test_a_wrong_passphrase_is_said_to_be_one_and_asked_for_again(tmp_path: Path) -> None:
    keys(tmp_path).write("openai-api-key", CANARY)
    answers = iter(["wrong passphrase", "correct horse battery"])
    file = EncryptedFile(tmp_path / "keys.enc", Passphrase({}, lambda: next(answers)), cost=CHEAP)
    error = refusal_of_read(file)
    assert error.code == "passphrase_wrong"
    assert "wrong passphrase" not in error.message
    assert file.read(["openai-api-key"])["openai-api-key"].value == CANARY


def test_a_write_with_a_wrong_passphrase_loses_nothing(tmp_path: Path) -> None:
    keys(tmp_path).write("openai-api-key", CANARY)
    before = (tmp_path / "keys.enc").read_bytes()
    with pytest.raises(SecretError, match="does not open"):
        keys(tmp_path, "wrong passphrase").write("other", "x")
    assert (tmp_path / "keys.enc").read_bytes() == before


def test_a_short_passphrase_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(SecretError, match="shorter than 8") as caught:
        keys(tmp_path, "short").write("a", "1")
    assert caught.value.code == "key_invalid"
    assert not (tmp_path / "keys.enc").exists()


def test_without_a_passphrase_the_file_counts_as_locked(tmp_path: Path) -> None:
    keys(tmp_path).write("openai-api-key", CANARY)
    assert refusal_of_read(keys(tmp_path, None)).code == "keyring_locked"


def test_nobody_is_asked_where_there_is_nothing_to_open(tmp_path: Path) -> None:
    assert keys(tmp_path, None).read(["a"]) == {}
    assert keys(tmp_path, None).delete(["a"]) == frozenset()
    keys(tmp_path).write("a", "1")
    assert keys(tmp_path, None).read([]) == {}
    assert keys(tmp_path, None).delete([]) == frozenset()


def test_deleting_tells_what_was_there_and_keeps_the_rest(tmp_path: Path) -> None:
    file = keys(tmp_path)
    file.write("a", "1")
    file.write("b", "2")
    assert file.delete(["a", "missing"]) == {"a"}
    assert set(file.read(["a", "b"])) == {"b"}


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SecretError, match="folder cannot be written"):
        keys(tmp_path / "missing").write("a", "1")


def test_two_writers_do_not_lose_each_others_key(tmp_path: Path) -> None:
    one, two = keys(tmp_path), keys(tmp_path)
    one.write("a", "1")
    two.write("b", "2")
    one.write("c", "3")
    assert set(keys(tmp_path).read(["a", "b", "c"])) == {"a", "b", "c"}


def change_header(path: Path, **changes: object) -> None:
    magic, header, body = path.read_bytes().split(b"\n", 2)
    path.write_bytes(
        b"\n".join([magic, json.dumps(json.loads(header) | changes, separators=(",", ":")).encode(), body])
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"n": 2**13},
        {"n": 2**40},
        {"n": 100_000},
        {"n": -(2**14)},
        {"n": 0},
        {"r": 1},
        {"p": 9},
        {"kdf": "none"},
        {"cipher": "none"},
        {"salt": ""},
        {"nonce": "AAAA"},
    ],
)
def test_parameters_that_are_weak_or_eat_memory_are_refused_before_they_are_used(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    keys(tmp_path).write("openai-api-key", CANARY)
    change_header(tmp_path / "keys.enc", **changes)
    assert refusal_of_read(keys(tmp_path)).code == "key_unreadable"


def test_the_header_is_authenticated_with_the_content(tmp_path: Path) -> None:
    keys(tmp_path).write("openai-api-key", CANARY)
    change_header(tmp_path / "keys.enc", comment="added")
    assert refusal_of_read(keys(tmp_path)).code == "passphrase_wrong"


@pytest.mark.parametrize(
    "content", [b"", b"aigw-dev keys 2\n", b"aigw-dev keys 1\n{}\n", b"aigw-dev keys 1\nx\nx", b"\x00" * 100]
)
def test_a_file_of_another_kind_is_refused_and_kept(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "keys.enc").write_bytes(content)
    assert refusal_of_read(keys(tmp_path)).code == "key_unreadable"
    with pytest.raises(SecretError, match="cannot be used"):
        keys(tmp_path).write("a", "1")
    assert (tmp_path / "keys.enc").read_bytes() == content


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.integers(min_value=0), bit=st.integers(min_value=0, max_value=7))
def test_no_flipped_bit_of_the_content_goes_unseen(tmp_path: Path, position: int, bit: int) -> None:
    keys(tmp_path).write("openai-api-key", CANARY)
    path = tmp_path / "keys.enc"
    magic, header, body = path.read_bytes().split(b"\n", 2)
    sealed = bytearray(base64.b64decode(body))
    sealed[position % len(sealed)] ^= 1 << bit
    path.write_bytes(b"\n".join([magic, header, base64.b64encode(sealed)]))
    error = refusal_of_read(keys(tmp_path))
    path.unlink()
    assert error.code == "passphrase_wrong"
