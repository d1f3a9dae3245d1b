"""Fields of JSON and of forms are read alike, and every one of them has a fate in the ledger."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.providers.asked_fields import AskedFields
from tests.core.providers.run_adapter import asked


def fields_of(body: dict[str, object] | None = None, form: dict[str, str] | None = None) -> AskedFields:
    return AskedFields(asked("x", body=body, fields=form))


@pytest.mark.parametrize("form", [False, True])
def test_json_and_form_read_alike(form: bool) -> None:
    values: dict[str, object] = {"prompt": "p", "n": "2", "speed": "1.5", "watermark": "true"}
    read = fields_of(form={name: str(value) for name, value in values.items()}) if form else fields_of(values)
    assert (read.text("prompt"), read.count("n", 1, 3)) == ("p", 2)
    assert (read.number("speed", 0, 4), read.flag("watermark")) == (1.5, True)
    assert read.refusal is None


def test_json_keeps_its_own_types() -> None:
    read = fields_of({"n": 2, "speed": 1.5, "on": False, "off": None})
    assert (read.count("n", 1, 3), read.number("speed", 0, 4), read.flag("on")) == (2, 1.5, False)
    assert (read.has("off"), read.value("off"), read.flag("off")) == (False, None, None)
    assert read.has("off", "n")


def test_what_is_absent_has_a_default_and_no_fault() -> None:
    read = fields_of({})
    assert (read.text("a"), read.choice("b", ("x",), "x"), read.count("c", 1, 2), read.flag("d")) == (
        "",
        "x",
        None,
        None,
    )
    assert read.refusal is None


@pytest.mark.parametrize(
    ("value", "how"),
    [
        (7, "text"),
        ("", "needed"),
        (None, "needed"),
        ("z", "choice"),
        (0, "count"),
        (1.5, "count"),
        ("x", "number"),
        (True, "number"),
        ([], "number"),
        ("inf", "number"),
        (10**400, "number"),
        ("perhaps", "flag"),
        (1, "flag"),
    ],
)
def test_a_fault_names_its_field(value: object, how: str) -> None:
    read = fields_of({"f": value})
    ways = {
        "text": lambda: read.text("f"),
        "needed": lambda: read.text("f", is_needed=True),
        "choice": lambda: read.choice("f", ("x", "y"), "x"),
        "count": lambda: read.count("f", 1, 3),
        "number": lambda: read.number("f", 0, 3),
        "flag": lambda: read.flag("f"),
    }
    ways[how]()
    assert read.refusal is not None
    assert (read.refusal.code, read.refusal.param) == ("invalid_request", "f")


def test_the_first_fault_is_the_one_that_is_told() -> None:
    read = fields_of({"a": 1, "b": 2})
    read.text("a")
    read.text("b")
    assert read.refusal is not None
    assert read.refusal.param == "a"


def test_every_field_has_a_fate() -> None:
    wanted = asked("x", body={"model": "m", "a": 1, "b": 2, "c": 3, "d": None})
    read = AskedFields(wanted)
    read.value("a")
    read.value("b")
    wanted.ledger.approximated("b", "nearly")
    read.settle("nothing like it")
    assert list(wanted.ledger.kept) == ["a"]
    assert {(one.field, one.fate) for one in wanted.ledger.entries} == {
        ("b", "approximated"),
        ("c", "dropped"),
    }


@given(st.recursive(st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.text(st.characters(exclude_categories=["Cs"])), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3), max_leaves=6))  # fmt: skip
def test_no_value_makes_it_raise(value: object) -> None:
    read = fields_of({"f": value})
    read.text("f", is_needed=True)
    read.count("f", 1, 3)
    read.flag("f")
    read.choice("f", ("x",), "x")
