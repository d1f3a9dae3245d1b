"""Keys and passphrases that come from a variable, a file or a descriptor. Errors name the place, never the content."""

import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from aigw_dev.core.credentials import MAX_KEY_CHARS, check_key, clean_key
from aigw_dev.core.errors import SecretError
from aigw_dev.secrets.private_files import others_may_read, read_handle
from aigw_dev.secrets.secret import Secret

PassphrasePrompt = Callable[[], str | None]
"""Asks a person for the passphrase; None = nobody can be asked."""

PASSPHRASE_FILE: Final = "AIGW_DEV_PASSPHRASE_FILE"  # noqa: S105 - a variable's name
PASSPHRASE_FD: Final = "AIGW_DEV_PASSPHRASE_FD"  # noqa: S105 - the same
_NO_WAIT: Final = getattr(os, "O_NONBLOCK", 0)
_BINARY: Final = getattr(os, "O_BINARY", 0)


def read_variable(variable: str, env: Mapping[str, str]) -> Secret | None:
    """The key in an environment variable; None where it is unset or empty.

    A gateway's own token there (`aigw-dev run` sets such) or text that is no key is a `SecretError`.
    """
    key = clean_key(env.get(variable, ""))
    if not key:
        return None
    if problem := check_key(key):
        raise SecretError(
            f"{variable}: {problem}",
            code="key_unreadable",
            hint=f"set {variable} to the provider's key, or unset it",
        )
    return Secret(f"env:{variable}", key, "env")


def read_key_file(path: str, *, base: Path) -> Secret | None:
    """The key in a file that only its owner can read; None where there is none. `base` is for relative paths.

    Links are followed (mounted secrets are links); what they lead to must be a plain file of ours or root's, with
    no permission for others, holding one key.
    """
    place = base / Path(path).expanduser()
    content = _read_owned(place, limit=MAX_KEY_CHARS)
    if content is None:
        return None
    try:
        key = clean_key(content.decode("utf-8"))
    except UnicodeDecodeError:
        raise _unreadable(place, "is not text", "write the key into it, and nothing else") from None
    if problem := check_key(key):
        raise _unreadable(place, f"holds no usable key: {problem}", "write the key into it, and nothing else")
    return Secret(f"file:{path}", key, "file")


class Passphrase:
    """The passphrase of the encrypted key file, asked for at most once in a process.

    From the file that AIGW_DEV_PASSPHRASE_FILE names, else the descriptor AIGW_DEV_PASSPHRASE_FD, else the prompt.
    """

    def __init__(self, env: Mapping[str, str], prompt: PassphrasePrompt | None = None) -> None:
        self._env: Final = env
        self._prompt: Final = prompt
        self._kept: str | None = None

    def __repr__(self) -> str:
        return "<Passphrase>"

    def get(self) -> str:
        """The passphrase; `keyring_locked` where it is not given and nobody can be asked."""
        if self._kept is None:
            self._kept = self._find()
        return self._kept

    def forget(self) -> None:
        """Ask again next time: it was wrong."""
        self._kept = None

    def _find(self) -> str:
        found: str | None = None
        if path := self._env.get(PASSPHRASE_FILE, "").strip():
            found = _passphrase_from_file(Path(path).expanduser())
        elif number := self._env.get(PASSPHRASE_FD, "").strip():
            found = _passphrase_from_descriptor(number)
        elif self._prompt is not None:
            found = self._prompt()
        if not found:
            raise SecretError(
                "the encrypted key file needs its passphrase and nobody gave it",
                code="keyring_locked",
                hint=f"set {PASSPHRASE_FILE} to a file (0600) that holds it, or start in a terminal",
            )
        return found


def _passphrase_from_file(path: Path) -> str:
    content = _read_owned(path, limit=MAX_KEY_CHARS)
    if content is None:
        raise _unreadable(
            path, f"({PASSPHRASE_FILE}) does not exist", "write the passphrase into it, mode 0600"
        )
    return _one_line(content, str(path))


def _passphrase_from_descriptor(number: str) -> str:
    try:
        with os.fdopen(int(number), "rb") as file:
            content = file.read(MAX_KEY_CHARS)
    except (OSError, ValueError) as error:
        raise SecretError(
            f"{PASSPHRASE_FD}={number} cannot be read: {error}",
            code="key_unreadable",
            hint="pass the number of an open descriptor",
        ) from None
    return _one_line(content, PASSPHRASE_FD)


def _one_line(content: bytes, place: str) -> str:
    """The text without its line end, which editors add and nobody types."""
    try:
        return content.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise SecretError(
            f"{place} is not text", code="key_unreadable", hint="write the passphrase as UTF-8 text"
        ) from None


def _read_owned(path: Path, *, limit: int) -> bytes | None:
    """The bytes of a plain file that only we (or root) can read and write; None where there is none."""
    try:
        handle = os.open(path, os.O_RDONLY | _BINARY | _NO_WAIT)  # not to wait for the writer of a pipe
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise _unreadable(
            path,
            f"cannot be opened: {getattr(error, 'strerror', None) or error}",
            "check the path and its owner",
        ) from None
    try:
        there = os.fstat(handle)
        if not stat.S_ISREG(there.st_mode):
            raise _unreadable(path, "is not a plain file", "name a file")
        if others_may_read(there.st_mode):
            raise _unreadable(
                path,
                f"can be read by other users (mode {stat.S_IMODE(there.st_mode):04o})",
                f"chmod 600 {path}",
            )
        if os.name == "posix" and os.geteuid() not in (0, there.st_uid) and there.st_uid != 0:
            raise _unreadable(
                path, f"belongs to another user (uid {there.st_uid})", "name a file of your own"
            )
        content = read_handle(handle, limit=limit + 1)
    finally:
        os.close(handle)
    if len(content) > limit:
        raise _unreadable(
            path, f"is larger than {limit:,} bytes", "name a file that holds one key and nothing else"
        )
    return content


def _unreadable(path: Path, why: str, hint: str) -> SecretError:
    return SecretError(f"{path} {why}", code="key_unreadable", hint=hint)
