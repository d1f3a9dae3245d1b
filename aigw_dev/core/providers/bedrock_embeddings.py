"""Embeddings of Amazon Bedrock: OpenAI's embeddings over `POST /model/{id}/invoke`, by family of models.

Source: AWS, "Inference request parameters and response fields for foundation models" (Titan Embeddings G1 and V2, Cohere
Embed, Nova Multimodal Embeddings), November 2026, and recorded traffic. Titan and Nova take one text a call, Cohere 96.
Cohere and Nova tell the tokens in a header only, `x-amzn-bedrock-input-token-count`.
"""

import base64
import fnmatch
import struct
from collections.abc import Callable, Generator
from typing import Final

import msgspec

from aigw_dev.core import loose_json, tokens
from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Usage
from aigw_dev.core.providers.adapter import Adapter, Answer, Ask, Asked, Given, Step, refused
from aigw_dev.core.providers.answers import dig, encode, given_json, send, unusable, vector
from aigw_dev.core.providers.asked_fields import AskedFields
from aigw_dev.core.providers.bedrock_path import invoke

_MAX_TEXTS: Final = 512
_MAX_DIMENSIONS: Final = 16_384
_PER_COHERE_CALL: Final = 96
_ERROR: Final = 400
_TOKEN_HEADER: Final = "x-amzn-bedrock-input-token-count"  # noqa: S105 -- a header's name
_FORMATS: Final = ("float", "base64")
_COHERE_TYPES: Final = ("search_document", "search_query", "classification", "clustering")
_TRUNCATE: Final = ("NONE", "START", "END", "LEFT", "RIGHT")


class _Wanted(msgspec.Struct, kw_only=True):
    texts: list[str]
    dimensions: int | None
    input_type: str
    truncate: str
    normalize: bool | None


class _Family(msgspec.Struct, frozen=True, kw_only=True):
    pattern: str
    write: Callable[[list[str], _Wanted], dict[str, object]]
    read: Callable[[object], list[object]]
    per_call: int = 1
    takes: frozenset[str] = frozenset()
    """Optional fields that it knows."""


def _titan(texts: list[str], wanted: _Wanted) -> dict[str, object]:
    body: dict[str, object] = {"inputText": texts[0]}
    body |= {"dimensions": wanted.dimensions} if wanted.dimensions is not None else {}
    return body | ({"normalize": wanted.normalize} if wanted.normalize is not None else {})


def _cohere(texts: list[str], wanted: _Wanted) -> dict[str, object]:
    body: dict[str, object] = {"texts": texts, "input_type": wanted.input_type}
    body |= {"output_dimension": wanted.dimensions} if wanted.dimensions is not None else {}
    return body | ({"truncate": wanted.truncate} if wanted.truncate else {})


def _nova(texts: list[str], wanted: _Wanted) -> dict[str, object]:
    purpose = "GENERIC_RETRIEVAL" if wanted.input_type == "search_query" else "GENERIC_INDEX"
    text = {"truncationMode": wanted.truncate or "END", "value": texts[0]}
    parameters: dict[str, object] = {"embeddingPurpose": purpose, "text": text}
    parameters |= {"embeddingDimension": wanted.dimensions} if wanted.dimensions is not None else {}
    return {"taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": parameters}


def _read_titan(answer: object) -> list[object]:
    return [dig(answer, ("embedding",)) or dig(answer, ("embeddingsByType", "float"))]


def _read_cohere(answer: object) -> list[object]:
    found = dig(answer, ("embeddings",))
    return loose_json.items(found) or loose_json.items(dig(found, ("float",)))


def _read_nova(answer: object) -> list[object]:
    return [dig(answer, ("embeddings", 0, "embedding"))]


_FAMILIES: Final = (
    _Family(pattern="*titan-embed-text-v1*", write=_titan, read=_read_titan),
    _Family(pattern="*titan-embed-g1*", write=_titan, read=_read_titan),
    _Family(
        pattern="*titan-embed*", write=_titan, read=_read_titan, takes=frozenset({"dimensions", "normalize"})
    ),
    _Family(
        pattern="*cohere.embed-v4*",
        write=_cohere,
        read=_read_cohere,
        per_call=_PER_COHERE_CALL,
        takes=frozenset({"dimensions", "truncate", "input_type"}),
    ),
    _Family(
        pattern="*cohere.embed*",
        write=_cohere,
        read=_read_cohere,
        per_call=_PER_COHERE_CALL,
        takes=frozenset({"truncate", "input_type"}),
    ),
    _Family(
        pattern="*nova-2-multimodal-embeddings*",
        write=_nova,
        read=_read_nova,
        takes=frozenset({"dimensions", "truncate", "input_type"}),
    ),
)


