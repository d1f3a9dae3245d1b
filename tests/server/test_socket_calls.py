"""Whole sockets: a caller, the gateway on a real port, a provider that speaks WebSocket."""

import asyncio
import contextlib
import json
import socket as plain
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from aigw_dev.core import operations
from aigw_dev.core.dialects.realtime import RealtimeObserver
from aigw_dev.core.errors import Refusal
from aigw_dev.core.operations import Match
from aigw_dev.server import socket_calls
from tests.server.socket_stage import KEY, SocketProvider, SocketStage, eventually, socket_stage

pytestmark = pytest.mark.anyio

ROUTE = """routes:
  live:
    models: [talker]
    flow:
      if: metadata.tier == "pro"
      then: {send: one/m1, fallback: [two/m2]}
      else: {send: two/m3}
"""


async def refused(stage: SocketStage, path: str = "/v1/realtime?model=one/m", **more: Any) -> Response:
    """The HTTP answer of a socket that is not opened."""
    with pytest.raises(InvalidStatus) as raised:
        async with stage.call(path, **more):
            pass
    return raised.value.response


def error_of(response: Response) -> dict[str, Any]:
    error: dict[str, Any] = json.loads(response.body)["error"]
    assert set(error) == {"message", "type", "param", "code"}
    return error


def saying(status: int, body: bytes, kind: str = "application/json", **headers: str) -> Any:
    """A provider that answers the handshake over HTTP."""

    def answer(_: ServerConnection, __: Request) -> Response:
        fields = Headers({"content-type": kind, "content-length": str(len(body)), **headers})
        return Response(status, "", fields, body)

    return answer


# messages


async def test_messages_pass_both_ways_as_they_are(tmp_path: Path) -> None:
    async with SocketProvider() as one, socket_stage(tmp_path, one=one) as stage:
        async with stage.call() as caller:
            for message in ("hello", '{"a": 1.50}', b"\x00\xff", "", "ü\u2028", b""):
                await caller.send(message)
                assert await caller.recv() == message
        exchange = await stage.last()
        request = one.requests[0]
        assert request.path == "/v1/realtime?model=m"
        assert request.headers["authorization"] == f"Bearer {KEY}"
        assert "sec-websocket-extensions" not in request.headers
        assert (exchange.status, exchange.operation, exchange.method) == (101, "openai.realtime", "GET")
        assert (exchange.provider, exchange.request_model, exchange.original_model) == ("one", "m", "one/m")
        assert (exchange.error, exchange.finish, exchange.key_name) == ("", "1000", "env:FIRST")
        assert exchange.request_bytes == exchange.response_bytes == 5 + 11 + 2 + 5


async def test_fragments_arrive_as_one_message_and_a_large_one_whole(tmp_path: Path) -> None:
    large = "x" * (16 * 1024 * 1024)
    async with (
        SocketProvider() as one,
        socket_stage(tmp_path, one=one) as stage,
        stage.call(max_size=None) as caller,
    ):
        await caller.send(["a", "", "b" * 70_000, "c"])
        assert await caller.recv() == "a" + "b" * 70_000 + "c"
        await caller.send([b"\x01", b"\x02"])
        assert await caller.recv() == b"\x01\x02"
        await caller.send(large)
        assert await caller.recv() == large


async def test_a_message_past_the_limit_closes_with_1009_on_both_sides(tmp_path: Path) -> None:
    async def too_much(server: ServerConnection) -> None:
        await server.recv()
        await server.send(b"x" * (16 * 1024 * 1024 + 1))
        await server.recv()

    async with SocketProvider(too_much) as one, socket_stage(tmp_path, one=one) as stage:
        async with stage.call(max_size=None) as caller:
            with contextlib.suppress(ConnectionClosed):
                await caller.send(b"x" * (16 * 1024 * 1024 + 1))
            await caller.wait_closed()
            assert caller.close_code == 1009
        first = await stage.last()
        async with stage.call(max_size=None) as caller:
            await caller.send("more")
            with pytest.raises(ConnectionClosed):
                await caller.recv()
            assert caller.close_code == 1009
        second = await stage.last(2)
        await eventually(lambda: len(one.closes) == 2)
        assert [code for code, _ in one.closes] == [1001, 1009]
        assert (first.error, second.error) == ("invalid_request", "upstream_protocol")
        assert "broken" in second.marks


