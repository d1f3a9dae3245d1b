"""What reaches a provider: forms, things by their id, anything below its prefix, and whose credential is in it."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.scripted import ScriptedUpstream, json_reply, reply
from tests.server.house import House, house
from tests.server.providers import KEYS, config_of, failing, whole
from tests.server.test_pipeline import logged

pytestmark = pytest.mark.anyio

WAV = b"RIFF" + bytes(40) + b"\r\n--x\r\n" * 3 + bytes(range(256)) * 8


def typed(body: bytes, kind: str, **headers: str) -> list[bytes]:
    return [reply(body, headers=[("Content-Type", kind), *headers.items()])]


async def upload(one: House, model: str, path: str = "/v1/audio/transcriptions", **data: str) -> Any:
    files = {"file": ("a b.wav", WAV, "audio/wav")}
    return await one.http.post(path, data={"model": model, **data}, files=files, headers=one.token())


async def test_a_form_goes_up_with_only_its_model_changed(tmp_path: Path, scripted: ScriptedUpstream) -> None:
    scripted.enqueue([json_reply({"text": "hello", "usage": {"type": "duration", "seconds": 3}})])
    async with house(tmp_path, config_of(up=scripted), env=KEYS) as one:
        answer = await upload(one, "up/whisper-1", language="de")
        assert answer.json()["text"] == "hello"
        sent = scripted.requests[0]
        assert sent.target == "/v1/audio/transcriptions"
        assert sent.header(b"authorization") == f"Bearer {KEYS['FIRST']}".encode()
        assert WAV in sent.body
        assert b'name="model"\r\n\r\nwhisper-1\r\n' in sent.body
        assert b"up/whisper-1" not in sent.body
        exchange = logged(one)
        assert exchange.operation == "openai.audio.transcriptions"
        assert exchange.original_model == "up/whisper-1"
        kept = json.loads(exchange.request_body or b"")
        assert {part["name"] for part in kept} == {"model", "language", "file"}
        assert WAV[:4] not in (exchange.request_body or b"")


async def test_a_form_is_sent_again_to_the_next_target(tmp_path: Path, scripted: ScriptedUpstream) -> None:
    more = "routes:\n  r: {flow: {send: up/first, fallback: [up/second]}}\n"
    scripted.enqueue(failing(500), [json_reply({"text": "ok"})])
    async with house(tmp_path, config_of(up=scripted, more=more), env=KEYS) as one:
        answer = await upload(one, "dynamic/r")
        assert answer.json() == {"text": "ok"}
        first, second = scripted.requests
        assert b"\r\n\r\nfirst\r\n" in first.body
        assert b"\r\n\r\nsecond\r\n" in second.body
        assert WAV in second.body


async def test_a_route_decides_by_a_forms_fields(tmp_path: Path, scripted: ScriptedUpstream) -> None:
    flow = "{if: 'body.language == \"de\"', then: {send: up/german}, else: {send: up/other}}"
    scripted.enqueue([json_reply({"text": "ok"})])
    async with house(
        tmp_path, config_of(up=scripted, more=f"routes:\n  r: {{flow: {flow}}}\n"), env=KEYS
    ) as one:
        await upload(one, "dynamic/r", language="de")
        assert b"\r\n\r\ngerman\r\n" in scripted.requests[0].body


@pytest.mark.parametrize(("model", "code"), [("", "model_missing"), ("nowhere/x", "model_not_found")])
async def test_a_form_without_a_place_to_go_is_refused(
    tmp_path: Path, scripted: ScriptedUpstream, model: str, code: str
) -> None:
    async with house(tmp_path, config_of(up=scripted), env=KEYS) as one:
        answer = await upload(one, model)
        assert answer.json()["error"]["code"] == code
        assert scripted.requests == []


async def test_json_where_a_form_is_wanted_is_415(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        answer = await one.http.post(
            "/v1/audio/transcriptions", json={"model": "mock/x"}, headers=one.token()
        )
        assert answer.status_code == 415
        assert "multipart/form-data" in answer.json()["error"]["message"]


async def test_a_binary_reply_passes_and_the_log_keeps_its_hash(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    sound = bytes(range(256)) * 500
    scripted.enqueue(typed(sound, "audio/mpeg"))
    async with house(tmp_path, config_of(up=scripted), env=KEYS) as one:
        body = {"model": "up/tts-1", "input": "say it", "voice": "alloy"}
        answer = await one.http.post("/v1/audio/speech", json=body, headers=one.token())
        assert answer.content == sound
        assert answer.headers["content-type"] == "audio/mpeg"
        kept = (logged(one).response_body or b"").decode()
        assert "sha256" in kept
        assert len(kept) < 300


async def test_a_thing_stays_with_the_provider_and_key_that_made_it(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    route = "routes:\n  r: {flow: {send: up/sora-2, key: 'env:SPARE'}}\n"
    job = {"id": "video_1", "object": "video", "status": "queued"}
    scripted.enqueue(
        [json_reply(job)], [json_reply(job)], typed(b"\0\0\0 ftyp", "video/mp4"), [json_reply({"deleted": True})],
        failing(404, "no such video"),
    )  # fmt: skip
    config = config_of(up=scripted, more=route, gateway=", default_provider: up")
    async with house(tmp_path, config, env=KEYS) as one:
        headers = one.token()
        made = await one.http.post("/v1/videos", json={"model": "dynamic/r", "prompt": "x"}, headers=headers)
        assert made.json() == job
        assert (await one.http.get("/v1/videos/video_1", headers=headers)).json() == job
        shown = await one.http.get("/v1/video/generations/video_1/content?variant=video", headers=headers)
        assert shown.content == b"\0\0\0 ftyp"
        assert (await one.http.delete("/v1/videos/video_1", headers=headers)).status_code == 200
        assert (await one.http.get("/v1/videos/video_1", headers=headers)).status_code == 404
        sent = scripted.requests
        assert [(one.method, one.target) for one in sent] == [
            ("POST", "/v1/videos"), ("GET", "/v1/videos/video_1"), ("GET", "/v1/videos/video_1/content?variant=video"),
            ("DELETE", "/v1/videos/video_1"), ("GET", "/v1/videos/video_1"),
        ]  # fmt: skip
        keys = [one.header(b"authorization").decode().removeprefix("Bearer ") for one in sent]
        assert keys == [KEYS["SPARE"]] * 4 + [KEYS["FIRST"]]


async def test_files_and_batches_go_where_the_file_is(tmp_path: Path, scripted: ScriptedUpstream) -> None:
    scripted.enqueue([json_reply({"id": "file-9", "object": "file"})], [json_reply({"id": "batch_9"})])
    async with house(tmp_path, config_of(up=scripted), env=KEYS) as one:
        files = {"file": ("in.jsonl", b"{}\n", "application/jsonl")}
        made = await one.http.post(
            "/up/v1/files", data={"purpose": "batch"}, files=files, headers=one.token()
        )
        assert made.json()["id"] == "file-9"
        batch = {"input_file_id": "file-9", "endpoint": "/v1/chat/completions", "completion_window": "24h"}
        answer = await one.http.post("/v1/batches", json=batch, headers=one.token())
        assert answer.json() == {"id": "batch_9"}
        assert scripted.requests[1].json() == batch


async def test_nobody_at_home_is_told_to_name_the_provider(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    async with house(tmp_path, config_of(up=scripted), env=KEYS) as one:
        answer = await one.http.get("/v1/files", headers=one.token())
        assert answer.status_code == 400
        assert "/PROVIDER/v1/files" in answer.json()["error"]["message"]


async def test_anything_below_a_providers_prefix_passes_as_it_is(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue([json_reply({"ok": 1}, status=202)], [json_reply({"object": "list"})])
    async with house(tmp_path, config_of(up=scripted), env=KEYS) as one:
        body = b'{"anything" : [1.0] }'
        headers = one.token() | {"content-type": "application/json", "x-api-key": "mine"}
        answer = await one.http.patch(
            "/up/v1/fine_tuning/jobs/a%2Fb?x=1&key=k", content=body, headers=headers
        )
        assert (answer.status_code, answer.json()) == (202, {"ok": 1})
        sent = scripted.requests[0]
        assert (sent.method, sent.target, sent.body) == ("PATCH", "/v1/fine_tuning/jobs/a%2Fb?x=1", body)
        assert sent.header(b"authorization") == f"Bearer {KEYS['FIRST']}".encode()
        assert sent.header(b"x-api-key") == b""
        await one.http.get("/up/v1/vector_stores", headers=one.token())
        assert scripted.requests[1].target == "/v1/vector_stores"
        assert logged(one).operation == "raw"


async def test_a_model_below_a_prefix_is_that_providers_own(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue(whole())
    async with house(tmp_path, config_of(up=scripted, openai=scripted), env=KEYS) as one:
        body = {"model": "openai/gpt-4o", "messages": [{"role": "user", "content": "x"}]}
        answer = await one.http.post("/up/v1/chat/completions", json=body, headers=one.token())
        assert answer.status_code == 200
        assert scripted.requests[0].json()["model"] == "openai/gpt-4o"
        assert answer.headers["x-aigw-upstream"] == "up/openai/gpt-4o"


async def test_a_prefix_spends_the_providers_key_only_for_who_may(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    async with house(tmp_path, config_of(up=scripted), env=KEYS) as one:
        answer = await one.http.get("/up/v1/files")
        assert answer.status_code == 401
        assert scripted.requests == []


def passing(scripted: ScriptedUpstream, more: str = "") -> str:
    row = f'{{kind: anthropic, base_url: "{scripted.url}", auth: passthrough}}'
    return f"version: 1\ngateway: {{name: t}}\nproviders:\n  anthropic: {row}\n{more}"


async def test_a_login_of_ones_own_passes_to_its_provider(tmp_path: Path, scripted: ScriptedUpstream) -> None:
    message: dict[str, Any] = {"id": "m", "type": "message", "role": "assistant", "content": [], "model": "c"}
    scripted.enqueue([json_reply(message)])
    async with house(tmp_path, passing(scripted)) as one:
        headers = {"authorization": "Bearer sk-ant-oat01-mine", "anthropic-beta": "oauth-2025-04-20"}
        body: dict[str, Any] = {"model": "claude-x", "max_tokens": 1, "messages": []}
        answer = await one.http.post(
            "/v1/messages", json=body, headers=headers | {"esa_aigw_auth": one.token()["authorization"]}
        )
        assert answer.status_code == 200
        sent = scripted.requests[0]
        assert sent.header(b"authorization") == b"Bearer sk-ant-oat01-mine"
        assert sent.header(b"anthropic-beta") == b"oauth-2025-04-20"
        assert sent.header(b"esa_aigw_auth") == b""
        assert "sk-ant-oat01" not in str(logged(one))


@pytest.mark.parametrize("shown", ["token", "nothing", "other key"])
async def test_no_credential_but_ones_own_is_passed(
    tmp_path: Path, scripted: ScriptedUpstream, shown: str
) -> None:
    other = f'  up: {{kind: openai-compatible, base_url: "{scripted.url}/v1", keys: ["env:FIRST"]}}\n'
    async with house(tmp_path, passing(scripted, other), env=KEYS) as one:
        await one.gateway.snapshot.keys.settled()
        values = {
            "token": one.token()["authorization"],
            "nothing": "",
            "other key": f"Bearer {KEYS['FIRST']}",
        }
        headers = {"authorization": values[shown]} if values[shown] else {}
        body: dict[str, Any] = {"model": "anthropic/c", "max_tokens": 1, "messages": []}
        answer = await one.http.post("/v1/messages", json=body, headers=headers)
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "credential_missing"
        assert scripted.requests == []


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
async def test_an_error_that_repeats_the_key_is_masked(
    tmp_path: Path, scripted: ScriptedUpstream, path: str
) -> None:
    key = KEYS["FIRST"]
    scripted.enqueue(failing(401, f"Incorrect API key provided: {key}. You can find yours"))
    async with house(tmp_path, config_of(up=scripted), env=KEYS) as one:
        body = {"model": "up/m", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]}
        answer = await one.http.post(path, json=body, headers=one.token())
        assert answer.status_code == 401
        assert key not in answer.text
        assert "Incorrect API key provided: [masked]" in answer.text
