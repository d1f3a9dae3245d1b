"""The same bytes, later or in other pieces."""

from collections.abc import Callable, Iterator
from typing import Final

from aigw_dev.core.recording.faults.row import ANTHROPIC, BEDROCK
from aigw_dev.core.recording.faults.spec import FaultSpec
from aigw_dev.core.recording.faults.steps import Bytes, End, Headers, Stage, Step, Wait, is_good

_HEADERS_MS: Final = 2000
_EVENTS_MS: Final = 100
_RANDOM_BYTES: Final = 64
_WRITES_PER_S: Final = 20
_PINGS: Final = {ANTHROPIC: b'event: ping\ndata: {"type": "ping"}\n\n', BEDROCK: b""}


def ping_of(dialect: str) -> bytes:
    """What keeps a stream of this dialect warm; empty where it has nothing."""
    return _PINGS.get(dialect, b": ping\n\n")


def delay_s(spec: FaultSpec, stage: Stage, default_ms: int) -> float:
    """The fault's pause, with what is drawn on top."""
    wait_ms = default_ms if spec.delay_ms is None else spec.delay_ms
    return (wait_ms + stage.draw() * (spec.jitter_ms or 0)) / 1000


class LateHead:
    """`slow.headers`."""

    def __init__(self, spec: FaultSpec, stage: Stage) -> None:
        self.wait_s = delay_s(spec, stage, _HEADERS_MS)
        self.has_acted = True

    def head(self, status: int, headers: Headers) -> tuple[int, Headers, list[Step]]:
        """The same head."""
        return status, headers, []

    def feed(self, chunk: bytes) -> list[Step]:
        """The same bytes."""
        return [Bytes(chunk)]

    def close(self) -> list[Step]:
        """Nothing more."""
        return []


class LateBody:
    """`slow.first_token`: a pause between head and body, with keep-alives where they are asked for."""

    wait_s = 0.0

    def __init__(self, spec: FaultSpec, stage: Stage) -> None:
        self.has_acted = False
        self._spec = spec
        self._stage = stage

    def head(self, status: int, headers: Headers) -> tuple[int, Headers, list[Step]]:
        """The same head, then the pause."""
        self.has_acted = True
        rest_s = delay_s(self._spec, self._stage, _HEADERS_MS)
        ping = ping_of(self._stage.dialect) if self._stage.is_stream and is_good(status) else b""
        beat_s = (self._spec.ping_ms or 0) / 1000
        steps: list[Step] = []
        while ping and beat_s and rest_s > beat_s:
            steps += [Wait(beat_s), Bytes(ping)]
            rest_s -= beat_s
        return status, headers, [*steps, Wait(rest_s)]

    def feed(self, chunk: bytes) -> list[Step]:
        """The same bytes."""
        return [Bytes(chunk)]

    def close(self) -> list[Step]:
        """Nothing more."""
        return []


class Recut:
    """The bytes in pieces of `pieces`, which gives the sizes; with a pause after each."""

    wait_s = 0.0

    def __init__(self, sizes: Iterator[int], pause_s: Callable[[int], float]) -> None:
        """`sizes` never ends; `pause_s` says how long to wait after a piece of so many bytes, 0 = not at all."""
        self.has_acted = False
        self._sizes = sizes
        self._pause_s = pause_s
        self._left = next(sizes)

    def head(self, status: int, headers: Headers) -> tuple[int, Headers, list[Step]]:
        """The same head."""
        return status, headers, []

    def feed(self, chunk: bytes) -> list[Step]:
        """The same bytes in pieces: cut where the sizes say, counted from the body's begin, and at the end of a read."""
        steps: list[Step] = []
        self.has_acted = self.has_acted or bool(chunk)
        start = 0
        while start < len(chunk):
            piece = chunk[start : start + self._left]
            start += len(piece)
            self._left -= len(piece)
            steps.append(Bytes(piece))
            if pause := self._pause_s(len(piece)):
                steps.append(Wait(pause))
            if not self._left:
                self._left = next(self._sizes)
        return steps

    def close(self) -> list[Step]:
        """Nothing more."""
        return []


