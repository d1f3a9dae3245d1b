"""What the gateway reads of a request that it relays."""

import json
from typing import Any

import pytest

from aigw_dev.core.dialects.anthropic import ask_usage, hides_usage, measure, read_request, rename_model
from aigw_dev.core.dialects.protocol import Content, RequestFacts
from aigw_dev.core.dialects.request_body import RequestBody, read_body
from aigw_dev.core.errors import Refusal
from aigw_dev.core.streams.sse import Event


def body(**fields: Any) -> RequestBody:
    loaded = read_body(json.dumps({"model": "m"} | fields).encode())
    assert isinstance(loaded, RequestBody)
    return loaded


def test_model_and_stream() -> None:
    assert read_request(body(stream=True)) == RequestFacts(model="m", is_stream=True, wants_usage=True)
    assert read_request(body(model=None), path_model="p", is_stream=True) == RequestFacts(
        model="p", is_stream=True, wants_usage=True
    )


@pytest.mark.parametrize(("fields", "code"), [({"model": 1}, "invalid_request"), ({"stream": 1}, "invalid_request"), ({"model": ""}, "model_missing")])  # fmt: skip
def test_what_is_wrong_is_refused(fields: dict[str, Any], code: str) -> None:
    found = read_request(body(**fields))
    assert isinstance(found, Refusal)
    assert found.code == code


@pytest.mark.parametrize(
    ("user_id", "session"),
    [
        ("user_ab_account_x_session_0a1b2c3d-aaaa", "0a1b2c3d-aaaa"),
        ('{"device_id":"d","session_id":"s-1"}', "s-1"),
        ('{"device_id":"d"}', '{"device_id":"d"}'),
        ("ann", "ann"),
        (7, ""),
    ],
)
def test_the_session_is_in_the_users_id(user_id: Any, session: str) -> None:
    facts = read_request(body(metadata={"user_id": user_id}))
    assert isinstance(facts, RequestFacts)
    assert facts.session == session


def test_content_is_measured() -> None:
    image = {"type": "image", "source": {"type": "base64", "data": "x" * 1000}}
    messages = [
        {"role": "user", "content": "12345"},
        {
            "role": "assistant",
            "content": [{"type": "tool_use", "id": "t", "input": {"ab": ["cd", {"e": 1}]}}],
        },
        {
            "role": "user",
            "content": [{"type": "tool_result", "content": [{"type": "text", "text": "67"}, image]}],
        },
        {
            "role": "user",
            "content": [
                {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "890"}}
            ],
        },
    ]
    assert measure(body(system="sys", messages=messages, tools=[{}])) == Content(
        has_tools=True, has_images=True, input_chars=18
    )
    assert measure(body(messages=[{"type": ["image"]}])) == Content()


def test_usage_is_always_sent_and_only_the_model_is_renamed() -> None:
    one = body(x=1)
    assert ask_usage(one) is one
    assert hides_usage(Event(data=b"{}")) is False
    assert rename_model(one, "n") == b'{"model": "n", "x": 1}'
