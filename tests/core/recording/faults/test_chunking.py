"""The same bytes, later or in other pieces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.recording.faults.row import ANTHROPIC, CHAT
from aigw_dev.core.recording.faults.steps import End, Headers
from tests.core.recording.faults.playing import (
    STREAMED,
    WHOLE,
    answered,
    play,
    rewriter,
    stream,
    streamed,
    whole,
)


def test_the_head_comes_late() -> None:
    found = rewriter("slow.headers;delay_ms=300;jitter_ms=100", CHAT)
    assert 0.3 <= found.wait_s < 0.4
    assert play(found, stream(CHAT), STREAMED).body == stream(CHAT)
    assert rewriter("slow.headers", CHAT).wait_s == 2.0


def test_the_first_byte_comes_late_and_pings_fill_the_time() -> None:
    played = streamed("slow.first_token;delay_ms=1000;ping_ms=400", ANTHROPIC)
    assert played.waited_s == pytest.approx(1.0)
    assert played.pieces[:3] == [b'event: ping\ndata: {"type": "ping"}\n\n'] * 2 + [stream(ANTHROPIC)]
    quiet = answered("slow.first_token;ping_ms=1", CHAT)
    assert quiet.waited_s == 2.0
    assert quiet.body == whole(CHAT)


def test_a_trickle_is_a_byte_a_write_or_so_many_a_second() -> None:
    assert {len(piece) for piece in answered("slow.trickle", CHAT).pieces} == {1}
    paced = answered("slow.trickle;bytes_per_s=200", CHAT)
    assert {len(piece) for piece in paced.pieces[:-1]} == {10}
    assert paced.waited_s == pytest.approx(len(whole(CHAT)) / 200)
    shaken = answered("slow.trickle;piece_bytes=50;jitter_ms=10", CHAT)
    assert 0 < shaken.waited_s < 0.01 * len(shaken.pieces)


@pytest.mark.parametrize("fault", ["slow.trickle;piece_bytes=7", "chunk.fuzz", "chunk.fuzz;kind=fixed"])
def test_every_piece_is_the_same_bytes(fault: str) -> None:
    assert streamed(fault, CHAT).body == stream(CHAT)


def test_a_body_can_be_cut_once_at_every_place() -> None:
    body = stream(CHAT)
    for place in range(1, len(body)):
        assert streamed(f"chunk.fuzz;kind=once;after_bytes={place}", CHAT).pieces == [
            body[:place],
            body[place:],
        ]


def test_random_cuts_come_from_the_seed() -> None:
    one = streamed("chunk.fuzz;piece_bytes=9", CHAT).pieces
    assert one == streamed("chunk.fuzz;piece_bytes=9", CHAT).pieces
    assert {len(piece) for piece in one[:-1]} == set(range(1, 10))


@given(st.text(min_size=1), st.sets(st.integers(1, 30)))
def test_every_character_is_split(text: str, cuts: set[int]) -> None:
    body = text.encode()
    played = play(
        rewriter("stream.utf8_split", CHAT), body, STREAMED, cuts=[cut for cut in cuts if cut < len(body)]
    )
    assert played.body == body
    assert all(piece.decode("utf-8", "ignore").isascii() for piece in played.pieces)
    assert played.has_acted is not body.isascii()


def test_a_body_is_cut_at_a_byte() -> None:
    played = streamed("stream.cut.dirty;after_bytes=10", CHAT)
    assert played.body == stream(CHAT)[:10]
    assert played.end == End("dirty")
    assert streamed("stream.cut;after_bytes=0", CHAT).body == b""
    late = streamed("stream.cut;after_bytes=99999", CHAT)
    assert late.body == stream(CHAT)
    assert not late.has_acted


def test_a_whole_reply_is_cut_in_its_middle() -> None:
    body = whole(CHAT)
    sized: Headers = [*WHOLE, (b"content-length", b"%d" % len(body))]
    clean = play(rewriter("stream.cut", CHAT, is_stream=False), body, sized)
    assert clean.body == body[: len(body) // 2]
    assert clean.headers == WHOLE
    dirty = play(rewriter("stream.cut.dirty", CHAT, is_stream=False), body, sized)
    assert dirty.headers == sized
    assert dirty.end == End("dirty")
    assert len(play(rewriter("stream.stall", CHAT, is_stream=False), body, WHOLE).body) == 16


def test_an_error_is_not_cut() -> None:
    found = rewriter("stream.cut", CHAT, is_stream=False)
    assert play(found, b"slow down", WHOLE, status=429).body == b"slow down"


def test_a_whole_reply_waits_too() -> None:
    assert answered("slow.events;delay_ms=5", CHAT).waited_s == pytest.approx(0.005)
