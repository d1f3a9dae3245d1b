"""A caller that leaves a translated call ends the provider's at once, in every phase, and nothing of it stays behind."""

import itertools
import json
import socket
import struct
import time
from collections.abc import Callable, Generator, Iterator
from typing import Any, Final

import pytest

from tests.e2e.replayed import every_dialect
from tests.e2e.stage import Stage
from tests.e2e.test_hostile_upstreams import ASK, PATHS, SPEAKS, frames, good_reply, head
from tests.scripted import Stall, chunk, json_reply
from tests.sdk_types import ANTHROPIC, CHAT, GEMINI, RESPONSES

PROMPT_S: Final = 1.0
"""Within which the provider's connection is closed, on a busy machine."""
PAIRS: Final = ((CHAT, "claude"), (ANTHROPIC, "up"), (RESPONSES, "gem"), (GEMINI, "up"))
Until = Callable[..., None]
_names: Final = itertools.count(1)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with every_dialect(tmp_path_factory.mktemp("left")) as made:
        yield made


@pytest.fixture(autouse=True)
def afresh(stage: Stage) -> Generator[None]:
    yield
    stage.forget()


def ask(stage: Stage, caller: socket.socket, dialect: str, provider: str, *, is_stream: bool) -> str:
    """Send a request on a connection; the session's name."""
    session = f"left-{next(_names)}"
    path, body = PATHS[dialect].replace("{model}", f"{provider}/m"), dict(ASK[dialect])
    if dialect == GEMINI:
        path = path.replace(":generate", ":streamGenerate") + "?alt=sse" if is_stream else path
    else:
        body |= {"model": f"{provider}/m", "stream": is_stream}
    caller.sendall(stage.request(json.dumps(body).encode(), f"x-session-id: {session}", path=path))
    return session


def leave(caller: socket.socket, *, is_reset: bool) -> float:
    """Close by FIN or by RST; when, on the monotonic clock."""
    if is_reset:
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    left_s = time.monotonic()
    caller.close()
    return left_s


def check_gone(stage: Stage, session: str, left_s: float, *, status: int) -> dict[str, Any]:
    """The provider's connection is closed soon, and the exchange says why."""
    upstream = stage["up"]
    peer = upstream.peers[upstream.requests[-1].connection - 1]
    upstream.wait_until(lambda: peer.closed_s is not None)
    assert peer.closed_s is not None
    assert peer.closed_s - left_s < PROMPT_S
    logged = stage.newest(session=session)
    assert (logged["marks"], logged["outcome"], logged["status"]) == (["cancelled"], "cancelled", status)
    assert logged["attempts"][-1]["error"] == "cancelled"
    return logged


@pytest.mark.parametrize(("dialect", "provider"), PAIRS)
@pytest.mark.parametrize("is_reset", [False, True], ids=["closed", "reset"])
def test_before_the_first_word(stage: Stage, dialect: str, provider: str, is_reset: bool) -> None:
    spoken = SPEAKS[provider]
    first = frames(spoken)[0] if spoken != GEMINI else b": wait\n\n"
    for is_stream, steps in (
        (False, []),
        (True, []),
        (True, [head(spoken)]),
        (True, [head(spoken), chunk(first)]),
    ):
        stage.script("up", [*steps, Stall()])
        seen, sent = len(stage["up"].requests), sum(peer.sent_bytes for peer in stage["up"].peers)
        wanted = sent + sum(map(len, steps))
        with stage.connection() as caller:
            session = ask(stage, caller, dialect, provider, is_stream=is_stream)
            stage["up"].wait_until(
                lambda seen=seen, wanted=wanted: (
                    len(stage["up"].requests) > seen
                    and sum(peer.sent_bytes for peer in stage["up"].peers) >= wanted
                )
            )
            left_s = leave(caller, is_reset=is_reset)
        check_gone(stage, session, left_s, status=499)


@pytest.mark.parametrize(("dialect", "provider"), PAIRS)
@pytest.mark.parametrize("is_reset", [False, True], ids=["closed", "reset"])
def test_amid_the_words(stage: Stage, dialect: str, provider: str, is_reset: bool) -> None:
    spoken = SPEAKS[provider]
    events = frames(spoken)
    until_word = next(number for number, event in enumerate(events) if b"Hel" in event) + 1
    stage.script("up", [head(spoken), *map(chunk, events[:until_word]), Stall()])
    with stage.connection() as caller:
        session = ask(stage, caller, dialect, provider, is_stream=True)
        heard = b""
        while b"Hel" not in heard:
            piece = caller.recv(65536)
            assert piece, heard
            heard += piece
        left_s = leave(caller, is_reset=is_reset)
    logged = check_gone(stage, session, left_s, status=200)
    assert logged["assembled"]["text"] == "Hel"
    assert logged["ledger"]["to"] == spoken


@pytest.mark.parametrize(("dialect", "provider"), PAIRS)
def test_amid_a_whole_reply(stage: Stage, dialect: str, provider: str) -> None:
    whole = json_reply(good_reply(SPEAKS[provider]))
    before = sum(peer.sent_bytes for peer in stage["up"].peers)
    stage.script("up", [whole[:-20], Stall()])
    with stage.connection() as caller:
        session = ask(stage, caller, dialect, provider, is_stream=False)
        wanted = before + len(whole) - 20
        stage["up"].wait_until(lambda: sum(peer.sent_bytes for peer in stage["up"].peers) >= wanted)
        left_s = leave(caller, is_reset=False)
    check_gone(stage, session, left_s, status=499)


@pytest.mark.parametrize(("dialect", "provider"), [(CHAT, "claude"), (ANTHROPIC, "up")])
def test_while_it_does_not_read(stage: Stage, until: Until, dialect: str, provider: str) -> None:
    spoken = SPEAKS[provider]
    events = frames(spoken)
    at = next(number for number, event in enumerate(events) if b"Hel" in event)
    word = events[at].replace(b"Hel", b"x" * 60_000)

    def endless() -> Iterator[bytes]:
        yield head(spoken)
        yield from map(chunk, events[:at])
        while True:
            yield chunk(word)

    stage.script("up", endless())
    seen = len(stage["up"].requests)
    with stage.connection(receive_bytes=4096) as caller:
        session = ask(stage, caller, dialect, provider, is_stream=True)
        stage["up"].wait_until(lambda: len(stage["up"].requests) > seen)
        peer = stage["up"].peers[stage["up"].requests[-1].connection - 1]
        sizes: list[int] = []

        def is_stuck() -> bool:
            sizes.append(peer.sent_bytes)
            return len(sizes) > 25 and sizes[-25] == sizes[-1] > 0

        until(is_stuck, what="back-pressure")
        assert sizes[-1] < 64 * 1024 * 1024
        left_s = leave(caller, is_reset=False)
    check_gone(stage, session, left_s, status=200)


def test_nothing_stays_behind(stage: Stage) -> None:
    for number in range(8):
        dialect, provider = PAIRS[number % len(PAIRS)]
        stage.script("up", [head(SPEAKS[provider]), Stall()])
        seen = len(stage["up"].requests)
        with stage.connection() as caller:
            ask(stage, caller, dialect, provider, is_stream=True)
            stage["up"].wait_until(lambda seen=seen: len(stage["up"].requests) > seen)
    stage["up"].wait_until(lambda: stage["up"].open_connections == 0)
    assert stage.gateway.admin("/status")["running"] == 0
