"""Events of a stream, read whatever they hold."""

import json

from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.dialects.responses.stream_wire import Wire, decode, loaded


def test_a_field_that_is_wrong_costs_no_other_field() -> None:
    wire = decode(
        b'{"type":"t","output_index":"x","delta":5,"content_index":1.0,"text":"a\\ud800","item":{"a":1},"part":null}'
    )
    assert wire is not None
    assert (wire.type, wire.output_index, wire.delta, wire.content_index, wire.text) == (
        "t",
        None,
        None,
        1,
        "a?",
    )
    assert loaded(wire.item) == {"a": 1}
    assert loaded(wire.part) == {}


def test_what_is_no_object_is_nothing() -> None:
    assert decode(b"[1]") is None
    assert decode(b"half {") is None


_JSON = st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.lists(st.integers(), max_size=2)


@given(st.dictionaries(st.sampled_from(Wire.__struct_fields__), _JSON))
def test_every_object_is_an_event(wire: dict[str, object]) -> None:
    assert isinstance(decode(json.dumps(wire).encode()), Wire)
