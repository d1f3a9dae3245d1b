"""The whole life of a gateway in this process: listen, announce, serve, drain, say what was done."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Generator
from pathlib import Path

import httpx
import pytest

from aigw_dev.core.errors import GatewayError
from aigw_dev.secrets.running import claim, read_running
from aigw_dev.server.gateway import Gateway
from aigw_dev.server.listen import PortTakenError
from aigw_dev.server.run import Ready, Receipt, Settings, run, run_loop
from aigw_dev.server.serving import loop_factory
from tests.scripted import Hold, ScriptedUpstream, json_reply
from tests.server.providers import KEYS, REPLY, config_of
from tests.server.test_sources import source_of

PLAIN = "version: 1\ngateway: {name: mine}\n"


@contextlib.contextmanager
def usual_signals() -> Generator[None]:
    """Signals do afterwards what they did before."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    loop = asyncio.get_running_loop()
    try:
        yield
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)


def settings_of(folder: Path, text: str = PLAIN, *, port: int | None = 0, last_port: int | None = None, host: str = "127.0.0.1") -> Settings:  # fmt: skip
    """What `up` would start; the gateway's folder is claimed."""
    source = source_of(folder, text, is_trusted=True, **KEYS)
    reading = source.read()
    home = source._home  # pyright: ignore[reportPrivateUsage]  -- the one that the source was made with
    own = home.gateway_dir(source.path, source.name(reading.config))
    return Settings(
        source=source, reading=reading, home=home, folder=own, env=KEYS, claim=claim(own), host=host, port=port,
        last_port=last_port,
    )  # fmt: skip


async def ran(settings: Settings, ready: Ready) -> Receipt:
    """Run it to its end."""
    assert settings.claim is not None
    with settings.claim, usual_signals():
        return await run(settings, ready)


async def lived(settings: Settings, during: Callable[[Gateway, str], Awaitable[None]]) -> Receipt:
    """Run it, do `during` when it answers, stop it."""

    async def ready(gateway: Gateway, url: str) -> None:
        await during(gateway, url)
        gateway.stop.set()

    return await ran(settings, ready)


async def chat(gateway: Gateway, url: str, model: str = "mock/echo") -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as http:
        body = {"model": model, "messages": [{"role": "user", "content": "hi"}]}
        headers = {"authorization": f"Bearer {gateway.home.token()}"}
        return await http.post(f"{url}/v1/chat/completions", json=body, headers=headers)


@pytest.mark.anyio
async def test_it_answers_when_it_is_ready_and_says_at_the_end_what_was_done(tmp_path: Path) -> None:
    async def during(gateway: Gateway, url: str) -> None:
        assert (await chat(gateway, url)).status_code == 200

    receipt = await lived(settings_of(tmp_path), during)
    assert (receipt.calls, receipt.cost_nanousd, receipt.fallbacks, receipt.dropped_rows) == (1, 0, 0, 0)
    assert receipt.slowest_s > 0
    assert len(receipt.slowest_id) == 16
    assert receipt.log_bytes > 0


@pytest.mark.anyio
async def test_it_is_announced_while_it_runs(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    seen: list[tuple[str, int, str]] = []

    async def during(gateway: Gateway, url: str) -> None:
        found = await asyncio.to_thread(read_running, settings.folder)
        assert found is not None
        seen.append((found.url, found.pid, found.name))
        assert found.url == url
        assert found.port == gateway.port

    await lived(settings, during)
    assert seen[0][1:] == (os.getpid(), "mine")
    assert read_running(settings.folder, wait_s=0.0) is None


@pytest.mark.anyio
async def test_a_port_that_was_asked_for_and_is_taken_is_an_error(tmp_path: Path) -> None:
    async def never(gateway: Gateway, url: str) -> None:
        raise AssertionError((gateway, url))

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        with pytest.raises(PortTakenError) as caught:
            await lived(settings_of(tmp_path, port=taken), never)
    assert isinstance(caught.value, GatewayError)
    assert str(taken) in caught.value.message


@pytest.mark.anyio
async def test_where_no_port_is_asked_for_the_last_one_comes_first(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        free = other.getsockname()[1]
    ports: list[int] = []

    async def during(gateway: Gateway, url: str) -> None:
        assert url == f"http://127.0.0.1:{gateway.port}"
        ports.append(gateway.port)

    await lived(settings_of(tmp_path, port=None, last_port=free), during)
    assert ports == [free]


@pytest.mark.anyio
async def test_the_address_that_was_asked_for_counts_not_the_one_in_the_config(tmp_path: Path) -> None:
    async def during(gateway: Gateway, url: str) -> None:
        assert url.startswith("http://127.0.0.1:"), "something that can be called"
        assert gateway.host == "0.0.0.0"  # noqa: S104  -- compared
        assert (await chat(gateway, url)).status_code == 200
        gateway.source.path.write_text(PLAIN.replace("mine", "mine, identity_verification: false"), "utf-8")  # pyright: ignore[reportOptionalMemberAccess]  -- it has a file
        await gateway.reread()
        assert not gateway.snapshot.roll.is_open, "others can reach it"

    await lived(settings_of(tmp_path, host="0.0.0.0"), during)  # noqa: S104  -- what is tested


@pytest.mark.anyio
async def test_a_signal_lets_a_running_call_end(tmp_path: Path, scripted: ScriptedUpstream) -> None:
    scripted.enqueue([Hold("go"), json_reply(REPLY)])
    calls: list[asyncio.Task[httpx.Response]] = []

    async def ready(gateway: Gateway, url: str) -> None:
        calls.append(asyncio.create_task(chat(gateway, url, "up/m")))
        await scripted.until(lambda: scripted.requests)
        os.kill(os.getpid(), signal.SIGTERM)
        await gateway.stop.wait()
        asyncio.get_running_loop().call_later(0.05, scripted.open, "go")

    receipt = await ran(settings_of(tmp_path, config_of(up=scripted)), ready)
    assert (await calls[0]).json() == REPLY
    assert receipt.calls == 1


@pytest.mark.anyio
async def test_a_second_signal_waits_for_nobody(tmp_path: Path, scripted: ScriptedUpstream) -> None:
    scripted.enqueue([Hold("never"), json_reply(REPLY)])
    calls: list[asyncio.Task[httpx.Response]] = []

    async def ready(gateway: Gateway, url: str) -> None:
        calls.append(asyncio.create_task(chat(gateway, url, "up/m")))
        await scripted.until(lambda: scripted.requests)
        os.kill(os.getpid(), signal.SIGINT)
        await gateway.stop.wait()
        asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), signal.SIGINT)

    async with asyncio.timeout(10):
        await ran(settings_of(tmp_path, config_of(up=scripted)), ready)
    (answer,) = await asyncio.gather(*calls, return_exceptions=True)
    assert isinstance(answer, httpx.HTTPError) or (
        isinstance(answer, httpx.Response) and answer.status_code == 503
    )


def test_the_quickest_loop_runs_it(tmp_path: Path) -> None:
    loops: list[str] = []
    settings = settings_of(tmp_path)
    assert settings.claim is not None

    async def ready(gateway: Gateway, url: str) -> None:
        del url
        loops.append(type(asyncio.get_running_loop()).__module__)
        gateway.stop.set()

    with settings.claim:
        assert run_loop(settings, ready).calls == 0
    assert loops == ["asyncio.unix_events" if loop_factory() is None else "uvloop"]
