"""The key of a request: equal for requests that mean the same to a provider, different for all others.

`k1:` and 24 hex digits of the SHA-256 of canonical JSON `{op, headers, body | form, files | blob}` (and `method`, `path`
where they are not said by `op`). What does not count: key order, `1.0` or `1`, nulls and `IGNORED_FIELDS` at the top,
headers other than `KEPT_HEADERS`, credentials in a query, boundaries and the order of a form's differing fields, and the
values of ids: they become `<id-0>`, `<id-1>` by first appearance (lists in order, fields sorted), so that links count.
Media counts as its bytes and type, whether it stands inline or in a blob. Texts are never normalised, not even Unicode.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any, Final, cast
from urllib.parse import unquote_plus

import msgspec

from aigw_dev.core.recording.fixture import Blob, Request, Wild
from aigw_dev.core.recording.ignore import Rules, compile_rules

KEPT_HEADERS: Final = frozenset({"anthropic-version", "anthropic-beta", "openai-beta"})
"""Headers that count, in lower case."""
SUBPROTOCOLS: Final = "sec-websocket-protocol"
"""Counts too, where a recording has it: what a WebSocket's caller offers beside credentials."""
IGNORED_FIELDS: Final = frozenset({"user", "metadata", "store", "safety_identifier", "prompt_cache_key"})
"""Fields at the top of a body or form that say who asks, not what."""
_CREDENTIALS: Final = frozenset({"key", "api_key", "api-key", "apikey", "access_token", "subscription-key"})
"""Query fields that say who asks."""
_HISTORY: Final = frozenset({"messages", "input", "contents", "items"})
"""Where a conversation lies: there ids are made up by models and apps, elsewhere (`prompt.id`, `voice.id`) they say what is meant."""
_ID_FIELDS: Final = frozenset({"id", "tool_call_id", "tool_use_id", "call_id", "approval_request_id"})
_OPAQUE: Final = frozenset(
    {
        "input",
        "args",
        "arguments",
        "response",
        "parameters",
        "input_schema",
        "schema",
        "json_schema",
        "metadata",
    }
)
"""Objects under these names are arguments, results and schemas: what looks like an id in them is content."""
_OUTSIDE: Final = 0
_IN_HISTORY: Final = 1
_IN_OPAQUE: Final = 2
_MEDIA_FIELDS: Final = frozenset({"data", "file_data"})
_TYPE_FIELDS: Final = ("media_type", "mime_type", "mimeType", "format")
_DATA_URL: Final = re.compile(r"data:([^,]*);base64,", re.IGNORECASE)
_BASE64: Final = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_LONG_TEXT: Final = 256
"""Base64 this long counts as its bytes wherever it stands."""
_LONG_ROW: Final = 64
"""Numbers in a list from which on it counts as its hash."""
MOST_DEPTH: Final = 200
"""What is nested deeper counts by its hash alone; no recursion goes further."""
_KEY_DIGITS: Final = 24


class IdText(str):
    """An id's own text in an unnumbered canonical request."""

    __slots__ = ()


def key_of(request: Request, *, ignore: Sequence[str] | Rules = ()) -> str:
    """The key of `request`, or "" where it has wildcards. FixtureError where a rule of `ignore` cannot be read.

    A model in a path (Gemini, Azure) counts only if `request.path` or the body says it.
    """
    if has_wilds(request):
        return ""
    text = json.dumps(
        canonical(request, ignore),
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        check_circular=False,
    )
    return f"k1:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:_KEY_DIGITS]}"


def canonical(request: Request, ignore: Sequence[str] | Rules = (), *, is_numbered: bool = True) -> Any:
    """What of `request` counts, as a JSON value; media as `{"~blob": "sha256:..", "type"?}`, wildcards as they are.

    With `is_numbered` off ids keep their text, as `IdText`: for comparing with a request that has wildcards.
    """
    rules = ignore if isinstance(ignore, Rules) else compile_rules(ignore)
    if rules:
        request = rules.prune(request)
    walk = _Walk(is_numbered=is_numbered)
    headers = {name.lower(): value for name, value in request.headers.items()}
    found: dict[str, Any] = {
        "op": request.op,
        "headers": {
            name: value for name, value in headers.items() if name in KEPT_HEADERS or name == SUBPROTOCOLS
        },
    }
    if request.method.upper() != "POST":
        found["method"] = request.method.upper()
    if request.path:
        found["path"] = _path(request.path)
    if request.body is not msgspec.UNSET:
        found["body"] = walk.top(request.body)
    if request.form is not None or request.files:
        found["form"] = walk.top(request.form or {})
        found["files"] = [
            {"name": one.name, "filename": one.filename, "type": one.type, "sha256": one.blob.sha256}
            for one in sorted(request.files, key=lambda part: part.name)
        ]
    if request.blob is not None:
        found["blob"] = _blob(request.blob)
    return found


def has_wilds(request: Request) -> bool:
    """Whether a wildcard stands anywhere in `request`."""
    waiting: list[Any] = [request.body, request.form]
    while waiting:
        value = waiting.pop()
        kind: type = value.__class__
        if kind is dict:
            waiting.extend(value.values())
        elif kind is list:
            waiting.extend(value)
        elif kind is Wild:
            return True
    return False


