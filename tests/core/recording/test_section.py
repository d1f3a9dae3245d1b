from typing import Any

import pytest

from aigw_dev.core.recording.fixture import (
    FixtureError,
)
from aigw_dev.core.recording.literals import Wrong
from aigw_dev.core.recording.section import Section, decoded
from tests.core.recording.made_documents import fixture, refused, with_reply


@pytest.mark.parametrize(
    ("document", "where", "hint"),
    [
        (fixture(interaction=[]), "$", "did you mean `interactions`?"),
        (fixture(zzz=[]), "$", "known here"),
        ({"aigw_fixture": 1, "interacions": []}, "$", "`interacions` is there"),
        (fixture(interactions=[{"request": {"op": "o"}}]), "$.interactions[0]", ""),
        (
            fixture(interactions=[{"request": {"op": "o", "bodi": 1}, "attempts": []}]),
            "$.interactions[0].request",
            "body",
        ),
        (with_reply({"event": []}), "$.interactions[0].attempts[0].response", "did you mean `events`?"),
    ],
)
def test_unknown_and_missing_fields_are_named_with_the_nearest(document: Any, where: str, hint: str) -> None:
    error = refused(document)
    assert error.where == where
    assert hint in error.hint


@pytest.mark.parametrize(
    ("document", "where"),
    [
        (fixture(interactions={}), "$.interactions"),
        (fixture(interactions=[1]), "$.interactions[0]"),
        (fixture(test=1), "$.test"),
        (fixture(notes=1), "$.notes"),
        (fixture(ignore=["a", 1]), "$.ignore[1]"),
        (
            fixture(interactions=[{"request": {"op": "o"}, "attempts": [], "repeat": "often"}]),
            "$.interactions[0].repeat",
        ),
        (
            fixture(interactions=[{"request": {"op": "o"}, "attempts": [], "usage": []}]),
            "$.interactions[0].usage",
        ),
        (
            fixture(interactions=[{"request": {"op": "o", "headers": {"a": 1}}, "attempts": []}]),
            "$.interactions[0].request.headers.a",
        ),
        (
            fixture(interactions=[{"request": {"op": "o", "form": []}, "attempts": []}]),
            "$.interactions[0].request.form",
        ),
        (with_reply({}, request="other"), "$.interactions[0].attempts[0].request"),
    ],
)
def test_wrong_types_are_refused_where_they_stand(document: Any, where: str) -> None:
    assert refused(document).where == where


def test_a_section_takes_fields_of_one_type_and_refuses_the_rest() -> None:
    section = Section({"a": "x", "n": 1, "lines": {"~lines": ["a", "b"]}, "none": None}, "$.x")
    assert section.take("a", str) == "x"
    assert section.take("b", str, "") == ""
    assert section.take("c", int, None) is None
    assert section.text("lines") == "a\nb"
    assert section.optional("none") is None
    with pytest.raises(FixtureError, match="there is no field `n` here"):
        section.end()
    assert section.take("n", int) == 1
    section.end()
    with pytest.raises(FixtureError, match=r"\$.x: the field `n` is missing"):
        section.pop("n")


def test_what_is_wrong_deep_in_a_value_is_said_with_its_path() -> None:
    def fail() -> None:
        error = Wrong("bad", "mend it")
        error.steps += [3, "b", "a"]
        raise error

    with pytest.raises(FixtureError) as caught:
        decoded(fail, "$.x")
    assert caught.value.where == "$.x.a.b[3]"
    assert caught.value.hint == "mend it"
