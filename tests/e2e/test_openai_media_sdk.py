"""Every modality but chat, by the official `openai` SDK: JSON, forms, streams, binary bodies, jobs and their keys."""

import base64
import hashlib
import http.server
import json
import re
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import openai
import pytest

from tests.e2e.replayed import every_dialect, load, named_stream, tape, whole
from tests.e2e.stage import KEYS, PATIENCE_S, Stage
from tests.scripted import LAST_CHUNK, Hold, Script, chunk, json_reply, reply, stream_head

ROUTES: Final = """routes:
  spare: {flow: {send: native/any, key: "env:SPARE_KEY"}}
"""
FIRST, SPARE = (f"Bearer {key}".encode() for key in KEYS.values())
ENVOY: Final = "envoy-ai-gateway/testopenai/cassettes/"
PNG: Final = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
WAV: Final = b"RIFF" + (36 + 16_000).to_bytes(4, "little") + b"WAVEfmt " + bytes.fromhex("10000000010001008038000000710200020010006461746180") + b"\x3e\x00\x00" + bytes(16_000)  # fmt: skip
JOB: Final[dict[str, Any]] = {
    "id": "video_1", "object": "video", "model": "sora-2", "status": "queued", "progress": 0, "created_at": 1,
    "seconds": "4", "size": "720x1280", "completed_at": None, "expires_at": None, "error": None,
    "remixed_from_video_id": None, "prompt": "waves",
}  # fmt: skip
BIG_BYTES: Final = 100 * 1024 * 1024
ALLOWED_KB: Final = 40 * 1024
STATUS: Final = "/proc/{}/status"


class Sink(http.server.ThreadingHTTPServer):
    """A provider that takes an upload of any size, keeps its size and hash, and answers with a file."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taking)
        self.taken: list[tuple[str, int, str, str]] = []
        """Path, bytes of the body, SHA-256 of the form's file up to 100 MB, content type."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Taking(http.server.BaseHTTPRequestHandler):
    """One connection to the sink."""

    protocol_version = "HTTP/1.1"
    server: Sink  # pyright: ignore[reportIncompatibleVariableOverride] - typeshed has the general one

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "video/mp4")
        self.send_header("content-length", str(BIG_BYTES))
        self.end_headers()
        for _ in range(BIG_BYTES // len(BLOCK)):
            self.wfile.write(BLOCK)

    def do_POST(self) -> None:
        length = left = int(self.headers["content-length"])
        digest, head, hashed = hashlib.sha256(), b"", 0
        while left:
            piece = self.rfile.read(min(left, 1 << 20))
            left -= len(piece)
            if not hashed:
                head += piece
                piece = head[head.find(BLOCK[:64]) :] if BLOCK[:64] in head else b""
            digest.update(piece[: BIG_BYTES - hashed])
            hashed = min(BIG_BYTES, hashed + len(piece))
        self.server.taken.append((self.path, length, digest.hexdigest(), self.headers["content-type"]))
        made = {"id": "file-big", "object": "file", "bytes": length, "created_at": 1, "filename": "big.bin", "purpose": "user_data", "status": "processed"}  # fmt: skip
        body = json.dumps(made | {"text": "heard it"}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the standard library's name
        """Say nothing."""


BLOCK: Final = hashlib.shake_256(b"block").digest(1 << 20)


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    server = Sink()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, sink: Sink) -> Iterator[Stage]:
    row = f'  sink: {{kind: openai, base_url: "{sink.url}/v1", keys: ["env:FIRST_KEY"]}}\n'
    with every_dialect(tmp_path_factory.mktemp("media"), more=row + ROUTES) as made:
        yield made


@pytest.fixture(autouse=True)
def afresh(stage: Stage) -> None:
    stage.forget()


@pytest.fixture
def sdk(stage: Stage) -> Iterator[openai.OpenAI]:
    """A client as an app makes it, but for its base URL."""
    base = f"{stage.url}/v1"
    with openai.OpenAI(base_url=base, api_key=stage.token, max_retries=0, timeout=PATIENCE_S) as client:
        yield client


@pytest.fixture
def below(stage: Stage) -> Iterator[openai.OpenAI]:
    """A client whose base URL names the provider."""
    base = f"{stage.url}/native/v1"
    with openai.OpenAI(base_url=base, api_key=stage.token, max_retries=0) as client:
        yield client


def logged(stage: Stage, headers: Mapping[str, str]) -> dict[str, Any]:
    """The exchange behind a reply, once it is in the log."""
    return stage.gateway.exchange(headers["x-aigw-request-id"])


def form_of(body: bytes) -> dict[str, bytes]:
    """The fields of a multipart body, read in the simplest way there is."""
    boundary = body.split(b"\r\n", 1)[0]
    found: dict[str, bytes] = {}
    for part in body.split(boundary)[1:-1]:
        head, _, value = part.partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]+)"', head)
        assert name is not None
        found[name[1].decode()] = value.removesuffix(b"\r\n")
    return found


