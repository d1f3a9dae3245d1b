"""One side of a socket over a transport that a test holds: frames in, messages out, and what happens when they stop."""

import asyncio
import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from aigw_dev.server import socket_frames
from aigw_dev.server.socket_frames import BAD_DATA, GONE, NO_CODE, Closed, Frames, Message

pytestmark = pytest.mark.anyio


class Wire(asyncio.Transport):
    """A transport that keeps what is written; `is_full` stands for a peer that does not read."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.buffered = 0
        self.is_read = True
        self.is_aborted = self.has_eof = self.is_closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.has_eof = True

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed or self.is_aborted

    def abort(self) -> None:
        self.is_aborted = True

    def pause_reading(self) -> None:
        self.is_read = False

    def resume_reading(self) -> None:
        self.is_read = True

    def get_write_buffer_size(self) -> int:
        return self.buffered


def frame(payload: bytes, opcode: Opcode = Opcode.TEXT, *, fin: bool = True) -> bytes:
    """As a client writes it."""
    return Frame(opcode, payload, fin).serialize(mask=True)


def close_frame(code: int, reason: str = "") -> bytes:
    return frame(code.to_bytes(2) + reason.encode(), Opcode.CLOSE)


def opened(**options: Any) -> tuple[Wire, Frames]:
    wire = Wire()
    return wire, Frames(wire, is_caller=True, **({"ping_s": 0.0} | options))


async def ended(frames: Frames) -> Closed:
    while isinstance(got := await frames.receive(), Message):
        pass
    frames.lost()
    return got


async def test_what_came_before_a_close_is_still_read() -> None:
    wire, frames = opened()
    frames.feed(frame(b"one") + frame(b"\x01", Opcode.BINARY) + close_frame(4000, "done"))
    assert await frames.receive() == Message(b"one", is_text=True)
    assert await frames.receive() == Message(b"\x01", is_text=False)
    assert await frames.receive() == Closed(4000, "done")
    assert not await frames.send(Message(b"late", is_text=True))
    assert wire.has_eof
    frames.lost()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    payload=st.binary(max_size=300),
    cuts=st.lists(st.integers(0, 300), max_size=4),
    step=st.integers(1, 40),
    is_text=st.booleans(),
)
async def test_any_cut_and_any_fragments_make_the_same_message(
    payload: bytes, cuts: list[int], step: int, *, is_text: bool
) -> None:
    payload = payload.hex().encode() if is_text else payload
    edges = sorted({0, *(cut for cut in cuts if cut < len(payload)), len(payload)})
    pieces = [payload[a:b] for a, b in itertools.pairwise(edges)] or [b""]
    first = Opcode.TEXT if is_text else Opcode.BINARY
    stream = b"".join(
        frame(piece, first if number == 0 else Opcode.CONT, fin=number == len(pieces) - 1)
        + frame(b"", Opcode.PING)
        for number, piece in enumerate(pieces)
    )
    _, frames = opened()
    for at in range(0, len(stream), step):
        frames.feed(stream[at : at + step])
    assert await frames.receive() == Message(payload, is_text)
    frames.lost()


async def test_unread_messages_stop_the_reading_and_reading_them_starts_it_again() -> None:
    wire, frames = opened()
    for _ in range(4):
        frames.feed(frame(b"x" * 100_000, Opcode.BINARY))
    assert not wire.is_read
    for _ in range(3):
        await frames.receive()
    assert wire.is_read
    for _ in range(300):
        frames.feed(frame(b""))
    assert not wire.is_read
    frames.close(1000)
    assert wire.is_read  # the peer's answer must be heard
    frames.lost()


async def test_send_waits_while_the_peer_does_not_read() -> None:
    wire, frames = opened()
    frames.pause_writing()
    sending = asyncio.create_task(frames.send(Message(b"x", is_text=True)))
    await asyncio.sleep(0)
    assert not sending.done()
    frames.resume_writing()
    assert await sending
    frames.pause_writing()
    sending = asyncio.create_task(frames.send(Message(b"y", is_text=True)))
    await asyncio.sleep(0)
    frames.lost()
    assert not await sending
    assert wire.written


async def test_a_peer_that_pings_and_does_not_read_is_cut_off() -> None:
    wire, frames = opened()
    wire.buffered = 18 * 1024 * 1024
    frames.feed(frame(b"x", Opcode.PING))
    assert wire.is_aborted
    frames.lost()


async def test_a_text_that_is_not_utf_8_closes_even_behind_a_close() -> None:
    _, frames = opened()
    frames.feed(frame(b"\xff") + frame(b"more"))
    assert (await ended(frames)).code == BAD_DATA
    _, frames = opened()
    frames.feed(frame(b"\xff") + close_frame(1000))
    assert (await ended(frames)).code == BAD_DATA


async def test_an_end_without_a_close_is_told_at_once() -> None:
    told: list[bool] = []
    _, frames = opened()
    frames.on_gone = lambda: told.append(True)
    frames.feed(frame(b"unread"))
    frames.eof()
    assert told
    frames.lost()
    frames.feed(b"\x81")  # after the end nothing is read
    assert len(told) == 1
    assert (await ended(frames)).code == GONE


@pytest.mark.parametrize(
    ("code", "reason", "said"),
    [
        (1000, "bye", b"\x88\x05\x03\xe8bye"),
        (NO_CODE, "", b"\x88\x00"),
        (GONE, "", b"\x88\x02\x03\xf3"),
        (4001, "ü" * 100, b"\x88\x7c\x0f\xa1" + "ü".encode() * 61),
    ],
)
async def test_what_is_said_at_a_close(code: int, reason: str, said: bytes) -> None:
    wire, frames = opened()
    frames.close(code, reason)
    frames.close(1011, "a second one is not said")
    assert wire.written == said
    frames.lost()
    await frames.ended()


async def test_a_peer_that_does_not_answer_a_close_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_frames, "CLOSE_S", 0.02)
    wire, frames = opened()
    frames.close(1000)
    async with asyncio.timeout(5):
        while not wire.is_aborted:  # noqa: ASYNC110 -- a timer's work
            await asyncio.sleep(0)
    frames.lost()


async def test_who_waits_for_the_end_in_vain_cuts_it() -> None:
    wire, frames = opened()
    waiting = asyncio.create_task(frames.ended())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert wire.is_aborted
    frames.lost()


async def test_a_silent_peer_is_asked_and_then_given_up() -> None:
    wire, frames = opened(ping_s=0.02, silence_s=0.1)
    async with asyncio.timeout(5):
        assert await frames.receive() == Closed(GONE, "no answer to a ping")
    assert wire.written.startswith(b"\x89\x00")
    assert wire.is_aborted
    frames.lost()


async def test_a_peer_that_takes_nothing_is_given_up_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_frames, "STALL_S", 0.05)
    wire, frames = opened(ping_s=0.02, silence_s=0.0)
    frames.pause_writing()
    async with asyncio.timeout(5):
        assert (await ended(frames)).reason == "it takes nothing any more"
    assert wire.is_aborted
    assert not wire.written  # nothing is added to what it does not take


async def test_after_a_fault_it_half_closes_when_the_peer_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_frames, "_LINGER_S", 0.03)
    wire, frames = opened()
    frames.feed(b"\x81\x01x")
    got = await frames.receive()
    assert isinstance(got, Closed)
    assert (got.code, got.is_ours) == (1002, True)
    assert not wire.has_eof
    async with asyncio.timeout(5):
        while not wire.has_eof:  # noqa: ASYNC110 -- a timer's work
            await asyncio.sleep(0)
    frames.lost()
