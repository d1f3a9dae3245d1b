"""One pytest process's use of the gateway: servers started at first need, and a test's way from its beginning to its end."""

import contextlib
import dataclasses
import os
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pytest

from aigw_dev.pytest_plugin import environment, markers, modes, server, verdict, xdist
from aigw_dev.pytest_plugin.blackhole import Blackhole
from aigw_dev.pytest_plugin.collected import Collected, orphans
from aigw_dev.pytest_plugin.control import TESTS, ControlError, path_of
from aigw_dev.pytest_plugin.egress import guard
from aigw_dev.pytest_plugin.handle import Handle
from aigw_dev.pytest_plugin.library import head_of, prune, recorded_cost
from aigw_dev.pytest_plugin.options import LIVE_MODES, settings_of
from aigw_dev.pytest_plugin.tally import Tally, row_of, texts_of

SESSION: Final = "session"
"""The test that calls without a test's name in their path belong to."""


@dataclasses.dataclass(slots=True)
class Running:
    """A test between its beginning and its end."""

    test: str
    mode: str
    wanted: markers.Wanted
    handle: Handle
    gateway: server.Gateway
    applied: environment.Applied
    interactions: int
    stale_days: int = 0
    is_passed: bool = False
    """Whether its call phase passed."""
    told: int = 0
    """Misses that the call phase was failed with already."""


