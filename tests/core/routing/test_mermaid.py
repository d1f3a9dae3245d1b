"""A route is a flowchart whose labels hold nothing that the chart's language reads."""

import re
from collections.abc import Callable
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.config import Route
from aigw_dev.core.routing.flow import CompiledRoute, compile_route
from aigw_dev.core.routing.mermaid import mermaid

BOX = re.compile(r'  n\d+(?:\(\["[^"]*"\]\)|\{"[^"]*"\}|\{\{"[^"]*"\}\}|\["[^"]*"\])')
LINK = re.compile(r'  n\d+ (?:-->|-\.->)(?:\|"[^"]*"\|)? n\d+')


def test_every_branch_and_fallback_is_drawn(route_of: Callable[[str], CompiledRoute], samples: Path) -> None:
    drawn = mermaid(route_of("ai-test"))
    assert drawn + "\n" == (samples / "drawings" / "ai-test.mmd").read_text("utf-8")


def is_chart(text: str) -> bool:
    first, *rest = text.split("\n")
    return first == "flowchart TD" and all(BOX.fullmatch(line) or LINK.fullmatch(line) for line in rest)


def test_a_split_has_its_shares_on_the_arrows(route_of: Callable[[str], CompiledRoute]) -> None:
    drawn = mermaid(route_of("canary"))
    assert is_chart(drawn)
    assert '|"95 #37;"|' in drawn


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=30))
def test_no_text_gets_out_of_its_label(text: str) -> None:
    model = "".join(char for char in text if char.isprintable()) or "m"
    flow = {
        "if": f"metadata.x == {text!r}".replace("\\x", "\\\\x"),
        "then": {"send": f"mock/{model}"},
        "else": {"send": "mock/echo"},
    }
    route, problems = compile_route(text, Route(flow=flow))
    if route is not None:
        assert is_chart(mermaid(route)), problems


def test_quotes_and_brackets_are_written_as_codes() -> None:
    route, _ = compile_route("a", Route(flow={"send": 'mock/"]<b>;`#'}))
    assert route is not None
    assert '["mock/#34;#93;#60;b#62;#59;#96;#35;"]' in mermaid(route)


def test_a_long_condition_is_cut() -> None:
    condition = " or ".join(["stream"] * 100)
    route, _ = compile_route(
        "a", Route(flow={"if": condition, "then": {"send": "mock/a"}, "else": {"send": "mock/b"}})
    )
    assert route is not None
    assert max(map(len, mermaid(route).split("\n"))) < 200
