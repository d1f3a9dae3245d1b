"""Changing what is in force: write, deploy, roll back. The file is what is live; state.db remembers.

Every change goes through the file against the digest it was made from, so that nobody's edit is lost, and is written
into the history and the audit of state.db.
"""

import asyncio
import contextlib
import time
from collections.abc import Collection, Sequence
from functools import partial
from typing import Any, Final, Protocol

from aigw_dev.config_file.read import digest_of
from aigw_dev.config_file.route_edits import SECTION, restore_route
from aigw_dev.config_file.value_edits import Change, apply_changes, paths_of
from aigw_dev.core.errors import ConfigError, StoreError
from aigw_dev.core.problem import Problem
from aigw_dev.server.drafts import Drafts
from aigw_dev.server.snapshot import Snapshot
from aigw_dev.server.sources import ConfigSource, Reading
from aigw_dev.server.versions import Versions
from aigw_dev.store.state import StateStore


class Governed(Protocol):
    """What is changed: the gateway, as far as this room knows it."""

    source: ConfigSource
    state: StateStore
    snapshot: Snapshot
    live: Reading

    async def put_in_force(self, reading: Reading, *, actor: str, note: str = "") -> list[Problem]:
        """Compile and swap."""
        ...

    async def settle_in(self) -> None:
        """Become the gateway of the file that was just made."""
        ...


