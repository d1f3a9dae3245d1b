"""A logged exchange as a call."""

import shlex

import msgspec

from aigw_dev.tui.logs.call import body_of, curl_of, metadata_of
from tests.tui.logs.test_facts import exchange

URL = "http://127.0.0.1:2449"


def test_a_call_is_made_again_with_metadata_and_without_credentials() -> None:
    one = exchange()
    one["request_headers"] += [
        ["x-stainless-os", "Linux"],
        ["anthropic-beta", "x"],
        ["authorization", "Bearer [masked]"],
    ]
    words = shlex.split(curl_of(one, URL))
    assert msgspec.json.decode(words[words.index("-d") + 1]) == body_of(one)
    headers = [words[at + 1] for at, word in enumerate(words) if word == "-H"]
    assert any(header.startswith("x-ai-route-metadata") for header in headers)
    assert "anthropic-beta: x" in headers
    assert not any("stainless" in header or "masked" in header for header in headers)


def test_metadata_in_either_spelling_and_bodies_that_are_none() -> None:
    assert metadata_of(exchange()) == {"tier": "free", "lang": "en"}
    assert metadata_of(exchange(request_headers=[["X-AI-Route-Metadata", "a=1; b=2"]])) == {
        "a": "1",
        "b": "2",
    }
    assert metadata_of(exchange(request_headers=[])) is None
    assert metadata_of(exchange(request_headers=[["x-ai-route-metadata", "[1]"]])) is None
    for body in (None, "", "no json", "[1]"):
        assert body_of(exchange(request_body=body)) is None
    assert curl_of(exchange(request_body=None), URL).startswith("# the request's body was not kept")
