"""The way back to the caller."""

import asyncio
from typing import Any

import pytest

from aigw_dev.server.downstream import Downstream, leave_watch

pytestmark = pytest.mark.anyio


async def test_a_reply_is_kept_counted_and_carries_the_extra_headers() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(dict(message))

    downstream = Downstream(send)
    downstream.kept = []
    downstream.extra = [(b"vary", b"origin")]
    await downstream.start(200, [(b"content-type", b"text/plain")])
    await downstream.write(b"ab")
    await downstream.end(b"c")
    assert downstream.sent_bytes == 3
    assert b"".join(downstream.kept) == b"abc"
    assert downstream.is_ended
    headers = sent[0]["headers"]
    assert (b"vary", b"origin") in headers
    assert b"".join(message.get("body", b"") for message in sent) == b"abc"
    assert sent[-1]["more_body"] is False


async def test_a_whole_answer_says_its_length() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(dict(message))

    await Downstream(send).answer(404, [], b"nothing")
    assert sent[0]["status"] == 404
    assert (b"content-length", b"7") in sent[0]["headers"]


async def test_the_watch_tells_once_when_the_caller_leaves() -> None:
    messages = iter([{"type": "http.request"}, {"type": "http.disconnect"}])
    told: list[bool] = []

    async def receive() -> Any:
        return next(messages)

    await asyncio.wait_for(leave_watch(receive, lambda: told.append(True)), 5)
    assert told == [True]
