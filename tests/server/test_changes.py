"""Write, draft, deploy, roll back: the file is what is live, the history remembers."""

from pathlib import Path

import pytest

from aigw_dev.core.errors import ConfigError
from tests.server.house import House, house
from tests.server.test_gateway import GOOD, OTHER, file_of

pytestmark = pytest.mark.anyio


async def target(one: House) -> str:
    """Where route `r` leads now."""
    return (await one.chat("dynamic/r")).headers["x-aigw-upstream"]


def actions(one: House) -> list[tuple[str, str]]:
    return [(row.action, row.actor) for row in one.gateway.state.audit_events(limit=10)]


async def test_a_write_is_in_the_file_in_force_in_the_history_and_in_the_audit(tmp_path: Path) -> None:
    async with house(tmp_path, GOOD) as one:
        digest = one.gateway.reading.digest
        assert await one.gateway.changes.write(OTHER, expected_digest=digest, note="why", actor="me") == []
        assert file_of(one).read_text("utf-8") == OTHER
        assert await target(one) == "mock/think"
        rows = await one.gateway.changes.history(limit=5)
        assert [(row["actor"], row["note"], row["is_live"]) for row in rows] == [
            ("me", "why", True), ("up", "started", False),
        ]  # fmt: skip
        assert actions(one) == [("config.applied", "me")]


async def test_a_text_with_an_error_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    async with house(tmp_path, GOOD) as one:
        with pytest.raises(ConfigError) as caught:
            await one.gateway.changes.write(
                "version: 1\na: 1\nb: 2\n", expected_digest=one.gateway.reading.digest, note="", actor="me"
            )
        assert caught.value.code == "config_invalid"
        assert "(and 1 more)" in caught.value.message
        assert file_of(one).read_text("utf-8") == GOOD
        assert one.gateway.snapshot.generation == 1


async def test_nobodys_edit_is_lost(tmp_path: Path) -> None:
    async with house(tmp_path, GOOD) as one:
        digest = one.gateway.reading.digest
        file_of(one).write_text(GOOD + "# theirs\n", "utf-8")
        with pytest.raises(ConfigError) as caught:
            await one.gateway.changes.write(OTHER, expected_digest=digest, note="", actor="me")
        assert caught.value.code == "config_changed"
        assert "# theirs" in file_of(one).read_text("utf-8")


async def test_without_a_draft_and_a_new_file_there_is_nothing_to_deploy(tmp_path: Path) -> None:
    async with house(tmp_path, GOOD) as one:
        with pytest.raises(ConfigError) as caught:
            await one.gateway.changes.deploy(note="", actor="me")
        assert caught.value.code == "nothing_to_deploy"


async def test_a_rollback_is_a_new_deployment_of_an_old_text(tmp_path: Path) -> None:
    async with house(tmp_path, GOOD) as one:
        changes = one.gateway.changes
        first = (await changes.history(limit=1))[0]["number"]
        await changes.write(OTHER, expected_digest=one.gateway.reading.digest, note="", actor="me")
        await changes.rollback(first, note="", actor="me")
        assert await target(one) == "mock/echo"
        newest = (await changes.history(limit=5))[0]
        assert (newest["note"], newest["is_live"]) == (f"rollback to #{first}", True)
        assert newest["number"] > first
        assert (await changes.deployment(first))["text"] == GOOD
        with pytest.raises(ConfigError) as caught:
            await changes.rollback(99, note="", actor="me")
        assert caught.value.code == "deployment_not_found"


async def test_the_first_write_makes_the_file_of_the_built_in_default(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        await one.gateway.changes.write(GOOD, expected_digest="", note="", actor="me")
        assert file_of(one) == tmp_path / "first.yaml"
        assert file_of(one).read_text("utf-8") == GOOD
        assert await target(one) == "mock/echo"
        rows = await one.gateway.changes.history(limit=5)
        assert [(row["actor"], row["note"]) for row in rows] == [("me", ""), ("up", "the built-in default")]
