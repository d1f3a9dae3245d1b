"""Fields of a caller's object, checked."""

import msgspec
import pytest

from aigw_dev.core.dialects.anthropic.fields import (
    Fields,
    MalformedError,
    array_at,
    kept,
    object_at,
    string_at,
)

FIELDS = object_at(msgspec.Raw(b'{"t":"x","i":3,"n":1.5,"b":true,"o":{"k":1},"a":[1,"y"],"nil":null}'), "")


def test_every_kind_is_read() -> None:
    assert (FIELDS.text("t"), FIELDS.integer("i"), FIELDS.number("n"), FIELDS.boolean("b")) == (
        "x",
        3,
        1.5,
        True,
    )
    inner = FIELDS.object("o")
    assert inner is not None
    assert (inner.path, inner.at("k"), inner.integer("k")) == ("o", "o.k", 1)
    assert [(bytes(raw), path) for raw, path in FIELDS.array("a")] == [(b"1", "a[0]"), (b'"y"', "a[1]")]
    assert bytes(FIELDS.json_object("o")) == b'{"k":1}'


@pytest.mark.parametrize("name", ["nil", "absent"])
def test_null_is_like_absent(name: str) -> None:
    assert (FIELDS.text(name), FIELDS.integer(name), FIELDS.number(name), FIELDS.boolean(name)) == (
        "",
        None,
        None,
        None,
    )
    assert FIELDS.object(name) is None
    assert list(FIELDS.array(name)) == []
    with pytest.raises(MalformedError) as caught:
        FIELDS.needed(name)
    assert caught.value.refusal.param == name


def test_a_wrong_type_names_its_place() -> None:
    for read in (FIELDS.integer, FIELDS.number, FIELDS.boolean, FIELDS.object, FIELDS.json_object):
        with pytest.raises(MalformedError, match="must be") as caught:
            read("t")
        assert caught.value.refusal.message.startswith("`t` must be")
    with pytest.raises(MalformedError):
        FIELDS.text("i")
    with pytest.raises(MalformedError, match="Unicode"):
        Fields({"bad": msgspec.Raw(b'"\\ud800"')}, "").text("bad")
    with pytest.raises(MalformedError):
        list(FIELDS.array("t"))
    with pytest.raises(MalformedError):
        Fields({"i": msgspec.Raw(b"9007199254740993")}, "").integer("i")
    for read_at in (array_at, object_at, string_at):
        with pytest.raises(MalformedError):
            read_at(msgspec.Raw(b"1"), "p")


def test_others_are_what_nobody_knows() -> None:
    assert {path for path, _ in FIELDS.others(frozenset({"t", "i"}))} == {"n", "b", "o", "a"}
    assert bytes(kept(None)) == b"null"
