"""Embeddings between OpenAI's and Gemini's wire."""

import base64
import json
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.dialects.gemini import embed
from aigw_dev.core.dialects.protocol import ReplyError
from aigw_dev.core.dialects.request_body import RequestBody, read_body
from aigw_dev.core.errors import Refusal
from aigw_dev.core.ledger import Ledger


def body(value: Any) -> RequestBody:
    read = read_body(json.dumps(value).encode())
    assert isinstance(read, RequestBody)
    return read


def test_openai_asks_gemini_answers() -> None:
    asked = embed.read_openai(
        body({"model": "m", "input": ["a", "b"], "dimensions": 2, "encoding_format": "base64", "user": "u"})
    )
    assert isinstance(asked, embed.EmbedRequest)
    ledger = Ledger()
    out = embed.write_gemini(asked, model="models/g", ledger=ledger)
    assert out.path == "/models/{model}:batchEmbedContents"
    assert json.loads(out.body)["requests"][1] == {
        "model": "models/g",
        "content": {"parts": [{"text": "b"}]},
        "outputDimensionality": 2,
    }
    assert [one.field for one in ledger.entries] == ["user"]
    reply = embed.read_gemini_reply(b'{"embeddings":[{"values":[0.5,1]},{"values":[2,3]}]}')
    assert isinstance(reply, embed.EmbedReply)
    said = json.loads(embed.write_openai_reply(reply, asked, model="g", input_estimate=4))
    assert struct.unpack("<2f", base64.b64decode(said["data"][0]["embedding"])) == (0.5, 1.0)  # fact 25
    assert (said["data"][1]["index"], said["usage"]["prompt_tokens"]) == (1, 4)


def test_floats_where_nobody_asked_for_base64() -> None:
    asked = embed.read_openai(body({"input": "a"}))
    assert isinstance(asked, embed.EmbedRequest)
    assert "outputDimensionality" not in embed.write_gemini(asked, model="g", ledger=Ledger()).body.decode()
    reply = embed.read_gemini_reply(b'{"embedding":{"values":[0.5]},"usageMetadata":{"promptTokenCount":3}}')
    assert isinstance(reply, embed.EmbedReply)
    said = json.loads(embed.write_openai_reply(reply, asked, model="g"))
    assert said["data"] == [{"object": "embedding", "index": 0, "embedding": [0.5]}]
    assert said["usage"] == {"prompt_tokens": 3, "total_tokens": 3}


def test_gemini_asks_openai_answers() -> None:
    asked = embed.read_gemini(
        body({"requests": [{"model": "models/q", "content": {"parts": {"text": "a"}}, "output_dimensionality": 2, "taskType": "X"}]})
    )  # fmt: skip
    assert isinstance(asked, embed.EmbedRequest)
    ledger = Ledger()
    out = embed.write_openai(asked, model="e", ledger=ledger)
    assert (out.path, json.loads(out.body)) == (
        "/embeddings",
        {"model": "e", "input": ["a"], "encoding_format": "float", "dimensions": 2},
    )
    assert [one.field for one in ledger.entries] == ["requests[0].taskType"]
    packed = base64.b64encode(struct.pack("<2f", 2.0, 3.0)).decode()
    reply = embed.read_openai_reply(
        json.dumps({"data": [{"index": 1, "embedding": packed}, {"index": 0, "embedding": [0.5, 1]}], "usage": {"prompt_tokens": 3}}).encode()
    )  # fmt: skip
    assert isinstance(reply, embed.EmbedReply)
    assert reply.vectors == ((0.5, 1.0), (2.0, 3.0))
    assert json.loads(embed.write_gemini_reply(reply, asked)) == {
        "embeddings": [{"values": [0.5, 1.0]}, {"values": [2.0, 3.0]}],
        "usageMetadata": {"promptTokenCount": 3},
    }


def test_a_single_gemini_request_gets_a_single_reply() -> None:
    asked = embed.read_gemini(body({"content": {"parts": [{"text": "a"}, {"text": "b"}]}}))
    assert isinstance(asked, embed.EmbedRequest)
    assert (asked.inputs, asked.is_batch) == (("a\nb",), False)
    assert "dimensions" not in json.loads(embed.write_openai(asked, model="e", ledger=Ledger()).body)
    reply = embed.read_openai_reply(b'{"data":[{"embedding":[1]}]}')
    assert isinstance(reply, embed.EmbedReply)
    assert json.loads(embed.write_gemini_reply(reply, asked)) == {"embedding": {"values": [1.0]}}


_REFUSED: list[tuple[Any, Any, str]] = [
        (embed.read_openai, {}, "input"),
        (embed.read_openai, {"input": [1, 2]}, "input"),
        (embed.read_openai, {"input": [[1]]}, "input"),
        (embed.read_openai, {"input": "a", "dimensions": "x"}, "dimensions"),
        (embed.read_openai, {"input": "a", "encoding_format": "int8"}, "encoding_format"),
        (embed.read_gemini, {}, "content"),
        (embed.read_gemini, {"content": {"parts": []}}, "content"),
        (embed.read_gemini, {"content": {"parts": [{"inlineData": {}}]}}, "content"),
        (embed.read_gemini, {"content": {"parts": [{"text": "a"}]}, "outputDimensionality": "x"}, "outputDimensionality"),
        (embed.read_gemini, {"requests": []}, "requests"),
        (embed.read_gemini, {"requests": [{"content": {"parts": [{"text": "a"}]}}, {"content": {"parts": [{"text": "a"}]}, "outputDimensionality": 3}]}, "requests"),
    ]  # fmt: skip


@pytest.mark.parametrize(("read", "asked", "param"), _REFUSED)
def test_what_cannot_be_embedded_is_refused_by_name(read: Any, asked: Any, param: str) -> None:
    refused = read(body(asked))
    assert isinstance(refused, Refusal)
    assert refused.param == param


@pytest.mark.parametrize("read", [embed.read_gemini_reply, embed.read_openai_reply])
@pytest.mark.parametrize(
    "raw",
    [b"", b"{}", b'{"embeddings":[{"values":["x"]}]}', b'{"data":[{"embedding":"%%"}]}', b'{"error":{"message":"m"}}', b'{"data":[{"embedding":[true]}]}'],
)  # fmt: skip
def test_what_holds_no_vectors_is_an_error(read: Any, raw: bytes) -> None:
    assert isinstance(read(raw), ReplyError)


@given(st.recursive(st.none() | st.integers() | st.text(max_size=3), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
    st.sampled_from(["requests", "content", "parts", "text", "input", "data", "embedding", "values", "error", "dimensions"]), inner, max_size=3)))  # fmt: skip
def test_any_json_is_read_or_refused(value: Any) -> None:
    raw = json.dumps(value).encode()
    embed.read_gemini_reply(raw)
    embed.read_openai_reply(raw)
    read = read_body(raw)
    if isinstance(read, RequestBody):
        embed.read_gemini(read)
        embed.read_openai(read)
