"""The gateway while it lives: what is in force, how it is replaced, and everything that has to be closed at the end.

One object, owned by the event loop. What blocks (files, keyring, databases) runs in threads and hands back values;
swapping a snapshot is one assignment.
"""

import asyncio
import logging
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from aigw_dev.core.config import Config
from aigw_dev.core.credentials import make_token
from aigw_dev.core.errors import SecretError, StoreError
from aigw_dev.core.mask import Masker
from aigw_dev.core.pricing import PriceBook
from aigw_dev.core.problem import Problem
from aigw_dev.secrets.home import Home
from aigw_dev.secrets.resolve import Chosen, ProviderKeys, Resolver
from aigw_dev.secrets.vault import Vault
from aigw_dev.server import compose, rounds
from aigw_dev.server.changes import Changes
from aigw_dev.server.compose import Surroundings
from aigw_dev.server.embedded import Embedded
from aigw_dev.server.fault_board import FaultBoard
from aigw_dev.server.google_keys import GoogleKeys
from aigw_dev.server.keys import KeyTable
from aigw_dev.server.recorder import Recorder
from aigw_dev.server.refused_calls import RefusedCalls
from aigw_dev.server.residence import LOG, Residence
from aigw_dev.server.snapshot import Snapshot
from aigw_dev.server.sources import ConfigSource, Reading
from aigw_dev.server.testbench.bench import Bench
from aigw_dev.server.testbench.edge import Edge
from aigw_dev.server.testbench.hermetic import with_homes
from aigw_dev.server.testbench.secrets_here import SecretsHere
from aigw_dev.server.testbench.trial_options import OFFLINE
from aigw_dev.server.things import Things
from aigw_dev.server.upstream import Upstream
from aigw_dev.server.welcome import welcome
from aigw_dev.server.who import known_callers
from aigw_dev.store.state import Credential, StateStore
from aigw_dev.store.writer import LogWriter

RUN_S: Final = 7 * 86_400.0
"""How long the credential of a run is good at most; `run` ends it with its command."""
_PRICES: Final = Path(__file__).parent.parent / "data" / "prices.json"

log: Final = logging.getLogger("aigw_dev.gateway")

App = Callable[..., Awaitable[None]]
T = TypeVar("T")