# JSON


def test_embeddings(stage: Stage, sdk: openai.OpenAI, vectors: Path) -> None:
    recorded = tape(vectors, ENVOY + "embeddings-base64.yaml")[0]
    stage.script("up", recorded.script())
    answer = sdk.embeddings.with_raw_response.create(model="native/text-embedding-3-small", input="hi")
    assert answer.http_response.content == recorded.body
    assert len(answer.parse().data[0].embedding) == 1536
    exchange = logged(stage, answer.headers)
    assert exchange["usage"]["input"] == recorded.json()["usage"]["prompt_tokens"]
    assert exchange["cost"]["nanousd"] > 0


def test_moderations(stage: Stage, sdk: openai.OpenAI) -> None:
    result = {"flagged": False, "categories": {"violence": False}, "category_scores": {"violence": 0.1}}
    stage.script("up", [json_reply({"id": "modr-1", "model": "omni", "results": [result]})])
    assert (
        sdk.moderations.create(model="native/omni-moderation-latest", input="hi").results[0].flagged is False
    )
    up = stage["up"].requests[-1]
    assert (up.target, up.json()["model"]) == ("/v1/moderations", "omni-moderation-latest")


def test_rerank(stage: Stage) -> None:
    body = {
        "id": "r",
        "results": [{"index": 1, "relevance_score": 0.9}],
        "meta": {"billed_units": {"search_units": 1}},
    }
    stage.script("up", [json_reply(body)])
    asked = {"model": "up/reranker", "query": "q", "documents": ["a", "b"], "top_n": 1}
    answer = stage.client.post(
        f"{stage.url}/v1/rerank", json=asked, headers={"authorization": f"Bearer {stage.token}"}
    )
    assert answer.json() == body
    assert stage["up"].requests[-1].target == "/v1/rerank"
    assert stage["up"].requests[-1].json() == asked | {"model": "reranker"}


def test_models(sdk: openai.OpenAI) -> None:
    names = [model.id for model in sdk.models.list()]
    assert {"mock/echo", "dynamic/spare", "claude/claude-sonnet-4-5", "native/gpt-5"} <= set(names)
    assert sdk.models.retrieve("native/gpt-5").id == "native/gpt-5"
    with pytest.raises(openai.NotFoundError):
        sdk.models.retrieve("nobody/nothing")


# images


def test_an_image_is_generated_and_its_bytes_are_not_logged(
    stage: Stage, sdk: openai.OpenAI, vectors: Path
) -> None:
    name = "vercel-ai/openai/src/image/openai-image.json"
    stage.script("up", whole(vectors, name))
    answer = sdk.images.with_raw_response.generate(model="native/gpt-image-1", prompt="an otter", n=2)
    assert answer.http_response.content == (vectors / name).read_bytes()
    images = answer.parse().data
    assert images is not None
    assert len(images) == 2
    assert stage["up"].requests[-1].json() == {"model": "gpt-image-1", "prompt": "an otter", "n": 2}
    kept = json.dumps(logged(stage, answer.headers))
    assert "an otter" in kept
    stage.script("up", [json_reply({"created": 1, "data": [{"b64_json": base64.b64encode(BLOCK).decode()}]})])
    answer = sdk.images.with_raw_response.generate(model="native/gpt-image-1", prompt="an otter")
    kept = json.dumps(logged(stage, answer.headers))
    assert len(kept) < 64 * 1024
    assert hashlib.sha256(BLOCK).hexdigest()[:16] in kept


