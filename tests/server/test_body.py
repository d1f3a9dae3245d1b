"""Reading a request's body."""

from typing import Any

import pytest

from aigw_dev.core.errors import Refusal
from aigw_dev.server.body import CallerLeft, read_body

pytestmark = pytest.mark.anyio
MIB = 1024 * 1024


class Pieces:
    """An ASGI receive that gives out these messages and counts how many were taken."""

    def __init__(self, *messages: dict[str, Any]) -> None:
        self.messages = list(messages)
        self.taken = 0

    async def __call__(self) -> dict[str, Any]:
        self.taken += 1
        return self.messages.pop(0)


def piece(body: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


async def test_pieces_become_one_body() -> None:
    assert (
        await read_body(
            Pieces(piece(b"ab", more=True), piece(b"", more=True), piece(b"c")), declared=None, limit_mb=1
        )
        == b"abc"
    )
    assert await read_body(Pieces(piece(b"abc")), declared=3, limit_mb=1) == b"abc"


async def test_a_body_declared_too_large_is_refused_unread() -> None:
    receive = Pieces()
    refused = await read_body(receive, declared=MIB + 1, limit_mb=1)
    assert isinstance(refused, Refusal)
    assert refused.code == "body_too_large"
    assert receive.taken == 0


async def test_an_endless_body_is_refused_at_its_limit() -> None:
    receive = Pieces(*[piece(b"x" * MIB, more=True) for _ in range(10)])
    refused = await read_body(receive, declared=None, limit_mb=2)
    assert isinstance(refused, Refusal)
    assert receive.taken == 3


async def test_one_piece_over_the_limit_is_refused() -> None:
    assert isinstance(await read_body(Pieces(piece(b"x" * (MIB + 1))), declared=None, limit_mb=1), Refusal)


@pytest.mark.parametrize("before", [[], [piece(b"a", more=True)]])
async def test_a_caller_that_leaves_is_told_apart(before: list[dict[str, Any]]) -> None:
    with pytest.raises(CallerLeft):
        await read_body(Pieces(*before, {"type": "http.disconnect"}), declared=None, limit_mb=1)
