"""Rerank between the usual shape (Cohere's, Jina's, vLLM's) and what a provider of another shape takes and answers.

Request: {model, query, documents: strings or objects, top_n, return_documents}. Reply: {id, model, results: [{index,
relevance_score, document?}], meta.billed_units, usage.total_tokens}: both counts stand where the provider told them
(wire-formats, fact 44). Servers of that shape (Jina, Together, vLLM, SGLang, Infinity, SiliconFlow, llama.cpp, Xinference)
are relayed byte for byte and need nothing of this.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from aigw_dev.core import loose_json
from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Usage
from aigw_dev.core.providers.adapter import Asked, Given
from aigw_dev.core.providers.answers import encode, given_json, number, unusable
from aigw_dev.core.providers.asked_fields import AskedFields

MAX_DOCUMENTS: Final = 10_000
_TEXT_FIELDS: Final = ("text", "content")


class Ranking(msgspec.Struct, kw_only=True):
    """What is to be ranked."""

    query: str
    documents: list[str]
    """The text of each, in the caller's order."""
    originals: list[object]
    """The documents as the caller wrote them: what `return_documents` gives back."""
    top_n: int | None = None
    is_echoed: bool = False
    """The reply holds the documents."""


class Ranked(msgspec.Struct, frozen=True):
    """One result."""

    index: int
    score: float


def read_ranking(fields: AskedFields, *, with_objects: bool = False) -> Ranking | Refusal:
    """The request, or the field that is wrong. `documents` that are objects are read by `rank_fields`, `text`, `content`.

    `with_objects`: the model ranks pictures too, and objects go to it as they are.
    """
    query = fields.text("query", is_needed=True)
    top_n = fields.count("top_n", 1, MAX_DOCUMENTS)
    is_echoed = fields.flag("return_documents") or False
    ranked_by = [loose_json.text(one) for one in loose_json.items(fields.value("rank_fields"))]
    originals = loose_json.items(fields.value("documents"))
    if not originals:
        fields.refuse("documents", "must be an array of at least one string or object")
    if len(originals) > MAX_DOCUMENTS:
        fields.refuse("documents", f"holds {len(originals)} documents; at most {MAX_DOCUMENTS} are taken")
    documents: list[str] = []
    for place, one in enumerate(originals[:MAX_DOCUMENTS]):
        text = _text(one, ranked_by)
        if text is None and not (with_objects and loose_json.is_object(one)):
            fields.refuse(f"documents[{place}]", "must be a string, or an object with a string in `text`")
        documents.append(text or "")
    if fields.refusal is not None:
        return fields.refusal
    return Ranking(query=query, documents=documents, originals=originals, top_n=top_n, is_echoed=is_echoed)


def _text(document: object, ranked_by: list[str]) -> str | None:
    if isinstance(document, str):
        return loose_json.text(document)
    if not loose_json.is_object(document):
        return None
    if ranked_by:  # Cohere v1: the fields in order, each on a line of its own
        return "\n".join(f"{name}: {_plain(document[name])}" for name in ranked_by if name in document)
    for name in _TEXT_FIELDS:
        if isinstance(document.get(name), str):
            return loose_json.text(document[name])
    return None


def _plain(value: object) -> str:
    return loose_json.text(value) if isinstance(value, str) else encode(value).decode()


def read_ranked(
    ranking: Ranking, wire: object, *, index: str = "index", score: str = "relevance_score"
) -> list[Ranked] | Refusal:
    """A provider's results by falling score; one that names no document of the request makes the answer unusable."""
    if not loose_json.is_array(wire):
        return unusable("the rerank", "there is no list of results")
    found: dict[int, Ranked] = {}
    for one in wire:
        row = loose_json.mapping(one)
        place, value = loose_json.count(row.get(index)), number(row.get(score))
        if place is None or value is None or place >= len(ranking.documents) or place in found:
            return unusable("the rerank", f"a result without a known `{index}` and a number in `{score}`")
        found[place] = Ranked(place, value)
    return sorted(found.values(), key=lambda one: -one.score)


def reply(
    asked: Asked,
    ranking: Ranking,
    ranked: Iterable[Ranked],
    *,
    provider_id: str = "",
    total_tokens: int | None = None,
    searches: int | None = None,
    usage: Usage | None = None,
) -> Given:
    """The usual reply. Documents are given back from the request itself, so that every provider can."""
    results = [_result(ranking, one) for one in list(ranked)[: ranking.top_n or None]]
    told: dict[str, object] = {"id": provider_id or asked.id_seed, "model": asked.model, "results": results}
    if searches is not None:
        told["meta"] = {"billed_units": {"search_units": searches}}
    if total_tokens is not None:
        told["usage"] = {"total_tokens": total_tokens}
    return given_json(told, usage=usage)


def _result(ranking: Ranking, one: Ranked) -> dict[str, object]:
    row: dict[str, object] = {"index": one.index, "relevance_score": one.score}
    if ranking.is_echoed:
        original = ranking.originals[one.index]
        row["document"] = {"text": original} if isinstance(original, str) else original
    return row
