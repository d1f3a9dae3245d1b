"""Text Embeddings Inference: rerank at the root, `POST /rerank` {query, texts}, answered by a bare array.

Source: the server's OpenAPI description (github.com/huggingface/text-embeddings-inference, docs/openapi.json), read in
November 2026. It serves the one model it was started with and counts no tokens; its embeddings at /v1 are OpenAI's shape.
"""

from typing import Final

from aigw_dev.core import loose_json
from aigw_dev.core.errors import Refusal
from aigw_dev.core.providers.adapter import Adapter, Ask, Asked, Start, refused
from aigw_dev.core.providers.answers import encode, send
from aigw_dev.core.providers.asked_fields import AskedFields
from aigw_dev.core.providers.rerank import read_ranked, read_ranking, reply

_ERROR: Final = 400


def rerank(asked: Asked) -> Adapter:
    """Ranks by `/rerank`."""
    fields = AskedFields(asked)
    ranking = read_ranking(fields)
    options = {name: fields.flag(name) for name in ("raw_scores", "truncate")}
    if isinstance(ranking, Refusal):
        return ranking
    if fields.refusal is not None:
        return fields.refusal
    if any(not isinstance(one, str) for one in ranking.originals):
        asked.ledger.approximated("documents", "this server ranks strings: the text of each object was sent")
    fields.settle("Text Embeddings Inference's /rerank has no such field")
    wanted: dict[str, object] = {"query": ranking.query, "texts": ranking.documents}
    wanted |= {name: value for name, value in options.items() if value is not None}
    answer = yield from send(Ask(path="/rerank", body=encode(wanted)))
    if answer.status >= _ERROR:
        return refused(answer)
    ranked = read_ranked(ranking, loose_json.load(answer.body), score="score")
    if isinstance(ranked, Refusal):
        return ranked
    return reply(asked, ranking, ranked)


ADAPTERS: Final[dict[str, Start]] = {"rerank": rerank}
"""By operation."""
