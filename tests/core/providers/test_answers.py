"""Answers of any kind become a value, the provider's own refusal, or a clear word."""

import json
from collections.abc import Generator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.errors import Refusal
from aigw_dev.core.providers import answers
from aigw_dev.core.providers.adapter import Adapter, Answer, Ask, Fetch, Given, Step
from tests.core.providers.run_adapter import answer


def drive(steps: Generator[Step, Answer | None, object], *said: Answer | None) -> tuple[list[Step], object]:
    seen: list[Step] = []
    script = iter(said)
    reply: Answer | None = None
    while True:
        try:
            seen.append(steps.send(reply))
        except StopIteration as stop:
            return seen, stop.value
        reply = next(script)


def test_an_object_is_read() -> None:
    _, read = drive(answers.read(Ask(path="/x")), answer({"a": 1}))
    assert read == answers.Read({"a": 1})


@pytest.mark.parametrize("said", [answer(b"<html>"), answer([]), answer({}, 302), answer({}, 101), None])
def test_what_is_no_object_is_unusable(said: Answer | None) -> None:
    _, read = drive(answers.read(Ask(path="/x")), said)
    assert isinstance(read, Refusal)
    assert read.code == "upstream_protocol"
    assert "POST /x" in read.message


def test_an_error_is_the_providers_own() -> None:
    _, read = drive(answers.read(Ask(path="/x")), answer(b"no", 503))
    assert isinstance(read, Given)
    assert (read.status, read.body, read.is_error) == (503, b"no", True)


def test_links_are_fetched_over_https_only() -> None:
    seen, found = drive(answers.fetch("http://host/a.wav", limit_bytes=9), answer(b"RIFF"))
    assert seen == [Fetch(url="https://host/a.wav", limit_bytes=9)]
    assert found == b"RIFF"
    _, gone = drive(answers.fetch("https://host/a.wav", limit_bytes=9), answer(b"", 403))
    assert isinstance(gone, Refusal)


def test_pauses_grow_and_end_after_ten_minutes() -> None:
    waits = list(answers.pauses())
    assert waits[0] == 1.0
    assert max(waits) == 5.0
    assert waits[:5] == sorted(waits[:5])
    assert sum(waits) == pytest.approx(answers.LONGEST_WAIT_S)
    assert "job-7" in answers.still_running("job-7").message


def test_a_failed_job_has_openais_error_shape() -> None:
    assert json.loads(answers.failed(400, "Bad", "why").body)["error"] == {
        "message": "why",
        "type": "invalid_request_error",
        "param": None,
        "code": "Bad",
    }
    error = json.loads(answers.failed(500, "", "").body)["error"]
    assert (error["type"], error["code"], error["message"]) == ("server_error", None, "the job failed")


def test_usage_keeps_the_providers_own_words() -> None:
    told = answers.usage({"image_count": 2})
    assert told is not None
    assert (told.input, bytes(told.raw)) == (0, b'{"image_count":2}')
    tokens = answers.usage({"input_tokens": 3, "output_tokens": 4})
    assert tokens is not None
    assert (tokens.input, tokens.output) == (3, 4)
    assert answers.usage({}) is None
    assert answers.usage([1]) is None


@given(st.recursive(st.none() | st.integers() | st.floats() | st.text(st.characters()), lambda inner: st.lists(inner) | st.dictionaries(st.text("ab"), inner), max_leaves=9))  # fmt: skip
def test_whatever_was_loaded_can_be_written_as_json(value: object) -> None:
    def refuse(name: str) -> object:
        raise AssertionError(name)

    json.loads(answers.encode(value), parse_constant=refuse)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("\ud800", b'"\\ud800"'),
        (2**70, b"1180591620717411303424"),
        ({"a": ["\ud800", float("inf"), 1.5, {"b": float("nan")}]}, b'{"a":["\\ud800",null,1.5,{"b":null}]}'),
    ],
)
def test_what_utf8_and_64_bits_cannot_hold_is_written_all_the_same(value: object, written: bytes) -> None:
    assert answers.encode(value) == written


def test_numbers_and_vectors_are_finite() -> None:
    assert answers.number(10**400) is None
    assert answers.number(True) is None
    assert answers.number(float("nan")) is None
    assert answers.number(2) == 2.0
    assert answers.vector([1, 2.5]) == [1.0, 2.5]
    assert answers.vector([1, None]) is None
    assert answers.vector([]) is None


def test_digging_never_fails() -> None:
    value = {"a": [{"b": 1}]}
    assert answers.dig(value, ("a", 0, "b")) == 1
    assert answers.dig(value, ("a", 1, "b")) is None
    assert answers.dig(value, ("a", "b")) is None
    assert answers.dig(7, (0,)) is None


def test_a_path_cannot_climb_or_add_a_query() -> None:
    assert answers.path_of("models/veo:x/../a?b#c") == "models/veo:x/%252E%252E/a%3Fb%23c"


def test_an_adapter_that_fetches_is_an_adapter() -> None:
    def adapter() -> Adapter:
        found = yield from answers.fetch("https://x", limit_bytes=1)
        return found if isinstance(found, Refusal) else Given(status=200, body=found)

    _, end = drive(adapter(), answer(b"x"))
    assert isinstance(end, Given)
