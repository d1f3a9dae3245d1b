"""What can be said about keys and tokens by looking at them: shape, vendor, name, reference, fingerprint, origin.

Nothing here stores, reads or sends a credential. Functions that may be given one never put it into what they return,
except `clean_key`, whose result is the key.
"""

import base64
import hashlib
import hmac
import re
from typing import Final, Literal
from urllib.parse import urlsplit

import msgspec

TOKEN_PREFIX: Final = "aigwdev-"  # noqa: S105 - what tokens begin with, not one
"""Every credential that this gateway issues begins so, and no value that does is ever taken for a provider's key."""

MIN_TOKEN_ENTROPY_BYTES: Final = 16
MAX_KEY_CHARS: Final = 65_536
_MIN_TAIL_CHARS: Final = 20
"""Keys shorter than this show none of their own characters in a fingerprint."""


class KeyShape(msgspec.Struct, frozen=True):
    """One row of `KEY_SHAPES`: keys that begin so may be of these kinds."""

    prefix: str
    kinds: tuple[str, ...]
    """Provider kinds; several where vendors share a prefix."""
    marker: str = ""
    """Text that must also occur inside the key; empty = none."""


KEY_SHAPES: Final[tuple[KeyShape, ...]] = (
    KeyShape("sk-proj-", ("openai",)),
    KeyShape("sk-svcacct-", ("openai",)),
    KeyShape("sk-admin-", ("openai",)),
    KeyShape("sk-", ("openai",), marker="T3BlbkFJ"),
    KeyShape("sk-ant-", ("anthropic",)),
    KeyShape("sk-or-", ("openrouter",)),
    KeyShape("sk-", ("openai", "deepseek", "qwen", "moonshot")),
    KeyShape("gsk_", ("groq",)),
    KeyShape("xai-", ("xai",)),
    KeyShape("AIza", ("gemini",)),
    KeyShape("tgp_v1_", ("together",)),
    KeyShape("fw_", ("fireworks",)),
    KeyShape("pplx-", ("perplexity",)),
    KeyShape("hf_", ("huggingface",)),
    KeyShape("nvapi-", ("nvidia",)),
    KeyShape("csk-", ("cerebras",)),
    KeyShape("ABSK", ("bedrock",)),
)
"""Shapes of providers' keys; the longest prefix wins, and of equal ones the row with a marker that occurs."""


class KeyReference(msgspec.Struct, frozen=True):
    """Where a key is to be looked up, as a config or a route names it."""

    source: Literal["name", "env", "file"]
    """`name`: a key that `keys add` recorded; `env`: a variable; `file`: a path."""
    target: str
    """The key's name, the variable's name, or the path as written."""

    def text(self) -> str:
        """The reference as a config writes it."""
        return self.target if self.source == "name" else f"{self.source}:{self.target}"


# tokens


def make_token(entropy: bytes, *, label: str = "") -> str:
    """A credential of this gateway from at least 16 random bytes; `label` (`admin`, `run`) is readable in it.

    Fewer bytes are a `ValueError`: the caller brings the randomness.
    """
    if len(entropy) < MIN_TOKEN_ENTROPY_BYTES:
        raise ValueError(f"a token needs at least {MIN_TOKEN_ENTROPY_BYTES} random bytes, got {len(entropy)}")
    body = base64.urlsafe_b64encode(entropy).rstrip(b"=").decode("ascii")
    return f"{TOKEN_PREFIX}{label}-{body}" if label else f"{TOKEN_PREFIX}{body}"


def digest(token: str | bytes) -> bytes:
    """SHA-256 of a token: what is stored and compared instead of it. Any text is accepted, also non-ASCII."""
    return hashlib.sha256(
        token if isinstance(token, bytes) else token.encode("utf-8", "surrogatepass")
    ).digest()


def is_own_token(text: str) -> bool:
    """Whether this is a credential of a gateway of ours (also quoted or with `Bearer`), never a provider's key."""
    return text.startswith(TOKEN_PREFIX) or clean_key(text).startswith(TOKEN_PREFIX)


# keys

_INVISIBLE: Final = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u2060\u00ad"))
_MIN_KEY_BODY: Final = 12
_MANY_SWITCHES: Final = 3
_PASTE_MARKS: Final = re.compile(r"\x1b\[20[01]~")
_ASSIGNMENT: Final = re.compile(
    r"""(?:(?:export|set|setx|let)[ \t]+|\$env:)[A-Za-z_][A-Za-z0-9_]*[ \t]*[= \t][ \t]*(?=[^=\s])"""
    r"""|[A-Z][A-Z0-9]*_[A-Z0-9_]*[ \t]*=[ \t]*(?=[^=\s])"""
)
_HEADER: Final = re.compile(
    r"(?:(?:authorization|x-api-key|x-goog-api-key|api-key)[ \t]*:[ \t]*)", re.IGNORECASE
)
_BEARER: Final = re.compile(r"bearer[ \t]+", re.IGNORECASE)
_QUOTES: Final = "\"'`\u2018\u2019\u201c\u201d"
_PLACEHOLDER: Final = re.compile(
    r"(?:<.*>|\$\{?[A-Za-z_]\w*\}?|.*(?:\.\.\.|\u2026|\*{4}).*|your[-_ ].*|x{4,})", re.IGNORECASE
)


