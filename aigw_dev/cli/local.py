"""The gateway's parts without a gateway: a snapshot of this config for as long as one question takes.

For commands that ask a provider (`check`, `keys add`) or show what would be in force where no gateway runs.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from aigw_dev.cli.exits import CommandError
from aigw_dev.core.config import Config, Provider
from aigw_dev.core.errors import StoreError
from aigw_dev.core.pricing import PriceBook
from aigw_dev.secrets.resolve import Chosen, ProviderKeys, Resolver
from aigw_dev.secrets.secret import Secret
from aigw_dev.server import checks, compose
from aigw_dev.server.embedded import Embedded
from aigw_dev.server.google_keys import GoogleKeys
from aigw_dev.server.snapshot import Snapshot
from aigw_dev.server.upstream import Upstream

if TYPE_CHECKING:
    from aigw_dev.cli.place import Place

PRICES: Final = Path(__file__).parent.parent / "data" / "prices.json"
T = TypeVar("T")

Ask = Callable[[Snapshot], Awaitable[T]]
Resolve = Callable[[Sequence[ProviderKeys]], list[Chosen]]


def config_of(place: "Place") -> Config:
    """The config as it is on disk; one with an error is exit 2 with all its problems."""
    reading = place.reading
    if reading.config is None:
        raise CommandError("\n".join(problem.text() for problem in reading.problems), code="config_invalid")
    return reading.config


def with_snapshot(
    place: "Place", ask: Ask[T], *, config: Config | None = None, resolve: Resolve | None = None
) -> T:
    """What `ask` finds out from a snapshot of this config (or of `config`), with its keys resolved.

    `resolve` stands in for keyring, files and variables. Blocks; a person may be asked to unlock the keyring.
    """
    wanted = config_of(place) if config is None else config
    return asyncio.run(_ask(place, ask, wanted, resolve or _resolver(place)))


async def _ask(place: "Place", ask: Ask[T], config: Config, resolve: Resolve) -> T:
    upstream = Upstream(place.env)
    snapshot, _ = compose.compose(config, _around(place, config, upstream, resolve), generation=0, digest="")
    snapshot.keys.start()
    try:
        await snapshot.keys.settled()
        return await ask(snapshot)
    finally:
        snapshot.keys.close()
        await upstream.aclose()


def _around(place: "Place", config: Config, upstream: Upstream, resolve: Resolve) -> compose.Surroundings:
    reading = place.reading
    return compose.Surroundings(
        gateway=place.source.name(config),
        port=0,
        host=config.gateway.host,
        upstream=upstream,
        embedded=Embedded(),
        google=GoogleKeys(upstream),
        prices=PriceBook(PRICES.read_bytes()),
        resolve=resolve,
        recorded_kinds=frozenset(record.provider for record in place.vault.records()),
        untrusted=reading.untrusted,
        is_config_trusted=reading.is_trusted,
        tokens={},
        revoked=frozenset(),
        listed=listed_models(place),
    )


def _resolver(place: "Place") -> Resolve:
    from aigw_dev.cli.asking import is_person_near

    base = place.source.path.parent if place.source.path is not None else None
    resolver, is_asked = Resolver(place.vault, base=base), is_person_near()
    return lambda wanted: resolver.for_providers(wanted, is_person_asked=is_asked)


def listed_models(place: "Place") -> Mapping[str, Sequence[str]]:
    """What each provider listed last, as this config's gateway kept it."""
    from aigw_dev.store.state import StateStore

    if place.folder is None or not (place.folder / "state.db").exists():
        return {}
    store = StateStore(place.folder / "state.db")
    try:
        return {name: kept.models for name, kept in store.models().items()}
    except StoreError:
        return {}
    finally:
        store.close()


def check_key(place: "Place", secret: Secret, *, name: str, provider: Provider) -> checks.Check:
    """Ask a provider, without spending, whether it takes this key; nothing else is looked up or stored."""
    config = Config(providers={name: provider})

    def given(wanted: Sequence[ProviderKeys]) -> list[Chosen]:
        return [Chosen(provider=one.provider, source="config", secrets=(secret,)) for one in wanted]

    async def ask(snapshot: Snapshot) -> checks.Check:
        return (await checks.check_all(snapshot, [name]))[0]

    return with_snapshot(place, ask, config=config, resolve=given)
