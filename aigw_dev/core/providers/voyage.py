"""Voyage AI: rerank says `top_k` for `top_n` and `data` for `results`; its embeddings are OpenAI's shape and are relayed.

Source: Voyage's API reference, "Rerankers", read in November 2026, and a recorded reply.
"""

from typing import Final

from aigw_dev.core import loose_json
from aigw_dev.core.errors import Refusal
from aigw_dev.core.providers.adapter import Adapter, Ask, Asked, Start
from aigw_dev.core.providers.answers import Read, dig, encode, read
from aigw_dev.core.providers.answers import usage as read_usage
from aigw_dev.core.providers.asked_fields import AskedFields
from aigw_dev.core.providers.rerank import read_ranked, read_ranking, reply


def rerank(asked: Asked) -> Adapter:
    """Ranks by `/rerank` below `/v1`."""
    fields = AskedFields(asked)
    ranking = read_ranking(fields)
    truncation = fields.flag("truncation")
    if isinstance(ranking, Refusal):
        return ranking
    if fields.refusal is not None:
        return fields.refusal
    if any(not isinstance(one, str) for one in ranking.originals):
        asked.ledger.approximated("documents", "Voyage ranks strings: the text of each object was sent")
    fields.settle("Voyage's /rerank has no such field")
    wanted: dict[str, object] = {"model": asked.model, "query": ranking.query, "documents": ranking.documents}
    if ranking.top_n is not None:
        wanted["top_k"] = ranking.top_n
    if truncation is not None:
        wanted["truncation"] = truncation
    answer = yield from read(Ask(path="/rerank", body=encode(wanted)))
    if not isinstance(answer, Read):
        return answer
    ranked = read_ranked(ranking, answer.value.get("data"))
    if isinstance(ranked, Refusal):
        return ranked
    return reply(
        asked,
        ranking,
        ranked,
        total_tokens=loose_json.count(dig(answer.value, ("usage", "total_tokens"))),
        usage=read_usage(answer.value.get("usage")),
    )


ADAPTERS: Final[dict[str, Start]] = {"rerank": rerank}
"""By operation."""
