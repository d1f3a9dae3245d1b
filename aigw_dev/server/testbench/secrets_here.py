"""Every secret this gateway, its keyring and its environment know: none of them may stand in a fixture."""

from collections.abc import Mapping
from typing import Final, Protocol

from aigw_dev.fixture_files.environment import secrets_in
from aigw_dev.secrets.home import Home
from aigw_dev.secrets.vault import Vault
from aigw_dev.server.snapshot import Snapshot

_KEYRING_S: Final = 3.0


class Keeper(Protocol):
    """Who has the secrets: the gateway."""

    @property
    def vault(self) -> Vault:
        """The keys that are stored."""
        ...

    @property
    def home(self) -> Home:
        """Where the tokens are."""
        ...

    @property
    def snapshot(self) -> Snapshot:
        """The keys in force."""
        ...


class SecretsHere:
    """Gives the values; called from threads, blocking. The keyring is asked once for each set of keys."""

    def __init__(self, gateway: Keeper, env: Mapping[str, str]) -> None:
        """Asks nothing yet."""
        self._gateway = gateway
        self._env = env
        self._kept: tuple[tuple[tuple[object, ...], ...], list[str]] | None = None

    def __call__(self) -> list[str]:
        """Values of keys that were resolved, of every key we keep, of our tokens, and of variables named like secrets.

        Raises SecretError where the place of a key that we keep cannot be read.
        """
        gateway = self._gateway
        found = [*gateway.snapshot.keys.values(), gateway.home.token(), gateway.home.admin_token()]
        found += [*self._of_keyring(), *secrets_in(self._env)]
        return [one for one in dict.fromkeys(found) if one]

    def _of_keyring(self) -> list[str]:
        vault = self._gateway.vault
        records = vault.records()
        # A key that was rotated, or added anew under its old name, is another.
        asked = tuple((one.name, one.fingerprint, one.added_at, one.rotated_at) for one in records)
        if self._kept is None or self._kept[0] != asked:
            values = vault.read(records, timeout_s=_KEYRING_S)
            for error in values.errors.values():
                raise error  # without its value nobody could say whether it stands in a recording
            self._kept = asked, [one.value for one in (*values.found.values(), *values.previous)]
        return self._kept[1]
