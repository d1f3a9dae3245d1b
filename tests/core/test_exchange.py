"""Who keeps conversations under which name."""

from typing import Any

import pytest

from aigw_dev.core.exchange import Identity


@pytest.mark.parametrize(
    ("identity", "keeper"),
    [
        ({}, "()"),
        ({"kind": "provider-key", "providers": frozenset({"b", "a"})}, "(a, b)"),
        ({"kind": "token", "providers": None}, "none"),
        ({"kind": "consumer", "consumer": "ada", "providers": frozenset({"a"})}, "ada"),
    ],
)
def test_who_may_not_spend_every_key_keeps_conversations_apart(identity: dict[str, Any], keeper: str) -> None:
    assert Identity(**identity).keeper == keeper
