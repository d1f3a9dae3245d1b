"""What may be stored or shown: keys that we know and texts shaped like keys are replaced, everything else is kept.

It runs over every recorded body, so the usual case, a body without any key, is one pass of a linear-time matcher (RE2)
and gives back the same object. A known key is found as it is, inside JSON (also JSON inside a JSON string), URL-encoded,
as hex and as base64 wherever in the encoded text it begins. What it cannot see: a key in compressed or encrypted data,
and one that a streamed reply spells over several events (the assembled text is masked too).
"""

import base64
import functools
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, Protocol, cast
from urllib.parse import unquote_plus

from aigw_dev.core.credentials import KEY_SHAPES, TOKEN_PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable

MASKED: Final = "[masked]"
"""Stands where a key stood; harmless in JSON strings, URLs and headers."""
MIN_SECRET_CHARS: Final = 8
"""Shorter values are not looked for: they would be found inside ordinary words."""

HEADER_ALLOW: Final = frozenset(
    {
        "accept",
        "anthropic-beta",
        "anthropic-version",
        "apim-request-id",
        "cache-control",
        "cf-ray",
        "content-encoding",
        "content-length",
        "content-type",
        "date",
        "idempotency-key",
        "openai-beta",
        "openai-model",
        "openai-processing-ms",
        "openai-version",
        "request-id",
        "retry-after",
        "retry-after-ms",
        "server",
        "server-timing",
        "session-id",
        "traceparent",
        "transfer-encoding",
        "user-agent",
        "via",
        "x-ai-route-metadata",
        "x-amzn-requestid",
        "x-request-id",
        "x-should-retry",
    }
)
"""Headers that may be stored, in lower case; everything else, credentials above all, is not."""
HEADER_ALLOW_PREFIXES: Final = ("anthropic-ratelimit-", "x-aigw-", "x-ratelimit-", "x-stainless-")

_SECRET_QUERY: Final = re.compile(
    r"(?:.*[-_])?(?:key|token|secret|signature|sig|password|passwd|credentials?|auth|authorization|apikey|code)",
    re.IGNORECASE,
)
_EXTRA_PREFIXES: Final = (
    "r8_",
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "jina_",
    "vck_",
    "LTAI",
    "ek_",
)
_EDGE: Final = r"\A|[^A-Za-z0-9]|\\[nrtbf]|\\u[0-9A-Fa-f]{4}|%[0-9A-Fa-f]{2}"
_LONG_RUN: Final = re.compile(rb"[A-Za-z0-9]{20}")
_SWITCH: Final = re.compile(rb"[A-Za-z](?=\d)|\d(?=[A-Za-z])")
_SURE: Final = (b"eyJ", b"-----BEGIN")


class _Match(Protocol):
    def group(self, which: int) -> bytes | None: ...


class _Pattern(Protocol):
    def search(self, text: bytes) -> _Match | None: ...

    def sub(self, repl: "Callable[[Any], bytes]", text: bytes) -> bytes: ...


class Masker:
    """Replaces the given secrets, and whatever looks like a provider's key or a token of ours, by `MASKED`.

    May be used from several threads. Its repr tells nothing.
    """

    __slots__ = ("_any", "_known", "_source")

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """`secrets` shorter than `MIN_SECRET_CHARS` are passed over."""
        wanted = sorted({one for one in secrets if len(one) >= MIN_SECRET_CHARS})
        self._source = "|".join(spelling for one in wanted for spelling in _spellings(one)) or _NOTHING
        self._any = _compile(f"{self._source}|{_shaped_source()}")
        self._known: _Pattern | None = None

    def bytes(self, raw: bytes) -> bytes:
        """`raw` without keys; the same object where there was none."""
        if self._any.search(raw) is None:
            return raw
        # Known keys first: a text that only looks like the beginning of a key must not swallow one.
        if self._known is None:
            self._known = _compile(self._source)
        masked = _shaped().sub(_replacement, self._known.sub(_masked, raw))
        return raw if masked == raw else masked

    def text(self, text: str) -> str:
        """`text` without keys; the same object where there was none."""
        raw = text.encode("utf-8", "surrogatepass")
        masked = self.bytes(raw)
        return text if masked is raw else masked.decode("utf-8", "surrogatepass")

    def __repr__(self) -> str:
        return "<Masker>"


def redact(text: str) -> str:
    """A message fit to be shown or stored: nothing shaped like a key, no password or key in a URL."""
    return _anywhere().text(_QUERY_VALUE.sub(rf"\g<1>{MASKED}", _USER_PART.sub(rf"\g<1>{MASKED}@", text)))


def mask_url(url: str) -> str:
    """A URL or path with the values of credential-like query fields, and a user part, replaced; the rest as it was."""
    head, mark, query = _USER_PART.sub(rf"\g<1>{MASKED}@", url).partition("?")
    query, hash_mark, fragment = query.partition("#")
    fields = "&".join(_mask_field(field) for field in query.split("&"))
    return f"{head}{mark}{fields}{hash_mark}{fragment}"