def partial(kind: str) -> list[str]:
    """A stream of two partial images and the whole one."""
    common = {"b64_json": base64.b64encode(PNG).decode(), "created_at": 1, "size": "1024x1024", "quality": "low", "background": "opaque", "output_format": "png"}  # fmt: skip
    usage = {"total_tokens": 100, "input_tokens": 50, "output_tokens": 50, "input_tokens_details": {"text_tokens": 10, "image_tokens": 40}}  # fmt: skip
    events: list[dict[str, Any]] = [
        *({"type": f"{kind}.partial_image", "partial_image_index": index, **common} for index in range(2)),
        {"type": f"{kind}.completed", "usage": usage, **common},
    ]
    return [json.dumps(one) for one in events]


def held(body: bytes, gate: str) -> Script:
    """A stream that stops after its first event until the gate opens."""
    first, rest = body.split(b"\n\n", 1)
    return [stream_head(), chunk(first + b"\n\n"), Hold(gate), chunk(rest), LAST_CHUNK]


def test_partial_images_arrive_as_they_are_made(stage: Stage, sdk: openai.OpenAI) -> None:
    stage.script("up", held(named_stream(partial("image_generation")), "drawn"))
    stream: Any = sdk.images.generate(model="native/gpt-image-1", prompt="x", stream=True, partial_images=2)
    kinds = [next(stream).type]
    stage["up"].open("drawn")
    kinds += [event.type for event in stream]
    assert kinds == ["image_generation.partial_image"] * 2 + ["image_generation.completed"]
    exchange = logged(stage, stream.response.headers)
    assert (exchange["usage"]["input"], exchange["usage"]["output"]) == (50, 50)


@pytest.mark.parametrize("is_stream", [False, True])
def test_an_image_is_edited(stage: Stage, sdk: openai.OpenAI, vectors: Path, is_stream: bool) -> None:
    name = "vercel-ai/openai/src/image/openai-image-edit.json"
    pictures = [("a.png", PNG, "image/png"), ("b.png", PNG, "image/png")]
    asked: dict[str, Any] = {"model": "native/gpt-image-1", "image": pictures, "mask": ("m.png", PNG, "image/png"), "prompt": "more"}  # fmt: skip
    if is_stream:
        stage.script("up", held(named_stream(partial("image_edit")), "edited"))
        stream: Any = sdk.images.edit(**asked, stream=True)
        kinds = [next(stream).type]
        stage["up"].open("edited")
        assert [*kinds, *(event.type for event in stream)][-1] == "image_edit.completed"
    else:
        stage.script("up", whole(vectors, name))
        edit: Any = sdk.images.with_raw_response.edit
        answer: Any = edit(**asked)
        assert answer.http_response.content == (vectors / name).read_bytes()
    up = stage["up"].requests[-1]
    form = form_of(up.body)
    assert form["model"] == b"gpt-image-1"
    assert (form["prompt"], form["mask"], form["image[]"]) == (b"more", PNG, PNG)
    assert up.body.count(b'name="image[]"') == 2
    assert up.header(b"content-type").startswith(b"multipart/form-data; boundary=")


# audio

CUES: Final = "1\n00:00:00,000 --> 00:00:01,000\nGalileo \u2028 was\n"
DIARIZED: Final = {"task": "transcribe", "duration": 2.0, "text": "a b", "segments": [{"id": "s", "type": "transcript.text.segment", "start": 0, "end": 1, "text": "a", "speaker": "A"}]}  # fmt: skip
FORMATS: Final[dict[str, tuple[str, bytes]]] = {
    "text": ("text/plain; charset=utf-8", b"Galileo was.\n"),
    "srt": ("text/plain; charset=utf-8", CUES.encode()),
    "vtt": ("text/vtt", b"WEBVTT\n\n00:00.000 --> 00:01.000\nGalileo\n"),
    "diarized_json": ("application/json", json.dumps(DIARIZED).encode()),
}


