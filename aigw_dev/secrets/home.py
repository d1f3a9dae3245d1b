"""The state directory: where it is, that it is private, the two tokens in it and each gateway's folder.

Nothing is made or changed before something is written or a token is asked for: looking does not leave traces.
"""

import contextlib
import hashlib
import os
import re
import sys
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Final, Literal

from aigw_dev.core.credentials import make_token
from aigw_dev.core.errors import SecretError
from aigw_dev.secrets.os_lock import OsLock
from aigw_dev.secrets.private_files import (
    make_private_directory,
    narrow_directory,
    others_may_read,
    read_private,
    write_private,
)

Scope = Literal["gateway", "admin"]
"""Which token: the one for `/v1` and `/metrics`, or the one that opens everything."""

_FILES: Final[dict[Scope, str]] = {"gateway": "token", "admin": "admin.token"}
_VARIABLES: Final[dict[Scope, str]] = {"gateway": "AIGW_DEV_TOKEN", "admin": "AIGW_DEV_ADMIN_TOKEN"}
_LABELS: Final[dict[Scope, str]] = {"gateway": "", "admin": "admin"}
_TOKEN_BYTES: Final = 32
_TAG: Final = "CACHEDIR.TAG"
_TAG_TEXT: Final = (
    b"Signature: 8a477f597d28d172789f06886806bc55\n"
    b"# State of aigw-dev: tokens and logs that do not belong into a backup. This tag keeps backup programs out\n"
    b"# (https://bford.info/cachedir/). It is not a cache: do not delete the folder while you want your logs.\n"
)
_OURS: Final = frozenset(
    {_TAG, ".nobackup", "token", "admin.token", "trust.db", "gateways", "keys.enc", "home.lock"}
)


def find_home(explicit: Path | None, env: Mapping[str, str]) -> Path:
    """Where the state directory is: `--home`, else AIGW_DEV_HOME, else the platform's data folder; absolute."""
    named = str(explicit) if explicit else env.get("AIGW_DEV_HOME", "").strip()
    if named:
        return Path(os.path.abspath(Path(named).expanduser()))  # noqa: PTH100 - resolve() would hide a symbolic link
    import platformdirs

    return Path(platformdirs.user_data_dir("aigw-dev", appauthor=False))


