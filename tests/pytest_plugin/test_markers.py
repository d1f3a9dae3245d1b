"""Markers, from the module inwards."""

from decimal import Decimal
from types import SimpleNamespace
from typing import cast

import pytest

from aigw_dev.pytest_plugin import markers


def item(pytester: pytest.Pytester, body: str) -> pytest.Item:
    pytester.plugins = ["aigw_dev.pytest_plugin"]
    return pytester.getitem(f"import pytest\n{body}", funcname="test_it")


def test_the_closest_marker_wins_and_ignores_add_up(pytester: pytest.Pytester) -> None:
    found = markers.wanted_of(
        item(
            pytester,
            """
pytestmark = pytest.mark.aigw(max_cost="0.05", ignore="$.user", mode="auto", repeat="last")
@pytest.mark.aigw(mode="replay", ignore=["$.seed"], timing="x2", max_calls=3, repeat=None)
@pytest.mark.aigw_fault("http.429", times=2, node="n1")
@pytest.mark.aigw_fault("stream.cut@provider:openai;times=1")
def test_it(): ...
""",
        )
    )
    assert found == markers.Wanted(
        max_cost=Decimal("0.05"),
        ignore=("$.user", "$.seed"),
        mode="replay",
        timing="x2",
        max_calls=3,
        faults=(
            {"fault": "http.429", "times": 2, "node": "n1"},
            {"fault": "stream.cut@provider:openai;times=1"},
        ),
    )


@pytest.mark.parametrize(
    ("marker", "words"),
    [
        ("aigw('name')", "takes names only: fixture='name'"),
        ("aigw(fixtur='a')", "knows no fixtur=; did you mean fixture="),
        ("aigw(mode='reply')", "say one of replay, auto"),
        ("aigw(repeat='again')", "say 'last' or 'cycle'"),
        ("aigw(max_cost='much')", "max_cost = 'much'"),
        ("aigw(timing='slow')", "timing = 'slow'"),
        ("aigw_fault()", "takes a fault's id first"),
    ],
)
def test_what_cannot_be_meant_is_said(pytester: pytest.Pytester, marker: str, words: str) -> None:
    with pytest.raises(pytest.UsageError, match=words.replace("(", r"\(")):
        markers.wanted_of(item(pytester, f"@pytest.mark.{marker}\ndef test_it(): ..."))


@pytest.mark.parametrize(
    ("head", "is_user"),
    [
        ("def test_it(): ...", False),
        ("def test_it(tmp_path): ...", False),
        ("@pytest.mark.aigw_live\ndef test_it(): ...", True),
        ("@pytest.mark.aigw_fault('http.500')\ndef test_it(): ...", True),
        ("@pytest.fixture\ndef aigw(): ...\ndef test_it(aigw): ...", True),
    ],
)
def test_who_uses_it(pytester: pytest.Pytester, head: str, is_user: bool) -> None:
    assert markers.is_user(item(pytester, head)) == is_user


@pytest.mark.parametrize(
    ("nodeid", "marks", "test"),
    [
        ("a.py::t", [], "a.py::t"),
        ("a.py::t@b", [], "a.py::t@b"),
        ("a.py::t@b", [pytest.mark.xdist_group("b")], "a.py::t"),
        ("a.py::t", [pytest.mark.xdist_group(name="b")], "a.py::t"),
        ("a.py::t@b_c", [pytest.mark.xdist_group("c"), pytest.mark.xdist_group(name="b")], "a.py::t"),
        ("a.py::t@default", [pytest.mark.xdist_group()], "a.py::t"),
    ],
)
def test_a_group_of_xdist_is_no_part_of_the_id(
    nodeid: str, marks: list[pytest.MarkDecorator], test: str
) -> None:
    def marked(_name: str) -> list[pytest.Mark]:
        return [each.mark for each in marks]

    grouped = SimpleNamespace(nodeid=nodeid, iter_markers=marked)
    assert markers.test_id(cast("pytest.Item", grouped)) == test


def test_live_says_so_in_either_way(pytester: pytest.Pytester) -> None:
    assert markers.is_live_only(item(pytester, "@pytest.mark.aigw(live=True)\ndef test_it(): ..."))


def test_the_closest_word_about_live_wins(pytester: pytest.Pytester) -> None:
    closest = "pytestmark = pytest.mark.aigw(live=True)\n@pytest.mark.aigw(live=False)\ndef test_it(): ..."
    assert not markers.is_live_only(item(pytester, closest))
