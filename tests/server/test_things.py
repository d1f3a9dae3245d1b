"""Conversations are kept over restarts for who began them; a stranger does not learn that a thing exists."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.scripted import LAST_CHUNK, ScriptedUpstream, chunk, event, json_reply, stream_head
from tests.server.house import House, house
from tests.server.providers import KEYS, config_of, failing, whole

pytestmark = pytest.mark.anyio


async def respond(one: House, text: str, model: str = "up/m", **more: object) -> Any:
    body = {"model": model, "input": text, **more}
    return await one.http.post("/v1/responses", json=body, headers=one.token())


def texts(request: Any) -> list[tuple[str, str]]:
    return [(one["role"], one["content"]) for one in request.json()["messages"]]


async def test_a_conversation_goes_on_by_its_previous_response_also_after_a_restart(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue(whole(), whole(), whole())
    config = config_of(up=scripted)
    async with house(tmp_path, config, env=KEYS) as one:
        first = (await respond(one, "my name is Ada", instructions="be brief")).json()
        second = (await respond(one, "who am I?", previous_response_id=first["id"])).json()
        assert second["previous_response_id"] == first["id"]
        assert texts(scripted.requests[0]) == [("system", "be brief"), ("user", "my name is Ada")]
        assert texts(scripted.requests[1]) == [
            ("user", "my name is Ada"), ("assistant", "Hello"), ("user", "who am I?"),
        ]  # fmt: skip
    async with house(tmp_path, config, env=KEYS) as one:
        third = await respond(one, "and now?", previous_response_id=second["id"])
        assert third.status_code == 200
        assert len(texts(scripted.requests[2])) == 5


async def test_a_streamed_response_is_kept_too(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        streamed = await respond(one, "one two", "mock/echo", stream=True)
        frames = [line[6:] for line in streamed.text.split("\n") if line.startswith("data: ")]
        made = json.loads(frames[-1])["response"]
        answer = await respond(one, "three", "mock/echo", previous_response_id=made["id"])
        assert answer.status_code == 200
        shown = await one.http.get(f"/v1/responses/{made['id']}", headers=one.token())
        assert shown.json()["output"] == made["output"]


async def test_a_kept_response_is_shown_listed_and_deleted(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        made = (await respond(one, "hello", "mock/echo")).json()
        path, headers = f"/v1/responses/{made['id']}", one.token()
        assert (await one.http.get(path, headers=headers)).json() == made
        items = (await one.http.get(path + "/input_items?order=asc&limit=5", headers=headers)).json()
        assert items["data"][0]["content"][0]["text"] == "hello"
        assert (await one.http.delete(path, headers=headers)).json()["deleted"] is True
        gone = await respond(one, "and?", "mock/echo", previous_response_id=made["id"])
        assert gone.status_code == 400
        assert gone.json()["error"]["code"] == "previous_response_not_found"


async def test_what_the_caller_does_not_want_stored_is_not(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        made = (await respond(one, "hello", "mock/echo", store=False)).json()
        again = await respond(one, "x", "mock/echo", previous_response_id=made["id"])
        assert again.status_code == 400


async def test_an_item_is_referred_to_by_its_id(tmp_path: Path, scripted: ScriptedUpstream) -> None:
    scripted.enqueue(whole(), whole())
    async with house(tmp_path, config_of(up=scripted), env=KEYS) as one:
        made = (await respond(one, "hello")).json()
        items = [
            {"type": "item_reference", "id": made["output"][0]["id"]},
            {"role": "user", "content": "go on"},
        ]
        answer = await one.http.post(
            "/v1/responses", json={"model": "up/m", "input": items}, headers=one.token()
        )
        assert answer.status_code == 200
        assert texts(scripted.requests[1]) == [("assistant", "Hello"), ("user", "go on")]


def native(scripted: ScriptedUpstream) -> str:
    keys = ", ".join(f'"env:{name}"' for name in KEYS)
    row = f'{{kind: openai, base_url: "{scripted.url}/v1", keys: [{keys}]}}'
    route = "routes:\n  r: {flow: {send: openai/gpt-5, key: 'env:SPARE'}}\n"
    return f"version: 1\ngateway: {{name: t}}\nproviders:\n  openai: {row}\n{route}"


@pytest.mark.parametrize("is_stream", [False, True])
async def test_a_response_of_a_provider_that_keeps_its_own_stays_there_and_with_its_key(
    tmp_path: Path, scripted: ScriptedUpstream, is_stream: bool
) -> None:
    response: dict[str, Any] = {"id": "resp_abc", "object": "response", "status": "completed", "output": []}
    created: dict[str, Any] = {"type": "response.created", "sequence_number": 0, "response": response}
    done: dict[str, Any] = {"type": "response.completed", "sequence_number": 1, "response": response}
    streamed = [stream_head(), chunk(event(created)), chunk(event(done)), LAST_CHUNK]
    scripted.enqueue(streamed if is_stream else [json_reply(response)], [json_reply(response)], failing(404))
    async with house(tmp_path, native(scripted), env=KEYS) as one:
        await respond(one, "hi", "dynamic/r", stream=is_stream)
        answer = await respond(one, "go on", "openai/gpt-5", previous_response_id="resp_abc")
        assert answer.json() == response
        sent = scripted.requests[1]
        assert sent.json()["previous_response_id"] == "resp_abc"
        assert sent.header(b"authorization") == f"Bearer {KEYS['SPARE']}".encode()
        shown = await one.http.get("/v1/responses/resp_abc", headers=one.token())
        assert shown.status_code == 404
        assert scripted.requests[2].target == "/v1/responses/resp_abc"


async def test_an_unknown_previous_response_is_told_as_openai_tells_it(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    async with house(tmp_path, config_of(up=scripted), env=KEYS) as one:
        answer = await respond(one, "hi", previous_response_id="resp_nobody")
        assert answer.status_code == 400
        error = answer.json()["error"]
        assert (error["code"], error["param"]) == ("previous_response_not_found", "previous_response_id")
        assert scripted.requests == []
