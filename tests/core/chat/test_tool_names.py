"""Names and ids that fit, and the way back."""

import re

from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.chat.tool_names import restored, wire_id, wire_name


def test_a_name_that_fits_stays() -> None:
    assert wire_name("get_weather-2") == "get_weather-2"
    assert wire_name("x" * 64) == "x" * 64


def test_a_long_name_keeps_its_head_and_gets_a_hash() -> None:
    long = "x" * 70
    assert wire_name(long)[:56] == "x" * 55 + "_"
    assert len(wire_name(long)) == 64
    assert wire_name(long) != wire_name("x" * 71)
    assert wire_name("a.b") == "a_b_" + wire_name("a.b")[-8:]


def test_the_callers_name_comes_back() -> None:
    assert restored(wire_name("a.b"), ["a_b", "a.b"]) == "a.b"
    assert restored("a_b", ["a_b", "a.b"]) == "a_b"
    assert restored("unknown", ["a.b"]) == "unknown"


@given(st.text(max_size=90), st.text(max_size=90))
def test_every_name_and_id_fits_and_differs(one: str, other: str) -> None:
    assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", wire_name(one))
    assert re.fullmatch(r"[a-zA-Z0-9_-]{1,128}", wire_id(one))
    assert restored(wire_name(one), [other, one]) in {one, other}
    if one != other:
        assert wire_name(one) != wire_name(other)
        assert wire_id(one) != wire_id(other)


def test_an_id_that_fits_stays() -> None:
    assert wire_id("toolu_01A-b") == "toolu_01A-b"
    assert wire_id("").startswith("toolu_")
