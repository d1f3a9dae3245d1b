"""A streamed array is cut into its items, wherever it breaks."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.dialects import gemini
from aigw_dev.core.errors import UpstreamError
from aigw_dev.core.streams.sse import MAX_EVENT_BYTES


@given(
    st.lists(st.dictionaries(st.text(max_size=4), st.text(alphabet='a"\\{}[],é\u2028', max_size=8) | st.lists(st.integers(), max_size=2), max_size=3), max_size=4),
    st.integers(1, 7),
    st.sampled_from([None, 1]),
    st.booleans(),
)  # fmt: skip
def test_an_array_is_cut_the_same_wherever_it_breaks(
    items: Any, step: int, indent: int | None, is_ascii: bool
) -> None:
    whole = json.dumps(items, indent=indent, ensure_ascii=is_ascii).encode()
    framer = gemini.ArrayFramer()
    events = [one for start in range(0, len(whole), step) for one in framer.feed(whole[start : start + step])]
    assert [json.loads(one.data) for one in events] == items
    assert framer.close() == []


def test_a_bare_object_is_one_event_and_a_broken_one_is_seen() -> None:
    framer = gemini.ArrayFramer()
    assert [one.data for one in framer.feed(b' {"error":{}} {"x":1}')] == [b'{"error":{}}']
    framer = gemini.ArrayFramer()
    assert framer.feed(b'[{"a":1},{"b":"') != []
    assert [one.data for one in framer.close()] == [b'{"b":"']
    assert gemini.ArrayFramer().feed(b"<html>{}</html>") != []
    assert [one.data for one in gemini.ArrayFramer().feed(b'[{"a":1}]{"b":1}')] == [b'{"a":1}']


def test_an_item_without_end_is_refused() -> None:
    framer = gemini.ArrayFramer()
    framer.feed(b'[{"a":"')
    megabyte = b"x" * (1 << 20)
    for _ in range((MAX_EVENT_BYTES >> 20) - 1):
        framer.feed(megabyte)
    with pytest.raises(UpstreamError, match="larger than 16 MiB"):
        framer.feed(megabyte)
