"""What a provider's candidates say, for whole replies and streams alike: endings, citations, likelihoods, identity."""

import hashlib
from datetime import datetime
from typing import Final

import msgspec

from aigw_dev.core.chat.vocabulary import NULL, Logprob, StopReason
from aigw_dev.core.dialects.gemini import wire
from aigw_dev.core.dialects.gemini.wire import Fields

_STOPS: Final[dict[str, StopReason | None]] = {
    "": None,
    "FINISH_REASON_UNSPECIFIED": None,
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "CONTINUATION": "pause",
    # The model wrote a call that nobody can read: it stopped, and `raw` says why.
    "MALFORMED_FUNCTION_CALL": "stop",
    "UNEXPECTED_TOOL_CALL": "stop",
    "TOO_MANY_TOOL_CALLS": "stop",
    "MISSING_THOUGHT_SIGNATURE": "stop",
    "MALFORMED_RESPONSE": "stop",
}
"""Every other word means that somebody cut the reply: SAFETY, RECITATION, BLOCKLIST, SPII, IMAGE_SAFETY ..."""
_CITING: Final = ("citationMetadata", "groundingMetadata")
_TELLING: Final = ("finishMessage", "safetyRatings")


def stop_of(raw: str, *, has_calls: bool) -> StopReason | None:
    """Why a candidate ended; Gemini says STOP for calls too (fact 36, 22 of 22). None where it did not say."""
    if raw == "STOP" and has_calls:
        return "tool_calls"
    return _STOPS.get(raw, "content_filter")


def stop_details(candidate: Fields) -> msgspec.Raw:
    """What the provider tells about an ending that is not the usual one."""
    found = {key: candidate[key] for key in _TELLING if key in candidate}
    is_usual = wire.text(candidate.get("finishReason")) in {"", "STOP", "MAX_TOKENS"}
    return NULL if is_usual or not found else wire.encode(found)


def citations_of(candidate: Fields) -> msgspec.Raw:
    """Citations as a list of Gemini's own objects, each under its name; `null` where there are none."""
    found = [
        {key: candidate[key]} for key in _CITING if len(candidate.get(key, wire.EMPTY)) > len(wire.EMPTY)
    ]
    return wire.encode(found) if found else NULL


def logprobs_of(candidate: Fields) -> tuple[Logprob, ...] | None:
    """How likely each token was; None where the candidate does not say."""
    result = wire.fields(candidate.get("logprobsResult", wire.EMPTY))
    chosen = wire.items(result.get("chosenCandidates"))
    if not chosen:
        return None
    others = [
        wire.items(wire.fields(one).get("candidates")) for one in wire.items(result.get("topCandidates"))
    ]
    others += [[]] * (len(chosen) - len(others))
    return tuple(
        _logprob(raw, tuple(_logprob(one) for one in top)) for raw, top in zip(chosen, others, strict=False)
    )


def created_of(chunk: Fields) -> int:
    """When the reply was made, UTC seconds; 0 where it does not say (Gemini) or not readably (Vertex says it)."""
    try:
        made = datetime.fromisoformat(wire.text(chunk.get("createTime")))
        return max(0, int(made.timestamp())) if made.tzinfo is not None else 0
    except (ValueError, OverflowError):
        return 0


def id_seed(chunk: Fields, body: bytes) -> str:
    """What ids of calls are made from where the provider gives none."""
    return wire.text(chunk.get("responseId")) or hashlib.sha256(body).hexdigest()


def _logprob(raw: msgspec.Raw, top: tuple[Logprob, ...] = ()) -> Logprob:
    said = wire.fields(raw)
    value = wire.number(said.get("logProbability"))
    token = wire.text(said.get("token"))
    return Logprob(
        token=token, logprob=0.0 if value is None else float(value), bytes=tuple(token.encode()), top=top
    )