def embeddings(asked: Asked) -> Adapter:
    """OpenAI's embeddings, floats or base64."""
    family = next((one for one in _FAMILIES if fnmatch.fnmatchcase(asked.model.lower(), one.pattern)), None)
    if family is None:
        return Refusal(
            code="operation_not_supported",
            message=f"{asked.model} is no embedding model of Bedrock's that is known here: Titan Embed, Cohere Embed, "
            "Nova Multimodal Embeddings",
            param="model",
        )
    fields = AskedFields(asked)
    wanted = _wanted(asked, fields, family)
    is_base64 = fields.choice("encoding_format", _FORMATS, "float") == "base64"
    if fields.refusal is not None:
        return fields.refusal
    fields.settle(f"{asked.model} has no such field")
    vectors: list[list[float]] = []
    counted: int | None = 0
    for start in range(0, len(wanted.texts), family.per_call):
        texts = wanted.texts[start : start + family.per_call]
        body = encode(family.write(texts, wanted))
        found = yield from _once(invoke(asked.model, body), family, len(texts))
        if not isinstance(found, tuple):
            return found
        vectors += found[0]
        counted = None if counted is None or found[1] is None else counted + found[1]
    return _reply(asked, wanted, vectors, counted, is_base64=is_base64)


def _wanted(asked: Asked, fields: AskedFields, family: _Family) -> _Wanted:
    takes = family.takes
    wanted = _Wanted(
        texts=_texts(fields),
        dimensions=fields.count("dimensions", 1, _MAX_DIMENSIONS) if "dimensions" in takes else None,
        input_type="search_document",
        truncate=fields.choice("truncate", _TRUNCATE, "") if "truncate" in takes else "",
        normalize=fields.flag("normalize") if "normalize" in takes else None,
    )
    if "input_type" in takes:
        wanted.input_type = fields.choice("input_type", _COHERE_TYPES, "search_document")
        if not fields.has("input_type"):
            asked.ledger.invented("input_type", "search_document: this model wants one")
    return wanted


def _texts(fields: AskedFields) -> list[str]:
    value = fields.value("input")
    listed = loose_json.items(value) if loose_json.is_array(value) else [value]
    texts = [one for one in listed if isinstance(one, str) and one]
    if not texts or len(texts) != len(listed):
        fields.refuse(
            "input", "must be a string or an array of strings, none of them empty: Bedrock takes no token ids"
        )
    if len(texts) > _MAX_TEXTS:
        fields.refuse("input", f"holds {len(texts)} texts; at most {_MAX_TEXTS} are taken in one call")
    return [loose_json.text(one) for one in texts]


def _once(
    ask: Ask, family: _Family, count: int
) -> Generator[Step, Answer | None, tuple[list[list[float]], int | None] | Given | Refusal]:
    """The vectors of one call, and its tokens where they are told."""
    answer = yield from send(ask)
    if answer.status >= _ERROR:
        return refused(answer)
    value = loose_json.load(answer.body)
    found = [vector(one) for one in family.read(value)]
    vectors = [one for one in found if one is not None]
    if len(vectors) != count or len(found) != count:
        return unusable("the embedding", f"there are {len(vectors)} vectors for {count} texts")
    told = loose_json.count(dig(value, ("inputTextTokenCount",)))
    header = answer.headers.get(_TOKEN_HEADER, "")
    if told is None and header.isascii() and header.isdigit():
        told = loose_json.count(int(header[:12]))
    return vectors, told


def _reply(
    asked: Asked, wanted: _Wanted, vectors: list[list[float]], counted: int | None, *, is_base64: bool
) -> Given | Refusal:
    usage = Usage(input=counted) if counted is not None else None
    if usage is None:
        estimate = sum(tokens.estimate(text) for text in wanted.texts)
        usage = Usage(input=estimate, estimated=True)
    rows: list[dict[str, object]] = []
    for place, numbers in enumerate(vectors):
        made: object = numbers
        if is_base64:
            try:
                made = base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()
            except (OverflowError, struct.error):
                return unusable("the embedding", "a number is too large for 32 bits")
        rows.append({"object": "embedding", "index": place, "embedding": made})
    counts = {"prompt_tokens": usage.input, "total_tokens": usage.input}
    told: dict[str, object] = {"object": "list", "data": rows, "model": asked.model, "usage": counts}
    return given_json(told, usage=usage)
