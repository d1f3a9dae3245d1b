"""The demo's upstream: several providers' APIs imitated on one loopback port, in a thread of this process.

It listens on 127.0.0.1 only and knows no key. `/openai/...` speaks OpenAI's chat, `/anthropic/...` Anthropic's
messages; the first segment of a path is the provider, which decides who fails how often (`demo_models`).
"""

import asyncio
import contextlib
import itertools
import json
import random
import threading
from collections.abc import Iterator
from typing import Any, Final

from aigw_dev.cli import demo_wire
from aigw_dev.cli.demo_models import BY_NAME, MODELS, DemoModel

_START_S: Final = 10.0
_MOST_BODY: Final = 8 << 20
_STALL_S: Final = 20.0
_REASONS: Final = {200: "OK", 404: "Not Found", 429: "Too Many Requests", 500: "Internal Server Error", 503: "Overloaded"}  # fmt: skip


class DemoUpstream:
    """Several vendors on one port. `start`, then `port` is known; `stop` ends everything at once."""

    def __init__(self, *, seed: int = 1, pace: float = 1.0) -> None:
        """`pace` multiplies every delay: 0 answers at once."""
        self.port: int = 0
        self.calls: int = 0
        """Requests answered or left hanging so far."""
        self.pace = pace
        self._dice: Final = random.Random(seed)  # noqa: S311  -- a demo's luck
        self._numbers: Final = itertools.count(1)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_up: Final = threading.Event()
        self._tasks: Final[set[asyncio.Task[Any]]] = set()
        self._stop: asyncio.Event | None = None
        self._thread: Final = threading.Thread(target=self._serve, name="demo-upstream", daemon=True)

    def start(self) -> "DemoUpstream":
        """Listen; gives itself back."""
        self._thread.start()
        if not self._is_up.wait(_START_S):
            raise OSError("the demo's upstream did not start")
        return self

    def stop(self) -> None:
        """Hang up on everybody; twice is no error."""
        if self._loop is not None and self._stop is not None and self._thread.is_alive():
            with contextlib.suppress(RuntimeError):  # the loop has just been closed
                self._loop.call_soon_threadsafe(self._stop.set)
        if self._thread.ident is not None:
            self._thread.join(_START_S)

    def _serve(self) -> None:
        asyncio.run(self._run())

    async def _run(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._is_up.set()
        async with server:
            await self._stop.wait()
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  -- asyncio made one
        self._tasks.add(task)
        try:
            while await self._one(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            pass  # the caller left, or spoke something else
        except asyncio.CancelledError:
            pass  # asked to stop
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """A request and its reply; False where no other follows."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])
        }
        size = int(fields.get("content-length", "0"))
        if size > _MOST_BODY or "transfer-encoding" in fields:
            return False
        content = await reader.readexactly(size) if size else b""
        self.calls += 1
        provider, _, path = head[0].split(" ")[1].lstrip("/").partition("/")
        if path.endswith("models"):
            _whole(writer, 200, {"object": "list", "data": _listed(provider)})
        else:
            await self._answer(writer, provider, path, json.loads(content or b"{}"))
        await writer.drain()
        return True

    async def _answer(
        self, writer: asyncio.StreamWriter, provider: str, path: str, body: dict[str, Any]
    ) -> None:
        model = BY_NAME.get((provider, str(body.get("model", ""))))
        dialect = "messages" if path.endswith("messages") else "chat"
        if model is None:
            _whole(writer, 404, demo_wire.failure(404, dialect, MODELS[0]))
            return
        status = self._luck(model)
        if status == 0:
            await asyncio.sleep(_STALL_S * self.pace)
            status = 503
        await asyncio.sleep(self._jitter(model.ttft_s))
        if status != 200:  # noqa: PLR2004  -- HTTP
            _whole(writer, status, demo_wire.failure(status, dialect, model))
            return
        identifier = f"{'msg' if dialect == 'messages' else 'chatcmpl'}-demo-{next(self._numbers)}"
        if path.endswith("embeddings"):
            _whole(writer, 200, demo_wire.embeddings(body, model))
        elif body.get("stream"):
            make = demo_wire.message_events if dialect == "messages" else demo_wire.chat_events
            await self._stream(writer, make(body, model, identifier), model)
        else:
            make_whole = demo_wire.message if dialect == "messages" else demo_wire.chat
            words = len(demo_wire.answer(body).split())
            await asyncio.sleep(self._jitter(words / model.words_per_s))
            _whole(writer, 200, make_whole(body, model, identifier))

    async def _stream(self, writer: asyncio.StreamWriter, events: Iterator[bytes], model: DemoModel) -> None:
        writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        )
        for several in _fours(events):
            piece = b"".join(several)
            writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            await writer.drain()
            await asyncio.sleep(self._jitter(len(several) / model.words_per_s))
        writer.write(b"0\r\n\r\n")

    def _luck(self, model: DemoModel) -> int:
        """A status; 0 = never answered."""
        draw = self._dice.random()
        for share, statuses in ((model.limited, (429,)), (model.broken, (500, 503)), (model.stalled, (0,))):
            if draw < share:
                return self._dice.choice(statuses)
            draw -= share
        return 200

    def _jitter(self, median_s: float) -> float:
        """Around the median, with a tail to the right."""
        return median_s * self.pace * self._dice.lognormvariate(0.0, 0.45)


def _fours(events: Iterator[bytes]) -> Iterator[tuple[bytes, ...]]:
    while several := tuple(itertools.islice(events, 4)):
        yield several


def _listed(provider: str) -> list[dict[str, Any]]:
    return [
        {"id": one.model, "object": "model", "owned_by": provider}
        for one in MODELS
        if one.provider == provider
    ]


def _whole(writer: asyncio.StreamWriter, status: int, body: dict[str, Any]) -> None:
    content = json.dumps(body, ensure_ascii=False).encode()
    wait = "retry-after: 1\r\n" if status == 429 else ""  # noqa: PLR2004  -- HTTP
    writer.write(
        f"HTTP/1.1 {status} {_REASONS[status]}\r\ncontent-type: application/json\r\n{wait}"
        f"content-length: {len(content)}\r\n\r\n".encode()
        + content
    )
