"""Nothing secret in a fixture: which headers are kept, what is masked before writing, and a last look at the bytes.

`Redactor.clean` masks; `Redactor.leftovers` then looks at what would be written, also at what only a reader of the
fixture would put together (texts over several lines, a stream's deltas). Where it finds something, nothing is written.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, cast

import msgspec

from aigw_dev.core.credentials import KEY_SHAPES, TOKEN_PREFIX
from aigw_dev.core.mask import MASKED, Masker, mask_url
from aigw_dev.core.recording.fixture import (
    Attempt,
    EventRow,
    Fixture,
    FixtureError,
    Frame,
    Interaction,
    Request,
    Response,
    Wild,
)
from aigw_dev.core.recording.keys import KEPT_HEADERS
from aigw_dev.core.routing.patterns import MAX_PATTERN_CHARS, compile_pattern

RESPONSE_HEADERS: Final = frozenset(
    {"content-type", "retry-after", "retry-after-ms", "x-should-retry", "openai-processing-ms"}
)
"""Headers of a reply that are kept, in lower case, beside those of `RESPONSE_PREFIXES` and request ids."""
RESPONSE_PREFIXES: Final = ("x-ratelimit-", "anthropic-ratelimit-")
REQUEST_ID_HEADERS: Final = frozenset(
    {
        "x-request-id",
        "request-id",
        "x-amzn-requestid",
        "apim-request-id",
        "x-goog-request-id",
        "x-groq-request-id",
    }
)
"""They name a call to its provider: kept as `req_fx0001`, so that a client that reads one finds one."""

Header = tuple[str, str] | tuple[bytes, bytes]

_ORGANISATION: Final = re.compile(r"\borg-[A-Za-z0-9]{16,}")
_ORGANISATION_BYTES: Final = re.compile(_ORGANISATION.pattern.encode())
_ANYTHING: Final = "(?s:.*)"
_FRAME_CHARS: Final = 16
"""What a comparison puts around a regex."""
_NO_ORGANISATION: Final = "org-REDACTED"
_FAILED: Final = 400
"""From this status on a reply is a provider's word about the call, not an answer."""
_MOST_FINDINGS: Final = 20
_ENDS_CHARS: Final = 150
"""So much of a long text with a secret stays at either end; a regex may have `MAX_PATTERN_CHARS` characters."""


def response_headers(pairs: Iterable[Header]) -> dict[str, str]:
    """The headers of a reply that a fixture keeps: lower-case names, in wire order, of a repeated name the last."""
    kept: dict[str, str] = {}
    for name, value in _lower(pairs):
        if name in REQUEST_ID_HEADERS:
            value = _request_id(1)  # noqa: PLW2901 - numbered by `clean`, which sees the whole fixture
        elif name not in RESPONSE_HEADERS and not name.startswith(RESPONSE_PREFIXES):
            continue
        kept.pop(name, None)
        kept[name] = value
    return kept


def request_headers(pairs: Iterable[Header]) -> dict[str, str]:
    """The headers of a request that a fixture keeps: those that count for its key."""
    return {name: value for name, value in _lower(pairs) if name in KEPT_HEADERS}


