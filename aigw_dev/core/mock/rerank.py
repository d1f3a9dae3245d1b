"""`mock/rerank`: documents by the words that they share with the query."""

import re
from typing import Final

from aigw_dev.core import tokens
from aigw_dev.core.errors import Refusal
from aigw_dev.core.mock.media import AskedMedia
from aigw_dev.core.mock.reply import MockReply, refused
from aigw_dev.core.providers.rerank import Ranked, read_ranking, reply

_WIDE: Final = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3"
_WORD: Final = re.compile(rf"[{_WIDE}]|[^\W{_WIDE}]+")
"""Scripts that write no spaces are taken character by character."""
_MOST_TOLD: Final = 6


def answer(media: AskedMedia) -> MockReply:
    """The usual reply of a rerank: by falling score, equal ones in the order they came."""
    ranking = read_ranking(media.fields)
    if isinstance(ranking, Refusal):
        return refused(ranking)
    wanted = words(ranking.query)
    scores = [score(wanted, words(text)) for text in ranking.documents]
    ranked = sorted((Ranked(index, one) for index, one in enumerate(scores)), key=lambda one: -one.score)
    read = tokens.estimate(ranking.query) + sum(tokens.estimate(text) for text in ranking.documents)
    given = reply(media.asked, ranking, ranked, total_tokens=read, searches=1)
    return MockReply(status=given.status, content_type=given.content_type, chunks=(given.body,))


def words(text: str) -> frozenset[str]:
    """The different words of a text, without regard to case."""
    return frozenset(_WORD.findall(text.casefold()))


def score(wanted: frozenset[str], found: frozenset[str]) -> float:
    """0 to 1: nine tenths for the share of the query's words that are found, one for how little else there is."""
    shared = len(wanted & found)
    if not shared:
        return 0.0
    return round(0.9 * shared / len(wanted) + 0.1 * shared / len(wanted | found), _MOST_TOLD)
