"""go-vcr's cassettes."""

import json
from typing import Any, Final

import pytest

from aigw_dev.core.recording.fixture import FixtureError
from aigw_dev.core.recording.importing.go_vcr import import_go_vcr
from tests.core.recording.importing.recorded import ANSWER, ASKED, CHAT_URL, STREAM, Shelf, attempt_of, only


def entry(request: dict[str, Any] | None = None, response: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "request": {
            "body": json.dumps(ASKED),
            "form": {},
            "headers": {"Content-Type": ["application/json"]},
            "url": CHAT_URL,
            "method": "POST",
        }
        | (request or {}),
        "response": {
            "body": json.dumps(ANSWER),
            "headers": {"Content-Type": ["application/json"]},
            "status": "200 OK",
            "code": 200,
        }
        | (response or {}),
    }


@pytest.mark.parametrize(
    ("version", "more", "dt_ms"),
    [
        (1, {"duration": ""}, 0),
        (1, {"status": "", "duration": "1.5s"}, 1500),
        (2, {"duration": 1_534_000_000}, 1534),
        (2, {"duration": "312ms", "uncompressed": True, "proto": "HTTP/2.0"}, 312),
        (2, {}, 0),
    ],
)
def test_every_version_is_read_with_its_duration(version: int, more: dict[str, Any], dt_ms: int) -> None:
    document = {"version": version, "interactions": [entry(response=more) | {"id": 0}]}
    interaction = only(import_go_vcr(document, name="t", store=Shelf().store))
    assert interaction.request.body == ASKED
    attempt, response = attempt_of(interaction)
    assert (attempt.upstream, response.body, response.dt_ms) == ("openai/gpt-4o-mini", ANSWER, [dt_ms])


def test_a_streams_duration_is_the_time_of_its_head() -> None:
    one = entry(
        response={"body": STREAM, "headers": {"Content-Type": ["text/event-stream"]}, "duration": "480ms"}
    )
    _, response = attempt_of(only(import_go_vcr({"interactions": [one]}, name="t", store=Shelf().store)))
    assert response.dt_ms == [480, 0, 0]


def test_a_form_is_its_fields_where_the_body_is_empty() -> None:
    url = "https://api.openai.com/v1/audio/transcriptions"
    one = entry(
        request={"body": "", "url": url, "form": {"model": ["whisper-1"], "tag": ["a", "b"], "n": "1"}}
    )
    interaction = only(import_go_vcr({"interactions": [one]}, name="t", store=Shelf().store))
    assert interaction.request.form == {"model": "whisper-1", "tag": ["a", "b"], "n": "1"}


def test_an_empty_method_is_get() -> None:
    one = entry(request={"method": "", "body": "", "url": "https://api.openai.com/v1/files/f1"})
    request = only(import_go_vcr({"interactions": [one]}, name="t", store=Shelf().store)).request
    assert (request.op, request.method, request.path) == ("openai.files.item", "GET", "/files/f1")


def test_other_calls_are_left_out_with_place_and_reason() -> None:
    one = entry(request={"url": "https://example.com/token?secret=SECRET"})
    found = import_go_vcr({"interactions": [one]}, name="t", store=Shelf().store)
    assert found.skipped == [
        "interactions[0]: POST example.com/token: no provider's address, and no path of a model call"
    ]
    assert found.fixtures == []


NO_RECORDINGS: Final[list[tuple[Any, str]]] = [
    ("text", ""),
    ({"interactions": None}, "interactions"),
    ({"interactions": [{"request": {}, "response": None}]}, "interactions[0].response"),
    ({"interactions": [entry(request={"url": None})]}, "interactions[0].request.url"),
    ({"interactions": [entry(request={"form": ["x"]})]}, "interactions[0].request.form"),
    ({"interactions": [entry(request={"form": {"a": [1]}})]}, "interactions[0].request.form.a"),
    ({"interactions": [entry(response={"code": None})]}, "interactions[0].response.code"),
    ({"interactions": [entry(response={"body": []})]}, "interactions[0].response.body"),
]


@pytest.mark.parametrize(("document", "where"), NO_RECORDINGS)
def test_what_is_no_cassette_ends_in_an_error_with_its_place(document: Any, where: str) -> None:
    with pytest.raises(FixtureError) as raised:
        import_go_vcr(document, name="t", store=Shelf().store)
    assert raised.value.where == where
