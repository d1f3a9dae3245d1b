"""Changing what is in force: write, draft, deploy, roll back. The file is what is live; state.db remembers.

Every change goes through the file against the digest it was made from, so that nobody's edit is lost, and is written
into the history and the audit of state.db.
"""

import asyncio
import time
from typing import Any, Final, Protocol

import msgspec

from aigw_dev.config_file.diff import describe_diff
from aigw_dev.core.errors import ConfigError
from aigw_dev.core.problem import Problem
from aigw_dev.server.snapshot import Snapshot
from aigw_dev.server.sources import ConfigSource, Reading
from aigw_dev.store.state import Draft, StateStore


class Governed(Protocol):
    """What is changed: the gateway, as far as this room knows it."""

    source: ConfigSource
    state: StateStore
    snapshot: Snapshot

    async def put_in_force(self, reading: Reading, *, actor: str, note: str = "") -> list[Problem]:
        """Compile and swap."""
        ...


DRAFT: Final = "config"
"""The name of the one draft: a whole config."""


class Changes:
    """The one place where the running gateway's config is changed. Event loop only; one change at a time."""

    def __init__(self, gateway: Governed) -> None:
        """Of one gateway."""
        self._gateway: Final = gateway
        self._lock: Final = asyncio.Lock()

    async def write(self, text: str, *, expected_digest: str, note: str, actor: str) -> list[Problem]:
        """Put `text` in the file's place and in force. A config with an error is refused and nothing is written."""
        async with self._lock:
            return await self._write(text, expected_digest=expected_digest, note=note, actor=actor)

    async def _write(self, text: str, *, expected_digest: str, note: str, actor: str) -> list[Problem]:
        gateway = self._gateway
        reading = await asyncio.to_thread(gateway.source.parse, text)
        _require_usable(reading)
        await asyncio.to_thread(gateway.source.write, text, expected_digest=expected_digest)
        problems = await gateway.put_in_force(
            await asyncio.to_thread(gateway.source.read), actor=actor, note=note
        )
        await self._audit("config.applied", actor=actor, note=note)
        return problems

    async def _audit(self, action: str, *, actor: str, note: str) -> None:
        gateway = self._gateway
        detail = {"note": note, "digest": gateway.snapshot.digest}
        path = str(gateway.source.path)
        await asyncio.to_thread(
            gateway.state.audit, action, path, at=time.time(), actor=actor, origin=actor, detail=detail
        )

    async def draft(self) -> dict[str, Any] | None:
        """The draft with its difference from the file, and whether the file changed since it was begun."""
        kept = await asyncio.to_thread(self._gateway.state.draft, DRAFT)
        if kept is None:
            return None
        reading = await asyncio.to_thread(self._gateway.source.read)
        parsed = await asyncio.to_thread(self._gateway.source.parse, kept.text)
        return {
            "text": kept.text,
            "base_digest": kept.base_digest,
            "at": kept.at,
            "is_stale": kept.base_digest != reading.digest,
            "diff": describe_diff(reading.text, kept.text, old_name="live", new_name="draft"),
            "problems": [msgspec.to_builtins(problem) for problem in parsed.problems],
        }

    async def put_draft(self, text: str, *, base_digest: str) -> dict[str, Any] | None:
        """Keep a draft; it may be wrong, deploying it may not."""
        kept = Draft(name=DRAFT, at=time.time(), actor="admin", base_digest=base_digest, text=text)
        await asyncio.to_thread(self._gateway.state.put_draft, kept)
        return await self.draft()

    async def drop_draft(self) -> None:
        """Throw the draft away."""
        await asyncio.to_thread(self._gateway.state.delete_draft, DRAFT)

    async def deploy(self, *, note: str, actor: str) -> list[Problem]:
        """Put the draft in force; without one, the file that waits."""
        gateway = self._gateway
        async with self._lock:
            kept = await asyncio.to_thread(gateway.state.draft, DRAFT)
            if kept is not None:
                problems = await self._write(
                    kept.text, expected_digest=kept.base_digest, note=note, actor=actor
                )
                await asyncio.to_thread(gateway.state.delete_draft, DRAFT)
                return problems
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
            return await self._write(found["text"], expected_digest=reading.digest, note=words, actor=actor)


def _require_usable(reading: Reading) -> None:
    errors = [problem for problem in reading.problems if problem.severity == "error"]
    if errors:
        rest = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        raise ConfigError(
            f"{errors[0].text()}{rest}", code="config_invalid", hint="nothing was written or changed"
        )
