"""Bytes from the provider to the caller: held until the commit point, then as they come."""

from collections.abc import AsyncIterator, MutableMapping
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigw_dev.core.dialects import DIALECTS
from aigw_dev.core.errors import UpstreamError
from aigw_dev.core.streams.sse import Event
from aigw_dev.server.downstream import Downstream
from aigw_dev.server.embedded import EmbeddedReply
from aigw_dev.server.relay import HOLD_BYTES, MOST_PIECES, Listener, read_whole, relay_bytes, relay_events
from aigw_dev.server.watchdog import Watchdog
from tests.scripted import event
from tests.server.providers import piece

pytestmark = pytest.mark.anyio
STREAM = b": ping\n\n" + event(piece("Hel")) + event(piece("lo")) + event("[DONE]")


class Caller:
    """What a caller sees, and when: each message, `commit` between them."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []
        self.is_ended = False
        self.downstream = Downstream(self.send)

    async def send(self, message: MutableMapping[str, Any]) -> None:
        self.seen.append(message["body"])
        self.is_ended = not message["more_body"]

    async def commit(self) -> None:
        self.seen.append(b"<commit>")

    @property
    def body(self) -> bytes:
        return b"".join(each for each in self.seen if each != b"<commit>")


def no_deadlines() -> Watchdog:
    return Watchdog(total_s=None, first_packet_s=None, idle_s=None)


def listening() -> Listener:
    listener = Listener(0.0, DIALECTS["openai-chat"].stream_reader())
    listener.begin(is_events=True)
    return listener


async def relayed(pieces: list[bytes], *, hide: bool = False) -> tuple[Caller, Listener]:
    caller, listener = Caller(), listening()

    def is_hidden(each: Event) -> bool:
        return b'"lo"' in each.data

    await relay_events(
        EmbeddedReply(200, [], pieces), caller.downstream, listener=listener, watchdog=no_deadlines(),
        commit=caller.commit, is_hidden=is_hidden if hide else None,
    )  # fmt: skip
    return caller, listener


async def test_nothing_goes_out_before_the_first_event_with_data() -> None:
    caller, listener = await relayed([b": ping\n\n", b"\n", event(piece("x")), event(piece("y"))])
    assert caller.seen[0] == b"<commit>"
    assert caller.seen[1].startswith(b": ping\n\n"), "what was held goes out with it"
    assert event(piece("x")) in caller.seen[1]
    assert listener.first_s is not None
    assert caller.is_ended


async def test_too_many_pings_commit_by_themselves() -> None:
    ping = b": " + b"x" * 1000 + b"\n\n"
    caller, _ = await relayed([ping] * (HOLD_BYTES // 1000 + 2))
    assert len(caller.seen) > 2
    assert caller.seen[0] == b"<commit>"


async def test_an_empty_stream_is_committed_at_its_end() -> None:
    caller, listener = await relayed([])
    assert caller.seen == [b"<commit>", b""]
    assert listener.first_s is not None


@given(cuts=st.lists(st.integers(1, len(STREAM) - 1), max_size=6))
async def test_however_it_is_cut_the_caller_gets_the_same_bytes_and_we_hear_the_same_words(
    cuts: list[int],
) -> None:
    places = [0, *sorted(set(cuts)), len(STREAM)]
    pieces = [STREAM[start:end] for start, end in pairwise(places)]
    caller, listener = await relayed(pieces)
    assert caller.body == STREAM
    assert listener.reader.assembled().text == "Hello"
    assert sum(listener.timing.size_bytes) == len(STREAM)


async def test_a_hidden_event_is_heard_and_not_sent() -> None:
    caller, listener = await relayed([STREAM], hide=True)
    assert b'"lo"' not in caller.body
    assert listener.reader.assembled().text == "Hello"


class BreakingReply(EmbeddedReply):
    """Ends with an error after its pieces."""

    async def chunks(self) -> AsyncIterator[bytes]:
        async for each in super().chunks():
            yield each
        raise UpstreamError("gone", code="upstream_reset")


async def test_half_an_event_stays_here_when_the_stream_breaks() -> None:
    caller, listener = Caller(), listening()
    reply = BreakingReply(200, [], [event(piece("whole")), event(piece("half"))[:20]])
    with pytest.raises(UpstreamError):
        await relay_events(
            reply,
            caller.downstream,
            listener=listener,
            watchdog=no_deadlines(),
            commit=caller.commit,
            is_hidden=None,
        )
    assert caller.body == event(piece("whole"))
    assert not caller.is_ended


async def test_a_body_that_is_no_stream_goes_out_as_it_comes() -> None:
    caller, listener = Caller(), listening()
    await relay_bytes(
        EmbeddedReply(200, [], [b"c", b"d"]).chunks(), caller.downstream, listener=listener, watchdog=no_deadlines(),
        commit=caller.commit, held=[b"a", b"b"],
    )  # fmt: skip
    assert caller.seen == [b"<commit>", b"ab", b"c", b"d", b""]


async def test_reading_a_whole_body_stops_past_its_limit_and_can_go_on() -> None:
    chunks = EmbeddedReply(200, [], [b"abc", b"def", b"ghi"]).chunks()
    assert await read_whole(chunks, no_deadlines(), limit=5) == ([b"abc", b"def"], False)
    assert [each async for each in chunks] == [b"ghi"]
    assert await read_whole(EmbeddedReply(200, [], [b"ab"]).chunks(), no_deadlines()) == ([b"ab"], True)


def test_the_times_of_a_stream_without_end_stay_bounded() -> None:
    listener = Listener(0.0, DIALECTS["openai-chat"].stream_reader())
    for number in range(MOST_PIECES + 5):
        listener.heard(number / 1000, b"abc")
    assert len(listener.timing.at_us) == len(listener.timing.size_bytes) == MOST_PIECES
    assert sum(listener.timing.size_bytes) == 3 * (MOST_PIECES + 5)
    assert listener.timing.at_us[1] == 1000
