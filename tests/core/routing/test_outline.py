"""An outline says what was found, which branch was taken and why not the other."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from aigw_dev.core.config import Route
from aigw_dev.core.routing import outline
from aigw_dev.core.routing.facts import Facts
from aigw_dev.core.routing.flow import CompiledRoute, Decision, compile_route, decide
from aigw_dev.core.routing.outline import Twig

ECHO = {"send": "mock/echo"}


def compiled(flow: object) -> CompiledRoute:
    route, problems = compile_route("r", Route(flow=flow))
    assert route is not None, problems
    return route


def decided(route: CompiledRoute, facts: Facts, **more: Any) -> Decision:
    decision = decide(route, facts, draw=lambda: 0.97, **more)
    assert isinstance(decision, Decision)
    return msgspec.json.decode(msgspec.json.encode(decision), type=Decision)


def twigs(root: Twig) -> Iterator[Twig]:
    yield root
    for below in root.below:
        yield from twigs(below)


def both(route: CompiledRoute, decision: Decision) -> list[Twig]:
    """The outline with the route at hand, and from the stored decision alone."""
    return [outline.of_route(route, decision).below[0], outline.of_decision(decision).below[0]]


def test_without_a_decision_nothing_is_said_to_be_taken(route_of: Callable[[str], CompiledRoute]) -> None:
    root = outline.of_route(route_of("ai-test"))
    assert root.text == "dynamic/ai-test: Pro users get Qwen Max"
    assert {twig.state for twig in twigs(root)} == {""}
    assert not any(twig.details for twig in twigs(root))


def test_every_node_of_the_flow_is_there(route_of: Callable[[str], CompiledRoute]) -> None:
    texts = [f"{twig.label}: {twig.text}" for twig in twigs(outline.of_route(route_of("resilient")))]
    assert texts[1:] == [
        ': openai/gpt-4o (key openai-main, params {"temperature": 0}, retry 2, first_packet_timeout_ms 2000, timeout_ms 60000, fallback_on 404 403)',
        "fallback 1: openai/gpt-4o (key openai-spare, first_packet_timeout_ms 4000, fallback_on 404 403)",
        'fallback 2: qwen/qwen-plus (params {"temperature": 0, "enable_thinking": false})',
        "fallback 3: mock/echo (fallback_on 404 403)",
    ]


def test_long_params_are_cut() -> None:
    root = outline.of_route(compiled({"send": "mock/echo", "params": {"stop": ["x" * 100]}}))
    assert root.below[0].text == 'mock/echo (params {"stop": ["' + "x" * 48 + "…)"


def test_a_single_question_says_what_was_found() -> None:
    route = compiled({"if": 'metadata.tier == "pro"', "then": ECHO, "else": {"send": "mock/think"}})
    for root in both(route, decided(route, Facts(metadata={"tier": "free"}))):
        then, otherwise = root.below
        assert root.text == 'if metadata.tier == "pro" → false'
        assert root.details == ['metadata.tier is "free"']
        assert (then.label, then.state, otherwise.label, otherwise.state) == (
            "then",
            "not taken",
            "else",
            "taken",
        )
        assert then.details == ['because the condition is false: metadata.tier is "free"']
        assert not otherwise.details
        assert (then.text, otherwise.text) == ("mock/echo", "mock/think")


def test_a_true_condition_says_why_else_was_not_taken() -> None:
    route = compiled({"if": "stream", "then": ECHO, "else": {"send": "mock/think"}})
    for root in both(route, decided(route, Facts(is_stream=True))):
        then, otherwise = root.below
        assert (then.state, otherwise.state) == ("taken", "not taken")
        assert otherwise.details == ["because the condition is true: stream is true"]


def test_several_questions_are_listed_with_their_answers() -> None:
    condition = "metadata.a exists or metadata.b in ['x', 1] or body.tags contains 'y' or stream or has_tools"
    route = compiled({"if": condition, "then": ECHO, "else": ECHO})
    facts = Facts(metadata={"b": None}, body=b'{"tags":["z"]}', is_stream=True)
    for root in both(route, decided(route, facts)):
        assert root.details == [
            "metadata.a exists → false: metadata.a is missing",
            'metadata.b in ["x", 1] → false: metadata.b is null, which counts as missing',
            'body.tags contains "y" → false: body.tags is ["z"]',
            "stream → true: stream is true",
            "has_tools: not evaluated, the answer was clear before",
        ]
        assert root.below[1].details == [
            'because the condition is true: metadata.a is missing, metadata.b is null, which counts as missing, body.tags is ["z"], …'
        ]


def test_a_split_says_how_it_was_drawn_and_why_the_others_were_not() -> None:
    route = compiled({"split": [{"weight": 1, **ECHO}, {"weight": 2, "send": "mock/think"}]})
    for root in both(route, decided(route, Facts())):
        assert root.text == "split → branch 2 of 2"
        assert root.details == [
            "drawn for this request alone, the request names no conversation: 0.9700 of 1"
        ]
        assert [(twig.label, twig.state) for twig in root.below] == [
            ("33.3 %", "not taken"),
            ("66.7 %", "taken"),
        ]
        assert root.below[0].details == ["because the draw fell to branch 2 (66.7 %)"]


def test_a_conversations_draw_says_so() -> None:
    route = compiled({"split": [{"weight": 1, **ECHO}]})
    for root in both(route, decided(route, Facts(), conversation="c")):
        assert root.details[0].startswith("drawn once for the whole conversation: ")


def test_a_split_of_every_request_says_so_before_it_is_drawn(
    route_of: Callable[[str], CompiledRoute],
) -> None:
    assert outline.of_route(route_of("canary")).below[0].text == "split (sticky: request)"


def test_a_decision_of_an_older_flow_can_still_be_drawn_into_the_route() -> None:
    entries = [{"weight": 1, **ECHO}, {"weight": 1, **ECHO}]
    older = decided(compiled({"split": entries}), Facts())
    for flow in ({"split": entries[:1]}, {"if": "stream", "then": ECHO, "else": ECHO}, ECHO):
        root = outline.of_route(compiled(flow), older).below[0]
        assert root.state == "taken"
        assert not root.details


@pytest.mark.parametrize("name", ["ai-test", "canary", "every-operator"])
def test_below_a_branch_that_was_not_taken_nothing_is_decided(
    name: str, route_of: Callable[[str], CompiledRoute]
) -> None:
    route = route_of(name)
    root = outline.of_route(route, decided(route, Facts(metadata={"tier": "pro"})))
    for twig in twigs(root):
        if twig.state == "not taken":
            assert {below.state for each in twig.below for below in twigs(each)} <= {""}


def test_the_path_taken_leads_to_the_first_target(route_of: Callable[[str], CompiledRoute]) -> None:
    route = route_of("every-operator")
    decision = decided(route, Facts(is_stream=True, body=b'{"messages":[{"role":"system"}]}'))
    for root in both(route, decision):
        taken = [twig for twig in twigs(root) if twig.state == "taken"]
        assert len(taken) == len(decision.trace)
        assert taken[-1].text == decision.targets[0].text()
