"""The usual chunk is read in one go, and every other is left to the careful way."""

import json
from typing import Any

import pytest

from aigw_dev.core.dialects import gemini
from aigw_dev.core.dialects.gemini.chunk import decode, has_counts, has_words_only
from aigw_dev.core.streams.sse import Event


def said(part: Any, **more: Any) -> bytes:
    return json.dumps({"candidates": [{"content": {"parts": [part]}, **more}]}).encode()


@pytest.mark.parametrize(
    ("data", "is_plain"),
    [
        (said({"text": "a"}), True),
        (said({"text": "a", "thought": True}, index=1), True),
        (b"{}", True),
        (b'{"candidates":[{}]}', True),
        (said({"text": "a", "thoughtSignature": "U0lH"}), False),
        (said({"functionCall": {}}), False),
        (said({"executableCode": {}}), False),
        (said({"text": "a"}, finishReason="STOP"), False),
        (said({"text": "a"}, groundingMetadata={"x": 1}), False),
        (said({"text": "a"}, citationMetadata={"x": 1}), False),
        (said({"text": "a"}, logprobsResult={"x": 1}), False),
        (b'{"promptFeedback":{}}', False),
    ],
)
def test_words_are_told_from_everything_else(data: bytes, is_plain: bool) -> None:
    chunk = decode(data)
    assert chunk is not None
    assert has_words_only(chunk) == is_plain


@pytest.mark.parametrize("data", [b"", b"[]", b'{"error":{}}', said({"text": 3}), b'{"candidates":3}'])
def test_what_is_not_usual_is_left_to_the_careful_way(data: bytes) -> None:
    assert decode(data) is None


def test_both_ways_say_the_same() -> None:
    plain = said({"text": "a"})
    careful = said({"text": "a"}, logprobsResult={"x": 1})
    for data in (plain, careful):
        decoder = gemini.stream_decoder()
        decoder.feed(Event(data=b'{"responseId":"r"}'))
        shown = [type(one).__name__ for one in decoder.feed(Event(data=data))]
        assert shown == ["BlockStarted", "Delta"]


def test_counts() -> None:
    assert has_counts(b'{"promptTokenCount":1}')
    assert not has_counts(b'{"trafficType":"ON_DEMAND"}')