@pytest.mark.parametrize("response_format", ["json", "verbose_json", *FORMATS])
def test_speech_is_transcribed_in_every_format(
    stage: Stage, sdk: Any, vectors: Path, response_format: Any
) -> None:
    if response_format == "json":
        recorded = tape(vectors, ENVOY + "audio-transcription-basic.yaml")[0]
        kind, body = recorded.content_type, recorded.body
    elif response_format == "verbose_json":
        kind = "application/json"
        body = (vectors / "vercel-ai/openai/src/transcription/openai-transcription.json").read_bytes()
    else:
        kind, body = FORMATS[response_format]
    stage.script("up", [reply(body, headers=[("Content-Type", kind)])])
    answer: Any = sdk.audio.transcriptions.with_raw_response.create(
        model="native/whisper-1", file=("talk.wav", WAV), response_format=response_format
    )
    assert answer.http_response.content == body
    assert answer.headers["content-type"] == kind
    said = answer.parse()
    assert said if isinstance(said, str) else said.text
    form = form_of(stage["up"].requests[-1].body)
    assert (form["model"], form["file"]) == (b"whisper-1", WAV)
    assert form["response_format"].decode() == response_format
    kept = json.dumps(logged(stage, answer.headers))
    assert "RIFF" not in kept
    assert str(len(WAV)) in kept
    assert hashlib.sha256(WAV).hexdigest() in kept


def test_a_transcription_is_streamed(stage: Stage, sdk: openai.OpenAI) -> None:
    usage = {"type": "tokens", "input_tokens": 14, "output_tokens": 5, "total_tokens": 19, "input_token_details": {"audio_tokens": 14, "text_tokens": 0}}  # fmt: skip
    events: list[dict[str, Any]] = [
        {"type": "transcript.text.delta", "delta": "Gali"},
        {"type": "transcript.text.delta", "delta": "leo"},
        {"type": "transcript.text.done", "text": "Galileo", "usage": usage},
    ]
    stage.script("up", held(named_stream([json.dumps(one) for one in events]), "heard"))
    stream: Any = sdk.audio.transcriptions.create(
        model="native/gpt-4o-transcribe", file=("talk.wav", WAV), stream=True
    )
    first = next(stream)
    assert first.type == "transcript.text.delta"
    stage["up"].open("heard")
    assert [event.type for event in stream][-1] == "transcript.text.done"
    exchange = logged(stage, stream.response.headers)
    assert (exchange["usage"]["input"], exchange["usage"]["output"]) == (14, 5)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # OpenAI lets it go; others serve it
def test_speech_is_translated(stage: Stage, sdk: Any, vectors: Path) -> None:
    recorded = tape(vectors, ENVOY + "audio-translation-basic.yaml")[0]
    stage.script("up", recorded.script())
    said = sdk.audio.translations.create(model="native/whisper-1", file=("talk.wav", WAV))
    assert said.text == recorded.json()["text"]
    up = stage["up"].requests[-1]
    assert up.target == "/v1/audio/translations"
    assert form_of(up.body)["file"] == WAV


def test_speech_arrives_as_it_is_spoken(stage: Stage, sdk: openai.OpenAI) -> None:
    head = stream_head(headers=[("Content-Type", "audio/mpeg")])
    stage.script("up", [head, chunk(b"ID3first"), Hold("spoken"), chunk(BLOCK), LAST_CHUNK])
    with sdk.audio.speech.with_streaming_response.create(
        model="native/tts-1", voice="alloy", input="hello there"
    ) as answer:
        assert answer.headers["content-type"] == "audio/mpeg"
        pieces = answer.iter_bytes()
        heard = next(pieces)
        assert heard == b"ID3first"
        stage["up"].open("spoken")
        heard += b"".join(pieces)
        name = answer.headers["x-aigw-request-id"]
    assert heard == b"ID3first" + BLOCK
    kept = json.dumps(stage.gateway.exchange(name))
    assert hashlib.sha256(heard).hexdigest()[:16] in kept
    assert len(kept) < 64 * 1024


# jobs


