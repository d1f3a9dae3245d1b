"""Who may spend which credential: seen at the door of the gateway, for every way a provider takes one."""

from pathlib import Path

import pytest

from tests.scripted import ScriptedUpstream
from tests.server.house import house
from tests.server.providers import KEYS, config_of, whole

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/messages", {"model": "up/m", "max_tokens": 1, "messages": [{"role": "user", "content": "x"}]}),
        ("/v1/responses", {"model": "up/m", "input": "x"}),
        ("/v1beta/models/up%2Fm:generateContent", {"contents": [{"role": "user", "parts": [{"text": "x"}]}]}),
        ("/v1/images/generations", {"model": "up/m", "prompt": "x"}),
        ("/up/v1/anything", {}),
    ],
)
async def test_nobody_spends_a_stored_key_in_any_dialect(
    tmp_path: Path, scripted: ScriptedUpstream, path: str, body: dict[str, object]
) -> None:
    async with house(tmp_path, config_of(up=scripted), env=KEYS) as one:
        answer = await one.http.post(path, json=body)
        assert answer.status_code == 401
        assert "gateway_token_required" in answer.text
        assert scripted.requests == []


@pytest.mark.parametrize(
    ("header", "path"),
    [("x-api-key", "/v1/messages"), ("authorization", "/v1/messages"), ("x-goog-api-key", "/v1/messages")],
)
async def test_the_token_counts_in_any_dialects_header(
    tmp_path: Path, scripted: ScriptedUpstream, header: str, path: str
) -> None:
    scripted.enqueue(whole())
    async with house(tmp_path, config_of(up=scripted), env=KEYS) as one:
        body = {"model": "up/m", "max_tokens": 1, "messages": [{"role": "user", "content": "x"}]}
        token = one.token()["authorization"].removeprefix("Bearer ")
        value = f"Bearer {token}" if header == "authorization" else token
        answer = await one.http.post(path, json=body, headers={header: value})
        assert answer.status_code == 200
        assert token not in str(scripted.requests[0].headers)


@pytest.mark.parametrize("key", ["AKIAIOSFODNN7EXAMPLE", '{"aws_access_key_id": "AKIA"}'])
async def test_half_a_credential_is_sent_nowhere(
    tmp_path: Path, scripted: ScriptedUpstream, key: str
) -> None:
    row = f'{{kind: bedrock, base_url: "{scripted.url}", keys: ["env:AWS"]}}'
    config = f"version: 1\ngateway: {{name: t}}\nproviders:\n  bed: {row}\n"
    async with house(tmp_path, config, env={"AWS": key}) as one:
        answer = await one.chat("bed/m")
        assert answer.status_code == 503
        assert answer.json()["error"]["code"] == "key_unreadable"
        assert "ACCESS_KEY_ID:SECRET_ACCESS_KEY" in answer.json()["error"]["message"]
        assert scripted.requests == []
