"""`GET /v1/models`."""

from pathlib import Path

import pytest

from tests.server.house import House, house

pytestmark = pytest.mark.anyio
CONFIG = """version: 1
providers:
  openai: {models: [gpt-4o-mini], keys: ["env:KEY"]}
  local: {kind: ollama, models: [llama3]}
routes:
  free: {models: [cheap, "c-*"], flow: {send: mock/echo}}
  paid: {flow: {send: openai/gpt-4o-mini, fallback: [mock/echo]}}
"""


async def ids(one: House, headers: dict[str, str]) -> set[str]:
    reply = await one.http.get("/v1/models", headers=headers)
    return {row["id"] for row in reply.json()["data"]}


async def test_an_identified_caller_sees_everything(tmp_path: Path) -> None:
    async with house(tmp_path, CONFIG, env={"KEY": "sk-abcdefghijklmnop"}) as one:
        seen = await ids(one, one.token())
        assert {
            "openai/gpt-4o-mini",
            "local/llama3",
            "mock/echo",
            "dynamic/free",
            "cheap",
            "dynamic/paid",
        } <= seen
        assert "c-*" not in seen


async def test_an_unidentified_caller_sees_only_what_spends_no_key(tmp_path: Path) -> None:
    async with house(tmp_path, CONFIG, env={"KEY": "sk-abcdefghijklmnop"}) as one:
        seen = await ids(one, {})
        assert {"local/llama3", "mock/echo", "dynamic/free"} <= seen
        assert not {"openai/gpt-4o-mini", "dynamic/paid"} & seen


@pytest.mark.parametrize("path", ["/v1/models/mock/echo", "/v1/models/mock%2Fecho", "/models/mock/echo"])
async def test_one_model_is_found_with_raw_and_escaped_slashes(tmp_path: Path, path: str) -> None:
    async with house(tmp_path) as one:
        assert (await one.http.get(path)).json()["id"] == "mock/echo"


async def test_an_unknown_model_is_404(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        reply = await one.http.get("/v1/models/mock/nothing")
        assert reply.status_code == 404
        assert reply.json()["error"]["code"] == "model_not_found"
