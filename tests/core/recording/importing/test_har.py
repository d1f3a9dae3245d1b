"""HAR exports."""

import base64
import json
from typing import Any, Final

import pytest

from aigw_dev.core.recording.fixture import FixtureError, Frame
from aigw_dev.core.recording.importing.har import import_har
from tests.core.forms import BOUNDARY, field, file, form
from tests.core.recording.importing.recorded import ANSWER, ASKED, CHAT_URL, STREAM, Shelf, attempt_of, only

JSON_TYPE = [{"name": "Content-Type", "value": "application/json"}]


def entry(
    request: dict[str, Any] | None = None, response: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    return {
        "startedDateTime": "2026-08-21T12:15:00.000+02:00",
        "time": 431.4,
        "timings": {"send": 0, "wait": 400.2, "receive": 31.2},
        "request": {
            "method": "POST",
            "url": CHAT_URL,
            "headers": [*JSON_TYPE, {"name": "Authorization", "value": "Bearer SECRET"}],
            "postData": {"mimeType": "application/json", "text": json.dumps(ASKED)},
        }
        | (request or {}),
        "response": {
            "status": 200,
            "headers": JSON_TYPE,
            "content": {"mimeType": "application/json", "text": json.dumps(ANSWER)},
        }
        | (response or {}),
    } | more


def har(*entries: Any) -> dict[str, Any]:
    return {"log": {"version": "1.2", "entries": list(entries)}}


def test_an_entry_is_an_interaction_with_its_time_and_date() -> None:
    found = import_har(har(entry()), name="t", store=Shelf().store)
    interaction = only(found)
    attempt, response = attempt_of(interaction)
    assert interaction.request.body == ASKED
    assert (attempt.upstream, response.body, response.dt_ms) == ("openai/gpt-4o-mini", ANSWER, [431])
    assert found.fixtures[0].recorded_at == "2026-08-21T10:15:00Z"
    assert "SECRET" not in repr(interaction)


def test_content_in_base64_and_with_an_encoding_that_is_undone_is_read() -> None:
    content = {"text": base64.b64encode(json.dumps(ANSWER).encode()).decode(), "encoding": "base64"}
    headers = [*JSON_TYPE, {"name": "Content-Encoding", "value": "br"}]
    one = entry(response={"headers": headers, "content": content})
    assert attempt_of(only(import_har(har(one), name="t", store=Shelf().store)))[1].body == ANSWER


def test_speech_lies_beside_the_fixture() -> None:
    shelf = Shelf()
    url = "https://api.openai.com/v1/audio/speech"
    one = entry(
        request={"url": url, "postData": {"text": '{"model": "tts-1", "input": "hi"}'}},
        response={
            "headers": [{"name": "content-type", "value": "audio/mpeg"}],
            "content": {"text": base64.b64encode(b"ID3\xff").decode(), "encoding": "base64"},
        },
    )
    _, response = attempt_of(only(import_har(har(one), name="t", store=shelf.store)))
    assert shelf.read(response.blob) == b"ID3\xff"


def test_posted_bytes_and_params_are_forms() -> None:
    url = "https://api.openai.com/v1/audio/transcriptions"
    headers = [{"name": "content-type", "value": f"multipart/form-data; boundary={BOUNDARY.decode()}"}]
    body = base64.b64encode(form(field("model", b"whisper-1"), file("file", b"RIFF\xff"))).decode()
    posted = entry(request={"url": url, "headers": headers, "postData": {"text": body, "encoding": "base64"}})
    shelf = Shelf()
    request = only(import_har(har(posted), name="t", store=shelf.store)).request
    assert (request.form, [shelf.read(part.blob) for part in request.files]) == (
        {"model": "whisper-1"},
        [b"RIFF\xff"],
    )
    params = [
        {"name": "model", "value": "whisper-1"},
        {"name": "tag", "value": "a"},
        {"name": "tag", "value": "b"},
        {"name": "e"},
    ]
    posted = entry(request={"url": url, "headers": headers, "postData": {"params": params}})
    request = only(import_har(har(posted), name="t", store=Shelf().store)).request
    assert request.form == {"model": "whisper-1", "tag": ["a", "b"], "e": ""}


EVENTS = {"headers": [{"name": "content-type", "value": "text/event-stream"}]}


def test_a_stream_in_the_content_is_its_events() -> None:
    one = entry(
        response=EVENTS | {"content": {"text": STREAM}},
        _eventSourceMessages=[{"time": 1, "data": "not used"}],
    )
    _, response = attempt_of(only(import_har(har(one), name="t", store=Shelf().store)))
    assert (len(response.events or []), response.dt_ms) == (3, [400, 0, 0])


def test_chromes_events_have_their_times() -> None:
    messages = [
        {"time": 1000.5, "eventName": "message", "eventId": "", "data": '{"id":"c1","choices":[]}'},
        {"time": 1000.521, "eventName": "note", "eventId": "7", "data": "two\nlines"},
        {"time": 1000.6, "data": "[DONE]"},
    ]
    one = entry(response=EVENTS | {"content": {}}, _eventSourceMessages=messages)
    _, response = attempt_of(only(import_har(har(one), name="t", store=Shelf().store)))
    assert response.events is not None
    assert [(row.name, row.id, row.text) for row in response.events] == [
        (None, "", ""),
        ("note", "7", "two\nlines"),
        (None, "", "[DONE]"),
    ]
    assert response.dt_ms == [400, 21, 79]


def test_a_websocket_is_its_messages_in_order() -> None:
    shelf = Shelf()
    messages = [
        {"type": "receive", "time": 5.0, "opcode": 1, "data": '{"type":"session.created"}'},
        {"type": "send", "time": 5.25, "opcode": 1, "data": "ping"},
        {"type": "receive", "time": "?", "opcode": 2, "data": base64.b64encode(b"\x00\x01").decode()},
    ]
    one = entry(
        request={
            "method": "GET",
            "url": "wss://api.openai.com/v1/realtime?model=gpt-realtime",
            "postData": None,
        },
        response={"status": 101, "headers": None, "content": None},
        _webSocketMessages=messages,
    )
    interaction = only(import_har(har(one), name="t", store=shelf.store))
    frames = attempt_of(interaction)[1].ws
    assert frames is not None
    assert frames[:2] == [
        Frame(side="s", data={"type": "session.created"}),
        Frame(side="c", dt_ms=250, text="ping"),
    ]
    assert (frames[2].side, shelf.read(frames[2].blob)) == ("s", b"\x00\x01")


def test_what_was_blocked_or_is_no_model_call_is_left_out() -> None:
    blocked = entry(response={"status": 0})
    page = entry(request={"method": "GET", "url": "https://example.com/?q=SECRET"})
    found = import_har(har(blocked, page, entry()), name="t", store=Shelf().store)
    assert found.skipped == [
        "log.entries[0]: POST api.openai.com/v1/chat/completions: it was never answered",
        "log.entries[1]: GET example.com/: no provider's address, and no path of a model call",
    ]
    assert len(found.fixtures[0].interactions) == 1


FIRST = "log.entries[0]"


NO_RECORDINGS: Final[list[tuple[Any, str]]] = [
    ([], ""),
    ({"log": None}, "log"),
    ({"log": {"entries": {}}}, "log.entries"),
    (har(1), FIRST),
    (har({}), f"{FIRST}.request"),
    (har(entry(request={"method": 1})), f"{FIRST}.request.method"),
    (har(entry(request={"url": None})), f"{FIRST}.request.url"),
    (har(entry(request={"headers": {}})), f"{FIRST}.request.headers"),
    (har(entry(request={"headers": [{"name": 1}]})), f"{FIRST}.request.headers[0].name"),
    (har(entry(request={"postData": "x"})), f"{FIRST}.request.postData"),
    (har(entry(request={"postData": {"params": [{}]}})), f"{FIRST}.request.postData.params[0].name"),
    (har(entry(response={"status": 99})), f"{FIRST}.response.status"),
    (
        har(entry(response={"content": {"text": "a", "encoding": "base64"}})),
        f"{FIRST}.response.content.text",
    ),
    (
        har(entry(response={"content": {}}, _eventSourceMessages=[{}])),
        f"{FIRST}._eventSourceMessages[0].data",
    ),
    (har(entry(_webSocketMessages=[{"data": 1}])), f"{FIRST}._webSocketMessages[0].data"),
]


@pytest.mark.parametrize(("document", "where"), NO_RECORDINGS)
def test_what_is_no_har_ends_in_an_error_with_its_place(document: Any, where: str) -> None:
    with pytest.raises(FixtureError) as raised:
        import_har(document, name="t", store=Shelf().store)
    assert raised.value.where == where
