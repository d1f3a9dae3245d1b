"""A condition reads the names there are, and a name that is none is answered with the nearest."""

import pytest

from aigw_dev.core.routing.names import ROOTS, Misnamed, Name, nearest, read_name


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("metadata.test-key", Name("metadata", ("test-key",))),
        ("metadata._x9", Name("metadata", ("_x9",))),
        ("header.X-Canary", Name("header", ("x-canary",))),
        ("query.Debug", Name("query", ("Debug",))),
        ("body.messages.0.content", Name("body", ("messages", 0, "content"))),
        ("body.messages.-1", Name("body", ("messages", -1))),
        ("model", Name("model")),
        ("has_tools", Name("has_tools")),
    ],
)
def test_a_name_is_read(word: str, name: Name) -> None:
    assert read_name(word) == name


@pytest.mark.parametrize("root", ROOTS)
def test_a_name_is_written_as_it_is_read(root: str) -> None:
    word = {0: root, 1: f"{root}.some-key", -1: f"{root}.a.0.b"}[ROOTS[root].parts]
    name = read_name(word)
    assert isinstance(name, Name)
    assert name.text() == word


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("strem", "did you mean `stream`?"),
        ("user", "did you mean `consumer`?"),
        ("user.name", "did you mean consumer?"),
        ("boddy.x", "did you mean `body.x`?"),
        ("tier", '`metadata.tier`, or as a text "tier"?'),
        ("qqqq.x", "the names are metadata.KEY"),
    ],
)
def test_a_word_that_is_no_name_gets_the_nearest_one(word: str, hint: str) -> None:
    misnamed = read_name(word)
    assert isinstance(misnamed, Misnamed)
    assert hint in misnamed.hint


@pytest.mark.parametrize(
    "word", ["header.Authorization", "header.X-Api-Key", "header.esa_aigw_auth", "header.cookie", "query.key"]
)
def test_a_credential_cannot_be_read(word: str) -> None:
    misnamed = read_name(word)
    assert isinstance(misnamed, Misnamed)
    assert "credential" in misnamed.message


def test_the_nearest_of_nothing_alike_is_empty() -> None:
    assert not nearest("zzzz", ("send", "split"))
    assert nearest("spilt", ("send", "split")) == "split"
