"""What a condition may ask of one request. Nothing is measured or decoded before a condition asks for it."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

import msgspec

from aigw_dev.core.exchange import Scalar
from aigw_dev.core.routing.header_text import header_text
from aigw_dev.core.routing.metadata import parse_metadata
from aigw_dev.core.routing.names import Name

__all__ = ["Facts", "Found", "Measured", "parse_metadata"]


class Measured(Protocol):
    """What a dialect measures in a request's content."""

    @property
    def has_tools(self) -> bool:
        """The request offers tools."""
        ...

    @property
    def has_images(self) -> bool:
        """The request holds an image."""
        ...

    @property
    def input_chars(self) -> int:
        """Characters of text that the model reads."""
        ...


class Found(msgspec.Struct, frozen=True):
    """What a name stands for in one request."""

    value: Any = None
    """A string, number, boolean, list or mapping; None where nothing is there."""
    is_null: bool = False
    """It was sent, as JSON null."""


class Unmeasured(msgspec.Struct, frozen=True):
    """A request without content."""

    has_tools: bool = False
    has_images: bool = False
    input_chars: int = 0


class Facts(msgspec.Struct, kw_only=True):
    """One request as conditions see it."""

    metadata: Mapping[str, Scalar | None] | None = None
    """From `parse_metadata`; None where the header is absent."""
    headers: Mapping[str, str] = {}
    """By lower-case name; one sent twice is joined by `, `."""
    query: Mapping[str, str] = {}
    """Parameters of the URL, decoded."""
    model: str = ""
    """The model name as the caller sent it."""
    consumer: str = "none"
    """Who calls; `none` where nobody is named."""
    is_stream: bool = False
    """The caller asked for a stream."""
    body: bytes | Mapping[str, msgspec.Raw] = b"{}"
    """The JSON body, as sent or with its top level decoded."""
    measure: Callable[[], Measured] = Unmeasured
    """Called once, and only for a condition on `has_tools`, `has_images` or `input_chars`."""
    url: str = "http://127.0.0.1:2449/v1/chat/completions"
    """Where the caller sent it, for the curl in a refusal."""
    kept: dict[str, Found] = msgspec.field(default_factory=dict[str, Found])
    """What has been read of the body, by name."""
    measured: Measured | None = None
    """What `measure` gave."""

    def read(self, name: Name) -> Found:
        """What `name` stands for; never raises, whatever the request holds."""
        return _READERS[name.root](self, name)


def _metadata(facts: Facts, name: Name) -> Found:
    key = str(name.parts[0])
    metadata = facts.metadata or {}
    return Found(metadata.get(key), is_null=key in metadata and metadata[key] is None)


def _header(facts: Facts, name: Name) -> Found:
    text = facts.headers.get(str(name.parts[0]))
    return _MISSING if text is None else Found(header_text(text))


def _content(facts: Facts) -> Measured:
    if facts.measured is None:
        facts.measured = facts.measure()
    return facts.measured


def _body(facts: Facts, name: Name) -> Found:
    key = name.text()
    if key not in facts.kept:
        facts.kept[key] = _read_body(facts.body, name.parts)
    return facts.kept[key]


def _read_body(body: bytes | Mapping[str, msgspec.Raw], path: tuple[str | int, ...]) -> Found:
    """Walk down one level at a time, so that what stands beside the path is skipped, not built."""
    try:
        if isinstance(body, bytes):
            here: msgspec.Raw | None = msgspec.Raw(body)
            rest = path
        else:
            here = body.get(str(path[0]))
            rest = path[1:]
        for step in rest:
            if here is None:
                return _MISSING
            here = _step(bytes(here), step)
        if here is None:
            return _MISSING
        value = msgspec.json.decode(here)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return _MISSING  # not JSON, or nested beyond reading: for a condition it is not there
    return _NULL if value is None else Found(value)


def _step(text: bytes, step: str | int) -> msgspec.Raw | None:
    """The part of a JSON value that `step` names, or None."""
    first = text.lstrip()[:1]
    if first == b"{":
        return _OBJECT.decode(text).get(str(step))
    if first != b"[" or isinstance(step, str):
        return None
    items = _LIST.decode(text)
    return items[step] if -len(items) <= step < len(items) else None


_MISSING: Final = Found()
_NULL: Final = Found(is_null=True)
_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST: Final = msgspec.json.Decoder(list[msgspec.Raw])
_READERS: Final[dict[str, Callable[[Facts, Name], Found]]] = {
    "metadata": _metadata,
    "header": _header,
    "query": lambda facts, name: Found(facts.query.get(str(name.parts[0]))),
    "model": lambda facts, _: Found(facts.model),
    "consumer": lambda facts, _: Found(facts.consumer),
    "stream": lambda facts, _: Found(facts.is_stream),
    "has_tools": lambda facts, _: Found(_content(facts).has_tools),
    "has_images": lambda facts, _: Found(_content(facts).has_images),
    "input_chars": lambda facts, _: Found(_content(facts).input_chars),
    "body": _body,
}
