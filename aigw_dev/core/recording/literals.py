"""The shorthands of a fixture file: what a recorded value is written as, and what is meant by what is written.

A shorthand is an object whose key begins with `~`. In a recorded value such keys are data: that object is wrapped in
`~lit`, which says of one object that its keys mean themselves (its values are read as everywhere).

    {"~lines": ["a", "b"]}       a text of several lines
    {"~lit": {"~x": 1}}          the object {"~x": 1}
    {"~blob": "sha256:...", ..}  bytes that lie beside the file
    {"~row": [..]}               the array, by hand on one line
    {"~any": true} {"~re": ".."} wildcards, in requests
    {"~secret": "name"}          what must not be written down: matches anything in a request, masked in a reply
    {"~v": n}                    entry n of the reply's `common`, or a field of it by name; in requests "I.A.n"
"""

import base64
import re
from collections.abc import Callable
from typing import Any, Final, cast

import msgspec

from aigw_dev.core.mask import MASKED
from aigw_dev.core.recording.document import lossless, one_line
from aigw_dev.core.recording.fixture import Blob, FixtureError, Wild
from aigw_dev.core.routing.names import nearest
from aigw_dev.core.routing.patterns import compile_pattern

Store = Callable[[bytes, str], Blob]
"""Keeps bytes of a media type beside the fixture and says how they are called there."""
Fetch = Callable[[Blob], bytes]
"""The bytes of a blob."""
Shorten = Callable[[str, Any], Any]
"""What stands for a text or number of a field (its name first) in the file, or None for itself."""

