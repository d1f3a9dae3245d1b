"""A fixture's request as a call to another address: the path its SDK would use, its bytes, and never a key of its own."""

import json
from typing import Any

import httpx
import pytest

from aigw_dev.cli.against_call import (
    NotSentError,
    ask,
    credential,
    error_changes,
    expected,
    operation_of,
    outgoing,
)
from aigw_dev.core.recording.fixture import (
    Attempt,
    Blob,
    EventRow,
    FilePart,
    Frame,
    Interaction,
    Request,
    Response,
    Synth,
    Wild,
)
from tests.scripted import Close, ScriptedUpstream, chunk, event, json_reply, reply, sse_reply, stream_head

BODY: dict[str, Any] = {"model": "m", "messages": []}
SSE = Response(events=[EventRow(data={"a": 1})])


def interaction(
    request: Request, response: Response | None = None, *, sent: Request | None = None
) -> Interaction:
    attempt = Attempt(upstream="openai/m", request=sent or "same", response=response or Response(body={}))
    return Interaction(request=request, attempts=[attempt])


def no_blob(blob: Blob) -> bytes:
    return f"bytes of {blob.type}".encode()


@pytest.mark.parametrize(
    ("op", "path", "base", "url"),
    [
        ("openai.chat.completions", "", "http://h", "http://h/v1/chat/completions"),
        ("openai.chat.completions", "", "http://h/v1/", "http://h/v1/chat/completions"),
        ("openai.chat.completions", "", "https://h/api/v3", "https://h/api/v3/chat/completions"),
        ("openai.chat.completions", "", "https://h/x/v1", "https://h/x/v1/chat/completions"),
        ("openai.chat.completions", "models/d e", "http://h", "http://h/openai/deployments/d%20e/chat/completions"),
        ("openai.responses", "", "http://h/v1", "http://h/v1/responses"),
        ("openai.responses.item", "/responses/r1?include=x", "http://h", "http://h/v1/responses/r1?include=x"),
        ("anthropic.messages", "", "http://h", "http://h/v1/messages"),
        ("anthropic.messages", "", "http://h/v1", "http://h/v1/messages"),
        ("anthropic.messages", "", "http://h/below", "http://h/below/v1/messages"),
        ("gemini.generate_content", "models/g", "http://h", "http://h/v1beta/models/g:generateContent"),
        ("gemini.generate_content", "models/g", "http://h/v1beta", "http://h/v1beta/models/g:generateContent"),
        ("raw", "/x/y?z=1", "http://h", "http://h/openai/x/y?z=1"),
    ],
)  # fmt: skip
def test_the_url_is_what_the_sdk_of_that_base_url_would_call(op: str, path: str, base: str, url: str) -> None:
    made = outgoing(interaction(Request(op=op, path=path, body=BODY)), base, read_blob=no_blob)
    assert made.url == url


def test_a_stream_of_gemini_is_asked_for_as_events() -> None:
    request = Request(op="gemini.stream_generate_content", path="models/g", body={})
    made = outgoing(interaction(request, SSE), "http://h", read_blob=no_blob)
    assert made.url == "http://h/v1beta/models/g:streamGenerateContent?alt=sse"


def test_bodies_forms_and_bytes_are_sent_as_they_were() -> None:
    blob = Blob(sha256="0" * 64, type="image/png", bytes=3, form="base64")
    made = outgoing(
        interaction(Request(op="openai.chat.completions", body={"image": blob})),
        "http://h",
        read_blob=no_blob,
    )
    assert json.loads(made.content or b"") == {"image": "Ynl0ZXMgb2YgaW1hZ2UvcG5n"}
    assert made.headers == {"content-type": "application/json"}
    part = FilePart(name="file", filename="a.wav", type="audio/wav", blob=Blob(sha256="1", type="audio/wav"))
    form = Request(op="openai.audio.transcriptions", form={"model": "m", "x": ["1", "2"]}, files=[part])
    made = outgoing(interaction(form), "http://h", read_blob=no_blob)
    assert (made.content, made.fields) == (None, {"model": "m", "x": ["1", "2"]})
    assert made.files == [("file", ("a.wav", b"bytes of audio/wav", "audio/wav"))]
    sdp = Request(op="openai.realtime.calls", blob=Blob(sha256="2", type="application/sdp"))
    made = outgoing(interaction(sdp), "http://h", read_blob=no_blob)
    assert (made.content, made.headers["content-type"]) == (b"bytes of application/sdp", "application/sdp")


def test_headers_that_count_are_sent_and_a_needed_one_is_added() -> None:
    plain = outgoing(interaction(Request(op="anthropic.messages", body={})), "http://h", read_blob=no_blob)
    assert plain.headers["anthropic-version"] == "2023-06-01"
    own = Request(op="anthropic.messages", headers={"anthropic-version": "x", "anthropic-beta": "b"}, body={})
    made = outgoing(interaction(own), "http://h", read_blob=no_blob)
    assert (made.headers["anthropic-version"], made.headers["anthropic-beta"]) == ("x", "b")


