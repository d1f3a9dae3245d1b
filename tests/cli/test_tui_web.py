"""The screens in a browser: who gets in, and that they are there."""

import asyncio
import contextlib
import gc
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from aigw_dev.cli.context import Context
from aigw_dev.cli.tui_web import COOKIE, make_server, screens_command

pytest.importorskip("textual_serve")
import aiohttp
from aiohttp import web

pytestmark = pytest.mark.anyio
TOKEN = "t" * 32  # a test's token


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@contextlib.asynccontextmanager
async def served(command: str, unused_tcp_port: int) -> AsyncGenerator[str]:
    server = make_server(command, port=unused_tcp_port, token=TOKEN)
    runner = web.AppRunner(await server._make_app())
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", unused_tcp_port)
    await site.start()
    try:
        yield f"http://127.0.0.1:{unused_tcp_port}"
    finally:
        await runner.cleanup()


@pytest.fixture
def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_without_the_token_nothing_is_served(free_port: int) -> None:
    async with served("true", free_port) as url, aiohttp.ClientSession() as http:
        for path in ("/", "/ws", "/static/js/textual.js", "/?token=wrong", "/?token=%ff"):
            async with http.get(url + path) as reply:
                assert reply.status == 403, path


async def test_the_token_becomes_a_cookie_and_leaves_the_address(free_port: int) -> None:
    async with served("true", free_port) as url, aiohttp.ClientSession() as http:
        async with http.get(f"{url}/?token={TOKEN}", allow_redirects=False) as reply:
            assert (reply.status, reply.headers["location"]) == (303, "/")
            cookie = reply.headers["set-cookie"]
            assert "HttpOnly" in cookie
            assert "SameSite=Strict" in cookie
        async with http.get(url, cookies={COOKIE: TOKEN}) as reply:
            assert reply.status == 200
            assert "default-src 'none'" in reply.headers["content-security-policy"]


async def test_another_host_or_origin_is_refused_even_with_the_token(free_port: int) -> None:
    async with served("true", free_port) as url, aiohttp.ClientSession() as http:
        for headers in ({"host": "evil.example"}, {"origin": "http://evil.example"}):
            async with http.get(url, headers=headers, cookies={COOKIE: TOKEN}) as reply:
                assert reply.status == 403


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_tab_shows_the_screens(
    free_port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIGW_DEV_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    command = screens_command(Context(environ={}))
    assert command.startswith((sys.executable, "'"))
    async with served(command, free_port) as url, aiohttp.ClientSession() as http:
        ws = await http.ws_connect(f"{url}/ws?width=100&height=30", headers={"cookie": f"{COOKIE}={TOKEN}"})
        seen = b""
        async with asyncio.timeout(30):
            while b"Providers" not in seen:
                message = await ws.receive()
                assert message.type in {aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT}, message
                seen += message.data if isinstance(message.data, bytes) else message.data.encode()
            await ws.send_json(["stdin", "q"])
            while not ws.closed:
                await ws.receive()
    gc.collect()  # textual-serve leaves its child's pipes to the collector: here, not in another test
