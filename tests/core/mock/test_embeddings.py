"""mock/embed: unit vectors that are always the same."""

import base64
import json
import math
import struct
from typing import Any

import pytest

from aigw_dev.core.mock import MockReply, answer


def ask(given: Any, **fields: Any) -> MockReply:
    body = json.dumps({"model": "mock/embed", "input": given, **fields}).encode()
    return answer("POST", "/v1/embeddings", body, now_s=1, id_seed="abc")


def vectors(reply: MockReply) -> list[list[float]]:
    assert reply.status == 200, reply
    rows: list[dict[str, Any]] = json.loads(reply.chunks[0])["data"]
    assert [row["index"] for row in rows] == list(range(len(rows)))
    return [row["embedding"] for row in rows]


@pytest.mark.parametrize("given", ["text", ["text"], [1, 2], [[1, 2]], ["a", [1], "b"]])
def test_every_legal_input_is_embedded(given: Any) -> None:
    found = vectors(ask(given))
    assert len(found) == (3 if given == ["a", [1], "b"] else 1)
    for vector in found:
        assert len(vector) == 256
        assert math.hypot(*vector) == pytest.approx(1.0, abs=1e-6)


def test_equal_inputs_are_equal_and_others_are_far_apart() -> None:
    one, same, other = vectors(ask(["a", "a", "b"]))
    assert one == same
    assert abs(sum(x * y for x, y in zip(one, other, strict=True))) < 0.4
    assert vectors(ask([[1, 2]])) == vectors(ask([1, 2]))


def test_base64_holds_the_same_numbers() -> None:
    [floats] = vectors(ask("a", dimensions=8))
    packed: Any = vectors(ask("a", dimensions=8, encoding_format="base64"))
    assert list(struct.unpack("<8f", base64.b64decode(packed[0]))) == floats


@pytest.mark.parametrize("dimensions", [1, 8, 4096])
def test_dimensions_are_taken(dimensions: int) -> None:
    [vector] = vectors(ask("a", dimensions=dimensions))
    assert len(vector) == dimensions


WRONG: list[tuple[Any, dict[str, Any], str]] = [
    ("", {}, "input"),
    (None, {}, "input"),
    ([], {}, "input"),
    ([""], {}, "input"),
    ([[]], {}, "input"),
    ([True], {}, "input"),
    ([1.5], {}, "input"),
    ({"a": 1}, {}, "input"),
    (["a"] * 2049, {}, "input"),
    ("a", {"dimensions": 0}, "dimensions"),
    ("a", {"dimensions": 4097}, "dimensions"),
    ("a", {"dimensions": True}, "dimensions"),
    ("a", {"dimensions": "8"}, "dimensions"),
    ("a", {"encoding_format": "hex"}, "encoding_format"),
    ("a", {"encoding_format": ["float"]}, "encoding_format"),
]


@pytest.mark.parametrize(("given", "fields", "param"), WRONG)
def test_any_other_request_is_an_error(given: Any, fields: dict[str, Any], param: str) -> None:
    reply = ask(given, **fields)
    assert (reply.status, json.loads(reply.chunks[0])["error"]["param"]) == (400, param)


def test_tokens_are_counted() -> None:
    usage = json.loads(ask([[1, 2, 3], [4]]).chunks[0])["usage"]
    assert usage == {"prompt_tokens": 4, "total_tokens": 4}
    assert json.loads(ask("some text").chunks[0])["usage"]["prompt_tokens"] > 0
