"""The test that spends: one chat call through the gateway with one token of answer."""

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from aigw_dev.calling import Caller, Ended
from aigw_dev.core.errors import GatewayError
from aigw_dev.core.mask import redact
from aigw_dev.tui.link import Link

PROMPT: Final = "Hi"
INPUT_TOKENS: Final = 8
"""What a vendor counts for the prompt and its frame, about."""
_OTHER_NAME: Final = "max_completion_tokens"


class Spent(Struct, frozen=True, kw_only=True):
    """What one such call said."""

    model: str
    is_well: bool
    reason: str = ""
    """Why not, without anything that looks like a key."""
    hint: str = ""
    exchange: str = ""
    """The call's id in the log; empty where nothing was logged."""
    cost_usd: str = ""
    """Of the gateway: `0.000002`, `unknown`, or empty."""
    tokens: str = ""
    """`8 in, 1 out`; empty where nothing was counted."""
    duration_s: float = 0.0
    at: float = 0.0
    """Wall clock."""


def estimate(row: Mapping[str, Any]) -> str:
    """What the call would cost about, from a row of `AdminClient.models()`: `about $0.000002`, `price unknown`."""
    paid, made = row.get("input_usd_per_m"), row.get("output_usd_per_m")
    if not isinstance(paid, int | float) or not isinstance(made, int | float):
        return "price unknown"
    amount = (paid * INPUT_TOKENS + made) / 1_000_000
    if not amount:
        return "free"
    return f"about ${amount:.6f}" if amount >= 0.000001 else "under $0.000001"


def spend(link: Link, model: str, *, at: float) -> Spent:
    """Make the call; every end is an answer. Blocking: in a thread."""
    body: dict[str, Any] = {
        "model": model,
        "messages": [{"role": "user", "content": PROMPT}],
        "max_tokens": 1,
    }
    caller = Caller(link.url, link.token, transport=link.transport)
    try:
        try:
            ended = _call(caller, body)
        except GatewayError as error:
            if _OTHER_NAME not in error.message:
                raise
            body[_OTHER_NAME] = body.pop(
                "max_tokens"
            )  # refused before anything was made, so nothing is paid twice
            ended = _call(caller, body)
    except GatewayError as error:
        head = getattr(error, "head", None)
        return Spent(
            model=model,
            is_well=False,
            reason=redact(error.message),
            hint=error.hint,
            exchange=head.exchange if head is not None else "",
            at=at,
        )
    finally:
        caller.close()
    usage = ended.usage
    mark = "~" if usage is not None and usage.estimated else ""
    return Spent(
        model=model,
        is_well=True,
        exchange=ended.exchange,
        cost_usd=ended.cost_usd,
        tokens=f"{mark}{usage.input} in, {mark}{usage.output} out" if usage is not None else "",
        duration_s=ended.duration_s,
        at=at,
    )


def _call(caller: Caller, body: dict[str, Any]) -> Ended:
    for event in caller.call(body).events():
        if isinstance(event, Ended):
            return event
    raise GatewayError("the reply ended without an end", code="upstream_reset")