async def test_pings_are_answered_on_each_hop(tmp_path: Path) -> None:
    pongs: list[float] = []

    async def pinging(server: ServerConnection) -> None:
        pongs.append(await (await server.ping(b"theirs")))
        await server.send("pinged")
        await server.wait_closed()

    async with SocketProvider(pinging) as one, socket_stage(tmp_path, one=one) as stage:
        async with stage.call() as caller:
            await asyncio.wait_for(await caller.ping(b"mine"), 5)
            assert await caller.recv() == "pinged"
        assert pongs


async def test_nobody_is_offered_compression_and_a_compressed_frame_is_refused(tmp_path: Path) -> None:
    async with SocketProvider() as one, socket_stage(tmp_path, one=one) as stage:
        async with stage.call(compression="deflate") as caller:
            assert caller.protocol.extensions == []
            assert caller.response is not None
            assert "sec-websocket-extensions" not in caller.response.headers
            caller.transport.write(b"\xc1\x81\x00\x00\x00\x00x")
            await caller.wait_closed()
            assert caller.close_code == 1002
        assert (await stage.last()).error == "invalid_request"


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"\x81\x01x", 1002),  # not masked
        (b"\xb1\x81\x00\x00\x00\x00x", 1002),  # reserved bits
        (b"\x83\x81\x00\x00\x00\x00x", 1002),  # reserved opcode
        (b"\x80\x81\x00\x00\x00\x00x", 1002),  # a continuation of nothing
        (b"\x09\x81\x00\x00\x00\x00x", 1002),  # a fragmented ping
        (b"\x89\xfe\x00\x7e\x00\x00\x00\x00" + b"x" * 126, 1002),  # a long ping
        (b"\x81\x82\x00\x00\x00\x00\xc3\x28", 1007),  # not UTF-8
        (b"\x81\xff\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00", 1009),  # 4 GiB announced
        (b"\x88\x82\x00\x00\x00\x00\x03\xee", 1002),  # closes with 1006
    ],
)
async def test_a_hostile_frame_ends_only_its_own_socket(tmp_path: Path, frame: bytes, code: int) -> None:
    async with SocketProvider() as one, socket_stage(tmp_path, one=one) as stage, stage.call() as bystander:
        async with stage.call() as caller:
            caller.transport.write(frame)
            await asyncio.wait_for(caller.wait_closed(), 5)
            assert caller.close_code == code
        await eventually(lambda: one.closes == [(1001, "")])
        await bystander.send("still here")
        assert await bystander.recv() == "still here"


# closing


@pytest.mark.parametrize(("code", "reason"), [(1000, "done"), (4001, "ü" * 60), (1011, "")])
async def test_a_close_goes_on_with_its_code_and_reason(tmp_path: Path, code: int, reason: str) -> None:
    async def closing(server: ServerConnection) -> None:
        if await server.recv() == "you":
            await server.send("last words")
            await server.close(code, reason)
        await server.wait_closed()

    async with SocketProvider(closing) as one, socket_stage(tmp_path, one=one) as stage:
        async with stage.call() as caller:
            await caller.send("me")
            await caller.close(code, reason)
        await eventually(lambda: one.closes == [(code, reason)])
        async with stage.call() as caller:
            await caller.send("you")
            assert await caller.recv() == "last words"
            await caller.wait_closed()
            assert (caller.close_code, caller.close_reason) == (code, reason)
        exchange = await stage.last(2)
        assert exchange.finish == str(code)
        assert exchange.error == ("" if code == 1000 else "upstream_in_band")


async def test_a_close_without_a_code_goes_on_without_one(tmp_path: Path) -> None:
    async with SocketProvider() as one, socket_stage(tmp_path, one=one) as stage:
        async with stage.call() as caller:
            caller.transport.write(b"\x88\x80\x00\x00\x00\x00")
            await caller.wait_closed()
        await eventually(lambda: one.closes == [(1005, "")])
        assert (await stage.last()).error == ""


