"""The embedded provider as a server: which model answers what, and the official SDK against it."""

import base64
import io
import itertools
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.mock import MOCK_MODELS, MockReply, answer
from tests.core.audio_files import wav
from tests.core.forms import field, file, form
from tests.core.mock.bodies import read

HELLO: list[dict[str, Any]] = [{"role": "user", "content": "Hello there"}]


def ask(path: str, **body: Any) -> MockReply:
    return answer("POST", path, json.dumps(body).encode(), now_s=1790000000, id_seed="abc")


def error_of(reply: MockReply) -> dict[str, Any]:
    assert reply.content_type == "application/json"
    return json.loads(b"".join(reply.chunks))["error"]


@pytest.mark.parametrize("name", ["mock/echo", "echo"])
def test_a_model_is_known_with_and_without_its_prefix(name: str) -> None:
    reply = ask("/v1/chat/completions", model=name, messages=HELLO)
    assert json.loads(reply.chunks[0])["model"] == "mock/echo"


def test_an_unknown_model_is_told_which_there_are() -> None:
    reply = ask("/v1/chat/completions", model="mock/gpt", messages=HELLO)
    error = error_of(reply)
    assert (reply.status, error["code"], error["param"]) == (404, "model_not_found", "model")
    assert "mock/gpt" in error["message"]
    assert all(f"mock/{model.name}" in error["message"] for model in MOCK_MODELS)


@pytest.mark.parametrize(
    ("path", "model", "other"),
    [
        ("/v1/embeddings", "mock/echo", "mock/embed"),
        ("/v1/chat/completions", "mock/embed", "mock/echo, mock/tools, mock/think"),
        ("/v1/images/generations", "mock/echo", "mock/image"),
        ("/v1/rerank", "mock/embed", "mock/rerank"),
        ("/v1/completions", "mock/tools", "mock/echo"),
    ],
)
def test_a_model_that_cannot_names_those_that_can(path: str, model: str, other: str) -> None:
    reply = ask(path, model=model, messages=HELLO, input="x", prompt="x")
    assert (reply.status, error_of(reply)["code"]) == (400, "operation_not_supported")
    assert error_of(reply)["message"].endswith(f"; {other} {'do' if ',' in other else 'does'}")


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/v1/chat/completions", b"{", 400, "invalid_json"),
        ("/v1/chat/completions", b"{}", 400, "model_missing"),
        ("/v1/chat/completions", b'{"model":7}', 400, "invalid_request"),
        ("/v1/chat/completions", b'{"model":"echo"}', 400, "invalid_request"),
        ("/v1/chat/completions", b'{"model":"echo","messages":[]}', 400, "invalid_request"),
        ("/v1/models", b"{}", 405, "method_not_allowed"),
        ("/v1/vector_stores", b"{}", 404, "not_configured"),
        ("/nowhere", b"{}", 404, "path_not_found"),
    ],
)
def test_a_wrong_request_is_an_error_as_a_provider_sends_it(
    path: str, body: bytes, status: int, code: str
) -> None:
    reply = answer("POST", path, body, now_s=1, id_seed="a")
    assert (reply.status, error_of(reply)["code"]) == (status, code)


def test_the_deployment_in_the_path_is_the_model() -> None:
    reply = ask("/openai/deployments/echo/chat/completions", messages=HELLO)
    assert json.loads(reply.chunks[0])["choices"][0]["message"]["content"] == "Hello there"


def test_the_same_request_gives_the_same_bytes() -> None:
    for model in ("echo", "tools", "think"):
        one = ask("/chat/completions", model=model, messages=HELLO, stream=True)
        assert one == ask("/chat/completions", model=model, messages=HELLO, stream=True)
    assert ask("/embeddings", model="embed", input="x") == ask("/embeddings", model="embed", input="x")


@pytest.mark.parametrize("model", [model.name for model in MOCK_MODELS])
def test_every_model_says_what_it_does(model: str) -> None:
    [row] = [row for row in MOCK_MODELS if row.name == model]
    assert row.description
    assert row.operations


_ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
_FIELDS = [
    "messages",
    "n",
    "stop",
    "max_tokens",
    "tools",
    "tool_choice",
    "prompt",
    "echo",
    "input",
    "dimensions",
]
_SHAPED = st.recursive(
    _ANY,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["role", "content", "text", "type", "function", "name", "parameters"]), inner
        )
    ),
    max_leaves=10,
)


@given(
    st.sampled_from(["/v1/chat/completions", "/v1/completions", "/v1/embeddings"]),
    st.sampled_from([model.name for model in MOCK_MODELS]),
    st.dictionaries(st.sampled_from([*_FIELDS, "encoding_format", "stream"]), _SHAPED),
)
def test_no_request_breaks_it(path: str, model: str, fields: dict[str, Any]) -> None:
    reply = ask(path, **fields | {"model": model})
    assert reply.status in {200, 400}
    assert reply.chunks


