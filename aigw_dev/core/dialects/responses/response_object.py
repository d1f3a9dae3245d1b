"""The Response object around the output: the caller's own fields echoed, status, usage, ids."""

from typing import Final

import msgspec

from aigw_dev.core import tokens
from aigw_dev.core.chat.vocabulary import NULL, ReplyContext, StopReason
from aigw_dev.core.exchange import Usage
from aigw_dev.core.ledger import Ledger

_ECHOED: Final[dict[str, object]] = {
    "background": False,
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "prompt_cache_retention": None,
    "reasoning": {"effort": None, "summary": None},
    "safety_identifier": None,
    "store": True,
    "temperature": 1.0,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_logprobs": 0,
    "top_p": 1.0,
    "truncation": "disabled",
    "user": None,
}
"""What a response repeats of its request, and what it says where the request said nothing."""
_TIERS: Final = frozenset({"auto", "default", "flex", "scale", "priority", "fast", "ultrafast"})
_INCOMPLETE: Final[dict[StopReason, str]] = {
    "length": "max_output_tokens",
    "context_window": "max_output_tokens",
    "pause": "max_output_tokens",
    "content_filter": "content_filter",
}
_APPROXIMATED: Final[dict[StopReason, str]] = {
    "context_window": "the model's context was full, told as max_output_tokens",
    "pause": "the provider paused a long turn, told as max_output_tokens",
    "stop_sequence": "which stop sequence ended the reply is not told",
}


class Head:
    """What stays the same in every form of one response."""

    def __init__(self, context: ReplyContext, reply_id: str, model: str, created: int) -> None:
        """`reply_id`, `model` and `created` are the provider's own, empty or 0 where it said none."""
        self.id = reply_id if reply_id.startswith("resp_") else f"resp_{context.id_seed}"
        self.created = created or context.created
        self.model = model or context.request.model
        self._seed = context.id_seed
        self._echo: dict[str, object] = {
            name: _compact(context.fields[name]) if _is_said(context.fields.get(name)) else default
            for name, default in _ECHOED.items()
        }

    def item_id(self, prefix: str, number: int, own: str = "") -> str:
        """The id of the output item of this number: the provider's own where it has the right form."""
        return own if own.startswith(f"{prefix}_") else f"{prefix}_{self._seed}{number:04x}"

    def call_id(self, number: int, own: str) -> str:
        """The id of the call in the output item of this number."""
        return own or f"call_{self._seed}{number:04x}"

    def response(
        self,
        status: str,
        output: list[object],
        *,
        usage: dict[str, object] | None = None,
        reason: str | None = None,
        error: dict[str, object] | None = None,
        service_tier: str = "",
    ) -> dict[str, object]:
        """The whole Response object, ready to be encoded."""
        return {
            "id": self.id,
            "object": "response",
            "created_at": self.created,
            "status": status,
            "error": error,
            "incomplete_details": {"reason": reason} if reason else None,
            "model": self.model,
            "output": output,
            "service_tier": service_tier if service_tier in _TIERS else "default",
            "usage": usage,
            **self._echo,
        }


def incomplete_reason(stop: StopReason | None, *, has_refusal: bool, ledger: Ledger) -> str | None:
    """Why the response is incomplete; None where it is complete."""
    if stop is None:
        return None
    if stop in _APPROXIMATED:
        ledger.approximated("finish", _APPROXIMATED[stop])
    if stop == "refusal" and not has_refusal:
        ledger.approximated("finish", "a refusal without words, told as content_filter")
        return "content_filter"
    return _INCOMPLETE.get(stop)


def write_usage(
    usage: Usage | None, *, written: str, input_estimate: int, ledger: Ledger
) -> dict[str, object]:
    """The usage object; estimated from `written`, everything the model wrote, where the provider sent none."""
    if usage is None:
        ledger.invented("usage", "the provider sent none: estimated")
        usage = Usage(input=input_estimate, output=tokens.estimate(written), estimated=True)
    return {
        "input_tokens": usage.input,
        "input_tokens_details": {
            "cached_tokens": usage.cached_input,
            "cache_write_tokens": usage.cache_write,
        },
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.input + usage.output,
    }


def _is_said(value: msgspec.Raw | None) -> bool:
    return value is not None and value != NULL


def _compact(value: msgspec.Raw) -> msgspec.Raw:
    """The same JSON without line ends and blanks: one line of a stream."""
    return msgspec.Raw(msgspec.json.format(bytes(value), indent=-1))