async def test_a_caller_that_vanishes_ends_the_provider_at_once(tmp_path: Path) -> None:
    async with SocketProvider() as one, socket_stage(tmp_path, one=one) as stage:
        async with stage.call() as caller:
            await caller.send("x")
            await caller.recv()
            caller.transport.abort()
            await eventually(lambda: one.closes == [(1001, "")])
        exchange = await stage.last()
        assert "cancelled" in exchange.marks
        assert exchange.error == ""


async def test_a_provider_that_vanishes_closes_the_caller_with_1011(tmp_path: Path) -> None:
    async def vanishing(server: ServerConnection) -> None:
        await server.recv()
        await server.send("before")
        server.transport.abort()

    async with SocketProvider(vanishing) as one, socket_stage(tmp_path, one=one) as stage:
        async with stage.call() as caller:
            await caller.send("x")
            assert await caller.recv() == "before"
            await caller.wait_closed()
            assert caller.close_code == 1011
            assert "provider" in (caller.close_reason or "")
        exchange = await stage.last()
        assert exchange.error == "upstream_reset"
        assert "broken" in exchange.marks


async def test_a_silent_provider_is_given_up_after_its_idle_timeout(tmp_path: Path) -> None:
    is_over = asyncio.Event()

    async def silent(server: ServerConnection) -> None:
        server.transport.pause_reading()  # half-open: no message and no pong
        await is_over.wait()
        server.transport.abort()

    async with (
        SocketProvider(silent) as one,
        socket_stage(tmp_path, one=one, settings=", idle_timeout_ms: 200") as stage,
    ):
        async with stage.call() as caller:
            await asyncio.wait_for(caller.wait_closed(), 5)
            assert caller.close_code == 1011
            assert "ping" in (caller.close_reason or "")
        is_over.set()
        assert (await stage.last()).error == "upstream_reset"


async def test_a_quiet_provider_that_answers_pings_is_not_idle(tmp_path: Path) -> None:
    async with (
        SocketProvider() as one,
        socket_stage(tmp_path, one=one, settings=", idle_timeout_ms: 100") as stage,
        stage.call() as caller,
    ):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(caller.recv(), 0.5)
        await caller.send("there?")
        assert await caller.recv() == "there?"


async def test_draining_closes_with_1001(tmp_path: Path) -> None:
    async with SocketProvider() as one, socket_stage(tmp_path, one=one) as stage:
        async with stage.call() as caller:
            stage.gateway.is_draining = True
            await asyncio.wait_for(stage.serving.stop(5), 5)
            assert caller.close_code == 1001
        await eventually(lambda: one.closes == [(1001, "")])
        assert (await stage.last()).error == ""
        assert stage.serving.connection_count == stage.serving.request_count == 0


# opening


async def test_a_refusal_of_the_provider_is_the_callers_status(tmp_path: Path) -> None:
    body = b'{"error":{"message":"bad key","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}'
    async with SocketProvider() as one, socket_stage(tmp_path, one=one) as stage:
        one.refusal = saying(401, body, **{"x-request-id": "req_1"})
        response = await refused(stage)
        assert (response.status_code, response.body) == (401, body)
        assert response.headers["x-request-id"] == "req_1"
        assert response.headers["x-aigw-upstream"] == "one/m"
        exchange = await stage.last()
        assert (exchange.status, exchange.error, exchange.error_text) == (401, "upstream_status", "bad key")
        assert exchange.attempts[0].upstream_request_id == "req_1"
        key = one.requests[0].headers["authorization"].removeprefix("Bearer ")
        one.refusal = saying(401, body.replace(b"bad key", f"bad key {key}".encode()))
        response = await refused(stage)
        assert key not in response.body.decode()
        assert key not in (await stage.last()).error_text
        one.refusal = saying(404, b"<html>nothing</html>", "text/html")
        response = await refused(stage)
        assert response.status_code == 404
        assert error_of(response)["code"] == "upstream_status"


@pytest.mark.parametrize(
    ("status", "code"), [(302, "upstream_redirect"), (200, "upstream_protocol"), (204, "upstream_protocol")]
)
async def test_an_answer_that_is_no_socket_is_502(tmp_path: Path, status: int, code: str) -> None:
    async with SocketProvider() as one, socket_stage(tmp_path, one=one) as stage:
        one.refusal = saying(status, b"", location="http://127.0.0.1:1/elsewhere")
        response = await refused(stage)
        assert (response.status_code, error_of(response)["code"]) == (502, code)
        assert len(one.requests) == 1