_MEDIA_PATHS = [
    "/v1/images/generations",
    "/v1/images/edits",
    "/v1/audio/speech",
    "/v1/videos",
    "/v1/rerank",
    "/v1/moderations",
]
_MEDIA_FIELDS = ["prompt", "size", "n", "partial_images", "quality", "background", "response_format", "image", "images", "speed", "voice", "seconds", "query", "documents", "top_n", "rank_fields", "return_documents"]  # fmt: skip


@given(
    st.sampled_from(_MEDIA_PATHS),
    st.sampled_from([model.name for model in MOCK_MODELS]),
    st.dictionaries(st.sampled_from([*_MEDIA_FIELDS, "input", "stream"]), _SHAPED),
)
def test_no_request_for_media_breaks_it(path: str, model: str, fields: dict[str, Any]) -> None:
    reply = ask(path, **fields | {"model": model})
    assert reply.status in {200, 400}
    assert reply.chunks


@given(st.text(max_size=40), st.sampled_from(["GET", "DELETE"]), st.sampled_from(["", "/content"]))
def test_no_id_breaks_it(name: str, method: str, end: str) -> None:
    path = "/v1/videos/video_" + quote(name, safe="") + end
    assert answer(method, path, now_s=1.0).status in {404, 405}


def test_the_models_are_listed() -> None:
    listed = json.loads(answer("GET", "/v1/models", now_s=1).chunks[0])["data"]
    assert [row["id"] for row in listed] == [model.name for model in MOCK_MODELS]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/files"),
        ("GET", "/v1/files"),
        ("GET", "/v1/files/file-1"),
        ("POST", "/v1/batches"),
        ("DELETE", "/v1/messages/batches/b1"),
        ("POST", "/v1/uploads"),
        ("POST", "/v1/conversations"),
        ("POST", "/v1/responses"),
        ("GET", "/v1/responses/resp_1"),
        ("GET", "/v1/models/echo"),
        ("GET", "/v1/realtime"),
    ],
)
def test_what_would_have_to_be_kept_is_an_error(method: str, path: str) -> None:
    reply = answer(method, path, b"", now_s=1)
    assert (reply.status, error_of(reply)["code"]) == (400, "operation_not_supported")


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/v1/images/generations", "mock/image"),
        ("/v1/videos", "mock/video"),
        ("/v1/moderations", "mock/moderate"),
    ],
)
def test_a_model_that_need_not_be_named_is_the_one_that_can(path: str, model: str) -> None:
    reply = ask(path, prompt="a cat", input="a cat")
    assert reply.status == 200
    assert json.loads(reply.chunks[0]).get("model", model) == model
    assert error_of(ask(path, model="mock/nothing"))["code"] == "model_not_found"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/v1/audio/transcriptions", "json"),
        ("/v1/chat/completions", "form"),
        ("/v1/embeddings", "form"),
    ],
)
def test_a_body_of_the_wrong_kind_says_which_is_taken(path: str, kind: str) -> None:
    body = b'{"model":"transcribe"}'
    model = {"/v1/chat/completions": b"echo", "/v1/embeddings": b"embed"}.get(path, b"")
    reply = answer("POST", path, body if kind == "json" else read(form(field("model", model))), now_s=1)
    assert (reply.status, error_of(reply)["code"]) == (415, "unsupported_media_type")


def test_a_form_is_checked_like_json() -> None:
    sound = file("file", b"sound")
    path = "/v1/audio/transcriptions"
    missing = answer("POST", path, read(form(sound)), now_s=1)
    assert (missing.status, error_of(missing)["code"]) == (400, "model_missing")
    odd = form(field("model", b"transcribe"), field("stream", b"perhaps"), sound)
    assert error_of(answer("POST", path, read(odd), now_s=1))["param"] == "stream"
    wrong = form(field("model", b"mock/speech"), sound)
    assert error_of(answer("POST", path, read(wrong), now_s=1))["code"] == "operation_not_supported"


def sdk(clock: Iterator[float] | None = None) -> openai.OpenAI:
    clock = itertools.repeat(1790000000.0) if clock is None else clock

    def reply(request: httpx.Request) -> httpx.Response:
        raw = request.read()
        content_type = request.headers.get("content-type", "application/json").encode()
        body = read(raw, content_type) if raw else b""
        query = request.url.query.decode()
        made = answer(request.method, request.url.path, body, query=query, now_s=next(clock))
        return httpx.Response(
            made.status, headers={"content-type": made.content_type}, content=b"".join(made.chunks)
        )

    client: Any = httpx.Client(transport=httpx.MockTransport(reply))
    return openai.OpenAI(api_key="none", base_url="http://127.0.0.1/v1", http_client=client, max_retries=0)


