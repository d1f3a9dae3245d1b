"""`x-ai-route-metadata`: what the caller says about a request, so that routes can decide by it.

A flat JSON object (`{"tier":"pro"}`) or `k=v` pairs split by `,` or `;` (`tier=pro; region=eu`). Values are strings,
numbers, booleans or null; in pairs they are always strings. A key given twice is refused: which one was meant is
anybody's guess.
"""

import json
import re
from collections.abc import Mapping
from typing import Final, Protocol

import msgspec

from aigw_dev.core import harmless
from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Scalar
from aigw_dev.core.routing.header_text import header_text

HEADER: Final = "x-ai-route-metadata"
MAX_CHARS: Final = 8192
"""The longest value taken."""
_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_SEPARATORS: Final = re.compile(r"[,;]")
_FLAT: Final = msgspec.json.Decoder(dict[str, str | int | float | bool | None])
_URL: Final = "http://127.0.0.1:2449/v1/chat/completions"


class Asking(Protocol):
    """What is needed of a route to say how it wants to be called."""

    @property
    def name(self) -> str:
        """The route's name."""
        ...

    @property
    def metadata_example(self) -> Mapping[str, Scalar]:
        """Every key its conditions ask for, each with a value that fits."""
        ...


def parse_metadata(
    header: bytes | str | None, route: Asking, *, url: str = _URL
) -> dict[str, Scalar | None] | Refusal | None:
    """What the header says; None where it is absent or blank (`flow.decide` knows whether the route needs it).

    A `Refusal` (`route_metadata_invalid`) names what is wrong and shows a call that is right.
    """
    text = header_text(header or b"").strip()
    if not text:
        return None
    if len(text) > MAX_CHARS:
        return _invalid(f"it has {len(text):,} characters, at most {MAX_CHARS:,} are read", route, url)
    read = _json(text) if text[0] in '{["' else _pairs(text)
    return _invalid(read, route, url) if isinstance(read, str) else read


def missing(route: Asking, *, url: str = _URL) -> Refusal:
    """The refusal for a route that reads metadata and a request that has none."""
    keys = ", ".join(route.metadata_example)
    message = (
        f"route {route.name} decides by metadata ({keys}) and the request has no {HEADER} header. "
        f"Send it, or set `metadata: optional` on the route:\n{_curl(route, url)}"
    )
    return Refusal(code="route_metadata_missing", message=message, param=HEADER)


def _json(text: str) -> dict[str, Scalar | None] | str:
    """The object's pairs, or what is wrong with it."""
    try:
        read = _FLAT.decode(text)
    except msgspec.ValidationError as error:
        return f"it is not a flat JSON object of strings, numbers, booleans and nulls ({harmless.line(str(error))})"
    except msgspec.DecodeError as error:
        return f"it begins like JSON and is not valid ({harmless.line(str(error))})"
    twice = _twice([key for key, _ in _pairs_of(text)])
    return f"the key {_shown(twice)} is given twice" if twice is not None else dict(read)


def _pairs_of(text: str) -> list[tuple[str, object]]:
    """The pairs of a flat JSON object in the order written, keys given twice included."""
    pairs: list[tuple[str, object]] = []
    json.loads(text, object_pairs_hook=pairs.extend, strict=False)  # msgspec has checked it
    return pairs


def _pairs(text: str) -> dict[str, Scalar | None] | str:
    """The `k=v` pairs, or what is wrong with them."""
    pairs: list[tuple[str, str]] = []
    for part in _SEPARATORS.split(text):
        if not part.strip():
            continue
        key, equals, value = part.partition("=")
        if not equals:
            return f"{_shown(part.strip())} is neither a JSON object nor a pair key=value"
        if not _KEY.fullmatch(key.strip()):
            return f"{_shown(key.strip())} is no key: write ASCII letters, digits, `_` and `-`, or send JSON"
        pairs.append((key.strip(), _unquoted(value.strip())))
    twice = _twice([key for key, _ in pairs])
    return f"the key {_shown(twice)} is given twice" if twice is not None else dict(pairs)


def _unquoted(value: str) -> str:
    is_quoted = len(value) > 1 and value[0] == value[-1] == '"'
    return value[1:-1] if is_quoted else value


def _twice(keys: list[str]) -> str | None:
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            return key
        seen.add(key)
    return None


def _shown(text: str) -> str:
    return "`" + harmless.line(text[:40]) + ("…" if len(text) > 40 else "") + "`"  # noqa: PLR2004 - a glance is enough


def _invalid(reason: str, route: Asking, url: str) -> Refusal:
    keys = ", ".join(route.metadata_example)
    wants = f"route {route.name} asks for {keys}" if keys else f"route {route.name} reads no metadata"
    message = f"the header {HEADER} could not be read: {reason}. {wants}; for example:\n{_curl(route, url)}"
    return Refusal(code="route_metadata_invalid", message=message, param=HEADER)


def _curl(route: Asking, url: str) -> str:
    """A call with the header as it should be, to paste into a POSIX shell."""
    metadata = json.dumps(dict(route.metadata_example), separators=(",", ":"))
    body = json.dumps({"model": f"dynamic/{route.name}", "messages": [{"role": "user", "content": "hello"}]})
    return (
        f"curl {_quoted(url)} -H 'content-type: application/json' -H \"authorization: Bearer $AIGW_DEV_TOKEN\""
        f" -H {_quoted(f'{HEADER}: {metadata}')} -d {_quoted(body)}"
    )


def _quoted(text: str) -> str:
    """`text` as one word of a POSIX shell."""
    return "'" + harmless.line(text).replace("'", "'\\''") + "'"
