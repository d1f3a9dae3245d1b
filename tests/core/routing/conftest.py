"""What the routing tests share: the shipped routes, compiled, and a way to say what a request holds."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from ruamel.yaml import YAML

from aigw_dev.core.config import Route
from aigw_dev.core.routing.facts import Facts, Unmeasured
from aigw_dev.core.routing.flow import CompiledRoute, compile_route


@pytest.fixture(scope="session")
def samples(repository: Path) -> Path:
    """The folder of shipped routes and cases."""
    return repository / "fixtures" / "routes"


@pytest.fixture(scope="session")
def route_of(samples: Path) -> Callable[[str], CompiledRoute]:
    """The one route of a shipped config, by the file's name."""

    def load(name: str) -> CompiledRoute:
        text = (samples / f"{name}.yaml").read_text("utf-8")
        config: dict[str, Any] = YAML(typ="safe", pure=True).load(text)  # pyright: ignore[reportUnknownMemberType]  # ruamel's own
        ((route, tree),) = config["routes"].items()
        compiled, problems = compile_route(route, msgspec.convert(tree, Route))
        assert compiled is not None, problems
        return compiled

    return load


@pytest.fixture(scope="session")
def facts_of() -> Callable[[Mapping[str, Any]], Facts]:
    """Facts from a case's plain JSON."""

    def make(case: Mapping[str, Any]) -> Facts:
        content = Unmeasured(**case.get("content", {}))
        return Facts(
            metadata=case.get("metadata"),
            headers=case.get("headers", {}),
            query=case.get("query", {}),
            model=case.get("model", ""),
            consumer=case.get("consumer", "none"),
            is_stream=case.get("stream", False),
            body=json.dumps(case.get("body", {})).encode(),
            measure=lambda: content,
        )

    return make
