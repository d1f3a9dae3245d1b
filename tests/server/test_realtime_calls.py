"""WebRTC's calls over HTTP: the key stays here, the model's name is the provider's, the secret is masked in the log."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from aigw_dev.core.dialects.request_body import RequestBody, read_body
from aigw_dev.server.realtime_calls import renamed_body, renamed_query
from tests.scripted import ScriptedUpstream, json_reply, reply
from tests.server.house import house
from tests.server.providers import KEYS, config_of
from tests.server.test_pipeline import logged

pytestmark = pytest.mark.anyio
SECRET: dict[str, Any] = {"value": "ek_0123456789abcdefghijkl", "expires_at": 4_000_000_000, "session": {}}


def renamed(body: object) -> object:
    read = read_body(json.dumps(body).encode())
    assert isinstance(read, RequestBody)
    return json.loads(renamed_body(read, "m"))


def test_the_models_name_is_replaced_where_it_stands_and_nowhere_else() -> None:
    session = {"type": "realtime", "model": "up/m", "voice": "a"}
    assert renamed({"session": session}) == {"session": session | {"model": "m"}}
    assert renamed({"model": "up/m", "session": {"voice": "a"}}) == {"model": "m", "session": {"voice": "a"}}
    assert renamed({"voice": "a"}) == {"voice": "a"}
    assert renamed_query("model=up%2Fm&x=1", "m") == "model=m&x=1"
    assert renamed_query("x=1", "m") == "x=1"


async def test_a_secret_passes_down_opens_its_provider_and_is_not_logged(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    answer_sdp = reply(b"v=0 answer", status=201, headers=[("Content-Type", "application/sdp"), ("Location", "/v1/realtime/calls/rtc_1")])  # fmt: skip
    scripted.enqueue([json_reply(SECRET)], [answer_sdp], [reply(b"", status=200)])
    async with house(tmp_path, config_of(up=scripted), env=KEYS) as one:
        body = {"session": {"type": "realtime", "model": "up/gpt-realtime"}}
        made = await one.http.post("/v1/realtime/client_secrets", json=body, headers=one.token())
        assert made.json()["value"] == SECRET["value"]
        assert scripted.requests[0].json()["session"]["model"] == "gpt-realtime"
        assert SECRET["value"].encode() not in (logged(one).response_body or b"")
        headers = {"authorization": f"Bearer {SECRET['value']}", "content-type": "application/sdp"}
        called = await one.http.post(
            "/v1/realtime/calls?model=gpt-realtime", content=b"v=0 offer", headers=headers
        )
        assert (called.status_code, called.text) == (201, "v=0 answer")
        assert called.headers["location"] == "/v1/realtime/calls/rtc_1"
        sent = scripted.requests[1]
        assert (sent.body, parse_qs(urlsplit(sent.target).query)) == (
            b"v=0 offer",
            {"model": ["gpt-realtime"]},
        )
        assert sent.header(b"authorization") == f"Bearer {SECRET['value']}".encode()
        ended = await one.http.post("/v1/realtime/calls/rtc_1/hangup", json={}, headers=one.token())
        assert ended.status_code == 200
        assert scripted.requests[2].target == "/v1/realtime/calls/rtc_1/hangup"
        assert scripted.requests[2].header(b"authorization") == f"Bearer {KEYS['FIRST']}".encode()


async def test_a_call_with_a_form_spends_the_stored_key(tmp_path: Path, scripted: ScriptedUpstream) -> None:
    scripted.enqueue([reply(b"v=0", status=201, headers=[("Content-Type", "application/sdp")])])
    async with house(tmp_path, config_of(up=scripted), env=KEYS) as one:
        session = json.dumps({"type": "realtime", "model": "up/gpt-realtime"})
        files = {
            "sdp": (None, "v=0 offer", "application/sdp"),
            "session": (None, session, "application/json"),
        }
        answer = await one.http.post("/v1/realtime/calls", files=files, headers=one.token())
        assert answer.status_code == 201
        sent = scripted.requests[0]
        assert b'"model": "gpt-realtime"' in sent.body
        assert b"v=0 offer" in sent.body
        assert sent.header(b"authorization") == f"Bearer {KEYS['FIRST']}".encode()


async def test_a_model_in_the_query_is_renamed_too(tmp_path: Path, scripted: ScriptedUpstream) -> None:
    scripted.enqueue([json_reply(SECRET)])
    async with house(tmp_path, config_of(up=scripted), env=KEYS) as one:
        path = "/v1/realtime/client_secrets?model=up/gpt-realtime"
        await one.http.post(path, json={"session": {}}, headers=one.token())
        assert parse_qs(urlsplit(scripted.requests[0].target).query) == {"model": ["gpt-realtime"]}
