"""What is metered beside tokens, through a whole gateway: the header, the log, the sums, and what the log leaves out."""

import base64
import json
import os
from pathlib import Path

import pytest

from aigw_dev.core.exchange import Exchange
from aigw_dev.core.providers.media import wav
from aigw_dev.core.units import Images, Units
from aigw_dev.store.reader import LogReader
from aigw_dev.store.stats import Summary, summary
from tests.scripted import ScriptedUpstream, json_reply, reply, sse_reply
from tests.server.house import House, house
from tests.server.providers import KEYS
from tests.server.test_pipeline import logged

pytestmark = pytest.mark.anyio

PNG = b"\x89PNG\r\n\x1a\n"
SECOND = wav(b"\0\0" * 16_000, 16_000)
"""A recording of a second."""


def config(up: ScriptedUpstream, kind: str = "openai", more: str = "") -> str:
    return (
        f"version: 1\ngateway: {{name: test}}\nproviders:\n"
        f'  up: {{kind: {kind}, base_url: "{up.url}/v1", keys: ["env:FIRST"]}}\n{more}'
    )


def image(size: int = 3) -> dict[str, str]:
    return {"b64_json": base64.b64encode(PNG + os.urandom(size)).decode()}


async def ask(one: House, path: str, **body: object) -> dict[str, str]:
    answer = await one.http.post(f"/v1/{path}", json=body, headers=one.token())
    assert answer.status_code == 200, answer.text
    return dict(answer.headers)


