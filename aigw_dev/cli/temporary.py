"""The gateway a command sends its calls to: the one that runs, else one of its own for as long as the command lives.

A gateway of its own runs in a thread of this process, with an event loop of its own: it cannot outlive the command, not
even a killed one. It serves the config and the keys that `up` would serve, on a free port of 127.0.0.1; its log lies in
a temporary folder and it is not announced (no `running.json`), unless the log is to be kept.
"""

import asyncio
import contextlib
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Coroutine, Generator, Mapping
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

import msgspec

from aigw_dev.cli.exits import CommandError
from aigw_dev.cli.place import Place
from aigw_dev.client import AdminClient, AdminError
from aigw_dev.core.errors import Refusal, StoreError
from aigw_dev.secrets.running import Claim, claim, last_port, list_running

if TYPE_CHECKING:
    from aigw_dev.server.fault_board import FaultBoard
    from aigw_dev.server.gateway import Gateway
    from aigw_dev.server.run import Settings

_SIGNALLED: Final = 128
"""A process ended by signal N reports 128 + N, as shells say it."""
_START_S: Final = 30.0
_STOP_S: Final = 15.0
"""How long a stopped gateway may take to write its log before we go without it."""
_DURABLE_S: Final = 0.15
"""A bit longer than the writer takes to make an ended exchange readable (0.1 s)."""
_PATIENCE_S: Final = 2.0
"""How long to wait for an exchange to end and be readable: one left out by sampling never comes."""
_PAGE: Final = 1000
T = TypeVar("T")


class Reached(Protocol):
    """A gateway that answers."""

    url: str
    """Base address, without `/v1`."""
    token: str
    """What `/v1` wants."""
    is_temporary: bool
    """It ends with this command, and its log with it."""

    def issue(self, name: str, metadata: Mapping[str, str]) -> dict[str, Any]:
        """A credential for a run: `id`, `name` and `token`."""
        ...

    def revoke(self, identifier: str) -> None:
        """End it."""
        ...

    def exchange(self, identifier: str) -> dict[str, Any] | None:
        """One exchange once it has ended, as `logs show --json` gives it; None where it cannot be read."""
        ...

    def entries(self, query: str) -> list[dict[str, Any]]:
        """Every exchange that a filter finds, after waiting (not for ever) for those that still run."""
        ...


@contextlib.contextmanager
def reach(place: Place, *, is_own: bool = False, is_log_kept: bool = False) -> Generator[Reached]:
    """The gateway of this config, or one of our own where none runs at all.

    `is_own` starts one in any case. Where only other configs' gateways run it is an error that names them, as for
    every command (CONTRACT 1).
    """
    client = None if is_own else place.client()
    if client is not None:
        with client:
            yield _Running(client, place.home.token())
        return
    if not is_own and list_running(place.home):
        _refuse_others(place)
    with (
        ended_by_signals(),
        _folder(place, is_kept=is_log_kept) as (folder, held),
        started(_settings(place, folder, held)) as own,
    ):
        yield own


@contextlib.contextmanager
def started(settings: "Settings") -> Generator["Own"]:
    """A gateway with these settings in a thread of this process; it answers, and ends with the block."""
    own = Own(settings)
    try:
        own.start()
        yield own
    finally:
        own.stop()


def _refuse_others(place: Place) -> None:
    try:
        place.need_client()
    except CommandError as error:
        raise CommandError(
            error.message,
            hint=f"{error.hint} --temporary starts one for this command only.",
            code=error.code,
        ) from error


@contextlib.contextmanager
def ended_by_signals() -> Generator[None]:
    """Let a signal that ends the process unwind it first: the log in the temporary folder must not stay behind."""

    def end(number: int, frame: FrameType | None) -> None:
        del frame
        raise SystemExit(_SIGNALLED + number)

    changed: list[int] = []
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is None or signal.getsignal(number) is not signal.SIG_DFL:
            continue
        with contextlib.suppress(ValueError):  # not the main thread: who runs us there has its own way
            signal.signal(number, end)
            changed.append(number)
    try:
        yield
    finally:
        for number in changed:
            signal.signal(number, signal.SIG_DFL)


@contextlib.contextmanager
def _folder(place: Place, *, is_kept: bool) -> Generator[tuple[Path, Claim | None]]:
    """Where the gateway keeps its databases, with the right to be the one that writes there."""
    if not is_kept:
        folder = Path(tempfile.mkdtemp(prefix="aigw-dev-"))
        try:
            yield folder, None
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return
    folder = place.home.gateway_dir(place.source.path, place.source.name(place.reading.config))
    held = claim(folder)
    if held is None:
        raise CommandError(
            f"Another process holds {folder}.", hint="Leave --keep-log out, or wait until it has ended."
        )
    with held:
        yield folder, held


def _settings(place: Place, folder: Path, held: Claim | None) -> "Settings":
    reading = place.reading
    if reading.config is None:
        raise CommandError("\n".join(problem.text() for problem in reading.problems), code="config_invalid")
    from aigw_dev.server.run import Settings

    return Settings(
        source=place.source,
        reading=reading,
        home=place.home,
        folder=folder,
        env=place.env,
        claim=held,
        host="127.0.0.1",
        port=0 if held is None else reading.config.gateway.port,
        last_port=None if held is None else last_port(folder),
    )


