"""DeepInfra: rerank is asked per model, `POST /v1/inference/{model}` {queries, documents}, and answers bare scores.

Source: DeepInfra's pages of the reranker models (API, "queries", "documents", "scores", "input_tokens"), read in November
2026. Everything else of it is OpenAI's shape below /v1/openai.
"""

from typing import Final

from aigw_dev.core import loose_json
from aigw_dev.core.errors import Refusal
from aigw_dev.core.providers.adapter import Adapter, Ask, Asked, Start
from aigw_dev.core.providers.answers import Read, encode, path_of, read, unusable, vector
from aigw_dev.core.providers.answers import usage as read_usage
from aigw_dev.core.providers.asked_fields import AskedFields
from aigw_dev.core.providers.rerank import Ranked, read_ranking, reply


def rerank(asked: Asked) -> Adapter:
    """Ranks by the model's own path."""
    fields = AskedFields(asked)
    ranking = read_ranking(fields)
    instruction = fields.text("instruction")
    if isinstance(ranking, Refusal):
        return ranking
    if fields.refusal is not None:
        return fields.refusal
    if any(not isinstance(one, str) for one in ranking.originals):
        asked.ledger.approximated("documents", "DeepInfra ranks strings: the text of each object was sent")
    fields.settle("DeepInfra's rerankers have no such field")
    wanted: dict[str, object] = {"queries": [ranking.query], "documents": ranking.documents}
    if instruction:
        wanted["instruction"] = instruction
    path = f"/v1/inference/{path_of(asked.model)}"
    answer = yield from read(Ask(path=path, body=encode(wanted)))
    if not isinstance(answer, Read):
        return answer
    scores = vector(answer.value.get("scores"))
    if scores is None or len(scores) != len(ranking.documents):
        return unusable("the rerank", "there is not one score for each document")
    tokens = loose_json.count(answer.value.get("input_tokens"))
    ranked = sorted((Ranked(place, score) for place, score in enumerate(scores)), key=lambda one: -one.score)
    usage = read_usage({"input_tokens": tokens}) if tokens is not None else None
    return reply(asked, ranking, ranked, total_tokens=tokens, usage=usage)


ADAPTERS: Final[dict[str, Start]] = {"rerank": rerank}
"""By operation."""
