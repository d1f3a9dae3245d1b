"""A route is drawn so that everybody can read it: with any width, without colour, with ASCII only, from the log alone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core import harmless
from aigw_dev.core.config import Route
from aigw_dev.core.routing import cells, draw
from aigw_dev.core.routing.facts import Facts
from aigw_dev.core.routing.flow import CompiledRoute, Decision, compile_route, decide

FREE = {"tier": "free", "region": "eu"}


def decided(route: CompiledRoute, metadata: dict[str, Any], *, conversation: str = "") -> Decision:
    decision = decide(route, Facts(metadata=metadata), draw=lambda: 0.25, conversation=conversation)
    assert isinstance(decision, Decision)
    return decision


def golden(samples: Path, name: str) -> str:
    return (samples / "drawings" / f"{name}.txt").read_text("utf-8").rstrip("\n")


@pytest.mark.parametrize("name", ["seed", "ai-test", "canary", "resilient", "every-operator"])
def test_a_route_is_drawn_whole(name: str, route_of: Callable[[str], CompiledRoute], samples: Path) -> None:
    assert draw.text(route_of(name)) == golden(samples, name)


@pytest.mark.parametrize(
    ("case", "metadata"), [("pro", {"tier": "pro"}), ("eu", FREE), ("elsewhere", {"region": "us"})]
)
def test_a_decision_is_drawn_into_its_route(
    case: str, metadata: dict[str, Any], route_of: Callable[[str], CompiledRoute], samples: Path
) -> None:
    route = route_of("ai-test")
    assert draw.text(route, decided(route, metadata, conversation="c1")) == golden(samples, f"ai-test-{case}")


def test_a_stored_decision_is_drawn_without_its_route(
    route_of: Callable[[str], CompiledRoute], samples: Path
) -> None:
    stored = msgspec.json.encode(decided(route_of("ai-test"), FREE))
    assert draw.stored(stored) == golden(samples, "ai-test-eu-stored")
    assert draw.stored(stored.decode(), width=60, ascii=True) == golden(samples, "ai-test-eu-stored-ascii")


def test_what_is_no_decision_cannot_be_drawn() -> None:
    with pytest.raises(msgspec.DecodeError):
        draw.stored(b"")
    assert not draw.text(None)


@pytest.mark.parametrize("name", ["ai-test", "every-operator", "resilient"])
@pytest.mark.parametrize("is_ascii", [False, True])
def test_every_line_fits_the_width(
    name: str, is_ascii: bool, route_of: Callable[[str], CompiledRoute]
) -> None:
    route = route_of(name)
    for decision in (None, decided(route, FREE)):
        for width in (60, 80, 120):
            lines = draw.text(route, decision, width=width, ascii=is_ascii).split("\n")
            assert all(cells.width(line) <= width and line == line.rstrip() for line in lines)


def test_a_width_too_small_still_draws(route_of: Callable[[str], CompiledRoute]) -> None:
    assert "mock/echo" in draw.text(route_of("every-operator"), width=1)


def test_the_taken_path_is_told_by_words_and_by_strokes(route_of: Callable[[str], CompiledRoute]) -> None:
    route = route_of("seed")
    unicode_lines = draw.text(route, decided(route, {"test-key": "ok"})).split("\n")
    ascii_lines = draw.text(route, decided(route, {"test-key": "ok"}), ascii=True).split("\n")
    assert "    ┣━▶ then (taken): qwen/qwen-plus" in unicode_lines
    assert "    └── else (not taken): openai/gpt-4o" in unicode_lines
    assert "    |=> then (taken): qwen/qwen-plus" in ascii_lines
    assert "    `-- else (not taken): openai/gpt-4o" in ascii_lines


@given(st.text(st.characters(codec="utf-8"), max_size=30))
def test_no_value_steers_the_terminal(value: str) -> None:
    route, _ = compile_route(
        "r", Route(flow={"if": "metadata.x == 'a'", "then": {"send": "mock/a"}, "else": {"send": "mock/b"}})
    )
    assert route is not None
    decision = decided(route, {"x": value})
    for drawn in (draw.text(route, decision), draw.stored(msgspec.json.encode(decision))):
        assert harmless.block(drawn) == drawn
    assert draw.text(route, decision, ascii=True).isascii()


def test_wide_characters_keep_the_frame() -> None:
    route, _ = compile_route("r", Route(flow={"send": "mock/" + "漢" * 60}, description="路由"))
    assert route is not None
    assert all(cells.width(line) <= 40 for line in draw.text(route, width=40).split("\n"))
