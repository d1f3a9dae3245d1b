"""The error event that ends a stream."""

import json
from typing import Any

import httpx
import openai
import pytest

from aigw_dev.core.dialects import responses
from aigw_dev.core.dialects.responses.errors import error_event
from aigw_dev.core.streams import sse
from tests.core.dialects.responses.recordings import is_valid_event


def test_the_event_is_flat_and_nested_at_once() -> None:
    stream = responses.encode_stream_error(502, "upstream_reset", "Broken\u2028off.", "01ab")
    assert b"\xe2\x80\xa8" not in stream
    [event] = sse.Decoder().feed(stream)
    wire = json.loads(event.data)
    assert event.event == wire["type"] == "error"
    assert (wire["code"], wire["sequence_number"]) == ("upstream_reset", 0)
    assert wire["message"] == wire["error"]["message"] == "Broken\u2028off. see: aigw-dev logs show 01ab"
    assert is_valid_event(wire)


def test_the_sdk_raises_on_it() -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        content = error_event(502, "upstream_reset", "Broken off", sequence_number=4)
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, content=content)

    http: Any = httpx.Client(transport=httpx.MockTransport(answer))
    client = openai.OpenAI(api_key="none", http_client=http, max_retries=0)
    with pytest.raises(openai.APIError, match="Broken off"):
        list(client.responses.create(model="m", input="x", stream=True))
