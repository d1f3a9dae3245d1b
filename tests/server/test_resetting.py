"""A connection that ends with RST."""

import asyncio

import pytest

from aigw_dev.server.resetting import reset_on_close

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("is_reset", [True, False])
async def test_the_other_side_sees_a_reset_only_where_it_is_asked_for(is_reset: bool) -> None:
    class Peer(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.Transport)
            if is_reset:
                reset_on_close(transport)
            asyncio.get_running_loop().call_soon(transport.abort)

    server = await asyncio.get_running_loop().create_server(Peer, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    how = "closed"
    try:
        async with asyncio.timeout(5):
            assert await reader.read() == b""
    except ConnectionResetError:
        how = "reset"
    writer.transport.abort()
    server.close()
    assert how == ("reset" if is_reset else "closed")


def test_a_transport_without_a_socket_is_left_as_it_is() -> None:
    reset_on_close(asyncio.Transport())
