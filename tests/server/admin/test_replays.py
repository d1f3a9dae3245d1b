"""A recorded request is sent again as its caller sent it, through the same pipeline; two exchanges are compared."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.scripted import ScriptedUpstream, json_reply
from tests.server.admin.test_intent import ask, got
from tests.server.admin.test_live import chats
from tests.server.house import House, house
from tests.server.providers import KEYS, config_of

pytestmark = pytest.mark.anyio
ROUTES = """version: 1
routes:
  ai-test:
    flow:
      if: metadata.test-key == "ok" and header.x-canary == "1"
      then: {send: mock/echo}
      else: {send: mock/think}
"""


async def again(one: House, body: dict[str, Any] | None = None, name: str = "last") -> dict[str, Any]:
    """What a replay answers."""
    assert await asyncio.to_thread(one.gateway.recorder.writer.flush)
    reply = await ask(one, "POST", f"/exchanges/{name}/replay", body or {})
    assert reply.status_code == 200, reply.text
    return reply.json()


def fields(comparison: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {one["name"]: (one["before"], one["after"]) for one in comparison["fields"]}


async def test_the_same_request_gives_the_same_reply_and_names_what_it_repeats(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        await one.chat("mock/echo", "say this", temperature=0.10)
        answer = await again(one)
        (made,) = answer["replays"]
        shown = await got(one, f"/exchanges/{made['id']}")
        assert (shown["replay_of"], shown["request_model"]) == (answer["of"], "echo")
        assert shown["request_body"] == (await got(one, f"/exchanges/{answer['of']}"))["request_body"]
        assert (made["status"], made["outcome"], made["model"]) == (200, "ok", "mock/echo")
        assert made["comparison"]["is_same"]
        assert made["comparison"]["text"]["similarity"] == 1.0
        entries = (await got(one, "/exchanges"))["entries"]
        assert [entry["replay_of"] for entry in entries] == [answer["of"], ""]
        (row,) = (await got(one, "/audit"))["audit"]
        assert (row["action"], answer["of"] in str(row["detail"])) == ("logs.replay", True)


async def test_a_route_decides_again_by_the_headers_that_were_sent(tmp_path: Path) -> None:
    async with house(tmp_path, ROUTES) as one:
        sent = one.token() | {
            "x-ai-route-metadata": '{"test-key":"ok"}',
            "x-canary": "1",
            "x-other": "secret",
        }
        await one.chat("dynamic/ai-test", headers=sent)
        (made,) = (await again(one))["replays"]
        assert fields(made["comparison"])["request_model"] == ("echo", "echo")
        shown = await got(one, f"/exchanges/{made['id']}")
        assert shown["decision"]["trace"][0]["result"] is True
        kept = dict(shown["request_headers"])
        assert (kept["x-ai-route-metadata"], kept["x-canary"]) == ('{"test-key":"ok"}', "1")
        assert "authorization" not in kept
        assert "x-other" not in kept


async def test_several_models_with_an_edit_are_compared_with_what_was(tmp_path: Path) -> None:
    async with house(tmp_path, ROUTES) as one:
        await one.chat("mock/echo", "hello there", user="u1")
        body = {
            "models": ["mock/echo", "mock/think", "mock/echo"],
            "edits": {"messages": [{"role": "user", "content": "hello you"}], "user": None},
            "note": "why not",
        }
        replays = (await again(one, body))["replays"]
        assert [made["model"] for made in replays] == ["mock/echo", "mock/think"]
        first = replays[0]["comparison"]
        assert not first["is_same"]
        assert [(hunk["kind"], hunk["text"]) for hunk in first["text"]["hunks"]] == [
            ("same", "hello "), ("removed", "there"), ("added", "you"),
        ]  # fmt: skip
        assert [(one["path"], one["kind"]) for one in first["request"]] == [
            ("messages[0].content", "changed"), ("user", "removed"),
        ]  # fmt: skip
        assert fields(replays[1]["comparison"])["request_model"] == ("echo", "think")


async def test_a_stream_is_sent_again_as_a_stream_and_read_to_its_end(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        await one.chat("mock/echo", "one two three", stream=True)
        (made,) = (await again(one))["replays"]
        shown = await got(one, f"/exchanges/{made['id']}")
        assert shown["is_stream"]
        assert shown["assembled"]["text"] == "one two three"
        assert "[DONE]" in shown["response_body"]
        assert made["comparison"]["is_same"]


async def test_paths_that_name_the_model_take_another(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        body = {"contents": [{"role": "user", "parts": [{"text": "hello"}]}]}
        for action in ("generateContent", "streamGenerateContent?alt=sse&key=AIzaSomething"):
            path = f"/v1beta/models/mock/echo:{action}"
            reply = await one.http.post(path, json=body, headers=one.token())
            assert reply.status_code == 200, reply.text
            (made,) = (await again(one, {"models": ["mock/think"]}))["replays"]
            shown = await got(one, f"/exchanges/{made['id']}")
            assert (shown["request_model"], shown["status"]) == ("think", 200)
        assert "alt=sse" in shown["path"]
        assert "AIza" not in str(shown)
        assert shown["timing"] is not None


async def test_below_a_providers_prefix_another_model_may_be_anywhere(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue(*[[json_reply({"id": "1", "choices": [], "model": "m"})]] * 2)
    async with house(tmp_path, config_of(up=scripted), env=KEYS) as one:
        body = {"model": "gpt-x", "messages": [{"role": "user", "content": "hi"}]}
        reply = await one.http.post("/up/v1/chat/completions", json=body, headers=one.token())
        assert reply.status_code == 200, reply.text
        (made,) = (await again(one))["replays"]
        assert fields(made["comparison"])["provider"] == ("up", "up")
        (made,) = (await again(one, {"models": ["mock/echo"]}))["replays"]
        assert fields(made["comparison"])["provider"] == ("up", "mock")


async def test_a_failure_is_an_answer_too(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        await chats(one, "hello")
        (made,) = (await again(one, {"models": ["nobody/knows"]}))["replays"]
        assert (made["status"], made["error"]) == (404, "model_not_found")
        assert (await got(one, f"/exchanges/{made['id']}"))["replay_of"]


@pytest.mark.parametrize(
    ("setting", "said"), [("logging: {record_request: false}", "logging.record_request"), ("", "")]
)
async def test_what_was_not_recorded_cannot_be_sent_again(tmp_path: Path, setting: str, said: str) -> None:
    async with house(tmp_path, f"version: 1\n{setting}\n") as one:
        await chats(one, "hello")
        reply = await ask(one, "POST", "/exchanges/last/replay", {})
        assert reply.status_code == (409 if said else 200)
        if said:
            assert reply.json()["error"]["code"] == "replay_impossible"
            assert said in reply.json()["error"]["message"]


async def test_uploads_files_and_bytes_are_refused_in_words(tmp_path: Path) -> None:
    image = "data:image/png;base64," + "iVBORw0KGgoAAAANSUhEUgAA" * 200
    async with house(tmp_path) as one:
        form = {"model": (None, "mock/transcribe"), "file": ("a.wav", b"RIFF" + bytes(60), "audio/wav")}
        assert (
            await one.http.post("/v1/audio/transcriptions", files=form, headers=one.token())
        ).status_code == 200
        assert await asyncio.to_thread(one.gateway.recorder.writer.flush)
        upload = await ask(one, "POST", "/exchanges/last/replay", {})
        assert (upload.status_code, "upload" in upload.text) == (409, True)
        content = [{"type": "image_url", "image_url": {"url": image}}]
        await one.http.post(
            "/v1/chat/completions", headers=one.token(),
            json={"model": "mock/echo", "messages": [{"role": "user", "content": content}]},
        )  # fmt: skip
        assert await asyncio.to_thread(one.gateway.recorder.writer.flush)
        picture = await ask(one, "POST", "/exchanges/last/replay", {})
        assert (picture.status_code, "image" in picture.text) == (409, True)


async def test_a_masked_secret_is_told_and_too_many_models_are_refused(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        await chats(one, "my key is sk-proj-0123456789abcdefghijABCDEFGHIJ0123456789")
        answer = await again(one)
        assert "masked" in answer["warnings"][0]
        reply = await ask(one, "POST", "/exchanges/last/replay", {"models": [f"m{n}" for n in range(9)]})
        assert (reply.status_code, "8 models" in reply.text) == (400, True)
        assert (await ask(one, "POST", "/exchanges/ffff/replay", {})).status_code == 404


async def test_replays_are_kept_whatever_is_sampled(tmp_path: Path) -> None:
    async with house(tmp_path, "version: 1\n") as one:
        await chats(one, "hello")
        one.gateway.recorder.writer.set_logging(
            msgspec.structs.replace(one.gateway.snapshot.config.logging, sample=0.0)
        )
        (made,) = (await again(one))["replays"]
        assert (await got(one, f"/exchanges/{made['id']}"))["status"] == 200


async def test_two_exchanges_are_compared(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        await chats(one, "hello there", "hello you")
        found = await got(one, "/exchanges/-2/compare?other=last")
        assert found["text"]["hunks"][1:] == [
            {"kind": "removed", "text": "there"},
            {"kind": "added", "text": "you"},
        ]
        assert not found["is_same"]


async def test_while_recording_is_paused_no_reply_is_kept_of_a_replay_nor_of_a_call(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        await one.chat("mock/echo", "a secret of mine")
        assert await asyncio.to_thread(one.gateway.recorder.writer.flush)
        name = (await got(one, "/exchanges/last"))["id"]
        await ask(one, "POST", "/logging", {"paused": True})
        (made,) = (await again(one, name=name))["replays"]
        assert made["comparison"]["text"]["similarity"] == 1.0, "compared all the same"
        for is_stream in (False, True):
            await one.chat("mock/echo", "a secret of mine", stream=is_stream)
        assert await asyncio.to_thread(one.gateway.recorder.writer.flush)
        for identifier in (made["id"], "last", "-2"):
            assert (
                "a secret of mine"
                not in msgspec.json.encode(await got(one, f"/exchanges/{identifier}")).decode()
            )
