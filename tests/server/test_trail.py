"""Whom an upstream call is made for."""

from pathlib import Path

import pytest

from aigw_dev.server.testbench.capture import Captured
from tests.server.testbench.stage import ROUTE, said, staged

pytestmark = pytest.mark.anyio


async def test_a_call_is_known_by_its_attempt_and_what_its_provider_speaks(tmp_path: Path) -> None:
    config = ROUTE.replace("work: {kind: anthropic}", "work: {kind: anthropic}").replace(
        "openai/a", "mock/echo"
    )
    async with staged(tmp_path, "record", config=config) as stage:
        assert said(await stage.chat(model="smart")) == "hi"
        (captured,) = stage.bench.trials["t"].calls[0].captured
    assert isinstance(captured, Captured)
    assert (captured.upstream, captured.dialect, captured.why) == ("mock/echo", "openai-chat", "")