RESERVED: Final = ("~lines", "~lit", "~blob", "~row", "~any", "~re", "~secret", "~v")
MIN_BLOB_CHARS: Final = 256
"""Base64 and data URLs this long lie beside the file; as `keys` counts them."""
MIN_ROW_BLOB_CHARS: Final = 4096
"""The same within a stream, whose pieces are many."""
MAX_NUMBERS: Final = 64
"""Longer arrays of numbers in a reply lie beside the file, their first three stay as a preview."""
_PREVIEW: Final = 3
_BASE64: Final = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_DATA_URL: Final = re.compile(r"data:([^,]{0,200});base64,", re.IGNORECASE)
_SHA256: Final = re.compile(r"sha256:([0-9a-f]{64})")
_JSON: Final = "application/json"
_KEEPS_TEXT: Final = frozenset({"signature", "encrypted_content", "thoughtSignature", "thought_signature"})
"""Fields whose long texts are no media."""
_MAGIC: Final = (
    (b"\x89PNG", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"%PDF", "application/pdf"),
    (b"RIFF", "audio/wav"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
)


class Wrong(Exception):  # noqa: N818 - it is turned into a FixtureError where its place is known
    """Something wrong deep in a value; `steps` lead to it, innermost first."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.steps: list[str | int] = []


class Encoder:
    """Recorded values as the file has them: plain JSON with shorthands."""

    def __init__(
        self, *, store: Store | None = None, shorten: Shorten | None = None, is_reply: bool = False
    ) -> None:
        """Without `store` everything stays inline. Rows of streams are written by `row`."""
        self._store = store
        self._shorten = shorten
        self._is_reply = is_reply
        self._is_row = False

    def value(self, value: Any, name: str = "") -> Any:
        """A value of the field `name`, texts over several lines as `~lines`."""
        self._is_row = False
        return self._value(value, name)

    def row(self, value: Any, name: str = "") -> Any:
        """The same for one line: no `~lines`."""
        self._is_row = True
        return self._value(value, name)

    def _value(self, value: Any, name: str) -> Any:
        if isinstance(value, dict):
            fields = {key: self._value(one, key) for key, one in cast("dict[str, Any]", value).items()}
            return {"~lit": fields} if any(key.startswith("~") for key in fields) else fields
        if isinstance(value, list):
            return self._list(cast("list[Any]", value), name)
        if isinstance(value, str):
            return self._text(value, name)
        if isinstance(value, Blob):
            return written_blob(value)
        if isinstance(value, Wild):
            return {"~any": True} if value.pattern is None else {"~re": value.pattern}
        if value is None or isinstance(value, bool | int | float):
            shown = None if self._shorten is None else self._shorten(name, value)
            return value if shown is None else shown
        raise FixtureError(f"a recorded value of type {type(value).__name__} cannot be written as JSON")

    def _list(self, values: list[Any], name: str) -> Any:
        if (
            self._is_reply
            and self._store is not None
            and len(values) > MAX_NUMBERS
            and {int, float}.issuperset(map(type, values))
        ):
            stored = self._store(one_line(values).replace(" ", "").encode(), _JSON)
            preview = tuple(values[:_PREVIEW])
            return written_blob(
                msgspec.structs.replace(stored, type=_JSON, form="json", preview=preview, count=len(values))
            )
        return [self._value(one, name) for one in values]

    def _text(self, text: str, name: str) -> Any:
        shown = None if self._shorten is None else self._shorten(name, text)
        if shown is not None:
            return shown
        least = MIN_ROW_BLOB_CHARS if self._is_row else MIN_BLOB_CHARS
        if self._store is not None and len(text) >= least and name not in _KEEPS_TEXT:
            blob = _media(text, self._store)
            if blob is not None:
                return written_blob(blob)
        if "\n" in text and not self._is_row:
            return {"~lines": text.split("\n")}
        return text


class Decoder:
    """What is meant by what stands in the file."""

    def __init__(
        self,
        *,
        fetch: Fetch | None = None,
        look_up: Callable[[Any], Any] | None = None,
        is_reply: bool = False,
    ) -> None:
        """With `fetch` blobs that stand for JSON become it; `look_up` resolves `~v` and raises Wrong."""
        self._fetch = fetch
        self._look_up = look_up
        self._is_reply = is_reply

    def value(self, value: Any) -> Any:
        """The recorded value. Raises Wrong."""
        if isinstance(value, dict):
            fields = cast("dict[str, Any]", value)
            marks = [key for key in fields if key.startswith("~")]
            return self._shorthand(fields, marks[0]) if marks else self._fields(fields)
        if isinstance(value, list):
            found: list[Any] = []
            for at, one in enumerate(cast("list[Any]", value)):
                try:
                    found.append(self.value(one))
                except Wrong as error:
                    error.steps.append(at)
                    raise
            return found
        return value

    def _fields(self, fields: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, one in fields.items():
            try:
                found[key] = self.value(one)
            except Wrong as error:
                error.steps.append(key)
                raise
        return found

    def _shorthand(self, fields: dict[str, Any], mark: str) -> Any:
        content = fields[mark]
        if mark == "~blob":
            return self._blob(fields)
        if mark not in RESERVED:
            like = nearest(mark, RESERVED)
            raise Wrong(
                f"`{mark}` is no shorthand of a fixture",
                (f"did you mean `{like}`? " if like else "")
                + 'a key that begins with ~ itself is written {"~lit": {..}}',
            )
        if len(fields) > 1:
            raise Wrong(
                f"an object with `{mark}` has no other fields",
                'wrap the object in {"~lit": {..}} if it is data',
            )
        match mark:
            case "~lines" if _are_texts(content):
                return "\n".join(content)
            case "~lit" if isinstance(content, dict):
                return self._fields(cast("dict[str, Any]", content))
            case "~row" if isinstance(content, list):
                return self.value(content)
            case "~v":
                return self._volatile(content)
            case "~secret" if self._is_reply:
                return MASKED
            case "~any" | "~secret" if not self._is_reply:
                return Wild()
            case "~re" if isinstance(content, str) and not self._is_reply:
                return Wild(pattern=_usable(content))
            case "~any" | "~re" if self._is_reply:
                raise Wrong(f"`{mark}` is for requests: a reply says what it is")
            case _:
                raise Wrong(f"`{mark}` has the wrong content", _WANTED[mark])

    def _volatile(self, content: Any) -> Any:
        if self._look_up is None:
            raise Wrong("`~v` has nothing to refer to here")
        return self._look_up(content)

    def _blob(self, fields: dict[str, Any]) -> Any:
        blob = read_blob(fields)
        if self._fetch is None or not blob.form:
            return blob
        content = self._fetch(blob)
        match blob.form:
            case "json":
                found = lossless(content)
                if found is msgspec.UNSET:
                    raise Wrong("the blob is no JSON")
                return found
            case "data-url":
                return f"data:{blob.type};base64,{base64.b64encode(content).decode()}"
            case _:
                return base64.b64encode(content).decode()


def written_blob(blob: Blob) -> dict[str, Any]:
    """A blob's reference as the file has it."""
    fields: dict[str, Any] = {"~blob": f"sha256:{blob.sha256}"}
    if blob.type:
        fields["type"] = blob.type
    fields["bytes"] = blob.bytes
    if blob.form:
        fields["form"] = blob.form
    if blob.preview:
        fields["preview"] = list(blob.preview)
    if blob.count:
        fields["count"] = blob.count
    return fields


def read_blob(fields: dict[str, Any]) -> Blob:
    """The reference that `fields` hold. Raises Wrong."""
    for key in fields:
        if key not in _BLOB_FIELDS:
            like = nearest(key, _BLOB_FIELDS)
            raise Wrong(
                f"a blob has no field `{key}`", f"did you mean `{like}`?" if like else _WANTED["~blob"]
            )
    found = _SHA256.fullmatch(fields["~blob"]) if isinstance(fields["~blob"], str) else None
    if found is None:
        raise Wrong("`~blob` has the wrong content", _WANTED["~blob"])
    values = {key: one for key, one in fields.items() if key != "~blob"}
    try:
        return msgspec.convert({"sha256": found[1], **values}, Blob)
    except msgspec.ValidationError as error:
        raise Wrong(f"a blob's field is wrong: {error}", _WANTED["~blob"]) from None


def text_of(value: Any) -> str:
    """A recorded value on one line, to compare: types and the order of keys count."""
    return one_line(_PLAIN.row(value))


_PLAIN: Final = Encoder()
_BLOB_FIELDS: Final = ("~blob", "type", "bytes", "form", "preview", "count")
_WANTED: Final = {
    "~lines": 'it is an array of texts: {"~lines": ["first", "second"]}',
    "~lit": 'it is an object whose keys mean themselves: {"~lit": {"~x": 1}}',
    "~row": 'it is an array: {"~row": [1, 2]}',
    "~re": 'it is a regex: {"~re": "On \\\\d+ May"}',
    "~blob": 'it is `sha256:` and 64 hex digits, with `type`, `bytes` and `form` ("base64", "data-url", "json") beside it',
}


def _usable(pattern: str) -> str:
    try:
        found = compile_pattern(pattern)
    except UnicodeEncodeError:
        found = "it holds half of a surrogate pair"
    if isinstance(found, str):
        raise Wrong(f"the regex of `~re` cannot be used: {found[:120]}", "it is written as for RE2")
    return pattern


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in cast("list[Any]", value))


def _media(text: str, store: Store) -> Blob | None:
    """The blob that a text of base64, or a data URL, is kept in, where it comes back exactly."""
    head = _DATA_URL.match(text) if text[:5].lower() == "data:" else None
    encoded = text[head.end() :] if head else text
    if len(encoded) % 4 or not _BASE64.fullmatch(encoded):
        return None
    content = base64.b64decode(encoded)
    if base64.b64encode(content).decode() != encoded:  # padding bits that are not zero
        return None
    if head is None:
        return msgspec.structs.replace(store(content, sniffed(content)), type=sniffed(content), form="base64")
    if head[0] != f"data:{head[1]};base64,":
        return None
    kind = head[1].partition(";")[0]
    return msgspec.structs.replace(store(content, kind), type=head[1], form="data-url")


def sniffed(content: bytes) -> str:
    """The media type that the first bytes say, `application/octet-stream` where they say nothing."""
    if content[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in _MAGIC if content.startswith(start)), "application/octet-stream")