async def test_images_are_counted_by_size_and_priced_in_the_header(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue([json_reply({"created": 1, "data": [image(), image()]})])
    async with house(tmp_path, config(scripted), env=KEYS) as one:
        headers = await ask(
            one, "images/generations", model="up/dall-e-3", prompt="x", size="1792x1024", quality="hd"
        )
        found = logged(one)
    assert headers["x-aigw-cost"] == "0.24"
    assert found.units == Units(images=(Images(2, "1792x1024", "hd"),))
    assert (found.usage, found.cost.status, found.cost.nanousd) == (None, "exact", 240_000_000)


async def test_an_image_reply_of_20_mb_leaves_less_than_10_kb_in_the_log(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    body = json.dumps(
        {"created": 1, "data": [image(15 << 20)], "size": "1024x1024", "quality": "high"}
    ).encode()
    assert len(body) > 20 << 20
    scripted.enqueue([reply(body, status=200, headers=[("Content-Type", "application/json")])])
    async with house(tmp_path, config(scripted), env=KEYS) as one:
        answer = await one.http.post(
            "/v1/images/generations", json={"model": "up/gpt-image-1", "prompt": "x"}, headers=one.token()
        )
        assert answer.content == body
        found = logged(one)
        log = one.gateway.folder / "log.db"
        kept = sum(file.stat().st_size for file in log.parent.glob("log.db*"))
    assert found.response_body is not None
    assert len(found.response_body) < 10_000
    assert b"15 MB image/png, sha256 " in found.response_body
    assert kept < 2 << 20
    assert found.units == Units(images=(Images(1, "1024x1024", "high"),)), (
        "counted although no header could wait"
    )
    assert found.cost.nanousd == 167_000_000


async def test_streamed_images_are_counted_after_the_stream(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    usage = {
        "input_tokens": 10,
        "output_tokens": 272,
        "total_tokens": 282,
        "output_tokens_details": {"image_tokens": 272, "text_tokens": 0},
    }
    done = {
        "type": "image_generation.completed",
        "size": "1024x1024",
        "quality": "low",
        "usage": usage,
        **image(9_000),
    }
    partial = {"type": "image_generation.partial_image", "partial_image_index": 0, **image(9_000)}
    scripted.enqueue(sse_reply(partial, done))
    async with house(tmp_path, config(scripted), env=KEYS) as one:
        await ask(one, "images/generations", model="up/gpt-image-1", prompt="x", stream=True)
        found = logged(one)
    assert found.units is not None
    assert found.units.images == (Images(1, "1024x1024", "low"),)
    assert (found.cost.status, found.cost.nanousd) == ("exact", 10 * 5_000 + 272 * 40_000)
    assert found.response_body is not None
    assert len(found.response_body) < 2_000


async def test_without_recorded_bodies_an_image_stream_says_that_it_is_not_counted(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue(sse_reply({"type": "image_generation.completed", **image()}))
    more = "logging: {record_response: false}\n"
    async with house(tmp_path, config(scripted, more=more), env=KEYS) as one:
        await ask(one, "images/generations", model="up/dall-e-3", prompt="x", stream=True)
        found = logged(one)
    assert found.units == Units(unknown=("images",))
    assert (found.cost.status, found.cost.reason) == ("unknown", "nobody told how many images were made")


async def test_speech_is_counted_in_characters_and_the_seconds_of_its_sound(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue([reply(SECOND, headers=[("Content-Type", "audio/wav")])])
    async with house(tmp_path, config(scripted), env=KEYS) as one:
        headers = await ask(one, "audio/speech", model="up/tts-1", input="Hello there", voice="alloy")
        found = logged(one)
    assert headers["x-aigw-cost"] == "0.000165"
    assert found.units == Units(characters=11, audio_out_s=1.0)
    assert found.response_body is not None
    assert found.response_body.startswith(b"<31 KB audio/wav, sha256 ")


async def test_speech_longer_than_a_header_waits_for_is_counted_too(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    sound = bytes(6 << 20)
    scripted.enqueue([reply(sound, headers=[("Content-Type", "audio/pcm")])])
    async with house(tmp_path, config(scripted), env=KEYS) as one:
        headers = await ask(
            one, "audio/speech", model="up/tts-1-hd", input="Hi", voice="a", response_format="pcm"
        )
        found = logged(one)
    assert "x-aigw-cost" not in headers
    assert found.units == Units(characters=2, audio_out_s=(6 << 20) / 48_000)
    assert found.cost.nanousd == 60_000
    assert found.response_body is not None
    assert found.response_body.startswith(b"<6.0 MB ")


async def transcribe(one: House, **fields: str) -> Exchange:
    answer = await one.http.post(
        "/v1/audio/transcriptions",
        data={"model": "up/whisper-1", **fields},
        files={"file": ("a.wav", SECOND, "audio/wav")},
        headers=one.token(),
    )
    assert answer.status_code == 200, answer.text
    return logged(one)


async def test_a_recording_is_as_long_as_the_reply_says_else_as_its_file_says(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue([json_reply({"text": "hi", "duration": 2.5})])
    scripted.enqueue([reply(b"hi\n", headers=[("Content-Type", "text/plain")])])
    async with house(tmp_path, config(scripted), env=KEYS) as one:
        told = await transcribe(one)
        measured = await transcribe(one, response_format="text")
    assert told.units == Units(audio_in_s=2.5)
    assert told.cost.nanousd == 250_000
    assert measured.units == Units(audio_in_s=1.0)
    assert (measured.cost.status, measured.cost.nanousd) == ("exact", 100_000)


async def test_a_transcription_that_reports_tokens_is_priced_by_them(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    usage = {"type": "tokens", "input_tokens": 14, "output_tokens": 3, "total_tokens": 17,
             "input_token_details": {"audio_tokens": 14}}  # fmt: skip
    scripted.enqueue([json_reply({"text": "hi", "usage": usage})])
    async with house(tmp_path, config(scripted), env=KEYS) as one:
        found = await transcribe(one, model="up/gpt-4o-transcribe")
    assert found.usage is not None
    assert (found.usage.input, found.usage.output, found.usage.estimated) == (14, 3, False)
    assert (found.cost.status, found.cost.nanousd) == ("exact", 14 * 6_000 + 3 * 10_000), (
        "sound has its own rate"
    )
    assert found.units == Units(audio_in_s=1.0)


async def test_a_video_is_counted_once_when_its_job_is_completed(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    job = {
        "id": "video_1",
        "object": "video",
        "model": "sora-2",
        "status": "queued",
        "size": "1280x720",
        "seconds": "8",
    }
    for status in ("queued", "in_progress", "completed", "completed"):
        scripted.enqueue([json_reply(job | {"status": status})])
    async with house(tmp_path, config(scripted), env=KEYS) as one:
        costs = [(await ask(one, "videos", model="up/sora-2", prompt="x"))["x-aigw-cost"]]
        for _ in range(3):
            answer = await one.http.get("/v1/videos/video_1", headers=one.token())
            costs.append(answer.headers["x-aigw-cost"])
        assert one.gateway.recorder.writer.flush()
        reader = LogReader(one.gateway.folder / "log.db")
        found = summary(reader, since_s=0, until_s=4e9, by=("category", "tier"))
        last = logged(one)
        reader.close()
    assert costs == ["0", "0", "0.8", "0.8"]
    assert isinstance(found, Summary)
    totals = {group.key["tier"]: group.totals for group in found.groups}
    assert {group.key["category"] for group in found.groups} == {"video"}
    assert (totals["720p"].requests, totals["720p"].videos, totals["720p"].video_ms) == (1, 1, 8_000)
    assert (totals[""].requests, totals[""].videos, totals[""].cost_nanousd) == (3, 0, 0)
    assert last.cost.reason == "video_1 was counted before"


async def test_reranking_is_counted_in_searches_and_documents(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    body = {
        "id": "r",
        "results": [{"index": 0, "relevance_score": 0.5}],
        "meta": {"billed_units": {"search_units": 1}},
    }
    scripted.enqueue([json_reply(body)])
    async with house(tmp_path, config(scripted, "cohere"), env=KEYS) as one:
        headers = await ask(one, "rerank", model="up/rerank-v3.5", query="q", documents=["a", "b"])
        found = logged(one)
    assert found.units == Units(searches=1, documents=2)
    assert headers["x-aigw-cost"] == "0.002"


async def test_moderations_and_looks_at_things_cost_nothing(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue([json_reply({"id": "m", "model": "omni-moderation-latest", "results": []})])
    usage = {"input_tokens": 5, "output_tokens": 6, "total_tokens": 11}
    scripted.enqueue([json_reply({"id": "resp_1", "object": "response", "model": "gpt-4o", "usage": usage})])
    async with house(tmp_path, config(scripted), env=KEYS) as one:
        headers = await ask(one, "moderations", model="up/omni-moderation-latest", input="x")
        assert headers["x-aigw-cost"] == "0"
        assert logged(one).cost.status == "free"
        answer = await one.http.get("/up/v1/responses/resp_1", headers=one.token())
        looked = logged(one)
    assert answer.status_code == 200
    assert (looked.usage, looked.cost.status) == (None, "free"), (
        "what a look shows was counted when it was made"
    )


async def test_pictures_in_a_conversation_stay_out_of_the_log(
    tmp_path: Path, scripted: ScriptedUpstream
) -> None:
    scripted.enqueue(
        [json_reply({"id": "c", "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1}})]
    )
    url = "data:image/png;base64," + base64.b64encode(PNG + bytes(9_000)).decode()
    content = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": url}}]
    async with house(tmp_path, config(scripted), env=KEYS) as one:
        await ask(one, "chat/completions", model="up/gpt-4o", messages=[{"role": "user", "content": content}])
        found = logged(one)
    assert found.request_body is not None
    kept = json.loads(found.request_body)["messages"][0]["content"]
    assert kept[0]["text"] == "What is it?"
    assert kept[1]["image_url"]["url"].startswith("<8.8 KB image/png, sha256 ")
    assert url.encode() in scripted.requests[0].body


async def test_the_embedded_provider_is_metered_honestly_and_free(tmp_path: Path) -> None:
    async with house(tmp_path) as one:
        for path, body in (
            ("images/generations", {"model": "mock/image", "prompt": "x", "n": 2, "size": "1024x1024"}),
            ("rerank", {"model": "mock/rerank", "query": "q", "documents": ["a", "b"]}),
            ("embeddings", {"model": "mock/embed", "input": "one two"}),
        ):
            assert (await ask(one, path, **body))["x-aigw-cost"] == "0"
        spoken = {"model": "mock/speech", "input": "Hello there", "response_format": "wav"}
        assert "x-aigw-cost" not in await ask(one, "audio/speech", **spoken), "it is heard while it is spoken"
        assert logged(one).cost.status == "free"
        assert (await transcribe(one, model="mock/transcribe")).cost.status == "free"
        assert one.gateway.recorder.writer.flush()
        reader = LogReader(one.gateway.folder / "log.db")
        found = summary(reader, since_s=0, until_s=4e9, by=("category",))
        reader.close()
    assert isinstance(found, Summary)
    totals = {group.key["category"]: group.totals for group in found.groups}
    assert totals["image"].images == 2
    assert totals["audio"].characters == 11
    assert totals["audio"].audio_out_ms > 0
    assert totals["audio"].audio_in_ms == 1_000
    assert (totals["rerank"].searches, totals["rerank"].documents) == (1, 2)
    assert totals["embedding"].input_tokens > 0
    assert {one.cost_free for one in totals.values()} == {1, 2}