class Redactor:
    """Masks the given secrets, and what is shaped like one. Its repr tells nothing."""

    __slots__ = ("_masker", "_shapes")

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """`secrets` are values; those under 8 characters are passed over."""
        self._masker = Masker(secrets)
        self._shapes = Masker()

    def __repr__(self) -> str:
        return "<Redactor>"

    def clean(self, fixture: Fixture) -> Fixture:
        """The fixture with every secret masked and request ids numbered; structure, names and order as they were.

        A text of a request that a secret stood in fits any value there (`~re`): who replays has another, or none.
        A secret in a blob, or one that a stream spells over several events, is left for `leftovers` to find.
        """
        cleaned = msgspec.structs.replace(fixture, notes=self._masker.text(fixture.notes), interactions=[])
        number = 0
        for one in fixture.interactions:
            interaction = self._interaction(one)
            for attempt in interaction.attempts:
                if attempt.response is not None:
                    number += 1
                    headers = attempt.response.headers
                    attempt.response.headers = {
                        name: _request_id(number) if name in REQUEST_ID_HEADERS else text
                        for name, text in headers.items()
                    }
            cleaned.interactions.append(interaction)
        return cleaned

    def leftovers(self, content: bytes) -> list[str]:
        """What is still in the bytes of a fixture, or of a blob: kinds and places, never the secret. Empty = nothing."""
        found = list(self._in_lines(content))
        if not found and content.lstrip()[:1] == b"{":
            found = list(self._in_values(content))
        return found[:_MOST_FINDINGS]

    # what is masked

    def _interaction(self, one: Interaction) -> Interaction:
        route = one.route
        return msgspec.structs.replace(
            one,
            request=self._asked(one.request),
            attempts=[self._attempt(attempt) for attempt in one.attempts],
            route=None if route is None else self._masked(route),
            usage=self._value(one.usage),
            summary=self._value(one.summary),
            note=self._masker.text(one.note),
        )

    def _attempt(self, attempt: Attempt) -> Attempt:
        request, response = attempt.request, attempt.response
        return msgspec.structs.replace(
            attempt,
            upstream=self._text(attempt.upstream),
            why=self._text(attempt.why),
            request=self._request(request) if isinstance(request, Request) else request,
            response=None if response is None else self._response(response),
            error_text=self._said(attempt.error_text),
        )

    def _request(self, request: Request) -> Request:
        return msgspec.structs.replace(
            request,
            path=self._text(mask_url(request.path)),
            headers=self._value(request.headers),
            body=self._value(request.body),
            form=self._value(request.form),
            files=[
                msgspec.structs.replace(one, filename=self._text(one.filename), name=self._text(one.name))
                for one in request.files
            ],
        )

    def _asked(self, request: Request) -> Request:
        """The caller's request, which is matched: with wildcards where a value stood that only this machine knows."""
        masked = self._request(request)
        masked.body = self._wild(request.body, is_masked=request.is_masked)
        masked.form = self._wild(request.form, is_masked=request.is_masked)
        masked.is_masked = False
        return masked

    def _wild(self, value: Any, *, is_masked: bool) -> Any:
        if isinstance(value, str):
            masked = self._text(value)
            if MASKED not in masked:
                return masked
            # What is only shaped like a key is masked in every request that is sent, too: it needs no wildcard.
            is_shape = not is_masked and masked == self._shapes.text(value)
            return masked if is_shape else _anything_in(masked)
        if isinstance(value, dict):
            fields = cast("dict[str, Any]", value)
            return {
                self._masker.text(key): self._wild(one, is_masked=is_masked) for key, one in fields.items()
            }
        if isinstance(value, list):
            return [self._wild(one, is_masked=is_masked) for one in cast("list[Any]", value)]
        return value

    def _response(self, response: Response) -> Response:
        if response.status >= _FAILED:
            response = _without_organisation(response)
        return msgspec.structs.replace(
            response,
            headers={name: self._said(text) for name, text in response.headers.items()},
            body=self._value(response.body),
            text=self._value(response.text),
            events=None if response.events is None else [self._row(row) for row in response.events],
            raw=None
            if response.raw is None
            else [(wait, self._masker.bytes(piece)) for wait, piece in response.raw],
            ws=None if response.ws is None else [self._frame(frame) for frame in response.ws],
            close=None if response.close is None else self._masked(response.close),
            synth=None if response.synth is None else self._masked(response.synth),
        )

    def _row(self, row: EventRow) -> EventRow:
        return self._masked(row)

    def _frame(self, frame: Frame) -> Frame:
        return self._masked(frame)

    def _masked(self, struct: Any) -> Any:
        """A struct of plain fields, each of them masked."""
        fields = {name: getattr(struct, name) for name in struct.__struct_fields__}
        return type(struct)(**{name: self._value(one) for name, one in fields.items()})

    def _said(self, text: str) -> str:
        """What a provider says of the caller may name an organisation; elsewhere such a text is content."""
        return self._masker.text(_ORGANISATION.sub(_NO_ORGANISATION, text))

    def _text(self, text: str) -> str:
        return self._masker.text(text)

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, dict):
            fields = cast("dict[str, Any]", value)
            return {self._masker.text(key): self._value(one) for key, one in fields.items()}
        if isinstance(value, list):
            return [self._value(one) for one in cast("list[Any]", value)]
        return value

    # what is left

    def _in_lines(self, content: bytes) -> Iterator[str]:
        if self._masker.bytes(content) is content:
            return
        is_any = False
        for number, line in enumerate(content.split(b"\n"), 1):
            if self._masker.bytes(line) is not line:
                is_any = True
                yield f"line {number}: {self._kind(line)}"
        if not is_any:
            yield f"over several lines: {self._kind(content)}"

    def _in_values(self, content: bytes) -> Iterator[str]:
        from aigw_dev.core.recording.reading import read_fixture

        try:
            fixture = read_fixture(content)
        except FixtureError:
            return
        for where, text in _texts(fixture):
            raw = text.encode("utf-8", "surrogatepass")
            if self._masker.bytes(raw) is not raw:
                yield f"{where}: {self._kind(raw)}"

    def _kind(self, raw: bytes) -> str:
        """What was found, by the way it begins where that is public."""
        masked = self._shapes.bytes(raw)
        if masked is raw:
            return "a secret that this machine knows"
        start = next(
            (at for at, (left, right) in enumerate(zip(raw, masked, strict=False)) if left != right), 0
        )
        head = raw[start : start + 24]
        shape = next((one for one in _SHAPES if head.startswith(one.encode())), "")
        if shape:
            return f"a text shaped like a key ({shape}…)"
        return "a bearer token" if head[:6].lower() == b"bearer" else "a text shaped like a key"


