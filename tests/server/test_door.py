"""The way in, as one ASGI callable."""

from pathlib import Path
from typing import Any

import pytest

from tests.scripted import ScriptedUpstream
from tests.server.house import house
from tests.server.providers import KEYS, config_of, whole

pytestmark = pytest.mark.anyio


async def test_the_welcome_and_health_are_open(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        assert (await one.http.get("/healthz")).text == "ok\n"
        welcome = (await one.http.get("/")).json()
        assert welcome["openai_base_url"] == "http://127.0.0.1:2449/v1"


@pytest.mark.parametrize(
    ("path", "code"),
    [("/v1/mcp/x", "not_configured"), ("/v1/agent/x", "not_configured"), ("/v1/sandboxes/x", "not_configured"),
     ("/v1/vector_stores", "not_configured"), ("/nowhere", "path_not_found")],
)  # fmt: skip
async def test_what_is_not_served_is_404_and_says_which_kind(tmp_path: Path, path: str, code: str) -> None:
    async with house(tmp_path) as one:
        reply = await one.http.post(path, json={})
        assert reply.status_code == 404
        assert reply.json()["error"]["code"] == code


async def test_a_wrong_method_and_a_form_are_refused(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        assert (await one.http.get("/v1/chat/completions")).status_code == 405
        assert (await one.http.post("/v1/chat/completions", data={"a": "b"})).status_code == 415
        assert one.gateway.turned_away["unsupported_media_type"] == 1


async def test_admin_wants_the_admin_token_and_metrics_any(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        assert (await one.http.get("/admin/v1/status")).status_code == 401
        assert (await one.http.get("/admin/v1/status", headers=one.token())).status_code == 401
        assert (await one.http.get("/admin/v1/status", headers=one.admin())).status_code == 200
        assert (await one.http.get("/metrics")).status_code == 401
        assert (await one.http.get("/metrics", headers=one.token())).status_code == 200


async def test_an_admin_call_wants_json(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        reply = await one.http.post(
            "/admin/v1/reload",
            content=b'{"what":"keys"}',
            headers=one.admin() | {"content-type": "text/plain"},
        )
        assert reply.status_code == 415


async def test_a_draining_gateway_takes_no_new_work(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        one.gateway.is_draining = True
        reply = await one.chat("mock/echo")
        assert reply.status_code == 503
        assert reply.json()["error"]["code"] == "shutting_down"


async def test_a_configured_origin_gets_cors_and_its_preflight(tmp_path: Path) -> None:
    config = "version: 1\ngateway: {allowed_origins: ['http://app.test:3000']}\n"
    async with house(tmp_path, config) as one:
        origin = {"origin": "http://app.test:3000"}
        flight = await one.http.options("/v1/chat/completions", headers=origin)
        assert flight.status_code == 204
        assert flight.headers["access-control-allow-origin"] == "http://app.test:3000"
        reply = await one.chat("mock/echo", headers=origin | one.token())
        assert reply.headers["access-control-allow-origin"] == "http://app.test:3000"
        foreign = await one.chat("mock/echo", headers={"origin": "http://evil.test"})
        assert foreign.status_code == 403
        assert "access-control-allow-origin" not in foreign.headers


async def test_a_websocket_is_closed_before_it_opens(tmp_path: Path) -> None:
    from aigw_dev.server.door import Door

    async with house(tmp_path) as one:
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "websocket.connect"}

        async def send(message: Any) -> None:
            sent.append(message)

        await Door(one.gateway)({"type": "websocket"}, receive, send)
        assert sent == [{"type": "websocket.close", "code": 1008}]


async def test_a_form_below_a_prefix_is_passed_on_whatever_it_looks_like(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue(whole())
    form = b"a preamble\n--b\nContent-Disposition: form-data; name=x\n\n1\n--b--\n"
    async with house(tmp_path, config_of(up=scripted), env=KEYS) as one:
        headers = one.token() | {"content-type": "multipart/form-data; boundary=b"}
        answer = await one.http.post("/up/odd/upload", content=form, headers=headers)
        assert answer.status_code == 200, answer.text
        assert scripted.requests[0].body == form
