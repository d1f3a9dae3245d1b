"""What the gateway reads of Gemini bytes that it relays: requests, model lists."""

import json
from typing import Any

from aigw_dev.core.dialects import gemini
from aigw_dev.core.dialects.protocol import ModelRow, RequestFacts
from aigw_dev.core.dialects.request_body import RequestBody, read_body
from aigw_dev.core.errors import Refusal
from aigw_dev.core.streams.sse import Event
from tests.core.dialects.gemini.sdk import types


def body(raw: bytes) -> RequestBody:
    read = read_body(raw)
    assert isinstance(read, RequestBody)
    return read


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


def test_models_as_the_sdk_reads_them() -> None:
    row = ModelRow(id="qwen/qwen3-max")
    listed: dict[str, Any] = json.loads(gemini.encode_models([row]))
    assert listed == {"models": [json.loads(gemini.encode_model(row))]}
    assert listed["models"][0]["name"] == "models/qwen/qwen3-max"
    assert "generateContent" in listed["models"][0]["supportedGenerationMethods"]
    assert types.Model.model_validate({"name": listed["models"][0]["name"], "displayName": row.id})