class SplitCharacters:
    """`stream.utf8_split`: a cut before every byte that continues a character."""

    wait_s = 0.0

    def __init__(self) -> None:
        self.has_acted = False

    def head(self, status: int, headers: Headers) -> tuple[int, Headers, list[Step]]:
        """The same head."""
        return status, headers, []

    def feed(self, chunk: bytes) -> list[Step]:
        """The same bytes in pieces."""
        places = [place for place in range(1, len(chunk)) if _continues(chunk[place])]
        self.has_acted = self.has_acted or bool(places) or _continues(chunk[0] if chunk else 0)
        ends = [*places, len(chunk)]
        return [Bytes(chunk[start:end]) for start, end in zip([0, *places], ends, strict=True) if start < end]

    def close(self) -> list[Step]:
        """Nothing more."""
        return []


class CutAt:
    """Ends the body after so many bytes."""

    wait_s = 0.0

    def __init__(self, after_bytes: int | None, end: End) -> None:
        """None = after half of what `content-length` says, 16 where it says nothing."""
        self.has_acted = False
        self._left = after_bytes
        self._end = end
        self._is_off = False

    def head(self, status: int, headers: Headers) -> tuple[int, Headers, list[Step]]:
        """The head; without its length where the body shall end properly."""
        if not is_good(status):
            self._is_off = True
            return status, headers, []
        length = next((value for key, value in headers if key.lower() == b"content-length"), b"")
        if self._left is None:
            self._left = int(length) // 2 if length.isdigit() else 16
        if self._end.kind == "clean":
            headers = [(key, value) for key, value in headers if key.lower() != b"content-length"]
        return status, headers, [] if self._left else [self._over()]

    def feed(self, chunk: bytes) -> list[Step]:
        """The bytes before the cut; the end where it is reached."""
        if self._is_off or self._left is None:
            return [Bytes(chunk)]
        piece = chunk[: self._left]
        self._left -= len(piece)
        steps: list[Step] = [Bytes(piece)] if piece else []
        return steps if self._left else [*steps, self._over()]

    def close(self) -> list[Step]:
        """Nothing: the reply was shorter."""
        return []

    def _over(self) -> End:
        self.has_acted = True
        return self._end


def trickle(spec: FaultSpec, stage: Stage) -> Recut:
    """`slow.trickle`."""
    rate = spec.bytes_per_s
    size = spec.piece_bytes or (max(1, rate // _WRITES_PER_S) if rate else 1)

    def pause_s(piece: int) -> float:
        drawn = stage.draw() * spec.jitter_ms / 1000 if spec.jitter_ms else 0.0
        return drawn + (piece / rate if rate else 0.0)

    return Recut(_same(size), pause_s)


def fuzz(spec: FaultSpec, stage: Stage) -> Recut:
    """`chunk.fuzz`."""
    match spec.kind:
        case "fixed":
            sizes = _same(spec.piece_bytes or 1)
        case "once":
            sizes = _once(spec.after_bytes or 1)
        case _:
            sizes = _drawn(spec.piece_bytes or _RANDOM_BYTES, stage.draw)
    return Recut(sizes, lambda _: 0.0)


def paused(spec: FaultSpec, stage: Stage) -> Recut:
    """`slow.events` of a whole body: a pause after every read."""
    return Recut(_same(1 << 62), lambda _: delay_s(spec, stage, _EVENTS_MS))


def event_pause_s(spec: FaultSpec, stage: Stage) -> float:
    """The pause before one event of `slow.events`."""
    return delay_s(spec, stage, _EVENTS_MS)


def _continues(byte: int) -> bool:
    return byte & 0xC0 == 0x80  # noqa: PLR2004 - RFC 3629: 10xxxxxx


def _same(size: int) -> Iterator[int]:
    while True:
        yield size


def _once(first: int) -> Iterator[int]:
    yield first
    yield from _same(1 << 62)


def _drawn(most: int, draw: Callable[[], float]) -> Iterator[int]:
    while True:
        yield 1 + int(draw() * most)
