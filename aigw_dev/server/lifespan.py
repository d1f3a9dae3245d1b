"""What an ASGI application is sent beside requests."""

from collections.abc import MutableMapping
from typing import Any

from aigw_dev.server.downstream import Receive, Send


async def not_http(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    """A server without our protocol (`socket_protocol`) cannot open a WebSocket here; the lifespan is the gateway's own business."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
