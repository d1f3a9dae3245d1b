"""Reading Converse's JSON level by level, so that what a model wrote keeps its spelling; names of the protocol.

Every function takes what is there and gives an empty value for anything else: a provider's slip costs the field it is
in and nothing more.
"""

from typing import Final

import msgspec

from aigw_dev.core import loose_json

DIALECT: Final = "bedrock-converse"

_FIELDS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ELEMENTS: Final = msgspec.json.Decoder(list[msgspec.Raw])


def body_fields(body: bytes) -> dict[str, msgspec.Raw] | None:
    """The top level of a JSON object; None where the bytes are none. Bad UTF-8 becomes U+FFFD."""
    try:
        body.decode()
    except UnicodeDecodeError:
        body = body.decode("utf-8", "replace").encode()
    try:
        return _FIELDS.decode(body)
    except (ValueError, RecursionError):  # msgspec's errors are ValueErrors
        return None


def fields(raw: msgspec.Raw | None) -> dict[str, msgspec.Raw]:
    """The fields of an object."""
    if raw is None:
        return {}
    try:
        return _FIELDS.decode(raw)
    except (ValueError, RecursionError):
        return {}


def elements(raw: msgspec.Raw | None) -> list[msgspec.Raw]:
    """The elements of an array."""
    if raw is None:
        return []
    try:
        return _ELEMENTS.decode(raw)
    except (ValueError, RecursionError):
        return []


def text(raw: msgspec.Raw | None) -> str:
    """A string, fit for UTF-8."""
    return "" if raw is None else loose_json.text(loose_json.load(bytes(raw)))


def count(raw: msgspec.Raw | None) -> int | None:
    """A believable number of tokens, or of anything else."""
    return None if raw is None else loose_json.count(loose_json.load(bytes(raw)))


def is_given(raw: msgspec.Raw | None) -> bool:
    """Whether the field is there and not null."""
    return raw is not None and bytes(raw) != b"null"


def own(raw: msgspec.Raw) -> msgspec.Raw:
    """The same value apart from the bytes it was read from, which it would keep alive."""
    return msgspec.Raw(bytes(raw))


def arguments(raw: msgspec.Raw | None) -> str:
    """The JSON object a tool is called with, as the model spelled it; never empty.

    A model that failed to write an object sends something else: text that holds one counts as one, anything else
    stands in a field of its own (`input`).
    """
    if not is_given(raw) or raw is None:
        return "{}"
    value = loose_json.load(bytes(raw))
    if loose_json.is_object(value):
        return bytes(raw).decode()
    if isinstance(value, str):
        inner = loose_json.text(value).strip()
        if not inner:
            return "{}"
        if loose_json.is_object(loose_json.load(inner.encode())):
            return inner
    return msgspec.json.encode({"input": own(raw)}).decode()
