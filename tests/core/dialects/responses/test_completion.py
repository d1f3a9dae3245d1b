"""JSON that a model did not finish."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.dialects.responses.completion import completed, completion

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=4), _JSON, max_size=3), st.data(), st.booleans())
def test_an_object_cut_anywhere_becomes_valid_again(value: object, data: st.DataObject, ascii_: bool) -> None:
    whole = json.dumps(value, ensure_ascii=ascii_)
    cut = data.draw(st.integers(0, len(whole)))
    json.loads(completed(whole[:cut]))
    assert completed(whole) == whole


@pytest.mark.parametrize(
    ("text", "missing"),
    [("", "{}"), ("{}", ""), ('{"a": "Par', '"}'), ('{"a"', ":null}"), ('{"a":', "null}"), ('{"a":1,', '"":null}'),
     ('{"a":tr', "ue}"), ('{"a":"\\', '\\"}'), ('{"a":"\\u00', '00"}'), ('[{"a":-', "0}]")],
)  # fmt: skip
def test_only_what_is_missing_is_added(text: str, missing: str) -> None:
    assert completion(text) == missing


def test_what_is_no_json_cannot_be_completed() -> None:
    assert completion("hello") is None
    assert completed("}{") == "{}"
    assert completed("  ") == "{}"
    assert completion("[" * 100_000) is None
