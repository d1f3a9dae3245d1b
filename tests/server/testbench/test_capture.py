"""What is remembered of a reply while it passes."""

from collections.abc import AsyncIterator

import pytest

from aigw_dev.core.errors import UpstreamError
from aigw_dev.server.call import Headers
from aigw_dev.server.embedded import EmbeddedReply
from aigw_dev.server.testbench.capture import Captured, Tee

pytestmark = pytest.mark.anyio


def captured() -> Captured:
    return Captured("up/m", kind="", why="", dialect="openai-chat", request=None)


class Breaking(EmbeddedReply):
    """Breaks off behind its pieces."""

    async def chunks(self) -> AsyncIterator[bytes]:
        async for piece in super().chunks():
            yield piece
        raise UpstreamError("reset by peer", code="upstream_reset")


HEADERS: Headers = [(b"content-type", b"text/event-stream")]


async def test_pieces_pass_unchanged_and_are_kept() -> None:
    into = captured()
    tee = Tee(EmbeddedReply(200, HEADERS, [b"a", b"b"]), into)
    assert [piece async for piece in tee.chunks()] == [b"a", b"b"]
    assert [piece for _, piece in into.pieces] == [b"a", b"b"]
    assert (into.status, into.headers, into.end) == (200, HEADERS, "eof")
    tee.cancel()
    assert into.end == "eof"


async def test_a_reply_that_breaks_off_is_marked_reset() -> None:
    into = captured()
    with pytest.raises(UpstreamError):
        [piece async for piece in Tee(Breaking(200, HEADERS, [b"a"]), into).chunks()]
    assert into.end == "reset"
    assert [piece for _, piece in into.pieces] == [b"a"]


async def test_a_reply_whose_caller_left_is_marked_so() -> None:
    into = captured()
    tee = Tee(EmbeddedReply(200, HEADERS, [b"a", b"b"]), into)
    async for _ in tee.chunks():
        tee.cancel()
        break
    assert into.end == "client_abort"


def test_no_reply_at_all_is_an_error_of_ours() -> None:
    into = captured()
    into.fail(UpstreamError("nobody listens", code="connect_failed"))
    assert (into.status, into.error, into.error_text) == (0, "connect_failed", "nobody listens")
