"""The door's own checks for sockets; what each refusal says stands in test_socket_calls."""

from pathlib import Path

import pytest

from tests.server.socket_stage import SocketProvider, socket_stage
from tests.server.test_socket_calls import error_of, refused

pytestmark = pytest.mark.anyio


async def test_a_draining_gateway_opens_nothing(tmp_path: Path) -> None:
    async with SocketProvider() as one, socket_stage(tmp_path, one=one) as stage:
        stage.gateway.is_draining = True
        response = await refused(stage)
        assert (response.status_code, error_of(response)["code"]) == (503, "shutting_down")
        assert not one.requests


async def test_a_page_that_is_allowed_may_open_one_and_one_that_is_not_may_not(tmp_path: Path) -> None:
    allowed = ', allowed_origins: ["https://app.example"]'
    async with SocketProvider() as one, socket_stage(tmp_path, one=one, gateway=allowed) as stage:
        shown = {"x-api-key": stage.token, "origin": "https://app.example", "sec-fetch-site": "cross-site"}
        async with stage.call(headers=shown) as caller:
            await caller.send("x")
            assert await caller.recv() == "x"
        assert "origin" not in one.requests[0].headers
        response = await refused(stage, headers=shown | {"origin": "https://other.example"})
        assert response.status_code == 403


async def test_what_was_refused_is_counted_and_not_recorded(tmp_path: Path) -> None:
    async with SocketProvider() as one, socket_stage(tmp_path, one=one) as stage:
        await refused(stage, "/nowhere")
        assert stage.gateway.turned_away["path_not_found"] == 1
        assert not stage.ended
