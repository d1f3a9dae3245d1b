"""The passphrase-encrypted key file, for machines without a keyring: scrypt, AES-256-GCM, replaced in one step.

Layout: the line `aigw-dev keys 1`, a line of JSON (the header: parameters, salt, nonce, base64), a line of base64
(the sealed JSON object of keys). The first two lines are authenticated with the content, so that nobody can change
them unseen. Salt and nonce are new at every write; every write needs the passphrase again.
"""

import base64
import binascii
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from aigw_dev.core.errors import SecretError
from aigw_dev.secrets.os_lock import OsLock
from aigw_dev.secrets.private_files import read_private, write_private
from aigw_dev.secrets.secret import Secret
from aigw_dev.secrets.sources import Passphrase

MAGIC: Final = b"aigw-dev keys 1"
MIN_PASSPHRASE_CHARS: Final = 8
SCRYPT_N: Final = 2**17
"""128 MiB and about 0.4 s per opening (RFC 7914; OWASP's first choice of 2023 for scrypt)."""
_R: Final = 8
_P: Final = 1
_MIN_N: Final = 2**14
_MAX_N: Final = 2**20
_SALT_BYTES: Final = 16
_NONCE_BYTES: Final = 12
_MAX_FILE_BYTES: Final = 8 << 20
_LOCK_WAIT_S: Final = 10.0


class _Header(msgspec.Struct, frozen=True, kw_only=True):
    """How the content is sealed."""

    cipher: str = "AES-256-GCM"
    kdf: str = "scrypt"
    n: int
    p: int
    r: int
    salt: bytes
    nonce: bytes


class EncryptedFile:
    """Keys by name in one sealed file. Blocking, half a second of CPU a call: never on an event loop.

    Codes of its `SecretError`s: `passphrase_wrong`, `keyring_locked` (no passphrase), `key_unreadable` (damaged).
    """

    def __init__(self, path: Path, passphrase: Passphrase, *, cost: int = SCRYPT_N) -> None:
        """`cost` is scrypt's n for new writes, a power of two (tests use a small one)."""
        self.path: Final = path
        self._passphrase: Final = passphrase
        self._cost: Final = cost

    @property
    def has_file(self) -> bool:
        """Whether there is such a file; asks for no passphrase."""
        return self.path.is_file()

    def read(self, names: Iterable[str]) -> dict[str, Secret]:
        """Those of the named keys that are there; no passphrase is asked for where there is no name or no file."""
        wanted = set(names)
        if not wanted or not self.has_file:
            return {}
        return {
            name: Secret(name, value, "encrypted") for name, value in self._open().items() if name in wanted
        }

    def write(self, name: str, value: str) -> None:
        """Store a key, replacing one of that name; the file is made at the first."""
        self._change({name: value})

    def delete(self, names: Iterable[str]) -> frozenset[str]:
        """Delete the named keys; those that were there."""
        wanted = dict.fromkeys(names)
        if not wanted or not self.has_file:
            return frozenset()
        return self._change(wanted)

    def _change(self, changes: dict[str, str | None]) -> frozenset[str]:
        """Apply the changes (None deletes) under the file's lock; the names that were there before."""
        lock = OsLock(self.path.with_name(f"{self.path.name}.lock"))
        try:
            is_held = lock.acquire(wait_s=_LOCK_WAIT_S)
        except OSError as error:
            raise self._damaged(f"its folder cannot be written ({error.strerror or error})") from error
        if not is_held:
            raise SecretError(
                f"another process is changing {self.path}", code="key_unreadable", hint="try again"
            )
        try:
            keys = self._open() if self.has_file else {}
            before = frozenset(keys)
            keys.update({name: value for name, value in changes.items() if value is not None})
            kept = {name: value for name, value in keys.items() if changes.get(name, value) is not None}
            write_private(self.path, self._seal(kept))
        finally:
            lock.release()
        return before & changes.keys()

    def _open(self) -> dict[str, str]:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        content = read_private(self.path, limit=_MAX_FILE_BYTES)
        magic, _, rest = (content or b"").partition(b"\n")
        header_line, _, sealed = rest.partition(b"\n")
        if magic != MAGIC:
            raise self._damaged("it is not a key file of this version")
        try:
            header = msgspec.json.decode(header_line, type=_Header)
            body = binascii.a2b_base64(sealed.strip(), strict_mode=True)
        except (msgspec.MsgspecError, binascii.Error):
            raise self._damaged("its header cannot be read") from None
        key = self._key(header)
        try:
            opened = AESGCM(key).decrypt(header.nonce, body, magic + b"\n" + header_line)
        except InvalidTag:
            self._passphrase.forget()
            raise SecretError(
                f"{self.path} does not open: the passphrase is wrong, or the file was changed",
                code="passphrase_wrong",
                hint="give the passphrase it was written with",
            ) from None
        return msgspec.json.decode(opened, type=dict[str, str])

    def _seal(self, keys: dict[str, str]) -> bytes:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        header = _Header(
            n=self._cost, r=_R, p=_P, salt=os.urandom(_SALT_BYTES), nonce=os.urandom(_NONCE_BYTES)
        )
        passphrase = self._passphrase.get()
        if len(passphrase) < MIN_PASSPHRASE_CHARS:
            self._passphrase.forget()
            raise SecretError(
                f"the passphrase is shorter than {MIN_PASSPHRASE_CHARS} characters",
                code="key_invalid",
                hint="choose a longer one",
            )
        lead = MAGIC + b"\n" + msgspec.json.encode(header)
        sealed = AESGCM(self._key(header)).encrypt(header.nonce, msgspec.json.encode(keys), lead)
        return lead + b"\n" + base64.b64encode(sealed) + b"\n"

    def _key(self, header: _Header) -> bytes:
        """The AES key; parameters that would be too weak, or that would eat the machine's memory, are refused."""
        from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

        is_known = (header.cipher, header.kdf, header.r, header.p) == ("AES-256-GCM", "scrypt", _R, _P)
        is_power_of_two = header.n > 0 and header.n & (header.n - 1) == 0
        if (
            not (is_known and is_power_of_two and _MIN_N <= header.n <= _MAX_N)
            or len(header.salt) < _SALT_BYTES
            or len(header.nonce) != _NONCE_BYTES
        ):
            raise self._damaged("its parameters are not ones that aigw-dev writes")
        return Scrypt(salt=header.salt, length=32, n=header.n, r=header.r, p=header.p).derive(
            self._passphrase.get().encode()
        )

    def _damaged(self, why: str) -> SecretError:
        return SecretError(
            f"the key file {self.path} cannot be used: {why}",
            code="key_unreadable",
            hint="restore it, or move it away and add the keys again",
        )