class Session:
    """What the hooks drive. Made when the first test needs it."""

    def __init__(self, config: pytest.Config) -> None:
        """Starts nothing."""
        self.settings: Final = settings_of(config)
        self.tally: Final = Tally(worker=xdist.worker_of(config))
        self.blackhole: Final = Blackhole()
        self._gateways: dict[tuple[str, Path | None], server.Gateway] = {}
        self._environ: dict[str, str] | None = None
        self._session_env: environment.Applied | None = None
        self._session_misses: dict[int, int] = {}
        """How many of them each gateway (its process) has told already."""
        self._begun: set[str] = set()
        limit = self.settings.cost_limit
        self._limit = None if limit is None else xdist.share_of(limit)

    def gateway(self, mode: str | None = None, profile: str | None = None) -> server.Gateway:
        """The gateway of this mode and profile, started at first need; `StartError` says why it is not."""
        mode = mode or self.settings.mode
        config = modes.profile_path(self.settings, profile) if profile else self.settings.config
        found = self._gateways.get((mode, config))
        if found is not None and found.is_alive():
            return found
        if found is not None:
            words = found.last_words()
            found.stop()
            del self._gateways[mode, config]
            raise server.StartError(
                f"the gateway of this session (pid {found.pid}) has ended by itself.\n{words}"
            )
        if self._environ is None:
            self._environ = dict(os.environ)  # before a test's placeholders stand in it
        found = server.start(
            self.settings.command,
            directory=self.settings.directory,
            mode=mode,
            config=config,
            root=self.settings.root,
            environ=self._environ,
            more=self._usual_words(),
        )
        self._gateways[mode, config] = found
        self.tally.gateways.append(
            {"worker": self.tally.worker, "url": found.url, "pid": found.pid, "mode": mode}
        )
        return found

    def _usual_words(self) -> list[str]:
        """What holds for every test, as options of the gateway."""
        words = ["--timing", self.settings.timing] if self.settings.timing else []
        for rule in self.settings.ignore:
            words += ["--ignore", rule]
        return words

    def begin(self, item: pytest.Item) -> Running:
        """Give a test its place in the gateway, rewound if it had one, and point the environment at it."""
        wanted = markers.wanted_of(item)
        mode = modes.mode_of(self.settings, wanted)
        left = self._left(mode)
        gateway = self.gateway(mode, wanted.profile)
        test = markers.test_id(item)
        body = self._body(test, mode, wanted, left)
        made: dict[str, Any] = {}
        if self._must_tell(test, body):
            made = gateway.control.ask("POST", TESTS, body)
        self._begun.add(test)
        handle = Handle(
            gateway.control,
            url=gateway.url,
            test=test,
            path=f"/t/{quote(test, safe='')}",
            mode=mode,
            blackhole=self.blackhole,
            is_guarded=self.settings.is_egress_blocked,
        )
        running = Running(
            test=test,
            mode=mode,
            wanted=wanted,
            handle=handle,
            gateway=gateway,
            applied=environment.Applied({}),
            interactions=int(made.get("interactions") or 0),
        )
        if made:
            self._look_at_age(running, made)
        else:  # told at its end
            running.interactions = -1
        self.blackhole.forget(test)
        self.blackhole.current = test
        running.applied = environment.Applied(handle.changes())
        if self.settings.is_egress_blocked:
            guard.watch(test, self.settings.egress_hosts)
        return running

    def judge(self, running: Running) -> str:
        """After the test's call: what it must fail with; empty = nothing."""
        is_limited = running.wanted.max_calls is not None or running.wanted.max_cost is not None
        if not running.gateway.told.has_news(running.test) and not is_limited:
            return verdict.of_call(running.wanted, {}, [], guard.tries())  # it would have said
        document = self._document(running)
        misses = texts_of(document.get("misses"))
        running.told = len(misses)
        return verdict.of_call(running.wanted, document, misses, guard.tries())

    def finish(self, running: Running, *, is_passed: bool) -> str:
        """End a test everywhere; what it must fail with after all. Only a test that passed is written down."""
        seen = guard.tries()
        egress = [str(each) for each in running.handle.egress()]
        guard.sleep()
        running.applied.take_back()
        running.handle.close()
        self.blackhole.current = ""
        ended = f"{path_of(running.test, 'end')}?brief=1"
        document = running.gateway.control.ask("POST", ended, {"passed": is_passed})
        if running.interactions < 0:
            running.interactions = int(document.get("interactions") or 0)
            self._look_at_age(running, document)
        row = row_of(running.test, document, mode=running.mode, interactions=running.interactions)
        row |= {"egress": egress, "stale_days": running.stale_days}
        self.tally.add(row)
        if not is_passed:
            return ""
        is_told = self.settings.is_unused_error
        return verdict.of_end(
            document,
            mode=running.mode,
            late=row["misses"][running.told :],
            tries=seen,
            unused=row["unused"] if is_told and running.wanted.fixture is None else [],
            idle=row["idle"] if is_told else [],
        )

    def begin_session_env(self) -> None:
        """Point the whole session's environment at the fixture `session` (ini `aigw_env = session`)."""
        gateway = self.gateway()
        gateway.control.ask("POST", TESTS, self._body(SESSION, self.settings.mode, markers.Wanted(), None))
        changes = environment.variables(
            f"{gateway.url}/t/{SESSION}", url=gateway.url, key="sk-aigw-session", environ=os.environ
        )
        self._session_env = environment.Applied(changes)

    def session_misses(self) -> str:
        """Misses of the fixture `session` since last asked, in every gateway: they belong to the test that runs."""
        new: list[str] = []
        if self._session_env is not None:
            self.gateway()  # says so where it has ended by itself
        for gateway in self._gateways.values():
            if gateway.is_alive() and gateway.told.has_news(SESSION):
                new += self._new_misses(gateway)
        return "\n\n".join(new)

    def _new_misses(self, gateway: server.Gateway) -> list[str]:
        misses = texts_of(gateway.control.ask("GET", f"{path_of(SESSION)}?brief=1").get("misses"))
        told = self._session_misses.get(gateway.pid, 0)
        self._session_misses[gateway.pid] = len(misses)
        return misses[told:]

    def close(self, config: pytest.Config, collected: Collected, *, is_passed: bool) -> None:
        """The session is over: look for orphans, end the gateways."""
        if self._session_env is not None:
            self._session_env.take_back()
            with contextlib.suppress(ControlError):
                document = self.gateway().control.ask("POST", path_of(SESSION, "end"), {"passed": is_passed})
                self.tally.add(row_of(SESSION, document, mode=self.settings.mode, interactions=0))
        for gateway in self._gateways.values():
            gateway.stop()
        self.blackhole.stop()
        if self.tally.worker in {"", "gw0"} and not config.option.collectonly:
            self._look_for_orphans(collected)

    def check_estimate(self, items: list[pytest.Item]) -> None:
        """Refuse to record what cost more than the limit when it was recorded."""
        settings = self.settings
        if settings.cost_limit is None or settings.mode != "record":
            return
        tests = {markers.test_id(item) for item in items if markers.is_user(item)}
        estimate = recorded_cost(settings.directory, tests)
        if estimate > settings.cost_limit:
            raise pytest.UsageError(
                f"recording these {len(tests)} tests cost ${estimate:f} last time, and --aigw-cost-limit is"
                f" ${settings.cost_limit}: raise it, or select fewer tests. Nothing was sent."
            )

    def _must_tell(self, test: str, body: dict[str, Any]) -> bool:
        """Whether the gateway has to be told before the test's first call: a replay without wishes of its own begins with that.

        A test that ran before is told again: it is a rerun, and its recordings are rewound.
        """
        usual = {
            "test": test,
            "mode": "replay",
            "ignore": list(self.settings.ignore),
            "timing": self.settings.timing or "instant",
            "faults": [],
        }
        return body != usual or test in self._begun or self.settings.max_age_fail is not None

    def _left(self, mode: str) -> Decimal | None:
        """What may still be spent; a test that may spend nothing any more does not begin."""
        if self._limit is None or mode not in LIVE_MODES:
            return None
        left = self._limit - self.tally.spent
        if left <= 0:
            share = (
                ""
                if self._limit == self.settings.cost_limit
                else f" (this worker's share: ${self._limit:.4f})"
            )
            raise ControlError(
                f"this session has spent ${self.tally.spent:f}, and --aigw-cost-limit is ${self.settings.cost_limit}"
                f"{share}: no further test calls a provider. Nothing was sent for this one."
            )
        return left

    def _body(self, test: str, mode: str, wanted: markers.Wanted, left: Decimal | None) -> dict[str, Any]:
        caps = [cap for cap in (wanted.max_cost, left) if cap is not None]
        body: dict[str, Any] = {
            "test": test,
            "mode": mode,
            "fixture": wanted.fixture,
            "ignore": list(dict.fromkeys([*self.settings.ignore, *wanted.ignore])),
            "repeat": wanted.repeat,
            "timing": wanted.timing or self.settings.timing or "instant",
            "keep_failures": wanted.keep_failures or None,
            "record_raw": wanted.record_raw or None,
            "max_cost": f"{min(caps):f}" if caps else None,
            "max_calls": wanted.max_calls,
            "faults": list(wanted.faults),
        }
        return {name: value for name, value in body.items() if value is not None}

    def _look_at_age(self, running: Running, made: dict[str, Any]) -> None:
        """Note a fixture past `aigw_max_age`; one past `aigw_max_age_fail` fails its test."""
        settings = self.settings
        if running.mode != "replay" or (settings.max_age is None and settings.max_age_fail is None):
            return
        fixture = str(made.get("fixture") or "")
        recorded_at = str(made.get("recorded_at") or "") or head_of(settings.directory, fixture).recorded_at
        age = modes.age_since(recorded_at)
        if age is None:
            return
        if modes.is_older(recorded_at, settings.max_age):
            running.stale_days = max(1, age.days)
        if modes.is_older(recorded_at, settings.max_age_fail):
            running.gateway.control.ask("POST", path_of(running.test, "end"), {"passed": False})
            raise ControlError(verdict.too_old(running.test, fixture, age))

    def _document(self, running: Running) -> dict[str, Any]:
        try:
            return running.handle.document(is_brief=True)
        except ControlError as error:
            raise ControlError(f"{error}\n{running.gateway.last_words()}") from error

    def _look_for_orphans(self, collected: Collected) -> None:
        settings = self.settings
        if not settings.directory.is_dir() or not (self.tally.rows or settings.is_pruning):
            return
        self.tally.unchecked = collected.gap
        if collected.gap:
            return
        found = orphans(collected, settings)
        named = {path: path.relative_to(settings.directory).as_posix() for path in found}
        self.tally.orphans = list(named.values())
        if settings.is_pruning:
            gone = prune(settings.directory, found)
            self.tally.pruned = [path.relative_to(settings.directory).as_posix() for path in gone]


class SessionSums:
    """What a test gets as `aigw_session`: the sums over the tests of this process that have ended."""

    def __init__(self, tally: Tally) -> None:
        """Reads from `tally` whenever it is asked."""
        self._tally = tally

    @property
    def cost(self) -> Decimal:
        """USD that the calls cost, or would have cost."""
        return self._tally.cost()

    @property
    def spent(self) -> Decimal:
        """USD that were paid to providers."""
        return self._tally.spent

    @property
    def calls(self) -> int:
        """How many calls there were."""
        return self._tally.sum("calls")

    @property
    def tokens(self) -> "Tokens":
        """Their tokens."""
        rows = self._tally.rows.values()
        return Tokens(
            **{name: sum(int(row["tokens"][name]) for row in rows) for name in ("input", "output", "cached")}
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """Tokens over many calls."""

    input: int = 0
    output: int = 0
    cached: int = 0
    """Those of the input that providers had in their caches."""

    @property
    def total(self) -> int:
        """Input and output."""
        return self.input + self.output
