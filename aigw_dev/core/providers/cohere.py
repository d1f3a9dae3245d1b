"""Cohere: rerank at its own `POST /v2/rerank`; chat and embeddings go through its OpenAI-compatible endpoint.

Source: Cohere's API reference, "Rerank (v2)", read in November 2026, and recorded replies. v2 takes strings only and gives
no documents back; a search unit is one query with up to 100 documents.
"""

from typing import Final

from aigw_dev.core import loose_json
from aigw_dev.core.errors import Refusal
from aigw_dev.core.exchange import Usage
from aigw_dev.core.providers.adapter import Adapter, Ask, Asked, Start
from aigw_dev.core.providers.answers import Read, dig, encode, read
from aigw_dev.core.providers.answers import usage as read_usage
from aigw_dev.core.providers.asked_fields import AskedFields
from aigw_dev.core.providers.rerank import read_ranked, read_ranking, reply

_MAX_PRIORITY: Final = 999
_MAX_TOKENS_PER_DOCUMENT: Final = 1_000_000


def rerank(asked: Asked) -> Adapter:
    """Ranks by `/v2/rerank`."""
    fields = AskedFields(asked)
    ranking = read_ranking(fields)
    per_document = fields.count("max_tokens_per_doc", 1, _MAX_TOKENS_PER_DOCUMENT)
    priority = fields.count("priority", 0, _MAX_PRIORITY)
    if isinstance(ranking, Refusal):
        return ranking
    if fields.refusal is not None:
        return fields.refusal
    if any(not isinstance(one, str) for one in ranking.originals):
        asked.ledger.approximated("documents", "Cohere v2 ranks strings: the text of each object was sent")
    fields.settle("Cohere's /v2/rerank has no such field")
    wanted: dict[str, object] = {"model": asked.model, "query": ranking.query, "documents": ranking.documents}
    optional = {"top_n": ranking.top_n, "max_tokens_per_doc": per_document, "priority": priority}
    wanted |= {name: value for name, value in optional.items() if value is not None}
    answer = yield from read(Ask(path="/v2/rerank", body=encode(wanted)))
    if not isinstance(answer, Read):
        return answer
    ranked = read_ranked(ranking, answer.value.get("results"))
    if isinstance(ranked, Refusal):
        return ranked
    meta = answer.value.get("meta")
    usage = _usage(meta)
    return reply(
        asked,
        ranking,
        ranked,
        provider_id=loose_json.text(answer.value.get("id")),
        total_tokens=usage.input + usage.output if usage and usage.input else None,
        searches=loose_json.count(dig(meta, ("billed_units", "search_units"))),
        usage=usage,
    )


def _usage(meta: object) -> Usage | None:
    """Tokens where `meta.tokens` tells them; the whole `meta` stays as the raw usage: it holds what is billed."""
    tokens = read_usage(dig(meta, ("tokens",)))
    whole = read_usage(meta)
    if whole is None:
        return None
    return Usage(input=tokens.input, output=tokens.output, raw=whole.raw) if tokens else whole


ADAPTERS: Final[dict[str, Start]] = {"rerank": rerank}
"""By operation."""