class _Walk:
    """One pass over one request."""

    __slots__ = ("_ids", "_is_numbered")

    def __init__(self, *, is_numbered: bool) -> None:
        self._ids: dict[str, str] = {}
        self._is_numbered = is_numbered

    def top(self, value: Any) -> Any:
        """A whole body, or a form's fields."""
        if not isinstance(value, dict):
            return self.value(value, 0, _OUTSIDE)
        fields = {
            name: one
            for name, one in cast("dict[str, Any]", value).items()
            if one is not None and name not in IGNORED_FIELDS
        }
        options = fields.get("stream_options")
        if isinstance(options, dict):
            kept = {
                name: one
                for name, one in cast("dict[str, Any]", options).items()
                if name != "include_obfuscation"
            }
            fields["stream_options"] = kept
            if not kept:
                del fields["stream_options"]
        previous = fields.get("previous_response_id")
        if isinstance(previous, str):
            fields["previous_response_id"] = self._id(previous)
        return self.value(fields, 0, _OUTSIDE)

    def value(self, value: Any, depth: int, place: int) -> Any:
        """`value` in canonical form; `place` says what ids in it are."""
        kind: type = value.__class__
        if kind is str:
            return _text(value, is_media=False)
        if kind is dict:
            return self._object(value, depth, place)
        if kind is list:
            if depth >= MOST_DEPTH:
                return deep_mark(value)
            if len(value) >= _LONG_ROW and (kinds := set(map(type, value))) <= {int, float}:
                return _row(value, kinds)
            return [self.value(one, depth + 1, place) for one in value]
        if kind is float and value.is_integer():
            return int(value)
        return _blob(value) if kind is Blob else value

    def _object(self, value: dict[str, Any], depth: int, place: int) -> Any:
        if depth >= MOST_DEPTH:
            return deep_mark(value)
        found: dict[str, Any] = {}
        for name in sorted(value):
            one = value[name]
            if type(one) is str:
                if place == _IN_HISTORY and name in _ID_FIELDS:
                    found[name] = self._id(one)
                elif len(one) < _LONG_TEXT and one[:1] not in "dD" and name not in _MEDIA_FIELDS:
                    found[name] = one  # the usual case, ahead of all that `_text` looks for
                else:
                    found[name] = _text(one, is_media=_is_media(name, value))
                continue
            below = place
            if name in _OPAQUE and type(one) is dict:
                below = _IN_OPAQUE
            elif place == _OUTSIDE and name in _HISTORY:
                below = _IN_HISTORY
            found[name] = self.value(one, depth + 1, below)
        # Our own marks are one or two fields, the mark's name last: what a caller sends so must not pass for one.
        return {"~lit": found} if found and next(reversed(found))[:1] == "~" else found

    def _id(self, value: str) -> str:
        if not self._is_numbered:
            return IdText(value)
        return self._ids.setdefault(value, f"<id-{len(self._ids)}>")


def _is_media(name: str, fields: dict[str, Any]) -> bool:
    return name == "file_data" or (name == "data" and any(one in fields for one in _TYPE_FIELDS))


def _text(text: str, *, is_media: bool) -> Any:
    if text[:5].lower() == "data:" and (head := _DATA_URL.match(text)):
        content = media_bytes(text[head.end() :])
        return text if content is None else _mark(hashlib.sha256(content).hexdigest(), head[1])
    if is_media:
        content = media_bytes(text)
        return text if content is None else _mark(hashlib.sha256(content).hexdigest())
    if len(text) >= _LONG_TEXT and len(text) % 4 == 0 and _BASE64.fullmatch(text):
        content = base64.b64decode(text)
        # Padding bits that are not zero: another text of the same bytes.
        if base64.b64encode(content[-(len(content) % 3 or 3) :]).decode() == text[-4:]:
            return _mark(hashlib.sha256(content).hexdigest())
    return text


def media_bytes(text: str) -> bytes | None:
    """The bytes of base64 in any of its spellings (URL-safe, without padding, over lines); None where it is none."""
    plain = "".join(text.split()).rstrip("=").translate(_STANDARD)
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


_STANDARD: Final = {ord("-"): "+", ord("_"): "/"}


def _row(value: list[Any], kinds: set[type]) -> Any:
    numbers = value
    if float in kinds:
        numbers = [int(one) if type(one) is float and one.is_integer() else one for one in value]
    return _mark(hashlib.sha256(msgspec.json.encode(numbers)).hexdigest(), "application/json")


def _blob(blob: Blob) -> Any:
    if blob.form == "json":
        return _mark(blob.sha256, "application/json")
    return _mark(blob.sha256) if blob.form == "base64" else _mark(blob.sha256, blob.type)


def _mark(sha256: str, kind: str | None = None) -> dict[str, str]:
    mark = f"sha256:{sha256.removeprefix('sha256:')}"
    return {"~blob": mark} if kind is None else {"type": kind, "~blob": mark}


def deep_mark(value: Any) -> Any:
    """What stands for a value nested deeper than recursion may go: its hash."""
    digest = hashlib.sha256()
    waiting: list[Any] = [value]
    while waiting:
        one = waiting.pop()
        if type(one) is dict:
            fields = cast("dict[str, Any]", one)
            digest.update(b"{%d" % len(fields))
            for name in sorted(fields, reverse=True):
                waiting += (fields[name], name)
        elif type(one) is list:
            digest.update(b"[%d" % len(cast("list[Any]", one)))
            waiting.extend(reversed(cast("list[Any]", one)))
        else:
            whole = int(one) if type(one) is float and one.is_integer() else one
            digest.update(repr(whole).encode("utf-8", "surrogatepass") + b",")
    return {"~deep": digest.hexdigest()}


def _path(path: str) -> str:
    head, mark, query = path.partition("?")
    kept = [
        field
        for field in query.split("&")
        if unquote_plus(field.partition("=")[0]).lower() not in _CREDENTIALS
    ]
    return f"{head}{mark}{'&'.join(kept)}" if mark and any(kept) else head
