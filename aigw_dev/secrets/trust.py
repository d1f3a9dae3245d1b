"""Which configs a person has looked at and accepted: by path and by a hash of their sensitive settings."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from aigw_dev.secrets.home import Home
from aigw_dev.secrets.trust_db import TrustDb, TrustedConfig


class Trust:
    """The record of trusted configs in trust.db. `content_hash` is `config_file`'s hash of the sensitive settings.

    A damaged trust.db is a `SecretError` (`trust_unavailable`): treat every config as untrusted then.
    """

    def __init__(self, home: Home, *, now: Callable[[], float] = time.time) -> None:
        """`now` gives UTC seconds."""
        self._home: Final = home
        self._db: Final = TrustDb(home.path / "trust.db")
        self._now: Final = now

    def is_trusted(self, path: Path, content_hash: str) -> bool:
        """Whether exactly these settings of this file were accepted."""
        return self.accepted_hash(path) == content_hash

    def accepted_hash(self, path: Path) -> str | None:
        """The hash accepted for this file, which may be an older one than its settings have now; None = never."""
        wanted = _canonical(path)
        return next((one.hash for one in self._db.trusted() if one.path == wanted), None)

    def record(self, path: Path, content_hash: str) -> None:
        """Accept these settings of this file, in place of older ones."""
        self._home.ready()
        self._db.put_trusted(_canonical(path), content_hash, self._now())

    def renew(self, path: Path, *, before: str, after: str) -> bool:
        """Keep trust over an edit of our own: accept `after` if `before` is accepted now; whether it was."""
        if not self.is_trusted(path, before):
            return False
        if before != after:
            self.record(path, after)
        return True

    def list(self) -> list[TrustedConfig]:
        """Every trusted config, by path."""
        return self._db.trusted()

    def revoke(self, path: Path) -> bool:
        """Trust this file no more; whether it was trusted."""
        wanted = _canonical(path)
        return any(one.path == wanted for one in self._db.trusted()) and self._db.drop_trusted(wanted)


def _canonical(path: Path) -> str:
    """One spelling per file: symbolic links resolved, and case where the system ignores it (Windows)."""
    return os.path.normcase(path.resolve())
