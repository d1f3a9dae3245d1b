"""vcrpy's cassettes."""

import base64
import gzip
import json
from typing import Any, Final

import pytest

from aigw_dev.core.recording.fixture import FixtureError
from aigw_dev.core.recording.importing.vcrpy import import_vcrpy
from tests.core.recording.importing.recorded import ANSWER, ASKED, CHAT_URL, STREAM, Shelf, attempt_of, only


def entry(**response: Any) -> dict[str, Any]:
    return {
        "request": {
            "method": "POST",
            "uri": CHAT_URL,
            "headers": {"content-type": ["application/json"]},
            "body": json.dumps(ASKED),
        },
        "response": {
            "status": {"code": 200, "message": "OK"},
            "headers": {"content-type": ["application/json"]},
        }
        | response,
    }


def cassette(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"version": 1, "interactions": list(entries)}


@pytest.mark.parametrize(
    "body",
    [
        {"body": {"string": json.dumps(ANSWER)}},
        {"body": {"string": json.dumps(ANSWER).encode()}},
        {"body": {"base64_string": base64.b64encode(json.dumps(ANSWER).encode()).decode()}},
        {"body": json.dumps(ANSWER)},
        {"parsed_body": ANSWER},
        {"parsed_body": ANSWER, "body": None},
        {
            "body": {"string": gzip.compress(json.dumps(ANSWER).encode())},
            "headers": {"Content-Type": ["application/json"], "Content-Encoding": ["gzip"]},
        },
        {
            "body": {"string": json.dumps(ANSWER)},
            "headers": {"content-type": "application/json", "content-encoding": "gzip"},
        },
        {"parsed_body": ANSWER, "status": 200},
    ],
)
def test_every_way_of_writing_a_body_is_read(body: dict[str, Any]) -> None:
    found = import_vcrpy(cassette(entry(**body)), name="a_test", store=Shelf().store)
    interaction = only(found)
    assert interaction.request.body == ASKED
    attempt, response = attempt_of(interaction)
    assert (attempt.upstream, response.status, response.body) == ("openai/gpt-4o-mini", 200, ANSWER)
    assert found.fixtures[0].test == "a_test"


def test_a_parsed_request_is_taken_as_it_is() -> None:
    one = entry(parsed_body=ANSWER)
    del one["request"]["body"]
    one["request"]["parsed_body"] = ASKED
    assert only(import_vcrpy(cassette(one), name="t", store=Shelf().store)).request.body == ASKED


def test_a_stream_is_its_events_and_duplicates_keep_their_order() -> None:
    first = entry(body={"string": STREAM}, headers={"content-type": ["text/event-stream"]})
    second = entry(parsed_body=ANSWER)
    found = import_vcrpy(cassette(first, second), name="t", store=Shelf().store)
    [fixture] = found.fixtures
    assert [
        one.attempts[0].response.events is None for one in fixture.interactions if one.attempts[0].response
    ] == [False, True]
    assert fixture.interactions[0].request == fixture.interactions[1].request


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def test_a_parsed_body_may_nest_as_deep_as_a_fixture() -> None:
    found = import_vcrpy(cassette(entry(parsed_body=deep(150))), name="t", store=Shelf().store)
    assert attempt_of(only(found))[1].body == deep(150)


def test_headers_may_be_bytes_and_a_text_may_hold_escaped_bytes() -> None:
    one = entry(
        body={"string": b"\xff\xfe".decode("utf-8", "surrogateescape")},
        headers={"Content-Type": [b"image/png"], "Date": None},
    )
    shelf = Shelf()
    _, response = attempt_of(only(import_vcrpy(cassette(one), name="t", store=shelf.store)))
    assert (response.headers, shelf.read(response.blob)) == ({"content-type": "image/png"}, b"\xff\xfe")
    one = entry(parsed_body=ANSWER, headers=None)
    assert attempt_of(only(import_vcrpy(cassette(one), name="t", store=shelf.store)))[1].headers == {}


