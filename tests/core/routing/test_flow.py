"""A flow is checked at every place, decided by what the request holds, and split once per conversation."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from aigw_dev.core.config import Route
from aigw_dev.core.errors import Refusal
from aigw_dev.core.routing.facts import Facts
from aigw_dev.core.routing.flow import (
    MAX_BRANCHES,
    MAX_DEPTH,
    CompiledRoute,
    Decision,
    If,
    Send,
    Split,
    Target,
    compile_flow,
    compile_route,
    decide,
)
from aigw_dev.core.routing.trace import IfStep, SendStep, Share, SplitStep

ROUTES = Path(__file__).parents[3] / "fixtures" / "routes"


def yaml(name: str) -> Any:
    text = (ROUTES / f"{name}.yaml").read_text("utf-8")
    return YAML(typ="safe", pure=True).load(text)  # pyright: ignore[reportUnknownMemberType]  # ruamel's own


BAD: list[dict[str, Any]] = yaml("flows-bad")
PROVIDERS = {"openai": None, "qwen": ("qwen-api-key", "qwen-spare"), "m": None}
PATH = ("routes", "r", "flow")
ECHO = {"send": "mock/echo"}


def never() -> float:
    pytest.fail("a draw was made")


def decided(
    route: CompiledRoute, facts: Facts, *, draw: Callable[[], float] = never, conversation: str = ""
) -> Decision:
    decision = decide(route, facts, draw=draw, conversation=conversation)
    assert isinstance(decision, Decision), decision
    return decision


def route_with(flow: object, **settings: Any) -> CompiledRoute:
    route, problems = compile_route("r", Route(flow=flow, **settings))
    assert route is not None, problems
    return route


@pytest.mark.parametrize("case", BAD, ids=lambda case: str(case["flow"])[:60])
def test_a_bad_flow_is_refused_at_the_exact_place(case: dict[str, Any]) -> None:
    node, problems = compile_flow(case["flow"], path=PATH, providers=PROVIDERS)
    assert node is None
    assert [list(problem.path) for problem in problems] == [[*PATH, *said["at"]] for said in case["problems"]]
    for problem, said in zip(problems, case["problems"], strict=True):
        assert said["says"] in problem.message
        assert said.get("hint", "") in problem.hint
        assert problem.severity == "error"


def test_without_providers_neither_they_nor_their_keys_are_checked() -> None:
    node, problems = compile_flow({"send": "anything/m", "key": "any"}, path=PATH)
    assert isinstance(node, Send)
    assert not problems


def nested(depth: int) -> dict[str, Any]:
    flow: dict[str, Any] = ECHO
    for _ in range(depth - 1):
        flow = {"if": "stream", "then": ECHO, "else": flow}
    return flow


def test_depth_is_limited_in_words() -> None:
    assert compile_flow(nested(MAX_DEPTH), path=PATH)[0]
    node, problems = compile_flow(nested(MAX_DEPTH + 1), path=PATH)
    assert node is None
    above = (*PATH, *["else"] * (MAX_DEPTH - 1))
    assert [problem.path for problem in problems] == [(*above, "then"), (*above, "else")]
    assert {problem.message for problem in problems} == {f"the flow nests deeper than {MAX_DEPTH} nodes"}
    assert not compile_flow(nested(900), path=PATH)[0]


def test_the_branches_of_a_split_are_limited() -> None:
    entries = [{"weight": 1, **ECHO}] * (MAX_BRANCHES + 1)
    assert compile_flow({"split": entries[1:]}, path=PATH)[0]
    _, problems = compile_flow({"split": entries}, path=PATH)
    assert problems[0].message == f"{MAX_BRANCHES + 1} branches are too many"


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.text(max_size=6)
        | st.sampled_from(["stream", "mock/echo"]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "if",
                        "then",
                        "else",
                        "split",
                        "sticky",
                        "weight",
                        "send",
                        "key",
                        "params",
                        "fallback",
                        "fallback_on",
                        "retry",
                        "attempts",
                        "timeout_ms",
                        "x",
                    ]
                ),
                inner,
                max_size=5,
            )
        ),
        max_leaves=15,
    )
)
def test_no_tree_breaks_the_check(tree: object) -> None:
    node, problems = compile_flow(tree, path=PATH, providers=PROVIDERS)
    assert (node is None) is bool(problems)
    assert all(problem.path[:3] == PATH for problem in problems)


def test_a_route_that_does_not_compile_gives_its_problems() -> None:
    route, problems = compile_route("r", Route(flow={}), providers=PROVIDERS)
    assert route is None
    assert problems[0].path == PATH
    assert compile_route("r", Route(flow={}), path=("draft",))[1][0].path == ("draft",)


@pytest.mark.parametrize("name", ["seed", "ai-test", "canary", "resilient", "every-operator"])
def test_the_shipped_routes_are_right(name: str) -> None:
    config = yaml(name)
    providers = {known: row.get("keys") for known, row in config.get("providers", {}).items()}
    for route in config["routes"].values():
        node, problems = compile_flow(route["flow"], path=PATH, providers=providers)
        assert node, problems


def test_the_examples_of_the_page_for_users_are_right(repository: Path) -> None:
    page = (repository / "docs" / "routing.md").read_text("utf-8")
    blocks = [block.split("```")[0] for block in page.split("```yaml\n")[1:]]
    assert len(blocks) == 3
    for block in blocks:
        config: Any = YAML(typ="safe", pure=True).load(block)  # pyright: ignore[reportUnknownMemberType]  # ruamel's own
        providers = {known: row.get("keys") for known, row in config.get("providers", {}).items()}
        for route in config["routes"].values():
            node, problems = compile_flow(route["flow"], path=PATH, providers=providers)
            assert node, problems


@pytest.mark.parametrize(
    ("value", "target"), [("ok", "qwen/qwen-plus"), ("no", "openai/gpt-4o"), (None, "openai/gpt-4o")]
)
def test_the_seeds_condition_chooses_the_branch(
    value: str | None, target: str, route_of: Callable[[str], CompiledRoute]
) -> None:
    decision = decided(route_of("seed"), Facts(metadata={"test-key": value}))
    assert [each.text() for each in decision.targets] == [target]


def test_a_decision_tells_how_it_came_about(route_of: Callable[[str], CompiledRoute]) -> None:
    decision = decided(route_of("ai-test"), Facts(metadata={"tier": "free", "region": "eu"}))
    assert decision.route == "ai-test"
    assert decision.targets == (Target(provider="deepseek", model="deepseek-chat", node="flow.else.then"),)
    assert decision.sticky == ""
    first, second, last = decision.trace
    assert isinstance(first, IfStep)
    assert (first.node, first.condition, first.result) == ("flow", 'metadata.tier == "pro"', False)
    assert first.observations[0].actual == "free"
    assert first.not_taken == "qwen/qwen3-max, else deepseek/deepseek-chat, else mock/echo"
    assert isinstance(second, IfStep)
    assert (second.node, second.result) == ("flow.else", True)
    assert second.observations[1].state == "missing"
    assert second.not_taken == "split 90: openai/gpt-4o-mini | 10: openai/gpt-4o"
    assert last == SendStep(node="flow.else.then")


def test_targets_come_in_order_with_the_key_the_leaf_names(route_of: Callable[[str], CompiledRoute]) -> None:
    decision = decided(route_of("resilient"), Facts())
    assert [(each.text(), each.key, each.node) for each in decision.targets] == [
        ("openai/gpt-4o", "openai-main", "flow"),
        ("openai/gpt-4o", "openai-spare", "flow.fallback.0"),
        ("qwen/qwen-plus", None, "flow.fallback.1"),
        ("mock/echo", None, "flow.fallback.2"),
    ]


def test_a_route_that_reads_metadata_wants_the_header(route_of: Callable[[str], CompiledRoute]) -> None:
    refusal = decide(route_of("seed"), Facts(url="http://x/v1"), draw=never)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "route_metadata_missing"
    assert "curl 'http://x/v1'" in refusal.message


def test_a_key_read_only_in_a_branch_wants_the_header_too() -> None:
    route = route_with(
        {"if": "stream", "then": ECHO, "else": {"if": "metadata.a exists", "then": ECHO, "else": ECHO}}
    )
    assert isinstance(decide(route, Facts(is_stream=True), draw=never), Refusal)


def test_an_empty_header_is_a_header(route_of: Callable[[str], CompiledRoute]) -> None:
    assert decided(route_of("seed"), Facts(metadata={})).targets[0].provider == "openai"


def test_optional_metadata_may_be_absent() -> None:
    flow = {"if": "metadata.a == 'x'", "then": ECHO, "else": {"send": "mock/think"}}
    decision = decided(route_with(flow, metadata="optional"), Facts())
    assert decision.targets[0].model == "think"


def test_a_route_that_reads_no_metadata_wants_none(route_of: Callable[[str], CompiledRoute]) -> None:
    assert decided(route_of("resilient"), Facts()).targets


def split_route(*weights: float, sticky: str = "conversation") -> CompiledRoute:
    entries = [{"weight": weight, "send": f"mock/m{position}"} for position, weight in enumerate(weights)]
    return route_with({"split": entries, "sticky": sticky})


@pytest.mark.parametrize(("drawn", "chosen"), [(0.0, 0), (0.8999, 0), (0.9, 1), (0.9999999, 1), (1.0, 1)])
def test_a_draw_falls_into_its_share(drawn: float, chosen: int) -> None:
    decision = decided(split_route(90, 10), Facts(), draw=lambda: drawn)
    (step, _) = decision.trace
    assert isinstance(step, SplitStep)
    assert (step.draw, step.chosen) == (drawn, chosen)
    assert step.shares == (Share(90.0, "mock/m0"), Share(10.0, "mock/m1"))
    assert decision.targets[0].text() == f"mock/m{chosen}"


@given(st.lists(st.floats(0.001, 1000), min_size=1, max_size=8), st.floats(0, 1))
def test_every_draw_falls_somewhere(weights: list[float], drawn: float) -> None:
    assert decided(split_route(*weights), Facts(), draw=lambda: drawn).targets


def test_weights_need_no_sum_of_100() -> None:
    route = split_route(1, 2, 1)
    seen = Counter(
        decided(route, Facts(), draw=lambda number=number: number / 400).targets[0].model
        for number in range(400)
    )
    assert seen == {"m0": 100, "m1": 200, "m2": 100}


def test_a_conversation_keeps_its_branch_without_a_draw() -> None:
    route = split_route(50, 50)
    for number in range(20):
        first = decided(route, Facts(), conversation=f"c{number}")
        assert decided(route, Facts(), conversation=f"c{number}") == first
        step = first.trace[0]
        assert isinstance(step, SplitStep)
        assert (step.sticky, step.reason, first.sticky) == ("conversation", "", "conversation")


def test_conversations_spread_over_the_branches() -> None:
    route = split_route(75, 25)
    seen = Counter(
        decided(route, Facts(), conversation=f"c{number}").targets[0].model for number in range(1000)
    )
    assert 690 < seen["m0"] < 810


def test_without_a_conversation_each_request_is_drawn() -> None:
    decision = decided(split_route(50, 50), Facts(), draw=lambda: 0.7)
    step = decision.trace[0]
    assert isinstance(step, SplitStep)
    assert (step.sticky, step.reason) == ("request", "the request names no conversation")
    assert decision.sticky == "request"


def test_sticky_request_draws_also_inside_a_conversation() -> None:
    draws = iter([0.1, 0.9])
    route = split_route(50, 50, sticky="request")
    chosen = [decided(route, Facts(), draw=lambda: next(draws), conversation="c") for _ in range(2)]
    assert [each.targets[0].model for each in chosen] == ["m0", "m1"]
    step = chosen[0].trace[0]
    assert isinstance(step, SplitStep)
    assert (step.sticky, step.reason) == ("request", "the route says `sticky: request`")


def test_a_decision_with_both_kinds_of_split_is_sticky() -> None:
    inner = {"weight": 1, "split": [{"weight": 1, **ECHO}]}
    decision = decided(
        route_with({"split": [inner], "sticky": "request"}), Facts(), draw=lambda: 0.5, conversation="c"
    )
    assert decision.sticky == "conversation"
    assert decision.targets[0].node == "flow.split.0.split.0"


def test_a_branch_of_a_split_may_be_any_node(route_of: Callable[[str], CompiledRoute]) -> None:
    route = route_of("canary")
    decision = decided(route, Facts(), draw=lambda: 0.96, conversation="c")
    assert [each.text() for each in decision.targets] == ["local/qwen3:8b", "openai/gpt-4o-mini"]
    assert [step.node for step in decision.trace] == ["flow", "flow.split.1", "flow.split.1.then"]


def test_a_route_knows_every_name_it_reads(route_of: Callable[[str], CompiledRoute]) -> None:
    assert route_of("ai-test").names == {"metadata.tier", "metadata.region", "header.x-canary"}


def test_the_metadata_example_takes_the_first_value_of_each_key() -> None:
    flow = {
        "if": "metadata.a exists or metadata.b matches '^x' or metadata.c in [5, 6] or metadata.a == 'later'",
        "then": ECHO,
        "else": ECHO,
    }
    assert route_with(flow).metadata_example == {"a": "...", "b": "...", "c": 5}


def test_compiled_nodes_carry_their_ids(route_of: Callable[[str], CompiledRoute]) -> None:
    node = route_of("ai-test").node
    assert isinstance(node, If)
    assert isinstance(node.otherwise, If)
    assert isinstance(node.otherwise.otherwise, Split)
    assert (node.id, node.then.id, node.otherwise.otherwise.id) == ("flow", "flow.then", "flow.else.else")