class Gateway:
    """A running gateway; implements what the door and the admin API need."""

    reading: Reading
    """The newest config as read; `snapshot.digest` tells whether it is in force."""
    live: Reading
    """The one that is in force, with the trust it was weighed with."""
    snapshot: Snapshot
    in_force: Config
    """The config of the snapshot as written, without a pause."""
    _around: Surroundings

    def __init__(
        self,
        *,
        source: ConfigSource,
        home: Home,
        folder: Path,
        env: Mapping[str, str],
        state: StateStore,
        bench: Bench | None = None,
    ) -> None:
        """Opens nothing; `start` does. `folder` is the gateway's own in `home`; `bench` records or replays."""
        self.bench: Final = bench
        if bench is not None:
            bench.settle_in(mask=self._mask, secrets=SecretsHere(self, env), tell=self._say)
        self.faults: Final = FaultBoard()
        """What was asked to break."""
        self.source = source
        self.home: Final = home
        self.state = state
        self.vault: Final = Vault(home, env=env)
        self.upstream: Final = Upstream(env)
        self.masker = Masker(())
        self.recorder: Final = Recorder(LogWriter(folder / LOG, mask=self._mask))
        self.residence: Final = Residence(folder, home=home, state=state, writer=self.recorder.writer)
        self.started_at: Final = time.time()
        self.port = 0
        self.host = ""
        """The address that is bound: what a config written later says about it does not count until the next start."""
        self.is_draining: bool = False
        self.stop: Final = asyncio.Event()
        self.hurry: Final = asyncio.Event()
        """Asked to stop a second time: do not wait for running requests."""
        self.is_paused = False
        self.state_trouble = ""
        """Why state.db could not be read the last time; empty when well."""
        self.turned_away: Final[Counter[str]] = Counter()
        """Requests refused at the door, by code."""
        self.things: Final = Things(state)
        self._refused_calls: Final = RefusedCalls(state, mask=self._mask)
        self.notices: list[str] = []
        """What a person should know now: conflicts between keys, a config that was not taken."""
        self._lasting: list[str] = []
        """Notices that hold until the gateway ends."""
        self.on_change: Callable[[str], None] = lambda text: log.info("%s", text)
        self.build_inside: Callable[[], App] | None = None
        """Makes the Litestar application; called in a thread."""
        self._inside: asyncio.Future[App] | None = None
        self._generation = 0
        self.own_tasks: list[asyncio.Task[None]] = []
        """Everything that runs beside the requests; ended by `close`."""
        self._embedded = Embedded()
        self._google = GoogleKeys(self.upstream)
        self.changes: Final = Changes(self)
        self._swap: Final = asyncio.Lock()
        """Who reads the surroundings puts them in force before the next one reads them."""
        self._prices = PriceBook(_PRICES.read_bytes())

    @property
    def folder(self) -> Path:
        """The gateway's own in its home; moves with the first save of the built-in default."""
        return self.residence.folder

    def _mask(self, body: bytes) -> bytes:
        """Hide secrets, by the keys that are known now."""
        return self.masker.bytes(body)

    def _say(self, text: str) -> None:
        """Tell a person, in the way that holds now."""
        self.on_change(text)

    # life

    async def start(self, reading: Reading, *, port: int, host: str = "127.0.0.1") -> None:
        """Put the first config in force, listening on `host` and `port`. `reading` must hold a config."""
        self.port, self.host = port, host
        await self.things.load()
        await self.put_in_force(reading, actor="up", note="started")
        self.own_tasks.append(asyncio.create_task(rounds.watch_config(self), name="watch-config"))
        self.own_tasks.append(asyncio.create_task(rounds.keep_books(self), name="keep-books"))
        self.own_tasks.append(asyncio.create_task(self._refused_calls.keep(), name="refused-calls"))

    def let_go(self) -> None:
        """Stopping: what tests hold or break on purpose goes on."""
        self.faults.clear()
        if self.bench is not None:
            self.bench.let_go()

    async def close(self) -> None:
        """Stop every task, write what is queued, close every connection."""
        for task in self.own_tasks:
            task.cancel()
        await asyncio.gather(*self.own_tasks, return_exceptions=True)
        if self.bench is not None:
            await self.bench.flush()
        self.snapshot.keys.close()
        await self.upstream.aclose()
        await rounds.touch_keys(self)
        await asyncio.to_thread(self._refused_calls.write_down)
        await self.things.close()
        await asyncio.to_thread(self.recorder.writer.close)
        await asyncio.to_thread(self.state.close)
        await asyncio.to_thread(self.vault.keyring.close)

    # what is in force

    async def put_in_force(self, reading: Reading, *, actor: str, note: str = "") -> list[Problem]:
        """Compile `reading` and swap; the problems that kept parts of it out. A reading without a config changes nothing."""
        self.reading = reading
        if reading.config is None:
            return reading.problems
        async with self._swap:
            is_new, problems = await self._compile(reading, reading.config)
        await self.snapshot.keys.quick()
        if is_new and reading.text:
            await self._keep_deployment(reading, actor=actor, note=note)
        return [*reading.problems, *problems]

    async def _compile(self, reading: Reading, config: Config) -> tuple[bool, list[Problem]]:
        """Swap in the snapshot of `config`; whether its text is another one, and what could not be used of it."""
        if self.bench is not None and self.bench.is_told:
            config = with_homes(config)
        around = await asyncio.to_thread(self._surroundings, reading)
        self._generation += 1
        snapshot, problems = compose.compose(
            config, around, generation=self._generation, digest=reading.in_force_digest
        )
        is_first = not hasattr(self, "snapshot")
        is_new = is_first or self.snapshot.digest != snapshot.digest
        keys = snapshot.keys
        if not is_first:
            keys.remember(self.snapshot.keys)
        self.live, self.in_force, self._around = reading, config, around
        self.snapshot = msgspec.structs.replace(snapshot, config=self._with_pause(config))
        keys.changed = lambda: self._keys_known(keys)
        keys.start()
        self.recorder.writer.set_logging(self.snapshot.config.logging)
        return is_new, problems

    async def _keep_deployment(self, reading: Reading, *, actor: str, note: str) -> None:
        try:
            await asyncio.to_thread(
                self.state.add_deployment,
                at=time.time(),
                text=reading.text,
                digest=reading.digest,
                actor=actor,
                note=note,
            )
            if actor == "file":  # what goes through the admin API is audited where it is done
                detail = {"digest": reading.digest}
                tell = self.state.audit
                await asyncio.to_thread(
                    tell, "config.applied", str(self.source.path), actor=actor, origin=actor, detail=detail
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
        if reading.in_force_digest == self.snapshot.digest and actor == "file":
            self.reading = reading  # our own write, or an error that was taken back
            return reading.problems
        is_manual = self.snapshot.config.gateway.deploy == "manual"
        if is_manual and reading.in_force_digest != self.snapshot.digest:
            self.reading = reading
            self.on_change(
                "the config changed and waits for `aigw-dev routes deploy` (gateway.deploy: manual)"
            )
            return reading.problems
        problems = await self.put_in_force(reading, actor=actor)
        self.on_change(f"config generation {self.snapshot.generation} is in force")
        return problems

    async def renew(self) -> None:
        """Compile again what is in force, with keys, trust, tokens and model lists as they are now."""
        newest = await asyncio.to_thread(self.source.read)
        is_live = newest.config is not None and newest.in_force_digest == self.snapshot.digest
        await self.put_in_force(newest if is_live else self.live, actor="reload")
        self.reading = newest
        await self.snapshot.keys.settled()

    async def settle_in(self) -> None:
        """Become the gateway of the file that was just made, so that commands find it by that."""
        path = self.source.path
        assert path is not None  # noqa: S101  -- who calls has made it
        name = self.source.name((await asyncio.to_thread(self.source.read)).config)
        trouble = await asyncio.to_thread(self.residence.move, path, name)
        if trouble:
            self._lasting.append(trouble)
            self.notices = [trouble, *self.notices]
        self.on_change(trouble or f"this gateway serves {path} now")

    async def issue_run(self, name: str, *, metadata: Mapping[str, str] | None = None) -> dict[str, Any]:
        """A credential of its own for one run; the token is in the answer and nowhere else.

        `metadata` counts for every call with it that sends no metadata of its own.
        """
        token = make_token(secrets.token_bytes(32), label="run")
        now = time.time()
        identifier = name or f"run-{time.strftime('%m%d-%H%M%S', time.localtime(now))}-{secrets.token_hex(2)}"
        credential = Credential(
            digest=sha256(token.encode()).digest(),
            kind="run",
            name=identifier,
            created_at=now,
            expires_at=now + RUN_S,
            detail={"metadata": dict(metadata)} if metadata else {},
        )
        await asyncio.to_thread(self.state.add_credential, credential)
        await asyncio.to_thread(
            self.state.audit, "credential.issued", identifier, actor="admin", origin="admin"
        )
        await self._renew_roll()
        return {"id": identifier, "token": token, "name": identifier}

    async def revoke(self, identifier: str) -> bool:
        """End a credential; whether there was one."""
        ended = await asyncio.to_thread(self.state.revoke, "run", identifier, at=time.time())
        if ended:
            tell = self.state.audit
            await asyncio.to_thread(tell, "credential.revoked", identifier, actor="admin", origin="admin")
        await self._renew_roll()
        return ended > 0

    async def _renew_roll(self) -> None:
        async with self._swap:
            self._around = await asyncio.to_thread(self._surroundings, self.live)
            self._call_roll()

    def _call_roll(self) -> None:
        """Recognise callers by the tokens and keys that are known now."""
        roll = compose.make_roll(self.snapshot.config, self._around, self.snapshot.keys.digests())
        self.snapshot = msgspec.structs.replace(self.snapshot, roll=roll)

    def pause(self, *, is_paused: bool) -> None:
        """Stop or resume the recording of bodies; a new config does not end a pause."""
        self.is_paused = is_paused
        self.snapshot = msgspec.structs.replace(self.snapshot, config=self._with_pause(self.in_force))
        self.recorder.writer.set_logging(self.snapshot.config.logging)

    def _with_pause(self, config: Config) -> Config:
        if not self.is_paused:
            return config
        quiet = msgspec.structs.replace(config.logging, record_request=False, record_response=False)
        return msgspec.structs.replace(config, logging=quiet)

    def _keys_known(self, keys: KeyTable) -> None:
        """Keys were resolved: recognise callers by them, keep their values out of the log."""
        if keys is not self.snapshot.keys:
            return  # those of a config that has been replaced since
        self.masker = Masker([*keys.values(), self.home.token(), self.home.admin_token()])
        self.notices = [*self._lasting, *(note for chosen in keys.chosen().values() for note in chosen.notes)]
        self._call_roll()

    def _surroundings(self, reading: Reading) -> Surroundings:
        """Everything beside the config, read now. Blocking."""
        config = reading.config or self.in_force
        try:
            recorded = frozenset(record.provider for record in self.vault.records())
        except SecretError:
            recorded = frozenset[str]()
        issued = self._stored(self.state.credentials, [])
        tokens, revoked = known_callers(
            self.home.token(), self.home.admin_token(), issued, now_at=time.time()
        )
        return Surroundings(
            gateway=self.source.name(config),
            port=self.port,
            host=self.host,
            upstream=self.upstream,
            embedded=self._embedded,
            google=self._google,
            prices=self._prices,
            resolve=self._resolve,
            recorded_kinds=recorded,
            untrusted=reading.untrusted,
            is_config_trusted=reading.is_trusted,
            tokens=tokens,
            revoked=revoked,
            edge=Edge(self.bench),
            is_keyless=self.bench is not None and self.bench.is_told,
            is_offline=self.bench is not None and self.bench.mode == OFFLINE,
            listed=self.source.listed()
            if self.bench is not None and self.bench.mode == OFFLINE
            else {name: kept.models for name, kept in self._stored(self.state.models, {}).items()},
        )

    def _stored(self, ask: Callable[[], T], otherwise: T) -> T:
        """What state.db says; where it cannot be read the gateway goes on without, and says so."""
        try:
            return ask()
        except StoreError as error:
            self.state_trouble = error.message
            return otherwise

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

    def refused(self, code: str, *, asked: str = "") -> None:
        """Count a request that the door turned away; a refused admin call (`asked`) goes into the audit too."""
        self.turned_away[code] += 1
        if asked:
            self._refused_calls.note(asked, code)

    def welcome(self) -> bytes:
        """What `GET /` says: what this is and how to point at it."""
        return welcome(self.port, self.snapshot.gateway)
