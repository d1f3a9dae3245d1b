"""The upstream and the client in Python, for machines where the C ones cannot be built: same arguments, same output.

They cost more than a fast gateway does, so figures taken with them say little about it.
"""

import asyncio
import contextlib
import json
import re
import sys
import time
from pathlib import Path

_EVENT = (
    b'data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","model":"gpt-4o-mini-2024-07-18",'
    b'"choices":[{"index":0,"delta":{"content":" word"},"finish_reason":null}]}\n\n'
)
_LAST = (
    b'data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","model":"gpt-4o-mini-2024-07-18","choices":[],'
    b'"usage":{"prompt_tokens":57,"completion_tokens":100,"total_tokens":157}}\n\ndata: [DONE]\n\n'
)
_COMPLETION = (
    b'{"id":"chatcmpl-bench","object":"chat.completion","model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,'
    b'"message":{"role":"assistant","content":"Batch your inserts in one transaction."},"finish_reason":"stop"}],'
    b'"usage":{"prompt_tokens":57,"completion_tokens":41,"total_tokens":98}}'
)


async def _upstream(port: int, latency_us: int, chunks: int, interval_us: int, key: str) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = re.search(rb"\r\ncontent-length: *(\d+)", head)
                body = await reader.readexactly(int(length[1]) if length else 0)
                await asyncio.sleep(latency_us / 1e6)
                if key and f"bearer {key}".encode() not in head:
                    writer.write(b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n")
                elif b'"stream":true' in body:
                    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n")
                    writer.write(b"transfer-encoding: chunked\r\n\r\n")
                    for _ in range(chunks):
                        writer.write(b"%x\r\n%b\r\n" % (len(_EVENT), _EVENT))
                        await asyncio.sleep(interval_us / 1e6)
                    writer.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(_LAST), _LAST))
                else:
                    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ")
                    writer.write(b"%d\r\n\r\n%b" % (len(_COMPLETION), _COMPLETION))
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


class _Client:
    def __init__(self, port: int, requests: int, seconds: float, request: bytes) -> None:
        self.port, self.limit, self.request = port, requests, request
        self.until = time.monotonic() + seconds if seconds else None
        self.started = self.errors = self.events = self.size = self.worst = 0
        self.latencies: list[float] = []
        self.firsts: list[float] = []

    def may_start(self) -> bool:
        is_in_time = self.until is None or time.monotonic() < self.until
        return is_in_time and (not self.limit or self.started < self.limit)

    async def loop(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        while self.may_start():
            self.started += 1
            began = time.monotonic()
            writer.write(self.request)
            head = await reader.readuntil(b"\r\n\r\n")
            first = 0.0
            length = re.search(rb"\r\ncontent-length: *(\d+)", head.lower())
            body = await reader.readexactly(int(length[1])) if length else b""
            while not length:
                first = first or time.monotonic() - began
                size = int(await reader.readline(), 16)
                body += (await reader.readexactly(size + 2))[:-2]
                if not size:
                    break
            now = time.monotonic()
            self.latencies.append((now - began) * 1e6)
            self.firsts.append((first or now - began) * 1e6)
            self.size += len(head) + len(body)
            self.events += body.count(b"\n\n")
            status = int(head[9:12])
            if status != 200:
                self.errors, self.worst = self.errors + 1, status
        writer.close()


async def _client(port: int, connections: int, requests: int, seconds: float, request: bytes) -> None:
    client = _Client(port, requests, seconds, request)
    began = time.monotonic()
    ended = await asyncio.gather(*(client.loop() for _ in range(connections)), return_exceptions=True)
    client.errors += sum(isinstance(one, BaseException) for one in ended)
    client.latencies.sort()
    client.firsts.sort()

    def at(values: list[float], share: float) -> float:
        return values[min(len(values) - 1, int(share * len(values)))] if values else 0.0

    shown = {
        "requests": client.started,
        "errors": client.errors,
        "worst_status": client.worst,
        "seconds": time.monotonic() - began,
        "bytes": client.size,
        "events": client.events,
        "mean_us": sum(client.latencies) / max(1, len(client.latencies)),
        "p50_us": at(client.latencies, 0.5),
        "p95_us": at(client.latencies, 0.95),
        "p99_us": at(client.latencies, 0.99),
        "max_us": at(client.latencies, 1.0),
        "first_p50_us": at(client.firsts, 0.5),
    }
    print(json.dumps(shown))


def main() -> None:
    """`plain.py upstream ...` or `plain.py client ...`, as the C programs take it."""
    role, *words = sys.argv[1:]
    if role == "upstream":
        port, latency_us, chunks, interval_us, key = words
        asyncio.run(_upstream(int(port), int(latency_us), int(chunks), int(interval_us), key))
        return
    port, connections, requests, seconds, head, body = words
    payload = Path(body).read_bytes()
    request = Path(head).read_bytes() + b"content-length: %d\r\n\r\n" % len(payload) + payload
    asyncio.run(_client(int(port), int(connections), int(requests), float(seconds), request))


if __name__ == "__main__":
    main()
