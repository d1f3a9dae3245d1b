"""Gateways in this process that record or replay, and calls below tests."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from aigw_dev.core.recording.fixture import Attempt, Fixture, Interaction, Request, Response, Synth
from aigw_dev.server.testbench.bench import Bench, BenchSettings
from aigw_dev.server.testbench.trial_options import Mode
from tests.server.house import House, house

SAY: dict[str, Any] = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]}
ROUTE = """version: 1
routes:
  smart: {models: [smart], flow: {send: openai/a, fallback: [work/b]}}
providers:
  openai: {}
  work: {kind: anthropic}
"""


class Stage:
    """A gateway with a bench."""

    def __init__(self, one: House, bench: Bench) -> None:
        self.house = one
        self.bench = bench

    async def chat(self, test: str = "t", **changes: Any) -> httpx.Response:
        """A chat below a test; an empty name is the session's."""
        prefix = f"/t/{test}/openai" if test else ""
        return await self.house.http.post(
            f"{prefix}/v1/chat/completions", json={**SAY, **changes}, headers=self.house.token()
        )

    async def admin(self, path: str, method: str = "GET", **more: Any) -> Any:
        """An admin call's answer."""
        reply = await self.house.http.request(method, f"/admin/v1{path}", headers=self.house.admin(), **more)
        assert reply.status_code < 400, reply.text
        return reply.json()


@asynccontextmanager
async def staged(folder: Path, mode: Mode, *, config: str = "", **settings: Any) -> AsyncGenerator[Stage]:
    """A gateway whose fixtures lie in `folder/fx`."""
    bench = Bench(BenchSettings(root=folder / "fx", mode=mode, **settings))
    async with house(folder, config, bench=bench) as one:
        yield Stage(one, bench)


def answer(text: str = "Paris.", **more: Any) -> Interaction:
    """A hand-written interaction: `SAY` answered with `text`."""
    fields: dict[str, Any] = {
        "request": Request(op="openai.chat.completions", body=dict(SAY)),
        "attempts": [Attempt(upstream="openai/gpt-4o-mini", response=Response(synth=Synth(text=text)))],
    }
    return Interaction(**(fields | more))


def lay(folder: Path, name: str, *interactions: Interaction, **more: Any) -> None:
    """Put a fixture into `folder/fx`."""
    from aigw_dev.fixture_files.library import Library

    Library(folder / "fx").write(name, Fixture(interactions=list(interactions), **more))


def said(reply: httpx.Response) -> str:
    """The text of an answer."""
    assert reply.status_code == 200, reply.text
    return reply.json()["choices"][0]["message"]["content"]
