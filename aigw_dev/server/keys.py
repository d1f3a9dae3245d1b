"""The providers' keys in this process: resolved in a thread when a config is applied, never on the request path.

A keyring that hangs delays only requests that need a key from it, and those get 503 once its deadline has passed:
providers whose keys come from elsewhere are resolved apart and first.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Final

import msgspec

from aigw_dev.core.errors import Refusal
from aigw_dev.secrets.resolve import Chosen, ProviderKeys

WAIT_S: Final = 5.5
"""How long a request waits for a key that is still being asked for: the keyring's own deadline and a little."""


class ReadyKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key ready to be sent. Its repr shows no value."""

    name: str
    """What the user calls it: a keyring name, `env:NAME`, `file:PATH`."""
    value: bytes

    def __repr__(self) -> str:
        """The name only."""
        return f"ReadyKey({self.name})"


Resolve = Callable[[Sequence[ProviderKeys]], list[Chosen]]
"""Asks keyring, files and environment. Blocking: runs in a thread."""


def apart(provider: str, ref: str) -> str:
    """The name under which a key that only a route names is asked for: a provider's own name holds no space."""
    return f"{provider} {ref}"


class KeyTable:
    """Keys by provider. `start` once; read from the event loop only."""

    def __init__(
        self, groups: Sequence[Sequence[ProviderKeys]], resolve: Resolve, *, wait_s: float = WAIT_S
    ) -> None:
        """Each group of `groups` is resolved by itself, side by side, so that one cannot hold up another."""
        self._groups = groups
        self._resolve = resolve
        self._wait_s = wait_s
        self._chosen: dict[str, Chosen] = {}
        self._ready: dict[str, dict[str, ReadyKey]] = {}
        self._pending: dict[str, asyncio.Task[None]] = {}
        self.changed: Callable[[], None] | None = None
        """Called on the loop when some keys have been resolved."""

    def start(self) -> None:
        """Begin to resolve every wanted key, in the background."""
        for number, group in enumerate(self._groups):
            if group:
                task = asyncio.create_task(self._load(group), name=f"resolve-keys-{number}")
                self._pending |= {wanted.provider: task for wanted in group}

    async def _load(self, group: Sequence[ProviderKeys]) -> None:
        for chosen in await asyncio.to_thread(self._resolve, group):
            self._take(chosen)
        if self.changed is not None:
            self.changed()

    def remember(self, earlier: "KeyTable") -> None:
        """Use what an earlier table found for the same questions until they are answered again: a swap makes nobody wait."""
        for provider, *_ in self.questions() & earlier.questions():
            chosen = earlier.chosen().get(provider)
            if chosen is not None:
                self._take(chosen)

    def questions(self) -> set[tuple[str, str, tuple[str, ...] | None, bool]]:
        """What was asked: provider, origin, references, and whether the config that says so is trusted."""
        return {
            (wanted.provider, wanted.origin, wanted.keys, wanted.is_trusted)
            for group in self._groups
            for wanted in group
        }

    def _take(self, chosen: Chosen) -> None:
        self._chosen[chosen.provider] = chosen
        self._ready[chosen.provider] = {
            secret.name: ReadyKey(name=secret.name, value=secret.value.encode()) for secret in chosen.secrets
        }

    async def quick(self) -> None:
        """Wait for the first group: keys that are in files and variables."""
        for wanted in self._groups[0] if self._groups else ():
            await asyncio.shield(self._pending[wanted.provider])

    @property
    def is_settled(self) -> bool:
        """Whether everything has been answered."""
        return all(task.done() for task in self._pending.values())

    async def settled_soon(self) -> None:
        """Wait until everything has been answered, at most `wait_s`."""
        pending = {task for task in self._pending.values() if not task.done()}
        if pending:
            await asyncio.wait(pending, timeout=self._wait_s)

    async def settled(self) -> None:
        """Wait until every key is known or refused."""
        for task in set(self._pending.values()):
            await asyncio.shield(task)

    def chosen(self) -> Mapping[str, Chosen]:
        """What is known so far, by provider."""
        return self._chosen

    def digests(self) -> dict[bytes, str]:
        """SHA-256 of every key that a caller may be recognised by, and its provider (replaced keys in their grace too)."""
        return {
            sha256(secret.value.encode()).digest(): name.partition(" ")[0]
            for name, chosen in self._chosen.items()
            for secret in (*chosen.previous, *chosen.secrets)
        }

    def values(self) -> list[str]:
        """Every key's value, for the mask over what is stored."""
        return [one.value for chosen in self._chosen.values() for one in (*chosen.secrets, *chosen.previous)]

    async def get(self, provider: str, name: str | None) -> ReadyKey | Refusal:
        """The key `name` of a provider, or its preferred one; waits at most `wait_s` while it is being asked for."""
        if provider not in self._chosen and (task := self._pending.get(provider)) is not None:
            await asyncio.wait({task}, timeout=self._wait_s)
        chosen = self._chosen.get(provider)
        if chosen is None:
            return Refusal(
                code="keyring_locked",
                message=f"the keyring did not answer in time for the key of {provider}; unlock it and try again",
            )
        keys = self._ready[provider]
        if name is None:
            return next(iter(keys.values()), None) or _refused(chosen)
        if name not in keys and apart(provider, name) in self._pending:
            return await self.get(apart(provider, name), None)
        return keys.get(name) or _refused(chosen, name)

    def close(self) -> None:
        """Stop waiting for what was not resolved."""
        for task in set(self._pending.values()):
            task.cancel()


def _refused(chosen: Chosen, name: str = "") -> Refusal:
    """Why there is no key; the reason for the key that was named goes first."""
    for refusal in chosen.refusals:
        if name in refusal.message:
            return refusal
    wanted = f"the key {name}" if name else "a key"
    return Refusal(
        code="key_missing",
        message=f"{wanted} of {chosen.provider} is not stored; run `aigw-dev keys add {chosen.provider}`",
    )
