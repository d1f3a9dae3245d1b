"""Faults on a WebSocket's way to its provider."""

from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from tests.server.socket_stage import SocketProvider, SocketStage, socket_stage

pytestmark = pytest.mark.anyio
TWO = """
routes:
  live: {models: [talker], flow: {send: one/m1, fallback: [two/m2]}}
"""


async def status_of(
    stage: SocketStage, path: str = "/v1/realtime?model=one/m", **headers: str
) -> tuple[int, str]:
    """The status that a caller's handshake gets (101: the socket is open), and `x-aigw-fault`."""
    shown = {"authorization": f"Bearer {stage.token}", **headers}
    try:
        async with stage.call(path, headers=shown) as socket:
            await socket.send("hi")
            assert await socket.recv() == "hi"
    except InvalidStatus as refused:
        return refused.response.status_code, refused.response.headers.get("x-aigw-fault", "")
    return 101, ""


async def test_a_handshake_is_struck_and_the_next_one_opens(tmp_path: Path) -> None:
    async with SocketProvider() as one, socket_stage(tmp_path, one=one) as stage:
        stage.gateway.faults.add("http.429@provider:one;times=1")
        assert (await status_of(stage))[0] == 429
        assert not one.requests
        assert (await status_of(stage))[0] == 101


async def test_a_route_falls_back_from_what_was_struck(tmp_path: Path) -> None:
    async with (
        SocketProvider() as one,
        SocketProvider() as two,
        socket_stage(tmp_path, one=one, two=two, more=TWO) as stage,
    ):
        stage.gateway.faults.add("net.refused@provider:one")
        assert (await status_of(stage, "/v1/realtime?model=talker"))[0] == 101
        assert (len(one.requests), len(two.requests)) == (0, 1)


async def test_what_is_late_opens_all_the_same(tmp_path: Path) -> None:
    async with SocketProvider() as one, socket_stage(tmp_path, one=one) as stage:
        stage.gateway.faults.add("slow.headers@provider:one;delay_ms=1")
        assert (await status_of(stage))[0] == 101


async def test_a_header_that_names_no_fault_is_refused(tmp_path: Path) -> None:
    async with SocketProvider() as one, socket_stage(tmp_path, one=one) as stage:
        asked = {"x-aigw-fault": "http.9"}
        assert (await status_of(stage, **asked))[0] == 400
        assert (await status_of(stage, **{"x-aigw-fault": "http.500@provider:one"}))[0] == 500
        assert (await status_of(stage))[0] == 101