def is_storable(name: str) -> bool:
    """Whether a header of this name may be stored (its value is masked all the same)."""
    lowered = name.lower()
    return lowered in HEADER_ALLOW or lowered.startswith(HEADER_ALLOW_PREFIXES)


_USER_PART: Final = re.compile(r"(\b[A-Za-z][A-Za-z0-9+.-]*://)[^/?#\s@\"']*@")
_QUERY_VALUE: Final = re.compile(
    r"([?&](?:[A-Za-z0-9_-]*[-_])?(?:key|token|secret|sig|signature|password|apikey|auth)=)[^&\s\"'#]+",
    re.IGNORECASE,
)


def _mask_field(field: str) -> str:
    name, mark, value = field.partition("=")
    is_secret = value and _SECRET_QUERY.fullmatch(unquote_plus(name)) is not None
    return f"{name}{mark}{MASKED}" if is_secret else field


@functools.cache
def _anywhere() -> Masker:
    return Masker()


def _masked(_match: _Match) -> bytes:
    return MASKED.encode()


def _replacement(match: _Match) -> bytes:
    edge, key = match.group(1) or b"", match.group(2) or b""
    return edge + MASKED.encode() if _is_random(key) else edge + key


def _is_random(key: bytes) -> bool:
    """Whether it is a key and not words joined by hyphens (`sk-loading-spinner-container`)."""
    return key.startswith(_SURE) or _LONG_RUN.search(key) is not None or len(_SWITCH.findall(key)) > 1


_NOTHING: Final = r"[^\x00-\xff]"
"""A pattern that no byte matches."""


def _compile(source: str) -> _Pattern:
    import re2  # 9 ms, and only who masks needs it

    engine = cast("Any", re2)  # it has no type stubs
    options = engine.Options()
    options.encoding = engine.Options.Encoding.LATIN1
    options.max_mem = 64 << 20
    return cast("_Pattern", engine.compile(source.encode("ascii"), options))


def _shaped_source() -> str:
    return f"({_EDGE})({'|'.join(_shapes())})"


@functools.cache
def _shaped() -> _Pattern:
    return _compile(_shaped_source())


def _shapes() -> Iterable[str]:
    """Patterns of keys by the way they begin; all are at least 16 characters beyond that."""
    prefixes = {row.prefix for row in KEY_SHAPES} | {TOKEN_PREFIX, *_EXTRA_PREFIXES}
    # A shorter prefix must not win over a longer one that says more.
    begin = "|".join(re.escape(prefix) for prefix in sorted(prefixes, key=len, reverse=True))
    yield rf"(?:{begin})[A-Za-z0-9_+/=-]{{16,}}"
    yield r"AKIA[0-9A-Z]{16}"
    yield r"(?i:bearer)(?:[ \t]|%20|\+){1,4}[A-Za-z0-9._~+/=-]{16,}"
    yield r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"
    yield r"[0-9a-f]{32}\.[A-Za-z0-9]{16}\b"
    yield r"-----BEGIN [A-Z ]*PRIVATE KEY-----[A-Za-z0-9+/=\\\s]{32,}(?:-----END [A-Z ]*PRIVATE KEY-----)?"


def _spellings(secret: str) -> Iterable[str]:
    """Patterns for one known secret: as text in any usual escaping, as base64 at each alignment, as hex."""
    raw = secret.encode("utf-8", "surrogatepass")
    yield "".join(_spelled(char) for char in secret)
    for shift in range(3):
        encoded = base64.b64encode(bytes(shift) + raw).decode("ascii")
        first = (shift * 8 + 5) // 6
        yield "".join(_base64_char(char) for char in encoded[first : (shift + len(raw)) * 8 // 6])
    yield "".join(char if char.isdigit() else f"[{char}{char.upper()}]" for char in raw.hex())


def _base64_char(char: str) -> str:
    return {"+": rf"(?:-|{_spelled('+')})", "/": rf"(?:_|{_spelled('/')})"}.get(char, char)


def _spelled(char: str) -> str:
    """One character as plain text, JSON (nested a few times, also its `u` form) or URL encoding would write it."""
    if char.isascii() and char.isalnum():
        return char
    raw = char.encode("utf-8", "surrogatepass")
    plain = "".join(f"\\x{byte:02x}" for byte in raw)
    units = char.encode("utf-16-be", "surrogatepass").hex()
    escaped = "".join(rf"\\{{1,8}}u{_any_case(units[at : at + 4])}" for at in range(0, len(units), 4))
    percent = "".join(f"%{_any_case(f'{byte:02x}')}" for byte in raw)
    short = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f"}.get(char)
    named = rf"|\\{{1,8}}{short}" if short else ""
    blank = r"|\+" if char == " " else ""
    slashes = r"\\{0,16}" if char in "\"/'" else r"\\{0,15}" if char == "\\" else ""
    return rf"(?:{slashes}{plain}|{escaped}|{percent}{named}{blank})"


def _any_case(digits: str) -> str:
    return "".join(digit if digit.isdigit() else f"[{digit}{digit.upper()}]" for digit in digits)
