"""A recorded socket played again, without a gateway around it; whole gateways stand in test_sockets."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest

from aigw_dev.core.recording.fixture import Closing, Frame, Response
from aigw_dev.core.recording.frames import Script
from aigw_dev.core.recording.ignore import compile_rules
from aigw_dev.core.recording.likeness import FieldDiff
from aigw_dev.server.socket_frames import GONE, Closed, Message
from aigw_dev.server.testbench.socket_replay import POLICY, ReplayedSocket, error_event, reason_of

pytestmark = pytest.mark.anyio


class Played:
    """A socket of these frames, and what it missed."""

    def __init__(self, *frames: Frame, **more: Any) -> None:
        self.missed: list[tuple[int, Sequence[FieldDiff] | None]] = []
        response = Response(status=101, ws=list(frames), **more)
        script = Script(frames, op="openai.realtime", rules=compile_rules(()))
        self.socket = ReplayedSocket(
            response, script, read_blob=lambda _: b"", pace=0.0, clean=lambda raw: raw, missed=self._miss
        )

    def _miss(self, number: int, fields: Sequence[FieldDiff] | None) -> str:
        self.missed.append((number, fields))
        return "aigw: no\nmore"

    async def next(self) -> Message | Closed:
        async with asyncio.timeout(5):
            return await self.socket.receive()

    async def send(self, said: str) -> bool:
        return await self.socket.send(Message(said.encode(), is_text=True))


def s(said: str) -> Frame:
    return Frame(side="s", text=said)


def c(said: str) -> Frame:
    return Frame(side="c", text=said)


def text(said: str) -> Message:
    return Message(said.encode(), is_text=True)


async def still_waits(task: "asyncio.Task[Message | Closed]") -> bool:
    for _ in range(20):
        await asyncio.sleep(0)
    return not task.done()


async def test_what_follows_a_message_of_the_caller_waits_for_it() -> None:
    played = Played(s("one"), c("a"), c("b"), s("two"))
    assert await played.next() == text("one")
    waiting = asyncio.create_task(played.next())
    assert await still_waits(waiting)
    assert await played.send("a")
    assert await still_waits(waiting), "the second is missing still"
    assert await played.send("b")
    assert await waiting == text("two")


async def test_the_recorded_close_comes_when_everything_was_said() -> None:
    played = Played(s("one"), close=Closing(side="s", code=4000, reason="enough"))
    assert [await played.next(), await played.next()] == [text("one"), Closed(4000, "enough")]
    assert await played.next() == Closed(4000, "enough")
    assert not await played.send("late")
    assert played.missed == []


@pytest.mark.parametrize("end", ["reset", "cut"])
async def test_a_lost_connection_is_lost_again(end: str) -> None:
    found = await Played(end=end).next()
    assert isinstance(found, Closed)
    assert (found.code, found.is_ours) == (GONE, False)


@pytest.mark.parametrize("more", [{}, {"close": Closing(side="c", code=1000)}, {"end": "client_abort"}])
async def test_what_the_caller_ended_stays_open_until_it_does(more: dict[str, Any]) -> None:
    played = Played(s("one"), **more)
    await played.next()
    waiting = asyncio.create_task(played.next())
    assert await still_waits(waiting)
    played.socket.close(1001, "bye")
    assert await waiting == Closed(1001, "bye", is_ours=True)
    played.socket.abort()
    assert played.socket.closed == Closed(1001, "bye", is_ours=True)


async def test_it_can_be_given_up() -> None:
    played = Played(c("never"))
    waiting = asyncio.create_task(played.next())
    assert await still_waits(waiting)
    played.socket.abort()
    assert await waiting == Closed(GONE, is_ours=True)
    await played.socket.ended()


async def test_a_differing_message_ends_it_with_its_last_words() -> None:
    played = Played(c('{"type": "a"}'), s("never said"))
    assert not await played.send('{"type": "b", "event_id": "e7"}')
    [(number, fields)] = played.missed
    assert number == 1
    assert fields is not None
    assert [(one.path, one.recorded, one.sent) for one in fields] == [("type", "a", "b")]
    event = await played.next()
    assert isinstance(event, Message)
    assert json.loads(event.payload)["error"] == {
        "type": "invalid_request_error", "code": "fixture_miss", "message": "aigw: no\nmore", "param": None,
        "event_id": "e7",
    }  # fmt: skip
    assert await played.next() == Closed(POLICY, "no")


async def test_one_message_too_many_is_a_miss_too() -> None:
    played = Played(c("a"))
    assert await played.send("a")
    assert not await played.send("b")
    assert played.missed == [(2, None)]
    assert await played.next() == Closed(POLICY, "no")


@pytest.mark.parametrize("said", [b"hello", b"[]", b'{"setup": {}}', b'{"type": 5}', b"\xff{"])
def test_only_callers_that_speak_in_events_get_one(said: bytes) -> None:
    assert error_event(Message(said, is_text=False), "no") is None


def test_a_reason_is_the_first_line_as_far_as_there_is_room() -> None:
    assert reason_of("aigw: first\nsecond") == "first"
    long = reason_of("aigw: " + "\u00e4" * 200)
    assert (len(long.encode()), set(long)) == (120, {"\u00e4"})
    assert len(reason_of("x" + "\u00e4" * 200).encode()) == 119