_SHAPES: Final = (
    *sorted({TOKEN_PREFIX, *(row.prefix for row in KEY_SHAPES)}, key=len, reverse=True),
    "AKIA",
    "eyJ",
    "-----BEGIN",
)


def _anything_in(masked: str) -> Wild:
    """Fits every text that differs from `masked` only where something was masked, and in the middle of a long one."""
    pattern = _ANYTHING.join(re.escape(one) for one in masked.split(MASKED))
    if len(pattern) > MAX_PATTERN_CHARS - _FRAME_CHARS:
        head, tail = masked.partition(MASKED)[0], masked.rpartition(MASKED)[2]
        pattern = f"{re.escape(head[:_ENDS_CHARS])}{_ANYTHING}{re.escape(tail[-_ENDS_CHARS:])}"
    try:
        is_good = not isinstance(compile_pattern(pattern), str)
    except UnicodeEncodeError:  # half a surrogate pair, which no regex can say
        is_good = False
    return Wild(pattern=pattern) if is_good else Wild()


def _without_organisation(response: Response) -> Response:
    """An error without the organisation that its message may name."""
    replace = msgspec.structs.replace
    raw = response.raw
    if raw is not None:
        old, new = _ORGANISATION_BYTES, _NO_ORGANISATION.encode()
        raw = [(wait, old.sub(new, piece)) for wait, piece in raw]
    return replace(response, body=_anonymous(response.body), text=_anonymous(response.text), raw=raw)


def _anonymous(value: Any) -> Any:
    if isinstance(value, str):
        return _ORGANISATION.sub(_NO_ORGANISATION, value)
    if isinstance(value, dict):
        return {name: _anonymous(one) for name, one in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_anonymous(one) for one in cast("list[Any]", value)]
    return value


def _texts(fixture: Fixture) -> Iterator[tuple[str, str]]:
    """Every text that spans lines of the file or events of a stream, with its place."""
    yield "$.notes", fixture.notes
    for at, one in enumerate(fixture.interactions):
        where = f"$.interactions[{at}]"
        yield from _leaves(one.request.body, f"{where}.request.body")
        yield from _leaves(one.request.form, f"{where}.request.form")
        for number, attempt in enumerate(one.attempts):
            place = f"{where}.attempts[{number}]"
            yield f"{place}.error_text", attempt.error_text
            if isinstance(attempt.request, Request):
                yield from _leaves(attempt.request.body, f"{place}.request.body")
            if attempt.response is not None:
                yield from _reply_texts(attempt.response, f"{place}.response")


def _reply_texts(response: Response, where: str) -> Iterator[tuple[str, str]]:
    yield from _leaves(response.body, f"{where}.body")
    yield f"{where}.text", response.text or ""
    if response.raw is not None:
        yield f"{where}.raw, joined", b"".join(piece for _wait, piece in response.raw).decode("latin-1")
    rows: list[Any] = [row.text if row.data is msgspec.UNSET else row.data for row in response.events or ()]
    for side in ("c", "s"):
        rows = rows if side == "c" else []
        rows += [
            frame.text if frame.data is msgspec.UNSET else frame.data
            for frame in response.ws or ()
            if frame.side == side
        ]
        joined: dict[str, list[str]] = {}
        for row in rows:
            for place, text in _leaves(row, ""):
                joined.setdefault(place, []).append(text)
        for place, texts in joined.items():
            yield f"{where}, the pieces of {place.lstrip('.') or 'data'} joined", "".join(texts)


def _leaves(value: Any, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, dict):
        for key, one in cast("dict[str, Any]", value).items():
            yield from _leaves(one, f"{where}.{key[:40]}")
    elif isinstance(value, list):
        for at, one in enumerate(cast("list[Any]", value)):
            yield from _leaves(one, f"{where}[{at}]")


def _request_id(number: int) -> str:
    return f"req_fx{number:04}"


def _lower(pairs: Iterable[Header]) -> Iterator[tuple[str, str]]:
    for name, value in pairs:
        shown = name.decode("latin-1") if isinstance(name, bytes) else name
        yield shown.lower(), value.decode("latin-1") if isinstance(value, bytes) else value