class Changes:
    """The one place where the running gateway's config is changed. Event loop only; one change at a time."""

    def __init__(self, gateway: Governed) -> None:
        """Of one gateway."""
        self._gateway: Final = gateway
        self._lock: Final = asyncio.Lock()
        self.versions: Final = Versions(gateway.state)
        self.drafts: Final = Drafts(gateway, write=self._write, lock=self._lock)

    async def write(self, text: str, *, expected_digest: str, note: str, actor: str) -> list[Problem]:
        """Put `text` in the file's place and in force. A config with an error is refused and nothing is written."""
        async with self._lock:
            return await self._write(text, expected_digest=expected_digest, note=note, actor=actor)

    async def set_values(
        self, changes: Sequence[Change], *, expected_digest: str, note: str, actor: str
    ) -> list[Problem]:
        """Change single settings in the file, in force at once, and in the draft where there is one.

        A file that changed since `expected_digest` is no obstacle where it changed elsewhere; else `config_changed`.
        """
        async with self._lock:
            here = await asyncio.to_thread(self.drafts.here)
            if expected_digest != here.digest:
                await asyncio.to_thread(self.drafts.require_same, expected_digest, here, paths_of(changes))
            change = partial(apply_changes, changes=changes)
            text = await asyncio.to_thread(change, here.text)
            words = note or f"set {', '.join('.'.join(map(str, one.path)) for one in changes)}"
            problems = await self._write(text, expected_digest=here.digest, note=words[:200], actor=actor)
            await self.drafts.follow(change)
            return problems

    async def _write(self, text: str, *, expected_digest: str, note: str, actor: str) -> list[Problem]:
        gateway = self._gateway
        reading = await asyncio.to_thread(gateway.source.parse, text)
        _require_usable(reading)
        default = (
            None if gateway.source.path is not None else await asyncio.to_thread(gateway.source.first_text)
        )
        await asyncio.to_thread(gateway.source.write, text, expected_digest=expected_digest)
        if default is not None:
            await self._keep_default(default)
            await gateway.settle_in()
        problems = await gateway.put_in_force(
            await asyncio.to_thread(gateway.source.read), actor=actor, note=note
        )
        await self._audit("config.applied", actor=actor, note=note)
        return problems

    async def adopt(self) -> None:
        """Where a config was made in the place of the first save, by whatever hand: go on as its gateway.

        Its settings are weighed for trust like any other file's; the caller reads it and puts it in force.
        """
        source = self._gateway.source
        async with self._lock:
            if not await asyncio.to_thread(source.has_appeared):
                return
            default = await asyncio.to_thread(source.first_text)
            source.found_at(source.found.first_save, why="was made while the gateway ran without one")
            await self._keep_default(default)
            await self._gateway.settle_in()

    async def _keep_default(self, text: str) -> None:
        """The history begins with what was in force before there was a file, so that one can go back to it."""
        state = self._gateway.state

        def keep() -> None:
            with contextlib.suppress(
                StoreError
            ):  # the write has been made; state.db's trouble is shown elsewhere
                if not state.deployments(limit=1):
                    state.add_deployment(
                        actor="up", digest=digest_of(text), text=text, note="the built-in default"
                    )

        await asyncio.to_thread(keep)

    async def _audit(self, action: str, *, actor: str, note: str) -> None:
        gateway = self._gateway
        detail = {"note": note, "digest": gateway.snapshot.digest}
        path = str(gateway.source.path)
        await asyncio.to_thread(
            gateway.state.audit, action, path, at=time.time(), actor=actor, origin=actor, detail=detail
        )

    async def deploy(self, *, note: str, actor: str, routes: Collection[str] | None = None) -> list[Problem]:
        """Put the draft in force (of `routes` only those); without one, the file that waits."""
        gateway = self._gateway
        async with self._lock:
            problems = await self.drafts.deploy(note=note, actor=actor, routes=routes)
            if problems is not None:
                return problems
            if routes is not None:  # the file that waits is not what was asked for
                raise ConfigError("there is no draft of these routes", code="nothing_to_deploy")
            reading = await asyncio.to_thread(gateway.source.read)
            _require_usable(reading)
            if reading.in_force_digest == gateway.snapshot.digest:
                raise ConfigError(
                    "there is nothing to deploy: no draft, and the file is what is live",
                    code="nothing_to_deploy",
                )
            problems = await gateway.put_in_force(reading, actor=actor, note=note)
            await self._audit("config.deployed", actor=actor, note=note)
            return problems

    async def history(self, *, limit: int) -> list[dict[str, Any]]:
        """Deployments without their texts, newest first; `is_live` marks the one in force."""
        rows = await asyncio.to_thread(self._gateway.state.deployments, limit=limit)
        return [
            {
                "number": row.id,
                "at": row.at,
                "actor": row.actor,
                "note": row.note,
                "digest": row.digest,
                "is_live": row.id == rows[0].id,
            }
            for row in rows
        ]

    def newest(self) -> int:
        """The number of the latest deployment; 0 where there is none. Blocking."""
        rows = self._gateway.state.deployments(limit=1)
        return rows[0].id if rows else 0

    async def deployment(self, number: int) -> dict[str, Any]:
        """One deployment with its text."""
        found = await asyncio.to_thread(self._gateway.state.deployment, str(number))
        if found is None:
            raise ConfigError(
                f"there is no deployment {number}; see `aigw-dev routes history`", code="deployment_not_found"
            )
        return {
            "number": found.id,
            "at": found.at,
            "actor": found.actor,
            "note": found.note,
            "digest": found.digest,
            "text": found.text,
        }

    async def rollback(self, number: int, *, note: str, actor: str) -> list[Problem]:
        """Write the text of deployment `number` back into the file, as a new deployment."""
        found = await self.deployment(number)
        async with self._lock:
            reading = await asyncio.to_thread(self._gateway.source.read)
            words = note or f"rollback to #{number}"
            problems = await self._write(
                found["text"], expected_digest=reading.digest, note=words, actor=actor
            )
            await self.drafts.follow(we_win=None)
            return problems

    async def rollback_route(self, name: str, number: int, *, note: str, actor: str) -> list[Problem]:
        """Make this one route what it was in deployment `number`, as a new deployment; not there then is gone now."""
        found = await self.deployment(number)
        async with self._lock:
            here = await asyncio.to_thread(self.drafts.here)
            text = await asyncio.to_thread(restore_route, here.text, found["text"], name)
            if text == here.text:
                raise ConfigError(f"{name} is what it was in #{number}", code="nothing_to_deploy")
            words = note or f"rollback of {name} to #{number}"
            problems = await self._write(text, expected_digest=here.digest, note=words, actor=actor)
            await self.drafts.follow(we_win=[(SECTION, name)])
            return problems


def _require_usable(reading: Reading) -> None:
    errors = [problem for problem in reading.problems if problem.severity == "error"]
    if errors:
        rest = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        raise ConfigError(
            f"{errors[0].text()}{rest}", code="config_invalid", hint="nothing was written or changed"
        )
