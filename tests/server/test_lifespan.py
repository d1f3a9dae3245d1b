"""What an ASGI application is sent beside requests."""

from typing import Any

import pytest

from aigw_dev.server.lifespan import not_http

pytestmark = pytest.mark.anyio


async def answered(kind: str, *messages: str) -> list[Any]:
    """What is sent for these messages."""
    waiting = iter(messages)
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": next(waiting)}

    async def send(message: Any) -> None:
        sent.append(message)

    await not_http({"type": kind}, receive, send)
    return sent


async def test_a_socket_is_closed_where_none_can_be_opened() -> None:
    assert await answered("websocket", "websocket.connect") == [{"type": "websocket.close", "code": 1008}]


async def test_a_lifespan_is_acknowledged_to_its_end() -> None:
    sent = await answered("lifespan", "lifespan.startup", "lifespan.shutdown")
    assert [one["type"] for one in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
