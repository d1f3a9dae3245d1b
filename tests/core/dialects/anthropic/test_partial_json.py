"""JSON that was cut off, ended."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.dialects.anthropic.partial_json import ending_of

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(max_size=4), JSON, max_size=4), st.booleans(), st.data())
def test_an_object_cut_anywhere_can_be_ended(
    value: dict[str, Any], is_ascii: bool, data: st.DataObject
) -> None:
    text = json.dumps(value, ensure_ascii=is_ascii)
    cut = text[: data.draw(st.integers(0, len(text)))]
    ending = ending_of(cut)
    if ending is None:
        # Half of a surrogate pair: what follows it is not known.
        assert "\\ud" in cut
    else:
        json.loads(cut + ending)


def test_what_is_whole_needs_nothing_and_nothing_becomes_an_object() -> None:
    assert ending_of('{"a":1}') == ""
    assert ending_of(" ") == "{}"


@pytest.mark.parametrize("text", ["}", '{"a" "b"', "{}}", "{1"])
def test_what_was_never_json_cannot_be_ended(text: str) -> None:
    assert ending_of(text) is None
