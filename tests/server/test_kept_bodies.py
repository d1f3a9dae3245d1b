"""The log keeps what was said and a note of what was bytes."""

import base64
import json
import os
import time

import pytest

from aigw_dev.server.kept_bodies import leave_bytes_out
from tests.store.making import exchange

PICTURE = base64.b64encode(b"\x89PNG\r\n\x1a\n" + os.urandom(3_000)).decode()
NOTE = "<2.9 KB image/png, sha256 "


def kept(
    operation: str, *, request: bytes | None = b"{}", response: bytes | None = b"{}"
) -> tuple[bytes | None, ...]:
    one = exchange(operation=operation, request_body=request, response_body=response)
    leave_bytes_out(one)
    return one.request_body, one.response_body


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("openai.images.edits", {"image": PICTURE}),
        ("openai.images.generations", {"data": [{"b64_json": PICTURE}]}),
        ("openai.videos.create", {"input_reference": {"image_url": f"data:image/png;base64,{PICTURE}"}}),
        ("raw", {"data": PICTURE}),
        ("openai.chat.completions", {"image_url": {"url": f"data:image/png;base64,{PICTURE}"}}),
        ("openai.chat.completions", {"choices": [{"message": {"audio": {"id": "a", "data": PICTURE}}}]}),
        ("anthropic.messages", {"source": {"type": "base64", "media_type": "image/png", "data": PICTURE}}),
        ("gemini.generate_content", {"inlineData": {"mimeType": "image/png", "data": PICTURE}}),
        ("openai.responses", {"output": [{"type": "image_generation_call", "result": PICTURE}]}),
        ("openai.responses", {"input": [{"type": "input_file", "file_data": PICTURE}]}),
    ],
)
def test_base64_becomes_a_note_in_requests_and_replies(operation: str, body: dict[str, object]) -> None:
    text = json.dumps(body).encode()
    for found in kept(operation, request=text, response=text):
        assert found is not None
        assert NOTE.encode() in found
        assert len(found) < 400
        assert json.loads(found).keys() == body.keys()


def test_streamed_pictures_become_notes_event_by_event() -> None:
    event = json.dumps({"type": "image_generation.completed", "b64_json": PICTURE}).encode()
    _, found = kept("openai.images.generations", response=b"data: " + event + b"\n\ndata: [DONE]\n\n")
    assert found is not None
    assert found.startswith(b'data: {"type": "image_generation.completed", "b64_json": "' + NOTE.encode())
    assert found.endswith(b"\n\ndata: [DONE]\n\n")


@pytest.mark.parametrize("body", [b"\xff\xf3" + os.urandom(4_000), bytes(4_000)])
def test_a_binary_reply_is_a_note(body: bytes) -> None:
    _, found = kept("openai.audio.speech", response=body)
    assert found is not None
    assert found.startswith(b"<3.9 KB ")


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("openai.audio.transcriptions", b"What was said. " * 200),
        ("openai.files.content", b'{"custom_id": "1", "response": {}}\n' * 100),
        ("openai.embeddings", json.dumps({"data": [{"embedding": PICTURE}]}).encode()),
        ("anthropic.messages", json.dumps({"type": "thinking", "signature": PICTURE, "data": 1}).encode()),
        ("openai.chat.completions", json.dumps({"content": "word " * 1_000}).encode()),
        ("openai.images.generations", b'{"error": {"message": "no"}}'),
    ],
)
def test_text_stays_as_it_is(operation: str, body: bytes) -> None:
    assert kept(operation, request=body, response=body) == (body, body)


def test_bodies_that_are_not_recorded_stay_absent() -> None:
    assert kept("openai.images.generations", request=None, response=None) == (None, None)


def test_a_long_conversation_without_pictures_costs_next_to_nothing() -> None:
    body = json.dumps({"messages": [{"role": "user", "content": "word " * 20_000}]}).encode()

    def seconds() -> float:
        one = exchange(request_body=body, response_body=body)
        began_s = time.perf_counter()
        leave_bytes_out(one)
        return time.perf_counter() - began_s

    assert min(seconds() for _ in range(5)) < 0.002