def test_the_sdk_understands_every_model() -> None:
    messages: Any = HELLO
    tools: Any = [{"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {"at": {"type": "integer"}}, "required": ["at"]}}}]  # fmt: skip
    with sdk() as client:
        whole = client.chat.completions.create(model="mock/echo", messages=messages)
        assert whole.choices[0].message.content == "Hello there"
        assert whole.usage is not None
        pieces = list(
            client.chat.completions.create(
                model="mock/echo", messages=messages, stream=True, stream_options={"include_usage": True}
            )
        )
        assert (
            "".join(piece.choices[0].delta.content or "" for piece in pieces if piece.choices)
            == "Hello there"
        )
        assert pieces[-1].usage == whole.usage
        with client.chat.completions.stream(model="mock/tools", messages=messages, tools=tools) as stream:
            calls = stream.get_final_completion().choices[0].message.tool_calls
        assert calls is not None
        assert (calls[0].function.name, json.loads(calls[0].function.arguments)) == ("look", {"at": 1})
        assert client.completions.create(model="mock/echo", prompt="Once").choices[0].text == "Once"
        vectors = client.embeddings.create(model="mock/embed", input=["a", "b"])  # base64 by default
        assert [len(row.embedding) for row in vectors.data] == [256, 256]
        plain = client.embeddings.create(model="mock/embed", input=["a", "b"], encoding_format="float")
        assert plain.data[0].embedding == vectors.data[0].embedding
        with pytest.raises(openai.NotFoundError, match="mock/nothing"):
            client.chat.completions.create(model="mock/nothing", messages=messages)


def test_the_sdk_understands_pictures() -> None:
    with sdk() as client:
        made = client.images.generate(model="mock/image", prompt="a cat", n=2, size="512x512")
        assert made.data is not None
        pictures = [base64.b64decode(one.b64_json or "") for one in made.data]
        assert len({*pictures}) == 2
        assert all(one.startswith(b"\x89PNG") for one in pictures)
        assert made.usage is not None
        assert (made.usage.output_tokens, made.size) == (128, "512x512")
        edited = client.images.edit(model="mock/image", prompt="bluer", image=("a.png", pictures[0]))
        assert edited.usage is not None
        assert edited.usage.input_tokens_details.image_tokens > 0
        events = list(client.images.generate(prompt="a cat", stream=True, partial_images=2))
        assert [event.type for event in events] == [
            "image_generation.partial_image",
            "image_generation.partial_image",
            "image_generation.completed",
        ]
        edits = list(client.images.edit(prompt="b", image=[b"1", b"2"], stream=True, partial_images=1))
        assert [event.type for event in edits] == ["image_edit.partial_image", "image_edit.completed"]
        with pytest.raises(openai.BadRequestError, match="output_format"):
            client.images.generate(prompt="a cat", output_format="webp")


DEPRECATED = pytest.mark.filterwarnings("ignore::DeprecationWarning")
"""OpenAI ends translations and its own videos; others go on with both."""


@DEPRECATED
def test_the_sdk_understands_sound() -> None:
    client: Any
    with sdk() as client:
        spoken = client.audio.speech.create(model="mock/speech", voice="alloy", input="Hello there").read()
        assert spoken.startswith(b"\xff\xf3")
        recording = ("a.wav", wav(2.5))
        heard = client.audio.transcriptions.create(model="mock/transcribe", file=recording)
        assert "a.wav" in heard.text
        told: Any = client.audio.transcriptions.create(
            model="mock/transcribe", file=recording, response_format="verbose_json"
        )
        assert (told.duration, told.usage.seconds, told.segments[-1].end) == (2.5, 2.5, 2.5)
        assert told.text == heard.text
        events = list(
            client.audio.transcriptions.create(model="mock/transcribe", file=recording, stream=True)
        )
        deltas = [event.delta for event in events if event.type == "transcript.text.delta"]
        assert "".join(deltas) == heard.text
        assert events[-1].type == "transcript.text.done"
        english = client.audio.translations.create(
            model="mock/transcribe", file=io.BytesIO(b"x"), response_format="srt"
        )
        assert str(english).startswith("1\n00:00:00,000 --> ")


@DEPRECATED
def test_the_sdk_follows_a_video_to_its_end() -> None:
    pytest.importorskip("openai.resources.videos")
    clock = itertools.count(1790000000.0)
    client: Any
    with sdk(clock) as client:
        video = client.videos.create(prompt="waves", seconds="8", size="1280x720", input_reference=b"png")
        assert (video.status, video.model, video.seconds, video.size) == (
            "queued",
            "mock/video",
            "8",
            "1280x720",
        )
        with pytest.raises(openai.BadRequestError, match="in progress"):
            client.videos.download_content(video.id)
        seen = [client.videos.retrieve(video.id) for _ in range(2)]
        assert [(one.status, one.progress) for one in seen] == [("in_progress", 66), ("completed", 100)]
        assert seen[1].completed_at == 1790000003
        assert b"ftyp" in client.videos.download_content(video.id).read()
        assert client.videos.download_content(video.id, variant="thumbnail").read().startswith(b"\x89PNG")
        again = client.videos.remix(video.id, prompt="calmer")
        assert (again.remixed_from_video_id, again.seconds) == (video.id, "8")
        assert list(client.videos.list()) == []
        assert client.videos.delete(video.id).deleted
        assert client.moderations.create(input="[flag]").results[0].flagged