@pytest.mark.parametrize(
    ("op", "header"),
    [
        ("openai.embeddings", {"authorization": "Bearer k"}),
        ("anthropic.messages", {"x-api-key": "k"}),
        ("gemini.generate_content", {"x-goog-api-key": "k"}),
    ],
)
def test_a_key_travels_as_the_dialect_has_it(op: str, header: dict[str, str]) -> None:
    operation = operation_of(Request(op=op))
    assert credential(operation, "k") == header
    assert credential(operation, "") == {}


@pytest.mark.parametrize(
    "one",
    [
        interaction(Request(op="openai.realtime", method="GET")),
        interaction(Request(op="openai.responses", body={}), Response(ws=[Frame(side="c")])),
        interaction(Request(op="openai.chat.completions", body={"model": Wild()})),
        interaction(Request(op="no.such")),
    ],
    ids=["socket", "frames", "wildcard", "unknown"],
)
def test_what_cannot_be_sent_says_why(one: Interaction) -> None:
    with pytest.raises(NotSentError, match=r"WebSocket|wildcard|not known"):
        outgoing(one, "http://h", read_blob=no_blob)


def test_what_is_expected_is_the_last_reply_in_the_callers_dialect() -> None:
    body = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "c",
        "content": [{"type": "text", "text": "Hello"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 3, "output_tokens": 1},
    }
    asked = Request(op="openai.chat.completions", body=BODY)
    sent = Request(op="anthropic.messages", body={})
    translated = interaction(asked, Response(body=body), sent=sent)
    found = expected(translated)
    assert found.body["choices"][0]["message"]["content"] == "Hello"
    assert expected(interaction(asked, SSE)) is SSE
    written = Response(synth=Synth(text="x"))
    assert expected(interaction(asked, written, sent=sent)) is written
    odd = interaction(asked, Response(body=["no message"]), sent=sent)
    with pytest.raises(NotSentError, match="anthropic-messages"):
        expected(odd)


def test_where_nothing_was_answered_there_is_nothing_to_compare() -> None:
    asked = Request(op="openai.chat.completions", body=BODY)
    failed = Interaction(request=asked, attempts=[Attempt(upstream="o/m", error="connect_failed")])
    with pytest.raises(NotSentError, match="connect_failed"):
        expected(failed)
    with pytest.raises(NotSentError, match="nothing was recorded"):
        expected(Interaction(request=asked, attempts=[]))


def answered(*script: Any, dialect: str = "openai-chat") -> Response:
    call = outgoing(
        interaction(Request(op="openai.chat.completions", body=BODY)), "http://h", read_blob=no_blob
    )
    with ScriptedUpstream() as upstream, httpx.Client(trust_env=False) as client:
        upstream.enqueue(list(script))
        call.url = f"{upstream.url}/v1/chat/completions"
        return ask(client, call, dialect=dialect)


def test_replies_are_read_as_a_fixture_keeps_them() -> None:
    whole = answered(json_reply({"a": 1}, status=201, headers=[("retry-after", "3"), ("set-cookie", "x=1")]))
    assert (whole.status, whole.body, whole.headers["retry-after"]) == (201, {"a": 1}, "3")
    assert "set-cookie" not in whole.headers
    streamed = answered(*sse_reply({"choices": []}))
    assert streamed.events is not None
    assert (streamed.end, [one.text for one in streamed.events]) == ("eof", ["", "[DONE]"])
    assert answered(reply(b"\x89PNG", headers=[("Content-Type", "image/png")])).blob is not None
    assert answered(reply(b"<p>", headers=[("Content-Type", "text/html")])).text == "<p>"


def test_a_stream_that_breaks_off_is_told_from_one_that_ends() -> None:
    assert answered(stream_head(), chunk(event({"choices": []})), Close()).end == "reset"
    assert answered(stream_head(), chunk(event({"choices": []})), b"0\r\n\r\n").end == "cut"


def test_errors_are_compared_by_the_words_that_programs_act_on() -> None:
    def error(**fields: Any) -> Response:
        return Response(status=429, body={"error": fields})

    before = error(type="requests", code="rate_limit_exceeded", message="a")
    assert error_changes(before, error(type="requests", code="rate_limit_exceeded", message="b")) == []
    (change,) = error_changes(before, error(type="requests", code="other"))
    assert (change.path, change.recorded, change.live) == ("error.code", "rate_limit_exceeded", "other")
    assert len(error_changes(before, Response(status=500, text="<html>"))) == 2
    assert error_changes(before, Response(status=200, body={"error": {}})) == []
