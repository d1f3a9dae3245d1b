"""The line of facts: what is estimated is marked, what is not known is left out, an unknown price says so."""

import pytest

from aigw_dev.calling import Ended
from aigw_dev.cli.chat_turn import Asked, end_parts
from aigw_dev.cli.exits import CommandError
from aigw_dev.core.exchange import Assembled, Usage
from aigw_dev.core.panel import PanelSettings


def ended(*, usage: Usage | None = None, route: str = "") -> Ended:
    return Ended(
        assembled=Assembled(),
        usage=usage,
        exchange="ab12",
        upstream="up/m",
        route=route,
        ttft_s=0.5,
        duration_s=1.5,
    )


def test_the_log_knows_best() -> None:
    record = {
        "usage": {"input": 9, "output": 20, "estimated": True},
        "cost": {"nanousd": None, "status": "unknown"},
    }
    assert end_parts(ended(route="r"), record) == [
        "r -> up/m",
        "ttft 0.50 s",
        "~20 tokens/s",
        "~9 + 20 tokens",
        "unknown",
        "ab12",
    ]


def test_without_the_log_the_reply_is_believed() -> None:
    assert end_parts(ended(usage=Usage(input=1, output=2)), None)[2:] == [
        "2 tokens/s",
        "1 + 2 tokens",
        "ab12",
    ]
    assert end_parts(ended(), None) == ["up/m", "ttft 0.50 s", "ab12"]


def test_every_broken_limit_is_told_at_once() -> None:
    settings = PanelSettings(top_p=3, temperature=9)
    asked = Asked(model="m", settings=settings, params={}, metadata={}, has_limits=True)
    with pytest.raises(CommandError, match=r"(?s)top_p.*temperature"):
        asked.body([])
