"""What there is to choose from: models with price and key, kinds, keys that lie around, the keyring."""

from pathlib import Path
from typing import Any

import pytest

from tests.server.admin.test_intent import ask, got
from tests.server.admin.test_keys import env
from tests.server.house import house

pytestmark = pytest.mark.anyio
CONFIG = """version: 1
providers:
  openai: {models: [gpt-4o, text-embedding-3-small, nobody-knows]}
  qwen: {models: [qwen3-max]}
routes:
  chatty: {flow: {send: openai/gpt-4o, fallback: [mock/echo]}}
  mixed: {flow: {send: openai/text-embedding-3-small, fallback: [mock/echo]}}
  off: {flow: {send: qwen/qwen3-max}}
"""
KEY = "sk-proj-0123456789abcdefghijklmnop"
OTHER = "sk-proj-zyxwvutsrqponmlkjihgfedcba"


def named(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {f"{row['provider']}/{row['model']}": row for row in rows}


async def test_models_have_price_key_and_use(tmp_path: Path) -> None:
    async with house(tmp_path, CONFIG, env={"OPENAI_API_KEY": KEY}) as one:
        await one.gateway.snapshot.keys.settled()
        rows = named((await got(one, "/models"))["models"])
        known = rows["openai/gpt-4o"]
        assert (known["operations"], known["usable"], known["key"]) == (["chat"], True, "env:OPENAI_API_KEY")
        assert 0 < known["input_usd_per_m"] < known["output_usd_per_m"] < 100
        assert known["key_state"] == "env"
        assert rows["openai/nobody-knows"]["input_usd_per_m"] is None
        assert (rows["qwen/qwen3-max"]["usable"], "keys add qwen" in rows["qwen/qwen3-max"]["why"]) == (
            False,
            True,
        )
        assert rows["mock/echo"]["input_usd_per_m"] == 0.0
        assert rows["dynamic/chatty"]["operations"] == ["chat"]
        assert rows["dynamic/mixed"]["operations"] == []
        assert (rows["dynamic/chatty"]["usable"], rows["dynamic/off"]["usable"]) == (True, False)
        chat = named((await got(one, "/models?need=chat"))["models"])
        assert {"dynamic/chatty", "openai/gpt-4o", "mock/echo"} <= chat.keys()
        assert not chat.keys() & {"openai/text-embedding-3-small", "mock/embed", "dynamic/mixed"}
        assert named((await got(one, "/models?need=openai.embeddings"))["models"]).keys() == {
            "openai/text-embedding-3-small", "mock/embed",
        }  # fmt: skip


async def test_kinds_are_templates(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        kinds = {row["name"]: row for row in (await got(one, "/kinds"))["kinds"]}
        assert kinds["openai"]["variable"] == "OPENAI_API_KEY"
        assert (kinds["openai"]["needs_key"], kinds["ollama"]["needs_key"]) == (True, False)
        assert "mock" not in kinds


async def test_keys_that_lie_around_are_stored_on_request_and_never_shown(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"OPENAI_API_KEY={OTHER}\n", "utf-8")
    config = "version: 1\nproviders:\n  openai: {base_url: https://elsewhere.test/v1}\n"
    async with house(tmp_path, config, env=env(tmp_path) | {"OPENAI_API_KEY": KEY}) as one:
        found = (await got(one, "/keys/found"))["found"]
        assert [(row["provider"], row["is_stored"]) for row in found] == [("openai", False)] * 2
        body = {"variables": ["OPENAI_API_KEY", "NONE"], "place": "encrypted"}
        reply = await ask(one, "POST", "/keys/import", body)
        rows = reply.json()["imported"]
        assert [(row["name"], row["state"]) for row in rows] == [
            ("openai-api-key", "stored"), ("openai-api-key-2", "stored"), ("", "refused"),
        ]  # fmt: skip
        assert all(value not in reply.text for value in (KEY, OTHER))
        keys = {row["name"]: row for row in (await got(one, "/keys"))["keys"]}
        assert keys["openai-api-key"]["origins"] == ["https://api.openai.com"], (
            "the vendor's, not the config's"
        )
        again = (await ask(one, "POST", "/keys/import", body)).json()["imported"]
        assert [row["state"] for row in again] == ["kept", "kept", "refused"]
        assert all(row["is_stored"] for row in (await got(one, "/keys/found"))["found"])
        assert "key.imported" in str(await got(one, "/audit"))


async def test_the_keyrings_state_is_told(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        told = await got(one, "/keyring")
        assert told["state"] in {"ok", "locked", "none"}
        assert told["backend"] if told["state"] == "ok" else told["detail"]