async def test_a_provider_that_cannot_be_reached_is_502(tmp_path: Path) -> None:
    one = SocketProvider()
    with plain.socket() as free:
        free.bind(("127.0.0.1", 0))
        one.url = f"http://127.0.0.1:{free.getsockname()[1]}"
    async with socket_stage(tmp_path, one=one) as stage:
        response = await refused(stage)
        assert (response.status_code, error_of(response)["code"]) == (502, "connect_failed")


async def test_a_provider_that_does_not_answer_is_504(tmp_path: Path) -> None:
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    one = SocketProvider()
    one.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, socket_stage(tmp_path, one=one, settings=", first_packet_timeout_ms: 100") as stage:
        response = await refused(stage)
        assert (response.status_code, error_of(response)["code"]) == (504, "first_packet_timeout")


async def test_a_route_falls_back_before_the_socket_is_open(tmp_path: Path) -> None:
    async with (
        SocketProvider() as one,
        SocketProvider() as two,
        socket_stage(tmp_path, one=one, two=two, more=ROUTE) as stage,
    ):
        one.refusal = saying(503, b"busy", "text/plain")
        shown = {"authorization": f"Bearer {stage.token}", "x-ai-route-metadata": "tier=pro"}
        for model in ("dynamic/live", "talker"):
            async with stage.call(f"/v1/realtime?model={model}", headers=shown) as caller:
                assert caller.response is not None
                assert caller.response.headers["x-aigw-upstream"] == "two/m2"
                assert caller.response.headers["x-aigw-route"] == "live"
                await caller.send("x")
                assert await caller.recv() == "x"
        exchange = await stage.last(2)
        assert [one.status for one in exchange.attempts] == [503, 101]
        assert "fallback" in exchange.marks
        assert (exchange.route, exchange.provider) == ("live", "two")
        assert two.requests[0].path == "/v1/realtime?model=m2"
        response = await refused(stage, "/v1/realtime?model=talker")
        assert error_of(response)["code"] == "route_metadata_missing"


async def test_the_last_failure_is_passed_on(tmp_path: Path) -> None:
    async with (
        SocketProvider() as one,
        SocketProvider() as two,
        socket_stage(tmp_path, one=one, two=two, more=ROUTE) as stage,
    ):
        one.refusal, two.refusal = saying(500, b"", "text/plain"), saying(429, b"slow", "text/plain")
        shown = {"authorization": f"Bearer {stage.token}", "x-ai-route-metadata": "tier=pro"}
        response = await refused(stage, "/v1/realtime?model=talker", headers=shown)
        assert response.status_code == 429
        assert response.headers["x-aigw-attempts"] == "2"


async def test_a_caller_that_leaves_before_it_is_answered_cancels_the_call(tmp_path: Path) -> None:
    asked = asyncio.Event()
    left = asyncio.Event()

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        asked.set()
        with contextlib.suppress(ConnectionError):
            await reader.read()
        left.set()
        writer.close()

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    one = SocketProvider()
    one.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, socket_stage(tmp_path, one=one) as stage:
        opening = asyncio.create_task(stage.call().__aenter__())
        await asked.wait()
        opening.cancel()
        await asyncio.wait_for(left.wait(), 5)
        exchange = await stage.last()
        assert (exchange.status, exchange.marks) == (499, {"cancelled"})


# the door