@pytest.mark.parametrize("family", ["/videos", "/video/generations"])
@pytest.mark.parametrize(("model", "key"), [("native/sora-2", FIRST), ("dynamic/spare", SPARE)])
def test_a_video_stays_with_the_key_that_made_it(stage: Stage, family: str, model: str, key: bytes) -> None:
    name = f"video_{family.count('/')}{model.partition('/')[0]}"
    stage.script("up", [json_reply(JOB | {"id": name})])
    headers = {"authorization": f"Bearer {stage.token}"}
    made = stage.client.post(
        stage.url + "/v1" + family, json={"model": model, "prompt": "waves", "seconds": "4"}, headers=headers
    )
    assert made.json()["id"] == name
    stage.script("up", [json_reply(JOB | {"id": name, "status": "completed", "progress": 100})])
    polled = stage.client.get(f"{stage.url}/v1{family}/{name}", headers=headers)
    assert polled.json()["status"] == "completed"
    stage.script("up", [reply(b"\x00\x00\x00 ftypmp42", headers=[("Content-Type", "video/mp4")])])
    content = stage.client.get(f"{stage.url}/v1{family}/{name}/content", headers=headers)
    assert content.content == b"\x00\x00\x00 ftypmp42"
    seen = stage["up"].requests
    assert [one.target for one in seen] == ["/v1/videos", f"/v1/videos/{name}", f"/v1/videos/{name}/content"]
    assert {one.header(b"authorization") for one in seen} == {key}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # OpenAI lets it go; others serve it
def test_videos_by_the_sdk(stage: Stage, sdk: Any) -> None:
    stage.script("up", [json_reply(JOB)], [json_reply(JOB | {"status": "in_progress"})])
    made = sdk.videos.create(model="native/sora-2", prompt="waves", seconds="4", input_reference=("a.png", PNG, "image/png"))  # fmt: skip
    form = form_of(stage["up"].requests[-1].body)
    assert (form["model"], form["input_reference"]) == (b"sora-2", PNG)
    assert sdk.videos.retrieve(made.id).status == "in_progress"
    stage.script("up", [reply(BLOCK, headers=[("Content-Type", "video/mp4")])])
    assert sdk.videos.download_content(made.id).read() == BLOCK
    stage.script("up", [json_reply({"id": made.id, "object": "video.deleted", "deleted": True})])
    assert sdk.videos.delete(made.id).deleted is True
    assert [(one.method, one.target) for one in stage["up"].requests] == [
        ("POST", "/v1/videos"), ("GET", "/v1/videos/video_1"), ("GET", "/v1/videos/video_1/content"),
        ("DELETE", "/v1/videos/video_1"),
    ]  # fmt: skip


def a_file(name: str) -> dict[str, Any]:
    return {"id": name, "object": "file", "bytes": 3, "created_at": 1, "filename": "in.jsonl", "purpose": "batch", "status": "processed"}  # fmt: skip


def test_files_and_batches_stay_with_their_provider(
    stage: Stage, sdk: openai.OpenAI, below: openai.OpenAI
) -> None:
    stage.script("up", [json_reply(a_file("file-1"))])
    uploaded = below.files.create(file=("in.jsonl", b'{"custom_id":"1"}\n'), purpose="batch")
    form = form_of(stage["up"].requests[-1].body)
    assert (form["purpose"], form["file"]) == (b"batch", b'{"custom_id":"1"}\n')
    batch = {"id": "batch_1", "object": "batch", "endpoint": "/v1/chat/completions", "input_file_id": "file-1", "completion_window": "24h", "status": "validating", "created_at": 1}  # fmt: skip
    stage.script(
        "up", [json_reply(batch)], [json_reply(batch | {"status": "completed", "output_file_id": "file-2"})]
    )
    made = sdk.batches.create(
        input_file_id=uploaded.id, endpoint="/v1/chat/completions", completion_window="24h"
    )
    done = sdk.batches.retrieve(made.id)
    assert done.output_file_id == "file-2"
    stage.script("up", [reply(b'{"id":"1"}\n', headers=[("Content-Type", "application/octet-stream")])])
    assert sdk.files.content("file-2").read() == b'{"id":"1"}\n'
    stage.script("up", [json_reply({"id": "file-1", "object": "file", "deleted": True})])
    assert sdk.files.delete("file-1").deleted
    assert [(one.method, one.target) for one in stage["up"].requests] == [
        ("POST", "/v1/files"), ("POST", "/v1/batches"), ("GET", "/v1/batches/batch_1"),
        ("GET", "/v1/files/file-2/content"), ("DELETE", "/v1/files/file-1"),
    ]  # fmt: skip
    assert {one.header(b"authorization") for one in stage["up"].requests} == {FIRST}


