"""The two places that keep a value for us, in one shape: the OS keyring and the encrypted file."""

from collections.abc import Iterable
from typing import Final, Protocol

from aigw_dev.secrets.encrypted import EncryptedFile
from aigw_dev.secrets.home import Home
from aigw_dev.secrets.keyring import Keyring
from aigw_dev.secrets.secret import Secret


class Store(Protocol):
    """Reads, writes and deletes values by item name; blocking, raises `SecretError`.

    `is_person_asked` says whether a dialog may be raised; `timeout_s` overrides the deadline, in seconds.
    """

    def read(
        self, names: Iterable[str], *, is_person_asked: bool, timeout_s: float | None = None
    ) -> dict[str, Secret]:
        """Those of the named items that are there."""
        ...

    def write(self, name: str, value: str, *, is_person_asked: bool) -> None:
        """Store one, replacing an older one."""
        ...

    def delete(self, names: Iterable[str], *, is_person_asked: bool) -> None:
        """Delete those that are there."""
        ...


class KeyringStore:
    """The OS keyring."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring: Final = keyring

    def read(
        self, names: Iterable[str], *, is_person_asked: bool, timeout_s: float | None = None
    ) -> dict[str, Secret]:
        """Those of the named items that are there, in one call."""
        return self._keyring.read(names, is_person_asked=is_person_asked, timeout_s=timeout_s)

    def write(self, name: str, value: str, *, is_person_asked: bool) -> None:
        """Store one and read it back."""
        self._keyring.write(name, value, is_person_asked=is_person_asked)

    def delete(self, names: Iterable[str], *, is_person_asked: bool) -> None:
        """Delete those that are there, in one call."""
        self._keyring.delete(names, is_person_asked=is_person_asked)


class EncryptedStore:
    """The encrypted file; its passphrase comes from the file's own source, so `is_person_asked` means nothing."""

    def __init__(self, file: EncryptedFile, home: Home) -> None:
        self._file: Final = file
        self._home: Final = home

    def read(
        self, names: Iterable[str], *, is_person_asked: bool, timeout_s: float | None = None
    ) -> dict[str, Secret]:
        """Those of the named items that are there, with one opening."""
        del is_person_asked, timeout_s
        return self._file.read(names)

    def write(self, name: str, value: str, *, is_person_asked: bool) -> None:
        """Store one."""
        del is_person_asked
        self._home.ready()
        self._file.write(name, value)

    def delete(self, names: Iterable[str], *, is_person_asked: bool) -> None:
        """Delete those that are there."""
        del is_person_asked
        self._file.delete(names)