@pytest.mark.parametrize(
    ("headers", "path", "status", "code"),
    [
        ({}, "/v1/realtime?model=one/m", 401, "gateway_token_required"),
        ({"origin": "https://evil.example"}, "/v1/realtime?model=one/m", 403, "origin_not_allowed"),
        ({"sec-fetch-site": "cross-site"}, "/v1/realtime?model=one/m", 403, "origin_not_allowed"),
        ({"authorization": "Bearer {token}"}, "/v1/nothing", 404, "path_not_found"),
        ({"authorization": "Bearer {token}"}, "/v1/realtime?model=nobody", 404, "model_not_found"),
        ({"authorization": "Bearer {token}"}, "/v1/realtime", 400, "model_missing"),
        ({"authorization": "Bearer {token}"}, "/v1/realtime?model=dynamic/no", 404, "model_not_found"),
        ({"authorization": "Bearer {token}"}, "/v1/realtime?model=mock/echo", 400, "operation_not_supported"),
        ({"authorization": "Bearer {token}"}, "/v1/responses?model=one/m", 426, "upgrade_required"),
        ({}, "/v1/realtime?model=one/m&token={token}", 401, "gateway_token_required"),
    ],
)
async def test_what_is_not_let_in_gets_a_status_and_no_socket(
    tmp_path: Path, headers: dict[str, str], path: str, status: int, code: str
) -> None:
    async with SocketProvider() as one, socket_stage(tmp_path, one=one) as stage:
        shown = {name: value.format(token=stage.token) for name, value in headers.items()}
        response = await refused(stage, path.format(token=stage.token), headers=shown)
        assert (response.status_code, error_of(response)["code"]) == (status, code)
        assert not one.requests


@pytest.mark.parametrize("name", ["authorization", "x-api-key", "api-key", "x-goog-api-key", "esa_aigw_auth"])
async def test_the_token_counts_in_every_credential_header_and_goes_nowhere(
    tmp_path: Path, name: str
) -> None:
    async with SocketProvider() as one, socket_stage(tmp_path, one=one) as stage:
        async with stage.call(
            headers={name: stage.token, "openai-beta": "realtime=v1", "cookie": "a=b"}
        ) as caller:
            await caller.send("x")
            await caller.recv()
        sent = one.requests[0].headers
        assert stage.token not in str([*sent.raw_items()])
        assert sent["openai-beta"] == "realtime=v1"
        assert "cookie" not in sent


async def test_a_browsers_key_among_the_subprotocols_counts_and_stays_here(tmp_path: Path) -> None:
    async with SocketProvider() as one, socket_stage(tmp_path, one=one) as stage:
        offered = [Subprotocol(text) for text in ("realtime", f"openai-insecure-api-key.{stage.token}", "v2")]
        own = f"http://127.0.0.1:{stage.port}"
        async with stage.call(headers={"origin": own}, subprotocols=offered) as caller:
            assert caller.subprotocol == "realtime"
        assert one.requests[0].headers["sec-websocket-protocol"] == "realtime, v2"
        assert stage.token not in str(msgspec.json.encode(await stage.last()))


async def test_an_ephemeral_secret_opens_its_provider_and_goes_up_itself(tmp_path: Path) -> None:
    async with (
        SocketProvider() as one,
        SocketProvider() as two,
        socket_stage(tmp_path, one=one, two=two) as stage,
    ):
        secret = "ek_0123456789abcdefghij"
        reply = b'{"value":"%b"}' % secret.encode()
        stage.gateway.things.ephemeral.remember(reply, "one", now_s=time.time())
        for path in ("/v1/realtime?model=m", "/v1/realtime?model=one/m"):
            async with stage.call(path, headers={"authorization": f"Bearer {secret}"}) as caller:
                await caller.send("x")
                await caller.recv()
            assert one.requests[-1].path == "/v1/realtime?model=m"
            assert one.requests[-1].headers["authorization"] == f"Bearer {secret}"
        exchange = await stage.last(2)
        assert exchange.key_name == "ephemeral"
        below = "/two/v1/realtime?model=m"
        response = await refused(stage, below, headers={"authorization": f"Bearer {secret}"})
        assert response.status_code == 401
        assert not two.requests


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ("Host: evil.example\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}", 403),
        ("Host: {own}\r\nSec-WebSocket-Version: 8\r\nSec-WebSocket-Key: {key}", 426),
        ("Host: {own}\r\nSec-WebSocket-Version: 13", 400),
        ("Host: {own}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short", 400),
    ],
)
async def test_a_bad_handshake_is_refused_over_http(tmp_path: Path, lines: str, status: int) -> None:
    async with SocketProvider() as one, socket_stage(tmp_path, one=one) as stage:
        reader, writer = await asyncio.open_connection("127.0.0.1", stage.port)
        head = lines.format(own=f"127.0.0.1:{stage.port}", key="AAAAAAAAAAAAAAAAAAAAAA==")
        upgrade = "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"
        writer.write(f"GET /v1/realtime?model=one/m HTTP/1.1\r\n{upgrade}{head}\r\n\r\n".encode())
        answer = await reader.read()
        assert answer.startswith(b"HTTP/1.1 %d " % status)
        assert b'{"error":' in answer
        writer.close()
        assert not one.requests


