"""What the gateway reads of Gemini bytes that it relays: requests, usage, replies, errors, model lists."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.dialects import gemini
from aigw_dev.core.dialects.codec import CallerCodec, CountCodec, ProviderCodec
from aigw_dev.core.dialects.protocol import Dialect, ModelRow, ReplyError, RequestFacts
from aigw_dev.core.dialects.request_body import RequestBody, read_body
from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import ToolCall
from aigw_dev.core.streams.sse import Decoder, Event
from tests.core.dialects.gemini.sdk import types

DIALECT: Dialect = gemini  # the type checker reads these lines
CALLER: CallerCodec = gemini
PROVIDER: ProviderCodec = gemini
COUNT: CountCodec = gemini


def body(raw: bytes) -> RequestBody:
    read = read_body(raw)
    assert isinstance(read, RequestBody)
    return read


def usage(**counts: int) -> dict[str, int]:
    found = gemini.read_usage(json.dumps(counts).encode())
    assert found is not None
    return {
        "input": found.input,
        "output": found.output,
        "cached": found.cached_input,
        "reasoning": found.reasoning,
    }


def test_the_path_names_the_model_and_whether_it_streams() -> None:
    facts = gemini.read_request(body(b"{}"), path_model="models/g", is_stream=True)
    assert facts == RequestFacts(model="g", is_stream=True, wants_usage=True)
    assert gemini.read_request(body(b'{"model":"models/h"}')) == RequestFacts(model="h", wants_usage=True)
    assert gemini.read_request(body(b'{"model":"h"}'), path_model="qwen/q") == RequestFacts(
        model="qwen/q", wants_usage=True
    )
    missing, odd = gemini.read_request(body(b"{}")), gemini.read_request(body(b'{"model":3}'), path_model="g")
    assert isinstance(missing, Refusal)
    assert isinstance(odd, Refusal)
    assert (missing.code, odd.code) == ("model_missing", "invalid_request")


def test_a_body_without_a_model_passes_byte_for_byte() -> None:
    raw = b'{ "contents" : [ {"parts":[{"text":"a"}]} ], "n": 1.10 }'
    assert gemini.rename_model(body(raw), "x") == raw
    assert gemini.rename_model(body(raw), "x", {"stream": True, "model": "y"}) == raw
    assert (
        gemini.rename_model(body(b'{"a":1.10}'), "x", {"labels": {"b": "c"}})
        == b'{"a":1.10,"labels":{"b":"c"}}'
    )
    assert gemini.ask_usage(body(raw)).raw == raw
    assert gemini.hides_usage(Event(data=b"{}")) is False


def test_models_named_in_a_body_are_renamed_too() -> None:
    assert (
        gemini.rename_model(body(b'{"model":"models/q/a","x":1.10}'), "a") == b'{"model":"models/a","x":1.10}'
    )
    count = b'{"generateContentRequest":{"model":"models/q/a","x":1.10}}'
    assert (
        gemini.rename_model(body(count), "a") == b'{"generateContentRequest":{"model":"models/a","x":1.10}}'
    )
    batch = b'{"requests":[{"model":"models/q/a","x":1.10},{"x":"\\"model\\""}]}'
    assert (
        gemini.rename_model(body(batch), "models/a")
        == b'{"requests":[{"model":"models/a","x":1.10},{"x":"\\"model\\""}]}'
    )


def test_measuring() -> None:
    said = gemini.measure(
        body(
            json.dumps(
                {
                    "system_instruction": {"parts": {"text": "12"}},
                    "contents": [
                        {"role": "user", "parts": [{"text": "345"}, {"inlineData": {"mime_type": "image/png", "data": "x" * 99}}]},
                        {"parts": [{"functionCall": {"name": "nn", "args": {"k": "6"}}}, {"functionResponse": {"response": {"k": ["78"]}}}]},
                    ],
                    "tools": [{"googleSearch": {}}],
                    "cachedContent": "not read",
                }
            ).encode()
        )
    )  # fmt: skip
    assert (said.has_tools, said.has_images, said.input_chars) == (True, True, 8)
    count = gemini.measure(
        body(b'{"generateContentRequest":{"contents":[{"parts":[{"text":"abc"}]}],"tools":{"a":{}}}}')
    )
    assert (count.has_tools, count.has_images, count.input_chars) == (True, False, 3)
    plain = gemini.measure(body(b'{"contents":[{"parts":[{"text":"abc"},3]}],"tools":[{}]}'))
    assert (plain.has_tools, plain.input_chars) == (False, 3)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({"promptTokenCount": 5, "candidatesTokenCount": 2, "totalTokenCount": 7}, (5, 2, 0, 0)),
        ({"promptTokenCount": 5, "candidatesTokenCount": 2, "thoughtsTokenCount": 3, "totalTokenCount": 10}, (5, 5, 0, 3)),
        ({"promptTokenCount": 5, "candidatesTokenCount": 5, "thoughtsTokenCount": 3, "totalTokenCount": 10}, (5, 5, 0, 3)),
        ({"promptTokenCount": 5, "thoughtsTokenCount": 3}, (5, 3, 0, 3)),
        ({"promptTokenCount": 5, "candidatesTokenCount": 2, "toolUsePromptTokenCount": 4, "totalTokenCount": 11}, (9, 2, 0, 0)),
        ({"promptTokenCount": 5, "candidatesTokenCount": 2, "toolUsePromptTokenCount": 4, "totalTokenCount": 7}, (5, 2, 0, 0)),
        ({"promptTokenCount": 5, "cachedContentTokenCount": 4}, (5, 0, 4, 0)),
        ({"cachedContentTokenCount": 4, "promptTokenCount": 1}, (4, 0, 4, 0)),
        ({"totalTokenCount": 6}, (6, 0, 0, 0)),
    ],
)  # fmt: skip
def test_usage(counts: dict[str, int], expected: tuple[int, ...]) -> None:  # fact 35, bug class 11
    assert tuple(usage(**counts).values()) == expected


def test_a_usage_that_counts_nothing_is_none() -> None:
    assert gemini.read_usage(b'{"trafficType":"ON_DEMAND"}') is None
    assert gemini.read_usage(b"[]") is None


def test_the_reader_puts_a_stream_together() -> None:
    reader = gemini.stream_reader()
    for data in (
        b"",
        b'{"candidates":[{"content":{"parts":[{"text":"hm","thought":true},{"text":"a"}]}}],"modelVersion":"g","usageMetadata":{"promptTokenCount":1}}',
        b'{"candidates":[{"content":{"parts":[{"text":"b"},{"functionCall":{"name":"f","willContinue":true}}]}}]}',
        b'{"candidates":[{"content":{"parts":[{"functionCall":{"partialArgs":[{"jsonPath":"$.x","stringValue":"1"}]}}]}}]}',
        b'{"candidates":[{"content":{"parts":[{"functionCall":{}},{"functionCall":{"id":"i","name":"g","args":{"y":1.10}}},{"executableCode":{}}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":2}}',
        b"not json",
        b"also not",
    ):
        reader.feed(Event(data=data))
    reader.feed(Event(data=b"x", is_comment=True))
    said = reader.assembled()
    assert (said.text, said.reasoning, said.finish, reader.response_model) == ("ab", "hm", "STOP", "g")
    assert said.tool_calls == [
        ToolCall(name="f", arguments='{"x":"1"}'),
        ToolCall(id="i", name="g", arguments='{"y":1.10}'),
    ]
    assert reader.usage is not None
    assert (reader.usage.input, reader.usage.output) == (1, 2)
    assert (reader.has_data, reader.is_done, reader.bad_events) == (True, False, 2)
    assert reader.note == "an event holds no JSON object: not json"
    assert reader.output_text() == 'hmabf{"x":"1"}g{"y":1.10}'


def test_the_reader_hears_errors_and_blocked_prompts() -> None:
    for data in (b'{"error":{"code":503,"message":"m","status":"UNAVAILABLE"}}', b'[{"error":{"code":503,"message":"m","status":"UNAVAILABLE"}}]'):  # fmt: skip
        reader = gemini.stream_reader()
        reader.feed(Event(data=data))
        reader.feed(Event(data=b'{"error":{"message":"later"}}'))
        assert reader.error == ReplyError(message="m", code="UNAVAILABLE", status=503)
        assert reader.bad_events == 0
    reader = gemini.stream_reader()
    reader.feed(Event(data=b'{"promptFeedback":{"blockReason":"SAFETY"}}'))
    assert reader.finish == "SAFETY"


def test_whole_replies_of_every_operation() -> None:
    chat = b'{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"},{"content":{"parts":[{"text":"b"}]}}],"modelVersion":"g","usageMetadata":{"promptTokenCount":3}}'
    said = gemini.reply_summary(chat)
    assert (said.assembled.text, said.finish, said.response_model) == ("a\n\nb", "STOP", "g")
    found = gemini.reply_usage(chat)
    assert found is not None
    assert found.input == 3
    array = b'[{"candidates":[{"content":{"parts":[{"text":"a"}]}}]},\n{"candidates":[{"content":{"parts":[{"text":"b"}]},"finishReason":"STOP"}]}]'
    assert gemini.reply_summary(array).assembled.text == "ab"
    count = gemini.reply_usage(b'{"totalTokens":13,"totalBillableCharacters":47}')
    assert count is not None
    assert count.input == 13
    vertex = gemini.reply_usage(
        b'{"predictions":[{"embeddings":{"statistics":{"token_count":5},"values":[1]}},{"embeddings":{"statistics":{"token_count":6.0}}}]}'
    )
    assert vertex is not None
    assert vertex.input == 11
    assert gemini.reply_usage(b'{"predictions":[{}]}') is None
    assert gemini.reply_usage(b'{"embeddings":[{"values":[1]}]}') is None
    assert gemini.reply_usage(b"<html>") is None
    assert gemini.reply_summary(b"<html>").finish == ""


@pytest.mark.parametrize(
    ("status", "word"),
    [(400, "INVALID_ARGUMENT"), (401, "UNAUTHENTICATED"), (404, "NOT_FOUND"), (429, "RESOURCE_EXHAUSTED"),
     (500, "INTERNAL"), (503, "UNAVAILABLE"), (504, "DEADLINE_EXCEEDED"), (418, "INVALID_ARGUMENT"), (599, "INTERNAL")],
)  # fmt: skip
def test_our_errors_are_googles(status: int, word: str) -> None:
    made = gemini.encode_error(status, "model_not_found", "no \ud800", "req_1", param="contents[0]")
    error = json.loads(made)["error"]
    assert (error["code"], error["status"]) == (status, word)
    assert error["message"] == "no ? see: aigw-dev logs show req_1"
    assert error["details"][0] == {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "model_not_found",
        "domain": "aigw-dev",
    }
    assert error["details"][1]["fieldViolations"][0]["field"] == "contents[0]"
    assert gemini.is_error_body(made)
    assert gemini.read_error(status, made) == ReplyError(message=error["message"], code=word, status=status)
    assert len(json.loads(gemini.encode_error(status, "x", "y"))["error"]["details"]) == 1


def test_a_streams_error_is_one_event_that_the_reader_hears() -> None:
    (event,) = Decoder().feed(gemini.encode_stream_error(502, "upstream_reset", "broke", "r1"))
    assert event.data.startswith(b'{"error":')
    reader = gemini.stream_reader()
    reader.feed(event)
    assert reader.error is not None
    assert (reader.error.status, reader.error.code) == (502, "UNAVAILABLE")


@pytest.mark.parametrize(
    ("raw", "is_own"),
    [
        (b'{"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT"}}', True),
        (b'\n[{"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT"}}]', True),
        (b'{"error":{"code":400,"message":"m"}}', True),
        (b'{"error":{"code":400,"message":"m","type":"x"}}', False),
        (b'{"error":{"code":"400","message":"m","status":"X"}}', False),
        (b'{"error":{"code":true,"message":"m","status":"X"}}', False),
        (b'{"error":"m"}', False),
        (b"[{},{}]", False),
        (b"<html>", False),
        (b"", False),
    ],
)
def test_whose_error_it_is(raw: bytes, is_own: bool) -> None:
    assert gemini.is_error_body(raw) == is_own


def test_any_error_body_says_something() -> None:  # fact 23
    assert gemini.read_error(500, b"<html><title>Bad</title></html>").message == "Bad"
    assert gemini.read_error(500, b"").message == "the provider answered 500 without a text"
    assert gemini.read_error(400, b'{"message":"m"}') == ReplyError(message="m", status=400)
    assert gemini.error_text(b'[{"error":{"message":"m"}}]') == "m"
    assert gemini.reply_error(b'{"error":{}}') is None
    assert gemini.reply_error(b'{"error":{"message":"m","status":"NOT_FOUND"}}') == ReplyError(
        message="m", code="NOT_FOUND", status=404
    )


def test_the_wait_that_an_error_asks_for() -> None:  # fact 26
    raw = b'{"error":{"details":[{"@type":"x"},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.4s"}]}}'
    assert gemini.retry_delay_s(raw) == 34.4
    assert gemini.retry_delay_s(b"[%b]" % raw) == 34.4
    assert gemini.retry_delay_s(b"{}") is None


def test_models_as_the_sdk_reads_them() -> None:
    row = ModelRow(id="qwen/qwen3-max")
    listed: dict[str, Any] = json.loads(gemini.encode_models([row]))
    assert listed == {"models": [json.loads(gemini.encode_model(row))]}
    assert listed["models"][0]["name"] == "models/qwen/qwen3-max"
    assert "generateContent" in listed["models"][0]["supportedGenerationMethods"]
    assert types.Model.model_validate({"name": listed["models"][0]["name"], "displayName": row.id})


@given(st.binary(max_size=80), st.binary(max_size=80))
def test_any_bytes_are_heard(first: bytes, second: bytes) -> None:
    reader = gemini.stream_reader()
    for data in (first, b'{"candidates":' + second + b"}"):
        reader.feed(Event(data=data))
    reader.assembled()
    assert reader.usage is None or reader.usage.input >= 0
