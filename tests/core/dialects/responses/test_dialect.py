"""What the gateway reads of a request without translating it."""

import json
from typing import Any

import pytest

from aigw_dev.core.dialects import DIALECTS, responses
from aigw_dev.core.dialects.codec import caller_codec, provider_codec
from aigw_dev.core.dialects.protocol import ModelRow, RequestFacts
from aigw_dev.core.errors import Refusal
from aigw_dev.core.streams import sse
from tests.core.dialects.responses.recordings import body_of


def facts(**fields: Any) -> RequestFacts:
    found = responses.read_request(body_of({"model": "m"} | fields))
    assert isinstance(found, RequestFacts)
    return found


def test_the_package_is_the_dialect_and_both_codecs() -> None:
    assert DIALECTS["openai-responses"] is responses  # type: ignore[comparison-overlap] # pyright: ignore[reportUnnecessaryComparison] - a module is its dialect
    assert caller_codec("openai-responses") is provider_codec("openai-responses")  # type: ignore[comparison-overlap] # pyright: ignore[reportUnnecessaryComparison] - the same
    assert responses.REQUEST_ID_HEADER == "x-request-id"
    assert json.loads(responses.encode_models([ModelRow(id="a")]))["data"][0]["id"] == "a"
    assert isinstance(responses.framer(), sse.Decoder)


def test_model_stream_and_session_are_read() -> None:
    assert facts(stream=True, prompt_cache_key="k", previous_response_id="r") == RequestFacts(
        model="m", is_stream=True, session="k", wants_usage=True
    )
    assert facts(previous_response_id="r").session == "r"
    assert facts(conversation="conv_1").session == "conv_1"
    assert facts(conversation={"id": "conv_2"}).session == "conv_2"
    assert facts(prompt_cache_key=5).session == ""


def test_the_path_may_name_model_and_stream() -> None:
    found = responses.read_request(body_of({}), path_model="p", is_stream=True)
    assert isinstance(found, RequestFacts)
    assert (found.model, found.is_stream) == ("p", True)


@pytest.mark.parametrize(
    ("wire", "code", "param"),
    [({}, "model_missing", "model"), ({"model": 5}, "invalid_request", "model"), ({"model": []}, "invalid_request", "model"),
     ({"model": "m", "stream": "yes"}, "invalid_request", "stream")],
)  # fmt: skip
def test_what_is_wrong_is_named(wire: dict[str, Any], code: str, param: str) -> None:
    found = responses.read_request(body_of(wire))
    assert isinstance(found, Refusal)
    assert (found.code, found.param) == (code, param)


def test_content_is_measured_for_conditions() -> None:
    wire = {
        "model": "m",
        "instructions": "12345",
        "input": [
            {
                "role": "user",
                "content": [{"type": "input_text", "text": "123"}, {"type": "input_image", "image_url": "x"}],
            },
            {"type": "function_call_output", "call_id": "long", "output": "12"},
        ],
        "tools": [{"type": "web_search"}],
    }
    content = responses.measure(body_of(wire))
    assert (content.has_tools, content.has_images, content.input_chars) == (True, True, 10)
    plain = responses.measure(body_of({"model": "m", "input": "123", "tools": []}))
    assert (plain.has_tools, plain.has_images, plain.input_chars) == (False, False, 3)


def test_usage_comes_unasked() -> None:
    body = body_of({"model": "m", "stream": True})
    assert responses.ask_usage(body) is body
    assert not responses.hides_usage(sse.Event(data=b"{}"))


def test_the_model_is_renamed_and_nothing_else() -> None:
    assert responses.rename_model(body_of(b'{"model":"a", "n":1.0}'), "b") == b'{"model":"b", "n":1.0}'


def test_a_type_that_is_no_text_is_no_picture() -> None:
    body = body_of(b'{"model":"m","input":[{"role":"user","content":[{"type":[]},{"type":{}}]}]}')
    assert not responses.measure(body).has_images