class _Running:
    """A gateway in another process."""

    is_temporary: bool = False

    def __init__(self, client: AdminClient, token: str) -> None:
        self.url: str = client.url
        self.token: str = token
        self._client: Final = client

    def issue(self, name: str, metadata: Mapping[str, str]) -> dict[str, Any]:
        return self._client.issue(kind="run", name=name, metadata=metadata)

    def revoke(self, identifier: str) -> None:
        self._client.revoke(identifier)

    def exchange(self, identifier: str) -> dict[str, Any] | None:
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            try:
                found = self._client.exchange(identifier)
            except AdminError as error:
                if error.code != "exchange_not_found":
                    return None  # no right to read the log, or no gateway any more
                found = {}
            if found.get("state") == "ended":
                return found
            time.sleep(_DURABLE_S / 3)
        return None

    def entries(self, query: str) -> list[dict[str, Any]]:
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            time.sleep(_DURABLE_S)  # what has just ended is readable after this
            found = self._pages(query)
            if time.monotonic() > deadline or all(one["state"] != "open" for one in found):
                return found

    def _pages(self, query: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        before: int | None = None
        while True:
            page = self._client.exchanges(query=query, before=before, limit=_PAGE)
            found += page["entries"]
            before = page["next_before"]
            if before is None:
                return found


class Own:
    """A gateway in a thread of this process."""

    is_temporary: bool = True

    def __init__(self, settings: "Settings") -> None:
        """Starts nothing yet."""
        self.url: str = ""
        self.token: str = settings.home.token()
        self._settings: Final = settings
        self._thread: Final = threading.Thread(target=self._serve, name="temporary-gateway", daemon=True)
        self._is_settled: Final = threading.Event()
        """It answers, or it has failed."""
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._gateway: Gateway | None = None
        self._is_unwanted = False

    def start(self) -> None:
        """Start and wait until it answers; raises what kept it from starting."""
        self._thread.start()
        deadline = time.monotonic() + _START_S
        while not self._is_settled.wait(0.1):  # in slices, so that ctrl-C is heard on Windows too
            if time.monotonic() > deadline:
                raise CommandError(
                    f"The gateway for this command did not answer within {_START_S:.0f} s.",
                    code="gateway_unreachable",
                    hint="`aigw-dev up` says what it waits for.",
                )
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Drain, write the log and end; twice is no error."""
        self._is_unwanted = True
        if self._loop is not None and self._gateway is not None and self._thread.is_alive():
            with contextlib.suppress(RuntimeError):  # the loop has just been closed
                self._loop.call_soon_threadsafe(self._gateway.stop.set)
        if self._thread.ident is not None:
            self._thread.join(_STOP_S)

    def issue(self, name: str, metadata: Mapping[str, str]) -> dict[str, Any]:
        """A credential for a run."""
        assert self._gateway is not None  # noqa: S101  -- started
        return self.call(self._gateway.issue_run(name, metadata=metadata))

    def revoke(self, identifier: str) -> None:
        """End it."""
        assert self._gateway is not None  # noqa: S101  -- started
        self.call(self._gateway.revoke(identifier))

    def exchange(self, identifier: str) -> dict[str, Any] | None:
        """One exchange once it has ended; None where it cannot be read."""
        from aigw_dev.store.reader import LogReader
        from aigw_dev.store.records import as_json

        assert self._gateway is not None  # noqa: S101  -- started
        reader = LogReader(self._settings.folder / "log.db")
        recorder = self._gateway.recorder
        deadline = time.monotonic() + _PATIENCE_S
        with contextlib.suppress(StoreError):
            while time.monotonic() < deadline:
                recorder.writer.flush()
                found = reader.get(identifier)
                if not isinstance(found, Refusal) and found.state == "ended":
                    return as_json(found)
                time.sleep(0.01)  # the caller has the last byte a moment before the exchange ends
        return None

    def entries(self, query: str) -> list[dict[str, Any]]:
        """Every exchange that a filter finds. The gateway ends with this."""
        from aigw_dev.store import filters
        from aigw_dev.store.reader import LogReader

        self.stop()  # nobody calls it any more; what it had to write is written
        wanted = filters.parse(query, now_s=time.time())
        if isinstance(wanted, Refusal):
            raise CommandError(wanted.message, code=wanted.code)
        reader = LogReader(self._settings.folder / "log.db")
        found: list[dict[str, Any]] = []
        before: int | None = None
        while True:
            page = reader.page(wanted, before=before, limit=_PAGE)
            found += msgspec.to_builtins(page.entries)
            before = page.next_before
            if before is None:
                return found

    def call(self, coroutine: Coroutine[Any, Any, T], *, within_s: float = _START_S) -> T:
        """Run something in the gateway's own loop; its result."""
        assert self._loop is not None  # noqa: S101  -- started
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(within_s)

    def faults(self) -> "FaultBoard":
        """What is made to break in it. To be used in its loop, or before anybody calls it."""
        assert self._gateway is not None  # noqa: S101  -- started
        return self._gateway.faults

    def _serve(self) -> None:
        """The thread: the gateway's whole life."""
        from aigw_dev.server.run import run_loop

        try:
            run_loop(self._settings, self._ready)
        except BaseException as error:  # noqa: BLE001  -- the root of a thread: handed to who waits for the start
            self._failure = error
        finally:
            self._is_settled.set()

    async def _ready(self, gateway: "Gateway", url: str) -> None:
        self._loop, self._gateway, self.url = asyncio.get_running_loop(), gateway, url
        if self._is_unwanted:
            gateway.stop.set()
        self._is_settled.set()