def test_what_is_made_of_a_thing_stays_with_its_key(stage: Stage) -> None:
    job = JOB | {"id": "video_3"}
    stage.script(
        "up", [json_reply(job)], [json_reply(job | {"id": "video_4"})], [json_reply(job | {"id": "video_4"})]
    )
    headers = {"authorization": f"Bearer {stage.token}"}
    asked = {"model": "dynamic/spare", "prompt": "waves"}
    stage.client.post(f"{stage.url}/v1/videos", json=asked, headers=headers)
    remixed = stage.client.post(
        f"{stage.url}/v1/videos/video_3/remix", json={"prompt": "more"}, headers=headers
    )
    assert remixed.json()["id"] == "video_4"
    stage.client.get(f"{stage.url}/v1/videos/video_4", headers=headers)
    assert {one.header(b"authorization") for one in stage["up"].requests} == {SPARE}


def test_a_file_is_listed_where_the_base_url_names_the_provider(stage: Stage, below: openai.OpenAI) -> None:
    page = {
        "object": "list",
        "data": [a_file("file-1")],
        "has_more": False,
        "first_id": "file-1",
        "last_id": "file-1",
    }
    stage.script("up", [json_reply(page)])
    assert [one.id for one in below.files.list(limit=1)] == ["file-1"]
    assert stage["up"].requests[-1].target == "/v1/files?limit=1"


def test_anything_below_a_providers_prefix_is_passed_through(stage: Stage, below: openai.OpenAI) -> None:
    stage.script("up", [json_reply({"id": "vs_1", "object": "vector_store", "created_at": 1, "name": "n"})])
    assert below.vector_stores.create(name="n").id == "vs_1"
    up = stage["up"].requests[-1]
    assert (up.method, up.target, up.json()) == ("POST", "/v1/vector_stores", {"name": "n"})
    assert up.header(b"authorization") == FIRST
    stage.script("up", [reply(b"\x00\xff", status=202, headers=[("Content-Type", "application/x-odd")])])
    odd = stage.client.put(
        f"{stage.url}/native/v1/odd/thing?a=1&b", content=b"\x01\x02",
        headers={"authorization": f"Bearer {stage.token}", "content-type": "application/x-odd"},
    )  # fmt: skip
    assert (odd.status_code, odd.content, odd.headers["content-type"]) == (
        202,
        b"\x00\xff",
        "application/x-odd",
    )
    up = stage["up"].requests[-1]
    assert (up.method, up.target, up.body) == ("PUT", "/v1/odd/thing?a=1&b", b"\x01\x02")


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, openai.BadRequestError), (429, openai.RateLimitError), (503, openai.InternalServerError)],
)
def test_an_upload_that_fails_is_its_exception(
    stage: Stage, sdk: openai.OpenAI, status: int, kind: type[openai.APIStatusError]
) -> None:
    error = {"error": {"message": "no such sound", "type": "t", "param": "file", "code": "c"}}
    stage.script("up", [json_reply(error, status=status, headers=[("retry-after", "7")])])
    with pytest.raises(kind, match="no such sound") as caught:
        sdk.audio.transcriptions.create(model="native/whisper-1", file=("talk.wav", WAV))
    assert caught.value.response.headers["retry-after"] == "7"


def test_a_form_without_a_model_is_refused_and_reaches_nobody(stage: Stage) -> None:
    answer = stage.client.post(
        f"{stage.url}/v1/audio/transcriptions", files={"file": ("a.wav", WAV)},
        headers={"authorization": f"Bearer {stage.token}"},
    )  # fmt: skip
    assert answer.status_code == 400
    assert "model" in answer.json()["error"]["message"]
    assert stage["up"].requests == []


# 100 MB


