"""Chunks and replies are read with their types, and without them where they do not keep to them."""

import pytest

from aigw_dev.core.dialects.openai_wire import Chunk, decode_chunk


def chunk(data: bytes) -> Chunk:
    decoded = decode_chunk(data)
    assert decoded is not None
    return decoded


def test_unknown_fields_are_skipped_and_raw_ones_kept() -> None:
    read = chunk(
        b'{"id":"x","obfuscation":"y","model":"m","choices":[{"logprobs":{}}],"usage":{ "a":1.50},"error":null}'
    )
    assert (read.model, bytes(read.usage), bytes(read.error)) == ("m", b'{ "a":1.50}', b"null")
    assert read.choices is not None
    assert len(read.choices) == 1


@pytest.mark.parametrize("data", [b"", b"[DONE]", b"[]", b"7", b"null", b'"text"', b"{", b"\xff"])
def test_what_is_no_object_is_no_chunk(data: bytes) -> None:
    assert decode_chunk(data) is None


@pytest.mark.parametrize(
    "data",
    [
        b'{"model":"m","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}],"usage":{"x":1}}',
        b'{"model":"m","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}],"usage":{"x":1},"x_groq":7}',
        b'{"model":"m","choices":[{"index":0,"delta":{"content":"a","refusal":[]},"finish_reason":"stop"}],"usage":{"x":1}}',
    ],
)
def test_a_wrong_field_costs_only_itself(data: bytes) -> None:
    read = chunk(data)
    assert read.choices is not None
    [choice] = read.choices
    assert choice.delta is not None
    assert (read.model, choice.delta.content, choice.finish_reason) == ("m", "a", "stop")
    assert b'"x"' in bytes(read.usage)


def test_arguments_sent_as_an_object_become_their_text() -> None:
    read = chunk(b'{"choices":[{"delta":{"function_call":{"name":"f","arguments":{"x":[1]}}}}]}')
    assert read.choices is not None
    assert read.choices[0].delta is not None
    function = read.choices[0].delta.function_call
    assert function is not None
    assert (function.name, function.arguments) == ("f", '{"x": [1]}')


def test_nesting_at_the_edge_of_what_can_be_read_is_no_crash() -> None:
    for depth in range(850, 1010):
        decode_chunk(b'{"model":7,"error":' + b"[" * depth + b"]" * depth + b"}")


def test_nesting_without_end_is_no_chunk() -> None:
    deep = b'{"thinking":[' * 600 + b"7" + b"]}" * 600
    assert decode_chunk(b'{"choices":[{"delta":{"content":[' + deep + b"]}}]}") is None
