"""What to try next after an attempt: a plan that is told outcomes and yields `Try` and `Wait`.

    retry     the same target again: only where its `retry` is set, and only on what may pass by itself
    fallback  the next target: connect errors, timeouts, 408, 409, 429, 5xx, a target that cannot be called at all;
              never 400, 401, 403, 404, 422 unless `fallback_on` says so
    commit    once a byte has reached the caller nothing is tried again

A call without a route is one target without `retry`: one attempt.
"""

from collections.abc import Callable, Generator, Sequence
from typing import Final, Literal

import msgspec

from aigw_dev.core.routing.trace import Retry, Target

TRANSIENT_STATUSES: Final = frozenset({408, 409, 429})
"""Beside every 5xx."""
TRANSIENT_ERRORS: Final = frozenset(
    {
        "connect_failed",
        "connect_timeout",
        "proxy_failed",
        "first_packet_timeout",
        "idle_timeout",
        "total_timeout",
        "upstream_reset",
        "upstream_failed",
    }
)
"""Codes of failures that may pass by themselves: retried and fallen back from."""
LASTING_ERRORS: Final = frozenset(
    {"tls_failed", "upstream_protocol", "upstream_redirect", "upstream_encoded", "event_too_large"}
)
"""Codes of failures that the same target would repeat: only fallen back from."""
UNUSABLE_ERRORS: Final = frozenset(
    {
        "key_missing",
        "key_origin_not_allowed",
        "keyring_locked",
        "keyring_unavailable",
        "key_invalid",
        "key_unreadable",
        "passphrase_wrong",
        "trust_unavailable",
        "not_trusted",
        "operation_not_supported",
        "translation_loss",
        "upgrade_required",
    }
)
"""Codes of our own refusals of one target: it was not called, and the next one may be usable."""
_FALLBACK_ERRORS: Final = TRANSIENT_ERRORS | LASTING_ERRORS | UNUSABLE_ERRORS
_SERVER_ERRORS: Final = 500
_CLIENT_ERRORS: Final = 400


class Try(msgspec.Struct, frozen=True):
    """Call this target now."""

    target: Target
    number: int
    """1-based, over all targets."""
    reason: Literal["first", "retry", "fallback"]


class Wait(msgspec.Struct, frozen=True):
    """Wait before the next `Try`; answered with `WAITED`."""

    seconds: float


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How an attempt ended, as far as the plan must know."""

    status: int | None = None
    """The provider's status; None where no reply came."""
    error: str = ""
    """Our code for what went wrong; empty or `upstream_status` where `status` says it."""
    retry_after_s: float | None = None
    """How long the provider asks to wait; None where it does not."""
    is_committed: bool = False
    """A byte has reached the caller, or its whole reply has."""
    is_sent: bool = True
    """False where nothing reached the provider."""


WAITED: Final = Outcome()
"""What a `Wait` is answered with."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """How the plan ended."""

    number: int
    """The attempt whose reply, or whose failure, is the caller's answer; 0 where there was none."""
    is_answered: bool
    """False: the failure of attempt `number` is passed on."""
    reason: str
    """Why it ended there, in words."""


def plan(
    targets: Sequence[Target], *, jitter: Callable[[], float]
) -> Generator[Try | Wait, Outcome, Verdict]:
    """Try the targets in order until one answers, one fails for good, or none is left.

    `jitter` gives numbers from 0 up to 1. The failure passed on is the last one that a provider had part in; only
    where nothing was ever sent, the last one of all.
    """
    number = passed_on = 0
    was_sent = False
    for position, target in enumerate(targets):
        reason: Literal["first", "retry", "fallback"] = "fallback" if position else "first"
        retries = 0
        while True:
            number += 1
            outcome = yield Try(target, number, reason)
            if outcome.is_committed or _is_answer(outcome):
                return Verdict(number=number, is_answered=True, reason="answered")
            if outcome.is_sent or not was_sent:
                passed_on, was_sent = number, outcome.is_sent
            seconds = _retry_wait(target.retry, outcome, retries, jitter)
            if seconds is None:
                break
            retries += 1
            reason = "retry"
            yield Wait(seconds)
        if not _moves_on(target, outcome):
            words = f"{_words(outcome)} is not tried elsewhere"
            return Verdict(number=number, is_answered=False, reason=words)
    return Verdict(number=passed_on, is_answered=False, reason="no target is left")


def _is_answer(outcome: Outcome) -> bool:
    return not outcome.error and outcome.status is not None and outcome.status < _CLIENT_ERRORS


def _status(outcome: Outcome) -> int | None:
    """The status, where it is what went wrong."""
    return outcome.status if outcome.error in {"", "upstream_status"} else None


def _is_transient(outcome: Outcome) -> bool:
    status = _status(outcome)
    if status is None:
        return outcome.error in TRANSIENT_ERRORS
    return status in TRANSIENT_STATUSES or status >= _SERVER_ERRORS


def _moves_on(target: Target, outcome: Outcome) -> bool:
    status = _status(outcome)
    if status is None:
        return outcome.error in _FALLBACK_ERRORS
    return (
        _is_transient(outcome) or status in target.fallback_on or f"{status // 100}xx" in target.fallback_on
    )


def _retry_wait(
    retry: Retry | None, outcome: Outcome, retries: int, jitter: Callable[[], float]
) -> float | None:
    """Seconds to wait before the same target is called again; None where it is not.

    Exponential with jitter over the upper half, never above `max_wait_ms`; what the provider asks for is the least.
    """
    if retry is None or retries >= retry.attempts or not _is_transient(outcome):
        return None
    most = retry.max_wait_ms / 1000
    asked = outcome.retry_after_s or 0.0
    if asked > most:
        return None
    backoff = min(retry.backoff_ms / 1000 * 2.0**retries, most)
    return max(asked, backoff * (0.5 + 0.5 * jitter()))


def _words(outcome: Outcome) -> str:
    status = _status(outcome)
    return outcome.error or "a failure" if status is None else f"status {status}"