def clean_key(text: str) -> str:
    """The key inside what a person pasted: no quotes, spaces, line ends, `Bearer`, `export NAME=`, header name.

    Cleaning twice changes nothing. A JSON document (a service account) is only stripped.
    """
    left = text
    while True:
        before = left
        left = _PASTE_MARKS.sub("", left.translate(_INVISIBLE)).strip()
        if left.startswith("{"):
            return left
        for lead in (_ASSIGNMENT, _HEADER, _BEARER):
            match = lead.match(left)
            left = left[match.end() :] if match else left
        left = left.strip().rstrip(";,").strip()
        if len(left) > 1 and left[0] in _QUOTES and left[-1] in _QUOTES:
            left = left[1:-1].strip()
        if left == before:
            return left


def check_key(key: str) -> str | None:
    """Why a cleaned key cannot be one, or None. The text never holds the key or a part of it."""
    if not key:
        return "the key is empty"
    if len(key) > MAX_KEY_CHARS:
        return f"the key is longer than {MAX_KEY_CHARS:,} characters"
    if key.startswith(TOKEN_PREFIX):
        return "this is a token of the gateway itself, not a provider's key"
    if re.search(r"[\ud800-\udfff\x00]", key):
        return "the key is not text: copy it again"
    if key.startswith("{"):
        return None
    if re.search(r"\s", key):
        return "the key has a space or a line end inside: paste one key only"
    if not (key.isascii() and key.isprintable()):
        return "the key has characters that no HTTP header can carry: copy it again"
    if _PLACEHOLDER.fullmatch(key):
        return "this is a placeholder or a shortened key: copy the whole key from the provider's page"
    return None


def recognise_vendors(key: str) -> tuple[str, ...]:
    """Kinds of provider whose keys look like this one, likeliest first; empty where nothing is known."""
    matching = [row for row in KEY_SHAPES if key.startswith(row.prefix) and row.marker in key]
    best = max(matching, key=lambda row: (len(row.prefix), bool(row.marker)), default=None)
    return best.kinds if best else ()


def recognise_vendor(key: str) -> str | None:
    """The only kind of provider whose keys look like this one, or None where there is none or several."""
    kinds = recognise_vendors(key)
    return kinds[0] if len(kinds) == 1 else None


def looks_like_key(text: str) -> bool:
    """Whether a text is probably a key itself, where a name or reference was expected (a config, an argument)."""
    key = clean_key(text)
    if key.startswith(TOKEN_PREFIX):
        return True
    if any(key.startswith(row.prefix) and len(key) >= len(row.prefix) + _MIN_KEY_BODY for row in KEY_SHAPES):
        return _is_mixed(key)
    return (
        re.fullmatch(r"[A-Za-z0-9_.+/=-]{28,}", key) is not None
        and _is_mixed(key)
        and len(set(key)) >= _MIN_KEY_BODY
    )


def _is_mixed(key: str) -> bool:
    """Whether letters and digits follow one another as chance would have it, which words and paths do not."""
    switches = len(re.findall(r"[A-Za-z](?=\d)|\d(?=[A-Za-z])", key))
    return switches >= _MANY_SWITCHES or (switches >= 1 and key != key.lower())


def fingerprint(salt: bytes, key: str) -> str:
    """`1a2b3c4d…wxyz`: names a key without telling it. 8 hex digits of HMAC-SHA256, then its last 4 characters.

    Keys shorter than 20 characters show no character of their own. `salt` is one per home.
    """
    short = hmac.new(salt, key.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:8]
    return f"{short}…{key[-4:]}" if len(key) >= _MIN_TAIL_CHARS else short


# names and references

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def check_name(name: str) -> str | None:
    """Why a key cannot be called so, or None. The name itself is not repeated: it may be a key given by mistake."""
    if not name:
        return "a key's name is empty"
    if not _NAME.fullmatch(name):
        return "a key's name has 1 to 64 of a-z, 0-9, '.', '_' and '-', and begins with a letter or digit"
    if looks_like_key(name):
        return "this looks like a key, not like the name of one: names are chosen by you, like openai-api-key"
    return None


def parse_reference(text: str) -> KeyReference | str:
    """The reference in `NAME`, `env:VARIABLE` or `file:PATH`, or why it is none; never repeats `text`."""
    source, colon, target = text.partition(":")
    if not colon:
        problem = check_name(text)
        return problem or KeyReference("name", text)
    if source == "env":
        return (
            KeyReference("env", target)
            if _VARIABLE.fullmatch(target)
            else "env: wants the name of a variable, like env:OPENAI_API_KEY"
        )
    if source == "file":
        is_path = bool(target.strip()) and "\0" not in target
        return (
            KeyReference("file", target) if is_path else "file: wants a path, like file:/run/secrets/openai"
        )
    return "a key is referred to by its name, env:VARIABLE or file:PATH"


# origins

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_AUTHORITY: Final = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?")


def origin_of(url: str) -> str | None:
    """`https://host[:port]` in lower case, without the scheme's usual port; None where there is no single safe reading.

    Anything on which two URL parsers could differ (a user part, a backslash, spaces, a non-ASCII host) is None:
    keys are bound to what this returns (CVE-2026-24779 is such a difference in another product).
    """
    if not url.isascii() or "\\" in url or re.search(r"[\x00-\x20\x7f]", url):
        return None
    scheme, mark, rest = url.partition("://")
    scheme = scheme.lower()
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if not mark or scheme not in _DEFAULT_PORTS or not _AUTHORITY.fullmatch(authority):
        return None
    try:
        parts = urlsplit(f"{scheme}://{authority}")
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not host or port == 0:
        return None
    shown = f"[{host}]" if ":" in host else host.rstrip(".")
    if not shown:
        return None
    return f"{scheme}://{shown}" if port in {None, _DEFAULT_PORTS[scheme]} else f"{scheme}://{shown}:{port}"
