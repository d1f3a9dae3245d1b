"""Neutral events cross JSON unchanged, so that a recorder could keep them."""

import msgspec
import pytest

from aigw_dev.core.chat import events
from aigw_dev.core.exchange import Usage


@pytest.mark.parametrize(
    "event",
    [
        events.Started(id="a", model="m", usage=Usage(input=1)),
        events.BlockStarted(index=0, kind="tool_call", id="c", name="n"),
        events.Delta(index=0, kind="arguments", text="{}"),
        events.BlockStopped(index=0),
        events.Finished(reason="tool_calls"),
        events.Counted(usage=Usage(output=2)),
        events.Failed(message="x"),
    ],
)
def test_an_event_survives_json(event: events.ChatEvent) -> None:
    assert msgspec.json.decode(msgspec.json.encode(event), type=type(event)) == event
