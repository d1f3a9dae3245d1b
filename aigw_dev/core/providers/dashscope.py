"""DashScope in its own form, below `/api/v1`: images, video, speech, transcription and rerank.

Its OpenAI-compatible endpoint does not serve these; chat and text embeddings go through that endpoint.

Source of rerank: Alibaba Cloud Model Studio, "Text rerank" (June 2026), and its Python SDK of July 2026, which asks every
rerank model at this path.
"""

from typing import Final

from aigw_dev.core import loose_json
from aigw_dev.core.errors import Refusal
from aigw_dev.core.providers import dashscope_audio, dashscope_images, dashscope_video
from aigw_dev.core.providers.adapter import Adapter, Ask, Asked, Start
from aigw_dev.core.providers.answers import Read, dig, encode, read
from aigw_dev.core.providers.answers import usage as read_usage
from aigw_dev.core.providers.asked_fields import AskedFields
from aigw_dev.core.providers.rerank import read_ranked, read_ranking, reply

_RERANK: Final = "/services/rerank/text-rerank/text-rerank"
_PICTURES_TOO: Final = "-vl-"


def rerank(asked: Asked) -> Adapter:
    """Ranks by DashScope's text-rerank; a model of pictures and text takes the caller's objects as they are."""
    fields = AskedFields(asked)
    is_mixed = _PICTURES_TOO in asked.model.lower()
    ranking = read_ranking(fields, with_objects=is_mixed)
    instruct = fields.text("instruct") or fields.text("instruction")
    if isinstance(ranking, Refusal):
        return ranking
    if fields.refusal is not None:
        return fields.refusal
    if not is_mixed and any(not isinstance(one, str) for one in ranking.originals):
        asked.ledger.approximated("documents", "this model ranks strings: the text of each object was sent")
    fields.settle("DashScope's rerank has no such field")
    documents = ranking.originals if is_mixed else ranking.documents
    query: object = {"text": ranking.query} if is_mixed else ranking.query
    parameters: dict[str, object] = {"return_documents": False}
    parameters |= {"top_n": ranking.top_n} if ranking.top_n is not None else {}
    parameters |= {"instruct": instruct} if instruct else {}
    wanted: dict[str, object] = {
        "model": asked.model,
        "input": {"query": query, "documents": documents},
        "parameters": parameters,
    }
    answer = yield from read(Ask(path=_RERANK, body=encode(wanted)))
    if not isinstance(answer, Read):
        return answer
    ranked = read_ranked(ranking, dig(answer.value, ("output", "results")))
    if isinstance(ranked, Refusal):
        return ranked
    return reply(
        asked,
        ranking,
        ranked,
        provider_id=loose_json.text(answer.value.get("request_id")),
        total_tokens=loose_json.count(dig(answer.value, ("usage", "total_tokens"))),
        usage=read_usage(answer.value.get("usage")),
    )


ADAPTERS: Final[dict[str, Start]] = {
    "rerank": rerank,
    "openai.images.generations": dashscope_images.generations,
    "openai.images.edits": dashscope_images.edits,
    "openai.videos.create": dashscope_video.create,
    "openai.videos.item": dashscope_video.item,
    "openai.videos.content": dashscope_video.content,
    "openai.audio.speech": dashscope_audio.speech,
    "openai.audio.transcriptions": dashscope_audio.transcriptions,
}
"""By operation."""
