"""What the filter bar offers: every field with a word about it, and the values that are no names. Pure."""

from collections.abc import Iterable
from typing import Final, NamedTuple

FIELDS: Final[dict[str, str]] = {
    "status": "429  5xx  >=400  400..404",
    "model": "asked, sent or answered",
    "provider": "who answered",
    "route": "the route that decided",
    "mark": "fallback, retried, broken ...",
    "outcome": "ok, failed, throttled ...",
    "error": "our code: *timeout",
    "ms": "whole duration: >2000",
    "ttft": "to the first byte: >500",
    "cost": "USD: >0.01, or unknown",
    "tokens": "in and out: >1000",
    "since": "how long ago: 5m 2h 7d",
    "until": "up to then",
    "text": "words of request or reply",
    "request": "words of the request",
    "response": "words of the reply",
    "stream": "yes or no",
    "consumer": "who called",
    "run": "of `aigw-dev run`",
    "operation": "embeddings, speech ...",
    "key": "the key used, by name",
    "state": "ended, open, interrupted",
    "session": "the conversation",
    "attempts": "upstream calls: >1",
    "input": "tokens in",
    "output": "tokens out",
    "cached": "tokens from the prompt cache",
    "reasoning": "tokens of reasoning",
    "bytes": "request and reply together",
    "finish": "why the model stopped",
    "client": "the caller's user agent",
    "id": "begins so",
    "trace": "trace id begins so",
    "kind": "the provider's kind",
    "base_url": "the provider's address",
    "gateway": "by its name",
    "price": "the price row used",
    "deployment": "the config in force",
}
"""Every field of the filter language, the most used ones first."""

VALUES: Final[dict[str, tuple[str, ...]]] = {
    "status": (">=400", "4xx", "5xx", "429", "200", "!=200", "499"),
    "mark": ("fallback", "retried", "throttled", "intercepted", "cached", "cancelled", "broken"),
    "outcome": ("ok", "failed", "throttled", "intercepted", "cancelled"),
    "state": ("ended", "open", "interrupted"),
    "stream": ("yes", "no"),
    "cost": (">0.01", "unknown", "estimated", "exact", "reported", "partial", "upper_bound", "free"),
    "since": ("5m", "15m", "1h", "6h", "24h", "7d"),
    "until": ("5m", "1h", "24h"),
    "ms": (">1000", ">5000", ">30000"),
    "ttft": (">500", ">2000"),
    "attempts": (">1",),
    "tokens": (">1000", ">10000"),
}
"""Values offered whatever the log holds."""

ASKED: Final = frozenset(
    {"provider", "model", "route", "consumer", "run", "operation", "key", "gateway", "kind", "base_url", "error",
     "finish", "client", "price", "deployment"}
)  # fmt: skip
"""Fields whose values the gateway knows."""
MOST: Final = 8


class Offer(NamedTuple):
    """One line of what is offered."""

    value: str
    """What is put in."""
    detail: str = ""


def fields(typed: str) -> list[Offer]:
    """Fields that begin with what is typed, then those that hold it."""
    low = typed.casefold()
    begins = [name for name in FIELDS if name.startswith(low)]
    holds = [name for name in FIELDS if low in name and name not in begins] if low else []
    return [Offer(f"{name}:", FIELDS[name]) for name in (*begins, *holds)]


def values(field: str, typed: str, known: Iterable[str] = ()) -> list[Offer]:
    """Values that begin with what is typed, then those that hold it; `known` are the gateway's."""
    low = typed.casefold()
    every = [*VALUES.get(field, ()), *known]
    begins = [value for value in every if value.casefold().startswith(low)]
    holds = [value for value in every if low in value.casefold() and value not in begins]
    return [Offer(value) for value in dict.fromkeys((*begins, *holds))]