async def test_a_plain_get_of_a_socket_is_426(tmp_path: Path) -> None:
    async with SocketProvider() as one, socket_stage(tmp_path, one=one) as stage:
        reader, writer = await asyncio.open_connection("127.0.0.1", stage.port)
        head = f"Host: 127.0.0.1:{stage.port}\r\nAuthorization: Bearer {stage.token}\r\n"
        writer.write(f"GET /v1/realtime?model=one/m HTTP/1.1\r\n{head}\r\n".encode())
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 426 ")
        assert b"upgrade: websocket\r\n" in answer
        writer.close()


# addresses


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/realtime?model=one/m&intent=transcription", "/v1/realtime?model=m&intent=transcription"),
        (
            "/openai/realtime?api-version=2025-04-01&deployment=one/m",
            "/v1/realtime?model=m&api-version=2025-04-01",
        ),
        ("/one/v1/realtime?model=a/b", "/v1/realtime?model=a%2Fb"),
        ("/one/ws/google.ai.Bidi?alt=json&key=hidden", "/ws/google.ai.Bidi?alt=json"),
        ("/one/api-ws/v1/inference", "/api-ws/v1/inference"),
        ("/v1/realtime?model=bare", "/v1/realtime?model=bare"),
    ],
)
async def test_a_socket_is_addressed_like_everything(tmp_path: Path, path: str, sent: str) -> None:
    async with (
        SocketProvider() as one,
        socket_stage(tmp_path, one=one, gateway=", default_provider: one") as stage,
    ):
        async with stage.call(path) as caller:
            await caller.send("x")
            assert await caller.recv() == "x"
        assert one.requests[0].path == sent


async def test_a_call_id_leads_to_who_carries_the_call(tmp_path: Path) -> None:
    async with (
        SocketProvider() as one,
        SocketProvider() as two,
        socket_stage(tmp_path, one=one, two=two, gateway=", default_provider: one") as stage,
    ):
        stage.gateway.things.ephemeral.remember_call(
            "/v1/realtime/calls/rtc_1", "two", "env:FIRST", now_s=2e9
        )
        for _ in range(2):
            async with stage.call("/v1/realtime?call_id=rtc_1") as caller:
                await caller.send("x")
                await caller.recv()
        assert [request.path for request in two.requests] == ["/v1/realtime?call_id=rtc_1"] * 2


def test_paths_of_sockets_are_known() -> None:
    providers = frozenset({"one", "gemini"})
    from aigw_dev.core.config import Config, Provider
    from aigw_dev.core.routing.address import address_table

    config = Config(version=1, providers={name: Provider(kind=name) for name in ("one", "gemini")})
    table = address_table(config, lists={})
    found = socket_calls.find("/v1/responses", providers, table)
    assert isinstance(found, Match)
    assert found.operation is operations.RESPONSES
    live = socket_calls.find("/ws/google.ai.generativelanguage.v1beta.Bidi", providers, table)
    assert isinstance(live, Match)
    assert (live.provider, live.rest) == ("gemini", "/ws/google.ai.generativelanguage.v1beta.Bidi")
    climbing = "/ws/google.ai.generativelanguage./../../x"
    for path in ("/v1/chat/completions", "/v1/models", "/nobody/x", "//", "/one/../x", climbing):
        assert isinstance(socket_calls.find(path, providers, table), Refusal), path


# load and memory


async def test_fifty_sockets_at_once_keep_their_messages_apart(tmp_path: Path) -> None:
    async def talk(stage: SocketStage, number: int) -> None:
        async with stage.call() as caller:
            for turn in range(20):
                await caller.send(f"{number}:{turn}")
                assert await caller.recv() == f"{number}:{turn}"

    async with SocketProvider() as one, socket_stage(tmp_path, one=one) as stage:
        await asyncio.gather(*(talk(stage, number) for number in range(50)))
        assert (await stage.last(50)).error == ""
        await eventually(lambda: one.open_count == 0)
        assert stage.gateway.recorder.running == {}