class Watched:
    """How much memory a process holds, in KiB; Linux only."""

    def __init__(self, pid: int) -> None:
        self._path = Path(STATUS.format(pid))
        if not self._path.exists():
            pytest.skip("memory of another process is read from /proc, which this system has not")
        self.before_kb = self._read("VmRSS")

    def grown_kb(self) -> int:
        """From before to the highest since the process began."""
        return self._read("VmHWM") - self.before_kb

    def _read(self, name: str) -> int:
        found = re.search(rf"^{name}:\s+(\d+) kB", self._path.read_text("ascii"), re.MULTILINE)
        assert found is not None
        return int(found[1])


@pytest.fixture
def watched(stage: Stage) -> Watched:
    assert stage.gateway.process is not None
    return Watched(stage.gateway.process.pid)


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of 100 MB."""
    path = tmp_path_factory.mktemp("big") / "big.wav"
    with path.open("wb") as file:
        for _ in range(BIG_BYTES // len(BLOCK)):
            file.write(BLOCK)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("operation", ["transcription", "file", "edit"])
def test_an_upload_of_100_mb_needs_bounded_memory_and_leaves_size_and_hash(
    stage: Stage, sink: Sink, big: Path, watched: Watched, operation: str
) -> None:
    base = f"{stage.url}/sink/v1" if operation == "file" else f"{stage.url}/v1"
    with openai.OpenAI(base_url=base, api_key=stage.token, max_retries=0) as sdk, big.open("rb") as file:
        answer: Any
        if operation == "transcription":
            answer = sdk.audio.transcriptions.with_raw_response.create(model="sink/whisper-1", file=file)
        elif operation == "file":
            answer = sdk.files.with_raw_response.create(file=file, purpose="user_data")
        else:
            answer = sdk.images.with_raw_response.edit(model="sink/gpt-image-1", image=file, prompt="x")
    path, size, digest, kind = sink.taken[-1]
    assert size > BIG_BYTES
    assert digest == hash_of(big)
    assert path.startswith("/v1/")
    assert kind.startswith("multipart/form-data")
    grown = watched.grown_kb()
    assert grown < ALLOWED_KB, f"the gateway grew by {grown} KiB"
    kept = json.dumps(logged(stage, answer.headers))
    assert len(kept) < 64 * 1024
    assert str(BIG_BYTES) in kept
    assert digest in kept


def hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@pytest.mark.slow
def test_a_download_of_100_mb_needs_bounded_memory(stage: Stage, watched: Watched, big: Path) -> None:
    digest = hashlib.sha256()
    headers = {"authorization": f"Bearer {stage.token}"}
    with stage.client.stream("GET", f"{stage.url}/sink/v1/videos/v/content", headers=headers) as answer:
        assert answer.status_code == 200
        for piece in answer.iter_bytes():
            digest.update(piece)
    assert digest.hexdigest() == hash_of(big)
    grown = watched.grown_kb()
    assert grown < ALLOWED_KB, f"the gateway grew by {grown} KiB"
    kept = json.dumps(logged(stage, answer.headers))
    assert digest.hexdigest()[:16] in kept


def test_nothing_of_an_upload_stays_on_disk(stage: Stage, sdk: openai.OpenAI) -> None:
    sdk.audio.transcriptions.create(model="sink/whisper-1", file=("a.wav", BLOCK * 3))
    left = [
        path for path in stage.gateway.home.rglob("*") if path.is_file() and path.stat().st_size > 2 << 20
    ]
    assert [path.name for path in left if not path.name.startswith(("log.db", "state.db"))] == []


def test_the_recorded_embeddings_of_other_shapes_pass(stage: Stage, vectors: Path) -> None:
    tried = 0
    for file in sorted((vectors / ENVOY).glob("embeddings-*.yaml")):
        recorded = tape(vectors, str(file.relative_to(vectors)))[0]
        if recorded.asked is None:
            continue
        asked: dict[str, Any] = recorded.asked
        stage.script("up", recorded.script())
        answer = stage.client.post(
            f"{stage.url}/v1/embeddings", json=asked | {"model": f"native/{asked['model']}"},
            headers={"authorization": f"Bearer {stage.token}"},
        )  # fmt: skip
        assert (answer.status_code, answer.content) == (recorded.status, recorded.body), file.name
        assert stage["up"].requests[-1].json() == asked
        tried += 1
    assert tried >= 6
    assert load(vectors, "vercel-ai/openai/src/embedding/openai-embedding.json")["data"]