class Home:
    """One state directory. Methods that write make and narrow it first; what cannot be private is a `SecretError`."""

    def __init__(self, path: Path, *, env: Mapping[str, str] | None = None) -> None:
        """`env` is where AIGW_DEV_TOKEN and AIGW_DEV_ADMIN_TOKEN are read; None = the process's own."""
        self.path: Final = path
        self._env: Final = os.environ if env is None else env
        self._is_ready = False

    def ready(self) -> Path:
        """The directory, made if missing, 0700, ours, and marked to be left out of backups."""
        if self._is_ready:
            return self.path
        if not make_private_directory(self.path):
            self._refuse_foreign()
        narrow_directory(self.path)
        self._leave_out_of_backups()
        self._is_ready = True
        return self.path

    def token(self) -> str:
        """The gateway's token: AIGW_DEV_TOKEN, else the file `token`, made at first use and kept from then on."""
        return self._token("gateway")

    def admin_token(self) -> str:
        """The admin token: AIGW_DEV_ADMIN_TOKEN, else the file `admin.token`, made at first use."""
        return self._token("admin")

    def rotate_token(self, scope: Scope = "gateway") -> str:
        """Replace a token by a new one and return that; a running gateway must be told. Not where a variable sets it."""
        variable = _VARIABLES[scope]
        if self._env.get(variable, "").strip():
            raise SecretError(
                f"{variable} sets this token",
                code="token_invalid",
                hint=f"change {variable} where it is set, or unset it",
            )
        with self.lock():
            return self._write_token(scope)

    def token_place(self, scope: Scope = "gateway") -> str:
        """Where a token comes from, for a person: the variable's name or the file's path."""
        variable = _VARIABLES[scope]
        return variable if self._env.get(variable, "").strip() else str(self.path / _FILES[scope])

    def lock(self, *, wait_s: float = 5.0) -> contextlib.AbstractContextManager[None]:
        """Hold the directory's lock against other processes for a short change; a `SecretError` after `wait_s`."""
        return _held(self.ready() / "home.lock", wait_s)

    def gateway_dir(self, config_path: Path | None, name: str) -> Path:
        """The folder of the gateway of this config, made if missing; `None` is the built-in default's.

        A gateway is its config's path: a folder once made is kept when the gateway's name changes.
        """
        found = self.find_gateway_dir(config_path)
        if found is None:
            found = self.new_gateway_dir(config_path, name)
            make_private_directory(found.parent)
            make_private_directory(found)
        narrow_directory(found.parent)
        narrow_directory(found)
        return found

    def new_gateway_dir(self, config_path: Path | None, name: str) -> Path:
        """Where the folder of this config's gateway is made when there is none; makes nothing."""
        return self.ready() / "gateways" / f"{_slug(name)}-{_path_hash(config_path)}"

    def find_gateway_dir(self, config_path: Path | None) -> Path | None:
        """The folder of this config's gateway if there is one; makes nothing."""
        ending = f"-{_path_hash(config_path)}"
        return next((folder for folder in self.gateway_dirs() if folder.name.endswith(ending)), None)

    def gateway_dirs(self) -> list[Path]:
        """Every gateway's folder, by name; makes nothing."""
        try:
            return sorted(entry for entry in (self.path / "gateways").iterdir() if entry.is_dir())
        except OSError:
            return []

    def _token(self, scope: Scope) -> str:
        variable = _VARIABLES[scope]
        if given := self._env.get(variable, "").strip():
            return _checked(given, variable)
        path = self.ready() / _FILES[scope]
        if kept := read_private(path):
            return _checked(kept.decode("utf-8", "replace").strip(), str(path))
        with self.lock():
            kept = read_private(path)  # another process may have made it while we waited
            return (
                _checked(kept.decode("utf-8", "replace").strip(), str(path))
                if kept
                else self._write_token(scope)
            )

    def _write_token(self, scope: Scope) -> str:
        made = make_token(os.urandom(_TOKEN_BYTES), label=_LABELS[scope])
        write_private(self.ready() / _FILES[scope], f"{made}\n".encode())
        return made

    def _refuse_foreign(self) -> None:
        """A folder that is not ours and open to others is somebody's: narrowing it (`/tmp`, `/srv`) would break it."""
        try:
            names = {entry.name for entry in self.path.iterdir()} - {"lost+found"}
            is_open = others_may_read(self.path.stat().st_mode)
        except OSError:
            return  # narrow_directory says what is wrong
        if names and is_open and not names & _OURS:
            raise SecretError(
                f"{self.path} holds other files and is open to other users: it is not a state directory of aigw-dev",
                code="home_unusable",
                hint="give --home or AIGW_DEV_HOME a new folder",
            )

    def _leave_out_of_backups(self) -> None:
        """Mark the folder for backup programs, once; best effort, and never in a folder with foreign files."""
        with contextlib.suppress(OSError, SecretError):
            names = {entry.name for entry in self.path.iterdir()}
            if _TAG in names or (names and not names & _OURS):
                return
            write_private(self.path / _TAG, _TAG_TEXT)
            write_private(self.path / ".nobackup", b"")
            if sys.platform == "darwin":
                _leave_out_of_time_machine(self.path)


def _leave_out_of_time_machine(path: Path) -> None:
    """Set the attribute that Time Machine looks for; best effort."""
    import subprocess

    with contextlib.suppress(OSError, subprocess.SubprocessError):
        subprocess.run(
            ["/usr/bin/tmutil", "addexclusion", str(path)], check=False, capture_output=True, timeout=5
        )


@contextlib.contextmanager
def _held(path: Path, wait_s: float) -> Generator[None]:
    lock = OsLock(path)
    try:
        is_held = lock.acquire(wait_s=wait_s)
    except OSError as error:
        raise SecretError(
            f"{path} cannot be written: {error.strerror or error}",
            code="home_unusable",
            hint="mend it, or choose another folder with --home or AIGW_DEV_HOME",
        ) from error
    if not is_held:
        raise SecretError(
            f"another aigw-dev process has held {path} for {wait_s:g} s",
            code="home_unusable",
            hint="try again; see `aigw-dev status --all`",
        )
    try:
        yield
    finally:
        lock.release()


def _checked(token: str, place: str) -> str:
    """The token, if an HTTP header can carry it."""
    if token and token.isascii() and token.isprintable() and " " not in token:
        return token
    raise SecretError(
        f"the token in {place} has characters that no HTTP header can carry",
        code="token_invalid",
        hint="use letters, digits, '-' and '_', or run `aigw-dev token rotate`",
    )


def _slug(name: str) -> str:
    """A gateway's name as part of a folder's name, on every file system."""
    return re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-")[:40] or "gateway"


def _path_hash(config_path: Path | None) -> str:
    """12 hex digits that stand for a config's real path."""
    text = "" if config_path is None else os.path.normcase(config_path.resolve())
    return hashlib.sha256(os.fsencode(text)).hexdigest()[:12]
