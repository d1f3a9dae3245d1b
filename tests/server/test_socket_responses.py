"""Models named inside a Responses WebSocket."""

import json
from pathlib import Path

import pytest

from aigw_dev.core.config import Config, Provider
from aigw_dev.core.exchange import Exchange
from aigw_dev.core.routing.address import address_table
from aigw_dev.server.socket_frames import Message
from aigw_dev.server.socket_responses import ResponseModels
from tests.server.socket_stage import SocketProvider, socket_stage


def models() -> ResponseModels:
    config = Config(version=1, providers={"openai": Provider(), "qwen": Provider()})
    table = address_table(config, lists={"openai": ["gpt-5"]})
    exchange = Exchange(
        id="1",
        gateway="g",
        started_at=0,
        method="GET",
        path="/",
        operation="openai.responses",
        dialect="openai-chat",
    )
    return ResponseModels(table, "openai", exchange)


def text(raw: str) -> Message:
    return Message(raw.encode(), is_text=True)


@pytest.mark.parametrize(
    ("said", "onward"),
    [
        ('{"type":"response.create","model":"openai/gpt-5","x": 1.50}', '{"type":"response.create","model":"gpt-5","x": 1.50}'),
        ('{"type":"response.create", "model": "gpt-5"}', '{"type":"response.create", "model": "gpt-5"}'),
        ('{"type":"response.cancel"}', '{"type":"response.cancel"}'),
        ("not json", "not json"),
        ('{"model":5}', '{"model":5}'),
    ],
)  # fmt: skip
def test_the_providers_own_name_goes_up_and_nothing_else_changes(said: str, onward: str) -> None:
    assert models()(text(said)) == (text(onward), None)


@pytest.mark.parametrize("name", ["qwen/qwen3-max", "dynamic/none", "auto"])
def test_a_model_elsewhere_is_answered_here(name: str) -> None:
    onward, answer = models()(text(json.dumps({"type": "response.create", "model": name})))
    assert onward is None
    assert answer is not None
    event = json.loads(answer.payload)
    assert (event["type"], event["status"], event["error"]["code"]) == ("error", 404, "model_not_found")


@pytest.mark.anyio
async def test_a_responses_socket_is_relayed_where_the_provider_speaks_it(tmp_path: Path) -> None:
    async with (
        SocketProvider() as one,
        socket_stage(tmp_path, one=one, gateway=", default_provider: one") as stage,
    ):
        stage.let_speak_responses("one")
        async with stage.call("/v1/responses") as caller:
            await caller.send('{"type":"response.create","model":"one/gpt-5"}')
            assert await caller.recv() == '{"type":"response.create","model":"gpt-5"}'
            await caller.send('{"type":"response.create","model":"mock/echo"}')
            assert json.loads(await caller.recv())["type"] == "error"
        exchange = await stage.last()
        assert (exchange.operation, exchange.status) == ("openai.responses", 101)
        assert (exchange.original_model, exchange.request_model) == ("one/gpt-5", "gpt-5")
        async with stage.call("/one/v1/responses") as caller:
            await caller.send('{"model":"mock/echo"}')
            assert (
                await caller.recv() == '{"model":"mock/echo"}'
            )  # below a prefix names are the provider's own
        assert [request.path for request in one.requests] == ["/v1/responses"] * 2
