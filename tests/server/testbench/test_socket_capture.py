"""A socket that is remembered while it is used: what was said, and how it ended."""

import hashlib

import pytest

from aigw_dev.core.recording.fixture import Blob, Closing, Frame, Request, Response
from aigw_dev.server.socket_answer import Opened
from aigw_dev.server.socket_frames import GONE, Closed, Message
from aigw_dev.server.testbench.socket_capture import CapturedSocket, Said, SocketTee, cleaned

pytestmark = pytest.mark.anyio
SECRET = b"secret-1"


class Wire:
    """A provider's socket that says what it was told to."""

    def __init__(self, *says: Message | Closed) -> None:
        self._says = list(says)
        self.sent: list[Message] = []
        self.closed: Closed | None = None
        self.was_aborted = self.has_ended = False

    async def receive(self) -> Message | Closed:
        found = self._says.pop(0)
        if isinstance(found, Closed):
            self.closed = found
        return found

    async def send(self, message: Message) -> bool:
        self.sent.append(message)
        return self.closed is None

    def close(self, code: int, reason: str = "") -> None:
        self.closed = self.closed or Closed(code, reason, is_ours=True)

    def abort(self) -> None:
        self.was_aborted = True

    async def ended(self) -> None:
        self.has_ended = True


class Blobs:
    def put(self, content: bytes, media_type: str) -> Blob:
        return Blob(sha256=hashlib.sha256(content).hexdigest(), type=media_type, bytes=len(content))


def text(said: bytes) -> Message:
    return Message(said, is_text=True)


def teed(wire: Wire) -> tuple[SocketTee, CapturedSocket]:
    captured = CapturedSocket(
        "one/m", kind="", why="", dialect="openai-chat", request=Request(op="openai.realtime"),
        clean=lambda raw: raw.replace(SECRET, b"***"),
    )  # fmt: skip
    headers = [(b"upgrade", b"websocket"), (b"openai-processing-ms", b"5")]
    return SocketTee(Opened(wire, headers, b"realtime"), captured), captured


def response(captured: CapturedSocket, *, is_exact: bool = False) -> Response:
    made = captured.response(Blobs(), is_exact=is_exact)
    for number, frame in enumerate(made.ws or []):
        assert frame.dt_ms >= 0
        assert made.ws is not None
        made.ws[number] = Frame(
            side=frame.side, data=frame.data, text=frame.text, blob=frame.blob, is_binary=frame.is_binary
        )
    return made


async def test_both_sides_are_remembered_in_order_without_secrets_and_with_the_close() -> None:
    wire = Wire(text(b'{"a": "secret-1"}'), Closed(4000, "secret-1"))
    tee, captured = teed(wire)
    await tee.receive()
    assert await tee.send(text(b"it is secret-1"))
    assert wire.sent == [text(b"it is secret-1")], "the provider gets it as it was"
    await tee.receive()
    made = response(captured)
    assert made.ws == [Frame(side="s", data={"a": "***"}), Frame(side="c", text="it is ***")]
    assert (made.status, made.end, len(made.dt_ms)) == (101, "eof", 1)
    assert made.close == Closing(side="s", code=4000, reason="***")
    assert made.headers == {"openai-processing-ms": "5", "sec-websocket-protocol": "realtime"}


async def test_pauses_are_counted_from_the_handshake_on() -> None:
    _, captured = teed(Wire())
    captured.sent_s, captured.head_s = 100.0, 100.005
    captured.said = [
        Said(100.010, "s", text(b"a")),
        Said(100.110, "c", text(b"b")),
        Said(100.1, "s", text(b"c")),
    ]
    made = captured.response(Blobs(), is_exact=False)
    assert made.dt_ms == [5]
    assert [frame.dt_ms for frame in made.ws or []] == [5, 100, 0]


async def test_exact_recordings_keep_texts_byte_for_byte() -> None:
    tee, captured = teed(Wire(text(b'{"a":  1}')))
    await tee.receive()
    assert response(captured, is_exact=True).ws == [Frame(side="s", text='{"a":  1}')]


async def test_what_a_provider_did_not_get_any_more_is_not_remembered() -> None:
    tee, captured = teed(Wire(Closed(1000)))
    await tee.receive()
    assert not await tee.send(text(b"late"))
    assert response(captured).ws == []


@pytest.mark.parametrize("closed", [Closed(GONE, "lost"), Closed(1009, "too big", is_ours=True)])
async def test_a_connection_that_broke_or_was_cut_by_us_is_no_close(closed: Closed) -> None:
    tee, captured = teed(Wire(closed))
    await tee.receive()
    made = response(captured)
    assert (made.end, made.close) == ("reset", None)


async def test_the_caller_s_close_counts_only_first() -> None:
    tee, captured = teed(Wire(Closed(1000, is_ours=True)))
    tee.close(4002, "mine")
    await tee.receive()
    tee.close(1001)
    made = response(captured)
    assert (made.end, made.close) == ("eof", Closing(side="c", code=4002, reason="mine"))


async def test_an_end_without_a_word_is_the_caller_s() -> None:
    wire = Wire()
    tee, captured = teed(wire)
    assert response(captured).end == "client_abort", "still open"
    tee.abort()
    await tee.ended()
    assert (wire.was_aborted, wire.has_ended) == (True, True)
    tee.close(1000)
    assert response(captured).close is None


@pytest.mark.parametrize(
    ("message", "left"),
    [
        (text(b"secret-1"), b"***"),
        (Message(b' {"a":"secret-1"}', is_text=False), b' {"a":"***"}'),
        (Message(b"\x00secret-1", is_text=False), b"\x00secret-1"),
    ],
)
def test_texts_and_json_are_cleaned_and_bytes_are_not(message: Message, left: bytes) -> None:
    assert cleaned(message, lambda raw: raw.replace(SECRET, b"***")) == left
