"""The gateway while it lives: what is in force, how it is replaced, and everything that has to be closed at the end.

One object, owned by the event loop. What blocks (files, keyring, databases) runs in threads and hands back values;
swapping a snapshot is one assignment.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from aigw_dev import __version__
from aigw_dev.config_file.watch import Watcher
from aigw_dev.core.errors import SecretError, StoreError
from aigw_dev.core.exchange import Identity
from aigw_dev.core.mask import Masker
from aigw_dev.core.pricing import PriceBook
from aigw_dev.core.problem import Problem
from aigw_dev.secrets.home import Home
from aigw_dev.secrets.resolve import Chosen, ProviderKeys, Resolver
from aigw_dev.secrets.vault import Vault
from aigw_dev.server import compose
from aigw_dev.server.compose import Surroundings
from aigw_dev.server.embedded import Embedded
from aigw_dev.server.snapshot import Snapshot
from aigw_dev.server.sources import ConfigSource, Reading
from aigw_dev.server.upstream import Upstream
if TYPE_CHECKING:
    from aigw_dev.store.state import StateStore
from aigw_dev.store.writer import LogWriter

WATCH_S: Final = 0.5
"""How often the config file is looked at: one `stat` a time."""
_PRICES: Final = Path(__file__).parent.parent / "data" / "prices.json"

log: Final = logging.getLogger("aigw_dev.gateway")

App = Callable[..., Awaitable[None]]


class Gateway:
    """A running gateway; implements what the door and the admin API need."""

    def __init__(
        self, *, source: ConfigSource, home: Home, folder: Path, env: Mapping[str, str], state: "StateStore"
    ) -> None:
        """Opens nothing; `start` does. `folder` is the gateway's own in `home`."""
        self.source: Final = source
        self.home: Final = home
        self.folder: Final = folder
        self.state: Final = state
        self.vault: Final = Vault(home, env=env)
        self.upstream: Final = Upstream(env)
        self.masker = Masker(())
        self.recorder: Final = LogWriter(folder / "log.db", mask=lambda body: self.masker.bytes(body))
        self.started_at: Final = time.time()
        self.port = 0
        self.is_draining: bool = False
        self.stop: Final = asyncio.Event()
        self.reading: Reading
        """The newest config as read; `snapshot.digest` tells whether it is in force."""
        self.snapshot: Snapshot
        self.turned_away: Final[Counter[str]] = Counter()
        """Requests refused at the door, by code."""
        self.notices: list[str] = []
        """What a person should know now: conflicts between keys, a config that was not taken."""
        self.on_change: Callable[[str], None] = lambda text: log.info("%s", text)
        self.build_inside: Callable[[], App] | None = None
        """Makes the Litestar application; called in a thread."""
        self._inside: asyncio.Future[App] | None = None
        self._generation = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._embedded = Embedded()
        self._prices = PriceBook(_PRICES.read_bytes())

    # life

    async def start(self, reading: Reading, *, port: int) -> None:
        """Put the first config in force. `reading` must hold a config."""
        self.port = port
        await asyncio.to_thread(self.state.open)
        await self.put_in_force(reading, actor="up", note="started")
        self._tasks.append(asyncio.create_task(self._watch(), name="watch-config"))

    async def close(self) -> None:
        """Stop every task, write what is queued, close every connection."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.snapshot.keys.close()
        await self.upstream.aclose()
        await asyncio.to_thread(self.recorder.close)
        await asyncio.to_thread(self.state.close)
        await asyncio.to_thread(self.vault.keyring.close)

    # what is in force

    async def put_in_force(self, reading: Reading, *, actor: str, note: str = "") -> list[Problem]:
        """Compile `reading` and swap; the problems that kept parts of it out. A reading without a config changes nothing."""
        self.reading = reading
        if reading.config is None:
            return reading.problems
        around = await asyncio.to_thread(self._surroundings, reading)
        self._generation += 1
        snapshot, problems = compose.compose(
            reading.config, around, generation=self._generation, digest=reading.in_force_digest
        )
        is_new = not hasattr(self, "snapshot") or self.snapshot.digest != snapshot.digest
        previous = None if not hasattr(self, "snapshot") else self.snapshot.keys
        snapshot.keys.changed = lambda: self._keys_known(snapshot, around)
        if previous is not None:
            snapshot.keys.remember(previous)
        snapshot.keys.start()
        self.snapshot = snapshot
        self.recorder.set_logging(reading.config.logging)
        if previous is not None:
            previous.close()
        if is_new and reading.text:
            await self._keep_deployment(reading, actor=actor, note=note)
        return [*reading.problems, *problems]

    async def _keep_deployment(self, reading: Reading, *, actor: str, note: str) -> None:
        try:
            await asyncio.to_thread(
                self.state.add_deployment, text=reading.text, digest=reading.digest, actor=actor, note=note
            )
        except StoreError as error:
            self.notices.append(f"the deployment was not recorded: {error.message}")

    async def reread(self, *, actor: str = "file") -> list[Problem]:
        """Read the file again and put it in force if it is good; a bad file leaves what was there."""
        reading = await asyncio.to_thread(self.source.read)
        errors = [problem for problem in reading.problems if problem.severity == "error"]
        if errors:
            self.reading = reading
            self.on_change(f"the config has {len(errors)} error(s) and was not taken: {errors[0].text()}")
            return reading.problems
        is_manual = self.snapshot.config.gateway.deploy == "manual"
        if is_manual and actor == "file" and reading.in_force_digest != self.snapshot.digest:
            self.reading = reading
            self.on_change("the config changed and waits for `aigw-dev routes deploy` (gateway.deploy: manual)")
            return reading.problems
        problems = await self.put_in_force(reading, actor=actor)
        self.on_change(f"config generation {self.snapshot.generation} is in force")
        return problems

    async def reload_keys(self) -> None:
        """Ask for every key again, and compile trust and tokens anew; running requests keep what they have."""
        config_reading = self.reading if self.reading.config is not None else await asyncio.to_thread(self.source.read)
        if config_reading.config is None:
            return
        weighed = await asyncio.to_thread(self.source.read)
        await self.put_in_force(weighed if weighed.config is not None else config_reading, actor="reload")
        await self.snapshot.keys.settled()

    async def _watch(self) -> None:
        path = self.source.path
        watcher = Watcher.of_config(path) if path is not None else None
        while True:
            await asyncio.sleep(WATCH_S)
            if path != self.source.path and self.source.path is not None:
                path = self.source.path
                watcher = Watcher.of_config(path)
            if watcher is not None and await asyncio.to_thread(watcher.poll):
                try:
                    await self.reread()
                except Exception as error:  # noqa: BLE001  -- the root of a task: one bad look must not end the watch
                    self.report(error)

    def _keys_known(self, snapshot: Snapshot, around: Surroundings) -> None:
        """Keys were resolved: recognise callers by them, keep their values out of the log."""
        self.masker = Masker([*snapshot.keys.values(), self.home.token(), self.home.admin_token()])
        self.notices = [note for chosen in snapshot.keys.chosen().values() for note in chosen.notes]
        if self.snapshot is snapshot:
            roll = compose.make_roll(snapshot.config, around, snapshot.keys.digests())
            renewed = msgspec.structs.replace(snapshot, roll=roll)
            snapshot.keys.changed = lambda: self._keys_known(renewed, around)
            self.snapshot = renewed

    def _surroundings(self, reading: Reading) -> Surroundings:
        """Everything beside the config, read now. Blocking."""
        assert reading.config is not None  # noqa: S101  -- checked by the caller
        try:
            recorded = frozenset(record.provider for record in self.vault.records())
        except SecretError:
            recorded = frozenset[str]()
        tokens = {
            sha256(self.home.token().encode()).digest(): Identity(kind="token", providers=None),
            sha256(self.home.admin_token().encode()).digest(): Identity(kind="admin", providers=None),
        }
        issued, revoked = self.state.credentials(now_s=time.time())
        tokens |= {
            one.digest: Identity(kind="run", consumer="none", run=one.name, providers=None) for one in issued
        }
        return Surroundings(
            gateway=self.source.name(reading.config),
            port=self.port,
            upstream=self.upstream,
            embedded=self._embedded,
            prices=self._prices,
            resolve=self._resolve,
            recorded_kinds=recorded,
            untrusted=reading.untrusted,
            is_config_trusted=reading.is_trusted,
            tokens=tokens,
            revoked=frozenset(revoked),
            listed=self.state.model_lists(),
        )

    def _resolve(self, wanted: Sequence[ProviderKeys]) -> list[Chosen]:
        base = self.source.path.parent if self.source.path is not None else None
        return Resolver(self.vault, base=base).for_providers(wanted)

    # what the door asks

    async def inside(self) -> App:
        """The Litestar application; built in a thread, once."""
        if self._inside is None:
            assert self.build_inside is not None  # noqa: S101  -- set by `run`
            self._inside = asyncio.ensure_future(asyncio.to_thread(self.build_inside))
        return await asyncio.shield(self._inside)

    def report(self, error: BaseException) -> None:
        """A fault that nobody foresaw: to the process's log with its trace, without the request's content."""
        log.error("a fault: %s", type(error).__name__, exc_info=error)

    def refused(self, code: str) -> None:
        """Count a request that the door turned away."""
        self.turned_away[code] += 1

    def welcome(self) -> bytes:
        """What `GET /` says: what this is and how to point at it."""
        base = f"http://127.0.0.1:{self.port}"
        return msgspec.json.format(
            msgspec.json.encode(
                {
                    "name": "aigw-dev",
                    "version": __version__,
                    "gateway": self.snapshot.gateway,
                    "openai_base_url": f"{base}/v1",
                    "paths": ["/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/models"],
                    "models": "provider/model, dynamic/ROUTE, or a name that GET /v1/models lists",
                    "try": f"curl {base}/v1/chat/completions -H 'content-type: application/json' "
                    '-d \'{"model":"mock/echo","messages":[{"role":"user","content":"hello"}]}\'',
                }
            ),
            indent=2,
        )


