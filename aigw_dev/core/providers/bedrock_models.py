"""Bedrock's models that its Converse API does not serve: embeddings, images and rerank, invoked in each model's own form.

Source of rerank: AWS, "Cohere Rerank 3.5" and "Amazon Rerank 1.0" (InvokeModel), November 2026: {query, documents: strings,
top_n, and api_version 2 for Cohere} answered by {results: [{index, relevance_score}]}.
"""

from typing import Final

from aigw_dev.core.errors import Refusal
from aigw_dev.core.providers import bedrock_embeddings, bedrock_images
from aigw_dev.core.providers.adapter import Adapter, Asked, Start
from aigw_dev.core.providers.answers import Read, encode, read
from aigw_dev.core.providers.asked_fields import AskedFields
from aigw_dev.core.providers.bedrock_path import invoke
from aigw_dev.core.providers.rerank import read_ranked, read_ranking, reply

_COHERE: Final = "cohere."
_COHERE_API: Final = 2
_PER_SEARCH: Final = 100
_MAX_TOKENS_PER_DOCUMENT: Final = 1_000_000


def rerank(asked: Asked) -> Adapter:
    """Ranks by a rerank model; Bedrock bills a query with each hundred documents and tells no counts."""
    fields = AskedFields(asked)
    ranking = read_ranking(fields)
    is_cohere = _COHERE in asked.model.lower()
    per_document = fields.count("max_tokens_per_doc", 1, _MAX_TOKENS_PER_DOCUMENT) if is_cohere else None
    if isinstance(ranking, Refusal):
        return ranking
    if fields.refusal is not None:
        return fields.refusal
    if any(not isinstance(one, str) for one in ranking.originals):
        asked.ledger.approximated("documents", "this model ranks strings: the text of each object was sent")
    fields.settle("Bedrock's rerank models have no such field")
    wanted: dict[str, object] = {"query": ranking.query, "documents": ranking.documents}
    wanted |= {"top_n": ranking.top_n} if ranking.top_n is not None else {}
    wanted |= {"max_tokens_per_doc": per_document} if per_document is not None else {}
    wanted |= {"api_version": _COHERE_API} if is_cohere else {}
    answer = yield from read(invoke(asked.model, encode(wanted)))
    if not isinstance(answer, Read):
        return answer
    ranked = read_ranked(ranking, answer.value.get("results"))
    if isinstance(ranked, Refusal):
        return ranked
    searches = -(-len(ranking.documents) // _PER_SEARCH)
    return reply(asked, ranking, ranked, searches=searches)


ADAPTERS: Final[dict[str, Start]] = {
    "openai.embeddings": bedrock_embeddings.embeddings,
    "openai.images.generations": bedrock_images.generations,
    "openai.images.edits": bedrock_images.edits,
    "rerank": rerank,
}
"""By operation."""
