"""A whole gateway in this process, without sockets of its own: the door behind httpx's ASGI transport."""

import contextlib
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path

import httpx

from aigw_dev.config_file.discover import Found
from aigw_dev.secrets.home import Home
from aigw_dev.server.admin.app import build
from aigw_dev.server.door import Door
from aigw_dev.server.gateway import Gateway
from aigw_dev.server.sources import ConfigSource
from aigw_dev.server.testbench.bench import Bench
from aigw_dev.server.testbench.hermetic import ReplaySource
from aigw_dev.store.state import StateStore

PORT = 2449


class House:
    """A gateway and a client that comes in by its door."""

    def __init__(self, gateway: Gateway, http: httpx.AsyncClient) -> None:
        self.gateway = gateway
        self.http = http

    def token(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.gateway.home.token()}"}

    def admin(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.gateway.home.admin_token()}"}

    async def chat(
        self, model: str, text: str = "hi", *, headers: Mapping[str, str] | None = None, **more: object
    ) -> httpx.Response:
        body = {"model": model, "messages": [{"role": "user", "content": text}], **more}
        return await self.http.post("/v1/chat/completions", json=body, headers=headers or self.token())


@contextlib.asynccontextmanager
async def house(
    folder: Path,
    config: str = "",
    *,
    env: Mapping[str, str] | None = None,
    is_trusted: bool = True,
    bench: Bench | None = None,
) -> AsyncGenerator[House]:
    """A gateway of `config` in `folder`; no config is the built-in default. `bench` records or replays."""
    path = folder / "aigw-dev.yaml" if config else None
    if path is not None:
        path.write_text(config, "utf-8")
    variables = dict(env or {})
    home = Home(folder / "home", env=variables)
    found = Found(
        path=path,
        why="a test says so.",
        is_trusted_place=is_trusted,
        project_root=folder,
        first_save=folder / "first.yaml",
    )
    if bench is not None and bench.mode == "replay":
        source: ConfigSource = ReplaySource(found, home=home, library=bench.library)
    else:
        source = ConfigSource(found, home=home, env=variables)
    reading = source.read()
    assert reading.config is not None, reading.problems
    own = home.gateway_dir(path, source.name(reading.config))
    state = StateStore(own / "state.db")
    gateway = Gateway(source=source, home=home, folder=own, env=variables, state=state, bench=bench)
    gateway.build_inside = lambda: build(gateway)  # pyright: ignore[reportAttributeAccessIssue]  -- Litestar names its own ASGI types
    await gateway.start(reading, port=PORT)
    transport = httpx.ASGITransport(Door(gateway))  # pyright: ignore[reportArgumentType]  -- httpx names its own ASGI types
    try:
        async with httpx.AsyncClient(transport=transport, base_url=f"http://127.0.0.1:{PORT}") as http:
            yield House(gateway, http)
    finally:
        await gateway.close()
