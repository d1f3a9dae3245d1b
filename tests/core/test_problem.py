"""A problem says what, where, and how to mend it, as far as it is known."""

import pytest

from aigw_dev.core.problem import Problem


@pytest.mark.parametrize(
    ("problem", "where"),
    [
        (Problem(path=(), message="no"), ""),
        (Problem(path=("routes", "a", 0), message="no"), "routes.a.0"),
        (Problem(path=("a",), message="no", file="x.yaml"), "x.yaml a"),
        (Problem(path=("a",), message="no", file="x.yaml", line=3, column=5), "x.yaml:3:5 a"),
        (Problem(path=(), message="no", file="x.yaml", line=3, column=5), "x.yaml:3:5"),
    ],
)
def test_where_a_problem_is(problem: Problem, where: str) -> None:
    assert problem.where() == where


def test_the_whole_text() -> None:
    assert Problem(path=(), message="It is empty.").text() == "It is empty."
    assert Problem(path=("a",), message="no", hint="yes").text() == "a: no\n  yes"
