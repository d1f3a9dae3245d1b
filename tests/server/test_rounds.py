"""What a gateway does by itself: it takes up a config that was made where there was none."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from aigw_dev.secrets.running import RunningInfo, claim, read_running
from tests.server.house import House, house
from tests.server.test_gateway import GOOD, OTHER, file_of

pytestmark = pytest.mark.anyio


Until = Callable[..., None]


async def leads(one: House, model: str, until: Until) -> None:
    """Wait until route `r` leads there."""

    def is_so() -> bool:
        compiled = one.gateway.snapshot.routes.get("r")
        return compiled is not None and compiled.config.flow == {"send": model}

    await asyncio.to_thread(until, is_so)
    assert (await one.chat("dynamic/r")).headers["x-aigw-upstream"] == model


def publish(one: House) -> None:
    """Let others find this gateway."""
    import os

    held = claim(one.gateway.folder)
    assert held is not None
    info = RunningInfo(pid=os.getpid(), url="http://x", port=1, started_at=1.0, config_path=None, name="default", version="0")  # fmt: skip
    one.gateway.residence.publish(held, info)


async def test_a_config_that_is_made_is_served_watched_and_found(tmp_path: Path, until: Until) -> None:
    async with house(tmp_path) as one:
        publish(one)
        first = one.gateway.folder
        (tmp_path / "first.yaml").write_text(GOOD, "utf-8")
        await leads(one, "mock/echo", until)
        file_of(one).write_text(OTHER, "utf-8")
        await leads(one, "mock/think", until)
        assert one.gateway.folder != first
        found = read_running(one.gateway.folder)
        assert found is not None
        assert (found.config_path, found.name) == (str(tmp_path / "first.yaml"), tmp_path.name)
        notes = [row["note"] for row in await one.gateway.changes.history(limit=5)]
        assert notes == ["", "", "the built-in default"]


async def test_a_config_that_is_made_is_weighed_for_trust(tmp_path: Path, until: Until) -> None:
    async with house(tmp_path) as one:
        publish(one)
        text = (
            GOOD
            + "providers:\n  up: {kind: openai-compatible, base_url: 'https://up.test/v1', keys: ['env:K']}\n"
        )
        (tmp_path / "first.yaml").write_text(text, "utf-8")
        await leads(one, "mock/echo", until)
        assert not one.gateway.reading.is_trusted
        answer = await one.chat("up/m")
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_trusted")


async def test_a_file_that_was_passed_over_at_the_start_is_not_taken_up(tmp_path: Path) -> None:
    (tmp_path / "first.yaml").write_text(GOOD, "utf-8")
    async with house(tmp_path) as one:
        publish(one)
        await one.gateway.changes.adopt()
        assert one.gateway.source.path is None
