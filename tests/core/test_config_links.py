from typing import Any

import pytest

from aigw_dev.core.config_links import check_links, leaves
from aigw_dev.core.config_values import Report


def said(plain: dict[str, Any]) -> list[str]:
    report = Report()
    check_links(plain, report)
    return [problem.text() for problem in report.problems]


def test_names_that_lead_somewhere_need_no_words() -> None:
    plain = {
        "gateway": {"default_provider": "qwen"},
        "providers": {"qwen": {"keys": ["a", "b"]}, "openai": {}},
        "routes": {
            "r": {
                "models": ["smart", "claude-*"],
                "flow": {
                    "send": "qwen/x",
                    "key": "b",
                    "fallback": ["mock/echo", {"send": "openai/y", "key": "any"}],
                },
            }
        },
    }
    assert said(plain) == []


@pytest.mark.parametrize(("default", "is_known"), [("mock", True), ("qwen", True), ("qwn", False)])
def test_the_default_provider_is_a_configured_one(default: str, is_known: bool) -> None:
    found = said({"gateway": {"default_provider": default}, "providers": {"qwen": {}}})
    assert found == (
        []
        if is_known
        else ['gateway.default_provider: "qwn" is not a configured provider\n  Did you mean `qwen`?']
    )


def test_a_target_names_a_configured_provider() -> None:
    flow = {
        "if": "x",
        "then": {"send": "qwn/a"},
        "else": {"split": [{"weight": 1, "send": "q/b", "fallback": ["z/c"]}]},
    }
    found = said({"providers": {"qwen": {}}, "routes": {"r": {"flow": flow}}})
    assert [line.partition(":")[0] for line in found] == [
        "routes.r.flow.then.send",
        "routes.r.flow.else.split.0.send",
        "routes.r.flow.else.split.0.fallback.0.send",
    ]
    assert "Did you mean `qwen`? Or add `qwn: {}` under providers." in found[0]


def test_the_key_of_a_target_is_one_of_its_providers() -> None:
    flow = {"send": "qwen/a", "key": "qwen-spar"}
    (found,) = said({"providers": {"qwen": {"keys": ["qwen-spare"]}}, "routes": {"r": {"flow": flow}}})
    assert found.startswith('routes.r.flow.key: "qwen-spar" is not among the keys of `qwen`')
    assert "Did you mean `qwen-spare`?" in found


@pytest.mark.parametrize("target", ["dynamic/x", "auto/x", "noslash", 5, None, ["x/y"]])
def test_what_the_flows_own_check_refuses_is_left_to_it(target: object) -> None:
    assert said({"routes": {"r": {"flow": {"send": target}}}}) == []


def test_two_routes_cannot_claim_the_same_name() -> None:
    routes = {"a": {"models": ["smart", "x-*"]}, "b": {"models": ["smart"]}, "c": {"models": ["x-y*"]}}
    found = said({"routes": routes})
    assert [line.partition(":")[0] for line in found] == ["routes.b.models.0", "routes.c.models.0"]


@pytest.mark.parametrize("plain", [{"providers": [], "routes": "x", "gateway": 5}, {"routes": {"r": 5}}, {"routes": {"r": {"models": [5, "x"], "flow": [1]}}}, {}])  # fmt: skip
def test_what_is_wrong_already_is_passed_over(plain: dict[str, Any]) -> None:
    assert said(plain) == []


def test_every_leaf_of_a_flow_is_found_and_nothing_in_params() -> None:
    flow = {
        "if": "x",
        "then": {"send": "a/b", "params": {"send": "no/no"}},
        "else": {"split": [{"send": "c/d", "fallback": ["e/f", {"send": "g/h"}]}]},
    }
    found = [(path, leaf["send"]) for path, leaf in leaves(flow, ("flow",))]
    assert found == [
        (("flow", "then"), "a/b"),
        (("flow", "else", "split", 0), "c/d"),
        (("flow", "else", "split", 0, "fallback", 0), "e/f"),
        (("flow", "else", "split", 0, "fallback", 1), "g/h"),
    ]
