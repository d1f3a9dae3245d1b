import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.dialects.bedrock.cut_json import missing_end

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(max_size=5), JSON, max_size=4)


@given(OBJECTS, st.booleans(), st.data())
def test_an_object_cut_anywhere_is_completed(
    value: dict[str, object], is_ascii: bool, data: st.DataObject
) -> None:
    text = json.dumps(value, ensure_ascii=is_ascii)
    cut = text[: data.draw(st.integers(0, len(text)))]
    end = missing_end(cut)
    assert end is not None
    assert isinstance(json.loads(cut + end), dict)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("", "{}"),
        (" \n", "{}"),
        ('{"a":1}', ""),
        ('{"a":"b', '"}'),
        ('{"a":"b\\', '\\"}'),
        ('{"a":"\\u00', '00"}'),
        ('{"a":[1,', "null]}"),
        ('{"a', '":null}'),
        ('{"a":1,', '"":null}'),
        ('{"a":tr', "ue}"),
        ('{"a":-', "0}"),
    ],
)
def test_the_end_is_the_least_that_completes_it(text: str, end: str) -> None:
    assert missing_end(text) == end


@pytest.mark.parametrize("text", ["[]", "[1", '"x"', "1", "{a:1}", '{"a":1}}', "}{", "nonsense"])
def test_what_was_never_an_object_has_no_end(text: str) -> None:
    assert missing_end(text) is None


@given(st.text(max_size=40))
def test_no_text_breaks_it(text: str) -> None:
    missing_end(text)
    missing_end("{" + text)
