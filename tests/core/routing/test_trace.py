"""A decision is stored as JSON and read back whole."""

from collections.abc import Callable

import msgspec
import pytest

from aigw_dev.core.routing.facts import Facts
from aigw_dev.core.routing.flow import CompiledRoute, Decision, decide
from aigw_dev.core.routing.trace import Target, path_in_short, read_decision


@pytest.mark.parametrize("name", ["seed", "ai-test", "canary", "resilient", "every-operator"])
@pytest.mark.parametrize("conversation", ["", "c"])
def test_a_stored_decision_is_read_back_whole(
    name: str, conversation: str, route_of: Callable[[str], CompiledRoute]
) -> None:
    facts = Facts(metadata={"tier": "frée", "region": None, "n": 10**30}, body=b'{"messages":[1]}')
    decision = decide(route_of(name), facts, draw=lambda: 0.97, conversation=conversation)
    assert isinstance(decision, Decision)
    assert read_decision(msgspec.json.encode(decision)) == decision


TARGET = '{"provider":"mock","model":"echo"}'
SPLIT = '{"type":"split","node":"flow","shares":[{"weight":1.0,"summary":"a"}],"draw":0.5,"chosen":1,"sticky":"request"}'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        '{"route":"r","targets":[],"trace":[{"type":"send","node":"flow"}]}',
        f'{{"route":"r","targets":[{TARGET}],"trace":[]}}',
        f'{{"route":"r","targets":[{TARGET}],"trace":[{SPLIT},{{"type":"send","node":"flow"}}]}}',
        f'{{"route":"r","targets":[{TARGET}],"trace":[{SPLIT.replace("1,", "0,", 1)}]}}',
    ],
)
def test_what_is_no_decision_is_said_to_be_none(text: str) -> None:
    with pytest.raises(msgspec.DecodeError):
        read_decision(text)


def test_a_target_is_written_as_it_is_addressed() -> None:
    assert Target(provider="openrouter", model="meta-llama/llama-3").text() == "openrouter/meta-llama/llama-3"


YES = '{"type":"if","node":"f","result":true,"x":[1]}'


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (f'{{"route":"r","trace":[{SPLIT},{YES},{{"type":"if","result":false}},{{"type":"send"}}]}}', "2·T·F"),
        ('{"trace":[{"type":"send"}]}', ""),
        ('{"trace":[{"type":"loop"}]}', ""),
        ("", ""),
        ("[]", ""),
    ],
)  # fmt: skip
def test_the_way_of_a_decision_in_short(text: str, path: str) -> None:
    assert path_in_short(text) == path
    assert path_in_short(text.encode()) == path