def test_rubys_cassettes_are_read_too_with_their_date() -> None:
    one = entry(body={"encoding": "UTF-8", "string": json.dumps(ANSWER)})
    one["request"] |= {"method": "post", "body": {"encoding": "UTF-8", "string": json.dumps(ASKED)}}
    one["recorded_at"] = "Tue, 01 Nov 2011 04:58:44 GMT"
    later = one | {"recorded_at": "Tue, 01 Nov 2022 04:58:44 GMT"}
    document = {"http_interactions": [], "recorded_with": "VCR 6", "interactions": [one, later]}
    found = import_vcrpy(document, name="t", store=Shelf().store)
    assert found.fixtures[0].recorded_at == "2011-11-01T04:58:44Z"
    assert found.fixtures[0].interactions[0].request.body == ASKED


def test_other_calls_are_left_out_each_with_its_place_and_reason() -> None:
    token = entry(parsed_body={})
    token["request"]["uri"] = "https://oauth2.googleapis.com/token?client_secret=SECRET"
    message: dict[str, Any] = {"kind": "message", "direction": "sent", "data": {}}
    found = import_vcrpy(
        cassette(
            token, message, message, {"request_sample": {}, "response_sample": {}}, entry(parsed_body=ANSWER)
        ),
        name="t",
        store=Shelf().store,
    )
    assert found.skipped == [
        "interactions[0]: POST oauth2.googleapis.com/token: no provider's address, and no path of a model call",
        "interactions[1]: messages of a WebSocket without the address they went to: record it through the gateway",
        "interactions[3]: gRPC calls: the gateway speaks HTTP",
    ]
    assert len(found.fixtures[0].interactions) == 1


def test_a_cassette_without_model_calls_is_no_fixture() -> None:
    assert import_vcrpy(cassette(), name="t", store=Shelf().store).fixtures == []


def test_guesses_are_noted_once() -> None:
    one = entry(parsed_body=ANSWER)
    one["request"]["uri"] = "http://127.0.0.1:9999/v1/chat/completions"
    found = import_vcrpy(cassette(one, one), name="t", store=Shelf().store)
    assert found.notes == [
        "127.0.0.1:9999 is no provider's own address: taken as openai, by the path's dialect"
    ]


BAD_RESPONSE = "interactions[0].response"


NO_RECORDINGS: Final[list[tuple[Any, str]]] = [
    (None, ""),
    ([], ""),
    ({}, "interactions"),
    ({"interactions": {}}, "interactions"),
    ({"interactions": ["x"]}, "interactions[0]"),
    ({"interactions": [{}]}, "interactions[0].request"),
    ({"interactions": [{"request": {}}]}, BAD_RESPONSE),
    ({"interactions": [entry() | {"request": {"uri": CHAT_URL}}]}, "interactions[0].request.method"),
    ({"interactions": [entry() | {"request": {"method": "POST"}}]}, "interactions[0].request.uri"),
    (
        {"interactions": [entry() | {"request": {"method": "POST", "uri": "nowhere"}}]},
        "interactions[0].request.url",
    ),
    (cassette(entry(status={"code": "200"})), f"{BAD_RESPONSE}.status"),
    (cassette(entry(status=True)), f"{BAD_RESPONSE}.status"),
    (cassette(entry(status={"code": 7})), f"{BAD_RESPONSE}.status"),
    (cassette(entry(status=None)), f"{BAD_RESPONSE}.status"),
    (cassette(entry(body=3)), f"{BAD_RESPONSE}.body"),
    (cassette(entry(body={"string": ["x"]})), f"{BAD_RESPONSE}.body.string"),
    (cassette(entry(body={"base64_string": "a"})), f"{BAD_RESPONSE}.body.base64_string"),
    (cassette(entry(headers=[])), f"{BAD_RESPONSE}.headers"),
    (cassette(entry(parsed_body={"a": [b"x"]})), f"{BAD_RESPONSE}.parsed_body"),
    (cassette(entry(parsed_body={1: "a"})), f"{BAD_RESPONSE}.parsed_body"),
    (cassette(entry(parsed_body=[float("nan")])), f"{BAD_RESPONSE}.parsed_body"),
    (cassette(entry(parsed_body=deep(151))), f"{BAD_RESPONSE}.parsed_body"),
]


@pytest.mark.parametrize(("document", "where"), NO_RECORDINGS)
def test_what_is_no_cassette_ends_in_an_error_with_its_place(document: Any, where: str) -> None:
    with pytest.raises(FixtureError) as raised:
        import_vcrpy(document, name="t", store=Shelf().store)
    assert raised.value.where == where
