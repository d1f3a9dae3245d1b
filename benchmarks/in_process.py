"""The gateway in this process without sockets or log, in front of providers of all five dialects whose replies are canned."""

import contextlib
import os
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any, Final

import msgspec
import talks
from talks import GEMINI, MODELS, PROVIDERS, SHORT

from aigw_dev.config_file.discover import discover
from aigw_dev.core.exchange import Exchange
from aigw_dev.core.providers import Place
from aigw_dev.secrets.home import Home
from aigw_dev.server.call import Call, Headers, Reply
from aigw_dev.server.cycle import Link
from aigw_dev.server.door import Door
from aigw_dev.server.gateway import Gateway
from aigw_dev.server.sources import ConfigSource
from aigw_dev.store.state import StateStore

PORT: Final = 2449
_PATHS: Final = {
    talks.CHAT: "/v1/chat/completions",
    talks.RESPONSES: "/v1/responses",
    talks.ANTHROPIC: "/v1/messages",
}
_MODELS: Final = {dialect: f"{SHORT[dialect]}/{model}" for dialect, (_, model) in MODELS.items()}

Sender = Callable[[], Coroutine[Any, Any, None]]
"""Sends one request; AssertionError where the answer is not 200."""


class _Canned:
    """A reply as the pool gives it: whole, or a stream in reads of one event."""

    status = 200

    def __init__(self, pieces: tuple[bytes, ...], kind: bytes) -> None:
        self.is_complete = len(pieces) == 1
        self._pieces = pieces
        self.headers: Headers = [(b"content-type", kind), (b"x-request-id", b"req_bench")]

    async def chunks(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece

    async def read(self, limit: int) -> bytes:
        return b"".join(self._pieces)[:limit]

    def cancel(self) -> None:
        pass


class _NoLog:
    """Takes exchanges and forgets them."""

    def open(self, exchange: Exchange) -> None:
        pass

    def put(self, exchange: Exchange, finish: object = None) -> None:
        pass

    def close(self) -> None:
        pass


class Stage:
    """A gateway that runs, and requests to it."""

    def __init__(self, gateway: Gateway, token: bytes) -> None:
        """`token` is what callers show."""
        self._door = Door(gateway)
        self._token = token

    def sender(self, caller: str, provider: str, *, is_large: bool, is_stream: bool = False) -> Sender:
        """Sends the same request again and again."""
        model = _MODELS[provider]
        action = "streamGenerateContent" if is_stream else "generateContent"
        path = _PATHS.get(caller, f"/v1beta/models/{model}:{action}")
        said_so = is_stream and caller != GEMINI
        body = talks.request(caller, is_large=is_large, is_stream=said_so, model=model)
        headers = [
            (b"host", b"127.0.0.1:%d" % PORT),
            (b"content-type", b"application/json"),
            (b"accept", b"application/json"),
            (b"user-agent", b"aigw-dev-benchmarks"),
            (b"authorization", b"Bearer " + self._token),
            (b"content-length", b"%d" % len(body)),
        ]
        query = b"alt=sse" if is_stream and caller == GEMINI else b""

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def once() -> None:
            seen: list[Any] = []

            async def send(message: Any) -> None:
                seen.append(message)

            scope = {
                "type": "http",
                "method": "POST",
                "path": path,
                "raw_path": path.encode(),
                "query_string": query,
                "headers": headers,
                "extensions": {"aigw": Link()},
            }
            await self._door(scope, receive, send)
            assert seen[0]["status"] == 200, (caller, provider, seen)

        return once


@contextlib.asynccontextmanager
async def running() -> AsyncGenerator[Stage]:
    """The gateway from start to end, in a folder of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        env = {**os.environ, "BENCH_UPSTREAM_KEY": "sk-upstream"}
        rows = [
            f"  {SHORT[one]}: {{kind: openai-compatible, base_url: 'http://127.0.0.1:9/v1', "
            "keys: ['env:BENCH_UPSTREAM_KEY']}\n"
            for one in PROVIDERS
        ]
        config = folder / "aigw-dev.yaml"
        config.write_text("version: 1\ngateway: {name: translation}\nproviders:\n" + "".join(rows))
        home = Home(folder / "home")
        found = discover(explicit=config, env=env, cwd=folder, home=folder, user_config_dir=folder / "none")
        source = ConfigSource(found, home=home, env=env)
        state = home.gateway_dir(found.path, "translation")
        gateway = Gateway(
            source=source, home=home, folder=state, env=env, state=StateStore(state / "state.db")
        )
        await gateway.start(source.read(), port=PORT)
        _speak(gateway)
        writer = gateway.recorder.writer
        gateway.recorder.writer = _NoLog()  # type: ignore[assignment,misc]  # what the recorder uses of a writer
        try:
            yield Stage(gateway, home.token().encode())
        finally:
            gateway.recorder.writer = writer  # type: ignore[misc]  # as it was
            await gateway.close()


def _speak(gateway: Gateway) -> None:
    """Give every provider its dialect and its canned replies."""
    providers = dict(gateway.snapshot.providers)
    for dialect in PROVIDERS:
        ready = providers[SHORT[dialect]]
        resolved = ready.resolved
        place = Place(dialect=dialect, api_base=resolved.api_base, auth=resolved.auth)
        kind = msgspec.structs.replace(resolved.kind, native_dialect=dialect, traits=MODELS[dialect][0])
        resolved = msgspec.structs.replace(resolved, kind=kind, places={dialect: place}, injects_usage=False)
        providers[SHORT[dialect]] = msgspec.structs.replace(
            ready, resolved=resolved, send=_answering(dialect)
        )
    gateway.snapshot = msgspec.structs.replace(gateway.snapshot, providers=providers)


def _answering(dialect: str) -> Callable[[Call], Coroutine[Any, Any, Reply]]:
    whole, pieces = (talks.reply(dialect),), talks.stream(dialect)

    async def send(call: Call) -> Reply:
        asked = call.body if isinstance(call.body, bytes) else b""
        is_stream = b'"stream":true' in asked or "stream" in call.url.rpartition("/")[2]
        if is_stream:
            return _Canned(pieces, talks.stream_type(dialect))
        return _Canned(whole, b"application/json")

    return send
