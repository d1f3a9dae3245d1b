"""Between two open sockets; whole gateways stand in test_socket_calls."""

import asyncio
import time

import pytest

from aigw_dev.core.transcript import Transcript
from aigw_dev.server.socket_frames import Closed, Frames, Message
from aigw_dev.server.socket_relay import Ear, Ending, Sieve, relay
from tests.server.test_socket_frames import Wire, close_frame, frame

pytestmark = pytest.mark.anyio


class Pair:
    """A caller and a provider on wires that a test holds."""

    def __init__(self, sieve: Sieve | None = None) -> None:
        self.caller_wire, self.provider_wire = Wire(), Wire()
        self.caller = Frames(self.caller_wire, is_caller=True, ping_s=0)
        self.provider = Frames(
            self.provider_wire, is_caller=True, ping_s=0
        )  # so that both wires are read alike
        self.ear = Ear(began_s=time.monotonic(), transcript=Transcript())
        self.task = asyncio.create_task(relay(self.caller, self.provider, self.ear, sieve))

    async def settled(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)

    async def ending(self) -> Ending:
        async with asyncio.timeout(5):
            ending = await self.task
        self.over()
        return ending

    def over(self) -> None:
        self.caller.lost()
        self.provider.lost()


async def test_what_the_provider_said_before_it_closed_arrives_before_the_close() -> None:
    pair = Pair()
    pair.caller.pause_writing()
    pair.provider.feed(frame(b"one") + frame(b"two") + close_frame(4000, "enough"))
    await pair.settled()
    assert not pair.task.done()
    pair.caller.resume_writing()
    assert await pair.ending() == Ending("server", Closed(4000, "enough"))
    assert bytes(pair.caller_wire.written) == b"\x81\x03one\x81\x03two\x88\x08\x0f\xa0enough"


async def test_a_caller_writing_to_a_provider_that_closed_still_gets_its_words() -> None:
    pair = Pair()
    pair.caller.pause_writing()
    pair.provider.feed(frame(b"one") + frame(b"two") + close_frame(1000))
    await pair.settled()
    pair.caller.feed(frame(b"too late"))
    await pair.settled()
    pair.caller.resume_writing()
    assert (await pair.ending()).side == "server"
    assert b"two" in pair.caller_wire.written


async def test_a_caller_that_vanishes_ends_it_although_the_provider_takes_nothing() -> None:
    pair = Pair()
    pair.provider.pause_writing()
    pair.caller.feed(frame(b"one") + frame(b"two"))
    await pair.settled()
    pair.caller.eof()
    ending = await pair.ending()
    assert (ending.side, ending.closed.code) == ("client", 1006)
    assert pair.provider_wire.written.endswith(b"\x88\x02\x03\xe9")


async def test_a_caller_that_was_gone_before_ends_it() -> None:
    pair = Pair()
    pair.caller.eof()
    assert (await pair.ending()).closed.code == 1006


async def test_cancelling_closes_both() -> None:
    pair = Pair()
    await pair.settled()
    pair.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await pair.task
    for wire in (pair.caller_wire, pair.provider_wire):
        assert (wire.written[0], wire.written[2:4]) == (0x88, (1001).to_bytes(2))
    pair.over()


async def test_a_fault_of_the_provider_is_told_to_the_caller_as_one() -> None:
    pair = Pair()
    pair.provider.feed(b"\x81\x01x")
    ending = await pair.ending()
    assert (ending.side, ending.closed.code, ending.closed.is_ours) == ("server", 1002, True)
    assert pair.caller_wire.written[2:4] == (1011).to_bytes(2)


async def test_a_sieve_holds_back_and_answers() -> None:
    def sieve(message: Message) -> tuple[Message | None, Message | None]:
        return (message, None) if message.payload == b"up" else (None, Message(b"no", is_text=True))

    pair = Pair(sieve)
    pair.caller.feed(frame(b"up") + frame(b"held") + close_frame(1000))
    await pair.ending()
    assert pair.provider_wire.written.startswith(b"\x81\x02up\x88")
    assert pair.caller_wire.written.startswith(b"\x88") or b"\x81\x02no" in pair.caller_wire.written
    assert pair.ear.client_bytes == 2 + 4


async def test_an_answer_nobody_waits_for_ends_it() -> None:
    pair = Pair(lambda _: (None, Message(b"no", is_text=True)))
    pair.caller.feed(frame(b"x"))
    pair.caller.feed(close_frame(1000))
    assert (await pair.ending()).side == "client"


def test_binary_json_is_kept_as_text_and_other_binary_as_a_size() -> None:
    ear = Ear(began_s=time.monotonic(), transcript=Transcript())
    for payload in (b'{"a":1}', b"{\xff", b"\x00"):
        ear.hear("server", Message(payload, is_text=False))
    assert ear.transcript is not None
    kept = ear.transcript.lines().splitlines()
    assert [b'"text"' in line for line in kept] == [True, False, False]
    assert ear.first_s is not None
    assert ear.server_bytes == 7 + 2 + 1