@pytest.mark.parametrize("slow", ["caller", "provider"])
async def test_a_slow_reader_holds_up_the_writer_instead_of_filling_memory(tmp_path: Path, slow: str) -> None:
    piece, count = b"x" * 100_000, 400
    sent = 0
    may_read = asyncio.Event()

    async def pour(side: ClientConnection | ServerConnection) -> None:
        nonlocal sent
        for _ in range(count):
            await side.send(piece)
            sent += 1

    async def drink(side: ClientConnection | ServerConnection) -> None:
        side.transport.pause_reading()
        await may_read.wait()
        side.transport.resume_reading()
        for _ in range(count):
            assert await side.recv() == piece

    async with (
        SocketProvider(pour if slow == "caller" else drink) as one,
        socket_stage(tmp_path, one=one) as stage,
        stage.call() as caller,
    ):
        own = asyncio.create_task((drink if slow == "caller" else pour)(caller))
        still = -1
        for _ in range(100):  # until nothing moves any more
            if still == sent > 0:
                break
            still = sent
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asyncio.Event().wait(), 0.1)
        assert 0 < sent < count * 0.6  # what sockets and a few buffers hold, not what was to be said
        may_read.set()
        await asyncio.wait_for(own, 20)


# the record


async def test_usage_and_transcript_are_recorded(tmp_path: Path) -> None:
    events = [
        {"type": "session.created", "session": {"model": "gpt-realtime-2025-08-28"}},
        {"type": "response.output_audio.delta", "delta": "QUJD" * 200},
        {"type": "response.done", "response": {"usage": {
            "total_tokens": 30, "input_tokens": 20, "output_tokens": 10,
            "input_token_details": {"text_tokens": 15, "audio_tokens": 5, "cached_tokens": 4},
            "output_token_details": {"text_tokens": 3, "audio_tokens": 7}}}},
    ]  # fmt: skip

    async def part(server: ServerConnection) -> None:
        await server.recv()
        for event in events:
            await server.send(json.dumps(event))
        await server.send(b"\x00" * 10)
        await server.wait_closed()

    async with SocketProvider(part) as one, socket_stage(tmp_path, one=one) as stage:
        async with stage.call() as caller:
            await caller.send('{"type":"response.create"}')
            for _ in range(4):
                await caller.recv()
        exchange = await stage.last()
        usage = exchange.usage
        assert usage is not None
        assert (usage.input, usage.output, usage.cached_input) == (20, 10, 4)
        assert exchange.response_model == "gpt-realtime-2025-08-28"
        assert exchange.ttft_s is not None
        lines = [json.loads(line) for line in (exchange.response_body or b"").splitlines()]
        assert [line["from"] for line in lines] == ["client", *["server"] * 4, "client"]
        assert "[800 characters of base64]" in lines[2]["text"]
        assert (lines[4]["bytes"], lines[5]["close"]) == (10, 1000)


async def test_nothing_is_kept_where_replies_are_not_recorded(tmp_path: Path) -> None:
    quiet = "logging: {record_request: false, record_response: false}\n"
    async with SocketProvider() as one, socket_stage(tmp_path, one=one, more=quiet) as stage:
        async with stage.call() as caller:
            await caller.send("x")
            await caller.recv()
        assert (await stage.last()).response_body is None


async def test_a_fault_of_ours_is_reported_and_closes_with_1011(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with SocketProvider() as one, socket_stage(tmp_path, one=one) as stage:
        faults: list[BaseException] = []
        monkeypatch.setattr(stage.gateway, "report", faults.append)
        async with stage.call() as caller:
            await caller.send("x")
            await caller.recv()

            def broken(*_: object) -> None:
                raise LookupError

            monkeypatch.setattr(RealtimeObserver, "client", broken)
            await caller.send("x")
            await caller.wait_closed()
            assert caller.close_code == 1011
        exchange = await stage.last()
        assert (exchange.error, exchange.error_text) == ("internal_error", "LookupError")
        assert [type(fault) for fault in faults] == [LookupError]
